#include "connectors/topic/segment_log.h"

#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/test_folder.h"
#include "base/test_seed.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;

std::string TextOf(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Files by name: those that readers see, or those that are open.
std::map<std::string, std::string> FilesIn(const fs::path& folder, bool are_open) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && name.starts_with('.') == are_open) {
      files.emplace(name, TextOf(entry.path()));
    }
  }
  return files;
}

std::multiset<std::string> LinesIn(const fs::path& folder) {
  std::multiset<std::string> lines;
  for (const auto& [name, text] : FilesIn(folder, false)) {
    EXPECT_TRUE(text.ends_with('\n')) << name;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
      lines.insert(line);
    }
  }
  return lines;
}

TEST(SegmentLog, HoldsAllThatManyThreadsAppendOnceAndInTheirOrder) {
  const TestFolder folder;
  std::multiset<std::string> wanted;
  {
    SegmentLog log({.folder = folder.path(), .segment_bytes = 2000});
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 8; ++thread) {
      for (int i = 0; i < 100; ++i) {
        wanted.insert(std::to_string(thread) + " " + std::to_string(i));
      }
      threads.emplace_back([&log, thread] {
        for (int i = 0; i < 100; i += 2) {
          const auto line = [&](int at) {
            return std::to_string(thread) + " " + std::to_string(at) + "\n";
          };
          log.Append(line(i) + line(i + 1));
        }
      });
    }
    threads.clear();
    EXPECT_EQ(log.figures().appends, 400U);
    log.Close();
    EXPECT_THROW(log.Append("late\n"), ExternalError);
  }
  EXPECT_EQ(LinesIn(folder.path()), wanted);
  EXPECT_TRUE(FilesIn(folder.path(), true).empty());
  EXPECT_GT(FilesIn(folder.path(), false).size(), 1U);
  std::map<std::string, int> last;  // names are in the order in which files were begun
  for (const auto& [name, text] : FilesIn(folder.path(), false)) {
    std::istringstream stream(text);
    for (std::string thread, number; stream >> thread >> number;) {
      const auto [known, is_first] = last.emplace(thread, -1);
      EXPECT_EQ(std::stoi(number), known->second + 1) << name;
      known->second = std::stoi(number);
    }
  }
}

TEST(SegmentLog, WhatADeadWriterLeftIsCutBehindItsLastLine) {
  std::mt19937_64 source(TestSeed());
  for (int round = 0; round < 50; ++round) {
    const TestFolder folder;
    const fs::path open_file = folder.path() / "2026-01-05" / ".a.ndjson.open";
    fs::create_directories(open_file.parent_path());
    std::string text;
    const std::size_t bytes = source() % 3 == 0 ? source() % 200'000 : source() % 20;
    for (std::size_t i = 0; i < bytes; ++i) {
      text += source() % (bytes > 1000 ? 100'000 : 5) == 0 ? '\n' : 'x';
    }
    std::ofstream(open_file, std::ios::binary) << text;
    const std::size_t end = text.rfind('\n');
    const std::string whole = end == std::string::npos ? "" : text.substr(0, end + 1);

    EXPECT_EQ(FinishLeftOvers(folder.path()), 1);

    const std::map<std::string, std::string> wanted =
        whole.empty() ? std::map<std::string, std::string>()
                      : std::map<std::string, std::string>{{"a.ndjson", whole}};
    ASSERT_EQ(FilesIn(folder.path(), false), wanted);
    ASSERT_TRUE(FilesIn(folder.path(), true).empty());
  }
}

TEST(SegmentLog, AFileWhoseWriterLivesIsLeftAlone) {
  const TestFolder folder;
  SegmentFile file(folder.path(), 0);
  file.Append("1\n");
  EXPECT_EQ(FinishLeftOvers(folder.path()), 0);
  EXPECT_EQ(FilesIn(folder.path(), true).size(), 1U);
  file.Append("2\n");
  file.Finish();
  EXPECT_EQ(LinesIn(folder.path()), (std::multiset<std::string>{"1", "2"}));
}

// A disk that is full: files can't grow past a limit in a process of its own.
TEST(SegmentLog, WhatADiskDoesNotTakeIsAnErrorAndNotInTheFile) {
  const TestFolder folder;
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{.rlim_cur = 1000, .rlim_max = 1000};
    setrlimit(RLIMIT_FSIZE, &limit);
    SegmentFile file(folder.path(), 0);
    file.Append(std::string(899, 'a') + "\n");
    bool has_failed = false;
    try {
      file.Append(std::string(199, 'b') + "\n");
    } catch (const ExternalError&) {
      has_failed = true;
    }
    file.Append("after\n");
    file.Finish();
    _exit(has_failed && !file.IsBroken() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(LinesIn(folder.path()), (std::multiset<std::string>{std::string(899, 'a'), "after"}));
}

TEST(SegmentLog, RefusesMoreThanMayWait) {
  const TestFolder folder;
  SegmentLog log({.folder = folder.path(), .most_waiting_bytes = 1000});
  std::atomic<int> refused = 0;
  std::atomic<int> taken = 0;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 16; ++thread) {
    threads.emplace_back([&] {
      const std::string line = std::string(399, 'x') + "\n";
      for (int i = 0; i < 200 || refused == 0; ++i) {
        try {
          log.Append(line);
          ++taken;
        } catch (const BusyError&) {
          ++refused;
        }
      }
    });
  }
  threads.clear();
  log.Close();
  EXPECT_EQ(LinesIn(folder.path()).size(), static_cast<std::size_t>(taken));
  EXPECT_GT(taken, 0);
}

TEST(SegmentLog, AFolderThatCantBeMadeIsAnErrorAtTheStart) {
  const TestFolder folder;
  std::ofstream(folder.path() / "file") << "x";
  EXPECT_THROW(SegmentLog({.folder = folder.path() / "file" / "topic"}), ExternalError);
}

}  // namespace
}  // namespace weir::connectors
