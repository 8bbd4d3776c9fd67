// The walk through folders against an obvious list of all of them, the newest first.
#include "connectors/secor/finaliser.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "base/test_folder.h"
#include "base/test_seed.h"

namespace weir::connectors {
namespace {

const Micros kEnd = *ParseTimestamp("2026-01-07");

// "dt=2026-01-06", "dt=2026-01-06/hr=23", … back from kEnd, as the specification tells it.
std::vector<std::string> AllBefore(SecorDepth depth, int days) {
  std::vector<std::string> names;
  for (int day = 1; day <= days; ++day) {
    const std::string name =
        "dt=" + FormatDate(static_cast<std::int32_t>((kEnd - day * kDay) / kDay));
    names.push_back(name);
    for (int hour = 23; hour >= 0 && depth != SecorDepth::kDay; --hour) {
      names.push_back(fmt::format("{}/hr={:02}", name, hour));
      for (int minute = 59; minute >= 0 && depth == SecorDepth::kMinute; --minute) {
        names.push_back(fmt::format("{}/hr={:02}/min={:02}", name, hour, minute));
      }
    }
  }
  return names;
}

TEST(Finaliser, WalksBackThroughAllFoldersInOrder) {
  for (const SecorDepth depth : {SecorDepth::kDay, SecorDepth::kHour, SecorDepth::kMinute}) {
    SecorFolder folder = FolderOfTime(kEnd, depth);
    for (const std::string& name : AllBefore(depth, 3)) {
      folder = FolderBefore(folder, depth);
      ASSERT_EQ(fmt::format("{}", fmt::join(folder.partitions(), "/")), name);
    }
  }
}

class FinaliserTest : public ::testing::Test {
 protected:
  void Touch(const std::string& name) {
    const std::filesystem::path path = folder_.path() / "t" / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << "x";
  }
  bool IsMarked(const std::string& name) const {
    return std::filesystem::exists(folder_.path() / "t" / name / "_SUCCESS");
  }

  TestFolder folder_;
};

TEST_F(FinaliserTest, MarksWhatIsBeforeBackToTheFirstMark) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < 60; ++round) {
    std::filesystem::remove_all(folder_.path() / "t");
    const auto depth = static_cast<SecorDepth>(random() % 3);
    const std::vector<std::string> names = AllBefore(depth, 2);
    const auto is_full = [&](const std::string& name) {
      return std::ranges::count(name, '/') == static_cast<std::ptrdiff_t>(depth);
    };
    std::size_t not_final = random() % std::min<std::size_t>(names.size() - 1, 200);
    while (!is_full(names[not_final])) {
      ++not_final;
    }
    std::set<std::string> exists;
    std::set<std::string> expected;  // that are marked
    for (std::size_t at = not_final; at < std::min(not_final + 15, names.size()); ++at) {
      const std::string& name = names[at];
      if (!is_full(name) || random() % 3 == 0) {
        continue;
      }
      Touch(name + "/1_0_00000000000000000000");
      for (std::size_t end = 0; end != std::string::npos;) {
        end = name.find('/', end + 1);
        exists.insert(name.substr(0, end));
      }
      if (random() % 15 == 0) {
        Touch(name + "/_SUCCESS");
        expected.insert(name);
      }
    }
    for (std::size_t at = not_final + 1; at < std::min(not_final + 11, names.size()); ++at) {
      if (expected.contains(names[at])) {
        break;
      }
      if (exists.contains(names[at])) {
        expected.insert(names[at]);
      }
    }

    const auto store = storage::OpenStore(folder_.path().string());
    SecorFolder folder = FolderOfTime(kEnd, depth);
    while (fmt::format("{}", fmt::join(folder.partitions(), "/")) != names[not_final]) {
      folder = FolderBefore(folder, depth);
    }
    FinaliseFolders(*store, "t", depth, folder.start + 59'999'999);

    for (std::size_t at = 0; at < std::min(not_final + 20, names.size()); ++at) {
      ASSERT_EQ(IsMarked(names[at]), expected.contains(names[at]))
          << names[at] << " before " << names[not_final];
    }
  }
}

}  // namespace
}  // namespace weir::connectors
