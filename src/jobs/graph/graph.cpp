#include "jobs/graph/graph.h"

#include <algorithm>
#include <numeric>
#include <set>

#include <fmt/format.h>

#include "base/nearest_name.h"
#include "jobs/graph/cycles.h"
#include "jobs/graph/sql_check.h"
#include "jobs/graph/table_owners.h"
#include "jobs/graph/views.h"
#include "project/project_names.h"

namespace weir::jobs {
namespace {

using project::Input;
using project::Job;
using project::Output;
using project::Project;

void InsertOnce(std::vector<std::size_t>& jobs, std::size_t job) {
  if (std::ranges::find(jobs, job) == jobs.end()) {
    jobs.push_back(job);
  }
}

// Whether the relation that a table is written from has columns that are known before a run.
bool HasKnownColumns(const Job& job, const Output& output) {
  const auto makes = [&](const project::Step& step) {
    return std::ranges::find(step.out, output.from) != step.out.end();
  };
  const auto step = std::ranges::find_if(job.steps, makes);
  return !output.columns.empty() ||
         (step != job.steps.end() && step->kind != project::StepKind::kSql);
}

class GraphBuilder {
 public:
  GraphBuilder(const Project& project, sql::Connection& connection, Findings& findings)
      : project_(project), connection_(connection), findings_(findings) {
    graph_.project = &project;
    graph_.upstream.resize(project.jobs.size());
    graph_.downstream.resize(project.jobs.size());
    by_name_.resize(project.jobs.size());
    std::iota(by_name_.begin(), by_name_.end(), 0);
    std::ranges::sort(by_name_, {}, [&](std::size_t job) { return project.jobs[job].name; });
  }

  // Nearest names are looked for only where warnings are wanted: it takes a while.
  Graph Build(bool wants_warnings) {
    wants_warnings_ = wants_warnings;
    owners_ = FindOwners(project_, findings_.mistakes);
    graph_.views = FindViews(project_, connection_, findings_.mistakes);
    for (const auto& [name, owners] : owners_) {
      GraphTable& table = TableOf(name);
      written_.push_back(name);
      for (const Owner& owner : owners) {
        InsertOnce(table.writers, owner.job);
      }
    }
    for (const std::size_t job : by_name_) {
      AddReads(job);
    }
    SortByName();
    FindOrder();
    return std::move(graph_);
  }

 private:
  GraphTable& TableOf(const std::string& name) {
    return graph_.tables.try_emplace(name, GraphTable{.name = name}).first->second;
  }

  void AddReads(std::size_t index) {
    const Job& job = project_.jobs[index];
    for (const std::string& partition : project::PartitionsOf(project_, job)) {
      const auto values = project::TableNameValues(project_, job, partition);
      for (const Input& input : job.reads) {
        const std::string name = project::FillName(input.table, values);
        const auto view = graph_.views.find(name);
        if (view == graph_.views.end()) {
          AddRead(index, input, name);
          CheckExternal(input, name);
          CheckWindow(input, name);
        }
        for (const std::string& table :
             view != graph_.views.end() ? view->second : std::vector<std::string>()) {
          AddRead(index, input, table);
        }
      }
    }
  }

  void AddRead(std::size_t reader, const Input& input, const std::string& name) {
    InsertOnce(TableOf(name).readers, reader);
    const auto owners = owners_.find(name);
    if (owners == owners_.end()) {
      return;
    }
    for (const Owner& owner : owners->second) {
      CheckDomain(reader, input, owner, name);
      if (input.previous) {
        CheckPrevious(input, owner, name);
      } else {
        InsertOnce(graph_.upstream[reader], owner.job);
        InsertOnce(graph_.downstream[owner.job], reader);
        reasons_.try_emplace({owner.job, reader}, &input);
      }
    }
  }

  void CheckDomain(std::size_t reader, const Input& input, const Owner& owner,
                   const std::string& name) {
    const Job& writer = project_.jobs[owner.job];
    const std::string& domain = project_.jobs[reader].domain;
    const auto& allowed = owner.output->interface_for;
    const bool open = owner.output->is_interface &&
                      (allowed.empty() || std::ranges::find(allowed, domain) != allowed.end());
    if (writer.domain != domain && !open) {
      NoteOnce(input, fmt::format("table '{}' belongs to the domain {}, whose job {} doesn't offer "
                                  "it to {}; 'interface: true' or 'interface: [{}]' there would",
                                  name, writer.domain, writer.name, domain, domain));
    }
  }

  void CheckPrevious(const Input& input, const Owner& owner, const std::string& name) {
    const Job& writer = project_.jobs[owner.job];
    if (HasKnownColumns(writer, *owner.output)) {
      return;
    }
    std::string text = fmt::format(
        "the first run sees the table '{}' empty, so its columns must be known: "
        "'columns' is missing where job {} writes it",
        name, writer.name);
    if (!owner.output->IsIntervalTable()) {
      NoteOnce(input, std::move(text));
    } else if (told_.insert(&input).second) {
      findings_.warnings.Note(input.place, std::move(text));
    }
  }

  // A state has no intervals to limit.
  void CheckWindow(const Input& input, const std::string& name) {
    const auto owners = owners_.find(name);
    if (!input.window || owners == owners_.end()) {
      return;
    }
    for (const Owner& owner : owners->second) {
      if (!owner.output->IsIntervalTable()) {
        NoteOnce(input, fmt::format("input '{}': 'window' limits the intervals of a table, but {} "
                                    "holds one state, as job {} writes it; 'where' limits its rows",
                                    input.name, name, project_.jobs[owner.job].name));
      }
    }
  }

  // A table that no job writes is there already, or should be.
  void CheckExternal(const Input& input, const std::string& name) {
    if (owners_.contains(name) || project::MayBeOfUnsoundJob(project_, name)) {
      return;
    }
    if (input.optional && input.columns.empty()) {
      NoteOnce(input, fmt::format("the optional table '{}' is written by no job; where it isn't "
                                  "there, its columns must be known: the key 'columns' is missing",
                                  name));
    }
    // Who declares its columns knows that it is another's.
    const bool may_be_misspelt = wants_warnings_ && input.columns.empty();
    const std::string hint = may_be_misspelt ? DidYouMean(name, written_) : "";
    if (!hint.empty() && told_.insert(&input).second) {
      findings_.warnings.Note(input.place,
                              fmt::format("table '{}' is written by no job{}", name, hint));
    }
  }

  // Once an input, not once for each partition.
  void NoteOnce(const Input& input, std::string text) {
    if (told_.insert(&input).second) {
      findings_.mistakes.Note(input.place, std::move(text));
    }
  }

  void SortByName() {
    const auto name_of = [&](std::size_t job) { return project_.jobs[job].name; };
    for (std::size_t job = 0; job < project_.jobs.size(); ++job) {
      std::ranges::sort(graph_.upstream[job], {}, name_of);
      std::ranges::sort(graph_.downstream[job], {}, name_of);
    }
    for (auto& [name, table] : graph_.tables) {
      std::ranges::sort(table.writers, {}, name_of);
      std::ranges::sort(table.readers, {}, name_of);
    }
  }

  void FindOrder() {
    std::vector<std::size_t> rank(by_name_.size());
    for (std::size_t i = 0; i < by_name_.size(); ++i) {
      rank[by_name_[i]] = i;
    }
    Edges edges(by_name_.size());
    for (std::size_t job = 0; job < by_name_.size(); ++job) {
      for (const std::size_t reader : graph_.downstream[job]) {
        edges[rank[job]].push_back(rank[reader]);
      }
    }
    for (const std::size_t node : TopologicalOrder(edges)) {
      graph_.order.push_back(by_name_[node]);
    }
    for (const auto& cycle : FindCycles(edges)) {
      NoteCycle(cycle);
    }
  }

  void NoteCycle(const std::vector<std::size_t>& cycle) {
    std::string way;
    for (const std::size_t node : cycle) {
      way += project_.jobs[by_name_[node]].name + " -> ";
    }
    const std::size_t first = by_name_[cycle.front()];
    const std::size_t last = by_name_[cycle.back()];
    const Input& input = *reasons_.at({last, first});
    findings_.mistakes.Note(
        input.place, fmt::format("jobs wait for each other: {}{}; 'previous: true' reads what was "
                                 "there before the interval",
                                 way, project_.jobs[first].name));
  }

  const Project& project_;
  sql::Connection& connection_;
  Findings& findings_;
  Graph graph_;
  TableOwners owners_;
  std::vector<std::size_t> by_name_;
  std::map<std::pair<std::size_t, std::size_t>, const Input*> reasons_;  // writer, reader
  std::set<const Input*> told_;
  std::vector<std::string> written_;  // tables
  bool wants_warnings_ = false;
};

}  // namespace

Graph BuildGraph(const Project& project, sql::Connection& connection) {
  Findings findings;
  Graph graph = GraphBuilder(project, connection, findings).Build(false);
  findings.mistakes.ThrowIfAny(project.folder);
  return graph;
}

Graph CheckProject(const Project& project, sql::Connection& connection, Findings& findings) {
  Graph graph = GraphBuilder(project, connection, findings).Build(true);
  for (const Job& job : project.jobs) {
    CheckSql(project, job, connection, findings);
  }
  return graph;
}

}  // namespace weir::jobs
