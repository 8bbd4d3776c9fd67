#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What a subcommand says of itself, as data: its parameters, its help and what it does. The command
// line is parsed and the help is written from this, so that no subcommand sees the parser.
namespace weir::cli {

class Services;

// A flag ("--format", "-C") or, by a name without dashes ("TABLE"), a positional argument.
struct Parameter {
  std::string name;
  std::string value = {};  // what the help calls a flag's value: "FILE"; empty: a switch
  std::string help;
  bool required = false;
  bool many = false;  // takes one or more values
  std::vector<std::string> choices = {};
  bool hidden = false;  // left out of the help

  bool IsPositional() const { return !name.starts_with('-'); }
  bool IsSwitch() const { return !IsPositional() && value.empty(); }
};

// What stood on the command line for the parameters of one command.
class Arguments {
 public:
  void Set(std::string name, std::vector<std::string> values);

  bool Has(std::string_view name) const { return values_.contains(name); }
  // The value, the last one if the flag stood there twice; empty if it wasn't given.
  std::string Text(std::string_view name) const;
  std::optional<std::string> OptionalText(std::string_view name) const;
  std::vector<std::string> Texts(std::string_view name) const;
  // The values, each split at its commas, spaces around parts dropped.
  std::vector<std::string> Names(std::string_view name) const;
  // Throws UsageError naming the flag for what isn't a whole number of at least `least`.
  std::optional<std::int64_t> Integer(std::string_view name, std::int64_t least) const;

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

struct Command {
  std::string name;
  std::string group = {};  // the heading it stands under in its parent's help
  std::string summary;     // one line
  std::string details = {};
  std::string examples = {};
  std::vector<Parameter> parameters = {};
  std::vector<Command> subcommands = {};
  // Returns when the work is done; throws for exit codes 1 and 2. None: only subcommands.
  std::function<void(const Arguments&, Services&)> run = {};
};

}  // namespace weir::cli
