#include "cli/forget/json_texts.h"

#include <gtest/gtest.h>

namespace weir::cli {
namespace {

using Json = nlohmann::ordered_json;

TEST(JsonTextsTest, LinesOfADestinationGoThatTellOfANumberThatIsAnId) {
  const IdPatterns patterns({"4013681496264948"});
  Json attempt = {{"job", "4013681496264948"},
                  {"phase", "done"},
                  {"error_lines",
                   {"4013681496264948: user is unknown", "40136814962649481: user is unknown",
                    "line 3: 4013681496264948 bytes"}}};
  ASSERT_TRUE(HasMessageOf(attempt, patterns));

  EXPECT_EQ(TakeTextsOut(attempt, connectors::NamedPeople::kInErrorLines, patterns), 1);

  const Json left = {
      {"job", "4013681496264948"},
      {"phase", "done"},
      {"error_lines", {"40136814962649481: user is unknown", "line 3: 4013681496264948 bytes"}}};
  EXPECT_EQ(attempt, left);
  EXPECT_FALSE(HasMessageOf(attempt, patterns));
}

}  // namespace
}  // namespace weir::cli
