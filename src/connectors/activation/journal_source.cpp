#include "connectors/activation/journal_source.h"

#include <filesystem>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/clock.h"
#include "base/error.h"
#include "connectors/activation/delivery_journal.h"
#include "connectors/files/local_path.h"
#include "sql/quote.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

struct JournalColumn {
  const char* name;
  const char* sql_type;
  TypeKind kind;
};

constexpr auto kUploadsName = "uploads";
constexpr auto kChangesName = "changes";

std::vector<JournalColumn> ColumnsOfUploads() {
  std::vector<JournalColumn> columns{
      {"dsp", "VARCHAR", TypeKind::kString},
      {"delivery", "VARCHAR", TypeKind::kString},
      {"member_id", "BIGINT", TypeKind::kLong},
      {"file", "VARCHAR", TypeKind::kString},
      {"attempt", "BIGINT", TypeKind::kLong},
      {"job_id", "VARCHAR", TypeKind::kString},
      {"phase", "VARCHAR", TypeKind::kString},
      {"accepted", "BOOLEAN", TypeKind::kBoolean},
      {"finished_at", "TIMESTAMP WITH TIME ZONE", TypeKind::kTimestamp},
      {"bytes", "BIGINT", TypeKind::kLong},
      {"users", "BIGINT", TypeKind::kLong},
      {"lines", "BIGINT", TypeKind::kLong},
      {"left_out", "BIGINT", TypeKind::kLong}};
  for (const char* counter :
       {"num_valid", "num_valid_user", "num_invalid_format", "num_invalid_user",
        "num_invalid_segment", "num_invalid_timestamp", "num_unauth_segment", "num_past_expiration",
        "num_inactive_segment", "num_other_error"}) {
    columns.push_back({counter, "BIGINT", TypeKind::kLong});
  }
  columns.push_back({"error_log_lines", "VARCHAR[]", TypeKind::kArray});
  return columns;
}

std::vector<JournalColumn> ColumnsOfChanges() {
  return {{"dsp", "VARCHAR", TypeKind::kString},
          {"delivery", "VARCHAR", TypeKind::kString},
          {"member_id", "BIGINT", TypeKind::kLong},
          {"dsp_segment_id", "BIGINT", TypeKind::kLong},
          {"dsp_user_id", "VARCHAR", TypeKind::kString},
          {"action", "VARCHAR", TypeKind::kString},
          {"ts", "BIGINT", TypeKind::kLong},
          {"file", "VARCHAR", TypeKind::kString},
          {"job_id", "VARCHAR", TypeKind::kString},
          {"finished_at", "TIMESTAMP WITH TIME ZONE", TypeKind::kTimestamp}};
}

// "CAST(NULL AS VARCHAR) AS dsp, …": what a relation without rows is made of.
std::string NoRows(const std::vector<JournalColumn>& columns) {
  std::vector<std::string> cells;
  cells.reserve(columns.size());
  for (const JournalColumn& column : columns) {
    cells.push_back(fmt::format("CAST(NULL AS {}) AS {}", column.sql_type, column.name));
  }
  return fmt::format("SELECT {} WHERE false", fmt::join(cells, ", "));
}

std::string UploadRow(const std::string& dsp, const Delivery& delivery, const OutgoingFile& file,
                      std::size_t number, const Attempt& attempt) {
  std::string row = fmt::format(
      "SELECT {}, {}, {}, {}, {}, {}, {}, {}, CAST({} AS TIMESTAMP WITH TIME ZONE), {}, {}, {}, {}",
      sql::QuoteText(dsp), sql::QuoteText(delivery.id), file.member, sql::QuoteText(file.name),
      number, sql::QuoteText(attempt.outcome.job_id), sql::QuoteText(attempt.outcome.phase),
      attempt.outcome.accepted, sql::QuoteText(attempt.finished_at), file.bytes, file.users,
      file.lines, file.left_out);
  for (const JournalColumn& column : ColumnsOfUploads()) {
    if (std::string_view(column.name).starts_with("num_")) {
      const auto found = attempt.outcome.counters.find(column.name);
      row +=
          found == attempt.outcome.counters.end() ? ", NULL" : fmt::format(", {}", found->second);
    }
  }
  return row + ", " +
         (attempt.outcome.error_lines.empty() ? "CAST([] AS VARCHAR[])"
                                              : sql::QuoteTexts(attempt.outcome.error_lines));
}

// The changes of one file, with the job that took it.
std::string ChangeRows(const std::string& dsp, const DeliveryJournal& journal,
                       const Delivery& delivery, const OutgoingFile& file, const Attempt& last) {
  return fmt::format(
      "SELECT {}, {}, member_id, dsp_segment_id, dsp_user_id, action, ts, file, {}, CAST({} AS "
      "TIMESTAMP WITH TIME ZONE) FROM read_parquet({}) WHERE file = {}",
      sql::QuoteText(dsp), sql::QuoteText(delivery.id), sql::QuoteText(last.outcome.job_id),
      sql::QuoteText(last.finished_at),
      sql::QuoteText((journal.FolderOf(delivery) / "changes.parquet").string()),
      sql::QuoteText(file.name));
}

// Of the 31 days up to this one.
bool IsOfLastDays(const std::string& done, const std::string& day) {
  constexpr std::int32_t kDays = 30;
  const auto done_day = ParseDate(done);
  const auto last = ParseDate(day);
  return done_day && last && *done_day <= *last && *done_day >= *last - kDays;
}

class JournalSource final : public Connector {
 public:
  const Declaration& declaration() const override {
    static const Declaration kDeclaration{
        .name = "delivery_journal",
        .doc = "What destinations of segments were sent on a day, and what came of it.",
        .version = 1,
        .settings = {{Direction::kIn,
                      {{.name = "path",
                        .required = true,
                        .doc = "the journal of destinations; relative to the project"},
                       {.name = "day",
                        .required = true,
                        .doc = "the last of the 31 whose deliveries are wanted: \"{ds}\""},
                       {.name = "objects",
                        .required = true,
                        .allowed = {kUploadsName, kChangesName},
                        .doc = "attempts to deliver files, or the changes in them"}}}},
        .effect = Effect::kFile};
    return kDeclaration;
  }

  void CheckSettings(Direction /*direction*/, const Json& settings) const override {
    CheckLocalPath(settings.value("path", ""));
  }

  std::optional<Schema> Columns(const Json& settings) const override {
    Schema schema;
    for (const JournalColumn& column : ColumnsFor(settings)) {
      schema.fields.push_back({.name = column.name,
                               .type = column.kind == TypeKind::kArray
                                           ? ArrayOf(PlainType(TypeKind::kString))
                                           : PlainType(column.kind)});
    }
    return schema;
  }

  ReadReport Read(ConnectorContext& context) const override {
    std::vector<std::string> parts{NoRows(ColumnsFor(context.settings))};
    const fs::path root = LocalPath(context.folder, context.settings.at("path"));
    std::vector<std::string> names;
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(root, missing)) {
      names.push_back(entry.path().filename().string());
    }
    std::ranges::sort(names);
    for (const std::string& name : names) {
      AddRows(context.settings, name, DeliveryJournal(root / name), parts);
    }
    context.connection.Run(fmt::format("CREATE OR REPLACE TEMP TABLE {} AS {}",
                                       sql::QuoteName(context.relation),
                                       fmt::join(parts, " UNION ALL ")));
    return {};
  }

 private:
  static std::vector<JournalColumn> ColumnsFor(const Json& settings) {
    return settings.value("objects", "") == kUploadsName ? ColumnsOfUploads() : ColumnsOfChanges();
  }

  static void AddRows(const Json& settings, const std::string& dsp, const DeliveryJournal& journal,
                      std::vector<std::string>& parts) {
    for (const Delivery& delivery : journal.Deliveries()) {
      if (!IsOfLastDays(journal.DoneDay(delivery), settings.at("day"))) {
        continue;
      }
      for (const OutgoingFile& file : delivery.files) {
        if (settings.at("objects") == kChangesName) {
          AddChanges(dsp, journal, delivery, file, parts);
        } else {
          AddUploads(dsp, journal, delivery, file, parts);
        }
      }
    }
  }

  static void AddChanges(const std::string& dsp, const DeliveryJournal& journal,
                         const Delivery& delivery, const OutgoingFile& file,
                         std::vector<std::string>& parts) {
    const Attempt last = journal.AttemptsOf(delivery, file).back();
    if (last.outcome.refusal.empty()) {  // else it was told, and didn't take it
      parts.push_back(ChangeRows(dsp, journal, delivery, file, last));
    }
  }

  static void AddUploads(const std::string& dsp, const DeliveryJournal& journal,
                         const Delivery& delivery, const OutgoingFile& file,
                         std::vector<std::string>& parts) {
    const std::vector<Attempt> attempts = journal.AttemptsOf(delivery, file);
    for (std::size_t i = 0; i < attempts.size(); ++i) {
      parts.push_back(UploadRow(dsp, delivery, file, i + 1, attempts[i]));
    }
  }
};

}  // namespace

std::unique_ptr<Connector> MakeDeliveryJournal() { return std::make_unique<JournalSource>(); }

}  // namespace weir::connectors
