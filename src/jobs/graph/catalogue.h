#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "jobs/graph/graph.h"

// The project for people who look for a table or a number: what each job is for, what it reads and
// writes, which columns its tables promise, what is checked. As Markdown, with diagrams in Mermaid.
namespace weir::jobs {

// All domains with their jobs and tables, linked to the domains' pages ("sales.md").
std::string CataloguePage(const Graph& graph);

// One domain: its diagram, its jobs, its tables with their columns. The same project gives the same
// text. Throws UserError with the nearest name for a domain that isn't there.
std::string DomainPage(const Graph& graph, const std::string& domain);

// The same for programs: {"jobs": […], "tables": […]}.
nlohmann::ordered_json CatalogueJson(const Graph& graph);

}  // namespace weir::jobs
