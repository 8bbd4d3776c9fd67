#include "cli/forget/forget_people.h"

#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "base/failpoint.h"
#include "base/log.h"
#include "cli/dsp_parties.h"
#include "cli/forget/forget_lock.h"
#include "cli/forget/runs_under_way.h"
#include "cli/forget/suppression_list.h"
#include "cli/forget/waiting_removals.h"
#include "cli/forget/whole_people.h"
#include "cli/identity/graph_tables.h"
#include "jobs/ledger/redact.h"
#include "lake/forget_versions.h"
#include "project/project.h"

namespace weir::cli {
namespace {

// The tables that the project's jobs write, and those of no job that they read ids from.
TablesToErase TablesOfProject(const Workspace& workspace, const std::vector<GraphTables>& graphs) {
  TablesToErase tables;
  for (const jobs::JobInstance& instance : workspace.instances()) {
    for (const project::Output& output : instance.writes) {
      tables.all.insert(output.table);
      if (output.personal ||
          std::ranges::any_of(output.columns, &project::ColumnContract::personal)) {
        tables.personal.insert(output.table);
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
  tables.all.insert({"weir.runs", "weir.checks"});  // messages of runs may name somebody
  for (const GraphTables& graph : graphs) {
    for (const project::Output* output : graph.all()) {
      tables.graphs.insert(output->table);
    }
  }
  return tables;
}

class Forgetting {
 public:
  Forgetting(Workspace& workspace, const std::vector<PersonId>& asked, bool send)
      : workspace_(workspace),
        warehouse_(workspace.lakes().own()),
        salt_(workspace.steps().connections.secrets().Value(kErasureSalt)),
        keys_(salt_),
        graphs_(GraphsOf(workspace.instances())),
        tables_(TablesOfProject(workspace, graphs_)),
        people_(FindWholePeople(warehouse_, graphs_, asked)),
        scratch_(warehouse_.connection(), people_.ids, keys_,
                 {.universal_ids = people_.universal_ids,
                  .dsp_parties = DspParties(workspace.project())}),
        folders_(FoldersOf(workspace)) {
    done_.asked = std::ssize(asked);
    done_.ids = std::ssize(people_.ids);
    done_.sources = folders_.read;
    std::ranges::copy(folders_.read_urls, std::back_inserter(done_.sources));
    done_.sends = send || workspace.project().environment.send;
  }

  Forgotten Look() {
    done_.new_ids = CountUnsuppressed(warehouse_, people_.ids, salt_);
    done_.traces = FindTraces(warehouse_, scratch_);
    done_.files = EraseFromFiles(workspace_, folders_, scratch_, true);
    done_.erasure = CountRows(warehouse_, tables_, scratch_);
    return std::move(done_);
  }

  Forgotten Forget() {
    done_.new_ids = SuppressIds(warehouse_, people_.ids, salt_);
    Failpoint("forget:after-list");
    done_.traces = FindTraces(warehouse_, scratch_);
    if (!done_.traces.models.empty()) {
      FlagModels(warehouse_, done_.traces.models);
    }
    LogInfo("forget: destinations");
    done_.taken_back = TakeBackPeople(workspace_, scratch_, done_.sends);
    WaitingRemovals(warehouse_).Note(folders_, scratch_);
    Failpoint("forget:after-destinations");
    LogInfo("forget: records of runs");
    done_.run_records = jobs::RedactRuns(
        warehouse_, workspace_.services().ledger_cache(), [&](const std::string& message) {
          return scratch_.patterns().Without(TextKind::kMessage, message);
        });
    Failpoint("forget:after-records");
    LogInfo("forget: files that jobs wrote");
    done_.files = EraseFromFiles(workspace_, folders_, scratch_, false);
    LogInfo("forget: tables");
    done_.erasure = EraseRows(warehouse_, OfGraphs(false), scratch_);
    Failpoint("forget:after-tables");
    LogInfo("forget: identity graphs");
    done_.graphs = EraseFromGraphs(workspace_, scratch_);
    EraseFromOldGraphs();
    Failpoint("forget:after-graphs");
    LogInfo("forget: older versions");
    Purge();
    LogInfo("forget: search of everything");
    Search();
    WriteReport();
    return std::move(done_);
  }

 private:
  // Tables of the graphs alone, or all but them.
  TablesToErase OfGraphs(bool graphs) const {
    TablesToErase tables = tables_;
    std::erase_if(tables.all, [&](const std::string& table) {
      return tables_.graphs.contains(table) != graphs;
    });
    return tables;
  }

  // Graphs that know none of the ids any more may have known them.
  void EraseFromOldGraphs() {
    TablesToErase old = OfGraphs(true);
    for (const GraphErasure& graph : done_.graphs) {
      for (const GraphTableErasure& table : graph.tables) {
        if (table.version != table.version_before) {
          old.all.erase(table.table);
        }
      }
    }
    const Erasure erasure = EraseRows(warehouse_, old, scratch_);
    std::ranges::copy(erasure.tables, std::back_inserter(done_.erasure.tables));
    std::ranges::sort(done_.erasure.tables, {}, &ErasedTable::table);
  }

  // Also where an earlier call was killed before it came so far.
  void Purge() {
    std::set<std::string> tables = tables_.graphs;
    for (const ErasedTable& table : done_.erasure.tables) {
      tables.insert(table.table);
    }
    for (const std::string& table : tables) {
      const lake::TableFolder folder = warehouse_.FolderOf(table);
      const auto erased = lake::NewestErasure(folder);
      if (erased && lake::OldestVersion(folder) < *erased) {
        done_.purged_files += lake::ForgetVersionsBefore(warehouse_, folder, *erased);
      }
    }
  }

  void Search() {
    SearchedPlaces places{
        .folders = folders_.written, .urls = folders_.written_urls, .written = folders_};
    if (const std::string root = warehouse_.root(); root.find("://") == std::string::npos) {
      places.folders.emplace_back(root);
    } else {
      places.urls.push_back(root);
    }
    places.folders.push_back(workspace_.project().ScratchFolder());
    done_.search = SearchForIds(warehouse_, places, scratch_);
    done_.waiting = WaitingRemovals(warehouse_).Of(scratch_);
  }

  void WriteReport() {
    warehouse_.store().Put(fmt::format("_weir/erasures/{}.json", done_.erasure.run_id),
                           ForgottenJson(done_).dump(2) + "\n");
  }

  Workspace& workspace_;
  lake::Warehouse& warehouse_;
  std::string salt_;
  operators::UserKeys keys_;
  std::vector<GraphTables> graphs_;
  TablesToErase tables_;
  WholePeople people_;
  ScratchIds scratch_;
  FileFolders folders_;
  Forgotten done_;
};

}  // namespace

Forgotten ForgetPeople(Workspace& workspace, const std::vector<PersonId>& asked, bool send) {
  const auto lock = LockForForgetting(workspace.lakes().own().store());
  return Forgetting(workspace, asked, send).Forget();
}

Forgotten LookAtPeople(Workspace& workspace, const std::vector<PersonId>& asked, bool send) {
  return Forgetting(workspace, asked, send).Look();
}

}  // namespace weir::cli
