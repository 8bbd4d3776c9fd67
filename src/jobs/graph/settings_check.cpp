#include "jobs/graph/settings_check.h"

#include <fmt/format.h>

#include "project/project_names.h"

namespace weir::jobs {
namespace {

using project::Step;
using project::StepKind;

// Settings as a run would have them.
nlohmann::json Filled(const nlohmann::json& settings, const project::Substitutions& values) {
  nlohmann::json filled = settings;
  if (settings.is_string()) {
    filled = project::FillText(settings.get<std::string>(), values);
  } else if (settings.is_structured()) {
    for (auto entry = filled.begin(); entry != filled.end(); ++entry) {
      *entry = Filled(*entry, values);
    }
  }
  return filled;
}

std::vector<std::string> MistakesOf(const Step& step, const nlohmann::json& settings,
                                    const StepTables& tables) {
  if (step.kind == StepKind::kOperator) {
    std::vector<std::string> arguments;
    for (const auto& [argument, relation] : step.in) {
      arguments.push_back(argument);
    }
    return operators::StepMistakes(tables.operators.Find(step.what), settings, arguments,
                                   step.out.size());
  }
  if (step.kind == StepKind::kConnector) {
    const auto direction =
        step.in.empty() ? connectors::Direction::kIn : connectors::Direction::kOut;
    return connectors::StepMistakes(tables.connectors.Find(step.what), direction, settings);
  }
  return {};
}

}  // namespace

void CheckSettings(const project::Project& project, const project::Job& job,
                   const StepTables& tables, Findings& findings) {
  const project::Substitutions values = project::ExampleValues(project, job);
  for (const Step& step : job.steps) {
    for (const std::string& mistake : MistakesOf(step, Filled(step.with, values), tables)) {
      findings.mistakes.Note(step.place, fmt::format("{}: {}", step.what, mistake));
    }
  }
}

}  // namespace weir::jobs
