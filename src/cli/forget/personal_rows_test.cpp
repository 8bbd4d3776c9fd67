#include "cli/forget/personal_rows.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "jobs/ledger/ledger_state.h"
#include "sql/quote.h"

namespace weir::cli {
namespace {

jobs::RunRecord RecordOf(int generation, const std::string& error, const std::string& why,
                         const std::vector<std::string>& messages) {
  jobs::RunRecord record;
  record.key = {.job = "j", .partition = "amer", .interval = {.start = 0, .end = 60}};
  record.key.generation = generation;
  record.state = jobs::RunState::kFailed;
  record.started = 1;
  record.ended = 2;
  record.error = error;
  record.why = why;
  for (const std::string& message : messages) {
    record.checks.push_back(
        {.name = "hello", .subject = "hello", .outcome = "failed", .message = message});
  }
  return record;
}

class PersonalRowsTest : public testing::Test {
 protected:
  // What is left of rows of weir.runs or weir.checks, by run; `columns` of them.
  std::vector<std::vector<sql::Value>> Rest(const std::string& rows, const std::string& columns) {
    connection_.Run("CREATE OR REPLACE TEMP TABLE t AS " + rows);
    operators::UserKeys keys("0123456789abcdef");
    const ScratchIds ids(
        connection_, {{.party = "an", .user_id = "hello"}, {.party = "an", .user_id = "7"}}, keys);
    const auto personal = FindPersonalRows(connection_.Describe("FROM t"), ids).value();
    std::string sets;
    for (const auto& [column, rest] : personal.rest) {
      sets += fmt::format("{}{} = {}", sets.empty() ? "" : ", ", column, rest);
    }
    num_named_ = connection_.QueryInteger("SELECT count(*) FROM t WHERE " + personal.where);
    connection_.Run(fmt::format("UPDATE t SET {} WHERE {}", sets, personal.where));
    return connection_.Query(fmt::format("SELECT {} FROM t ORDER BY run", columns)).Rows();
  }

  // Of rows (dsp, dsp_user_id), those that are about one of `ids`.
  std::vector<std::string> Named(const std::string& rows, const std::vector<PersonId>& ids,
                                 const std::map<std::string, std::string>& dsp_parties) {
    connection_.Run("CREATE OR REPLACE TEMP TABLE t AS " + rows);
    operators::UserKeys keys("0123456789abcdef");
    const ScratchIds scratch(connection_, ids, keys, {.dsp_parties = dsp_parties});
    const auto personal = FindPersonalRows(connection_.Describe("FROM t"), scratch).value();
    std::vector<std::string> named;
    for (const auto& row : connection_
                               .Query("SELECT concat(dsp, ':', dsp_user_id) FROM t WHERE " +
                                      personal.where + " ORDER BY ALL")
                               .Rows()) {
      named.push_back(std::get<std::string>(row.at(0)));
    }
    return named;
  }

  sql::Database database_{{.memory_bytes = 256 << 20, .threads = 2, .spill_folder = {}}};
  sql::Connection connection_ = database_.Connect();
  std::int64_t num_named_ = 0;
};

TEST_F(PersonalRowsTest, RunsThatAreCompactedLoseMessagesAndNothingElse) {
  const std::vector<jobs::RunRecord> before = {
      RecordOf(1, "bad 'hello' of 7 rows", "failed: bad 'hello'", {"user '7'", "7 rows", "hello"}),
      RecordOf(2, "", "missing", {}), RecordOf(3, "", "missing", {"hello hello"}),
      RecordOf(4, "bad", "failed: hello", {})};
  const std::vector<jobs::RunRecord> expected = {
      RecordOf(1, "bad '(forgotten)' of 7 rows", "failed: bad '(forgotten)'",
               {"user '(forgotten)'", "7 rows", "(forgotten)"}),
      RecordOf(2, "", "missing", {}), RecordOf(3, "", "missing", {"(forgotten) (forgotten)"}),
      RecordOf(4, "bad", "failed: (forgotten)", {})};

  const auto rows = Rest(jobs::RunRowsSql(before), "record, coalesce(error, ''), why");

  EXPECT_EQ(num_named_, 3);
  ASSERT_EQ(rows.size(), expected.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string record = std::get<std::string>(rows[i].at(0));
    EXPECT_EQ(jobs::ParseRunRecord(record, "row"), expected[i]) << record;
    EXPECT_EQ(std::get<std::string>(rows[i].at(1)), expected[i].error);
    EXPECT_EQ(std::get<std::string>(rows[i].at(2)), expected[i].why);
  }
}

TEST_F(PersonalRowsTest, ChecksThatAreCompactedLoseMessagesAndNothingElse) {
  const auto rows = Rest(
      jobs::CheckRowsSql({RecordOf(1, "", "", {"user hello"}), RecordOf(2, "", "", {"7 rows"})}),
      "name, message");

  EXPECT_EQ(num_named_, 1);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(std::get<std::string>(rows[0].at(0)), "hello");
  EXPECT_EQ(std::get<std::string>(rows[0].at(1)), "user (forgotten)");
  EXPECT_EQ(std::get<std::string>(rows[1].at(1)), "7 rows");
}

TEST_F(PersonalRowsTest, AnIdAtADspIsOneOfThePartyThatItTakes) {
  const std::string rows =
      "SELECT unnest(['files', 'gone', 'xandr', 'none']) AS dsp, unnest([['17', '18'], ['17', "
      "'18'], ['17', '18'], ['17', '18']]) AS users";
  const std::string table =
      "SELECT nullif(dsp, 'none') AS dsp, unnest(users) AS dsp_user_id FROM (" + rows + ")";
  const std::vector<PersonId> ids = {{.party = "af", .user_id = "17"}};

  // Nobody knows any more whose ids a DSP took that isn't there: any party's.
  EXPECT_EQ(Named(table, ids, {{"xandr", "an"}, {"files", "af"}}),
            (std::vector<std::string>{":17", "files:17", "gone:17"}));
  EXPECT_EQ(Named(table, ids, {{"xandr", "af"}, {"files", "an"}}),
            (std::vector<std::string>{":17", "gone:17", "xandr:17"}));
  EXPECT_EQ(Named(table, ids, {}),
            (std::vector<std::string>{":17", "files:17", "gone:17", "xandr:17"}));
}

TEST_F(PersonalRowsTest, LinesOfDestinationsGoThatBeginWithANumberThatIsAnId) {
  const auto rows = Rest(
      "SELECT 1 AS run, ['7: user is unknown', '77: user is unknown', '5: 7 lines'] AS "
      "error_log_lines UNION ALL SELECT 2, ['8: user is unknown']",
      "array_to_string(error_log_lines, '|')");

  EXPECT_EQ(num_named_, 1);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(std::get<std::string>(rows[0].at(0)), "77: user is unknown|5: 7 lines");
  EXPECT_EQ(std::get<std::string>(rows[1].at(0)), "8: user is unknown");
}

}  // namespace
}  // namespace weir::cli
