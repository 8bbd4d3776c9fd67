#include "connectors/activation/xandr/xandr_avro.h"

#include <limits>
#include <span>

#include "base/error.h"
#include "connectors/activation/packed_format.h"

// Records are encoded here rather than by avro-c's values: these cost an allocation a field, at
// millions of members a second. What is written is checked by fastavro in the tests.
namespace weir::connectors {
namespace {

constexpr std::uint64_t kMostOfAvro = std::numeric_limits<std::int64_t>::max();

// What stands behind the union's branch number.
struct UidAppender {
  std::string& bytes;

  void operator()(std::uint64_t number) const {
    if (number > kMostOfAvro) {
      throw UserError("user {}: Avro has numbers up to {}", number, kMostOfAvro);
    }
    AppendAvroLong(static_cast<std::int64_t>(number), bytes);
  }
  void operator()(const XandrEid& eid) const {
    AppendAvroText(eid.source, bytes);
    AppendAvroText(eid.id, bytes);
  }
  void operator()(const XandrIfa& ifa) const {
    AppendAvroText(ifa.id, bytes);
    AppendAvroText(ifa.type, bytes);
  }
  void operator()(const XandrXfa& xfa) const {
    AppendAvroLong(xfa.device_model_id, bytes);
    AppendAvroLong(xfa.device_make_id, bytes);
    AppendAvroText(xfa.ip, bytes);
  }
  void operator()(const XandrExternalId& external) const {
    AppendAvroText(external.id, bytes);
    AppendAvroLong(external.member_id, bytes);
  }
  void operator()(const XandrDeviceId& device) const {
    AppendAvroText(device.id, bytes);
    AppendAvroLong(static_cast<std::int64_t>(device.domain), bytes);
  }
  void operator()(const XandrEncryptedId& encrypted) const {
    AppendAvroText(encrypted.ciphertext, bytes);
    AppendAvroText(encrypted.iv, bytes);
    AppendAvroLong(encrypted.key_id, bytes);
    AppendAvroLong(encrypted.set_name ? 1 : 0, bytes);
    if (encrypted.set_name) {
      AppendAvroLong(static_cast<std::int64_t>(*encrypted.set_name), bytes);
    }
  }
  void operator()(const XandrHashedMail& mail) const { AppendAvroText(mail.hex_encoded, bytes); }
};

void AppendSegment(const XandrSegment& segment, std::string& bytes) {
  AppendAvroLong(segment.id, bytes);
  AppendAvroText(segment.code, bytes);
  AppendAvroLong(segment.member_id, bytes);
  AppendAvroLong(segment.expiration, bytes);
  AppendAvroLong(segment.timestamp, bytes);
  AppendAvroLong(segment.value, bytes);
}

void AppendRecord(const XandrUid& uid, std::span<const XandrSegment> segments, std::string& bytes) {
  AppendAvroLong(static_cast<std::int64_t>(uid.index()), bytes);
  std::visit(UidAppender{bytes}, uid);
  AppendAvroLong(std::ssize(segments), bytes);
  for (const XandrSegment& segment : segments) {
    AppendSegment(segment, bytes);
  }
  AppendAvroLong(0, bytes);  // no further block of the array
}

}  // namespace

const std::string& XandrAvroSchema() {
  static const std::string kSchema = R"({"name":"user","type":"record","fields":[
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
  return kSchema;
}

bool IsAvroXandrUid(const XandrUid& uid) {
  const auto* number = std::get_if<std::uint64_t>(&uid);
  return number == nullptr || *number <= kMostOfAvro;
}

bool AppendXandrRecord(const XandrUser& user, std::string& record) {
  CheckXandrUser(user, kXandrOwnExpiration);
  if (!HasTimesInSeconds(user)) {
    return false;
  }
  if (IsEachXandrSegmentOnce(user.segments)) {
    AppendRecord(user.uid, user.segments, record);
  } else {
    AppendRecord(user.uid, EachXandrSegmentOnce(user.segments), record);
  }
  return true;
}

}  // namespace weir::connectors
