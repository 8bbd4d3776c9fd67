#include "jobs/graph/settings_check.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "connectors/optional_connection.h"
#include "connectors/secrets.h"
#include "project/project_names.h"

namespace weir::jobs {

using project::Step;
using project::StepKind;

nlohmann::json FilledSettings(const nlohmann::json& settings,
                              const project::Substitutions& values) {
  nlohmann::json filled = settings;
  if (settings.is_string()) {
    filled = project::FillText(settings.get<std::string>(), values);
  } else if (settings.is_structured()) {
    for (auto entry = filled.begin(); entry != filled.end(); ++entry) {
      *entry = FilledSettings(*entry, values);
    }
  }
  return filled;
}

std::vector<std::string> MistakesOfStep(const Step& step, const nlohmann::json& settings,
                                        const StepTables& tables) {
  if (step.kind == StepKind::kOperator) {
    std::vector<std::string> arguments;
    arguments.reserve(step.in.size());
    for (const auto& [argument, relation] : step.in) {
      arguments.push_back(argument);
    }
    return operators::StepMistakes(tables.operators.Find(step.what), settings, arguments,
                                   step.out.size());
  }
  if (step.kind == StepKind::kConnector) {
    const auto direction =
        step.in.empty() ? connectors::Direction::kIn : connectors::Direction::kOut;
    return connectors::StepMistakes(tables.connectors.Find(step.what), direction, settings,
                                    step.in.size());
  }
  return {};
}

namespace {

// The connection of kind kafka that an address names, kafka://NAME/topic; empty for other texts,
// for brokers, and for a name that is still to be filled in.
std::string KafkaConnectionIn(std::string_view text) {
  constexpr std::string_view kScheme = "kafka://";
  if (!text.starts_with(kScheme)) {
    return "";
  }
  const std::string_view rest = text.substr(kScheme.size());
  const std::string_view name = rest.substr(0, rest.find('/'));
  return name.find_first_of(":{") == std::string_view::npos ? std::string(name) : "";
}

// Those that settings name.
void CollectKafkaConnections(const nlohmann::json& settings, std::set<std::string>& names) {
  if (settings.is_string()) {
    const std::string name = KafkaConnectionIn(settings.get_ref<const std::string&>());
    if (!name.empty()) {
      names.insert(name);
    }
  } else if (settings.is_structured()) {
    for (const auto& each : settings) {
      CollectKafkaConnections(each, names);
    }
  }
}

// What is wrong with connections that a connector step names: by the setting `connection`, if its
// connector uses one, or in addresses.
std::vector<std::string> MistakesOfConnection(const project::Project& project, const Step& step,
                                              const nlohmann::json& settings,
                                              const StepTables& tables) {
  if (step.kind != StepKind::kConnector || !settings.is_object() || project.has_mistakes) {
    return {};  // told already, or perhaps
  }
  std::set<std::pair<std::string, std::string>> wanted;  // name, kind
  std::set<std::string> clusters;
  CollectKafkaConnections(settings, clusters);
  for (const std::string& cluster : clusters) {
    wanted.emplace(cluster, "kafka");
  }
  const connectors::Secrets no_secrets({});
  std::vector<project::ConnectionLine> lines = project.connections;
  for (project::ConnectionLine& line : lines) {
    line.settings.clear();  // they may name secrets
    line.maps.clear();
  }
  const connectors::Connections known(lines, no_secrets);
  const auto name = settings.find("connection");
  if (!tables.connectors.Find(step.what).declaration().connection.empty() &&
      name != settings.end() && name->is_string() &&
      !connectors::HasNoConnection(known, settings)) {
    wanted.emplace(name->get<std::string>(), step.what);
  }
  std::vector<std::string> mistakes;
  for (const auto& [connection, kind] : wanted) {
    try {
      known.Find(connection, kind);
    } catch (const UserError& mistake) {
      mistakes.emplace_back(mistake.what());
    }
  }
  return mistakes;
}

// Whether settings of a step name the connection: as a text of its own, or as an address's cluster.
bool NamesConnection(const nlohmann::json& settings, const std::string& connection) {
  if (settings.is_string()) {
    const auto& text = settings.get_ref<const std::string&>();
    return text == connection || KafkaConnectionIn(text) == connection;
  }
  return settings.is_structured() && std::ranges::any_of(settings, [&](const auto& each) {
           return NamesConnection(each, connection);
         });
}

bool IsNamedBySomeStep(const project::Project& project, const std::string& connection) {
  return std::ranges::any_of(project.jobs, [&](const project::Job& job) {
    const project::Substitutions values = project::ExampleValues(project, job);
    return std::ranges::any_of(job.steps, [&](const Step& step) {
      return NamesConnection(FilledSettings(step.with, values), connection);
    });
  });
}

void CheckIsServed(const project::Job& job, Findings& findings) {
  const bool is_served = job.steps.size() == 2 && job.steps[0].IsSource() && job.steps[1].IsSink();
  if (job.is_service && !is_served) {
    findings.mistakes.Note(job.place,
                           "a service has two steps: a connector that answers requests, with "
                           "'out', and one that takes what it accepts, with 'in'");
  }
}

}  // namespace

void CheckConnections(const project::Project& project, const StepTables& tables,
                      Findings& findings) {
  if (project.has_mistakes) {
    return;
  }
  for (const project::ConnectionLine& line : project.connections) {
    for (const std::string& mistake : connectors::ConnectionMistakes(tables.connectors, line)) {
      findings.mistakes.Note(line.place, fmt::format("connection '{}': {}", line.name, mistake));
    }
    if (!IsNamedBySomeStep(project, line.name)) {
      findings.warnings.Note(
          line.place, fmt::format("connection '{}': no step of any job names it, so nothing goes "
                                  "there",
                                  line.name));
    }
  }
}

void CheckSettings(const project::Project& project, const project::Job& job,
                   const StepTables& tables, Findings& findings) {
  CheckIsServed(job, findings);
  const project::Substitutions values = project::ExampleValues(project, job);
  for (const Step& step : job.steps) {
    const nlohmann::json settings = FilledSettings(step.with, values);
    std::vector<std::string> mistakes = MistakesOfStep(step, settings, tables);
    std::ranges::move(MistakesOfConnection(project, step, settings, tables),
                      std::back_inserter(mistakes));
    for (const std::string& mistake : mistakes) {
      findings.mistakes.Note(step.place, fmt::format("{}: {}", step.what, mistake));
    }
  }
}

}  // namespace weir::jobs
