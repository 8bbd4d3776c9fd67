#include "connectors/show/show.h"

#include "connectors/connector_fixture.h"

namespace weir::connectors {
namespace {

using Lines = std::vector<std::string>;

class ShowTest : public ConnectorTest {};

TEST_F(ShowTest, GivesTheFirstRowsAsText) {
  connection_.Run(
      "CREATE TEMP TABLE rows AS SELECT * FROM (VALUES (3, 'c', 1.50::DECIMAL(4,2)), (1, NULL, "
      "NULL), (2, 'b', 0.25)) t(n, name, share)");

  const SendReport report =
      Send("show", {{"title", "Three rows"}, {"sort_by", {"n"}}, {"rows", 2}});

  ASSERT_TRUE(report.shown);
  EXPECT_EQ(report.rows, 3);
  EXPECT_EQ(report.shown->title, "Three rows");
  EXPECT_EQ(report.shown->headings, (Lines{">n", "name", ">share"}));
  EXPECT_EQ(report.shown->rows, (std::vector<Lines>{{"1", "", ""}, {"2", "b", "0.25"}}));
  EXPECT_EQ(report.shown->more, 1);
}

TEST_F(ShowTest, UnknownColumnsAreNamed) {
  connection_.Run("CREATE TEMP TABLE rows AS SELECT 1 AS amount");

  EXPECT_NE(ErrorOf([&] {
              Send("show", {{"title", "x"}, {"sort_by", "amont"}});
            }).find("did you mean 'amount'?"),
            std::string::npos);
}

}  // namespace
}  // namespace weir::connectors
