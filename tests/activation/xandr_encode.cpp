// Encodes what it reads as Batch Segment Service files, so that other programs' parsers can judge
// them. Stdin: a line of options {folder, name, encoding, fields, separators, bytes_of_file,
// segments_of_line}, then a line a user, {uid, segments} as in the JSON view of the Avro schema;
// Xandr's own number as text. Stdout: {files, left_out}; exit 1 with the error.
#include <iostream>
#include <string>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "connectors/activation/xandr/xandr_files.h"

namespace weir::connectors {
namespace {

using Json = nlohmann::json;

std::string Bytes(const Json& numbers) {
  std::string bytes;
  for (const Json& number : numbers) {
    bytes += static_cast<char>(number.get<int>());
  }
  return bytes;
}

XandrUid UidOf(const Json& json) {
  if (json.is_string()) {
    return ParseXandrUid(json.get<std::string>(), std::nullopt);
  }
  const std::string kind = json.begin().key();
  const Json& of = json.begin().value();
  if (kind == "eid") {
    return XandrEid{.source = of.at("source"), .id = of.at("id")};
  }
  if (kind == "ifa") {
    return XandrIfa{.id = of.at("id"), .type = of.at("type")};
  }
  if (kind == "xfa") {
    return XandrXfa{.device_model_id = of.at("device_model_id"),
                    .device_make_id = of.at("device_make_id"),
                    .ip = of.at("ip")};
  }
  if (kind == "external_id") {
    return XandrExternalId{.id = of.at("id"), .member_id = of.at("member_id")};
  }
  if (kind == "aes_encrypted") {
    const Json& name = of.at("set_name");
    return XandrEncryptedId{
        .ciphertext = Bytes(of.at("ciphertext")),
        .iv = Bytes(of.at("iv")),
        .key_id = of.at("key_id"),
        .set_name = name.is_null() ? std::nullopt
                                   : std::optional(ParseXandrDomain(name.get<std::string>()))};
  }
  if (kind == "hem") {
    return XandrHashedMail{.hex_encoded = of.at("hex_encoded")};
  }
  return XandrDeviceId{.id = of.at("id"),
                       .domain = ParseXandrDomain(of.at("domain").get<std::string>())};
}

XandrUser UserOf(const Json& json) {
  XandrUser user{.uid = UidOf(json.at("uid")), .segments = {}};
  for (const Json& segment : json.at("segments")) {
    user.segments.push_back({.id = segment.at("id"),
                             .code = segment.at("code"),
                             .member_id = segment.at("member_id"),
                             .expiration = segment.at("expiration"),
                             .timestamp = segment.at("timestamp"),
                             .value = segment.at("value")});
  }
  return user;
}

void Encode() {
  std::string line;
  std::getline(std::cin, line);
  const Json options = Json::parse(line);
  XandrFileWriter writer(
      {.folder = options.at("folder").get<std::string>(),
       .name = options.at("name"),
       .encoding = options.at("encoding") == "text" ? XandrEncoding::kText : XandrEncoding::kAvro,
       .text = {.fields = ParseXandrFields(options.at("fields").get<std::string>()),
                .separators = options.at("separators")},
       .bytes_of_file = options.at("bytes_of_file"),
       .segments_of_line = options.at("segments_of_line")});
  while (std::getline(std::cin, line)) {
    writer.Write(UserOf(Json::parse(line)));
  }
  Json files = Json::array();
  for (const PackedFile& file : writer.Finish()) {
    files.push_back({{"name", file.name}, {"bytes", file.bytes}, {"users", file.users}});
  }
  std::cout << Json{{"files", files}, {"left_out", writer.left_out()}} << "\n";
}

}  // namespace
}  // namespace weir::connectors

int main() {
  try {
    weir::connectors::Encode();
    return 0;
  } catch (const weir::UserError& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
