#include "lake/restore.h"

#include "lake/operations_fixture.h"
#include "lake/vacuum.h"

namespace weir::lake {
namespace {

using Strings = std::vector<std::string>;

class RestoreTest : public OperationsTest {
 protected:
  Committed Restore(std::int64_t version) {
    return RestoreTable(warehouse_, Table(),
                        {.to = {.version = version, .as_of = {}}, .origin = {}});
  }
};

TEST_F(RestoreTest, RowsAndColumnsComeBackAsANewVersion) {
  Append("SELECT 1 AS id");
  Write({.select = "SELECT 2 AS id, 'a' AS name", .mode = WriteMode::kOverwrite});
  EXPECT_EQ(Restore(0).version, 2);
  EXPECT_EQ(Rows(), (Strings{"1"}));
  EXPECT_EQ(Restore(1).version, 3);
  EXPECT_EQ(Rows(), (Strings{"2|a"}));
}

TEST_F(RestoreTest, ToThePresentStateCommitsNothing) {
  Append("SELECT 1 AS id");
  EXPECT_FALSE(Restore(0).changed);
}

TEST_F(RestoreTest, AFileThatVacuumDeletedIsNamed) {
  Append("SELECT 1 AS id");
  const std::string path = Paths().at(0);
  Write({.select = "SELECT 2 AS id", .mode = WriteMode::kOverwrite});
  VacuumTable(warehouse_, Table(), {.retention = 0, .allow_short = true, .protected_keys = {}});
  const std::string error = ErrorOf([&] { Restore(0); });
  EXPECT_NE(error.find(path), std::string::npos) << error;
  EXPECT_EQ(Rows(), (Strings{"2"}));
}

TEST_F(RestoreTest, AVersionThatIsNotThereIsAUserError) {
  Append("SELECT 1 AS id");
  EXPECT_NE(ErrorOf([&] { Restore(7); }).find('7'), std::string::npos);
}

}  // namespace
}  // namespace weir::lake
