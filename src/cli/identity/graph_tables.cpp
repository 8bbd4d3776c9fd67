#include "cli/identity/graph_tables.h"

#include <algorithm>
#include <string_view>

#include "base/error.h"

namespace weir::cli {
namespace {

constexpr auto kOperator = "connected_components";

class GraphFinder {
 public:
  GraphFinder(const jobs::JobInstance& instance, const project::Step& step)
      : instance_(instance), step_(step) {}

  GraphTables Find() const {
    if (step_.out.size() != 5) {
      throw UserError(
          "{}: step '{}' has {} outputs; edges, mapping, changes, violations and basis are needed",
          instance_.name(), step_.name, step_.out.size());
    }
    return {.instance = &instance_,
            .step = &step_,
            .evidence = WrittenFrom(RelationOf("today")),
            .edges = WrittenFrom(step_.out[0]),
            .mapping = WrittenFrom(step_.out[1]),
            .changes = WrittenFrom(step_.out[2]),
            .violations = WrittenFrom(step_.out[3]),
            .basis = WrittenFrom(step_.out[4]),
            .erased_list = TableOf(RelationOf("erased")),
            .imported = Reads("imported") ? TableOf(RelationOf("imported")) : ""};
  }

 private:
  const std::string& RelationOf(std::string_view argument) const {
    const auto found =
        std::ranges::find(step_.in, argument, &std::pair<std::string, std::string>::first);
    if (found == step_.in.end()) {
      throw UserError("{}: step '{}' has no '{}' among its `in`", instance_.name(), step_.name,
                      argument);
    }
    return found->second;
  }

  bool Reads(std::string_view argument) const {
    return std::ranges::find(step_.in, argument, &std::pair<std::string, std::string>::first) !=
           step_.in.end();
  }

  const project::Output* WrittenFrom(const std::string& relation) const {
    const auto found = std::ranges::find(instance_.writes, relation, &project::Output::from);
    if (found == instance_.writes.end()) {
      throw UserError("{}: relation '{}' of step '{}' is written to no table", instance_.name(),
                      relation, step_.name);
    }
    return &*found;
  }

  const std::string& TableOf(const std::string& input) const {
    const auto found = std::ranges::find_if(
        instance_.reads, [&](const auto& read) { return read.input.name == input; });
    if (found == instance_.reads.end()) {
      throw UserError("{}: '{}' of step '{}' is no table that the job reads", instance_.name(),
                      input, step_.name);
    }
    return found->input.table;
  }

  const jobs::JobInstance& instance_;
  const project::Step& step_;
};

}  // namespace

std::vector<GraphTables> GraphsOf(const std::vector<jobs::JobInstance>& instances) {
  std::vector<GraphTables> graphs;
  for (const jobs::JobInstance& instance : instances) {
    for (const project::Step& step : instance.job->steps) {
      if (step.kind == project::StepKind::kOperator && step.what == kOperator) {
        graphs.push_back(GraphFinder(instance, step).Find());
      }
    }
  }
  return graphs;
}

}  // namespace weir::cli
