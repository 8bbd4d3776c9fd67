#include <fmt/format.h>

#include "cli/print_json.h"
#include "cli/services.h"
#include "cli/table/opened_table.h"
#include "cli/table/table_commands.h"
#include "cli/text_table.h"
#include "cli/units.h"
#include "lake/column_mapping.h"
#include "lake/scan.h"

namespace weir::cli {
namespace {

Json FileJson(const lake::Metadata& metadata, const lake::AddFile& file) {
  Json partition = Json::object();
  for (const auto& [column, value] : LogicalPartition(metadata, file.partition_values)) {
    partition[column] = value ? Json(*value) : Json();
  }
  const auto rows = lake::StatisticsOf(file).num_rows;
  return {{"path", lake::DecodePath(file.path)},
          {"partition", partition},
          {"rows", rows ? Json(*rows) : Json()},
          {"bytes", file.size},
          {"modified", TimeText(file.modification_time)},
          {"statistics", Json::parse(file.stats, nullptr, false)}};
}

std::string PartitionText(const lake::PartitionValues& values) {
  std::string text;
  for (const auto& [column, value] : values) {
    text += (text.empty() ? "" : ", ") + column + "=" + value.value_or("NULL");
  }
  return text.empty() ? "-" : text;
}

void PrintFiles(const Arguments& arguments, Services& services) {
  const OpenedTable table = OpenTable(services, arguments.Text("TABLE"));
  if (services.options().json) {
    Json files = Json::array();
    for (const lake::AddFile& file : table.snapshot.files) {
      Json& entry = files.emplace_back(FileJson(table.snapshot.metadata, file));
      if (entry["statistics"].is_discarded()) {
        entry["statistics"] = nullptr;
      }
    }
    PrintJson(
        services.out(),
        {{"table", table.folder.name}, {"version", table.snapshot.version}, {"files", files}});
    return;
  }
  TextTable text({"path", "partition", ">rows", ">size"});
  for (const lake::AddFile& file : table.snapshot.files) {
    text.Add({lake::DecodePath(file.path),
              PartitionText(LogicalPartition(table.snapshot.metadata, file.partition_values)),
              RowsText(lake::StatisticsOf(file).num_rows),
              FormatSize(static_cast<std::uint64_t>(file.size))});
  }
  services.out() << text.Text();
}

}  // namespace

Command TableFilesCommand() {
  return {.name = "files",
          .group = "Look",
          .summary = "List the files that hold a table's rows.",
          .details = "With --json also the statistics of each file: the least and greatest values.",
          .examples = "weir table files sales.orders",
          .parameters = {TableParameter(true)},
          .run = PrintFiles};
}

}  // namespace weir::cli
