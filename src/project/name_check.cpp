#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "base/nearest_name.h"
#include "project/cron_line.h"
#include "project/job_reading.h"
#include "project/substitution.h"

namespace weir::project {
namespace {

constexpr std::array<std::string_view, 4> kPrefixes = {"var.", "location.", "table.", "secret."};

void Add(std::vector<std::string>& names, std::string_view prefix, const std::string& name) {
  names.push_back(fmt::format("{}{}", prefix, name));
}

// Whether braces mean nothing else in such a text, which may not name locations.
bool IsOfNamesAlone(NameUse use) {
  return use == NameUse::kTable || use == NameUse::kViewName || use == NameUse::kWindow;
}

// The names that a text may use, those of a run first.
std::vector<std::string> KnownNames(NameUse use, const JobReading& reading) {
  std::vector<std::string> names;
  const bool of_run = use == NameUse::kSql || use == NameUse::kSettings;
  if (of_run) {
    names = {"ds", "start", "end"};
    if (HasHour(reading.job.schedule)) {
      names.emplace_back("hour");
    }
    if (reading.job.is_stream) {
      names.emplace_back("batch");
    }
  }
  if (!reading.job.per.empty() && use != NameUse::kWindow) {
    names.push_back(reading.job.per);
  }
  for (const auto& [name, text] : reading.settings.variables) {
    Add(names, "var.", name);
  }
  if (!IsOfNamesAlone(use)) {
    for (const auto& [name, path] : reading.settings.environment.locations) {
      Add(names, "location.", name);
    }
  }
  for (const Input& input : of_run ? reading.job.reads : std::vector<Input>()) {
    Add(names, "table.", input.name);
  }
  for (const SecretLine& secret :
       use == NameUse::kSettings ? reading.settings.secrets : std::vector<SecretLine>()) {
    Add(names, "secret.", secret.name);
  }
  return names;
}

// Whether a name that isn't known must have been meant as one.
bool IsMeant(const std::string& name, NameUse use, const std::vector<std::string>& known,
             const JobReading& reading) {
  const bool has_prefix = std::ranges::any_of(
      kPrefixes, [&](std::string_view prefix) { return name.starts_with(prefix); });
  const bool known_elsewhere = name == "ds" || name == "start" || name == "end" || name == "hour" ||
                               reading.settings.partitions.contains(name);
  return IsOfNamesAlone(use) || has_prefix || known_elsewhere ||
         NearestName(name, known).has_value();
}

std::string Explain(const std::string& name, const std::vector<std::string>& known,
                    const JobReading& reading) {
  if (name == "hour" && !HasHour(reading.job.schedule)) {
    return "{hour} is known in jobs that run several times a day, each in another hour; {start} "
           "and {end} are known in all";
  }
  if (reading.settings.partitions.contains(name) && name != reading.job.per) {
    return fmt::format("{{{0}}} is known only in jobs with 'per: {0}'", name);
  }
  return fmt::format("unknown name {{{}}}; allowed: {}{}", name,
                     known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", ")),
                     DidYouMean(name, known));
}

}  // namespace

void CheckNames(const YamlValue& value, NameUse use, JobReading& reading) {
  if (value.kind != YamlValue::Kind::kText || !value.sound) {
    return;
  }
  for (const BracedName& braced : BracedNames(value.text)) {
    const std::vector<std::string> known = KnownNames(use, reading);
    if (std::ranges::find(known, braced.name) == known.end() &&
        IsMeant(braced.name, use, known, reading)) {
      NoteUnknown(value.place, Explain(braced.name, known, reading), reading);
    }
  }
}

void CheckAllNames(const YamlValue& value, NameUse use, JobReading& reading) {
  CheckNames(value, use, reading);
  for (const YamlValue& item : value.items) {
    CheckAllNames(item, use, reading);
  }
  for (const YamlEntry& entry : value.entries) {
    CheckAllNames(entry.value, use, reading);
  }
}

void CheckNames(const SqlText& sql, NameUse use, JobReading& reading) {
  const std::vector<BracedName> names = BracedNames(sql.text);
  if (names.empty()) {
    return;
  }
  const std::vector<std::string> known = KnownNames(use, reading);
  for (const BracedName& braced : names) {
    if (std::ranges::find(known, braced.name) == known.end() &&
        IsMeant(braced.name, use, known, reading)) {
      NoteUnknown(PlaceIn(sql.file, sql.text, braced.begin), Explain(braced.name, known, reading),
                  reading);
    }
  }
}

}  // namespace weir::project
