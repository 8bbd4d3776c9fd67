// Topics of files against what was written into them, read whole or in batches of any size.
#include <algorithm>
#include <chrono>
#include <map>
#include <random>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/test_seed.h"
#include "connectors/connector_fixture.h"
#include "connectors/topic/topic_batch.h"
#include "storage/local_store.h"
#include "storage/packed_text.h"

namespace weir::connectors {
namespace {

// What hex digits stand for.
std::string BytesOf(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

using NumberedLines = std::vector<std::string>;  // "partition:offset:line"

class TopicTest : public ConnectorTest {
 protected:
  // One batch; notes what it has read.
  NumberedLines ReadBatch(std::int64_t limit, bool growing = false) {
    ConnectorContext context =
        Context("topic", Direction::kIn, {{"path", "raw"}, {"topic", "t"}, {"growing", growing}});
    context.limit_bytes = limit;
    const ReadReport report = table_.Find("topic").Read(context);
    NumberedLines rows;
    const std::string sql = "SELECT source_partition, source_offset, hex(line) FROM rows";
    for (const auto& row : connection_.Query(sql).Rows()) {
      rows.push_back(fmt::format("{}:{}:{}", std::get<std::string>(row[0]),
                                 std::get<std::int64_t>(row[1]),
                                 BytesOf(std::get<std::string>(row[2]))));
    }
    finished_.insert(report.finished.begin(), report.finished.end());
    return rows;
  }

  bool IsPending() {
    ConnectorContext context = Context("topic", Direction::kIn, {{"path", "raw"}, {"topic", "t"}});
    return !table_.Find("topic").Pending(context).empty();
  }

  NumberedLines ReadAll(std::int64_t limit) {
    NumberedLines all;
    while (IsPending()) {
      const NumberedLines rows = ReadBatch(limit);
      all.insert(all.end(), rows.begin(), rows.end());
    }
    return all;
  }
};

TEST_F(TopicTest, GivesEachLineOnceInOrderForAnyBatchSize) {
  std::mt19937 random(TestSeed());
  NumberedLines expected;
  std::map<std::string, std::string> files;
  for (const char* name : {"b.ndjson", "a/1.ndjson.gz", "a/2.tsv.zst", "c.tsv", "empty.ndjson"}) {
    std::string& text = files[name];
    const int lines = std::string(name) == "empty.ndjson" ? 0 : static_cast<int>(random() % 300);
    for (int i = 0; i < lines; ++i) {
      std::string line(random() % 40, static_cast<char>('a' + random() % 26));
      line += random() % 5 == 0 ? "\xFF\r" : "";
      const bool has_end = i + 1 < lines || random() % 2 == 0;
      text += line + (has_end ? "\n" : "");
      if (!line.empty() || has_end) {
        expected.push_back(fmt::format("{}:{}:{}", name, i + 1, line));
      }
    }
    const std::string all = std::string(name).ends_with(".gz") && !text.empty()
                                ? storage::GzipMember(text.substr(0, text.size() / 2)) +
                                      storage::GzipMember(text.substr(text.size() / 2))
                            : std::string(name).ends_with(".zst") ? storage::ZstdFrame(text)
                                                                  : text;
    Write(std::string("raw/") + name, all);
  }
  Write("raw/.hidden.ndjson", "no\n");
  Write("raw/notes.txt", "no\n");
  std::ranges::stable_sort(expected, {},
                           [](const std::string& row) { return row.substr(0, row.find(':')); });
  for (const std::int64_t limit : {1, 17, 400, 1 << 20}) {
    finished_.clear();
    EXPECT_EQ(ReadAll(limit), expected) << "batches of " << limit;
    EXPECT_FALSE(IsPending());
  }
}

// Files of all packings, some so well packed that nobody guesses their size, some damaged.
TopicFile RandomFile(std::mt19937& random, int number, std::string& stored) {
  std::string text;
  const auto lines = random() % 3000;
  const auto letters = 1 + random() % 150;
  for (std::size_t i = 0; i < lines; ++i) {
    const auto letter = random() % 3 == 0 ? random() : i;
    text.append(letters, static_cast<char>('a' + letter % 26)).push_back('\n');
  }
  const char* const suffixes[] = {".ndjson", ".ndjson.gz", ".tsv.zst"};
  const auto packing = random() % 3;
  stored = packing == 0   ? text
           : packing == 1 ? storage::GzipMember(text)
                          : storage::ZstdFrame(text);
  if (packing > 0 && random() % 20 == 0) {
    stored.resize(stored.size() / 2);
  }
  return {.partition = fmt::format("{:02}{}", number, suffixes[packing]),
          .size = static_cast<std::int64_t>(stored.size())};
}

// All that a batch says, or the error that it ends with.
std::vector<std::string> TextsOf(const TopicBatchRequest& request,
                                 const std::vector<TopicRest>& rest) {
  std::vector<std::string> texts;
  try {
    for (const TopicLines& part : ReadTopicBatch(request, rest, {})) {
      texts.push_back(fmt::format("{} {} {} {}", part.partition, part.first_offset,
                                  fmt::join(part.lines, "|"), part.after.ToText()));
    }
  } catch (const UserError& error) {
    texts = {error.what()};
  }
  return texts;
}

TEST_F(TopicTest, ABatchIsTheSameForAnyNumberOfThreads) {
  std::mt19937 random(TestSeed());
  for (int round = 0; round < TestRounds() / 2; ++round) {
    const storage::LocalStore store(folder_.path() / std::to_string(round));
    std::vector<TopicRest> rest;
    for (int i = 0; i < 12; ++i) {
      std::string stored;
      TopicRest& file = rest.emplace_back();
      file.file = RandomFile(random, i, stored);
      Write(fmt::format("{}/{}", round, file.file.partition), stored);
    }
    const auto request = [&](std::int64_t limit, int threads) {
      return TopicBatchRequest{
          .folder = store, .topic = "t", .limit = limit, .growing = false, .threads = threads};
    };
    for (int i = 0; i < 20; ++i) {
      const std::int64_t limit = 1 + random() % (i == 0 ? 100'000 : 3'000'000);
      const auto expected = TextsOf(request(limit, 1), rest);
      EXPECT_EQ(TextsOf(request(limit, 4), rest), expected) << "batch of " << limit;
    }
  }
}

TEST_F(TopicTest, FollowsAGrowingFile) {
  Write("raw/a.ndjson", "one\ntw");
  EXPECT_EQ(ReadBatch(1 << 20, true), (NumberedLines{"a.ndjson:1:one"}));
  EXPECT_FALSE(IsPending());
  Write("raw/a.ndjson", "one\ntwo\nthree\n");
  EXPECT_EQ(ReadBatch(1 << 20, true), (NumberedLines{"a.ndjson:2:two", "a.ndjson:3:three"}));
  EXPECT_FALSE(IsPending());
}

TEST_F(TopicTest, AFileOfAByteOrderMarkAloneHasNoLine) {
  Write("raw/a.ndjson", "\xEF\xBB\xBF");
  EXPECT_EQ(ReadBatch(1 << 20), NumberedLines());
  EXPECT_FALSE(IsPending());
}

TEST_F(TopicTest, ReadsAFileWithOtherContentsAnew) {
  Write("raw/a.ndjson", "one\n");
  EXPECT_EQ(ReadBatch(1 << 20), (NumberedLines{"a.ndjson:1:one"}));
  Write("raw/a.ndjson", "other\nlines\n");
  EXPECT_EQ(ReadBatch(1 << 20), (NumberedLines{"a.ndjson:1:other", "a.ndjson:2:lines"}));
  EXPECT_FALSE(IsPending());
}

// What was read of one file, by a slow reader that keeps all contents it has seen whole.
class SlowReader {
 public:
  explicit SlowReader(bool may_grow) : may_grow_(may_grow) {}

  // The lines of `contents` that are to be read, numbered.
  NumberedLines Read(const std::string& name, const std::vector<std::string>& contents) {
    std::size_t known = 0;
    for (const std::vector<std::string>& before : seen_) {
      const bool goes_on = before.size() <= contents.size() &&
                           std::equal(before.begin(), before.end(), contents.begin());
      if (before == contents || (goes_on && may_grow_)) {
        known = std::max(known, before.size());
      }
    }
    seen_.push_back(contents);
    NumberedLines rows;
    for (std::size_t i = known; i < contents.size(); ++i) {
      rows.push_back(fmt::format("{}:{}:{}", name, i + 1, contents[i]));
    }
    return rows;
  }

 private:
  bool may_grow_;
  std::vector<std::vector<std::string>> seen_;
};

// Touches, appends to, or changes a file's lines, some of them behind what a head shows.
void ChangeLines(std::vector<std::string>& lines, std::mt19937& random) {
  constexpr std::size_t kLong = 25'000;
  const auto line = [&](char letter) { return std::string(kLong, letter); };
  const auto letter = [&] { return static_cast<char>('a' + random() % 26); };
  switch (lines.empty() ? 1 : random() % 5) {
    case 0:  // it is touched
      break;
    case 1:
    case 2:
      lines.push_back(line(letter()));
      break;
    case 3:
      lines[random() % lines.size()] = line(letter());  // of the same size
      break;
    default:
      lines.pop_back();
  }
}

TEST_F(TopicTest, ReadsFilesThatAreReplacedTouchedOrLongerAsASlowReaderDoes) {
  std::mt19937 random(TestSeed());
  for (const char* name : {"a.ndjson", "a.ndjson.gz"}) {
    const bool is_packed = std::string(name).ends_with(".gz");
    SlowReader slow(!is_packed);
    std::vector<std::string> lines;
    for (int round = 0; round < 60; ++round) {
      ChangeLines(lines, random);
      std::string text;
      for (const std::string& line : lines) {
        text += line + "\n";
      }
      Write(std::string("raw/") + name, is_packed ? storage::GzipMember(text) : text);
      std::filesystem::last_write_time(
          folder_.path() / "raw" / name,
          std::filesystem::file_time_type(std::chrono::seconds(1'000'000 + round)));

      ASSERT_EQ(ReadAll(1 + static_cast<std::int64_t>(random() % 80'000)), slow.Read(name, lines))
          << name << " round " << round;
    }
    std::filesystem::remove(folder_.path() / "raw" / name);
  }
}

TEST_F(TopicTest, AFileThatAnEarlierVersionHasReadStaysRead) {
  Write("raw/a.ndjson", "one\n");
  ReadBatch(1 << 20);
  const std::string text = *finished_.begin();
  finished_ = {text.substr(0, text.find(" version="))};

  EXPECT_FALSE(IsPending());
  Write("raw/a.ndjson", "one\ntwo\n");
  EXPECT_EQ(ReadBatch(1 << 20), (NumberedLines{"a.ndjson:2:two"}));
  EXPECT_FALSE(IsPending());
}

TEST_F(TopicTest, WhatATouchedFileIsIsNotedByTheNextBatch) {
  Write("raw/a.ndjson", "one\n");
  ReadBatch(1 << 20);
  const auto path = folder_.path() / "raw/a.ndjson";
  std::filesystem::last_write_time(path, std::filesystem::file_time_type(std::chrono::hours(1)));
  Write("raw/b.ndjson", "two\n");

  EXPECT_EQ(ReadBatch(1 << 20), (NumberedLines{"b.ndjson:1:two"}));

  EXPECT_EQ(finished_.size(), 3U) << "both of a.ndjson, and b.ndjson's";
  EXPECT_FALSE(IsPending());
}

TEST_F(TopicTest, NamesAFileThatIsDamaged) {
  const std::string whole = storage::GzipMember(std::string(10'000, 'x') + "\n");
  Write("raw/a.ndjson.gz", whole.substr(0, whole.size() - 9));
  const auto error = [&]() -> std::string {
    try {
      ReadBatch(1 << 20);
      return "none";
    } catch (const UserError& problem) {
      return problem.what();
    }
  };
  EXPECT_NE(error().find("a.ndjson.gz: the gzip data is cut off at byte"), std::string::npos);
  Write("raw/a.ndjson.gz", "this is no gzip");
  EXPECT_NE(error().find("a.ndjson.gz: the gzip data is damaged at byte"), std::string::npos);
  std::filesystem::remove(folder_.path() / "raw/a.ndjson.gz");
  Write("raw/b.tsv.zst", storage::ZstdFrame("text").substr(0, 6));
  EXPECT_NE(error().find("b.tsv.zst: the zstd data is"), std::string::npos);
}

TEST(TopicPosition, ReadsWhatItWrites) {
  const TopicPosition position{.topic = "ingested-af",
                               .partition = "a b/size=3 c.ndjson",
                               .size = 12,
                               .read = 10,
                               .lines = 2,
                               .is_whole = false,
                               .head = "00ff"};
  EXPECT_EQ(ParseTopicPosition(position.ToText()), position);
  for (const char* name : {"a rest=1.ndjson", "a head=1 rest=1.ndjson", "a sum=2 version=3.tsv"}) {
    for (const bool is_whole : {false, true}) {
      TopicPosition other = position;
      other.partition = name;
      other.is_whole = is_whole;
      other.version = "17";
      other.sum = "00aa";
      EXPECT_EQ(ParseTopicPosition(other.ToText()), other) << name;
    }
  }
  const auto old = ParseTopicPosition("t/a.ndjson size=4 read=4 lines=1 head=00ff");
  ASSERT_TRUE(old);
  EXPECT_TRUE(old->is_whole && old->sum.empty() && old->version.empty());
  EXPECT_EQ(ParseTopicPosition("in/a.csv"), std::nullopt);
}

}  // namespace
}  // namespace weir::connectors
