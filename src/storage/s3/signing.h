#pragma once

#include <map>
#include <string>
#include <string_view>

namespace weir::storage {

// The keys that requests are signed with.
struct S3Keys {
  std::string access_key;
  std::string secret_key;
  std::string session_token{};  // empty: they are lasting ones

  friend bool operator==(const S3Keys&, const S3Keys&) = default;
};

// What is signed of a request.
struct S3Signable {
  std::string method;
  std::string host;                              // as the header has it, with a port that is odd
  std::string path;                              // encoded, as it is sent, from its first '/'
  std::map<std::string, std::string> query{};    // not encoded
  std::map<std::string, std::string> headers{};  // names in lower case
  std::string payload_sha256;
};

// The request's query as it has to be sent: sorted and encoded, without '?'.
std::string EncodedQuery(const std::map<std::string, std::string>& query);

// The headers to send with a request so that S3 takes it: `request.headers` with the host, the
// time, the payload's hash, the session token and the signature, by AWS's Signature Version 4.
// `time` is as "20130524T000000Z", in UTC.
std::map<std::string, std::string> SignedHeaders(const S3Signable& request, const S3Keys& keys,
                                                 std::string_view region, std::string_view time);

}  // namespace weir::storage
