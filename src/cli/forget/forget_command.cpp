#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/forget/asked_ids.h"
#include "cli/forget/erase.h"
#include "cli/forget/runs_under_way.h"
#include "cli/forget/suppression_list.h"
#include "cli/job/workspace.h"
#include "cli/print_json.h"
#include "cli/text_table.h"
#include "cli/units.h"

namespace weir::cli {
namespace {

constexpr auto kSalt = "adtech.salt";

// The tables that the project's jobs write, and those of no job that they read ids from.
TablesToErase TablesOf(const Workspace& workspace) {
  TablesToErase tables;
  for (const jobs::JobInstance& instance : workspace.instances()) {
    for (const project::Output& output : instance.writes) {
      tables.all.insert(output.table);
      const bool is_personal =
          output.personal ||
          std::ranges::any_of(output.columns, &project::ColumnContract::personal);
      if (is_personal) {
        tables.personal.insert(output.table);
      }
      if (!output.IsIntervalTable()) {
        tables.states.insert(output.table);
      }
    }
    for (const jobs::InstanceInput& read : instance.reads) {
      if (read.writers.empty() &&
          std::ranges::any_of(read.input.columns, &project::ColumnContract::personal)) {
        tables.all.insert(read.input.table);
        tables.personal.insert(read.input.table);
      }
    }
  }
  return tables;
}

std::set<std::string> ErasedTables(const Erasure& erasure) {
  std::set<std::string> names;
  std::ranges::transform(erasure.tables, std::inserter(names, names.end()), &ErasedTable::table);
  return names;
}

struct Forgotten {
  std::int64_t ids = 0;
  std::int64_t new_ids = 0;
  Erasure erasure;
  std::optional<std::int64_t> purged{};  // files
};

Forgotten Forget(Workspace& workspace, const std::vector<PersonId>& ids, bool purge) {
  lake::Warehouse& warehouse = workspace.lakes().own();
  const std::string salt = workspace.steps().connections.secrets().Value(kSalt);
  operators::UserKeys keys(salt);
  Forgotten done{.ids = std::ssize(ids), .erasure = {}};
  done.new_ids = SuppressIds(warehouse, ids, salt);
  const ScratchIds scratch(warehouse.connection(), ids, keys);
  done.erasure = EraseRows(warehouse, TablesOf(workspace), scratch);
  if (purge) {
    done.purged = 0;
    for (const ErasedTable& table : done.erasure.tables) {
      *done.purged += table.is_state ? 0 : PurgeOldVersions(warehouse, table.table);
    }
  }
  return done;
}

Json ForgottenJson(const Forgotten& done) {
  Json tables = Json::array();
  for (const ErasedTable& table : done.erasure.tables) {
    tables.push_back({{"table", table.table},
                      {"rows", table.rows},
                      {"what", table.only_emptied ? "emptied" : "deleted"},
                      {"state", table.is_state},
                      {"version_before", table.version_before},
                      {"version", table.version}});
  }
  Json report{{"run_id", done.erasure.run_id},
              {"ids", done.ids},
              {"new_ids", done.new_ids},
              {"tables", tables},
              {"unknown", done.erasure.unknown}};
  report["purged_files"] = done.purged ? Json(*done.purged) : Json();
  return report;
}

std::string ForgottenText(const Forgotten& done) {
  TextTable table({"table", ">rows", "what", ">version before", ">version"});
  for (const ErasedTable& erased : done.erasure.tables) {
    table.Add({erased.table, FormatCount(erased.rows), erased.only_emptied ? "emptied" : "deleted",
               FormatCount(erased.version_before), FormatCount(erased.version)});
  }
  std::string text =
      fmt::format("{} ids, {} of them new on the list of ids that ingestion drops\n{}",
                  FormatCount(done.ids), FormatCount(done.new_ids), table.Text());
  if (!done.erasure.unknown.empty()) {
    text += fmt::format("personal, but no column tells whose a row is: {}\n",
                        fmt::join(done.erasure.unknown, ", "));
  }
  const bool has_states = std::ranges::any_of(done.erasure.tables, [](const ErasedTable& erased) {
    return erased.is_state && erased.rows > 0;
  });
  if (has_states) {
    text +=
        "runs still read the states that earlier runs wrote: 'weir run --stale' makes them again\n";
  }
  text += done.purged
              ? fmt::format("{} files of older versions deleted\n", FormatCount(*done.purged))
              : std::string(
                    "older versions hold these rows until 'weir table vacuum' deletes "
                    "their files; --purge does so at once\n");
  return text;
}

void RunForget(const Arguments& arguments, Services& services) {
  const auto file = arguments.OptionalText("--file");
  if (!file && !arguments.Has("ID")) {
    throw UsageError("whom? PARTY:ID, or --file FILE");
  }
  const std::vector<PersonId> ids = AskedIds(
      arguments.Texts("ID"), file ? std::optional<std::filesystem::path>(*file) : std::nullopt);
  Workspace workspace(services);
  const Forgotten done = Forget(workspace, ids, arguments.Has("--purge"));
  if (services.options().json) {
    PrintJson(services.out(), ForgottenJson(done));
  } else {
    services.out() << ForgottenText(done);
  }
  RefuseRunsUnderWay(RunsUnderWay(workspace, ErasedTables(done.erasure)), "weir forget");
}

}  // namespace

Command ForgetCommand() {
  return {
      .name = "forget",
      .group = "Jobs",
      .summary = "Erase people: what tables hold of their ids goes, and later events are dropped.",
      .details =
          "Salted hashes of the ids go into metastore.suppressed_ids; ingestion drops lines that\n"
          "have one (suppressed: erased). Rows of the ids are deleted from every table of the\n"
          "project whose columns tell whose they are, and bad lines that hold one lose their "
          "text:\n"
          "in one commit, whose versions and rows are printed. What was made from these tables is\n"
          "stale, and made again by 'weir run'. Raw files of topics are left to their retention.\n"
          "FILE has a line {\"party\": \"af\", \"user_id\": \"…\"} for each id.",
      .examples =
          "weir forget af:0123456789abcdef\n"
          "weir forget --file erased.ndjson --purge",
      .parameters = {{.name = "ID",
                      .value = "",
                      .help = "PARTY:ID, such as af:0123456789abcdef",
                      .many = true},
                     {.name = "--file", .value = "FILE", .help = "lines with party and user_id"},
                     {.name = "--purge",
                      .help = "delete the files of older versions at once: those can't be read or "
                              "replayed any more (states of runs are kept)"}},
      .run = RunForget};
}

}  // namespace weir::cli
