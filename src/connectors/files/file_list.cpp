#include "connectors/files/file_list.h"

#include <algorithm>
#include <regex>
#include <set>
#include <variant>

#include <fmt/format.h>

#include "base/clock.h"
#include "sql/quote.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDayMark = "{ds}";
constexpr std::string_view kAnyDay = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]";

std::string Absolute(const fs::path& folder, const std::string& path) {
  return (folder / path).lexically_normal().string();
}

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// A regular expression for a path with wildcards, the day as its group.
std::string ExpressionOf(std::string_view glob) {
  std::string expression;
  for (std::size_t at = 0; at < glob.size(); ++at) {
    const std::string_view rest = glob.substr(at);
    if (rest.starts_with(kDayMark)) {
      expression += R"((\d{4}-\d{2}-\d{2}))";
      at += kDayMark.size() - 1;
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

}  // namespace

std::vector<std::string> MatchingFiles(sql::Connection& connection, const fs::path& folder,
                                       const std::string& path) {
  const std::string glob = Replaced(Absolute(folder, path), kDayMark, kAnyDay);
  std::vector<std::string> files;
  sql::Result result =
      connection.Query(fmt::format("SELECT file FROM glob({})", sql::QuoteText(glob)));
  for (const auto& row : result.Rows()) {
    const auto& file = std::get<std::string>(row.at(0));
    if (!fs::path(file).filename().string().starts_with(".")) {
      files.push_back(file);
    }
  }
  std::ranges::sort(files);
  return files;
}

std::optional<std::string> DayOf(const fs::path& folder, const std::string& path,
                                 const std::string& file) {
  if (path.find(kDayMark) == std::string::npos) {
    return std::nullopt;
  }
  const std::regex expression(ExpressionOf(Absolute(folder, path)));
  std::smatch match;
  if (!std::regex_match(file, match, expression) || !ParseDate(match[1].str())) {
    return std::nullopt;
  }
  return match[1].str();
}

std::vector<std::string> DaysThere(sql::Connection& connection, const fs::path& folder,
                                   const std::string& path) {
  std::set<std::string> days;
  for (const std::string& file : MatchingFiles(connection, folder, path)) {
    if (auto day = DayOf(folder, path, file)) {
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
