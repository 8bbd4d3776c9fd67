#include "connectors/connector.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/nearest_name.h"

namespace weir::connectors {
namespace {

std::string WrongDirection(const std::string& name, Direction direction) {
  return direction == Direction::kIn
             ? fmt::format("connector '{}' only writes; give it `in`, not `out`", name)
             : fmt::format("connector '{}' only reads; give it `out`, not `in`", name);
}

std::vector<std::string> MistakesIn(const Connector& connector, Direction direction,
                                    const nlohmann::json& settings) {
  const Declaration& declaration = connector.declaration();
  const auto declared = declaration.settings.find(direction);
  if (declared == declaration.settings.end()) {
    return {WrongDirection(declaration.name, direction)};
  }
  std::vector<std::string> mistakes = SettingMistakes(declared->second, settings);
  if (mistakes.empty()) {
    try {
      connector.CheckSettings(direction, settings);
    } catch (const UserError& error) {
      mistakes.emplace_back(error.what());
    }
  }
  return mistakes;
}

}  // namespace

std::optional<Schema> Connector::Columns(const nlohmann::json& /*settings*/) const {
  return std::nullopt;
}

std::vector<PendingInput> Connector::Pending(ConnectorContext& /*context*/) const { return {}; }

std::optional<Micros> Connector::CompleteUntil(ConnectorContext& /*context*/,
                                               Micros /*now*/) const {
  return std::nullopt;
}

TopicLinks Connector::Topics(const ConnectorContext& /*context*/) const { return {}; }

std::vector<PendingInput> Connector::Unsent(ConnectorContext& /*context*/) const { return {}; }

ReadReport Connector::Read(ConnectorContext& /*context*/) const {
  throw UserError("{}", WrongDirection(declaration().name, Direction::kIn));
}

SendReport Connector::Send(ConnectorContext& /*context*/) const {
  throw UserError("{}", WrongDirection(declaration().name, Direction::kOut));
}

std::optional<SendReport> Connector::TakeBack(ConnectorContext& /*context*/,
                                              const std::string& /*users*/) const {
  return std::nullopt;
}

HeldPeople Connector::Held(ConnectorContext& /*context*/, const std::string& /*users*/) const {
  return {};
}

std::vector<WrittenFolder> Connector::WrittenFolders(const nlohmann::json& settings,
                                                     const Connections& /*connections*/) const {
  std::vector<WrittenFolder> folders;
  for (const char* name : {"path", "journal"}) {
    const auto path = settings.is_object() ? settings.find(name) : settings.end();
    if (path != settings.end() && path->is_string()) {
      folders.push_back({.path = path->get<std::string>()});
    }
  }
  return folders;
}

void Connector::Serve(ConnectorContext& /*context*/, EventLog& /*log*/,
                      const ServiceSurroundings& /*surroundings*/) const {
  throw UserError("connector '{}' is no service", declaration().name);
}

std::unique_ptr<EventLog> Connector::OpenLog(ConnectorContext& /*context*/) const {
  throw UserError("connector '{}' takes no single events", declaration().name);
}

Schema EventLogSchema() {
  return {{Field{.name = "line", .type = PlainType(TypeKind::kString), .nullable = false}}};
}

ConnectorTable::ConnectorTable(std::vector<std::unique_ptr<Connector>> connectors) {
  for (std::unique_ptr<Connector>& connector : connectors) {
    const std::string name = connector->declaration().name;
    connectors_.emplace(name, std::move(connector));
  }
}

const Connector& ConnectorTable::Find(std::string_view name) const {
  const auto found = connectors_.find(name);
  if (found == connectors_.end()) {
    throw UserError("unknown connector '{}'; allowed: {}{}", name,
                    fmt::to_string(fmt::join(names(), ", ")), DidYouMean(name, names()));
  }
  return *found->second;
}

std::vector<std::string> ConnectorTable::names() const {
  std::vector<std::string> names;
  names.reserve(connectors_.size());
  for (const auto& [name, connector] : connectors_) {
    names.push_back(name);
  }
  return names;
}

std::vector<std::string> StepMistakes(const Connector& connector, Direction direction,
                                      const nlohmann::json& settings, std::size_t num_relations) {
  std::vector<std::string> mistakes = MistakesIn(connector, direction, settings);
  if (num_relations > 1 && !connector.declaration().takes_many) {
    mistakes.push_back(fmt::format("connector '{}' writes one relation; `in` names {}",
                                   connector.declaration().name, num_relations));
  }
  return mistakes;
}

std::vector<std::string> ConnectionMistakes(const ConnectorTable& connectors,
                                            const project::ConnectionLine& line) {
  std::vector<std::string> kinds;
  for (const std::string& name : connectors.names()) {
    if (!connectors.Find(name).declaration().connection.empty()) {
      kinds.push_back(name);
    }
  }
  if (std::ranges::find(kinds, line.kind) == kinds.end()) {
    return {fmt::format("kind '{}': allowed are {}{}", line.kind,
                        fmt::to_string(fmt::join(kinds, ", ")), DidYouMean(line.kind, kinds))};
  }
  const Declaration& declaration = connectors.Find(line.kind).declaration();
  std::vector<std::string> mistakes = SettingMistakes(declaration.connection, SettingsOf(line));
  if (mistakes.empty() && declaration.check_connection) {
    try {
      declaration.check_connection(SettingsOf(line));
    } catch (const UserError& mistake) {
      mistakes.emplace_back(mistake.what());
    }
  }
  return mistakes;
}

nlohmann::json CompleteSettings(const Connector& connector, Direction direction,
                                const nlohmann::json& settings) {
  const std::vector<std::string> mistakes = MistakesIn(connector, direction, settings);
  if (!mistakes.empty()) {
    throw UserError("{}", fmt::to_string(fmt::join(mistakes, "\n")));
  }
  return weir::CompleteSettings(connector.declaration().settings.at(direction), settings);
}

}  // namespace weir::connectors
