#include "project/unit_test_file.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/nearest_name.h"
#include "project/file_shapes.h"
#include "project/yaml_file.h"

namespace weir::project {
namespace {

namespace fs = std::filesystem;

constexpr auto kFolder = "tests";
constexpr auto kDefaultDay = "2026-01-05";

// Rows in line, or a file with them, perhaps with declared types.
TestRows ReadTestRows(const YamlEntry& entry) {
  TestRows rows{.name = entry.key, .rows = nlohmann::json::array(), .place = entry.place};
  const YamlValue& value = entry.value;
  if (value.kind == YamlValue::Kind::kList) {
    rows.rows = ToJson(value);
    return rows;
  }
  rows.file = value.Text("file").value_or("");
  if (const YamlValue* listed = value.Find("rows")) {
    rows.rows = ToJson(*listed);
  }
  for (const YamlEntry& column : value.Entries("columns")) {
    rows.columns[column.key] = column.value.text;
  }
  return rows;
}

class TestReader {
 public:
  TestReader(const Project& project, const std::string& file, Mistakes& mistakes)
      : project_(project), file_(file), mistakes_(mistakes) {}

  UnitTest Read(const YamlValue& value) {
    UnitTest test{.name = value.Text("name").value_or(""), .file = file_, .place = value.place};
    test.job = value.Text("job").value_or("");
    test.day = value.Text("on").value_or(kDefaultDay);
    test.error = value.Text("error").value_or("");
    for (const YamlEntry& entry : value.Entries("given")) {
      test.given.push_back(ReadFrom(entry));
    }
    for (const YamlEntry& entry : value.Entries("expect")) {
      test.expect.push_back(ReadFrom(entry));
    }
    if (value.sound) {
      CheckTest(value, test);
    }
    return test;
  }

 private:
  TestRows ReadFrom(const YamlEntry& entry) {
    TestRows rows = ReadTestRows(entry);
    if (!rows.file.empty()) {
      rows.file = (fs::path(kFolder) / rows.file).lexically_normal().string();
      if (!fs::exists(project_.folder / rows.file)) {
        mistakes_.Note(entry.value.PlaceOf("file"), fmt::format("there is no file {}", rows.file));
      }
    }
    return rows;
  }

  void CheckTest(const YamlValue& value, UnitTest& test) {
    const auto job = std::ranges::find(project_.jobs, test.job, &Job::name);
    if (std::ranges::find(project_.unsound_jobs, test.job, &Job::name) !=
        project_.unsound_jobs.end()) {
      return;  // what is wrong there has been told
    }
    if (job == project_.jobs.end()) {
      std::vector<std::string> names;
      std::ranges::transform(project_.jobs, std::back_inserter(names), &Job::name);
      mistakes_.Note(value.PlaceOf("job"),
                     fmt::format("there is no job '{}'{}", test.job, DidYouMean(test.job, names)));
      return;
    }
    if (!ParseDate(test.day)) {
      mistakes_.Note(value.PlaceOf("on"),
                     fmt::format("'{}' is no day; expected one such as 2026-01-05", test.day));
    }
    if (value.Has("expect") == value.Has("error")) {
      mistakes_.Note(value.place, "a test has either `expect` or `error`");
    } else if (value.Has("expect") && test.expect.empty()) {
      mistakes_.Note(value.PlaceOf("expect"),
                     "`expect` names no relation, so that nothing would be compared");
    }
    ReadPartition(value, *job, test);
  }

  void ReadPartition(const YamlValue& value, const Job& job, UnitTest& test) {
    if (job.per.empty()) {
      if (value.Has("partition")) {
        mistakes_.Note(value.PlaceOf("partition"),
                       fmt::format("job '{}' has no partitions (`per`)", job.name));
      }
      return;
    }
    const auto list = project_.partitions.find(job.per);
    if (list == project_.partitions.end() || list->second.empty()) {
      return;  // noted by the job's own reader
    }
    const std::vector<std::string>& values = list->second;
    test.partition = value.Text("partition").value_or(values.front());
    if (std::ranges::find(values, test.partition) == values.end()) {
      mistakes_.Note(
          value.PlaceOf("partition"),
          fmt::format("'{}' is not one of '{}': {}{}", test.partition, job.per,
                      fmt::to_string(fmt::join(values, ", ")), DidYouMean(test.partition, values)));
    }
  }

  const Project& project_;
  const std::string& file_;
  Mistakes& mistakes_;
};

void CheckNames(const std::vector<UnitTest>& tests, Mistakes& mistakes) {
  std::set<std::string> names;
  for (const UnitTest& test : tests) {
    if (!names.insert(test.name).second) {
      mistakes.Note(test.place, fmt::format("two tests of this file are named '{}'", test.name));
    }
  }
}

}  // namespace

std::vector<UnitTest> LoadUnitTests(const Project& project, Mistakes& mistakes) {
  std::vector<std::string> files;
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator(project.folder / kFolder, problem)) {
    const std::string suffix = entry.path().extension().string();
    if (suffix == ".yaml" || suffix == ".yml") {
      files.push_back((fs::path(kFolder) / entry.path().filename()).string());
    }
  }
  std::ranges::sort(files);
  std::vector<UnitTest> all;
  for (const std::string& file : files) {
    auto root = ReadYamlFile(project.folder, file, mistakes);
    if (!root) {
      continue;
    }
    CheckShape(*root, UnitTestsShape(), "", mistakes);
    std::vector<UnitTest> tests;
    for (const YamlValue& value : root->Items("tests")) {
      tests.push_back(TestReader(project, file, mistakes).Read(value));
    }
    CheckNames(tests, mistakes);
    all.insert(all.end(), std::make_move_iterator(tests.begin()),
               std::make_move_iterator(tests.end()));
  }
  return all;
}

}  // namespace weir::project
