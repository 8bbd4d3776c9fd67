#include "connectors/activation/xandr/xandr_avro.h"

#include <limits>
#include <string_view>

#include "base/error.h"

// Records are encoded here rather than by avro-c's values: these cost an allocation a field, at
// millions of members a second. What is written is checked by fastavro in the tests.
namespace weir::connectors {
namespace {

// Avro's integers: zigzag, then seven bits a byte, the lowest first.
void AppendLong(std::int64_t value, std::string& bytes) {
  auto rest = (static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63);
  constexpr std::uint64_t kMore = 0x80;
  while (rest >= kMore) {
    bytes += static_cast<char>(rest | kMore);
    rest >>= 7U;
  }
  bytes += static_cast<char>(rest);
}

void AppendText(std::string_view text, std::string& bytes) {
  AppendLong(static_cast<std::int64_t>(text.size()), bytes);
  bytes += text;
}

// What stands behind the union's branch number.
struct UidAppender {
  std::string& bytes;

  void operator()(std::uint64_t number) const {
    if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      throw UserError("user {}: Avro has numbers up to 9223372036854775807", number);
    }
    AppendLong(static_cast<std::int64_t>(number), bytes);
  }
  void operator()(const XandrEid& eid) const {
    AppendText(eid.source, bytes);
    AppendText(eid.id, bytes);
  }
  void operator()(const XandrIfa& ifa) const {
    AppendText(ifa.id, bytes);
    AppendText(ifa.type, bytes);
  }
  void operator()(const XandrXfa& xfa) const {
    AppendLong(xfa.device_model_id, bytes);
    AppendLong(xfa.device_make_id, bytes);
    AppendText(xfa.ip, bytes);
  }
  void operator()(const XandrExternalId& external) const {
    AppendText(external.id, bytes);
    AppendLong(external.member_id, bytes);
  }
  void operator()(const XandrDeviceId& device) const {
    AppendText(device.id, bytes);
    AppendLong(static_cast<std::int64_t>(device.domain), bytes);
  }
  void operator()(const XandrEncryptedId& encrypted) const {
    AppendText(encrypted.ciphertext, bytes);
    AppendText(encrypted.iv, bytes);
    AppendLong(encrypted.key_id, bytes);
    AppendLong(encrypted.set_name ? 1 : 0, bytes);
    if (encrypted.set_name) {
      AppendLong(static_cast<std::int64_t>(*encrypted.set_name), bytes);
    }
  }
  void operator()(const XandrHashedMail& mail) const { AppendText(mail.hex_encoded, bytes); }
};

void AppendSegment(const XandrSegment& segment, std::string& bytes) {
  AppendLong(segment.id, bytes);
  AppendText(segment.code, bytes);
  AppendLong(segment.member_id, bytes);
  AppendLong(segment.expiration, bytes);
  AppendLong(segment.timestamp, bytes);
  AppendLong(segment.value, bytes);
}

}  // namespace

const std::string& XandrAvroSchema() {
  static const std::string schema = R"({"name":"user","type":"record","fields":[
{"name":"uid","type":["long",
{"name":"eid","type":"record","fields":[{"name":"source","type":"string"},{"name":"id","type":"string"}]},
{"name":"ifa","type":"record","fields":[{"name":"id","type":"string"},{"name":"type","type":"string"}]},
{"name":"xfa","type":"record","fields":[{"name":"device_model_id","type":"int","default":0},{"name":"device_make_id","type":"int","default":0},{"name":"ip","type":"string","default":""}]},
{"name":"external_id","type":"record","fields":[{"name":"id","type":"string"},{"name":"member_id","type":"int","default":0}]},
{"name":"device_id","type":"record","fields":[{"name":"id","type":"string"},{"name":"domain","type":{"name":"domain","type":"enum","symbols":["idfa","sha1udid","md5udid","openudid","aaid","windowsadid","rida"]}}]},
{"name":"aes_encrypted","type":"record","fields":[{"name":"ciphertext","type":"bytes"},{"name":"iv","type":"bytes"},{"name":"key_id","type":"int"},{"name":"set_name","type":["null","domain"],"default":null}]},
{"name":"hem","type":"record","fields":[{"name":"hex_encoded","type":"string"}]}]},
{"name":"segments","type":{"type":"array","items":{"name":"segment","type":"record","fields":[
{"name":"id","type":"int","default":0},{"name":"code","type":"string","default":""},{"name":"member_id","type":"int","default":0},
{"name":"expiration","type":"int","default":0},{"name":"timestamp","type":"long","default":0},{"name":"value","type":"int","default":0}]}}}]})";
  return schema;
}

bool AppendXandrRecord(const XandrUser& user, std::string& record) {
  CheckXandrUser(user, kXandrOwnExpiration);
  if (!HasTimesInSeconds(user)) {
    return false;
  }
  const auto segments = EachXandrSegmentOnce(user.segments);
  std::string bytes;
  AppendLong(static_cast<std::int64_t>(user.uid.index()), bytes);
  std::visit(UidAppender{bytes}, user.uid);
  AppendLong(std::ssize(segments), bytes);
  for (const XandrSegment& segment : segments) {
    AppendSegment(segment, bytes);
  }
  AppendLong(0, bytes);  // no further block of the array
  record += bytes;
  return true;
}

}  // namespace weir::connectors
