#include "lake/delete_rows.h"

#include "lake/operations_fixture.h"

namespace weir::lake {
namespace {

using Strings = std::vector<std::string>;

class DeleteRowsTest : public OperationsTest {
 protected:
  Committed Delete(const std::string& where) {
    return DeleteRows(warehouse_, Table(), {.where = where, .bounds = {}, .origin = {}});
  }
};

TEST_F(DeleteRowsTest, RowsForWhichThePredicateIsNullStay) {
  Append("SELECT unnest([1, 2, NULL]) AS id");
  EXPECT_EQ(Delete("id = 2").metrics.rows_deleted, 1);
  EXPECT_EQ(Rows(), (Strings{"1", "null"}));
}

TEST_F(DeleteRowsTest, UntouchedFilesStayAndWholeOnesGoWithoutRewriting) {
  Append("SELECT range AS id FROM range(0, 10)");
  Append("SELECT range AS id FROM range(10, 20)");
  Append("SELECT range AS id FROM range(20, 30)");
  const Committed done = Delete("id BETWEEN 8 AND 19 -- comment");
  EXPECT_EQ(done.metrics.files_removed, 2);
  EXPECT_EQ(done.metrics.files_added, 1);
  EXPECT_EQ(done.metrics.rows_deleted, 12);
  EXPECT_EQ(Rows().size(), 18U);
}

TEST_F(DeleteRowsTest, NothingToDeleteCommitsNothing) {
  Append("SELECT 1 AS id");
  EXPECT_FALSE(Delete("id = 5").changed);
}

TEST_F(DeleteRowsTest, WholePartitionsGoByTheirColumn) {
  Append("SELECT range AS id, range % 3 AS p FROM range(9)", {"p"});
  const Committed done = Delete("p = 1");
  EXPECT_EQ(done.metrics.files_added, 0);
  EXPECT_EQ(done.metrics.rows_deleted, 3);
  EXPECT_EQ(Rows().size(), 6U);
}

TEST_F(DeleteRowsTest, AnAppendOnlyTableRefuses) {
  Append("SELECT 1 AS id");
  const Snapshot base = Open();
  Changes changes;
  changes.metadata = base.metadata;
  changes.metadata->configuration["delta.appendOnly"] = "true";
  warehouse_.Commit(Table(), base, changes);
  EXPECT_NE(ErrorOf([&] { Delete("id = 1"); }).find("append-only"), std::string::npos);
}

TEST_F(DeleteRowsTest, ANameThatIsNoColumnIsAUserError) {
  Append("SELECT 1 AS id");
  EXPECT_NE(ErrorOf([&] { Delete("idx = 1"); }).find("idx"), std::string::npos);
}

}  // namespace
}  // namespace weir::lake
