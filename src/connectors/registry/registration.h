#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sql/database.h"

namespace weir::connectors {

struct Metric {
  std::string name;
  std::int64_t step = 0;
  double value = 0;

  friend bool operator==(const Metric&, const Metric&) = default;
};

// What a model registry takes: one run with its model, whatever the registry is.
struct Registration {
  std::string model_name;
  std::string run_id;
  std::string version;
  bool champion = false;
  std::map<std::string, std::string> parameters;
  std::vector<Metric> metrics;               // by name and step
  std::map<std::string, std::string> files;  // bytes by name
};

// The rows of a relation, by name and version of the model: model_name, run_id, model_version,
// champion (BOOLEAN), parameters (MAP(VARCHAR, VARCHAR)), metrics (STRUCT(name VARCHAR, step
// BIGINT, value DOUBLE)[]), files (STRUCT(name VARCHAR, content BLOB)[], at least one). Throws
// UserError for other columns, and for names that can't be those of folders and files.
std::vector<Registration> ReadRegistrations(sql::Connection& connection,
                                            const std::string& relation);

// Whether a version is below another one. They are numbers as text: a shorter one is smaller.
bool IsOlderVersion(const std::string& left, const std::string& right);

// The metrics and parameters as JSON: {"run_id", "parameters", "metrics": [{name, step, value}]}.
std::string RunJson(const Registration& registration);

}  // namespace weir::connectors
