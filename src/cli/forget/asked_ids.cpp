#include "cli/forget/asked_ids.h"

#include <algorithm>
#include <fstream>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "enrich/junk_id.h"

namespace weir::cli {
namespace {

constexpr auto kJunk =
    "ids that are empty, zeros alone or a word such as null, -1 or optout are never kept; ids of "
    "people are allowed";

PersonId IdOfWord(const std::string& word) {
  auto id = ParsePersonId(word);
  if (!id) {
    throw UsageError("'{}' is no id: PARTY:ID is expected, such as af:0123456789abcdef", word);
  }
  if (enrich::IsJunkId(id->user_id)) {
    throw UsageError("'{}' names nobody: {}", word, kJunk);
  }
  return *std::move(id);
}

// The text at a key; empty if there is none.
std::string FieldText(const nlohmann::json& line, const char* key) {
  const auto found = line.is_object() ? line.find(key) : line.end();
  return found != line.end() && found->is_string() ? found->get<std::string>() : "";
}

void ReadIds(const std::filesystem::path& path, std::vector<PersonId>& ids) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw UserError("{} can't be read", path.string());
  }
  std::string text;
  for (std::size_t number = 1; std::getline(file, text); ++number) {
    if (text.find_first_not_of(" \t\r") == std::string::npos) {
      continue;
    }
    const auto line = nlohmann::json::parse(text, nullptr, false);
    PersonId id{.party = FieldText(line, "party"), .user_id = FieldText(line, "user_id")};
    if (id.party.empty() || id.user_id.empty()) {
      throw UserError(R"({}:{}: a line {{"party": "…", "user_id": "…"}} is expected)",
                      path.string(), number);
    }
    if (enrich::IsJunkId(id.user_id)) {
      throw UserError("{}:{}: user_id '{}' names nobody: {}", path.string(), number, id.user_id,
                      kJunk);
    }
    ids.push_back(std::move(id));
  }
}

}  // namespace

std::vector<Parameter> AskedIdParameters() {
  return {
      {.name = "ID", .value = "", .help = "PARTY:ID, such as af:0123456789abcdef", .many = true},
      {.name = "--file", .value = "FILE", .help = "lines with party and user_id"}};
}

std::vector<PersonId> AskedIds(const Arguments& arguments) {
  const auto file = arguments.OptionalText("--file");
  if (!file && !arguments.Has("ID")) {
    throw UsageError("whom? PARTY:ID, or --file FILE");
  }
  std::vector<PersonId> ids;
  std::ranges::transform(arguments.Texts("ID"), std::back_inserter(ids), IdOfWord);
  if (file) {
    ReadIds(*file, ids);
  }
  std::ranges::sort(ids);
  const auto repeats = std::ranges::unique(ids);
  ids.erase(repeats.begin(), repeats.end());
  return ids;
}

}  // namespace weir::cli
