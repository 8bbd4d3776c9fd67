#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "connectors/connector.h"
#include "jobs/steps/kept_rows.h"
#include "jobs/steps/relation_use.h"
#include "jobs/steps/retry.h"
#include "operators/operator.h"
#include "project/substitution.h"
#include "sql/database.h"

namespace weir::jobs {

// What the steps of all runs share. Thread-safe, and must outlive the runners and their results.
struct StepServices {
  sql::Database& database;
  const operators::OperatorTable& operators;
  const connectors::ConnectorTable& connectors;
  const connectors::Connections& connections;  // with the project's secrets
  // Lines of commands and notes on retries, without secrets; empty: weir's log.
  std::function<void(const std::string& line)> log{};
  Sleep sleep = SleepUnlessStopped;
};

// What the steps of one run are given.
struct StepSettings {
  project::Substitutions values;         // {ds}, {region}, {var.x} …
  std::filesystem::path project_folder;  // where connectors' relative paths start
  std::filesystem::path work_folder;     // for temporary files; made when needed
  std::string run_id;
  std::string attempt{};  // the run's attempt, as origins name it
  // Of inputs that are tables: what made their rows, see OperatorContext::Origin().
  std::map<std::string, std::string> origins{};
  std::int64_t seed = 0;
  std::set<std::string> finished{};  // files or positions that a stream has read before
  // Where a stream's commits stand, of sources that report positions.
  std::vector<connectors::StreamPosition> positions{};
  std::int64_t batch = 0;             // of a stream, from 1
  std::int64_t batch_bytes = 0;       // of a stream: new input that its sources take together
  std::set<std::string> also_read{};  // relations that others read besides the job, at any time
  std::stop_token stop{};
  std::function<void(const std::string& step)> started{};  // told before each step, if anybody asks
  // Of a stream: what its sinks must know; the newest batch by step.
  connectors::SentBefore sent{};
  std::map<std::string, std::int64_t> sent_batches{};
};

// One step at work: what its code is handed.
struct StepScope {
  const project::Step& step;
  const StepSettings& settings;
  const StepServices& services;
  const RelationUse& use;
  sql::Connection& connection;
  KeptRows& kept;
  std::stop_token stop;

  // Values filled in, secrets too.
  std::string Fill(const std::string& text) const;
  nlohmann::json Fill(const nlohmann::json& value) const;
  // Writes a line of the step to the log.
  void Log(std::string_view line) const;
  // Makes `relation` of SQL: a view for one reader, else a table.
  void Define(const std::string& relation, const std::string& select) const;
};

}  // namespace weir::jobs
