// Eight processes commit appends, merges and replaces to one table, while others read it. Each
// commit that was reported as done must be in the table once and no other one at all, and every
// version must be what the commits up to it give one after another.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_folder.h"
#include "storage/test_root.h"
#include "base/test_seed.h"
#include "child_process.h"
#include "lake/scan.h"
#include "planned_commit.h"

namespace weir::lake {
namespace {

namespace fs = std::filesystem;

constexpr int kWriters = 8;
const std::string kTable = "s.t";

// Successful commits of each writer: 250 with WEIR_TEST_LONG=1.
int CommitsPerWriter() {
  const char* given = std::getenv("WEIR_TEST_LONG");
  return given != nullptr && std::string_view(given) == "1" ? 250 : 25;
}

sql::DatabaseOptions SmallDatabase() {
  return {.memory_bytes = 256 << 20, .threads = 1, .spill_folder = {}, .spill_bytes = 0};
}

// "done VERSION COMMIT" and "conflict COMMIT | MESSAGE", a line each.
struct Report {
  std::map<std::string, std::int64_t> done;  // commit's name → version
  std::map<std::string, std::string> conflicts;
  std::map<std::string, PlannedCommit> commits;

  void Read(const fs::path& path);
};

void Report::Read(const fs::path& path) {
  std::ifstream file(path);
  for (std::string word; file >> word;) {
    std::string line;
    std::int64_t version = 0;
    if (word == "done") {
      file >> version;
    }
    std::getline(file >> std::ws, line);
    const std::string planned = line.substr(0, line.find(" | "));
    const PlannedCommit commit = PlannedCommit::FromLine(planned);
    commits[commit.name] = commit;
    if (word == "done") {
      done[commit.name] = version;
    } else {
      conflicts[commit.name] = line.substr(planned.size());
    }
  }
}

std::multiset<std::string> RowsOf(Warehouse& warehouse, const VersionChoice& choice) {
  const TableFolder folder = warehouse.FolderOf(kTable);
  const Snapshot snapshot = warehouse.Open(folder, choice);
  std::multiset<std::string> texts;
  const std::string scan = ScanSql(folder, snapshot, snapshot.files);
  for (const auto& row : warehouse.connection()
                             .Query("SELECT concat(part, '|', id, '|', name) FROM (" + scan + ")")
                             .Rows()) {
    texts.insert(std::get<std::string>(row.at(0)));
  }
  return texts;
}

// The run id that each version's commit info tells, by version.
std::vector<std::string> RunIds(Warehouse& warehouse) {
  const TableFolder folder = warehouse.FolderOf(kTable);
  std::vector<std::string> ids;
  for (std::int64_t version = 0; version <= LatestVersion(folder); ++version) {
    for (const Action& action : ReadLogEntry(folder, version)) {
      if (const auto* info = std::get_if<CommitInfo>(&action)) {
        ids.push_back(info->run_id);
      }
    }
  }
  return ids;
}

class ConcurrencyTest : public testing::Test {
 protected:
  std::string root() const { return root_.url(); }
  fs::path ReportPath(int writer) const { return folder_.path() / std::to_string(writer); }

  Report RunWriters() {
    const std::uint64_t seed = TestSeed();
    const std::string stop = folder_.text() + "/stop";
    ChildProcess reader({"read", root(), stop});
    std::vector<ChildProcess> writers;
    for (int i = 0; i < kWriters; ++i) {
      writers.emplace_back(std::vector<std::string>{"write", root(), ReportPath(i).string(),
                                                    std::to_string(i), std::to_string(seed)});
    }
    Report report;
    for (int i = 0; i < kWriters; ++i) {
      EXPECT_EQ(writers[static_cast<std::size_t>(i)].Wait(), 0) << "writer " << i;
      report.Read(ReportPath(i));
    }
    std::ofstream(stop) << "";
    EXPECT_EQ(reader.Wait(), 0) << "the reader saw half a commit";
    return report;
  }

  TestFolder folder_;
  storage::TestRoot root_;
  sql::Database database_{SmallDatabase()};
  Warehouse warehouse_{root(), database_};
};

TEST_F(ConcurrencyTest, EveryReportedCommitIsThereOnceAndEveryLoserKnowsWhoWon) {
  const PlannedCommit first{
      .name = "first", .kind = CommitKind::kAppend, .rows = {{.part = 0, .id = 0}}};
  WriteTable(warehouse_, warehouse_.FolderOf(kTable), RequestOf(first));

  Report report = RunWriters();
  report.commits["first"] = first;
  report.done["first"] = 0;

  std::cout << fmt::format("  {} commits, {} conflicts\n", report.done.size(),
                           report.conflicts.size());
  EXPECT_EQ(report.done.size(), static_cast<std::size_t>(kWriters * CommitsPerWriter() + 1));
  for (const auto& [name, message] : report.conflicts) {
    EXPECT_TRUE(message.find(": version ") != std::string::npos &&
                message.find("run w") != std::string::npos)
        << message;
  }
  const std::vector<std::string> ids = RunIds(warehouse_);
  ASSERT_EQ(ids.size(), report.done.size());
  ModelTable model;
  for (std::size_t version = 0; version < ids.size(); ++version) {
    ASSERT_TRUE(report.done.contains(ids[version])) << ids[version] << " was not reported";
    EXPECT_EQ(report.done.at(ids[version]), static_cast<std::int64_t>(version));
    model.Apply(report.commits.at(ids[version]));
    if (version % 7 == 0 || version + 1 == ids.size()) {
      ASSERT_EQ(RowsOf(warehouse_, {.version = static_cast<std::int64_t>(version), .as_of = {}}),
                model.Texts())
          << "at version " << version;
    }
  }
}

// Commits until enough have succeeded.
int Write(Warehouse& warehouse, const std::vector<std::string>& arguments) {
  std::ofstream report(arguments.at(2));
  const int writer = std::stoi(arguments.at(3));
  std::mt19937_64 random(std::stoull(arguments.at(4)) + static_cast<std::uint64_t>(writer));
  int sequence = 0;
  for (int done = 0; done < CommitsPerWriter(); ++sequence) {
    const PlannedCommit commit = PlanRandomCommit(random, writer, sequence);
    try {
      const Committed committed =
          WriteTable(warehouse, warehouse.FolderOf(kTable), RequestOf(commit));
      report << fmt::format("done {} {}\n", committed.version, commit.ToLine());
      ++done;
    } catch (const ConflictError& error) {
      report << fmt::format("conflict {} | {}\n", commit.ToLine(), error.what());
    }
  }
  return 0;
}

// What is appended stays, and comes with all its rows or none.
int Read(Warehouse& warehouse, const fs::path& stop) {
  std::int64_t newest = -1;
  std::size_t appended = 0;
  while (!fs::exists(stop)) {
    const TableFolder folder = warehouse.FolderOf(kTable);
    const Snapshot snapshot = warehouse.Open(folder);
    const std::string scan = ScanSql(folder, snapshot, snapshot.files);
    const auto rows =
        warehouse.connection()
            .Query(fmt::format("SELECT name, count(*) FROM ({}) WHERE part >= {} GROUP BY name",
                               scan, kFirstAppendPart))
            .Rows();
    for (const auto& row : rows) {
      if (std::get<std::int64_t>(row.at(1)) != 3) {
        throw std::logic_error("half an append at version " + std::to_string(snapshot.version));
      }
    }
    if (snapshot.version < newest || rows.size() < appended) {
      throw std::logic_error("the table went back to version " + std::to_string(snapshot.version));
    }
    newest = snapshot.version;
    appended = rows.size();
  }
  return 0;
}

// A child's work: "write ROOT REPORT WRITER SEED" or "read ROOT STOP-FILE".
int RunChild(const std::vector<std::string>& arguments) {
  try {
    sql::Database database(SmallDatabase());
    Warehouse warehouse(arguments.at(1), database);
    return arguments[0] == "write" ? Write(warehouse, arguments) : Read(warehouse, arguments.at(2));
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
