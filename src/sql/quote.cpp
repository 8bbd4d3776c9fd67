#include "sql/quote.h"

#include <algorithm>

namespace weir::sql {
namespace {

std::string Quoted(std::string_view text, char quote) {
  std::string quoted(1, quote);
  for (const char letter : text) {
    quoted += letter;
    if (letter == quote) {
      quoted += quote;
    }
  }
  return quoted + quote;
}

std::string Joined(std::span<const std::string> texts, std::string (*quote)(std::string_view)) {
  std::string joined;
  for (const std::string& text : texts) {
    joined += (joined.empty() ? "" : ", ") + quote(text);
  }
  return joined;
}

bool IsPlain(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](unsigned char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '_' || letter >= 0x80;
  });
}

// Cuts a quoted part off `rest`, which begins behind its first quote.
std::string CutQuoted(std::string_view& rest) {
  std::string part;
  while (!rest.empty()) {
    const char letter = rest.front();
    rest.remove_prefix(1);
    if (letter == '"') {
      if (!rest.starts_with('"')) {
        break;
      }
      rest.remove_prefix(1);
    }
    part += letter;
  }
  return part;
}

}  // namespace

std::string QuoteName(std::string_view name) { return Quoted(name, '"'); }

std::string QuoteText(std::string_view text) {
  const auto nul = text.find('\0');
  if (nul == std::string_view::npos) {
    return Quoted(text, '\'');
  }
  std::string quoted = "(" + Quoted(text.substr(0, nul), '\'');
  for (std::string_view rest = text.substr(nul); !rest.empty();) {
    const std::string_view part = rest.substr(1, rest.find('\0', 1) - 1);
    quoted += " || chr(0) || " + Quoted(part, '\'');
    rest.remove_prefix(part.size() + 1);
  }
  return quoted + ")";
}

std::string QuoteTexts(std::span<const std::string> texts) {
  return "[" + Joined(texts, QuoteText) + "]";
}

std::string QuotePaths(std::span<const std::string> paths) {
  std::vector<std::string> literal;
  for (const std::string& path : paths) {
    std::string& out = literal.emplace_back();
    for (const char letter : path) {
      const bool is_wildcard = letter == '*' || letter == '?' || letter == '[';
      out += is_wildcard ? std::string{'[', letter, ']'} : std::string(1, letter);
    }
  }
  return QuoteTexts(literal);
}

std::string QuoteNames(std::span<const std::string> names) { return Joined(names, QuoteName); }

std::string JoinName(std::span<const std::string> parts) {
  std::string joined;
  for (const std::string& part : parts) {
    joined += (joined.empty() ? "" : ".") + (IsPlain(part) ? part : QuoteName(part));
  }
  return joined;
}

std::vector<std::string> SplitName(std::string_view name) {
  std::vector<std::string> parts(1);
  while (!name.empty()) {
    const char letter = name.front();
    name.remove_prefix(1);
    if (letter == '"') {
      parts.back() += CutQuoted(name);
    } else if (letter == '.') {
      parts.emplace_back();
    } else {
      parts.back() += letter;
    }
  }
  return parts;
}

}  // namespace weir::sql
