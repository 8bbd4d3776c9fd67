#include <algorithm>

#include <fmt/format.h>

#include "base/nearest_name.h"
#include "project/duration.h"
#include "project/job_reading.h"

namespace weir::project {
namespace {

namespace fs = std::filesystem;

constexpr int kDefaultRetries = 2;
constexpr int kMostRetries = 1000;

int RetriesOf(const YamlValue& value, int otherwise) {
  return static_cast<int>(
      std::clamp<std::int64_t>(value.Integer("retries").value_or(otherwise), 0, kMostRetries));
}

StepKind KindOf(const YamlValue& value) {
  if (value.Has("operator")) {
    return StepKind::kOperator;
  }
  if (value.Has("connector")) {
    return StepKind::kConnector;
  }
  return value.Has("command") ? StepKind::kCommand : StepKind::kSql;
}

const char* KeyOf(StepKind kind) {
  switch (kind) {
    case StepKind::kSql:
      return "sql";
    case StepKind::kOperator:
      return "operator";
    case StepKind::kConnector:
      return "connector";
    case StepKind::kCommand:
      return "command";
  }
  return "";
}

std::vector<std::pair<std::string, std::string>> ReadArguments(const YamlValue& value) {
  std::vector<std::pair<std::string, std::string>> arguments;
  for (const std::string& relation : value.Texts("in")) {
    arguments.emplace_back(relation, relation);
  }
  for (const YamlEntry& entry : value.Entries("in")) {
    arguments.emplace_back(entry.key, entry.value.text);
  }
  return arguments;
}

class StepReader {
 public:
  StepReader(const YamlValue& value, JobReading& reading) : value_(value), reading_(reading) {}

  Step Read(int job_retries) {
    step_.kind = KindOf(value_);
    step_.place = value_.place;
    step_.command = value_.Texts("command");
    const auto words = value_.Texts(KeyOf(step_.kind));
    step_.what = words.empty() ? "" : words.front();
    step_.name = value_.Text("name").value_or(DefaultName());
    step_.in = ReadArguments(value_);
    step_.out = value_.Texts("out");
    if (step_.kind == StepKind::kSql && step_.out.empty()) {
      step_.out = {step_.name};
    }
    step_.with = value_.Has("with") ? ToJson(*value_.Find("with")) : nlohmann::json::object();
    step_.time_limit = ParseDuration(value_.Text("time_limit").value_or(""));
    step_.retries = RetriesOf(value_, job_retries);
    step_.deterministic = !value_.Has("deterministic") || value_.IsTrue("deterministic");
    for (const YamlEntry& entry : value_.Entries("columns")) {
      step_.columns.emplace(entry.key, entry.value.text);
    }
    ReadText();
    CheckSettings();
    if (value_.sound) {
      Check();
    } else {
      reading_.has_unknown_relations = true;
    }
    return std::move(step_);
  }

 private:
  std::string DefaultName() const {
    return step_.kind == StepKind::kSql || step_.kind == StepKind::kCommand
               ? fs::path(step_.what).stem().string()
               : step_.what;
  }

  void Note(std::string_view key, std::string text) {
    reading_.mistakes.Note(value_.PlaceOf(key), std::move(text));
  }

  void ReadText() {
    if (const YamlValue* file = value_.Find("sql")) {
      SqlText sql = ReadSql(*file, "sql", reading_);
      CheckNames(sql, NameUse::kSql, reading_);
      step_.file = std::move(sql.file);
      step_.text = std::move(sql.text);
    }
  }

  void CheckSettings() {
    for (const char* key : {"with", "command"}) {
      if (const YamlValue* value = value_.Find(key)) {
        CheckAllNames(*value, NameUse::kSettings, reading_);
      }
    }
  }

  void Check() {
    CheckKnown("operator", reading_.options.operators);
    CheckKnown("connector", reading_.options.connectors);
    CheckInputs();
    CheckOutputs();
    CheckColumns();
  }

  void CheckKnown(const char* key, const std::vector<std::string>& known) {
    if (value_.Has(key) && !known.empty() && std::ranges::find(known, step_.what) == known.end()) {
      Note(key, fmt::format("unknown {} '{}'; allowed: {}{}", key, step_.what,
                            fmt::join(known, ", "), DidYouMean(step_.what, known)));
    }
  }

  void CheckInputs() {
    if (step_.in.empty()) {
      return;
    }
    const std::vector<std::string> known = RelationsBefore(reading_.job, reading_.job.steps.size());
    for (const auto& [argument, relation] : step_.in) {
      if (!Holds(known, relation) && !reading_.has_unknown_relations) {
        Note("in", fmt::format("relation '{}' is neither an input nor made by a step before this "
                               "one; there are: {}{}",
                               relation,
                               known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", ")),
                               DidYouMean(relation, known)));
      }
    }
  }

  void CheckOutputs() {
    CheckRelationNames();
    const auto is_same = [&](const Step& other) {
      return other.name == step_.name && other.kind == step_.kind;
    };
    if (!Holds(step_.out, step_.name) && std::ranges::any_of(reading_.job.steps, is_same)) {
      Note("name", fmt::format("step '{}' stands here twice; 'name' tells them apart", step_.name));
    }
    if (step_.kind == StepKind::kSql && step_.out.size() > 1) {
      Note("out",
           fmt::format("an SQL step defines one relation; 'out' names {}", step_.out.size()));
    }
    if (step_.kind == StepKind::kOperator && step_.out.empty()) {
      Note("operator", "the key 'out' is missing: the relations that the operator defines");
    }
    if (step_.IsSource() && step_.out.empty()) {
      Note("connector", "a connector needs 'out', what it brings in, or 'in', what it sends");
    }
  }

  // Native code may give a new `edges` for the input `edges`, as states do from day to day; SQL
  // would read itself.
  void CheckRelationNames() {
    const std::vector<std::string> inputs = RelationsBefore(reading_.job, 0);
    std::vector<std::string> made;
    for (const std::string& relation : step_.out) {
      const bool was_made =
          Holds(made, relation) || std::ranges::any_of(reading_.job.steps, [&](const Step& other) {
            return Holds(other.out, relation);
          });
      if (was_made) {
        Note("out", fmt::format("relation '{}' is there already, of a step before; another name is "
                                "needed",
                                relation));
      } else if (step_.kind == StepKind::kSql && Holds(inputs, relation)) {
        Note("out", fmt::format("relation '{}' is an input already; an SQL step needs another name",
                                relation));
      }
      made.push_back(relation);
    }
  }

  void CheckColumns() {
    for (const YamlEntry& entry : value_.Entries("columns")) {
      if (!Holds(step_.out, entry.key)) {
        reading_.mistakes.Note(
            entry.place,
            fmt::format("columns '{}': 'out' has no such relation; it has: {}{}", entry.key,
                        fmt::join(step_.out, ", "), DidYouMean(entry.key, step_.out)));
      }
    }
    if (step_.kind != StepKind::kCommand) {
      return;
    }
    for (const std::string& relation : step_.out) {
      if (!step_.columns.contains(relation)) {
        Note("out", fmt::format("columns of '{}' are missing: a command's relations are declared, "
                                "such as columns: {{{}: \"id BIGINT\"}}",
                                relation, relation));
      }
    }
  }

  const YamlValue& value_;
  JobReading& reading_;
  Step step_{};
};

}  // namespace

void ReadSteps(const YamlValue& root, JobReading& reading) {
  const int retries = RetriesOf(root, kDefaultRetries);
  for (const YamlValue& value : root.Items("steps")) {
    reading.job.steps.push_back(StepReader(value, reading).Read(retries));
  }
}

}  // namespace weir::project
