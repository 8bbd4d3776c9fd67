#include "jobs/graph/known_columns.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "jobs/graph/contract.h"
#include "jobs/graph/relation_columns.h"
#include "sql/quote.h"

namespace weir::jobs {
namespace {

constexpr auto kDatabase = "weir_columns";

}  // namespace

KnownColumns::KnownColumns(const Graph& graph, ExistingColumns existing,
                           sql::Connection& connection)
    : graph_(graph),
      existing_(std::move(existing)),
      connection_(connection),
      views_(ProjectViews(*graph.project)) {
  project::Mistakes told_already;
  owners_ = FindOwners(*graph.project, told_already);
  connection_.Run(fmt::format("ATTACH ':memory:' AS {0}; USE {0}", kDatabase));
}

KnownColumns::~KnownColumns() {
  try {
    connection_.Run(fmt::format("USE memory; DETACH {}", kDatabase));
  } catch (const std::exception&) {  // it goes with the process
  }
}

std::optional<std::string> KnownColumns::Open(const std::string& name) {
  const auto view = views_.find(name);
  if (const auto known = open_.find(name); known != open_.end()) {
    return known->second ? std::nullopt : std::optional("view " + name + " reads itself");
  }
  if (view != views_.end()) {
    return OpenView(view->second);
  }
  if (IsLeftOut(name)) {
    return *for_mistakes_
                .insert(fmt::format(
                    "the columns of table {} aren't known: the job that writes it has mistakes",
                    name))
                .first;
  }
  const auto columns = Find(name);
  if (!columns || columns->fields.empty()) {
    return fmt::format(
        "the columns of table {} aren't known: nobody declares them, and it isn't "
        "there",
        name);
  }
  Create(name, EmptySelect(*columns));
  return std::nullopt;
}

std::optional<std::string> KnownColumns::OpenView(const ProjectView& view) {
  open_[view.name] = false;
  std::optional<std::string> problem;
  try {
    for (const std::string& table : connection_.TableNames(view.sql)) {
      const auto parts = sql::SplitName(table);
      if (!problem && parts.size() == 2) {
        problem = Open(fmt::format("{}.{}", parts[0], parts[1]));
      }
    }
    if (!problem) {
      Create(view.name, view.sql);
    }
  } catch (const UserError&) {
    problem = fmt::format("the columns of view {} aren't known: its SQL is wrong", view.name);
  }
  if (problem) {
    open_.erase(view.name);
  }
  return problem;
}

std::optional<Schema> KnownColumns::Find(const std::string& table) {
  const auto owners = owners_.find(table);
  std::optional<Schema> columns;
  if (owners != owners_.end()) {
    for (const Owner& owner : owners->second) {
      const auto learnt = learnt_.find(owner.output);
      if (!owner.output->columns.empty()) {
        return DeclaredSchema(owner.output->columns, connection_);
      }
      if (learnt != learnt_.end() && !columns) {
        columns = learnt->second;
      }
    }
  }
  // What a merge doesn't give stays as it is.
  const bool is_merge = columns && owners->second[0].output->mode == project::OutputMode::kMerge;
  if (columns && !is_merge) {
    return columns;
  }
  std::optional<Schema> existing = existing_(table);
  if (!columns || !existing) {
    return columns ? columns : existing;
  }
  for (Field& field : existing->fields) {
    if (columns->Find(field.name) == nullptr) {
      columns->fields.push_back(std::move(field));
    }
  }
  return columns;
}

bool KnownColumns::IsLeftOut(const std::string& table) const {
  const auto owners = owners_.find(table);
  return owners == owners_.end() ? project::MayBeOfUnsoundJob(*graph_.project, table)
                                 : std::ranges::any_of(owners->second, [&](const Owner& owner) {
                                     return left_out_.contains(owner.output);
                                   });
}

void KnownColumns::LeaveOut(const project::Output& output) { left_out_.insert(&output); }

void KnownColumns::Learn(const project::Output& output, const Schema& columns) {
  learnt_[&output] = columns;
  for (const auto& [table, owners] : owners_) {
    for (const Owner& owner : owners) {
      if (owner.output == &output) {
        open_.erase(table);
      }
    }
  }
}

void KnownColumns::Create(const std::string& name, const std::string& select) {
  const std::string schema =
      fmt::format("{}.{}", kDatabase, sql::QuoteName(sql::SplitName(name).front()));
  connection_.Run("CREATE SCHEMA IF NOT EXISTS " + schema);
  CreateEmptyView("VIEW", fmt::format("{}.{}", kDatabase, QuotedName(name)), select, connection_);
  open_[name] = true;
}

}  // namespace weir::jobs
