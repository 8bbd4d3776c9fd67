#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "project/mistakes.h"
#include "project/project.h"
#include "project/yaml_value.h"

// For the files of this folder that read job.yaml: one part of the file each.
namespace weir::project {

// A job being read, with what its readers share.
struct JobReading {
  const Project& settings;
  const LoadOptions& options;
  std::string folder;  // relative to the project: "jobs/shop/orders"
  Mistakes& mistakes;
  Job job{};
  bool has_unknown_relations = false;  // of a step that couldn't be read
};

// Notes a name of weir.yaml's that isn't there, unless it may be among what is wrong there: the job
// isn't looked at further then.
void NoteUnknown(const Place& place, std::string text, JobReading& reading);

// Fill reading.job from a file that CheckShape() has looked at, and note what that couldn't see.
// In this order: each uses what those before have read.
void ReadHead(const YamlValue& root, JobReading& reading);
void ReadInputs(const YamlValue& root, JobReading& reading);
void ReadSteps(const YamlValue& root, JobReading& reading);
void ReadOutputs(const YamlValue& root, JobReading& reading);
void ReadChecks(const YamlValue& root, JobReading& reading);
void ReadViews(const YamlValue& root, JobReading& reading);

std::vector<ColumnContract> ReadColumns(const YamlValue& map);

// A file's name relative to the project, and what is in it.
struct SqlText {
  std::string file;
  std::string text;
};

// Reads the SQL file that `value` names relative to the job's folder; notes one that isn't there,
// lies outside of the project, or says nothing.
SqlText ReadSql(const YamlValue& value, std::string_view key, JobReading& reading);

// Where a text with names in braces stands, so which names it may use.
enum class NameUse {
  kTable,     // {var.x} and the partition; nothing else in braces
  kWindow,    // {var.x}; nothing else in braces
  kViewName,  // {var.x} and the job's partition; nothing else in braces
  kView,      // {var.x}, {location.x} and the job's partition
  kSql,       // all of a run
  kSettings,  // these and {secret.x}
};

// Notes names in braces that aren't known in `value`. In SQL and settings braces may mean something
// else (a pattern's `\p{L}`), so there only names that must be meant are noted: `{var.…}`,
// `{table.…}`, a name known elsewhere, or one letter off. "{{" is a plain brace.
void CheckNames(const YamlValue& value, NameUse use, JobReading& reading);
// The same of all texts within `value`.
void CheckAllNames(const YamlValue& value, NameUse use, JobReading& reading);
// The same of a file's text, with the places in it.
void CheckNames(const SqlText& sql, NameUse use, JobReading& reading);

// Relations that a step may read when `num_steps` stand before it: inputs and what those define,
// each name once.
std::vector<std::string> RelationsBefore(const Job& job, std::size_t num_steps);

bool SameRelation(std::string_view left, std::string_view right);  // SQL ignores letter case
bool Holds(const std::vector<std::string>& names, std::string_view name);  // by SameRelation()

}  // namespace weir::project
