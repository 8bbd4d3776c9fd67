#pragma once

#include <string>

#include <gtest/gtest.h>

#include "project/mistakes.h"
#include "sql/database.h"

// What tests of both determinism checks share: a database of one thread, and the text of mistakes.
namespace weir::jobs {

class DeterminismFixture : public testing::Test {
 protected:
  // "line:column: text" of each mistake, without the words that all have.
  static std::string TextOf(const project::Mistakes& mistakes) {
    const std::string head = "results would differ from run to run: ";
    const std::string tail = " (or deterministic: false, if that is meant)";
    std::string text;
    for (const project::Mistake& mistake : mistakes.Sorted()) {
      EXPECT_TRUE(mistake.text.starts_with(head) && mistake.text.ends_with(tail)) << mistake.text;
      text += (text.empty() ? "" : "\n") + std::to_string(mistake.place.line) + ":" +
              std::to_string(mistake.place.column) + ": " +
              mistake.text.substr(head.size(), mistake.text.size() - head.size() - tail.size());
    }
    return text;
  }

  sql::Database database_{sql::DatabaseOptions{.threads = 1, .spill_folder = {}}};
  sql::Connection connection_ = database_.Connect();
};

}  // namespace weir::jobs
