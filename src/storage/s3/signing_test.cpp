#include "storage/s3/signing.h"

#include <gtest/gtest.h>

#include "base/sha256.h"

namespace weir::storage {
namespace {

constexpr auto kTime = "20130524T000000Z";

S3Keys ExampleKeys() {
  return {.access_key = "AKIAIOSFODNN7EXAMPLE",
          .secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};
}

S3Signable Example(const std::string& method, const std::string& path) {
  return {.method = method,
          .host = "examplebucket.s3.amazonaws.com",
          .path = path,
          .payload_sha256 = Sha256Of("")};
}

std::string SignatureOf(const S3Signable& request) {
  const auto headers = SignedHeaders(request, ExampleKeys(), "us-east-1", kTime);
  const std::string& text = headers.at("authorization");
  return text.substr(text.find("Signature=") + 10);
}

// The four examples of "Signature Calculations for the Authorization Header" in the S3 API
// reference.
TEST(SignedHeaders, SignAnObjectsRangeAsAwsDoes) {
  S3Signable request = Example("GET", "/test.txt");
  request.headers["range"] = "bytes=0-9";

  const auto headers = SignedHeaders(request, ExampleKeys(), "us-east-1", kTime);

  EXPECT_EQ(headers.at("authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(SignedHeaders, SignAPutAsAwsDoes) {
  S3Signable request = Example("PUT", "/test%24file.text");
  request.headers["date"] = "Fri, 24 May 2013 00:00:00 GMT";
  request.headers["x-amz-storage-class"] = "REDUCED_REDUNDANCY";
  request.payload_sha256 = Sha256Of("Welcome to Amazon S3.");

  EXPECT_EQ(SignatureOf(request),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST(SignedHeaders, SignAQueryWithoutValueAsAwsDoes) {
  S3Signable request = Example("GET", "/");
  request.query["lifecycle"] = "";

  EXPECT_EQ(SignatureOf(request),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

TEST(SignedHeaders, SignAListingAsAwsDoes) {
  S3Signable request = Example("GET", "/");
  request.query = {{"prefix", "J"}, {"max-keys", "2"}};

  EXPECT_EQ(SignatureOf(request),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(SignedHeaders, SignTheSessionToken) {
  S3Keys keys = ExampleKeys();
  keys.session_token = "token";

  const auto headers = SignedHeaders(Example("GET", "/"), keys, "us-east-1", kTime);

  EXPECT_EQ(headers.at("x-amz-security-token"), "token");
  EXPECT_NE(headers.at("authorization").find("x-amz-date;x-amz-security-token,"),
            std::string::npos);
}

TEST(EncodedQuery, IsSortedAndEncoded) {
  EXPECT_EQ(EncodedQuery({{"prefix", "a b/é"}, {"list-type", "2"}, {"delimiter", "/"}, {"x", ""}}),
            "delimiter=%2F&list-type=2&prefix=a%20b%2F%C3%A9&x=");
}

}  // namespace
}  // namespace weir::storage
