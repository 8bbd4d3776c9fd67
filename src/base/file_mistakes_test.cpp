#include "base/file_mistakes.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(FileMistakesTest, AreInTheOrderOfTheirLines) {
  EXPECT_EQ(ToText({{.file = "b.json", .line = 1, .text = "broken"},
                    {.file = "a.json", .line = 10, .field = "id", .text = "one"},
                    {.file = "a.json", .line = 9, .field = "name", .text = "two"},
                    {.file = "a.json", .line = 9, .field = "dsp", .text = "three"},
                    {.file = "a.json", .text = "no line"}}),
            "a.json: no line\n"
            "a.json:9: name: two\n"
            "a.json:9: dsp: three\n"
            "a.json:10: id: one\n"
            "b.json:1: broken");
}

TEST(FileMistakesTest, ManyAreCounted) {
  const FileMistake mistake{.file = "a", .line = 1, .text = "x"};

  const std::string twenty = ToText(std::vector(20, mistake));
  const std::string more = ToText(std::vector(23, mistake));

  EXPECT_EQ(twenty.find("more"), std::string::npos);
  EXPECT_EQ(more, twenty + "\nand 3 more");
}

}  // namespace
}  // namespace weir
