#include <algorithm>

#include <fmt/format.h>

#include "base/nearest_name.h"
#include "project/duration.h"
#include "project/job_reading.h"

namespace weir::project {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kDefaultLastRuns = 7;
constexpr std::int64_t kMostLastRuns = 1000;

void ReadReferences(const YamlValue& value, Check& check) {
  check.kind = CheckKind::kRelation;
  check.columns = value.Texts("columns");
  check.to_table = value.Text("table").value_or("");
  check.to_columns = value.Has("to") ? value.Texts("to") : check.columns;
}

void ReadRows(const YamlValue& value, Check& check) {
  check.kind = CheckKind::kRowCount;
  check.min_rows = value.Integer("min");
  check.max_rows = value.Integer("max");
  check.max_change = value.Number("change");
  check.last_runs = static_cast<int>(
      std::clamp<std::int64_t>(value.Integer("last").value_or(kDefaultLastRuns), 1, kMostLastRuns));
}

void ReadAccepted(const YamlValue& check_value, Check& check) {
  check.kind = CheckKind::kAccepted;
  for (const YamlEntry& entry : check_value.Entries("accepted")) {
    check.columns.push_back(entry.key);
    check.values = check_value.Find("accepted")->Texts(entry.key);
  }
}

void ReadFreshness(const YamlValue& value, Check& check) {
  check.kind = CheckKind::kFreshness;
  check.columns = value.Texts("column");
  check.max_age = ParseDuration(value.Text("max_age").value_or(""));
}

bool IsFileName(const std::string& text) {
  return text.ends_with(".sql") && text.find_first_of(" \n") == std::string::npos;
}

const char* WordOf(CheckKind kind) {
  switch (kind) {
    case CheckKind::kNotNull:
      return "not_null";
    case CheckKind::kUnique:
      return "unique";
    case CheckKind::kAccepted:
      return "accepted";
    case CheckKind::kRelation:
      return "references";
    case CheckKind::kRowCount:
      return "rows";
    case CheckKind::kFreshness:
      return "freshness";
    case CheckKind::kSql:
      return "sql";
  }
  return "";
}

// "not_null(universal_id)", "rows", the stem of an SQL file.
std::string DefaultName(const Check& check) {
  if (check.kind == CheckKind::kSql) {
    return fs::path(check.file).stem().string();
  }
  return check.columns.empty()
             ? WordOf(check.kind)
             : fmt::format("{}({})", WordOf(check.kind), fmt::join(check.columns, ", "));
}

class CheckReader {
 public:
  CheckReader(const YamlValue& value, JobReading& reading) : value_(value), reading_(reading) {}

  Check Read() {
    check_.place = value_.place;
    check_.relation = value_.Text("relation").value_or("");
    check_.table = value_.Text("table").value_or("");
    check_.severity = value_.Text("severity") == "warn" ? Severity::kWarn : Severity::kError;
    ReadKind();
    check_.name = value_.Text("name").value_or(DefaultName(check_));
    CheckTableNames();
    if (value_.sound) {
      CheckSubject();
      CheckDetails();
    }
    return std::move(check_);
  }

 private:
  void Note(std::string_view key, std::string text) {
    reading_.mistakes.Note(value_.PlaceOf(key), std::move(text));
  }

  void ReadKind() {
    if (value_.Has("not_null") || value_.Has("unique")) {
      check_.kind = value_.Has("unique") ? CheckKind::kUnique : CheckKind::kNotNull;
      check_.columns = value_.Texts(WordOf(check_.kind));
    } else if (value_.Has("accepted")) {
      ReadAccepted(value_, check_);
    } else if (const YamlValue* references = value_.Find("references")) {
      ReadReferences(*references, check_);
    } else if (const YamlValue* rows = value_.Find("rows")) {
      ReadRows(*rows, check_);
    } else if (const YamlValue* freshness = value_.Find("freshness")) {
      ReadFreshness(*freshness, check_);
    } else if (const YamlValue* file = value_.Find("sql")) {
      check_.kind = CheckKind::kSql;
      SqlText sql = ReadSql(*file, "sql", reading_);
      CheckNames(sql, NameUse::kSql, reading_);
      check_.file = std::move(sql.file);
      check_.text = std::move(sql.text);
    }
  }

  void CheckTableNames() {
    if (const YamlValue* table = value_.Find("table")) {
      CheckNames(*table, NameUse::kTable, reading_);
    }
    const YamlValue* references = value_.Find("references");
    if (references != nullptr && references->Has("table")) {
      CheckNames(*references->Find("table"), NameUse::kTable, reading_);
    }
  }

  // Which relation or table it is about.
  void CheckSubject() {
    const bool has_relation = value_.Has("relation");
    const bool has_table = value_.Has("table");
    if (check_.kind == CheckKind::kSql) {
      if (has_relation || has_table) {
        Note(has_relation ? "relation" : "table",
             "a check of kind sql names relations and tables in its file; no 'relation' or 'table' "
             "is allowed");
      }
      return;
    }
    if (has_relation == has_table) {
      Note("", has_relation ? "a check is about one of 'relation' and 'table'; here are both"
                            : "a check needs 'relation', what is written now, or 'table', the "
                              "table as it will be");
      return;
    }
    std::vector<std::string> known;
    if (has_relation) {
      known = RelationsBefore(reading_.job, reading_.job.steps.size());
    } else {
      std::ranges::transform(reading_.job.writes, std::back_inserter(known), &Output::table);
    }
    const std::string& subject = has_relation ? check_.relation : check_.table;
    const bool may_be_there = has_relation && reading_.has_unknown_relations;
    if (!Holds(known, subject) && !may_be_there) {
      Note(has_relation ? "relation" : "table",
           fmt::format("{} '{}'; there are: {}{}",
                       has_relation ? "unknown relation" : "the job doesn't write the table",
                       subject, known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", ")),
                       DidYouMean(subject, known)));
    }
  }

  void CheckDetails() {
    if (check_.kind == CheckKind::kAccepted && check_.columns.size() > 1) {
      Note("accepted", fmt::format("a check of accepted values is of one column; here are {}",
                                   check_.columns.size()));
    }
    if (check_.kind == CheckKind::kRowCount) {
      CheckRows();
    }
    if (check_.kind == CheckKind::kRelation) {
      CheckReferences();
    }
  }

  void CheckRows() {
    if (!check_.min_rows && !check_.max_rows && !check_.max_change) {
      Note("rows", "a check of rows needs one of the keys min, max, change");
    }
    if (check_.min_rows && check_.max_rows && *check_.min_rows > *check_.max_rows) {
      Note("rows", fmt::format("min {} is more than max {}", *check_.min_rows, *check_.max_rows));
    }
    const std::int64_t last = value_.Find("rows")->Integer("last").value_or(0);
    if (last > 0 && !check_.max_change) {
      Note("rows", "'last' belongs to 'change', which is missing");
    }
    if (last > kMostLastRuns) {
      Note("rows",
           fmt::format("'last' is {}; at most {} runs are looked back on", last, kMostLastRuns));
    }
  }

  // The other table is read, so that the run has a version of it.
  void CheckReferences() {
    if (check_.columns.size() != check_.to_columns.size()) {
      Note("references", fmt::format("'columns' names {} and 'to' {}; as many are needed",
                                     check_.columns.size(), check_.to_columns.size()));
    }
    std::vector<std::string> known;
    std::ranges::transform(reading_.job.reads, std::back_inserter(known), &Input::table);
    std::ranges::transform(reading_.job.writes, std::back_inserter(known), &Output::table);
    if (!Holds(known, check_.to_table)) {
      Note(
          "references",
          fmt::format("table '{}' must be among those that the job reads or writes: {}{}",
                      check_.to_table, fmt::join(known, ", "), DidYouMean(check_.to_table, known)));
    }
  }

  const YamlValue& value_;
  JobReading& reading_;
  Check check_{};
};

// A view that differs by partition has a name for each.
void CheckPartitionName(const View& view, JobReading& reading) {
  const std::string partition = "{" + reading.job.per + "}";
  if (!reading.job.per.empty() && view.text.find(partition) != std::string::npos &&
      view.name.find(partition) == std::string::npos) {
    reading.mistakes.Note(view.place, fmt::format("view '{}' reads {}: its name needs it, too",
                                                  view.name, partition));
  }
}

}  // namespace

void ReadChecks(const YamlValue& root, JobReading& reading) {
  for (const YamlValue& value : root.Items("checks")) {
    Check check = CheckReader(value, reading).Read();
    for (const Check& other : reading.job.checks) {
      const bool same = other.name == check.name && other.relation == check.relation &&
                        other.table == check.table && value.sound;
      if (same) {
        reading.mistakes.Note(value.place, fmt::format("check '{}' stands here twice; 'name' tells "
                                                       "them apart",
                                                       check.name));
      }
    }
    reading.job.checks.push_back(std::move(check));
  }
}

void ReadViews(const YamlValue& root, JobReading& reading) {
  for (const YamlValue& value : root.Items("views")) {
    View view{
        .name = value.Text("name").value_or(""), .file = {}, .text = {}, .place = value.place};
    if (const YamlValue* name = value.Find("name")) {
      CheckNames(*name, NameUse::kViewName, reading);
    }
    if (const YamlValue* sql = value.Find("sql"); sql != nullptr && IsFileName(sql->text)) {
      SqlText read = ReadSql(*sql, "sql", reading);
      CheckNames(read, NameUse::kView, reading);
      view.file = std::move(read.file);
      view.text = std::move(read.text);
    } else if (sql != nullptr) {
      CheckNames(*sql, NameUse::kView, reading);
      view.text = sql->text;
    }
    CheckPartitionName(view, reading);
    reading.job.views.push_back(std::move(view));
  }
}

}  // namespace weir::project
