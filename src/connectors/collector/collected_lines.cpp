#include "connectors/collector/collected_lines.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace weir::connectors {
namespace {

enum EventField : std::uint8_t { kEventTs, kEventUid, kEventUserAgent, kEventIp };
constexpr std::array<std::string_view, 4> kEventFields = {"ts", "uid", "ua", "ip"};
enum MappingField : std::uint8_t { kMappingTs, kIds };
constexpr std::array<std::string_view, 2> kMappingFields = {"ts", "ids"};

std::string TextAsJson(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Null is no value, nor is an empty time.
bool HasNoTime(const enrich::JsonFields& fields, std::size_t field) {
  return fields.Text(field).empty() && fields.NumberText(field).empty();
}

bool HasNoId(const enrich::JsonFields& fields, std::size_t field) {
  return !fields.HasText(field) && fields.NumberText(field).empty();
}

// Puts fields (,"a":1) behind those of an object: of a repeated field the last value counts, and
// the line may have null there.
void AppendWith(std::string_view line, std::string_view fields, std::string& text) {
  const std::size_t close = line.rfind('}');
  const std::size_t last = line.find_last_not_of(" \t\r", close - 1);
  const bool is_empty = line[last] == '{';
  if (is_empty && !fields.empty()) {
    fields.remove_prefix(1);
  }
  text.append(line.substr(0, close)).append(fields).append(line.substr(close)) += '\n';
}

const char* WordsOf(enrich::Verdict verdict) {
  return verdict == enrich::Verdict::kInvalidUtf8 ? "it is no UTF-8" : "it is no JSON object";
}

// Calls `take` with each line that is a JSON object.
template <typename Take>
void ForEachLine(std::string_view body, enrich::JsonFields& fields, const Take& take) {
  std::size_t number = 0;
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    const std::string_view line = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    ++number;
    if (line.size() > enrich::kLongestLine) {
      throw UserError("line {}: it has {} bytes; {} are allowed", number, line.size(),
                      enrich::kLongestLine);
    }
    if (const auto verdict = fields.Parse(line); verdict != enrich::Verdict::kGood) {
      throw UserError("line {}: {}", number, WordsOf(verdict));
    }
    take(line, number);
  }
  if (number == 0) {
    throw UserError("the body is empty; a JSON object a line is allowed");
  }
}

}  // namespace

CollectedLines CollectEvents(std::string_view body, const SenderFacts& sender) {
  CollectedLines lines;
  lines.text.reserve(body.size() + 1);
  const std::string ts = ",\"ts\":" + TextAsJson(sender.ts);
  const std::string uid = ",\"uid\":" + TextAsJson(sender.uid);
  const std::string user_agent = ",\"ua\":" + TextAsJson(sender.user_agent);
  const std::string ip = ",\"ip\":" + TextAsJson(sender.ip);
  enrich::JsonFields fields(kEventFields);
  ForEachLine(body, fields, [&](std::string_view line, std::size_t number) {
    std::string added = HasNoTime(fields, kEventTs) ? ts : std::string();
    if (HasNoId(fields, kEventUid)) {
      added += uid;
      added += fields.HasText(kEventUserAgent) ? "" : user_agent;
      added += fields.HasText(kEventIp) ? "" : ip;
    }
    if (line.size() + added.size() > enrich::kLongestLine) {
      throw UserError("line {}: it has {} bytes; {} are allowed, its sender's facts among them",
                      number, line.size(), enrich::kLongestLine);
    }
    AppendWith(line, added, lines.text);
    ++lines.count;
  });
  return lines;
}

CollectedLines CollectMappings(std::string_view body, std::string_view party,
                               const std::string& ts) {
  CollectedLines lines;
  enrich::JsonFields fields(kMappingFields);
  ForEachLine(body, fields, [&](std::string_view line, std::size_t number) {
    const auto ids = fields.PartyIds(kIds);
    if (!ids || ids->size() < 2) {
      throw UserError("line {}: ids: two or more of {{\"party\": text, \"id\": text}} are needed",
                      number);
    }
    if (std::ranges::none_of(*ids, [&](const auto& id) { return id.party == party; })) {
      throw UserError("line {}: ids: none is of '{}', whose token this is", number, party);
    }
    const bool adds = HasNoTime(fields, kMappingTs);
    AppendWith(line, adds ? ",\"ts\":" + TextAsJson(ts) : std::string(), lines.text);
    ++lines.count;
  });
  return lines;
}

}  // namespace weir::connectors
