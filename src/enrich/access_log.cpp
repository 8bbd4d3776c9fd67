#include "enrich/access_log.h"

#include <algorithm>

namespace weir::enrich {
namespace {

// Takes the text up to the next space, and the space.
std::string_view TakeWord(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

// Takes the text up to `close`, which follows `open`, and a space behind. False if it isn't there.
bool TakeBetween(char open, char close, std::string_view& line, std::string_view& text) {
  const std::size_t end = line.find(close, 1);
  if (!line.starts_with(open) || end == std::string_view::npos) {
    return false;
  }
  text = line.substr(1, end - 1);
  line.remove_prefix(std::min(end + 1, line.size()));
  TakeWord(line);
  return true;
}

// Takes a quoted text and the space behind it. False if it isn't there.
bool TakeQuoted(std::string_view& line, std::string& text) {
  text.clear();
  if (!line.starts_with('"')) {
    return false;
  }
  std::size_t index = 1;
  for (; index < line.size() && line[index] != '"'; ++index) {
    const bool is_escape = line[index] == '\\' && index + 1 < line.size() &&
                           (line[index + 1] == '"' || line[index + 1] == '\\');
    index += is_escape ? 1 : 0;
    text += line[index];
  }
  if (index >= line.size()) {
    return false;
  }
  line.remove_prefix(index + 1);
  TakeWord(line);
  return true;
}

template <typename Text>
void ClearIfAbsent(Text& text) {
  if (text == "-") {
    text = {};
  }
}

}  // namespace

std::string_view AccessLogLine::target() const {
  std::string_view rest = request;
  TakeWord(rest);
  return TakeWord(rest);
}

std::string_view ReadAccessLogLine(std::string_view line, AccessLogLine& parsed) {
  parsed.host = TakeWord(line);
  TakeWord(line);  // identity by RFC 1413, which nobody sends
  parsed.user = TakeWord(line);
  if (!TakeBetween('[', ']', line, parsed.time)) {
    return "time";
  }
  if (!TakeQuoted(line, parsed.request)) {
    return "request";
  }
  TakeWord(line);  // status
  TakeWord(line);  // bytes
  if (!TakeQuoted(line, parsed.referrer)) {
    return "referrer";
  }
  if (!TakeQuoted(line, parsed.user_agent)) {
    return "user_agent";
  }
  ClearIfAbsent(parsed.user);
  ClearIfAbsent(parsed.referrer);
  ClearIfAbsent(parsed.user_agent);
  return {};
}

}  // namespace weir::enrich
