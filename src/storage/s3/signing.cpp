// AWS Signature Version 4 in a header: a hash of the canonical request, signed with a key that is
// made of the secret key for one day, region and service.
#include "storage/s3/signing.h"

#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/percent.h"
#include "base/sha256.h"

namespace weir::storage {
namespace {

constexpr std::size_t kDayLetters = 8;  // of "20130524T000000Z"

std::string HexOf(std::string_view bytes) {
  std::string hex;
  for (const char byte : bytes) {
    hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  }
  return hex;
}

std::string NamesOf(const std::map<std::string, std::string>& headers) {
  std::vector<std::string_view> names;
  names.reserve(headers.size());
  for (const auto& [name, value] : headers) {
    names.push_back(name);
  }
  return fmt::to_string(fmt::join(names, ";"));
}

std::string CanonicalRequest(const S3Signable& request,
                             const std::map<std::string, std::string>& headers) {
  std::string lines;
  for (const auto& [name, value] : headers) {
    lines += fmt::format("{}:{}\n", name, value);
  }
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, request.path,
                     EncodedQuery(request.query), lines, NamesOf(headers), request.payload_sha256);
}

std::string SigningKey(const S3Keys& keys, std::string_view region, std::string_view day) {
  std::string key = "AWS4" + keys.secret_key;
  for (const std::string_view part :
       {day, region, std::string_view("s3"), std::string_view("aws4_request")}) {
    key = Sha256Hmac(key, part);
  }
  return key;
}

}  // namespace

std::string EncodedQuery(const std::map<std::string, std::string>& query) {
  // The order is that of the encoded names; a map of them has it.
  std::map<std::string, std::string> encoded;
  for (const auto& [name, value] : query) {
    encoded.emplace(PercentEncode(name), PercentEncode(value));
  }
  std::vector<std::string> parts;
  parts.reserve(encoded.size());
  for (const auto& [name, value] : encoded) {
    parts.push_back(fmt::format("{}={}", name, value));
  }
  return fmt::to_string(fmt::join(parts, "&"));
}

std::map<std::string, std::string> SignedHeaders(const S3Signable& request, const S3Keys& keys,
                                                 std::string_view region, std::string_view time) {
  std::map<std::string, std::string> headers = request.headers;
  headers["host"] = request.host;
  headers["x-amz-date"] = time;
  headers["x-amz-content-sha256"] = request.payload_sha256;
  if (!keys.session_token.empty()) {
    headers["x-amz-security-token"] = keys.session_token;
  }
  const std::string_view day = time.substr(0, kDayLetters);
  const std::string scope = fmt::format("{}/{}/s3/aws4_request", day, region);
  const std::string to_sign = fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", time, scope,
                                          Sha256Of(CanonicalRequest(request, headers)));
  headers["authorization"] = fmt::format(
      "AWS4-HMAC-SHA256 Credential={}/{},SignedHeaders={},Signature={}", keys.access_key, scope,
      NamesOf(headers), HexOf(Sha256Hmac(SigningKey(keys, region, day), to_sign)));
  return headers;
}

}  // namespace weir::storage
