#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/forget/forget_people.h"
#include "cli/text_table.h"
#include "cli/units.h"

namespace weir::cli {
namespace {

using OrderedJson = nlohmann::ordered_json;

OrderedJson TablesJson(const Forgotten& done) {
  OrderedJson tables = OrderedJson::array();
  for (const ErasedTable& table : done.erasure.tables) {
    tables.push_back({{"table", table.table},
                      {"rows", table.rows},
                      {"what", table.only_emptied ? "emptied" : "deleted"},
                      {"held_before", table.held_before},
                      {"version_before", table.version_before},
                      {"version", table.version}});
  }
  return tables;
}

OrderedJson GraphsJson(const std::vector<GraphErasure>& graphs) {
  OrderedJson partitions = OrderedJson::array();
  for (const GraphErasure& graph : graphs) {
    OrderedJson tables = OrderedJson::array();
    for (const GraphTableErasure& table : graph.tables) {
      tables.push_back({{"table", table.table},
                        {"rows", table.rows},
                        {"version_before", table.version_before},
                        {"version", table.version}});
    }
    partitions.push_back({{"partition", graph.partition},
                          {"run_id", graph.run_id},
                          {"changes", graph.changes},
                          {"tables", tables}});
  }
  return partitions;
}

OrderedJson TracesJson(const PersonTraces& traces) {
  OrderedJson members = OrderedJson::array();
  for (const MemberTrace& member : traces.members) {
    members.push_back({{"region", member.region},
                       {"segment_id", member.segment_id},
                       {"dsp", member.dsp},
                       {"ids", member.ids}});
  }
  OrderedJson models = OrderedJson::array();
  for (const ModelTrace& model : traces.models) {
    models.push_back({{"region", model.region},
                      {"ds", model.ds},
                      {"segment_id", model.segment_id},
                      {"run_id", model.run_id},
                      {"model_name", model.model_name},
                      {"model_version", model.model_version},
                      {"people", model.people}});
  }
  return {{"segments", members}, {"models", models}};
}

std::string TablesText(const Forgotten& done) {
  TextTable table({"table", ">rows", "what", ">version before", ">version"});
  const auto add = [&](const std::string& name, std::int64_t rows, const char* what,
                       std::int64_t before, std::int64_t version) {
    table.Add({name, FormatCount(rows), what, FormatCount(before), FormatCount(version)});
  };
  for (const ErasedTable& erased : done.erasure.tables) {
    if (erased.rows > 0 || erased.held_before) {
      add(erased.table, erased.rows, erased.only_emptied ? "emptied" : "deleted",
          erased.version_before, erased.version);
    }
  }
  for (const GraphErasure& graph : done.graphs) {
    for (const GraphTableErasure& erased : graph.tables) {
      add(erased.table, erased.rows, "deleted", erased.version_before, erased.version);
    }
  }
  return table.Text();
}

std::string DestinationsText(const Forgotten& done) {
  std::string text;
  for (const MemberTrace& member : done.traces.members) {
    text += fmt::format("member of segment {} at {} ({}), by {} ids\n", member.segment_id,
                        member.dsp, member.region, FormatCount(member.ids));
  }
  for (const TakenBackFrom& taken : done.taken_back) {
    text += fmt::format("taken back by {}: {} removals, {}\n", taken.step, FormatCount(taken.rows),
                        taken.told);
  }
  if (!done.sends && !text.empty()) {
    text += "nothing is sent in this environment\n";
  }
  return text;
}

std::string ModelsText(const PersonTraces& traces) {
  std::string text;
  for (const ModelTrace& model : traces.models) {
    text += fmt::format("model {} version {} ({}, run {}) learnt from {} of the people: flagged\n",
                        model.model_name, model.model_version, model.ds, model.run_id,
                        FormatCount(model.people));
  }
  return text;
}

std::string FilesText(const Forgotten& done) {
  std::string text;
  for (const ErasedFile& file : done.files) {
    text += fmt::format("file {}: {} rows\n", file.path.string(), FormatCount(file.rows));
  }
  if (done.run_records > 0) {
    text += fmt::format("records of runs: {} told of them\n",
                        FormatCount(static_cast<std::int64_t>(done.run_records)));
  }
  for (const std::filesystem::path& folder : done.sources) {
    text += fmt::format("only read, not changed: {}\n", folder.string());
  }
  return text;
}

}  // namespace

nlohmann::ordered_json ForgottenJson(const Forgotten& done) {
  OrderedJson json{{"run_id", done.erasure.run_id},
                   {"asked", done.asked},
                   {"ids", done.ids},
                   {"new_ids", done.new_ids},
                   {"tables", TablesJson(done)},
                   {"graphs", GraphsJson(done.graphs)},
                   {"unknown", done.erasure.unknown},
                   {"purged_files", done.purged_files}};
  json.update(TracesJson(done.traces));
  OrderedJson destinations = OrderedJson::array();
  for (const TakenBackFrom& taken : done.taken_back) {
    destinations.push_back({{"step", taken.step}, {"told", taken.told}, {"removals", taken.rows}});
  }
  json["destinations"] = destinations;
  OrderedJson files = OrderedJson::array();
  for (const ErasedFile& file : done.files) {
    files.push_back({{"file", file.path.string()}, {"rows", file.rows}});
  }
  json["files"] = files;
  const auto paths = [](const std::vector<std::filesystem::path>& of) {
    OrderedJson texts = OrderedJson::array();
    for (const std::filesystem::path& path : of) {
      texts.push_back(path.string());
    }
    return texts;
  };
  json["sources"] = paths(done.sources);
  json["search"] = {{"files", done.search.files},
                    {"bytes", done.search.bytes},
                    {"ordinary_ids", done.search.ordinary},
                    {"found", paths(done.search.found)}};
  json["waiting"] = paths(done.waiting);
  json["run_records"] = done.run_records;
  return json;
}

std::string ForgottenText(const Forgotten& done) {
  std::string text = fmt::format(
      "{} ids of the people whom {} asked ids belong to, {} of them new on the list of erased "
      "ids\n",
      FormatCount(done.ids), FormatCount(done.asked), FormatCount(done.new_ids));
  text += TablesText(done) + DestinationsText(done) + ModelsText(done.traces) + FilesText(done);
  if (!done.erasure.unknown.empty()) {
    text += fmt::format("personal, but no column tells whose a row is: {}\n",
                        fmt::join(done.erasure.unknown, ", "));
  }
  return text;
}

}  // namespace weir::cli
