#include "cli/forget/person_traces.h"

#include <fmt/format.h>

#include "cli/forget/growing_list.h"
#include "cli/forget/text_stream.h"
#include "cli/lookalikes/result_cells.h"
#include "lake/scan.h"

namespace weir::cli {
namespace {

std::vector<MemberTrace> FindMembers(lake::Warehouse& warehouse, const ScratchIds& ids) {
  std::vector<MemberTrace> traces;
  const auto members = lake::NewestScanSql(warehouse, "metastore.segment_members");
  if (!members) {
    return traces;
  }
  for (const auto& row :
       warehouse.connection()
           .Query(fmt::format(
               "SELECT region, segment_id, dsp, count(*) FROM ({0}) AS m WHERE ds = (SELECT "
               "max(ds) "
               "FROM ({0}) AS n WHERE n.region = m.region) AND ({1} OR "
               "universal_id IN (SELECT universal_id FROM {2})) GROUP BY ALL ORDER BY ALL",
               *members, ids.IsUser("dsp_user_id", "dsp"), ids.people()))
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
  const auto training = lake::NewestScanSql(warehouse, "metastore.lookalikes_training_data");
  const auto runs = lake::NewestScanSql(warehouse, "metastore.lookalikes_mlflow_runs");
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
  std::vector<std::vector<std::string>> rows;
  rows.reserve(models.size());
  for (const ModelTrace& model : models) {
    rows.push_back({model.region, model.ds, std::to_string(model.segment_id), model.run_id,
                    model.model_name, model.model_version, std::to_string(model.people)});
  }
  return AppendNewRows(
      warehouse,
      {.table = "metastore.forgotten_models",
       .select = fmt::format(
           "SELECT region, ds, CAST(segment_id AS BIGINT) AS segment_id, run_id, model_name, "
           "model_version, CAST(people AS BIGINT) AS people FROM ({})",
           TextStreamSql(
               warehouse.connection(),
               {"region", "ds", "segment_id", "run_id", "model_name", "model_version", "people"},
               rows)),
       .keys = {"run_id"},
       .sort_by = {"region", "ds", "segment_id"}});
}

}  // namespace weir::cli
