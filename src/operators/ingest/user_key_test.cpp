#include "operators/ingest/user_key.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace weir::operators {
namespace {

// By Python's hmac: hmac.new(salt, b"st:0123456789abcdef", "sha256").hexdigest()[:32].
TEST(UserKeys, AreTheFirstDigitsOfHmacSha256) {
  UserKeys keys("weir-dev-salt-not-a-secret");
  UserKeys others("weir-dev-salt-not-a-secreT");

  EXPECT_EQ(keys.Of("st", "0123456789abcdef"), "04084d9cace6eea9a2762453b5bb870f");
  EXPECT_EQ(keys.Of("af", ""), "b96b4617b0dbdb3741fe01865aa9871e");
  EXPECT_EQ(keys.epoch(), "e39b5bdf");
  EXPECT_EQ(others.Of("st", "0123456789abcdef"), "d0dd2229bc3b844709923de04ddfa55c");
  EXPECT_EQ(others.epoch(), "80d1f1ad");
}

TEST(UserKeys, NeedASaltOfSixteenBytes) {
  EXPECT_THROW(UserKeys("fifteen bytes.."), UserError);
  EXPECT_NO_THROW(UserKeys("sixteen bytes..."));
}

}  // namespace
}  // namespace weir::operators
