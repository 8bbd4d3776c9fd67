// Topics of files against what was written into them, read whole or in batches of any size.
#include <algorithm>
#include <map>
#include <random>

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include "base/test_seed.h"
#include "connectors/connector_fixture.h"
#include "connectors/topic/topic_batch.h"

namespace weir::connectors {
namespace {

std::string Gzip(const std::string& text) {
  z_stream stream{};
  constexpr int kWindow = 15 + 16;
  deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kWindow, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string Zstd(const std::string& text) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 1));
  return packed;
}

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
    const std::string all =
        std::string(name).ends_with(".gz") && !text.empty()
            ? Gzip(text.substr(0, text.size() / 2)) + Gzip(text.substr(text.size() / 2))
        : std::string(name).ends_with(".zst") ? Zstd(text)
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

TEST_F(TopicTest, NamesAFileThatIsDamaged) {
  const std::string whole = Gzip(std::string(10'000, 'x') + "\n");
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
  Write("raw/b.tsv.zst", Zstd("text").substr(0, 6));
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
  EXPECT_EQ(ParseTopicPosition("in/a.csv"), std::nullopt);
}

}  // namespace
}  // namespace weir::connectors
