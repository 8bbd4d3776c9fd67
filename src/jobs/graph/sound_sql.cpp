#include "jobs/graph/sound_sql.h"

#include "base/error.h"
#include "jobs/graph/sql_check.h"

namespace weir::jobs {
namespace {

std::string MistakesOf(const project::Project& project, const project::Job& job,
                       sql::Connection& connection) {
  Findings findings;
  CheckSql(project, job, connection, findings);
  try {
    findings.mistakes.ThrowIfAny(project.folder);
  } catch (const UserError& mistakes) {
    return mistakes.what();
  }
  return "";
}

}  // namespace

void SoundSql::Require(const project::Project& project, const project::Job& job,
                       sql::Connection& connection) {
  const std::lock_guard lock(mutex_);
  const auto [found, is_new] = mistakes_.try_emplace(job.name);
  if (is_new) {
    found->second = MistakesOf(project, job, connection);
  }
  if (!found->second.empty()) {
    throw UserError("{}", found->second);
  }
}

}  // namespace weir::jobs
