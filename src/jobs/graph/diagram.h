#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "jobs/graph/graph.h"

namespace weir::jobs {

enum class NodeKind {
  kExternal,  // a table that no job writes, a resource of unknown kind: a circle
  kJob,       // a box
  kService,   // a rhombus
  kTopic,     // a flag
  kFiles,     // a slanted box
  kTable,     // a box within its schema's
  kApi,       // a cylinder
};

struct DiagramNode {
  std::string id;  // unique in the diagram: letters, digits and '_'
  NodeKind kind = NodeKind::kJob;
  std::string label;
  std::string group;  // a table's schema, a job's domain

  friend bool operator==(const DiagramNode&, const DiagramNode&) = default;
};

struct DiagramEdge {
  std::string from;
  std::string to;
  bool previous = false;  // reads the state before

  friend auto operator<=>(const DiagramEdge&, const DiagramEdge&) = default;
};

// Jobs with the tables and outside resources that they declare, `{region}` as written. Nodes by
// kind and label, edges by ids, so that the same project always gives the same text.
struct Diagram {
  std::vector<DiagramNode> nodes;
  std::vector<DiagramEdge> edges;
};

Diagram DrawJobs(const Graph& graph, const std::vector<std::size_t>& jobs);

// The jobs of a domain; those that write or read a table, as declared or with names filled in.
// Throw UserError, with the nearest name, for one that isn't there.
std::vector<std::size_t> JobsOfDomain(const Graph& graph, const std::string& domain);
std::vector<std::size_t> JobsAroundTable(const Graph& graph, const std::string& table);

// Names of all domains, sorted.
std::vector<std::string> Domains(const Graph& graph);

std::string ToMermaid(const Diagram& diagram);
nlohmann::ordered_json ToJson(const Diagram& diagram);

}  // namespace weir::jobs
