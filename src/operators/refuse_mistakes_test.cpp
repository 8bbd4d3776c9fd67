#include "operators/refuse_mistakes.h"

#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "operators/test_context.h"

namespace weir::operators {
namespace {

class RefuseMistakesTest : public testing::Test {
 protected:
  void Run(const std::string& select) {
    connection_.Run("CREATE OR REPLACE TEMP TABLE found AS " + select);
    TestContext context(database_, connection_, nlohmann::json::object(),
                        {{"mistakes", "\"found\""}, {"rows", "range(3)"}});
    MakeRefuseMistakes()->Run(context);
  }

  sql::Database database_{{.memory_bytes = 1ULL << 30U, .threads = 2, .spill_folder = {}}};
  sql::Connection connection_ = database_.Connect();
};

TEST_F(RefuseMistakesTest, AllMistakesAreOneError) {
  try {
    Run("SELECT * FROM (VALUES ('b.json', 2, 'id', 'unknown'), ('a.json', 10, NULL, 'no object'), "
        "('a.json', 9, 'dsp', 'unknown'), ('a.json', NULL, NULL, 'empty')) "
        "t(file, line, field, text)");
    FAIL();
  } catch (const UserError& error) {
    EXPECT_STREQ(error.what(),
                 "a.json: empty\na.json:9: dsp: unknown\na.json:10: no object\n"
                 "b.json:2: id: unknown");
  }
}

TEST_F(RefuseMistakesTest, WithoutMistakesTheRowsPass) {
  Run("SELECT 'a' AS file, 1::BIGINT AS line, 'b' AS field, 'c' AS text WHERE false");

  EXPECT_EQ(connection_.QueryInteger("SELECT sum(range) FROM sound"), 3);
}

}  // namespace
}  // namespace weir::operators
