#include "connectors/files/file_source.h"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/nearest_name.h"
#include "connectors/files/file_error.h"
#include "connectors/files/file_format.h"
#include "connectors/files/file_list.h"
#include "connectors/files/file_sql.h"
#include "sql/quote.h"

namespace weir::connectors {
namespace {

using Json = nlohmann::json;

std::string ListedNames(const std::vector<std::string>& names) {
  return fmt::to_string(fmt::join(names, ", "));
}

// Types that sniffing may find and tables can't hold come as text; times count as UTC.
std::string HoldableType(const std::string& type) {
  if (type == "TIMESTAMP" || type.starts_with("TIMESTAMP_")) {
    return "TIMESTAMP WITH TIME ZONE";
  }
  const bool is_plain = type.find('(') == std::string::npos && type.find('[') == std::string::npos;
  const bool is_odd = type == "JSON" || type == "UUID" || type == "HUGEINT" || type == "UHUGEINT" ||
                      type == "INTERVAL" || type.starts_with("TIME");
  const bool is_time_zone = type == "TIMESTAMP WITH TIME ZONE";
  return is_plain && is_odd && !is_time_zone ? "VARCHAR" : type;
}

DelimitedForm FormOf(FileFormat format, const Json& settings) {
  const std::string standard = format == FileFormat::kTsv ? "\t" : ",";
  return {.delimiter = settings.value("delimiter", standard).front(),
          .has_header = settings.at("header").get<bool>(),
          .nulls = settings.at("nulls").get<std::vector<std::string>>()};
}

// Reads some files with one connection of its own.
class FileReader {
 public:
  // Reads `files`; the columns are sniffed in `all`, which holds them, too.
  FileReader(ConnectorContext& context, const std::vector<std::string>& all,
             std::vector<std::string> files)
      : relation_(context.relation),
        format_(FormatOf(context.settings.at("path").get<std::string>(), context.settings)),
        form_(FormOf(format_, context.settings)),
        files_(std::move(files)),
        connection_(context.database.Connect()) {
    connection_.SetStopToken(context.stop);
    const std::string declared =
        context.columns.empty() ? context.settings.value("columns", "") : context.columns;
    schema_ = declared.empty() ? Sniff(all) : Declared(declared);
    CheckFiles();
  }

  FileFormat format() const { return format_; }
  const Schema& schema() const { return schema_; }

  // SQL of the rows.
  std::string Select() const {
    if (files_.empty()) {
      return SelectNothing(schema_);
    }
    switch (format_) {
      case FileFormat::kParquet:
        return SelectParquet(schema_, files_);
      case FileFormat::kNdjson:
        return SelectJson(schema_, files_);
      default:
        return DelimitedSelect(files_);
    }
  }

  // The next rows of the files. Errors say file and line.
  std::optional<Batch> Next() {
    try {
      if (!result_) {
        result_.emplace(connection_.Query(Select()));
      }
      return result_->NextBatch();
    } catch (const UserError& error) {
      result_.reset();
      throw UserError("{}", Explain(error.what()));
    }
  }

 private:
  bool IsDelimited() const { return format_ == FileFormat::kCsv || format_ == FileFormat::kTsv; }
  bool is_sniffed() const { return !sniffed_file_.empty(); }

  // --- columns

  Schema Declared(const std::string& columns) {
    try {
      connection_.Run(fmt::format("CREATE OR REPLACE TEMP TABLE weir_declared ({})", columns));
      return connection_.Describe("FROM weir_declared");
    } catch (const UserError& error) {
      throw UserError("columns of relation '{}': '{}': {}", relation_, columns, error.what());
    }
  }

  Schema Sniff(const std::vector<std::string>& all) {
    for (const std::string& file : all) {
      std::vector<std::string> columns;
      const std::string sql = fmt::format("SELECT column_name, column_type FROM (DESCRIBE FROM {})",
                                          SniffingReader(file));
      for (const auto& row : connection_.Query(sql).Rows()) {
        columns.push_back(fmt::format("{} {}", sql::QuoteName(std::get<std::string>(row.at(0))),
                                      HoldableType(std::get<std::string>(row.at(1)))));
      }
      if (!IsEmptyText(file)) {
        sniffed_file_ = file;
        return Declared(ListedNames(columns));
      }
    }
    throw UserError(
        "relation '{}': no file has rows that would tell the columns; declare them: "
        "`columns`",
        relation_);
  }

  std::string SniffingReader(const std::string& file) const {
    const std::string path = sql::QuoteText(file);
    switch (format_) {
      case FileFormat::kParquet:
        return fmt::format("read_parquet({})", path);
      case FileFormat::kNdjson:
        return fmt::format("read_json({}, format = 'newline_delimited', sample_size = -1)", path);
      default:
        return fmt::format("read_csv({}, {}, sample_size = -1)", path, FormOptions(form_));
    }
  }

  bool IsEmptyText(const std::string& file) {
    return format_ != FileFormat::kParquet &&
           connection_.QueryInteger(fmt::format(
               "SELECT count(*) FROM (FROM {} WHERE line IS NOT NULL LIMIT 1)", LinesOf(file))) ==
               0;
  }

  // --- each file against the columns

  void CheckFiles() {
    for (const std::string& file : files_) {
      if (format_ == FileFormat::kParquet) {
        CheckParquet(file);
      } else if (IsDelimited()) {
        headers_.push_back(FieldsOf(file));
        CheckNames(file, headers_.back());
      } else if (is_sniffed() && file != sniffed_file_) {
        if (const auto mistake = FindUnknownKey(connection_, file, schema_)) {
          throw UserError("{}", *mistake);
        }
      }
    }
  }

  void CheckParquet(const std::string& file) {
    const Schema found =
        connection_.Describe(fmt::format("FROM read_parquet({})", sql::QuoteText(file)));
    for (const Field& wanted : schema_.fields) {
      const Field* field = found.Find(wanted.name);
      if (field == nullptr) {
        throw UserError("{}: no column '{}'; there are {}{}", file, wanted.name,
                        ListedNames(found.names()), DidYouMean(wanted.name, found.names()));
      }
      if (!WidensTo(field->type, wanted.type)) {
        throw UserError("{}: column '{}' is {}; {} is expected", file, wanted.name,
                        ToText(field->type), ToText(wanted.type));
      }
    }
    if (is_sniffed()) {
      CheckNames(file, found.names());
    }
  }

  // The fields' names of a delimited file, in its order; none if it is empty.
  std::vector<std::string> FieldsOf(const std::string& file) {
    if (!form_.has_header) {
      return schema_.names();
    }
    const auto rows =
        connection_
            .Query(fmt::format("SELECT line FROM {} WHERE number = 1 LIMIT 1", LinesOf(file)))
            .Rows();
    if (rows.empty() || sql::IsNull(rows[0].at(0))) {
      return {};
    }
    return SplitFields(std::get<std::string>(rows[0].at(0)), form_.delimiter);  // without a BOM
  }

  void CheckNames(const std::string& file, const std::vector<std::string>& names) const {
    if (names.empty()) {
      return;
    }
    for (const Field& wanted : schema_.fields) {
      const auto is_it = [&](const std::string& name) { return SameName(name, wanted.name); };
      if (std::ranges::count_if(names, is_it) > 1) {
        throw UserError("{}:1: column '{}' is there twice", file, wanted.name);
      }
      if (std::ranges::none_of(names, is_it)) {
        throw UserError("{}:1: no column '{}'; the header has {}{}", file, wanted.name,
                        ListedNames(names), DidYouMean(wanted.name, names));
      }
    }
    for (const std::string& name : names) {
      if (is_sniffed() && schema_.Find(name) == nullptr) {
        throw UserError("{}:1: unknown column '{}'; the columns are {}{}", file, name,
                        ListedNames(schema_.names()), DidYouMean(name, schema_.names()));
      }
    }
  }

  // --- SQL

  // Files whose fields stand in the same order are read together.
  std::string DelimitedSelect(std::span<const std::string> files) const {
    std::vector<std::pair<std::vector<std::string>, std::vector<std::string>>> groups;
    for (const std::string& file : files) {
      const auto& header = headers_[IndexOf(file)];
      const auto group = std::ranges::find(groups, header, [](const auto& g) { return g.first; });
      if (group != groups.end()) {
        group->second.push_back(file);
      } else if (!header.empty()) {
        groups.push_back({header, {file}});
      }
    }
    std::vector<std::string> selects;
    selects.reserve(groups.size());
    for (const auto& [header, members] : groups) {
      selects.push_back(SelectFields(schema_, Records(form_, schema_, header, members)));
    }
    return selects.empty() ? SelectNothing(schema_)
                           : fmt::to_string(fmt::join(selects, " UNION ALL "));
  }

  std::size_t IndexOf(const std::string& file) const {
    return static_cast<std::size_t>(std::ranges::find(files_, file) - files_.begin());
  }

  // --- errors

  std::string Explain(const std::string& message) {
    for (const std::string& file : files_) {
      if (const auto found = FindBad(file)) {
        return *found;
      }
    }
    return ShortFileError(message);
  }

  std::optional<std::string> FindBad(const std::string& file) {
    try {
      if (!IsDelimited()) {
        return FindBadJson(connection_, file, schema_);
      }
      const auto& header = headers_[IndexOf(file)];
      return header.empty()
                 ? std::nullopt
                 : FindBadField(connection_, file,
                                Records(form_, schema_, header, std::span(&file, 1)), schema_);
    } catch (const UserError& error) {  // a file that can't be cut into fields is the bad one
      return IsDelimited() ? std::optional(ShortFileError(error.what())) : std::nullopt;
    }
  }

  std::string relation_;
  FileFormat format_;
  DelimitedForm form_;
  std::vector<std::string> files_;
  sql::Connection connection_;
  std::optional<sql::Result> result_;  // borrows the connection
  std::string sniffed_file_;           // empty: the columns are declared
  Schema schema_;
  std::vector<std::vector<std::string>> headers_;  // of delimited files
};

// The end of the newest day.
std::optional<Micros> CompleteUntil(std::span<const DatedFile> files) {
  std::optional<Micros> newest;
  for (const DatedFile& file : files) {
    if (file.day) {
      newest = std::max(newest.value_or(0), (Micros{*ParseDate(*file.day)} + 1) * kDay);
    }
  }
  return newest;
}

// What is wrong with files that were read and are others now, of which their marks tell.
std::string ChangedText(const std::vector<std::string>& changed,
                        const std::set<std::string>& read) {
  const std::string& now = changed.front();
  const std::string identity(IdentityOfMark(now));
  const auto before = read.lower_bound(identity + "\t");
  const std::int64_t bytes_before = BytesOfMark(*before).value_or(0);
  const std::int64_t bytes_now = BytesOfMark(now).value_or(0);
  const std::string how = bytes_before == bytes_now
                              ? fmt::format("was written again, with {} bytes as before", bytes_now)
                              : fmt::format("had {} bytes, and has {}", bytes_before, bytes_now);
  const std::string more =
      changed.size() == 1 ? "" : fmt::format(", and {} more have changed", changed.size() - 1);
  return fmt::format(
      "{} has changed since it was read: it {}{}; a stream reads a file once: move it away, and "
      "put "
      "rows that are new into a file of another name; or drop the tables that the job writes, and "
      "all files are read again",
      identity, how, more);
}

}  // namespace

std::vector<Setting> FileSourceSettings() {
  return {{.name = "path",
           .required = true,
           .doc = "a file, or several by *, ?, ** and {ds}; relative to the project, or s3://…"},
          {.name = "format", .allowed = FormatNames(), .doc = "else by the path's suffix"},
          {.name = "columns", .doc = "as SQL declares them: a BIGINT, b VARCHAR; else sniffed"},
          {.name = "missing",
           .standard = "error",
           .allowed = {"error", "empty"},
           .doc = "what no file at all is; empty needs columns"},
          {.name = "header",
           .type = SettingType::kBoolean,
           .standard = true,
           .doc = "whether the first line of CSV and TSV files names the columns"},
          {.name = "delimiter", .doc = "one byte between fields, else ',' or a tab"},
          {.name = "nulls",
           .type = SettingType::kTexts,
           .standard = Json::array({""}),
           .doc = "texts in CSV and TSV files that are null, unless in quotes"}};
}

std::vector<PendingInput> PendingFiles(ConnectorContext& context) {
  std::vector<PendingInput> pending;
  const auto path = context.settings.at("path").get<std::string>();
  std::vector<std::string> changed;
  for (const MatchedFile& file : MatchingFiles(context.database, context.folder, path)) {
    std::string mark = FileMark(context.folder, file);
    switch (KnowledgeOf(mark, context.finished)) {
      case FileKnowledge::kNew:
        pending.push_back({.identity = std::move(mark), .bytes = file.bytes});
        break;
      case FileKnowledge::kChanged:
        changed.push_back(std::move(mark));
        break;
      case FileKnowledge::kRead:
        break;
    }
  }
  if (!changed.empty()) {
    throw ExternalError("{}", ChangedText(changed, context.finished));
  }
  return pending;
}

ReadReport ReadFiles(ConnectorContext& context) {
  const auto path = context.settings.at("path").get<std::string>();
  const auto dated = MatchingDatedFiles(context.database, context.folder, path);
  if (dated.empty() && context.settings.at("missing") == "error") {
    throw UserError("no file matches '{}'", path);
  }
  ReadReport report{.finished = {}, .complete_until = CompleteUntil(dated)};
  std::vector<std::string> files;
  std::vector<std::string> wanted;
  for (const DatedFile& there : dated) {
    const std::string& file = files.emplace_back(there.file.path);
    std::string mark = FileMark(context.folder, there.file);
    // One that has changed is told of when a stream looks for what is pending.
    if (KnowledgeOf(mark, context.finished) == FileKnowledge::kNew) {
      wanted.push_back(file);
      report.finished.push_back(std::move(mark));
    }
  }
  std::ranges::sort(report.finished);

  auto reader = std::make_shared<FileReader>(context, files, std::move(wanted));
  if (reader->format() == FileFormat::kParquet) {
    context.connection.Run(fmt::format("CREATE OR REPLACE TEMP VIEW {} AS {}",
                                       sql::QuoteName(context.relation), reader->Select()));
  } else {
    context.connection.RegisterStream(context.relation, reader->schema(),
                                      [reader] { return reader->Next(); });
  }
  return report;
}

}  // namespace weir::connectors
