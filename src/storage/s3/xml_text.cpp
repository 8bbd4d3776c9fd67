#include "storage/s3/xml_text.h"

#include <array>
#include <charconv>
#include <utility>

namespace weir::storage {
namespace {

using Entity = std::pair<std::string_view, char>;
constexpr std::array<Entity, 5> kEntities = {
    Entity{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};

void AppendUtf8(unsigned code, std::string& text) {
  const auto append = [&text](unsigned byte) { text += static_cast<char>(byte); };
  constexpr unsigned kRest = 0x3FU;
  if (code < 0x80U) {
    append(code);
  } else if (code < 0x800U) {
    append(0xC0U | (code >> 6U));
    append(0x80U | (code & kRest));
  } else {
    if (code < 0x10000U) {
      append(0xE0U | (code >> 12U));
    } else {
      append(0xF0U | (code >> 18U));
      append(0x80U | ((code >> 12U) & kRest));
    }
    append(0x80U | ((code >> 6U) & kRest));
    append(0x80U | (code & kRest));
  }
}

// Appends what "&name;" stands for; false if it is unknown.
bool AppendEntity(std::string_view name, std::string& text) {
  if (name.starts_with("#")) {
    const bool is_hex = name.starts_with("#x");
    name.remove_prefix(is_hex ? 2 : 1);
    unsigned code = 0;
    const auto [end, error] =
        std::from_chars(name.data(), name.data() + name.size(), code, is_hex ? 16 : 10);
    if (error != std::errc() || end != name.data() + name.size() || code > 0x10FFFFU) {
      return false;
    }
    AppendUtf8(code, text);
    return true;
  }
  for (const auto& [known, letter] : kEntities) {
    if (known == name) {
      text += letter;
      return true;
    }
  }
  return false;
}

std::string Decoded(std::string_view xml) {
  std::string text;
  while (!xml.empty()) {
    const auto end = xml.front() == '&' ? xml.find(';') : std::string_view::npos;
    if (end != std::string_view::npos && AppendEntity(xml.substr(1, end - 1), text)) {
      xml.remove_prefix(end + 1);
    } else {
      text += xml.front();
      xml.remove_prefix(1);
    }
  }
  return text;
}

// Where the next tag that begins with `mark` starts and ends; npos if there is none.
std::pair<std::size_t, std::size_t> FindTag(std::string_view xml, const std::string& mark,
                                            std::size_t from) {
  for (auto at = xml.find(mark, from); at != std::string_view::npos; at = xml.find(mark, at + 1)) {
    const auto after = at + mark.size();
    if (after < xml.size() &&
        std::string_view(" \t\r\n/>").find(xml[after]) != std::string_view::npos) {
      return {at, xml.find('>', after)};
    }
  }
  return {std::string_view::npos, std::string_view::npos};
}

}  // namespace

std::vector<std::string_view> ElementsOf(std::string_view xml, std::string_view name) {
  const std::string opening = "<" + std::string(name);
  const std::string closing = "</" + std::string(name);
  std::vector<std::string_view> found;
  std::size_t from = 0;
  while (true) {
    const auto [start, start_end] = FindTag(xml, opening, from);
    if (start_end == std::string_view::npos) {
      return found;
    }
    if (xml[start_end - 1] == '/') {
      found.emplace_back();
      from = start_end + 1;
      continue;
    }
    const auto [end, end_end] = FindTag(xml, closing, start_end);
    if (end_end == std::string_view::npos) {
      return found;
    }
    found.push_back(xml.substr(start_end + 1, end - start_end - 1));
    from = end_end + 1;
  }
}

std::optional<std::string> TextOf(std::string_view xml, std::string_view name) {
  const auto elements = ElementsOf(xml, name);
  return elements.empty() ? std::nullopt : std::optional(Decoded(elements.front()));
}

}  // namespace weir::storage
