#include "connectors/activation/xandr/xandr_text.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/nearest_name.h"

namespace weir::connectors {
namespace {

constexpr std::string_view kForbiddenSeparators = "[](){}$\\/|?*+-";
constexpr std::size_t kMostSegmentsOfLine = 1800;
enum SeparatorPlace : std::uint8_t {
  kBehindUser,
  kBetweenSegments,
  kBetweenFields,
  kBeforeRemovals,
  kBeforeDomain
};

const std::vector<std::string>& FieldNames() {
  static const std::vector<std::string> kNames{"SEG_ID",    "SEG_CODE", "EXPIRATION",
                                               "TIMESTAMP", "VALUE",    "MEMBER_ID"};
  return kNames;
}

bool IsSeparator(char c) {
  return c > ' ' && c < '\x7f' && kForbiddenSeparators.find(c) == std::string_view::npos &&
         (c < '0' || c > '9');
}

void CheckSeparators(const std::string& separators) {
  if (separators.size() < kBeforeRemovals || separators.size() > kBeforeDomain + 1) {
    throw UserError("separators '{}': three to five characters are allowed", separators);
  }
  for (std::size_t i = 0; i < separators.size(); ++i) {
    if (!IsSeparator(separators[i])) {
      throw UserError("separators '{}': '{}' isn't allowed, as spaces, digits and {} aren't",
                      separators, separators[i], kForbiddenSeparators);
    }
    const std::size_t before = separators.find(separators[i]);
    const bool may_be_equal = before == kBehindUser && i == kBetweenFields;
    if (before < i && !may_be_equal) {
      throw UserError(
          "separators '{}': '{}' stands twice; only the first and the third may be equal",
          separators, separators[i]);
    }
  }
}

void CheckFields(const std::vector<XandrField>& fields) {
  const auto has = [&](XandrField field) { return std::ranges::count(fields, field) > 0; };
  if (!has(XandrField::kSegmentId) && !has(XandrField::kSegmentCode)) {
    throw UserError("fields: neither SEG_ID nor SEG_CODE is among them; one of both is needed");
  }
  if (has(XandrField::kSegmentId) && has(XandrField::kSegmentCode)) {
    throw UserError("fields: SEG_ID and SEG_CODE are among them; one of both is allowed");
  }
  if (has(XandrField::kSegmentCode) && !has(XandrField::kMemberId)) {
    throw UserError("fields: SEG_CODE is among them without MEMBER_ID; a code needs its member");
  }
  for (const XandrField field : fields) {
    if (std::ranges::count(fields, field) > 1) {
      throw UserError("fields: {} stands twice", FieldNames()[static_cast<std::size_t>(field)]);
    }
  }
}

// UTF-8 as Latin-1; none if it has letters that Latin-1 lacks.
std::optional<std::string> ToLatin1(const std::string& text) {
  std::string latin;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    constexpr unsigned kTwoBytes = 0xC2;  // and 0xC3: the first of U+0080 … U+00FF
    if (byte < 0x80) {
      latin += text[i];
    } else if ((byte & 0xFEU) == kTwoBytes && i + 1 < text.size()) {
      const auto next = static_cast<unsigned char>(text[++i]);
      latin += static_cast<char>(((byte & 3U) << 6U) | (next & 0x3FU));
    } else {
      return std::nullopt;
    }
  }
  return latin;
}

}  // namespace

std::vector<XandrField> ParseXandrFields(std::string_view text) {
  std::vector<XandrField> fields;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view name = text.substr(0, comma);
    name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
    name = name.substr(0, name.find_last_not_of(' ') + 1);
    const auto found = std::ranges::find(FieldNames(), name);
    if (found == FieldNames().end()) {
      throw UserError("fields: unknown field '{}'; allowed: {}{}", name,
                      fmt::join(FieldNames(), ", "), DidYouMean(name, FieldNames()));
    }
    fields.push_back(static_cast<XandrField>(found - FieldNames().begin()));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return fields;
}

XandrTextEncoder::XandrTextEncoder(XandrTextFormat format, std::size_t segments_of_line)
    : format_(std::move(format)), segments_of_line_(segments_of_line) {
  CheckFields(format_.fields);
  CheckSeparators(format_.separators);
  if (segments_of_line_ < 1 || segments_of_line_ > kMostSegmentsOfLine) {
    throw UserError("segments of a line are {}; 1 to {} are allowed", segments_of_line_,
                    kMostSegmentsOfLine);
  }
}

bool XandrTextEncoder::Append(const XandrUser& user, std::string& lines) const {
  CheckXandrUser(user, kXandrRemoval);
  if (!HasTimesInSeconds(user)) {
    return false;
  }
  std::vector<XandrSegment> segments = EachXandrSegmentOnce(user.segments);
  const bool apart = !Has(XandrField::kExpiration);  // removals behind a separator of their own
  if (apart) {
    std::ranges::sort(segments, {}, [](const XandrSegment& each) {
      return std::make_tuple(each.IsRemoval(), each.id, each.member_id,
                             std::string_view(each.code));
    });
  }
  const std::string begin = UserPart(user) + format_.separators[kBehindUser];
  const std::string end = DomainPart(user) + '\n';
  std::string text;
  for (std::size_t at = 0; at < segments.size(); ++at) {
    const bool opens = at % segments_of_line_ == 0;
    const bool removes = apart && segments[at].IsRemoval();
    const bool first_removal = removes && (opens || !segments[at - 1].IsRemoval());
    if (opens) {
      text += (at == 0 ? "" : end) + begin;
    }
    if (first_removal) {
      text += format_.separators[kBeforeRemovals];
    } else if (!opens) {
      text += format_.separators[kBetweenSegments];
    }
    text += SegmentPart(user, segments[at]);
  }
  lines += text + end;
  return true;
}

bool XandrTextEncoder::CanName(const XandrUid& uid) const {
  const auto* device = std::get_if<XandrDeviceId>(&uid);
  return device == nullptr ||
         (std::ranges::none_of(device->id, [this](char c) { return BreaksLine(c); }) &&
          ToLatin1(device->id).has_value());
}

bool XandrTextEncoder::BreaksLine(char c) const {
  const auto byte = static_cast<unsigned char>(c);
  return byte < ' ' || byte == 0x7F || format_.separators.find(c) != std::string::npos;
}

bool XandrTextEncoder::Has(XandrField field) const {
  return std::ranges::find(format_.fields, field) != format_.fields.end();
}

std::string XandrTextEncoder::UserPart(const XandrUser& user) const {
  if (std::holds_alternative<std::uint64_t>(user.uid)) {
    return ToText(user.uid);
  }
  if (const auto* device = std::get_if<XandrDeviceId>(&user.uid)) {
    return ToLatin1Whole(user, device->id);
  }
  throw UserError(
      "user {}: text files have Xandr's own numbers and ids of devices; Avro has others",
      ToText(user.uid));
}

std::string XandrTextEncoder::DomainPart(const XandrUser& user) const {
  const auto* device = std::get_if<XandrDeviceId>(&user.uid);
  if (device == nullptr) {
    return "";
  }
  if (format_.separators.size() <= kBeforeDomain) {
    throw UserError("user {}: separators '{}' have no fifth one, before a domain", ToText(user.uid),
                    format_.separators);
  }
  return fmt::format("{}{}", format_.separators[kBeforeDomain], TextNumberOf(device->domain));
}

std::string XandrTextEncoder::SegmentPart(const XandrUser& user,
                                          const XandrSegment& segment) const {
  if (segment.IsRemoval() && !Has(XandrField::kExpiration) &&
      format_.separators.size() <= kBeforeRemovals) {
    throw UserError(
        "user {}: a removal needs the field EXPIRATION, or a fourth separator; '{}' has none",
        ToText(user.uid), format_.separators);
  }
  std::string text;
  for (std::size_t i = 0; i < format_.fields.size(); ++i) {
    text += i == 0 ? "" : std::string(1, format_.separators[kBetweenFields]);
    text += FieldPart(user, segment, format_.fields[i]);
  }
  return text;
}

std::string XandrTextEncoder::FieldPart(const XandrUser& user, const XandrSegment& segment,
                                        XandrField field) const {
  switch (field) {
    case XandrField::kSegmentId:
      if (segment.id == 0) {
        throw UserError(
            "user {}: segment '{}' has the id 0, and SEG_ID is among the fields; ids "
            "from 1 are allowed",
            ToText(user.uid), segment.code);
      }
      return fmt::to_string(segment.id);
    case XandrField::kSegmentCode:
      if (segment.code.empty()) {
        throw UserError(
            "user {}: the code of segment {} is empty, and SEG_CODE is among the fields",
            ToText(user.uid), segment.id);
      }
      return ToLatin1Whole(user, segment.code);
    case XandrField::kExpiration:
      return fmt::to_string(segment.expiration);
    case XandrField::kTimestamp:
      return fmt::to_string(segment.timestamp);
    case XandrField::kValue:
      return fmt::to_string(segment.value);
    case XandrField::kMemberId:
      return fmt::to_string(segment.member_id);
  }
  return "";
}

std::string XandrTextEncoder::ToLatin1Whole(const XandrUser& user, const std::string& text) const {
  for (const char c : text) {
    if (BreaksLine(c)) {
      throw UserError(
          "user {}: '{}' holds '{}'; control characters and the separators '{}' aren't allowed in "
          "it",
          ToText(user.uid), text, c, format_.separators);
    }
  }
  const std::optional<std::string> latin = ToLatin1(text);
  if (!latin) {
    throw UserError("'{}' has letters that Latin-1 lacks", text);
  }
  return *latin;
}

}  // namespace weir::connectors
