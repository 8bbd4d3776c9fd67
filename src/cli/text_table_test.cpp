#include "cli/text_table.h"

#include <gtest/gtest.h>

namespace weir::cli {
namespace {

TEST(TextTable, AlignsColumnsByWhatIsSeen) {
  TextTable table({"name", ">rows", "note"});
  table.Add({"café", "7", "x"});
  table.Add({"orders", "1,234", ""});

  EXPECT_EQ(table.Text(),
            "name     rows  note\n"
            "café        7  x\n"
            "orders  1,234\n");
}

}  // namespace
}  // namespace weir::cli
