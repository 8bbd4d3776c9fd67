#include "jobs/graph/diagram.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/nearest_name.h"
#include "project/project_names.h"

namespace weir::jobs {
namespace {

using project::Job;
using project::Step;

const char* WordOf(NodeKind kind) {
  switch (kind) {
    case NodeKind::kExternal:
      return "external";
    case NodeKind::kJob:
      return "job";
    case NodeKind::kService:
      return "service";
    case NodeKind::kTopic:
      return "topic";
    case NodeKind::kFiles:
      return "files";
    case NodeKind::kTable:
      return "table";
    case NodeKind::kApi:
      return "api";
  }
  return "";
}

// What a connector's settings say it reaches: the first of these that stand there.
std::string ResourceOf(const Step& step) {
  for (const char* key : {"topic", "path", "url", "table", "connection"}) {
    if (step.with.is_object() && step.with.contains(key) && step.with[key].is_string()) {
      return step.with[key].get<std::string>();
    }
  }
  return step.what;
}

NodeKind KindOf(const Step& step) {
  static const std::map<std::string, NodeKind> kKinds = {
      {"kafka", NodeKind::kTopic}, {"files", NodeKind::kFiles},  {"s3", NodeKind::kFiles},
      {"http", NodeKind::kApi},    {"postgres", NodeKind::kApi}, {"mysql", NodeKind::kApi},
      {"mlflow", NodeKind::kApi},  {"xandr", NodeKind::kApi},    {"smtp", NodeKind::kApi},
      {"platform", NodeKind::kApi}};
  const auto kind = kKinds.find(step.what);
  return kind == kKinds.end() ? NodeKind::kExternal : kind->second;
}

std::string Plain(const std::string& text) {
  std::string plain = text;
  std::ranges::replace_if(
      plain, [](unsigned char letter) { return std::isalnum(letter) == 0; }, '_');
  return plain;
}

class Drawer {
 public:
  explicit Drawer(const Graph& graph) : graph_(graph) {
    const project::Project& project = *graph.project;
    for (const Job& job : project.jobs) {
      for (const std::string& partition : project::PartitionsOf(project, job)) {
        const auto values = project::TableNameValues(project, job, partition);
        for (const project::Output& output : job.writes) {
          declared_.emplace(output.table, output.table);
          declared_.emplace(project::FillName(output.table, values), output.table);
        }
      }
    }
  }

  void Add(const Job& job) {
    const std::string id =
        Node(job.is_service ? NodeKind::kService : NodeKind::kJob, job.name, job.domain);
    for (const project::Input& input : job.reads) {
      for (const std::string& table : TablesOf(input)) {
        Edge(Table(table), id, input.previous);
      }
    }
    for (const project::Output& output : job.writes) {
      Edge(id, Table(output.table), false);
    }
    for (const Step& step : job.steps) {
      if (step.kind == project::StepKind::kConnector) {
        const std::string resource = Node(KindOf(step), ResourceOf(step), "");
        step.in.empty() ? Edge(resource, id, false) : Edge(id, resource, false);
      }
    }
  }

  Diagram Finish() && {
    Diagram diagram;
    for (const auto& [key, node] : nodes_) {
      diagram.nodes.push_back(node);
    }
    diagram.edges = {edges_.begin(), edges_.end()};
    return diagram;
  }

 private:
  std::vector<std::string> TablesOf(const project::Input& input) const {
    const auto view = graph_.views.find(input.table);
    return view == graph_.views.end() ? std::vector<std::string>{input.table} : view->second;
  }

  std::string Table(const std::string& name) {
    const auto declared = declared_.find(name);
    return declared == declared_.end()
               ? Node(NodeKind::kExternal, name, "")
               : Node(NodeKind::kTable, declared->second, name.substr(0, name.find('.')));
  }

  std::string Node(NodeKind kind, const std::string& label, const std::string& group) {
    const auto known = nodes_.find({kind, label});
    if (known != nodes_.end()) {
      return known->second.id;
    }
    std::string id = fmt::format("{}_{}", WordOf(kind), Plain(label));
    for (int number = 2; !ids_.insert(id).second; ++number) {
      id = fmt::format("{}_{}_{}", WordOf(kind), Plain(label), number);
    }
    nodes_[{kind, label}] = {.id = id, .kind = kind, .label = label, .group = group};
    return id;
  }

  void Edge(const std::string& from, const std::string& to, bool previous) {
    edges_.insert({.from = from, .to = to, .previous = previous});
  }

  const Graph& graph_;
  std::map<std::string, std::string> declared_;  // tables of jobs, as written and as filled in
  std::map<std::pair<NodeKind, std::string>, DiagramNode> nodes_;
  std::set<std::string> ids_;
  std::set<DiagramEdge> edges_;
};

// A label in quotes; Mermaid has no escape for them but this.
std::string Label(const std::string& text) {
  std::string label;
  for (const char letter : text) {
    label += letter == '"' ? std::string("#quot;") : std::string(1, letter);
  }
  return "\"" + label + "\"";
}

std::string ShapeOf(const DiagramNode& node) {
  const std::string label = Label(node.label);
  switch (node.kind) {
    case NodeKind::kExternal:
      return fmt::format("{}(({}))", node.id, label);
    case NodeKind::kService:
      return fmt::format("{}{{{}}}", node.id, label);
    case NodeKind::kTopic:
      return fmt::format("{}>{}]", node.id, label);
    case NodeKind::kFiles:
      return fmt::format("{}[/{}/]", node.id, label);
    case NodeKind::kApi:
      return fmt::format("{}[({})]", node.id, label);
    case NodeKind::kJob:
    case NodeKind::kTable:
      break;
  }
  return fmt::format("{}[{}]", node.id, label);
}

}  // namespace

Diagram DrawJobs(const Graph& graph, const std::vector<std::size_t>& jobs) {
  std::vector<const Job*> by_name;
  by_name.reserve(jobs.size());
  for (const std::size_t job : jobs) {
    by_name.push_back(&graph.job(job));
  }
  std::ranges::sort(by_name, {}, [](const Job* job) { return job->name; });
  Drawer drawer(graph);
  for (const Job* job : by_name) {
    drawer.Add(*job);
  }
  return std::move(drawer).Finish();
}

std::vector<std::string> Domains(const Graph& graph) {
  std::set<std::string> domains;
  for (const Job& job : graph.project->jobs) {
    domains.insert(job.domain);
  }
  return {domains.begin(), domains.end()};
}

std::vector<std::size_t> JobsOfDomain(const Graph& graph, const std::string& domain) {
  std::vector<std::size_t> jobs;
  for (std::size_t job = 0; job < graph.project->jobs.size(); ++job) {
    if (graph.job(job).domain == domain) {
      jobs.push_back(job);
    }
  }
  if (jobs.empty()) {
    const std::vector<std::string> known = Domains(graph);
    throw UserError("no domain is called '{}'; there are: {}{}", domain, fmt::join(known, ", "),
                    DidYouMean(domain, known));
  }
  return jobs;
}

std::vector<std::size_t> JobsAroundTable(const Graph& graph, const std::string& table) {
  std::set<std::size_t> jobs;
  std::set<std::string> known;
  const auto note = [&](const std::string& name, std::size_t job) {
    known.insert(name);
    if (name == table) {
      jobs.insert(job);
    }
  };
  for (std::size_t job = 0; job < graph.project->jobs.size(); ++job) {
    for (const project::Input& input : graph.job(job).reads) {
      note(input.table, job);
    }
    for (const project::Output& output : graph.job(job).writes) {
      note(output.table, job);
    }
  }
  for (const auto& [name, found] : graph.tables) {
    for (const auto* side : {&found.writers, &found.readers}) {
      std::ranges::for_each(*side, [&](std::size_t job) { note(name, job); });
    }
  }
  if (jobs.empty()) {
    const std::vector<std::string> names(known.begin(), known.end());
    throw UserError("no job writes or reads a table '{}'{}", table, DidYouMean(table, names));
  }
  return {jobs.begin(), jobs.end()};
}

std::string ToMermaid(const Diagram& diagram) {
  std::string text = "flowchart LR\n";
  std::map<std::string, std::vector<const DiagramNode*>> schemas;
  for (const DiagramNode& node : diagram.nodes) {
    if (node.kind == NodeKind::kTable) {
      schemas[node.group].push_back(&node);
    } else {
      text += fmt::format("  {}\n", ShapeOf(node));
    }
  }
  for (const auto& [schema, tables] : schemas) {
    text += fmt::format("  subgraph schema_{}[{}]\n", Plain(schema), Label(schema));
    for (const DiagramNode* table : tables) {
      text += fmt::format("    {}\n", ShapeOf(*table));
    }
    text += "  end\n";
  }
  for (const DiagramEdge& edge : diagram.edges) {
    text +=
        fmt::format("  {} {} {}\n", edge.from, edge.previous ? "-. previous .->" : "-->", edge.to);
  }
  return text;
}

nlohmann::ordered_json ToJson(const Diagram& diagram) {
  auto nodes = nlohmann::ordered_json::array();
  for (const DiagramNode& node : diagram.nodes) {
    nlohmann::ordered_json line = {
        {"id", node.id}, {"kind", WordOf(node.kind)}, {"label", node.label}};
    if (!node.group.empty()) {
      line[node.kind == NodeKind::kTable ? "schema" : "domain"] = node.group;
    }
    nodes.push_back(line);
  }
  auto edges = nlohmann::ordered_json::array();
  for (const DiagramEdge& edge : diagram.edges) {
    nlohmann::ordered_json line = {{"from", edge.from}, {"to", edge.to}};
    if (edge.previous) {
      line["previous"] = true;
    }
    edges.push_back(line);
  }
  return {{"nodes", nodes}, {"edges", edges}};
}

}  // namespace weir::jobs
