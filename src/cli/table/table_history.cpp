#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/ranges.h>

#include "cli/print_json.h"
#include "cli/services.h"
#include "cli/table/opened_table.h"
#include "cli/table/table_commands.h"
#include "cli/text_table.h"
#include "lake/history.h"

namespace weir::cli {
namespace {

Json EntryJson(const lake::HistoryEntry& entry) {
  const lake::CommitInfo& info = entry.info;
  return {{"version", entry.version},
          {"timestamp", TimeText(entry.timestamp)},
          {"operation", info.operation},
          {"parameters", info.parameters},
          {"metrics", info.metrics},
          {"engine", info.engine},
          {"run", info.run_id},
          {"attempt", info.attempt},
          {"job", info.job},
          {"interval", info.interval},
          {"code_hash", info.code_hash},
          {"input_versions", info.input_versions}};
}

// "a=1, b=x", without those whose value is `idle`.
std::string PairsBut(std::string_view idle, const std::map<std::string, std::string>& pairs) {
  std::vector<std::string> shown;
  for (const auto& [key, value] : pairs) {
    if (value != idle) {
      shown.push_back(fmt::format("{}={}", key, value));
    }
  }
  return fmt::format("{}", fmt::join(shown, ", "));
}

void PrintHistory(const Arguments& arguments, Services& services) {
  constexpr std::int64_t kDefaultLimit = 20;
  const std::int64_t limit = arguments.Integer("--limit", 0).value_or(kDefaultLimit);
  const NamedTable table = FindTableToRead(services, arguments.Text("TABLE"));
  const std::int64_t newest = table.warehouse.VersionOf(table.folder);
  const auto entries = lake::ReadHistory(table.folder, static_cast<std::size_t>(limit), newest);
  if (services.options().json) {
    Json history = Json::array();
    for (const lake::HistoryEntry& entry : entries) {
      history.push_back(EntryJson(entry));
    }
    PrintJson(services.out(), {{"table", table.folder.name}, {"history", history}});
    return;
  }
  TextTable text({">version", "time", "operation", "by", "metrics", "parameters"});
  for (const lake::HistoryEntry& entry : entries) {
    const lake::CommitInfo& info = entry.info;
    const std::string& by = info.job.empty() ? info.engine : info.job;
    text.Add({fmt::format("{}", entry.version), TimeText(entry.timestamp), info.operation, by,
              PairsBut("0", info.metrics), PairsBut("[]", info.parameters)});
  }
  services.out() << text.Text();
}

}  // namespace

Command TableHistoryCommand() {
  return {.name = "history",
          .group = "Look",
          .summary = "Show a table's commits, the newest first.",
          .examples = "weir table history sales.orders --limit 5",
          .parameters = {TableParameter(false),
                         {.name = "--limit",
                          .value = "N",
                          .help = "how many commits (default: 20; 0: all)"}},
          .run = PrintHistory};
}

}  // namespace weir::cli
