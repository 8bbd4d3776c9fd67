#include "connectors/segments/segment_lines.h"

#include <algorithm>
#include <fstream>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/sha256.h"
#include "base/test_folder.h"
#include "base/test_seed.h"
#include "storage/packed_text.h"

namespace weir::connectors {
namespace {

using storage::GzipMember;

class SegmentLinesTest : public testing::Test {
 protected:
  SegmentPart Part(const std::string& name, const std::string& stored, std::int64_t lines) {
    const auto path = folder_.path() / name;
    std::ofstream(path, std::ios::binary) << stored;
    return {.path = path, .bytes = std::ssize(stored), .lines = lines, .sha256 = Sha256Of(stored)};
  }

  static std::vector<std::string> Lines(std::vector<SegmentPart> parts) {
    SegmentLineReader reader(std::move(parts));
    std::vector<std::string> lines;
    while (reader.Next()) {
      const SegmentLine& line = reader.line();
      lines.push_back(fmt::format("{}\t{}\t{}\t{}\t{}\t{}", reader.user(), line.segment,
                                  line.remove ? "remove" : "add", line.timestamp, line.minutes,
                                  line.value));
    }
    return lines;
  }

  std::string ErrorOf(const std::vector<SegmentPart>& parts) {
    try {
      Lines(parts);
    } catch (const UserError& error) {
      std::string text = error.what();
      const std::size_t at = text.find(folder_.text() + "/");
      return at == std::string::npos ? text : text.erase(at, folder_.text().size() + 1);
    }
    return "none";
  }

  std::string ErrorOfLine(const std::string& line) {
    return ErrorOf({Part("p.gz", GzipMember("a\t1\tadd\t5\t6\t7\n" + line + "\n"), 2)});
  }

  TestFolder folder_;
};

TEST_F(SegmentLinesTest, ReadsPartsOneBehindTheOther) {
  std::mt19937 random(TestSeed());
  std::vector<std::string> expected;
  std::vector<SegmentPart> parts;
  for (int part = 0; part < 4; ++part) {
    std::string first;
    std::string second;
    const int lines = part == 2 ? 0 : 30'000;
    for (int i = 0; i < lines; ++i) {
      expected.push_back(fmt::format("{}{:08}{}\t{}\tadd\t{}\t{}\t{}", part, i / 3,
                                     std::string(random() % 60, 'x').substr(0, i % 3 == 0 ? 60 : 0),
                                     random() % 1000, random(), random() % 5000, random() % 1000));
    }
    std::sort(expected.end() - lines, expected.end());
    for (int i = 0; i < lines; ++i) {
      const bool is_last = i == lines - 1;
      (i < lines / 2 ? first : second) +=
          expected[expected.size() - static_cast<std::size_t>(lines - i)] + (is_last && part == 3
                                                                                 ? ""
                                                                             : i % 5 == 0 ? "\r\n"
                                                                                          : "\n");
    }
    parts.push_back(
        Part(fmt::format("{}.gz", part), GzipMember(first) + GzipMember(second), lines));
  }

  EXPECT_EQ(Lines(parts), expected);
}

TEST_F(SegmentLinesTest, WhatALineLeavesOutIsNothing) {
  EXPECT_EQ(Lines({Part("p.gz", GzipMember("a\t1\tremove\t5\t\t\n"), 1)}),
            (std::vector<std::string>{"a\t1\tremove\t5\t0\t0"}));
}

TEST_F(SegmentLinesTest, LinesThatAreNoneAreRefused) {
  EXPECT_EQ(ErrorOfLine("b\t1\tput\t5\t6\t7"),
            "p.gz:2: action is 'put'; add and remove are allowed");
  EXPECT_EQ(ErrorOfLine("b\t1x\tadd\t5\t6\t7"),
            "p.gz:2: dsp_segment_id is '1x'; whole numbers are allowed");
  EXPECT_EQ(ErrorOfLine("b\t1\tadd\t\t6\t7"), "p.gz:2: ts is ''; whole numbers are allowed");
  EXPECT_EQ(ErrorOfLine("b\t1\tadd\t5\t6.5\t7"),
            "p.gz:2: expiration_minutes is '6.5'; whole numbers are allowed");
  EXPECT_EQ(ErrorOfLine("b\t1\tadd\t5\t6\t99999999999999999999"),
            "p.gz:2: value is '99999999999999999999'; whole numbers are allowed");
  EXPECT_EQ(ErrorOfLine("\t1\tadd\t5\t6\t7"), "p.gz:2: dsp_user_id is ''; an id is allowed");
  EXPECT_EQ(ErrorOfLine("b\t1\tadd\t5\t6"),
            "p.gz:2: it has too few fields; 6 with tabs between are allowed");
  EXPECT_EQ(ErrorOfLine("b\t1\tadd\t5\t6\t7\t8"),
            "p.gz:2: it has too many fields; 6 with tabs between are allowed");
}

TEST_F(SegmentLinesTest, UsersThatAreNotSortedAreRefused) {
  EXPECT_EQ(ErrorOfLine("B\t1\tadd\t5\t6\t7"),
            "p.gz:2: user 'B' comes after 'a'; lines must be sorted by user, bytewise");
  EXPECT_EQ(ErrorOf({Part("1.gz", GzipMember("b\t1\tadd\t5\t6\t7\n"), 1),
                     Part("2.gz", GzipMember("a\t1\tadd\t5\t6\t7\n"), 1)}),
            "2.gz:1: user 'a' comes after 'b'; lines must be sorted by user, bytewise");
}

TEST_F(SegmentLinesTest, APartThatIsNotWhatIsSaidOfItIsRefused) {
  const std::string refused = "p.gz: it was taken, but is not the file that _SUCCESS names";
  const std::string stored = GzipMember("a\t1\tadd\t5\t6\t7\n");
  const SegmentPart good = Part("p.gz", stored, 1);
  EXPECT_EQ(ErrorOf({good}), "none");
  SegmentPart part = good;
  part.lines = 2;
  EXPECT_EQ(ErrorOf({part}), refused);
  part = good;
  part.bytes += 1;
  EXPECT_EQ(ErrorOf({part}), refused);
  part = good;
  part.sha256 = Sha256Of("");
  EXPECT_EQ(ErrorOf({part}), refused);
  part = Part("p.gz", "?", 1);  // the digest speaks before what is wrong inside
  part.sha256 = Sha256Of("");
  EXPECT_EQ(ErrorOf({part}), refused);
}

TEST_F(SegmentLinesTest, AFileThatIsNotGzipOrNotWholeIsRefused) {
  const std::string refused = "p.gz: it isn't a gzip file, or not a whole one";
  const std::string stored = GzipMember("a\t1\tadd\t5\t6\t7\n");
  EXPECT_EQ(ErrorOf({Part("p.gz", "a\t1\tadd\t5\t6\t7\n", 1)}), refused);
  EXPECT_EQ(ErrorOf({Part("p.gz", stored.substr(0, stored.size() - 9), 1)}), refused);
  std::string broken = stored;
  broken[broken.size() - 6] ^= 1;  // its checksum
  EXPECT_EQ(ErrorOf({Part("p.gz", broken, 1)}), refused);
}

}  // namespace
}  // namespace weir::connectors
