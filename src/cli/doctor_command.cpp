#include <array>
#include <iterator>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/doctor/finding.h"
#include "cli/print_json.h"
#include "cli/services.h"
#include "cli/text_table.h"

namespace weir::cli {
namespace {

constexpr std::array kSubjects = {LookAtDatabase, LookAtExtensions, LookAtMachine, LookAtClock,
                                  LookAtPrograms, LookAtProject,    LookAtStorage};

std::string_view WordOf(Health health) {
  switch (health) {
    case Health::kGood:
      return "ok";
    case Health::kOptional:
      return "-";
    case Health::kWarning:
      return "warning";
    case Health::kBroken:
      return "BROKEN";
  }
  return "";
}

std::string_view JsonNameOf(Health health) {
  switch (health) {
    case Health::kGood:
      return "ok";
    case Health::kOptional:
      return "absent";
    case Health::kWarning:
      return "warning";
    case Health::kBroken:
      return "broken";
  }
  return "";
}

Json FindingsJson(const Findings& findings) {
  Json list = Json::array();
  for (const Finding& finding : findings) {
    const auto word = finding.subject.find_first_not_of(' ');
    list.push_back({{"subject", finding.subject.substr(word)},
                    {"status", JsonNameOf(finding.health)},
                    {"found", finding.found},
                    {"remedy", finding.remedy}});
  }
  return list;
}

std::string FindingsText(const Findings& findings) {
  TextTable table({"", "", ""});
  for (const Finding& finding : findings) {
    table.Add({finding.subject, std::string(WordOf(finding.health)), finding.found});
    if (!finding.remedy.empty()) {
      table.Add({"", "", "→ " + finding.remedy});
    }
  }
  return table.Text().substr(1);  // without the empty line of the headings
}

void Examine(const Arguments& arguments, Services& services) {
  Findings findings;
  for (const auto& look : kSubjects) {
    std::ranges::move(look(services), std::back_inserter(findings));
  }
  std::ranges::move(LookAtLedger(services, arguments.Has("--repair")),
                    std::back_inserter(findings));
  if (services.options().json) {
    PrintJson(services.out(), {{"checks", FindingsJson(findings)}});
  } else {
    services.out() << FindingsText(findings);
  }
  const auto broken = std::ranges::count(findings, Health::kBroken, &Finding::health);
  if (broken > 0) {
    throw UserError("{} of these must be mended before weir can work", broken);
  }
}

}  // namespace

Command DoctorCommand() {
  return {.name = "doctor",
          .group = "This program",
          .summary = "Look whether everything that weir needs is in place.",
          .details =
              "Exit code 1 if something that weir can't do without is broken. --repair mends the "
              "ledger: what\n"
              "can't be read moves to _weir/lost/ in the warehouse and is never deleted, what dead "
              "processes left\n"
              "is finished or recorded as failed. Other processes may work meanwhile.",
          .examples =
              "weir doctor\n"
              "weir -C shop doctor --json\n"
              "weir doctor --repair",
          .parameters = {{.name = "--repair", .help = "mend the ledger in the warehouse"}},
          .run = Examine};
}

}  // namespace weir::cli
