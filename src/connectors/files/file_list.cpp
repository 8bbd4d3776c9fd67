#include "connectors/files/file_list.h"

#include <algorithm>
#include <charconv>
#include <regex>
#include <variant>

#include <fmt/format.h>

#include "base/clock.h"
#include "connectors/files/local_path.h"
#include "sql/quote.h"
#include "storage/stores.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDayMark = "{ds}";
constexpr std::string_view kHourMark = "{hour}";
constexpr std::string_view kMarkSize = "\tsize=";
constexpr std::string_view kMarkTime = " modified=";
constexpr std::string_view kAnyDay = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]";

std::string Absolute(const fs::path& folder, const std::string& path) {
  return IsS3Url(path) ? path : (folder / path).lexically_normal().string();
}

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// A regular expression for a path with wildcards, and which of its groups is what a mark stands
// for.
struct PathExpression {
  std::string text;
  std::optional<std::size_t> day;
  std::optional<std::size_t> hour;
};

PathExpression ExpressionOf(std::string_view glob) {
  PathExpression expression;
  std::size_t num_groups = 0;
  const auto add_group = [&](std::optional<std::size_t>& group, std::string_view what) {
    expression.text += fmt::format("({})", what);
    ++num_groups;
    group = group.value_or(num_groups);
  };
  for (std::size_t at = 0; at < glob.size(); ++at) {
    const std::string_view rest = glob.substr(at);
    if (rest.starts_with(kDayMark)) {
      add_group(expression.day, R"(\d{4}-\d{2}-\d{2})");
      at += kDayMark.size() - 1;
    } else if (rest.starts_with(kHourMark)) {
      add_group(expression.hour, R"(\d{1,2})");
      at += kHourMark.size() - 1;
    } else if (rest.starts_with("**")) {
      expression.text += ".*";
      ++at;
    } else if (glob[at] == '*') {
      expression.text += "[^/]*";
    } else if (glob[at] == '?') {
      expression.text += "[^/]";
    } else if (std::string_view(R"(\^$.|+(){})").find(glob[at]) != std::string_view::npos) {
      expression.text += fmt::format("\\{}", glob[at]);
    } else {
      expression.text += glob[at];
    }
  }
  return expression;
}

bool IsHiddenName(std::string_view path) {
  return path.substr(path.rfind('/') + 1).starts_with(".");
}

// Reads day and hour off the names of files; takes the path apart once.
class PathDates {
 public:
  explicit PathDates(const std::string& path) : expression_(ExpressionOf(path)) {
    if (expression_.day || expression_.hour) {
      matcher_ = std::regex(expression_.text);
    }
  }

  DatedFile Dated(MatchedFile file) const {
    DatedFile dated{.file = std::move(file), .day = {}, .hour = {}};
    std::smatch match;
    if (matcher_ && std::regex_match(dated.file.path, match, *matcher_)) {
      dated.day = Day(match);
      dated.hour = Hour(match);
    }
    return dated;
  }

 private:
  std::optional<std::string> Day(const std::smatch& match) const {
    const std::string text = expression_.day ? match[*expression_.day].str() : "";
    return ParseDate(text) ? std::optional(text) : std::nullopt;
  }

  std::optional<int> Hour(const std::smatch& match) const {
    constexpr int kHours = 24;
    const int hour = expression_.hour ? std::stoi(match[*expression_.hour].str()) : kHours;
    return hour < kHours ? std::optional(hour) : std::nullopt;
  }

  PathExpression expression_;
  std::optional<std::regex> matcher_;  // of a path that has a mark
};

MatchedFile FileAt(const std::string& path) {
  std::error_code problem;
  const auto size = fs::file_size(path, problem);
  const auto time = fs::last_write_time(path, problem);
  return {.path = path,
          .bytes = problem ? 0 : static_cast<std::int64_t>(size),
          .changed = problem ? 0 : static_cast<std::int64_t>(time.time_since_epoch().count())};
}

std::vector<MatchedFile> FilesOnDisk(sql::Connection connection, const std::string& pattern) {
  const std::string glob = Replaced(Replaced(pattern, kDayMark, kAnyDay), kHourMark, "*");
  std::vector<MatchedFile> files;
  sql::Result result =
      connection.Query(fmt::format("SELECT file FROM glob({})", sql::QuoteText(glob)));
  for (const auto& row : result.Rows()) {
    const auto& file = std::get<std::string>(row.at(0));
    if (!IsHiddenName(file)) {
      files.push_back(FileAt(file));
    }
  }
  return files;
}

// Lists the folder before the first wildcard, and lets the database read it.
std::vector<MatchedFile> FilesOnS3(sql::Database& database, const std::string& pattern) {
  const std::string fixed = pattern.substr(0, pattern.find_first_of("*?[{"));
  const std::string folder = fixed.substr(0, fixed.rfind('/'));
  const auto store = database.stores().Open(folder);
  if (const auto access = store->s3_access()) {
    database.Allow(*access);
  }
  const std::regex expression(ExpressionOf(pattern).text);
  std::vector<MatchedFile> files;
  for (const storage::ObjectInfo& object : store->List(fixed.substr(folder.size() + 1))) {
    const std::string url = store->Url(object.key);
    if (!IsHiddenName(url) && std::regex_match(url, expression)) {
      files.push_back({.path = url,
                       .bytes = static_cast<std::int64_t>(object.size),
                       .changed = object.modified});
    }
  }
  return files;
}

}  // namespace

std::vector<MatchedFile> MatchingFiles(sql::Database& database, const fs::path& folder,
                                       const std::string& path) {
  const std::string pattern = Absolute(folder, path);
  auto files =
      IsS3Url(pattern) ? FilesOnS3(database, pattern) : FilesOnDisk(database.Connect(), pattern);
  std::ranges::sort(files, {}, &MatchedFile::path);
  return files;
}

std::vector<DatedFile> MatchingDatedFiles(sql::Database& database, const fs::path& folder,
                                          const std::string& path) {
  const PathDates dates(Absolute(folder, path));
  std::vector<MatchedFile> files = MatchingFiles(database, folder, path);
  std::vector<DatedFile> dated;
  dated.reserve(files.size());
  for (MatchedFile& file : files) {
    dated.push_back(dates.Dated(std::move(file)));
  }
  return dated;
}

std::string FileIdentity(const fs::path& folder, const std::string& file) {
  const fs::path inside = fs::path(file).lexically_relative(folder.lexically_normal());
  return inside.empty() || *inside.begin() == ".." ? file : inside.string();
}

std::string FileMark(const fs::path& folder, const MatchedFile& file) {
  return fmt::format("{}{}{}{}{}", FileIdentity(folder, file.path), kMarkSize, file.bytes,
                     kMarkTime, file.changed);
}

std::string_view IdentityOfMark(std::string_view mark) {
  return mark.substr(0, mark.rfind(kMarkSize));
}

std::optional<std::int64_t> BytesOfMark(std::string_view mark) {
  const std::size_t size = mark.rfind(kMarkSize);
  std::int64_t bytes = 0;
  if (size == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view digits = mark.substr(size + kMarkSize.size());
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), bytes);
  return parsed.ec == std::errc() ? std::optional(bytes) : std::nullopt;
}

FileKnowledge KnowledgeOf(const std::string& mark, const std::set<std::string>& read) {
  const std::string identity(IdentityOfMark(mark));
  if (read.contains(mark) || read.contains(identity)) {
    return FileKnowledge::kRead;
  }
  const std::string begin = identity + std::string(kMarkSize);
  const auto other = read.lower_bound(begin);
  return other != read.end() && other->starts_with(begin) ? FileKnowledge::kChanged
                                                          : FileKnowledge::kNew;
}

}  // namespace weir::connectors
