// Finds IP literals in any text. Runs of the characters that literals are made of are looked at
// from left to right: at every place the longest literal that parses is taken, of IPv6 first, as it
// may hold an IPv4 literal. Before that, runs in which characters are encoded are looked at as they
// read when decoded; one that holds a literal is written decoded, any other stays as it is.
#include "enrich/ip_literals.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/ascii.h"
#include "enrich/ip_address.h"

namespace weir::enrich {
namespace {

constexpr std::string_view kLiteralCharacters = "0123456789abcdefABCDEF:.";
constexpr std::size_t kLongestV6 = 45;  // "ffff:…:255.255.255.255"

constexpr std::array<bool, 256> kIsLiteralCharacter = [] {
  std::array<bool, 256> is_literal{};
  for (const char character : kLiteralCharacters) {
    is_literal.at(static_cast<unsigned char>(character)) = true;
  }
  return is_literal;
}();

bool IsLiteralCharacter(char character) {
  return kIsLiteralCharacter.at(static_cast<unsigned char>(character));
}

// A literal at the front of a text, and how long it is.
struct Literal {
  IpAddress address;
  std::size_t size = 0;
};

// Takes as many digits as make a number of 0 to 255, at most three.
std::optional<std::uint8_t> TakeOctet(std::string_view& text) {
  unsigned value = 0;
  std::size_t used = 0;
  for (; used < text.size() && used < 3 && IsDigit(text[used]); ++used) {
    const unsigned longer = value * 10 + static_cast<unsigned>(text[used] - '0');
    if (longer > 255) {
      break;
    }
    value = longer;
  }
  text.remove_prefix(used);
  return used == 0 ? std::nullopt : std::optional(static_cast<std::uint8_t>(value));
}

// Digits right before and behind don't matter: they may belong to something else.
std::optional<Literal> V4AtFront(std::string_view text) {
  const std::size_t size = text.size();
  Literal literal;
  for (std::size_t part = 0; part < 4; ++part) {
    if (part > 0) {
      if (text.empty() || text.front() != '.') {
        return std::nullopt;
      }
      text.remove_prefix(1);
    }
    const auto octet = TakeOctet(text);
    if (!octet) {
      return std::nullopt;
    }
    literal.address.bytes.at(part) = *octet;
  }
  literal.size = size - text.size();
  return literal;
}

// Whether so short a text can hold an IPv6 literal: "::", or six groups and an IPv4 address.
bool MayHoldV6(std::string_view window) {
  return window.find(':') <= 4 &&
         (window.find("::") != std::string_view::npos || std::ranges::count(window, ':') >= 6);
}

// The longest: a letter that stands behind a literal may look like one of its digits.
std::optional<Literal> V6AtFront(std::string_view text) {
  const std::string_view window = text.substr(0, kLongestV6);
  if (!MayHoldV6(window)) {
    return std::nullopt;
  }
  for (std::size_t end = window.size(); end >= 2; --end) {
    const std::string_view candidate = window.substr(0, end);
    const auto address = ParseIp(candidate);
    if (address && candidate.find(':') != std::string_view::npos) {
      return Literal{.address = *address, .size = end};
    }
  }
  return std::nullopt;
}

// A character of a literal, perhaps encoded, at the front of a text.
struct Unit {
  char character = 0;
  std::size_t size = 0;  // as it is written
};

// The number that two hex digits at the front write; absent for anything else.
std::optional<unsigned char> HexPair(std::string_view text) {
  unsigned char value = 0;
  const std::string_view digits = text.substr(0, 2);
  const auto [end, problem] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  const bool is_whole = digits.size() == 2 && end == digits.data() + 2;
  return problem == std::errc() && is_whole ? std::optional(value) : std::nullopt;
}

// How many bytes stand before the two hex digits of an encoded character: "%", "%25", "%2525" and
// so on, or backslashes and "u00"; 0 if none begins here.
std::size_t EncodingAtFront(std::string_view text) {
  if (text.front() == '%') {
    std::size_t size = 1;
    while (text.substr(size).starts_with("25")) {
      size += 2;
    }
    return size;
  }
  const std::size_t slashes = std::min(text.find_first_not_of('\\'), text.size());
  constexpr std::string_view kEscape = "u00";
  return slashes > 0 && text.substr(slashes).starts_with(kEscape) ? slashes + kEscape.size() : 0;
}

// Absent if no character of a literal stands here.
std::optional<Unit> UnitAtFront(std::string_view text) {
  if (IsLiteralCharacter(text.front())) {
    return Unit{.character = text.front(), .size = 1};
  }
  const std::size_t before = EncodingAtFront(text);
  const auto byte = before == 0 ? std::nullopt : HexPair(text.substr(before));
  if (!byte || !IsLiteralCharacter(static_cast<char>(*byte))) {
    return std::nullopt;
  }
  return Unit{.character = static_cast<char>(*byte), .size = before + 2};
}

// `run` holds characters of literals alone.
void AppendRun(std::string_view run, std::string& text) {
  const bool may_hold_v6 = std::ranges::count(run, ':') >= 2;
  const bool may_hold_v4 = std::ranges::count(run, '.') >= 3;
  std::size_t index = 0;
  while (index < run.size()) {
    const std::string_view rest = run.substr(index);
    std::optional<Literal> literal;
    if (may_hold_v6) {
      literal = V6AtFront(rest);
    }
    if (!literal && may_hold_v4) {
      literal = V4AtFront(rest);
    }
    if (literal) {
      AppendText(Truncated(literal->address), text);
      index += literal->size;
    } else {
      text += run[index++];
    }
  }
}

// The line with runs decoded in which encoded characters are part of a literal, and these
// truncated. Time: linear, as no byte of a run begins another.
std::string WithoutEncodedIps(std::string_view line) {
  std::string text;
  text.reserve(line.size());
  std::string run;
  while (!line.empty()) {
    run.clear();
    std::size_t size = 0;
    while (size < line.size()) {
      const auto unit = UnitAtFront(line.substr(size));
      if (!unit) {
        break;
      }
      run += unit->character;
      size += unit->size;
    }
    const std::size_t before = text.size();
    if (run.size() < size) {  // something in it is encoded
      AppendRun(run, text);
    }
    if (run.size() == size || text.compare(before, std::string::npos, run) == 0) {
      if (size == 0) {  // all backslashes at once: none of them begins a character
        size = std::clamp<std::size_t>(line.find_first_not_of('\\'), 1, line.size());
      }
      text.resize(before);
      text += line.substr(0, size);
    }
    line.remove_prefix(size);
  }
  return text;
}

struct Sequence {
  std::size_t size = 1;
  bool is_valid = false;
};

// The UTF-8 sequence at the front of `text` (RFC 3629, table in section 4).
Sequence SequenceAtFront(std::string_view text) {
  const auto byte = [&](std::size_t index) {
    return index < text.size() ? static_cast<unsigned char>(text[index]) : 0U;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) {
    return {.size = 1, .is_valid = true};
  }
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  const unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (lead < 0xc2 || lead > 0xf4 || byte(1) < low || byte(1) > high) {
    return {};
  }
  for (std::size_t index = 2; index < size; ++index) {
    if (byte(index) < 0x80 || byte(index) > 0xbf) {
      return {};
    }
  }
  return {.size = size, .is_valid = true};
}

// Cuts `text` before byte `max_bytes`, and then what may be the first part of a literal.
void Cut(std::string& text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) {
    return;
  }
  std::size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80) {
    --end;
  }
  while (end > 0 && IsLiteralCharacter(text[end - 1])) {
    --end;
  }
  text.resize(end);
}

}  // namespace

std::string WithTruncatedIps(std::string_view line, std::size_t max_bytes) {
  std::string decoded;
  if (line.find_first_of("%\\") != std::string_view::npos) {
    decoded = WithoutEncodedIps(line);
    line = decoded;
  }
  std::string text;
  text.reserve(std::min(line.size(), max_bytes + kLongestV6));
  while (!line.empty() && text.size() <= max_bytes) {
    const auto* const end = std::ranges::find_if_not(line, IsLiteralCharacter);
    const auto run_size = static_cast<std::size_t>(end - line.begin());
    if (run_size > 0) {
      AppendRun(line.substr(0, run_size), text);
      line.remove_prefix(run_size);
      continue;
    }
    const Sequence sequence = SequenceAtFront(line);
    text += sequence.is_valid ? line.substr(0, sequence.size) : "\xef\xbf\xbd";
    line.remove_prefix(sequence.size);
  }
  Cut(text, max_bytes);
  return text;
}

}  // namespace weir::enrich
