#include "operators/operator.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/nearest_name.h"

namespace weir::operators {
namespace {

std::vector<std::string> ArgumentNames(const Declaration& declaration) {
  std::vector<std::string> names;
  std::ranges::transform(declaration.arguments, std::back_inserter(names), &Argument::name);
  return names;
}

std::string Listed(const std::vector<std::string>& names) {
  return names.empty() ? "none" : fmt::to_string(fmt::join(names, ", "));
}

void CheckColumns(const Declaration& declaration, const Argument& argument, const Schema& schema) {
  for (const Field& wanted : argument.columns) {
    const Field* found = schema.Find(wanted.name);
    if (found == nullptr) {
      throw UserError("operator '{}' needs column '{}' ({}) in '{}', which has {}{}",
                      declaration.name, wanted.name, ToText(wanted.type), argument.name,
                      Listed(schema.names()), DidYouMean(wanted.name, schema.names()));
    }
    if (!WidensTo(found->type, wanted.type)) {
      throw UserError("operator '{}' needs column '{}' of '{}' as {}; it is {}", declaration.name,
                      wanted.name, argument.name, ToText(wanted.type), ToText(found->type));
    }
  }
}

}  // namespace

OperatorTable::OperatorTable(std::vector<std::unique_ptr<Operator>> operators) {
  for (std::unique_ptr<Operator>& op : operators) {
    const std::string name = op->declaration().name;
    operators_.emplace(name, std::move(op));
  }
}

const Operator& OperatorTable::Find(std::string_view name) const {
  const auto found = operators_.find(name);
  if (found == operators_.end()) {
    throw UserError("unknown operator '{}'; allowed: {}{}", name, Listed(names()),
                    DidYouMean(name, names()));
  }
  return *found->second;
}

std::vector<std::string> OperatorTable::names() const {
  std::vector<std::string> names;
  names.reserve(operators_.size());
  for (const auto& [name, op] : operators_) {
    names.push_back(name);
  }
  return names;
}

std::vector<std::string> StepMistakes(const Operator& op, const nlohmann::json& settings,
                                      const std::vector<std::string>& arguments,
                                      std::size_t num_outputs) {
  const Declaration& declaration = op.declaration();
  std::vector<std::string> mistakes = SettingMistakes(declaration.settings, settings);
  const std::vector<std::string> known = ArgumentNames(declaration);
  for (const std::string& name : arguments) {
    if (std::ranges::find(known, name) == known.end()) {
      mistakes.push_back(fmt::format("operator '{}' has no argument '{}'; allowed: {}{}",
                                     declaration.name, name, Listed(known),
                                     DidYouMean(name, known)));
    }
  }
  for (const Argument& argument : declaration.arguments) {
    if (!argument.optional && std::ranges::find(arguments, argument.name) == arguments.end()) {
      mistakes.push_back(
          fmt::format("operator '{}' needs the argument '{}'", declaration.name, argument.name));
    }
  }
  if (num_outputs == 0 || num_outputs > declaration.outputs.size()) {
    mistakes.push_back(fmt::format("operator '{}' gives {}: {}; `out` names {}", declaration.name,
                                   declaration.outputs.size(), Listed(declaration.outputs),
                                   num_outputs));
  }
  return mistakes;
}

std::vector<Schema> Describe(const Operator& op, const nlohmann::json& settings,
                             const std::map<std::string, Schema>& inputs) {
  const Declaration& declaration = op.declaration();
  for (const Argument& argument : declaration.arguments) {
    const auto found = inputs.find(argument.name);
    if (found != inputs.end()) {
      CheckColumns(declaration, argument, found->second);
    } else if (!argument.optional) {
      throw UserError("operator '{}' needs the argument '{}'", declaration.name, argument.name);
    }
  }
  return op.Outputs(CompleteSettings(declaration.settings, settings), inputs);
}

}  // namespace weir::operators
