#include <fmt/format.h>

#include "base/error.h"
#include "cli/doctor/finding.h"
#include "jobs/ledger/repair.h"

namespace weir::cli {
namespace {

Finding FindingOf(const jobs::Damage& damage, bool repair) {
  const bool is_mended = !damage.done.empty() && damage.remedy.empty();
  Finding finding{.subject = "  " + damage.what,
                  .health = is_mended       ? Health::kGood
                            : damage.blocks ? Health::kBroken
                                            : Health::kWarning,
                  .found = damage.found,
                  .remedy = damage.remedy};
  if (!damage.done.empty()) {
    finding.found += "; mended: " + damage.done;
  } else if (damage.remedy.empty() && !repair) {
    finding.remedy = "weir doctor --repair";
  }
  return finding;
}

}  // namespace

Findings LookAtLedger(Services& services, bool repair) {
  const project::Project* project = nullptr;
  try {
    project = services.FindProject();
  } catch (const UserError&) {
    return {};  // what is wrong with it is a finding of LookAtProject()
  }
  if (project == nullptr) {
    return {};
  }
  Findings findings;
  try {
    const auto damages = jobs::ExamineLedger({.warehouse = services.warehouse(),
                                              .cache = services.ledger_cache(),
                                              .work = project->ScratchFolder() / "work"},
                                             repair);
    findings.push_back(
        {.subject = "ledger",
         .found = damages.empty() ? "in order" : fmt::format("{} in disorder", damages.size())});
    for (const jobs::Damage& damage : damages) {
      findings.push_back(FindingOf(damage, repair));
    }
  } catch (const std::exception& problem) {
    findings.push_back({.subject = "ledger",
                        .health = Health::kBroken,
                        .found = problem.what(),
                        .remedy = fmt::format("let this user read and write {} and the warehouse",
                                              project->ScratchFolder().string())});
  }
  return findings;
}

}  // namespace weir::cli
