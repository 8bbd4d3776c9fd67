#include "cli/command_line.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <utility>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "base/error.h"
#include "base/nearest_name.h"
#include "cli/common_options.h"

// CLI11 takes the words apart; what is missing or unknown is judged here, so that messages name the
// nearest word that would have been right.
namespace weir::cli {
namespace {

constexpr auto kHelp = "-h,--help";

// A command on its way through CLI11, with those below it.
struct Node {
  const Command* command = nullptr;
  CLI::App* app = nullptr;
  std::vector<std::pair<const Parameter*, CLI::Option*>> options;
  CLI::Option* help = nullptr;
  std::deque<Node> children;
};

bool Contains(const std::vector<std::string>& words, const std::string& word) {
  return std::ranges::find(words, word) != words.end();
}

std::vector<Parameter> AllParameters(const Command& command) {
  std::vector<Parameter> all = command.parameters;
  std::ranges::move(CommonParameters(), std::back_inserter(all));
  return all;
}

CLI::Option* AddOption(CLI::App& app, const Parameter& parameter) {
  if (parameter.IsSwitch()) {
    return app.add_flag(parameter.name)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }
  CLI::Option* option = app.add_option(parameter.name);
  if (parameter.many) {
    return option->expected(1, CLI::detail::expected_max_vector_size)->allow_extra_args();
  }
  return option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

void AddParameters(Node& node, const std::vector<Parameter>& parameters) {
  for (const Parameter& parameter : parameters) {
    node.options.emplace_back(&parameter, AddOption(*node.app, parameter));
  }
}

void Describe(Node& node, const Command& command, const std::vector<Parameter>& common) {
  node.command = &command;
  node.app->allow_extras();
  node.app->require_subcommand(0, 1);
  node.app->set_help_flag();
  node.help = node.app->add_flag(kHelp);
  AddParameters(node, command.parameters);
  AddParameters(node, common);
  for (const Command& child : command.subcommands) {
    Node& below = node.children.emplace_back();
    below.app = node.app->add_subcommand(child.name);
    Describe(below, child, common);
  }
}

std::vector<const Node*> NamedPath(const Node& root) {
  std::vector<const Node*> path = {&root};
  while (true) {
    const auto& children = path.back()->children;
    const auto next =
        std::ranges::find_if(children, [](const Node& child) { return child.app->parsed(); });
    if (next == children.end()) {
      return path;
    }
    path.push_back(&*next);
  }
}

std::vector<std::string> FlagsOf(const Command& command) {
  std::vector<std::string> flags = {"--help"};
  for (const Parameter& parameter : AllParameters(command)) {
    if (!parameter.IsPositional() && !parameter.hidden) {
      flags.push_back(parameter.name);
    }
  }
  return flags;
}

std::vector<std::string> NamesOf(const std::vector<Command>& commands) {
  std::vector<std::string> names;
  std::ranges::transform(commands, std::back_inserter(names), &Command::name);
  return names;
}

void RefuseFlag(const std::string& word, const ParsedLine& line) {
  const Command& command = *line.path.back();
  const std::string flag = word.substr(0, word.find('='));
  for (const Command& child : command.subcommands) {
    if (Contains(FlagsOf(child), flag)) {
      throw UsageError("unknown flag '{}' of '{}'; '{} {}' has it", flag, CalledName(line.path),
                       CalledName(line.path), child.name);
    }
  }
  throw UsageError("unknown flag '{}' of '{}'{}", flag, CalledName(line.path),
                   DidYouMean(flag, FlagsOf(command)));
}

void RefuseExtras(const std::vector<std::string>& extras, const ParsedLine& line) {
  const Command& command = *line.path.back();
  const auto flag = std::ranges::find_if(
      extras, [](const std::string& word) { return word.size() > 1 && word.starts_with('-'); });
  if (flag != extras.end()) {
    RefuseFlag(*flag, line);
  }
  if (extras.empty()) {
    return;
  }
  if (command.subcommands.empty()) {
    throw UsageError("'{}' takes no further argument: '{}'", CalledName(line.path), extras.front());
  }
  throw UsageError("unknown command '{} {}'{}", CalledName(line.path), extras.front(),
                   DidYouMean(extras.front(), NamesOf(command.subcommands)));
}

std::string Listed(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : ", ") + word;
  }
  return text;
}

void CheckChoices(const Parameter& parameter, const std::vector<std::string>& values) {
  for (const std::string& value : values) {
    if (!parameter.choices.empty() && !Contains(parameter.choices, value)) {
      throw UsageError("{} '{}': allowed are {}{}", parameter.name, value,
                       Listed(parameter.choices), DidYouMean(value, parameter.choices));
    }
  }
}

void CheckRequired(const ParsedLine& line) {
  for (const Parameter& parameter : line.path.back()->parameters) {
    if (parameter.required && !line.arguments.Has(parameter.name)) {
      throw UsageError("'{}' needs {}: {}", CalledName(line.path), parameter.name, parameter.help);
    }
  }
}

// Flags count wherever they stand between the names of the commands; the last one wins.
Arguments Collect(const std::vector<const Node*>& path) {
  Arguments arguments;
  for (const Node* node : path) {
    for (const auto& [parameter, option] : node->options) {
      if (option->count() > 0) {
        arguments.Set(parameter->name, option->results());
      }
    }
  }
  return arguments;
}

void Split(Node& root, const std::vector<std::string>& words) {
  try {
    std::vector<std::string> reversed(words.rbegin(), words.rend());
    root.app->parse(std::move(reversed));
  } catch (const CLI::ArgumentMismatch& mismatch) {
    const std::string text = mismatch.what();  // "--limit: 1 required TEXT missing"
    throw UsageError("{} needs a value", text.substr(0, text.find(':')));
  } catch (const CLI::ParseError& problem) {
    throw UsageError("{}", problem.what());
  }
}

}  // namespace

std::string CalledName(const std::vector<const Command*>& path) {
  std::string name;
  for (const Command* command : path) {
    name += (name.empty() ? "" : " ") + command->name;
  }
  return name;
}

ParsedLine ParseCommandLine(const Command& program, const std::vector<std::string>& words) {
  const std::vector<Parameter> common = CommonParameters();
  CLI::App app;
  Node root;
  root.app = &app;
  Describe(root, program, common);
  Split(root, words);

  const std::vector<const Node*> path = NamedPath(root);
  ParsedLine line;
  std::ranges::transform(path, std::back_inserter(line.path), &Node::command);
  line.arguments = Collect(path);
  line.wants_help =
      std::ranges::any_of(path, [](const Node* node) { return node->help->count() > 0; });
  if (line.wants_help) {
    return line;
  }
  RefuseExtras(app.remaining(true), line);
  CheckRequired(line);
  for (const Node* node : path) {
    for (const auto& [parameter, option] : node->options) {
      CheckChoices(*parameter, option->results());
    }
  }
  return line;
}

}  // namespace weir::cli
