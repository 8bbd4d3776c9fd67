#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/forget/asked_ids.h"
#include "cli/forget/forget_lock.h"
#include "cli/forget/personal_rows.h"
#include "cli/forget/runs_under_way.h"
#include "cli/forget/suppression_list.h"
#include "cli/identity/graph_erasure.h"
#include "cli/identity/graph_tables.h"
#include "cli/identity/identity_commands.h"
#include "cli/job/workspace.h"
#include "cli/print_json.h"
#include "cli/text_table.h"
#include "cli/units.h"
#include "operators/ingest/user_key.h"

namespace weir::cli {
namespace {

std::set<std::string> GraphTableNames(const Workspace& workspace) {
  std::set<std::string> names;
  for (const GraphTables& graph : GraphsOf(workspace.instances())) {
    for (const project::Output* output : graph.all()) {
      names.insert(output->table);
    }
  }
  return names;
}

Json ErasureJson(const GraphErasure& erasure) {
  Json tables = Json::array();
  for (const GraphTableErasure& table : erasure.tables) {
    tables.push_back({{"table", table.table},
                      {"rows", table.rows},
                      {"version_before", table.version_before},
                      {"version", table.version}});
  }
  return {{"partition", erasure.partition},
          {"run_id", erasure.run_id},
          {"changes", erasure.changes},
          {"tables", tables}};
}

std::string ErasuresText(const std::vector<GraphErasure>& erasures) {
  TextTable table({"table", ">rows", ">version before", ">version"});
  std::string runs;
  for (const GraphErasure& erasure : erasures) {
    if (erasure.run_id.empty()) {
      runs += fmt::format("{}: none of the ids is known\n", erasure.partition);
      continue;
    }
    runs += fmt::format("{}: {} changes of people, run {}\n", erasure.partition,
                        FormatCount(erasure.changes), erasure.run_id);
    for (const GraphTableErasure& erased : erasure.tables) {
      table.Add({erased.table, FormatCount(erased.rows), FormatCount(erased.version_before),
                 FormatCount(erased.version)});
    }
  }
  const bool has_tables = std::ranges::any_of(
      erasures, [](const GraphErasure& erasure) { return !erasure.tables.empty(); });
  return has_tables ? runs + table.Text() : runs;
}

void ForgetIds(const Arguments& arguments, Services& services) {
  const std::vector<PersonId> ids = AskedIds(arguments);
  Workspace workspace(services);
  lake::Warehouse& warehouse = workspace.lakes().own();
  const auto lock = LockForForgetting(warehouse.store());
  const std::string salt = workspace.steps().connections.secrets().Value(kErasureSalt);
  operators::UserKeys keys(salt);
  const std::int64_t new_ids = SuppressIds(warehouse, ids, salt);
  const ScratchIds scratch(warehouse.connection(), ids, keys);
  const std::vector<GraphErasure> erasures = EraseFromGraphs(workspace, scratch);
  if (services.options().json) {
    Json partitions = Json::array();
    for (const GraphErasure& erasure : erasures) {
      partitions.push_back(ErasureJson(erasure));
    }
    PrintJson(services.out(),
              {{"ids", std::ssize(ids)}, {"new_ids", new_ids}, {"partitions", partitions}});
  } else {
    services.out() << fmt::format("{} ids, {} of them new on the list of erased ids\n",
                                  FormatCount(std::ssize(ids)), FormatCount(new_ids))
                   << ErasuresText(erasures);
  }
  RefuseRunsUnderWay(RunsUnderWay(workspace, GraphTableNames(workspace)), "weir identity forget");
}

}  // namespace

Command IdentityForgetCommand() {
  return {.name = "forget",
          .summary = "Take ids out of the identity graph, for good.",
          .details =
              "Salted hashes of the ids go into metastore.suppressed_ids; evidence of the ids is\n"
              "deleted, and the people they belonged to, and no others, are found anew: in one\n"
              "commit a partition, as a run of the job for its newest day. identity_changes has\n"
              "what became of them, with the cause 'erasure'. No later run, re-run or rebuild\n"
              "brings the ids back. Other tables are left to 'weir forget'.",
          .examples =
              "weir identity forget af:0123456789abcdef\n"
              "weir identity forget --file erased.ndjson --json",
          .parameters = AskedIdParameters(),
          .run = ForgetIds};
}

}  // namespace weir::cli
