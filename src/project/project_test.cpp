#include "project/project.h"

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "project/test_project.h"

namespace weir::project {
namespace {

namespace fs = std::filesystem;

// What is wrong with a weir.yaml, each line without the file's name.
std::string FileMistakes(const std::string& text) {
  const TestProject project({{"weir.yaml", text}});
  std::string message = project.Mistakes();
  const std::string file = "weir.yaml:";
  for (auto at = message.find(file); at != std::string::npos; at = message.find(file)) {
    message.erase(at, file.size());
  }
  return message;
}

TEST(Project, HasAWarehouseBesideWeirYaml) {
  const TestProject folder({{"weir.yaml", "name: shop\nwarehouse: ./lake\n"}});

  const Project project = LoadProject(folder.path());

  EXPECT_EQ(project.name, "shop");
  EXPECT_EQ(project.warehouse, (folder.path() / "lake").string());
}

TEST(Project, WarehouseIsAFolderByDefaultAndMayBeAUrlOrAbsolute) {
  const TestProject plain({{"weir.yaml", "name: shop"}});
  const TestProject remote({{"weir.yaml", "{name: shop, warehouse: 's3://bucket/lake'}"}});
  const TestProject absolute({{"weir.yaml", "name: shop\nwarehouse: /data/lake"}});

  EXPECT_EQ(LoadProject(plain.path()).warehouse, (plain.path() / "warehouse").string());
  EXPECT_EQ(LoadProject(remote.path()).warehouse, "s3://bucket/lake");
  EXPECT_EQ(LoadProject(absolute.path()).warehouse, "/data/lake");
}

TEST(Project, TellsAllMistakesWithTheirPlaces) {
  const std::string keys =
      "name, warehouse, environments, stores, locations, partitions, variables, secrets, "
      "connections, alerts, memory, late, keep_for_replay, time_zone";
  EXPECT_EQ(FileMistakes("name: my shop\nwarehuose: x\nwarehouse: [a]\n"),
            "1:7: name 'my shop': only letters, digits, '-' and '_' are allowed\n"
            "2:1: unknown key 'warehuose'; allowed: " +
                keys +
                "; did you mean 'warehouse'?\n"
                "3:12: 'warehouse' must be a text");
  EXPECT_EQ(FileMistakes("name: a\nname: b\n"), "2:1: key 'name' stands here twice");
  EXPECT_EQ(FileMistakes("warehouse: x\n"),
            "1:1: the key 'name' is missing: what the project is called");
  EXPECT_EQ(FileMistakes(""), "1:1: a map is needed here, with the keys " + keys);
  EXPECT_EQ(FileMistakes("name: a\n---\nname: b\n"),
            "2:1: a second YAML document begins here; one is allowed");
  EXPECT_EQ(FileMistakes(", name: shop"), "1:1: not YAML: nothing begins like this");
  EXPECT_TRUE(FileMistakes("name: [a\n").starts_with("2:1: not YAML: "))
      << FileMistakes("name: [a\n");
}

TEST(Project, TellsControlCharactersThatWouldEndTheFile) {
  EXPECT_EQ(FileMistakes("name: a\nmemory: \x04 8GB\n"), "2:9: not YAML: a control character");
}

TEST(Project, TakesEscapedControlCharactersBesideNames) {
  const TestProject folder({{"weir.yaml",
                             "name: a\nvariables: {day: \"{x}\", hive: "
                             "\"\\x01|\\u0002|\\U00000003\"}\n"}});

  const Project project = folder.Load();

  EXPECT_EQ(project.variables.at("hive"), "\x01|\x02|\x03");
  EXPECT_EQ(project.variables.at("day"), "{x}");
}

TEST(Project, TellsAnEndlessFileByItsAliases) {
  std::string text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (const char* line : {"b: &b ", "c: &c ", "d: &d ", "e: &e ", "f: &f "}) {
    const std::string before(1, static_cast<char>(line[0] - 1));
    text += line + std::string("[*") + before;
    for (int i = 0; i < 9; ++i) {
      text += ", *" + before;
    }
    text += "]\n";
  }

  EXPECT_EQ(FileMistakes(text),
            "1:1: not YAML that weir reads: more than 100000 values or 50 levels, perhaps by "
            "aliases");
}

TEST(Project, NamesFilesAsTheyAreFoundFromTheWorkingFolder) {
  const TestProject folder({{"shop/weir.yaml", "nam: shop\n"}});
  const fs::path before = fs::current_path();
  const auto message_from = [&](const fs::path& here) {
    fs::current_path(here);
    std::string message;
    try {
      LoadProject(folder.path() / "shop");
    } catch (const UserError& problem) {
      message = problem.what();
    }
    fs::current_path(before);
    return message.substr(0, message.find(":1:1"));
  };

  EXPECT_EQ(message_from(folder.path() / "shop"), "weir.yaml");
  EXPECT_EQ(message_from(folder.path()), "shop/weir.yaml");
  EXPECT_EQ(message_from(before), (folder.path() / "shop/weir.yaml").string());
}

// Ends the process: 0 if the project's scratch folder lies among the temporary files of a user who
// can't write to the project's.
[[noreturn]] void LookAsAnotherUser(const Project& project) {
  constexpr uid_t kNobody = 65534;
  if (getuid() == 0 && setuid(kNobody) != 0) {
    std::exit(2);
  }
  const std::string scratch = project.ScratchFolder().string();
  std::exit(scratch.starts_with((TemporaryFolder() / "projects").string()) ? 0 : 1);
}

TEST(Project, KeepsWhatMayBeLostAmongTemporaryFilesWhereItIsReadOnly) {
  const TestProject one({{"weir.yaml", "name: shop"}});
  EXPECT_EQ(one.Load().ScratchFolder(), one.path() / ".weir");
  const Project project = one.Load();
  fs::permissions(one.path(), fs::perms::owner_read | fs::perms::owner_exec);

  EXPECT_EXIT(LookAsAnotherUser(project), testing::ExitedWithCode(0), "");

  fs::permissions(one.path(), fs::perms::owner_all);
}

TEST(Project, IsFoundUpwardOrByName) {
  const TestProject folder({{"weir.yaml", "name: shop"}});
  const fs::path before = fs::current_path();
  fs::create_directories(folder.path() / "jobs" / "deep");
  fs::current_path(folder.path() / "jobs" / "deep");

  const auto nearest = FindProjectFolder(std::nullopt);
  const auto named = FindProjectFolder(fs::path("../.."));
  fs::current_path(before);

  EXPECT_EQ(nearest, fs::canonical(folder.path()));
  EXPECT_TRUE(fs::equivalent(*named, folder.path()));
  EXPECT_THROW(FindProjectFolder(folder.path() / "jobs"), UserError);
}

}  // namespace
}  // namespace weir::project
