// Kills a run that writes four tables at each point of its commit and looks whether readers see all
// four old or all four new, whether the next start finishes what was begun, and whether nothing is
// lost, doubled or left behind.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "base/test_folder.h"
#include "storage/test_root.h"
#include "base/test_seed.h"
#include "child_process.h"
#include "four_tables.h"
#include "lake/intent.h"
#include "lake/vacuum.h"

namespace weir::lake {
namespace {

namespace fs = std::filesystem;

constexpr int kLeastHits = 5;

// One kill: the point, and the how manieth time it is reached.
struct Kill {
  std::string point;
  int occurrence = 1;
  bool is_committed = false;  // the commit point is behind

  std::string text() const { return fmt::format("{}:{}", point, occurrence); }
};

// A point, how often a run reaches it, and from which time on the run is committed.
struct Point {
  std::string name;
  int occurrences = 1;
  int committed_from = 1;
};

constexpr int kNever = 1000;

const std::vector<Point>& PointsUntilTheIntent() {
  static const std::vector<Point> kPoints = {
      {.name = "data:before-sync", .occurrences = 4, .committed_from = kNever},
      {.name = "data:after-sync", .occurrences = 4, .committed_from = kNever},
      {.name = "intent:before-put", .occurrences = 1, .committed_from = kNever},
      {.name = "put-if-absent:before-link", .occurrences = 1, .committed_from = kNever},
      {.name = "put-if-absent:after-link", .occurrences = 1},
      {.name = "intent:after-put", .occurrences = 1}};
  return kPoints;
}

const std::vector<Point>& PointsOfTheTables() {
  static const std::vector<Point> kPoints = {
      {.name = "commit:before-entry", .occurrences = 4},
      {.name = "put-if-absent:before-link", .occurrences = 5, .committed_from = 2},
      {.name = "put-if-absent:after-link", .occurrences = 5},
      {.name = "commit:after-entry", .occurrences = 4},
      {.name = "intent:after-table", .occurrences = 4},
      {.name = "intent:before-delete", .occurrences = 1},
      {.name = "intent:after-delete", .occurrences = 1}};
  return kPoints;
}

const std::vector<Point>& PointsOfCheckpoints() {
  static const std::vector<Point> kPoints = {
      {.name = "checkpoint:before", .occurrences = 4},
      {.name = "checkpoint:before-pointer", .occurrences = 4},
      {.name = "put:before-rename", .occurrences = 8},
      {.name = "checkpoint:after", .occurrences = 4}};
  return kPoints;
}

// Each point at least five times, over its occurrences, in random order.
std::vector<Kill> KillsAt(const std::vector<Point>& points, std::mt19937_64& random) {
  const int hits = std::max(kLeastHits, TestRounds() / 4);
  std::vector<Kill> kills;
  for (const Point& point : points) {
    for (int i = 0; i < hits; ++i) {
      const int occurrence = i % point.occurrences + 1;
      kills.push_back({.point = point.name,
                       .occurrence = occurrence,
                       .is_committed = occurrence >= point.committed_from});
    }
  }
  std::ranges::shuffle(kills, random);
  return kills;
}

class KillTest : public testing::Test {
 protected:
  KillTest() : random_(TestSeed()) {}

  std::string root() const { return root_.url(); }
  std::string log() const { return folder_.text() + "/hits"; }
  Warehouse Start() { return Warehouse(root(), database_); }

  // Runs a child that dies at `kill`.
  void RunAndKill(const std::vector<std::string>& arguments, const Kill& kill) {
    ChildProcess child(arguments, {"WEIR_FAILPOINT=" + kill.text(), "WEIR_FAILPOINT_LOG=" + log()});
    EXPECT_EQ(child.Wait(), -SIGKILL) << "was not killed at " << kill.text();
  }

  void KillWriter(std::int64_t generation, const Kill& kill) {
    RunAndKill({"write", root(), std::to_string(generation)}, kill);
  }

  // What the next start must see: all old or all new, as the point has it, and nothing half done.
  void ExpectGeneration(std::int64_t generation) {
    Warehouse warehouse = Start();
    EXPECT_EQ(ReadGenerationOfRows(warehouse), generation);
    EXPECT_EQ(ReadGeneration(warehouse), generation);
    EXPECT_TRUE(ListIntents(warehouse.store()).empty());
    for (const std::string& table : FourTables()) {
      EXPECT_EQ(LatestVersion(warehouse.FolderOf(table)), generation) << table;
    }
  }

  // Kills writers at each of `points` while another process reads; returns the last generation.
  std::int64_t KillWriters(const std::vector<Point>& points, bool at_checkpoint) {
    const std::string stop = folder_.text() + "/stop";
    Warehouse warehouse = Start();
    WriteGeneration(warehouse, 0);
    ChildProcess reader({"read", root(), stop});
    std::int64_t generation = 0;
    for (const Kill& kill : KillsAt(points, random_)) {
      if (at_checkpoint && generation % 2 == 0) {
        WriteGeneration(warehouse, ++generation);
      }
      KillWriter(generation + 1, kill);
      generation += kill.is_committed ? 1 : 0;
      ExpectGeneration(generation);
      if (HasFailure()) {
        ADD_FAILURE() << "after a kill at " << kill.text();
        break;
      }
    }
    std::ofstream(stop) << "";
    EXPECT_EQ(reader.Wait(), 0) << "the reader saw tables of different runs";
    return generation;
  }

  // Prints point → hits, and fails if one has too few.
  void ExpectHits(const std::vector<Point>& points) {
    std::map<std::string, int> hits;
    std::ifstream file(log());
    for (std::string line; std::getline(file, line);) {
      ++hits[line];
    }
    for (const Point& point : points) {
      std::cout << fmt::format("  {:<28} {:>4} kills\n", point.name, hits[point.name]);
      EXPECT_GE(hits[point.name], kLeastHits) << point.name;
    }
  }

  TestFolder folder_;
  storage::TestRoot root_;
  std::mt19937_64 random_;
  sql::Database database_{SmallDatabase()};
};

// Data files below the tables that no version names.
std::set<std::string> Orphans(Warehouse& warehouse) {
  std::set<std::string> orphans;
  for (const std::string& table : FourTables()) {
    const TableFolder folder = warehouse.FolderOf(table);
    for (const storage::ObjectInfo& object : folder.store->List("", {})) {
      if (object.key.ends_with(".parquet") && !object.key.starts_with("_delta_log/")) {
        orphans.insert(table + "/" + object.key);
      }
    }
    for (std::int64_t version = 0; version <= LatestVersion(folder); ++version) {
      for (const Action& action : ReadLogEntry(folder, version)) {
        if (const auto* add = std::get_if<AddFile>(&action)) {
          orphans.erase(table + "/" + DecodePath(add->path));
        }
      }
    }
  }
  return orphans;
}

std::set<std::string> VacuumAll(Warehouse& warehouse) {
  std::set<std::string> deleted;
  for (const std::string& table : FourTables()) {
    for (const auto& object : VacuumTable(warehouse, warehouse.FolderOf(table), {}).deleted) {
      deleted.insert(table + "/" + object.key);
    }
  }
  return deleted;
}

// Makes everything below `folder` eight days old.
void Age(const std::string& folder) {
  const auto time = fs::file_time_type::clock::now() - std::chrono::hours(8 * 24);
  const fs::path place = storage::TestsAreOnS3() ? storage::S3Server::Shared()->root() : fs::path(folder);
  for (const auto& entry : fs::recursive_directory_iterator(place)) {
    if (entry.is_regular_file()) {
      fs::last_write_time(entry.path(), time);
    }
  }
}

TEST_F(KillTest, UntilTheIntentNothingHappenedAndOrphansGoInTheirTime) {
  const std::int64_t generation = KillWriters(PointsUntilTheIntent(), false);
  ExpectHits(PointsUntilTheIntent());

  Warehouse warehouse = Start();
  const std::set<std::string> orphans = Orphans(warehouse);
  EXPECT_FALSE(orphans.empty());
  EXPECT_TRUE(VacuumAll(warehouse).empty());
  Age(root());
  std::set<std::string> deleted = VacuumAll(warehouse);
  std::erase_if(deleted, [](const std::string& key) { return !key.ends_with(".parquet"); });
  EXPECT_EQ(deleted, orphans);
  ExpectGeneration(generation);
}

TEST_F(KillTest, OnceTheIntentStandsTheNextStartFinishes) {
  KillWriters(PointsOfTheTables(), false);
  ExpectHits(PointsOfTheTables());
}

TEST_F(KillTest, ACheckpointThatWasNotDoneIsNoLoss) {
  KillWriters(PointsOfCheckpoints(), true);
  ExpectHits(PointsOfCheckpoints());
}

TEST_F(KillTest, TablesAreMadeAllOrNone) {
  std::vector<Point> points = PointsUntilTheIntent();
  points.insert(points.end(), PointsOfTheTables().begin() + 2, PointsOfTheTables().end());
  for (const Kill& kill : KillsAt(points, random_)) {
    KillWriter(0, kill);
    ExpectGeneration(kill.is_committed ? 0 : -1);
    ASSERT_FALSE(HasFailure()) << "after a kill at " << kill.text();
    storage::ClearStore(*storage::OpenStore(root()));
  }
  ExpectHits(points);
}

TEST_F(KillTest, WhoeverRollsForwardMayDieToo) {
  std::vector<Point> points = PointsOfTheTables();
  for (Point& point : points) {
    point.occurrences = std::min(point.occurrences, 4);  // the intent is put already
    point.committed_from = 1;
  }
  std::int64_t generation = 0;
  Warehouse warehouse = Start();
  WriteGeneration(warehouse, 0);
  for (const Kill& kill : KillsAt(points, random_)) {
    KillWriter(++generation, {.point = "intent:after-put", .occurrence = 1, .is_committed = true});
    RunAndKill({"open", root()}, kill);
    ExpectGeneration(generation);
    ASSERT_FALSE(HasFailure()) << "after a kill at " << kill.text();
  }
  ExpectHits(points);
}

int ReadUntil(Warehouse& warehouse, const fs::path& stop) {
  std::int64_t newest = -1;
  for (int looks = 0; !fs::exists(stop); ++looks) {
    const std::int64_t generation =
        looks % 8 == 0 ? ReadGenerationOfRows(warehouse) : ReadGeneration(warehouse);
    if (generation < newest) {
      throw std::logic_error(fmt::format("generation {} came after {}", generation, newest));
    }
    newest = generation;
  }
  return 0;
}

// A child's work: "write ROOT GENERATION", "open ROOT" or "read ROOT STOP-FILE".
int RunChild(const std::vector<std::string>& arguments) {
  try {
    sql::Database database(SmallDatabase());
    Warehouse warehouse(arguments.at(1), database);
    if (arguments[0] == "write") {
      WriteGeneration(warehouse, std::stoll(arguments.at(2)));
    } else if (arguments[0] == "open") {
      ReadGeneration(warehouse);
    } else {
      return ReadUntil(warehouse, arguments.at(2));
    }
    return 0;
  } catch (const std::exception& error) {
    std::cerr << fmt::format("{}: {}\n", fmt::join(arguments, " "), error.what());
    return 1;
  }
}

}  // namespace
}  // namespace weir::lake

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  if (count > 1) {
    return weir::lake::RunChild({arguments + 1, arguments + count});
  }
  return RUN_ALL_TESTS();
}
