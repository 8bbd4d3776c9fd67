#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/print_json.h"
#include "cli/services.h"
#include "jobs/plan/facts.h"
#include "jobs/plan/instance.h"

namespace weir::cli {

// Remembers what `weir plan` printed, so that it need not be found again while nothing that it
// stands on has changed: the project's files, the program, the ledger's objects, the versions of
// the tables, the files outside that jobs read, and the time at which the clock makes something
// due. Lies in the project's cache; whatever is wrong with it makes the plan anew. Nothing is
// remembered while runs are under way.
class PlanMemo {
 public:
  // `question`: the command's words.
  PlanMemo(Services& services, std::string question);

  // What was printed for this question, if it still holds.
  std::optional<std::string> Find();

  // To be called before the facts are gathered that Keep() is given.
  void LookAtSources(const std::vector<jobs::JobInstance>& instances);
  // `facts` are those that the plan was made from.
  void Keep(const std::vector<jobs::JobInstance>& instances, const jobs::PlanFacts& facts,
            const std::string& text);

 private:
  Services& services_;
  std::string question_;
  std::string state_before_;       // of files and ledger, as Find() saw them
  std::optional<Json> sources_{};  // digests of outside files by pattern
};

}  // namespace weir::cli
