#include "sql/native_scalar.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "sql/database.h"

namespace weir::sql {
namespace {

std::optional<std::string> Repeat(std::string_view text, std::int32_t times) {
  if (times < 0) {
    throw UserError("{} times is less than none", times);
  }
  std::string repeated;
  for (std::int32_t time = 0; time < times; ++time) {
    repeated += text;
  }
  return repeated.empty() ? std::nullopt : std::optional(repeated);
}

std::optional<double> Half(std::int64_t number) { return static_cast<double>(number) / 2; }

class NativeScalarTest : public testing::Test {
 protected:
  NativeScalarTest()
      : database_(DatabaseOptions{.threads = 2, .spill_folder = {}}),
        connection_(database_.Connect()) {
    NativeScalar<&Repeat>::Register(HandleAccess::Of(connection_), "test_repeat");
    NativeScalar<&Half>::Register(HandleAccess::Of(connection_), "test_half");
  }

  Database database_;
  Connection connection_;
};

TEST_F(NativeScalarTest, ComputesEachRow) {
  EXPECT_EQ(connection_.QueryInteger(
                "SELECT count(*) FROM range(10000) r(i) WHERE test_half(i) <> i / 2 OR "
                "test_repeat('long text ' || i, 3) <> repeat('long text ' || i, 3)"),
            0);
}

TEST_F(NativeScalarTest, GivesNullForNullsAndForNothing) {
  const auto rows = connection_
                        .Query(
                            "SELECT test_repeat(t, n) FROM (VALUES ('a', 2), (NULL, 2), ('a', "
                            "NULL), ('a', 0)) v(t, n)")
                        .Rows();

  EXPECT_EQ(rows, (std::vector<std::vector<Value>>{{"aa"}, {Value()}, {Value()}, {Value()}}));
}

TEST_F(NativeScalarTest, HashesTextsWithASeed) {
  const auto rows =
      connection_
          .Query(
              "SELECT xxh64(text, seed)::VARCHAR FROM (VALUES ('abc', 0), ('xxhash', 20141025), "
              "(NULL, 1)) v(text, seed)")
          .Rows();

  EXPECT_EQ(rows, (std::vector<std::vector<Value>>{
                      {"4952883123889572249"}, {"13067679811253438005"}, {Value()}}));
}

TEST_F(NativeScalarTest, FailsTheQueryWithTheMessageOfWhatItThrows) {
  try {
    connection_.Run("SELECT test_repeat('a', -1)");
    FAIL();
  } catch (const UserError& error) {
    EXPECT_NE(std::string_view(error.what()).find("-1 times is less than none"),
              std::string_view::npos);
  }
}

}  // namespace
}  // namespace weir::sql
