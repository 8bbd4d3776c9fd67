#include "project/job_reading.h"

#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/nearest_name.h"
#include "project/yaml_file.h"

namespace weir::project {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> SqlFilesOf(const fs::path& folder) {
  std::vector<std::string> files;
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator(folder, problem)) {
    if (entry.path().extension() == ".sql") {
      files.push_back(entry.path().filename().string());
    }
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace

SqlText ReadSql(const YamlValue& value, std::string_view key, JobReading& reading) {
  if (!value.sound) {
    return {};
  }
  const fs::path path = (fs::path(reading.folder) / value.text).lexically_normal();
  if (*path.begin() == "..") {
    reading.mistakes.Note(
        value.place, fmt::format("{} '{}': the file must lie in the project", key, value.text));
    return {};
  }
  const auto text = ReadTextFile(reading.settings.folder / path);
  if (!text) {
    const auto near = SqlFilesOf(reading.settings.folder / reading.folder);
    reading.mistakes.Note(
        value.place, fmt::format("{} '{}': there is no file {}{}", key, value.text, path.string(),
                                 DidYouMean(value.text, near)));
    return {};
  }
  if (text->find_first_not_of(" \t\r\n;") == std::string::npos) {
    reading.mistakes.Note({.file = path.string()}, "the file is empty; one SELECT is needed");
    return {};
  }
  return {.file = path.string(), .text = *text};
}

std::vector<ColumnContract> ReadColumns(const YamlValue& map) {
  std::vector<ColumnContract> columns;
  for (const YamlEntry& entry : map.Entries("columns")) {
    const YamlValue& value = entry.value;
    const bool is_short = value.kind == YamlValue::Kind::kText;
    const bool nullable = !value.Has("nullable") || value.IsTrue("nullable");
    columns.push_back({.name = entry.key,
                       .type = is_short ? value.text : value.Text("type").value_or(""),
                       .nullable = nullable,
                       .personal = value.IsTrue("personal"),
                       .doc = value.Text("doc").value_or(""),
                       .place = value.place});
  }
  return columns;
}

void NoteUnknown(const Place& place, std::string text, JobReading& reading) {
  if (reading.settings.has_mistakes) {
    reading.job.has_mistakes = true;
  } else {
    reading.mistakes.Note(place, std::move(text));
  }
}

std::vector<std::string> RelationsBefore(const Job& job, std::size_t num_steps) {
  std::vector<std::string> names;
  std::set<std::string> known;
  for (const Input& input : job.reads) {
    names.push_back(input.name);
    known.insert(LowerCase(input.name));
  }
  for (std::size_t i = 0; i < num_steps && i < job.steps.size(); ++i) {
    std::ranges::copy_if(job.steps[i].out, std::back_inserter(names), [&](const std::string& name) {
      return !name.empty() && known.insert(LowerCase(name)).second;
    });
  }
  return names;
}

bool SameRelation(std::string_view left, std::string_view right) {
  return EqualIgnoringCase(left, right);
}

bool Holds(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::any_of(names,
                             [&](const std::string& one) { return SameRelation(one, name); });
}

}  // namespace weir::project
