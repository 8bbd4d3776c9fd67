#include "jobs/graph/resolve_views.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "jobs/graph/parsed_sql.h"
#include "jobs/graph/views.h"
#include "project/project_names.h"
#include "sql/quote.h"

namespace weir::jobs {
namespace {

using project::Input;
using project::Step;

// DuckDB's own trees, as json_serialize_sql() writes them.
using SyntaxTree = nlohmann::json;

void RenameTables(SyntaxTree& node, const std::map<std::string, std::string>& names) {
  if (node.is_object() && TextOf(node, "type") == "BASE_TABLE") {
    const std::string table = TextOf(node, "table_name");
    const auto relation = names.find(fmt::format("{}.{}", TextOf(node, "schema_name"), table));
    if (relation != names.end()) {
      node["schema_name"] = "";
      node["table_name"] = relation->second;
      if (TextOf(node, "alias").empty()) {
        node["alias"] = table;
      }
    }
  }
  if (node.is_structured()) {
    for (SyntaxTree& part : node) {
      RenameTables(part, names);
    }
  }
}

// A step's text in which no brace is a name's.
std::string WithoutNames(const std::string& sql) {
  std::string text;
  for (const char letter : sql) {
    text += letter == '{' ? "{{" : std::string(1, letter);
  }
  return text;
}

// The views of one input, as relations of their own.
class InputViews {
 public:
  InputViews(const Input& input, const std::map<std::string, ProjectView>& views,
             sql::Connection& connection)
      : input_(input), views_(views), connection_(connection) {}

  // The steps that define the view `name` and what it reads, each after those that it needs.
  void Define(const std::string& name) {
    const ProjectView& view = views_.at(name);
    std::map<std::string, std::string> names;
    for (const std::string& table : connection_.TableNames(view.sql)) {
      const std::string spelled = Spelled(table);
      names[spelled] = RelationOf(spelled);
      if (views_.contains(spelled) && defined_.insert(spelled).second) {
        Define(spelled);
      }
    }
    AddStep(RelationOf(name), WithRelations(view.sql, names, connection_), *view.view);
  }

  // What the input is in the end.
  void Finish(const std::string& name) {
    const std::string where = input_.where.empty() ? "true" : input_.where;
    steps_.push_back({.what = input_.name,
                      .name = input_.name,
                      .out = {input_.name},
                      .text = fmt::format("SELECT * FROM {} WHERE (\n{}\n)",
                                          sql::QuoteName(RelationOf(name)), where),
                      .place = input_.place});
  }

  std::string RelationOf(const std::string& table) const {
    return fmt::format("{}/{}", input_.name, table);
  }
  std::vector<Step>& steps() { return steps_; }

 private:
  static std::string Spelled(const std::string& table) {
    const std::vector<std::string> parts = sql::SplitName(table);
    return parts.size() == 2 ? fmt::format("{}.{}", parts[0], parts[1]) : table;
  }

  void AddStep(const std::string& relation, const std::string& sql, const project::View& view) {
    steps_.push_back({.what = relation,
                      .name = relation,
                      .out = {relation},
                      .file = view.file,
                      .text = WithoutNames(sql),
                      .place = view.place});
  }

  const Input& input_;
  const std::map<std::string, ProjectView>& views_;
  sql::Connection& connection_;
  std::set<std::string> defined_;
  std::vector<Step> steps_;
};

class Resolver {
 public:
  Resolver(project::Project& project, const Graph& graph, sql::Connection& connection)
      : project_(project), graph_(graph), connection_(connection), views_(ProjectViews(project)) {}

  void Resolve(project::Job& job) {
    std::vector<Input> reads;
    std::vector<Step> steps;
    for (const Input& input : job.reads) {
      const std::string name = NameOf(input, job);
      if (!views_.contains(name)) {
        reads.push_back(input);
        continue;
      }
      InputViews views(input, views_, connection_);
      for (const std::string& table : graph_.views.at(name)) {
        Input below = input;
        below.name = views.RelationOf(table);
        below.table = table;
        below.where.clear();
        reads.push_back(std::move(below));
      }
      views.Define(name);
      views.Finish(name);
      std::ranges::move(views.steps(), std::back_inserter(steps));
    }
    job.reads = std::move(reads);
    job.steps.insert(job.steps.begin(), std::make_move_iterator(steps.begin()),
                     std::make_move_iterator(steps.end()));
  }

 private:
  // The table or view that an input names; of a job with partitions by the first.
  std::string NameOf(const Input& input, const project::Job& job) const {
    const std::string partition = project::PartitionsOf(project_, job).front();
    const std::string name =
        project::FillName(input.table, project::TableNameValues(project_, job, partition));
    const auto view = views_.find(name);
    const bool varies =
        !job.per.empty() && input.table.find("{" + job.per + "}") != std::string::npos;
    if (view != views_.end() && (view->second.is_of_partition || varies)) {
      throw UserError(
          "{}:{}:{}: input '{}' of {} is the view {}, of which there is one a partition: read the "
          "tables that it reads",
          input.place.file, input.place.line, input.place.column, input.name, job.name, name);
    }
    return name;
  }

  const project::Project& project_;
  const Graph& graph_;
  sql::Connection& connection_;
  std::map<std::string, ProjectView> views_;
};

}  // namespace

project::Project ResolveViews(project::Project project, const Graph& graph,
                              sql::Connection& connection) {
  Resolver resolver(project, graph, connection);
  for (project::Job& job : project.jobs) {
    resolver.Resolve(job);
  }
  return project;
}

std::string WithRelations(const std::string& sql, const std::map<std::string, std::string>& names,
                          sql::Connection& connection) {
  const std::array<sql::Value, 1> text = {sql::Value(sql)};
  SyntaxTree tree = SyntaxTree::parse(std::get<std::string>(
      connection.Query("SELECT json_serialize_sql($1::VARCHAR)", text).Cell()));
  RenameTables(tree, names);
  const std::array<sql::Value, 1> renamed = {sql::Value(tree.dump())};
  return std::get<std::string>(
      connection.Query("SELECT json_deserialize_sql($1::JSON)", renamed).Cell());
}

}  // namespace weir::jobs
