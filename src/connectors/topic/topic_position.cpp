#include "connectors/topic/topic_position.h"

#include <charconv>

#include <fmt/format.h>

namespace weir::connectors {
namespace {

// Takes " name=value" off the end.
std::optional<std::string> TakeLast(std::string_view& text, std::string_view name) {
  const std::string mark = fmt::format(" {}=", name);
  const std::size_t at = text.rfind(mark);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  std::string value(text.substr(at + mark.size()));
  text = text.substr(0, at);
  return value;
}

std::optional<std::int64_t> TakeNumber(std::string_view& text, std::string_view name) {
  const auto value = TakeLast(text, name);
  std::int64_t number = -1;
  if (value) {
    std::from_chars(value->data(), value->data() + value->size(), number);
  }
  return number < 0 ? std::nullopt : std::optional(number);
}

}  // namespace

std::string TopicPosition::ToText() const {
  return fmt::format("{}/{} size={} read={} lines={} head={}{}{}{}", topic, partition, size, read,
                     lines, head, version.empty() ? "" : " version=" + version,
                     sum.empty() ? "" : " sum=" + sum, is_whole ? "" : " rest=1");
}

std::optional<TopicPosition> ParseTopicPosition(std::string_view text) {
  TopicPosition position;
  // Behind the last `head` no value has a space; before it the file's name may hold anything.
  const std::size_t head_at = text.rfind(" head=");
  if (head_at == std::string_view::npos) {
    return std::nullopt;
  }
  std::string_view facts = text.substr(head_at);
  text = text.substr(0, head_at);
  position.is_whole = !TakeLast(facts, "rest");
  position.sum = TakeLast(facts, "sum").value_or("");
  position.version = TakeLast(facts, "version").value_or("");
  const auto head = TakeLast(facts, "head");
  const auto lines = TakeNumber(text, "lines");
  const auto read = TakeNumber(text, "read");
  const auto size = TakeNumber(text, "size");
  const std::size_t slash = text.find('/');
  if (!head || !lines || !read || !size || slash == std::string_view::npos) {
    return std::nullopt;
  }
  position.topic = text.substr(0, slash);
  position.partition = text.substr(slash + 1);
  position.size = *size;
  position.read = *read;
  position.lines = *lines;
  position.head = *head;
  return position;
}

}  // namespace weir::connectors
