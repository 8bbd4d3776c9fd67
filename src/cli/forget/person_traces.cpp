#include "cli/forget/person_traces.h"

#include <algorithm>
#include <optional>
#include <variant>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/run_id.h"
#include "cli/forget/text_stream.h"
#include "cli/lookalikes/result_cells.h"
#include "lake/operation.h"
#include "lake/scan.h"
#include "lake/write_table.h"
#include "sql/quote.h"

namespace weir::cli {
namespace {

constexpr auto kForgottenModels = "metastore.forgotten_models";

std::optional<std::string> RowsOfTable(lake::Warehouse& warehouse, const char* table) {
  const lake::TableFolder folder = warehouse.FolderOf(table);
  const lake::Snapshot snapshot = warehouse.Open(folder);
  return snapshot.exists() ? std::optional(lake::ScanSql(folder, snapshot)) : std::nullopt;
}

std::vector<MemberTrace> FindMembers(lake::Warehouse& warehouse, const ScratchIds& ids) {
  std::vector<MemberTrace> traces;
  const auto members = RowsOfTable(warehouse, "metastore.segment_members");
  if (!members) {
    return traces;
  }
  for (
      const auto& row :
      warehouse.connection()
          .Query(fmt::format(
              "SELECT region, segment_id, dsp, count(*) FROM ({0}) AS m WHERE ds = (SELECT max(ds) "
              "FROM ({0}) AS n WHERE n.region = m.region) AND (dsp_user_id IN (SELECT user_id FROM "
              "{1}) OR universal_id IN (SELECT universal_id FROM {2})) GROUP BY ALL ORDER BY ALL",
              *members, ids.ids(), ids.people()))
          .Rows()) {
    traces.push_back({.region = TextAt(row, 0),
                      .segment_id = WholeAt(row, 1),
                      .dsp = TextAt(row, 2),
                      .ids = WholeAt(row, 3)});
  }
  return traces;
}

std::vector<ModelTrace> FindModels(lake::Warehouse& warehouse, const ScratchIds& ids) {
  std::vector<ModelTrace> traces;
  const auto training = RowsOfTable(warehouse, "metastore.lookalikes_training_data");
  const auto runs = RowsOfTable(warehouse, "metastore.lookalikes_mlflow_runs");
  if (!training || !runs) {
    return traces;
  }
  for (const auto& row :
       warehouse.connection()
           .Query(fmt::format(
               "SELECT r.region, r.ds, r.segment_id, r.run_id, r.model_name, r.model_version, "
               "count(*) FROM ({}) AS t JOIN {} AS p USING (universal_id) JOIN ({}) AS r ON "
               "r.region "
               "= t.region AND r.ds = t.ds AND r.segment_id = t.segment_id WHERE r.status = "
               "'succeeded' GROUP BY ALL ORDER BY ALL",
               *training, ids.people(), *runs))
           .Rows()) {
    traces.push_back({.region = TextAt(row, 0),
                      .ds = TextAt(row, 1),
                      .segment_id = WholeAt(row, 2),
                      .run_id = TextAt(row, 3),
                      .model_name = TextAt(row, 4),
                      .model_version = TextAt(row, 5),
                      .people = WholeAt(row, 6)});
  }
  return traces;
}

}  // namespace

PersonTraces FindTraces(lake::Warehouse& warehouse, const ScratchIds& ids) {
  return {.members = FindMembers(warehouse, ids), .models = FindModels(warehouse, ids)};
}

std::int64_t FlagModels(lake::Warehouse& warehouse, const std::vector<ModelTrace>& models) {
  const lake::TableFolder folder = warehouse.FolderOf(kForgottenModels);
  const lake::Snapshot snapshot = warehouse.Open(folder);
  std::vector<std::vector<std::string>> rows;
  for (const ModelTrace& model : models) {
    rows.push_back({model.region, model.ds, std::to_string(model.segment_id), model.run_id,
                    model.model_name, model.model_version, std::to_string(model.people)});
  }
  std::string select = fmt::format(
      "SELECT region, ds, CAST(segment_id AS BIGINT) AS segment_id, run_id, model_name, "
      "model_version, CAST(people AS BIGINT) AS people, {} AS forgotten FROM ({}) AS found",
      sql::QuoteText(FormatDate(static_cast<std::int32_t>(FloorDivide(Now(), kDay)))),
      TextStreamSql(
          warehouse.connection(),
          {"region", "ds", "segment_id", "run_id", "model_name", "model_version", "people"}, rows));
  if (snapshot.exists()) {
    select += fmt::format(" WHERE run_id NOT IN (SELECT run_id FROM ({}))",
                          lake::ScanSql(folder, snapshot));
  }
  const lake::ScratchTable flagged(warehouse.connection(), select);
  if (flagged.num_rows() > 0) {
    lake::CommitInfo origin;
    origin.run_id = NewRunId();
    origin.job = "forget";
    const lake::TableAt at{.folder = folder, .snapshot = snapshot};
    lake::CommitPlanned(warehouse, at,
                        lake::PlanWrite(warehouse, at,
                                        {.select = "SELECT * FROM " + flagged.name(),
                                         .sort_by = {"region", "ds", "segment_id"},
                                         .origin = origin}));
  }
  return flagged.num_rows();
}

}  // namespace weir::cli
