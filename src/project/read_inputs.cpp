#include <fmt/format.h>

#include "project/duration.h"
#include "project/formats.h"
#include "project/job_reading.h"
#include "project/substitution.h"

namespace weir::project {
namespace {

// With the project's variables filled in.
std::optional<Duration> ReadWindow(const YamlValue& input, JobReading& reading) {
  const YamlValue* const value = input.Find("window");
  if (value == nullptr || !value->sound) {
    return std::nullopt;
  }
  Substitutions variables;
  for (const auto& [name, text] : reading.settings.variables) {
    variables[fmt::format("var.{}", name)].text = text;
  }
  for (const BracedName& braced : BracedNames(value->text)) {
    if (!variables.contains(braced.name)) {
      CheckNames(*value, NameUse::kWindow, reading);
      return std::nullopt;
    }
  }
  const std::string window = FillText(value->text, variables);
  if (const auto allowed = WindowText().mistake(window)) {
    reading.mistakes.Note(value->place, fmt::format("window '{}': {}", window, *allowed));
  }
  return window == "all" ? std::optional(kAllTime) : ParseDuration(window);
}

Input ReadInput(const YamlEntry& entry, JobReading& reading) {
  const YamlValue& value = entry.value;
  Input input{.name = entry.key, .place = entry.place};
  if (value.kind == YamlValue::Kind::kText) {
    input.table = value.text;
    return input;
  }
  input.table = value.Text("table").value_or("");
  input.where = value.Text("where").value_or("");
  input.window = ReadWindow(value, reading);
  input.previous = value.IsTrue("previous");
  input.optional = value.IsTrue("optional");
  input.watch = !value.Has("watch") || value.IsTrue("watch");
  input.columns = ReadColumns(value);
  return input;
}

}  // namespace

void ReadInputs(const YamlValue& root, JobReading& reading) {
  for (const YamlEntry& entry : root.Entries("reads")) {
    for (const Input& other : reading.job.reads) {
      if (SameRelation(other.name, entry.key)) {
        reading.mistakes.Note(entry.place,
                              fmt::format("input '{}' and '{}' differ in letter case only, which "
                                          "SQL ignores",
                                          entry.key, other.name));
      }
    }
    reading.job.reads.push_back(ReadInput(entry, reading));
  }
  for (const YamlEntry& entry : root.Entries("reads")) {  // all inputs are known now: {table.x}
    const YamlValue& value = entry.value;
    if (value.kind == YamlValue::Kind::kText) {
      CheckNames(value, NameUse::kTable, reading);
      continue;
    }
    if (const YamlValue* table = value.Find("table")) {
      CheckNames(*table, NameUse::kTable, reading);
    }
    if (const YamlValue* where = value.Find("where")) {
      CheckNames(*where, NameUse::kSql, reading);
    }
  }
}

}  // namespace weir::project
