#include "connectors/files/file_list.h"

#include <algorithm>
#include <regex>
#include <set>
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

// A regular expression for a path with wildcards, what `mark` stands for as its group.
std::string ExpressionOf(std::string_view glob, std::string_view mark = kDayMark) {
  std::string expression;
  for (std::size_t at = 0; at < glob.size(); ++at) {
    const std::string_view rest = glob.substr(at);
    if (rest.starts_with(kDayMark)) {
      expression += fmt::format("({}{})", mark == kDayMark ? "" : "?:", R"(\d{4}-\d{2}-\d{2})");
      at += kDayMark.size() - 1;
    } else if (rest.starts_with(kHourMark)) {
      expression += fmt::format("({}{})", mark == kHourMark ? "" : "?:", R"(\d{1,2})");
      at += kHourMark.size() - 1;
    } else if (rest.starts_with("**")) {
      expression += ".*";
      ++at;
    } else if (glob[at] == '*') {
      expression += "[^/]*";
    } else if (glob[at] == '?') {
      expression += "[^/]";
    } else if (glob[at] == '[' || glob[at] == ']') {
      expression += glob[at];
    } else if (std::string_view(R"(\^$.|+(){})").find(glob[at]) != std::string_view::npos) {
      expression += fmt::format("\\{}", glob[at]);
    } else {
      expression += glob[at];
    }
  }
  return expression;
}

bool IsHiddenName(std::string_view path) {
  return path.substr(path.rfind('/') + 1).starts_with(".");
}

// What `mark` of `path` stands for in `file`.
std::optional<std::string> MarkedText(const fs::path& folder, const std::string& path,
                                      std::string_view mark, const std::string& file) {
  if (path.find(mark) == std::string::npos) {
    return std::nullopt;
  }
  const std::regex expression(ExpressionOf(Absolute(folder, path), mark));
  std::smatch match;
  return std::regex_match(file, match, expression) ? std::optional(match[1].str()) : std::nullopt;
}

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
  const std::regex expression(ExpressionOf(pattern));
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

std::optional<std::string> DayOf(const fs::path& folder, const std::string& path,
                                 const std::string& file) {
  const auto day = MarkedText(folder, path, kDayMark, file);
  return day && ParseDate(*day) ? day : std::nullopt;
}

std::optional<int> HourOf(const fs::path& folder, const std::string& path,
                          const std::string& file) {
  constexpr int kHours = 24;
  const auto text = MarkedText(folder, path, kHourMark, file);
  const int hour = text ? std::stoi(*text) : kHours;
  return hour < kHours ? std::optional(hour) : std::nullopt;
}

std::vector<std::string> DaysThere(sql::Database& database, const fs::path& folder,
                                   const std::string& path) {
  std::set<std::string> days;
  for (const MatchedFile& file : MatchingFiles(database, folder, path)) {
    if (auto day = DayOf(folder, path, file.path)) {
      days.insert(*std::move(day));
    }
  }
  return {days.begin(), days.end()};
}

std::string FileIdentity(const fs::path& folder, const std::string& file) {
  const fs::path inside = fs::path(file).lexically_relative(folder.lexically_normal());
  return inside.empty() || *inside.begin() == ".." ? file : inside.string();
}

}  // namespace weir::connectors
