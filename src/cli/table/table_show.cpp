#include <fmt/format.h>

#include "cli/print_json.h"
#include "cli/services.h"
#include "cli/table/opened_table.h"
#include "cli/table/table_commands.h"
#include "cli/text_table.h"
#include "cli/units.h"

namespace weir::cli {
namespace {

Json ColumnsJson(const Schema& schema) {
  Json columns = Json::array();
  for (const Field& field : schema.fields) {
    columns.push_back(
        {{"name", field.name}, {"type", ToText(field.type)}, {"nullable", field.nullable}});
  }
  return columns;
}

Json ProtocolJson(const lake::Protocol& protocol) {
  return {{"reader_version", protocol.reader_version},
          {"writer_version", protocol.writer_version},
          {"reader_features", protocol.reader_features},
          {"writer_features", protocol.writer_features}};
}

Json TableJson(const OpenedTable& table) {
  const lake::Snapshot& snapshot = table.snapshot;
  const auto rows = NumRows(snapshot);
  Json transactions = Json::object();
  for (const auto& [application, transaction] : snapshot.txns) {
    transactions[application] = transaction.version;
  }
  return {{"table", table.folder.name},
          {"location", table.folder.store->root()},
          {"version", snapshot.version},
          {"timestamp", TimeText(snapshot.timestamp)},
          {"columns", ColumnsJson(snapshot.metadata.schema)},
          {"partition_by", snapshot.metadata.partition_columns},
          {"rows", rows ? Json(*rows) : Json()},
          {"files", snapshot.files.size()},
          {"bytes", snapshot.num_bytes()},
          {"protocol", ProtocolJson(snapshot.protocol)},
          {"properties", snapshot.metadata.configuration},
          {"transactions", transactions}};
}

std::string Joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string ProtocolText(const lake::Protocol& protocol) {
  std::string text =
      fmt::format("reader {}, writer {}", protocol.reader_version, protocol.writer_version);
  if (!protocol.writer_features.empty()) {
    text += " (" + Joined(protocol.writer_features) + ")";
  }
  return text;
}

std::string Facts(const OpenedTable& table) {
  const lake::Snapshot& snapshot = table.snapshot;
  const lake::Metadata& metadata = snapshot.metadata;
  TextTable facts({"table", table.folder.name});
  facts.Add({"location", table.folder.store->root()});
  facts.Add({"version", fmt::format("{}, of {}", snapshot.version, TimeText(snapshot.timestamp))});
  facts.Add({"rows", RowsText(NumRows(snapshot))});
  facts.Add({"files", fmt::format("{}, {}", FormatCount(std::ssize(snapshot.files)),
                                  FormatSize(static_cast<std::uint64_t>(snapshot.num_bytes())))});
  facts.Add({"partitioned by",
             metadata.partition_columns.empty() ? "-" : Joined(metadata.partition_columns)});
  facts.Add({"protocol", ProtocolText(snapshot.protocol)});
  for (const auto& [key, value] : metadata.configuration) {
    facts.Add({"property", key + " = " + value});
  }
  for (const auto& [application, transaction] : snapshot.txns) {
    facts.Add({"transaction", fmt::format("{} = {}", application, transaction.version)});
  }
  return facts.Text();
}

std::string Columns(const Schema& schema) {
  TextTable columns({"column", "type", "nullable"});
  for (const Field& field : schema.fields) {
    columns.Add({field.name, ToText(field.type), field.nullable ? "yes" : "no"});
  }
  return columns.Text();
}

void Show(const Arguments& arguments, Services& services) {
  const OpenedTable table = OpenTable(services, arguments.Text("TABLE"));
  if (services.options().json) {
    PrintJson(services.out(), TableJson(table));
    return;
  }
  services.out() << Facts(table) << "\n" << Columns(table.snapshot.metadata.schema);
}

}  // namespace

Command TableShowCommand() {
  return {.name = "show",
          .group = "Look",
          .summary = "Show a table's columns, size, version and protocol.",
          .examples =
              "weir table show sales.orders\n"
              "weir table show sales.orders@v12 --json",
          .parameters = {TableParameter(true)},
          .run = Show};
}

}  // namespace weir::cli
