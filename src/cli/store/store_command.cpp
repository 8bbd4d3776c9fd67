#include <algorithm>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/print_json.h"
#include "cli/services.h"
#include "cli/text_table.h"
#include "storage/probe_store.h"

namespace weir::cli {
namespace {

using Abilities = std::vector<storage::StoreAbility>;

Json AbilitiesJson(const Abilities& abilities) {
  Json list = Json::array();
  for (const storage::StoreAbility& ability : abilities) {
    list.push_back({{"ability", ability.name},
                    {"works", ability.works},
                    {"permission", ability.permission},
                    {"problem", ability.problem}});
  }
  return list;
}

std::string AbilitiesText(const Abilities& abilities) {
  TextTable table({"", "", ""});
  for (const storage::StoreAbility& ability : abilities) {
    table.Add({ability.name, ability.works ? "ok" : "FAILS", ability.problem});
  }
  return table.Text().substr(1);  // without the empty line of the headings
}

// "s3:/lake/x" is no folder that anybody means.
void RefuseOtherSchemes(const std::string& url) {
  const std::size_t colon = url.find(':');
  if (colon < url.find('/') && !url.starts_with("s3://") && !url.starts_with("file://")) {
    throw UsageError("'{}' is no store; allowed are s3://bucket/prefix and a folder", url);
  }
}

void CheckStore(const Arguments& arguments, Services& services) {
  const std::string url = arguments.Text("URL");
  RefuseOtherSchemes(url);
  const auto store = services.stores().Open(url);
  const Abilities abilities = storage::ProbeStore(*store);
  if (services.options().json) {
    PrintJson(services.out(), {{"store", store->root()}, {"abilities", AbilitiesJson(abilities)}});
  } else {
    services.out() << store->root() << "\n" << AbilitiesText(abilities);
  }
  const auto failed = std::ranges::find(abilities, false, &storage::StoreAbility::works);
  if (failed != abilities.end()) {
    const bool is_forbidden = failed->problem.find("403 AccessDenied") != std::string::npos;
    throw UserError("{} doesn't work as a warehouse: '{}' fails{}", store->root(), failed->name,
                    is_forbidden ? "; the permission it needs is " + failed->permission
                                 : ": " + failed->problem);
  }
}

Command StoreCheckCommand() {
  return {.name = "check",
          .summary = "Try whether a store can hold a warehouse.",
          .details =
              "Lists, writes, reads, writes conditionally and deletes an object of its own below "
              "URL, which need\n"
              "not exist, and names the permission that is missing. Works outside a project, too. "
              "Exit code 1 if\n"
              "something fails.",
          .examples =
              "weir store check s3://bucket/prefix\n"
              "weir store check ./warehouse --json",
          .parameters = {{.name = "URL",
                          .help = "s3://bucket/prefix, or a folder of this machine",
                          .required = true}},
          .run = CheckStore};
}

}  // namespace

Command StoreCommand() {
  return {.name = "store",
          .group = "Tables and SQL",
          .summary = "Places where tables and files lie.",
          .examples = "weir store check s3://bucket/prefix",
          .subcommands = {StoreCheckCommand()}};
}

}  // namespace weir::cli
