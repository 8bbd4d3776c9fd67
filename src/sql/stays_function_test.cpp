#include "sql/stays_function.h"

#include <string_view>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "sql/database.h"

namespace weir::sql {
namespace {

class StaysFunctionTest : public testing::Test {
 protected:
  StaysFunctionTest()
      : database_(DatabaseOptions{.threads = 2, .spill_folder = {}}),
        connection_(database_.Connect()) {}

  Database database_;
  Connection connection_;
};

TEST_F(StaysFunctionTest, LeavesOutWhatGoes) {
  EXPECT_EQ(connection_.QueryInteger(
                "SELECT sum(i) FROM range(100000) r(i) WHERE weir_stays(i, i % 3 = 0)"),
            connection_.QueryInteger("SELECT sum(i) FROM range(100000) r(i) WHERE i % 3 <> 0"));
}

TEST_F(StaysFunctionTest, FailsWhereARowIsMissing) {
  for (const char* missing : {"1", "2046", "2048 + 1", "50000"}) {
    try {
      connection_
          .Query(fmt::format(
              "SELECT count(*) FROM (SELECT i, i > 3 AS goes FROM range(60000) r(i) WHERE i <> {}) "
              "WHERE weir_stays(i, goes)",
              missing))
          .Rows();
      FAIL() << missing;
    } catch (const UserError& error) {
      EXPECT_NE(std::string_view(error.what()).find(kRowsOutOfOrder), std::string_view::npos);
    }
  }
}

}  // namespace
}  // namespace weir::sql
