#include "connectors/segments/segment_folder.h"

#include <algorithm>
#include <fstream>
#include <variant>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "base/failpoint.h"
#include "connectors/files/described_file.h"
#include "connectors/files/sorted_rows.h"
#include "connectors/files/temporary_target.h"
#include "sql/quote.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;
using OrderedJson = nlohmann::ordered_json;

constexpr auto kFolderComplete = "_SUCCESS";
constexpr auto kFolderTaken = "_TAKEN";
constexpr auto kChangeColumns =
    "{'dsp_user_id': 'VARCHAR', 'dsp_segment_id': 'BIGINT', 'action': 'VARCHAR', 'ts': 'BIGINT', "
    "'expiration_minutes': 'BIGINT', 'value': 'BIGINT'}";

// Ids that would break a line, or that no DSP can know.
void CheckRows(sql::Connection& connection, const SortedRows& rows) {
  const auto wrong =
      connection
          .Query(fmt::format("SELECT coalesce(length(dsp_user_id) || ' characters', 'NULL'), "
                             "coalesce(action, 'NULL') FROM "
                             "{} WHERE dsp_user_id IS NULL OR dsp_segment_id IS NULL OR ts IS NULL "
                             "OR regexp_matches(dsp_user_id, '[\\x00-\\x20\\x7f]') OR dsp_user_id "
                             "= '' OR action NOT IN ('add', 'remove') OR action IS NULL ORDER BY "
                             "weir_row LIMIT 1",
                             rows.name()))
          .Rows();
  if (!wrong.empty()) {
    throw UserError(
        "segment_files: dsp_user_id *** ({}) with action '{}'; ids without spaces and tabs, and "
        "the "
        "actions add and remove are allowed",
        std::get<std::string>(wrong[0][0]), std::get<std::string>(wrong[0][1]));
  }
}

class FolderWriter {
 public:
  FolderWriter(const SegmentFolder& folder, sql::Connection& connection)
      : folder_(folder), connection_(connection) {}

  std::int64_t Write(const std::string& relation) {
    const SortedRows rows(connection_, "segment_files", relation,
                          {"dsp_user_id", "dsp_segment_id", "action"});
    CheckRows(connection_, rows);
    TemporaryTarget target(folder_.path, folder_.run_id);
    WriteParts(rows, target.path());
    WriteJsonFile(target.path() / kFolderComplete, Success(), 1);
    Failpoint("segments:before-folder");
    if (!IsTaken(folder_.path)) {
      target.Publish();
      Failpoint("segments:after-folder");
      if (!IsTaken(target.path())) {
        return rows.size();
      }
      target.Publish();  // taken between the two looks: back to its place
    }
    CheckFolderTaken();
    return rows.size();
  }

 private:
  static bool IsTaken(const fs::path& folder) { return fs::exists(folder / kFolderTaken); }

  void WriteParts(const SortedRows& rows, const fs::path& folder) {
    fs::create_directories(folder);
    const std::int64_t files =
        std::max<std::int64_t>(1, (rows.size() + folder_.rows_of_file - 1) / folder_.rows_of_file);
    for (std::int64_t file = 0; file < files; ++file) {
      const std::int64_t begin = file * folder_.rows_of_file;
      const std::int64_t end = std::min(begin + folder_.rows_of_file, rows.size());
      const fs::path path = folder / fmt::format("part-{:05}.gz", file);
      connection_.Run(fmt::format(
          "COPY ({}) TO {} (FORMAT csv, HEADER false, DELIMITER '\t', QUOTE '', ESCAPE '', "
          "COMPRESSION gzip, USE_TMP_FILE false)",
          rows.Select(begin, end), sql::QuoteText(path.string())));
      parts_.push_back(DescribedFile(path, end - begin, connection_));
      Failpoint("segments:after-part");
    }
  }

  OrderedJson Success() const {
    return {{"format", 1}, {"run", folder_.run_id}, {"parts", parts_}};
  }

  // Who took it has what this run would have written, or the run must be repeated.
  void CheckFolderTaken() const {
    const OrderedJson taken = ReadJsonFile(folder_.path / kFolderComplete);
    if (!taken.is_object() || taken.value("parts", OrderedJson()) != parts_) {
      throw ExternalError(
          "{} was taken while the run went on; its files stay, and the run must be repeated so "
          "that "
          "the difference goes into the next day's",
          folder_.path.string());
    }
  }

  const SegmentFolder& folder_;
  sql::Connection& connection_;
  OrderedJson parts_ = OrderedJson::array();
};

// The parts of a complete folder, as `_SUCCESS` has them; throws UserError for one that is broken.
std::vector<SegmentPart> DescribedParts(const fs::path& folder, const OrderedJson& success) {
  try {
    std::vector<SegmentPart> parts;
    for (const OrderedJson& part : success.at("parts")) {
      parts.push_back({.path = folder / part.at("name").get<std::string>(),
                       .bytes = part.at("size"),
                       .lines = part.at("lines"),
                       .sha256 = part.at("sha256")});
    }
    return parts;
  } catch (const OrderedJson::exception&) {
    throw UserError("{}: it was taken, but {} is missing or broken", folder.string(),
                    kFolderComplete);
  }
}

// The paths of a complete folder's parts, quoted; throws UserError for a part that is another file.
std::vector<std::string> PartsOf(const fs::path& folder, sql::Connection& connection) {
  std::vector<std::string> paths;
  for (const SegmentPart& part : DescribedParts(folder, ReadJsonFile(folder / kFolderComplete))) {
    const auto found = fs::exists(part.path) ? DescribedFile(part.path, part.lines, connection)
                                             : OrderedJson::object();
    if (found.value("size", std::int64_t{-1}) != part.bytes ||
        found.value("sha256", "") != part.sha256) {
      RefusePart(part.path);
    }
    paths.push_back(sql::QuoteText(part.path.string()));
  }
  return paths;
}

// A SELECT of a complete folder's lines.
std::string LinesOf(const fs::path& folder, sql::Connection& connection) {
  return fmt::format(
      "SELECT * FROM read_csv([{}], auto_detect = false, header = false, delim = '\t', quote = '', "
      "escape = '', compression = 'gzip', columns = {})",
      fmt::join(PartsOf(folder, connection), ", "), kChangeColumns);
}

// Three levels of folders of digits are a day.
std::string DayOf(const fs::path& folder, const fs::path& combined) {
  std::string day = folder.parent_path().lexically_relative(combined).generic_string();
  std::ranges::replace(day, '/', '-');
  return day;
}

fs::path PathOf(const fs::path& root, const SegmentFolderPlace& place) {
  std::string day = place.day;
  std::ranges::replace(day, '-', '/');
  return root / "combined" / day / place.name;
}

// Whether the folder under its name is taken, by us or by another.
bool MarkTaken(const fs::path& folder) {
  std::ofstream(folder / kFolderTaken, std::ios::app).flush();
  if (!fs::exists(folder / kFolderTaken)) {
    return false;  // another folder came to its place in between
  }
  MakeDurable(folder / kFolderTaken);
  MakeDurable(folder);
  return true;
}

}  // namespace

std::vector<SegmentFolderPlace> CompleteSegmentFolders(const fs::path& root) {
  const fs::path combined = root / "combined";
  std::vector<SegmentFolderPlace> places;
  std::error_code missing;
  fs::recursive_directory_iterator entries(combined, missing);
  for (; !missing && entries != fs::recursive_directory_iterator(); entries.increment(missing)) {
    constexpr int kDepthOfFolder = 3;
    const std::string name = entries->path().filename().string();
    if (entries.depth() != kDepthOfFolder || name.starts_with('.')) {
      continue;
    }
    const std::string day = DayOf(entries->path(), combined);
    if (ParseDate(day) && fs::exists(entries->path() / kFolderComplete)) {
      places.push_back({.day = day, .name = name});
    }
  }
  std::ranges::sort(places);
  return places;
}

std::vector<SegmentPart> TakeSegmentFolder(const fs::path& root, const SegmentFolderPlace& place) {
  const fs::path folder = PathOf(root, place);
  constexpr int kTries = 5;
  for (int tries = 0; tries < kTries; ++tries) {
    const OrderedJson success = ReadJsonFile(folder / kFolderComplete);
    if (!MarkTaken(folder) || ReadJsonFile(folder / kFolderComplete) != success) {
      continue;
    }
    Failpoint("segments:after-taken");
    return DescribedParts(folder, success);
  }
  throw ExternalError("{}: it can't be taken, others keep replacing it", folder.string());
}

void CheckStillTaken(const fs::path& root, const SegmentFolderPlace& place,
                     const std::vector<SegmentPart>& parts) {
  const fs::path folder = PathOf(root, place);
  if (!fs::exists(folder / kFolderTaken) ||
      DescribedParts(folder, ReadJsonFile(folder / kFolderComplete)) != parts) {
    throw ExternalError("{}: it was replaced while it was taken", folder.string());
  }
}

void ReadTaken(const SegmentFolder& folder, sql::Connection& connection,
               const std::string& relation) {
  std::string rows =
      "SELECT NULL::VARCHAR AS dsp_user_id, NULL::BIGINT AS dsp_segment_id, "
      "'taken' AS action, NULL::BIGINT AS ts, NULL::BIGINT AS expiration_minutes, "
      "NULL::BIGINT AS value";
  if (!fs::exists(folder.path / kFolderTaken)) {
    rows += " WHERE false";
  } else {
    rows += " UNION ALL " + LinesOf(folder.path, connection);
  }
  connection.Run(
      fmt::format("CREATE OR REPLACE TEMP TABLE {} AS {}", sql::QuoteName(relation), rows));
}

std::int64_t WriteSegmentFolder(const SegmentFolder& folder, sql::Connection& connection,
                                const std::string& relation) {
  return WithFileErrors([&] { return FolderWriter(folder, connection).Write(relation); });
}

}  // namespace weir::connectors
