#include "base/tree_files.h"

#include <fstream>

#include <gtest/gtest.h>

#include "base/test_folder.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

class TreeFilesTest : public testing::Test {
 protected:
  void Write(const std::string& name) {
    fs::create_directories((folder_.path() / name).parent_path());
    std::ofstream(folder_.path() / name) << name;
  }

  std::vector<std::string> Names(const std::string& below) const {
    std::vector<std::string> names;
    for (const fs::path& file : TreeFiles(folder_.path() / below,
                                          [](const std::string& name) { return name[0] == '.'; })) {
      names.push_back(file.lexically_relative(folder_.path()).string());
    }
    return names;
  }

  TestFolder folder_;
};

TEST_F(TreeFilesTest, AreSortedAndSomeNamesAreLeftOut) {
  Write("a/z.txt");
  Write("a/b/c.txt");
  Write("a/.hidden/d.txt");
  Write("a/.e");

  EXPECT_EQ(Names("a"), (std::vector<std::string>{"a/b/c.txt", "a/z.txt"}));
  EXPECT_EQ(Names("none"), std::vector<std::string>());
}

TEST_F(TreeFilesTest, LinksToFoldersAreGoneThroughEachTimeButNotRoundInCircles) {
  Write("elsewhere/deep/x.txt");
  Write("a/y.txt");
  fs::create_directory_symlink(folder_.path() / "elsewhere", folder_.path() / "a" / "one");
  fs::create_directory_symlink(folder_.path() / "elsewhere", folder_.path() / "a" / "two");
  fs::create_directory_symlink(folder_.path() / "a", folder_.path() / "elsewhere" / "back");
  fs::create_directory_symlink(".", folder_.path() / "a" / "self");
  fs::create_symlink("nowhere", folder_.path() / "a" / "broken");

  EXPECT_EQ(Names("a"), (std::vector<std::string>{"a/broken", "a/one/deep/x.txt",
                                                  "a/two/deep/x.txt", "a/y.txt"}));
}

}  // namespace
}  // namespace weir
