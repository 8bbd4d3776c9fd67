#include "project/project.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/run_id.h"

namespace weir::project {
namespace {

namespace fs = std::filesystem;

// A folder with a weir.yaml that is removed again.
class ProjectFolder {
 public:
  explicit ProjectFolder(const std::string& text) {
    fs::create_directories(path_);
    std::ofstream(path_ / kProjectFile) << text;
  }
  ~ProjectFolder() { fs::remove_all(path_); }
  ProjectFolder(const ProjectFolder&) = delete;
  ProjectFolder& operator=(const ProjectFolder&) = delete;

  const fs::path& path() const { return path_; }

 private:
  fs::path path_ = fs::temp_directory_path() / ("weir_project_" + NewUuid());
};

// What is wrong with a weir.yaml, each line without the file's name.
std::string Mistakes(const std::string& text) {
  const ProjectFolder folder(text);
  const std::string file = (folder.path() / kProjectFile).string() + ":";
  try {
    LoadProject(folder.path());
  } catch (const UserError& problem) {
    std::string message = problem.what();
    for (auto at = message.find(file); at != std::string::npos; at = message.find(file)) {
      message.erase(at, file.size());
    }
    return message;
  }
  return "";
}

TEST(Project, HasAWarehouseBesideWeirYaml) {
  const ProjectFolder folder("name: shop\nwarehouse: ./lake\n");

  const Project project = LoadProject(folder.path());

  EXPECT_EQ(project.name, "shop");
  EXPECT_EQ(project.warehouse, (folder.path() / "lake").string());
}

TEST(Project, WarehouseIsAFolderByDefaultAndMayBeAUrlOrAbsolute) {
  const ProjectFolder plain("name: shop");
  const ProjectFolder remote("{name: shop, warehouse: 's3://bucket/lake'}");
  const ProjectFolder absolute("name: shop\nwarehouse: /data/lake");

  EXPECT_EQ(LoadProject(plain.path()).warehouse, (plain.path() / "warehouse").string());
  EXPECT_EQ(LoadProject(remote.path()).warehouse, "s3://bucket/lake");
  EXPECT_EQ(LoadProject(absolute.path()).warehouse, "/data/lake");
}

TEST(Project, TellsAllMistakesWithTheirPlaces) {
  EXPECT_EQ(Mistakes("name: my shop\nwarehuose: x\nwarehouse: [a]\n"),
            "1:7: name 'my shop': only letters, digits, '-' and '_' are allowed\n"
            "2:1: unknown key 'warehuose'; allowed: name, warehouse; did you mean 'warehouse'?\n"
            "3:12: 'warehouse' must be a text");
  EXPECT_EQ(Mistakes("name: a\nname: b\n"), "2:1: key 'name' stands here twice");
  EXPECT_EQ(Mistakes("warehouse: x\n"),
            "1:1: the key 'name' is missing: what the project is called");
  EXPECT_EQ(Mistakes(""), "1:1: a map is needed here, with the keys name, warehouse");
  EXPECT_TRUE(Mistakes("name: [a\n").starts_with("2:1: not YAML: ")) << Mistakes("name: [a\n");
}

TEST(Project, IsFoundUpwardOrByName) {
  const ProjectFolder folder("name: shop");
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
