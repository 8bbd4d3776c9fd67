#include "connectors/activation/xandr/xandr_user.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/nearest_name.h"

namespace weir::connectors {
namespace {

constexpr std::int64_t kMostOfInt = std::numeric_limits<std::int32_t>::max();
constexpr std::array<int, 7> kDomainNumbers{3, 4, 5, 7, 8, 9, 10};

struct UidText {
  std::string operator()(std::uint64_t number) const { return fmt::to_string(number); }
  std::string operator()(const XandrEid& eid) const {
    return fmt::format("{} (eid of {})", eid.id, eid.source);
  }
  std::string operator()(const XandrIfa& ifa) const {
    return fmt::format("{} (ifa {})", ifa.id, ifa.type);
  }
  std::string operator()(const XandrXfa& xfa) const {
    return fmt::format("{} (xfa {}.{})", xfa.ip, xfa.device_make_id, xfa.device_model_id);
  }
  std::string operator()(const XandrExternalId& external) const {
    return fmt::format("{} (of member {})", external.id, external.member_id);
  }
  std::string operator()(const XandrDeviceId& device) const {
    return fmt::format("{} ({})", device.id,
                       XandrDomainNames()[static_cast<std::size_t>(device.domain)]);
  }
  std::string operator()(const XandrEncryptedId& encrypted) const {
    std::string hex;
    for (const char byte : encrypted.ciphertext) {
      hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    }
    return fmt::format("{} (encrypted, key {})", hex, encrypted.key_id);
  }
  std::string operator()(const XandrHashedMail& mail) const {
    return fmt::format("{} (hashed mail)", mail.hex_encoded);
  }
};

void CheckRange(const XandrUser& user, std::string_view what, std::int64_t value,
                std::pair<std::int64_t, std::int64_t> range) {
  if (value < range.first || value > range.second) {
    throw UserError("user {}: {} is {}; {} to {} are allowed", ToText(user.uid), what, value,
                    range.first, range.second);
  }
}

auto KeyOf(const XandrSegment& segment) {
  return std::tie(segment.id, segment.member_id, segment.code);
}

void CheckName(const XandrUser& user, const XandrSegment& segment) {
  if (segment.id == 0 && segment.code.empty()) {
    throw UserError(
        "user {}: a segment has neither an id nor a code; ids from 1 and codes with "
        "their member are allowed",
        ToText(user.uid));
  }
  if (segment.id != 0 && !segment.code.empty()) {
    throw UserError("user {}: segment {} has the code '{}', too; one of both is allowed",
                    ToText(user.uid), segment.id, segment.code);
  }
  if (!segment.code.empty() && segment.member_id == 0) {
    throw UserError("user {}: segment '{}' has no member_id; a code needs one", ToText(user.uid),
                    segment.code);
  }
}

}  // namespace

const std::vector<std::string>& XandrDomainNames() {
  static const std::vector<std::string> kNames{"idfa", "sha1udid",    "md5udid", "openudid",
                                               "aaid", "windowsadid", "rida"};
  return kNames;
}

XandrDomain ParseXandrDomain(std::string_view name) {
  const auto& names = XandrDomainNames();
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) {
    throw UserError("unknown domain '{}'; allowed: {}{}", name, fmt::join(names, ", "),
                    DidYouMean(name, names));
  }
  return static_cast<XandrDomain>(found - names.begin());
}

int TextNumberOf(XandrDomain domain) { return kDomainNumbers.at(static_cast<std::size_t>(domain)); }

std::string ToText(const XandrUid& uid) { return std::visit(UidText{}, uid); }

bool IsEmptyXandrUid(const XandrUid& uid) {
  const auto* number = std::get_if<std::uint64_t>(&uid);
  const auto* eid = std::get_if<XandrEid>(&uid);
  const auto* ifa = std::get_if<XandrIfa>(&uid);
  const auto* external = std::get_if<XandrExternalId>(&uid);
  const auto* device = std::get_if<XandrDeviceId>(&uid);
  const auto* mail = std::get_if<XandrHashedMail>(&uid);
  return (number != nullptr && *number == 0) || (eid != nullptr && eid->id.empty()) ||
         (ifa != nullptr && ifa->id.empty()) || (external != nullptr && external->id.empty()) ||
         (device != nullptr && device->id.empty()) ||
         (mail != nullptr && mail->hex_encoded.empty());
}

std::optional<XandrUid> FindXandrUid(std::string_view text,
                                     const std::optional<XandrDomain>& domain) {
  if (domain) {
    return XandrDeviceId{.id = std::string(text), .domain = *domain};
  }
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_canonical = text.empty() || text.front() != '0';  // "01" would be "1" twice
  if (error != std::errc() || end != text.data() + text.size() || number == 0 || !is_canonical) {
    return std::nullopt;
  }
  return number;
}

XandrUid ParseXandrUid(std::string_view text, const std::optional<XandrDomain>& domain) {
  std::optional<XandrUid> uid = FindXandrUid(text, domain);
  if (!uid) {
    throw UserError("user '{}': a number from 1 to 18446744073709551615 is allowed", text);
  }
  return *std::move(uid);
}

void CheckXandrUser(const XandrUser& user, std::int64_t least_expiration) {
  if (IsEmptyXandrUid(user.uid)) {
    throw UserError("user '{}': its id is empty or 0", ToText(user.uid));
  }
  if (user.segments.empty()) {
    throw UserError("user {}: it has no segments; at least one is needed", ToText(user.uid));
  }
  for (const XandrSegment& segment : user.segments) {
    CheckName(user, segment);
    CheckRange(user, "the id of a segment", segment.id, {0, kMostOfInt});
    CheckRange(user, "member_id", segment.member_id, {0, kMostOfInt});
    CheckRange(user, "expiration", segment.expiration, {least_expiration, kXandrMostMinutes});
    CheckRange(user, "timestamp", segment.timestamp, {0, std::numeric_limits<std::int64_t>::max()});
    CheckRange(user, "value", segment.value, {0, kMostOfInt});
  }
}

bool HasTimesInSeconds(const XandrUser& user) {
  constexpr std::int64_t kFirstThatIsFiner = 100'000'000'000;  // as seconds the year 5138
  return std::ranges::all_of(user.segments, [](const XandrSegment& segment) {
    return segment.timestamp < kFirstThatIsFiner;
  });
}

bool IsEachXandrSegmentOnce(const std::vector<XandrSegment>& segments) {
  return std::ranges::adjacent_find(segments, [](const auto& left, const auto& right) {
           return left.id > right.id || (left.id == right.id && KeyOf(left) >= KeyOf(right));
         }) == segments.end();
}

std::vector<XandrSegment> EachXandrSegmentOnce(const std::vector<XandrSegment>& segments) {
  std::vector<const XandrSegment*> sorted;
  sorted.reserve(segments.size());
  for (const XandrSegment& segment : segments) {
    sorted.push_back(&segment);
  }
  // The one that is kept stands last among its equals: by time, then by place.
  std::ranges::sort(sorted, [&](const XandrSegment* left, const XandrSegment* right) {
    return std::tuple_cat(KeyOf(*left), std::tie(left->timestamp, left)) <
           std::tuple_cat(KeyOf(*right), std::tie(right->timestamp, right));
  });
  std::vector<XandrSegment> once;
  once.reserve(sorted.size());
  for (const XandrSegment* segment : sorted) {
    if (!once.empty() && KeyOf(once.back()) == KeyOf(*segment)) {
      once.back() = *segment;
    } else {
      once.push_back(*segment);
    }
  }
  return once;
}

}  // namespace weir::connectors
