#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/activation/xandr/xandr_user.h"

namespace weir::connectors {

enum class XandrField : std::uint8_t {
  kSegmentId,
  kSegmentCode,
  kExpiration,
  kTimestamp,
  kValue,
  kMemberId
};

// How a seat's legacy text files look, as agreed with Xandr.
struct XandrTextFormat {
  std::vector<XandrField> fields;
  // Up to five, one character each: behind the user, between segments, between fields, before
  // removals, before the domain. The last two may be left out.
  std::string separators = ",;:#^";
};

// "SEG_ID, EXPIRATION, VALUE, TIMESTAMP" as fields. Throws UserError with the nearest name.
std::vector<XandrField> ParseXandrFields(std::string_view text);

// Lines of the Batch Segment Service's legacy text format, in Latin-1.
class XandrTextEncoder {
 public:
  // A line has up to `segments_of_line` segments, 1 to 1800. Throws UserError for a format that
  // can't be: neither SEG_ID nor SEG_CODE or both, SEG_CODE without MEMBER_ID, a field twice,
  // separators that are equal (but for the first and third) or not allowed.
  explicit XandrTextEncoder(XandrTextFormat format, std::size_t segments_of_line = 1800);

  // Appends the user's lines, each with its '\n'. Segments come once. Removals are said by the
  // expiration -1 if there is such a field, else they follow the fourth separator. Returns false,
  // and appends nothing, for a user with a timestamp finer than seconds. Throws UserError for what
  // the format can't say.
  bool Append(const XandrUser& user, std::string& lines) const;
  // Whether a line can hold the id: not one with separators, control characters or letters that
  // Latin-1 lacks.
  bool CanName(const XandrUid& uid) const;

 private:
  bool BreaksLine(char c) const;
  bool Has(XandrField field) const;
  std::string UserPart(const XandrUser& user) const;
  std::string DomainPart(const XandrUser& user) const;
  std::string SegmentPart(const XandrUser& user, const XandrSegment& segment) const;
  std::string FieldPart(const XandrUser& user, const XandrSegment& segment, XandrField field) const;
  // Throws UserError for characters that would break a line.
  std::string ToLatin1Whole(const XandrUser& user, const std::string& text) const;

  XandrTextFormat format_;
  std::size_t segments_of_line_;
};

}  // namespace weir::connectors
