#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// What Xandr's Batch Segment Service takes: users and their segments, as values.
namespace weir::connectors {

// Whose a device's id is, in the order of the Avro schema.
enum class XandrDomain : std::uint8_t {
  kIdfa,
  kSha1udid,
  kMd5udid,
  kOpenudid,
  kAaid,
  kWindowsadid,
  kRida
};

// "idfa" …, in the enum's order.
const std::vector<std::string>& XandrDomainNames();
// Throws UserError with what is allowed, and the nearest.
XandrDomain ParseXandrDomain(std::string_view name);
// What text files call it: 3 for idfa.
int TextNumberOf(XandrDomain domain);

struct XandrEid {
  std::string source;
  std::string id;
};
struct XandrIfa {
  std::string id;
  std::string type;
};
struct XandrXfa {
  std::int64_t device_model_id = 0;
  std::int64_t device_make_id = 0;
  std::string ip;
};
struct XandrExternalId {
  std::string id;
  std::int64_t member_id = 0;
};
struct XandrDeviceId {
  std::string id;
  XandrDomain domain = XandrDomain::kIdfa;
};
struct XandrEncryptedId {
  std::string ciphertext;  // bytes, as the next
  std::string iv;
  std::int64_t key_id = 0;
  std::optional<XandrDomain> set_name;
};
struct XandrHashedMail {
  std::string hex_encoded;
};

// In the order of the Avro schema's union. The first is Xandr's own number.
using XandrUid = std::variant<std::uint64_t, XandrEid, XandrIfa, XandrXfa, XandrExternalId,
                              XandrDeviceId, XandrEncryptedId, XandrHashedMail>;

inline constexpr std::int64_t kXandrRemoval = -1;
inline constexpr std::int64_t kXandrOwnExpiration = -2;    // the segment's default; Avro alone
inline constexpr std::int64_t kXandrMostMinutes = 259200;  // 180 days

// A segment that a user is added to or removed from. It has an id, or a code and its member.
struct XandrSegment {
  std::int64_t id = 0;
  std::string code{};  // UTF-8
  std::int64_t member_id = 0;
  std::int64_t expiration = 0;  // minutes from the timestamp; 0: 180 days; kXandrRemoval
  std::int64_t timestamp = 0;   // seconds since 1970; 0: now
  std::int64_t value = 0;

  bool IsRemoval() const { return expiration == kXandrRemoval; }
};

struct XandrUser {
  XandrUid uid;
  std::vector<XandrSegment> segments;
};

// "12345", "958cba26-… (idfa)": for errors, and what files are sorted by.
std::string ToText(const XandrUid& uid);

bool IsEmptyXandrUid(const XandrUid& uid);

// A user's id as text: Xandr's own number, or a device's id of the domain; none for what is no
// number from 1 to 18446744073709551615, written without zeros in front, where that is wanted.
std::optional<XandrUid> FindXandrUid(std::string_view text,
                                     const std::optional<XandrDomain>& domain);
// The same; throws UserError.
XandrUid ParseXandrUid(std::string_view text, const std::optional<XandrDomain>& domain);

// Throws UserError, which names the user, for what both formats refuse: no segments, ids and codes
// that can't be, values and times out of range, an expiration below `least_expiration`.
void CheckXandrUser(const XandrUser& user, std::int64_t least_expiration);

// Whether all timestamps are seconds: a finer one would be thousands of years ahead.
bool HasTimesInSeconds(const XandrUser& user);

// Whether EachXandrSegmentOnce() gives what it gets.
bool IsEachXandrSegmentOnce(const std::vector<XandrSegment>& segments);

// Each segment once, ordered by (id, member_id, code); of several the one with the latest
// timestamp, of equal ones the last.
std::vector<XandrSegment> EachXandrSegmentOnce(const std::vector<XandrSegment>& segments);

}  // namespace weir::connectors
