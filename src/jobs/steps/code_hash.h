#pragma once

#include <filesystem>
#include <string>

#include "connectors/connector.h"
#include "operators/operator.h"
#include "project/job.h"
#include "project/substitution.h"
#include "sql/database.h"

namespace weir::jobs {

struct CodeSources {
  const operators::OperatorTable& operators;
  const connectors::ConnectorTable& connectors;
  sql::Connection& connection;  // parses SQL
  // Values that are part of the code where it uses them: {var.x}, {region}, {location.x}. Those of
  // an interval ({ds}, {start} …) are not.
  const project::Substitutions& constants;
  // The project's folder: locations below it are told by the way from there, so that a project that
  // moves is the same code.
  std::filesystem::path root{};
};

// 32 hex digits that change when the same inputs might give another result: with the SQL (as its
// syntax tree: comments, layout and the case of keywords don't count), operators and connectors
// with their versions and settings, programs of command steps (all files of the job's folder but
// job.yaml, its SQL files, texts *.md and hidden files), what is read and written, partitions, keys
// and the seed. Docs, tags, schedule, checks, sort_by, names of steps, retries and time limits
// don't count.
std::string CodeHash(const project::Job& job, const CodeSources& sources);

}  // namespace weir::jobs
