#include "cli/help.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "cli/command_line.h"
#include "cli/common_options.h"

namespace weir::cli {
namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t kWidth = 100;
constexpr std::size_t kWidestName = 28;

// `text` broken at spaces so that no line is longer than `kWidth`, later lines indented.
std::string Wrap(std::string_view text, std::size_t indent) {
  std::string wrapped;
  std::size_t column = indent;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (column > indent && column + 1 + word.size() > kWidth) {
      wrapped += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      wrapped += ' ';
      ++column;
    }
    wrapped += word;
    column += word.size();
  }
  return wrapped;
}

std::size_t WidthOf(const Rows& rows) {
  std::size_t width = 0;
  for (const auto& [name, text] : rows) {
    width = std::max(width, std::min(name.size(), kWidestName));
  }
  return width;
}

std::string Section(std::string_view heading, const Rows& rows, std::size_t width) {
  if (rows.empty()) {
    return "";
  }
  std::string section = fmt::format("\n{}\n", heading);
  for (const auto& [name, text] : rows) {
    const std::size_t indent = width + 4;
    section += name.size() <= width
                   ? fmt::format("  {:<{}}  {}\n", name, width, Wrap(text, indent))
                   : fmt::format("  {}\n{:{}}{}\n", name, "", indent, Wrap(text, indent));
  }
  return section;
}

std::string Spelled(const Parameter& parameter) {
  if (parameter.IsPositional() || parameter.IsSwitch()) {
    return parameter.name;
  }
  return parameter.name + " " + parameter.value + (parameter.many ? "…" : "");
}

std::string UsageLine(const std::vector<const Command*>& path) {
  const Command& command = *path.back();
  std::string usage = CalledName(path);
  if (!command.subcommands.empty()) {
    return usage + " COMMAND";
  }
  bool has_options = false;
  for (const Parameter& parameter : command.parameters) {
    if (parameter.hidden) {
      continue;
    }
    if (parameter.required) {
      usage += " " + Spelled(parameter);
    } else if (parameter.IsPositional()) {
      usage += " [" + Spelled(parameter) + "]";
    } else {
      has_options = true;
    }
  }
  return usage + (has_options ? " [options]" : "");
}

Rows RowsOf(const std::vector<Parameter>& parameters, bool positional) {
  Rows rows;
  for (const Parameter& parameter : parameters) {
    if (!parameter.hidden && parameter.IsPositional() == positional) {
      rows.emplace_back(Spelled(parameter), parameter.help);
    }
  }
  return rows;
}

std::string Subcommands(const Command& command) {
  std::vector<std::string> groups;
  Rows all;
  for (const Command& child : command.subcommands) {
    all.emplace_back(child.name, child.summary);
    if (std::ranges::find(groups, child.group) == groups.end()) {
      groups.push_back(child.group);
    }
  }
  std::string text;
  for (const std::string& group : groups) {
    Rows rows;
    for (const Command& child : command.subcommands) {
      if (child.group == group) {
        rows.emplace_back(child.name, child.summary);
      }
    }
    text += Section(group, rows, WidthOf(all));
  }
  return text;
}

std::string Indented(std::string_view lines) {
  std::string text;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    text += fmt::format("  {}\n", line);
  }
  return text;
}

}  // namespace

std::string HelpText(const std::vector<const Command*>& path) {
  const Command& command = *path.back();
  std::string text = fmt::format("{}\n\nUsage: {}\n", Wrap(command.summary, 0), UsageLine(path));
  if (!command.details.empty()) {
    text += fmt::format("\n{}\n", command.details);
  }
  Rows common = RowsOf(CommonParameters(), false);
  common.emplace_back("-h, --help", "this text, of any command");
  const Rows arguments = RowsOf(command.parameters, true);
  const Rows options = RowsOf(command.parameters, false);
  const std::size_t width = std::max(WidthOf(options), WidthOf(common));
  text += Section("Arguments", arguments, width);
  text += Subcommands(command);
  text += Section("Options", options, width);
  text += Section("Options of every command", common, width);
  if (!command.examples.empty()) {
    text += fmt::format("\nExamples\n{}", Indented(command.examples));
  }
  return text;
}

}  // namespace weir::cli
