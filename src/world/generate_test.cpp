#include "world/generate.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <zlib.h>

#include "base/error.h"
#include "base/test_folder.h"
#include "sql/database.h"
#include "world/describe.h"

namespace weir::world {
namespace {

namespace fs = std::filesystem;

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string UnpackedFile(const fs::path& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  std::string bytes;
  std::array<char, 65536> piece{};
  for (int count = 1; count > 0;) {
    count = gzread(file, piece.data(), static_cast<unsigned>(piece.size()));
    bytes.append(piece.data(), static_cast<std::size_t>(std::max(count, 0)));
  }
  gzclose(file);
  return bytes;
}

// Every file below `folder` by its path, with its bytes.
std::map<std::string, std::string> FilesOf(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) {
      files[fs::relative(entry.path(), folder).string()] = ReadFile(entry.path());
    }
  }
  return files;
}

// Lines as the rules split them: a mark at the start is skipped, a last line may have no end.
std::vector<std::string> LinesOf(const std::string& bytes) {
  std::vector<std::string> lines;
  std::size_t start = bytes.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  while (start < bytes.size()) {
    const std::size_t end = std::min(bytes.find('\n', start), bytes.size());
    std::string line = bytes.substr(start, end - start);
    if (line.ends_with('\r')) {
      line.pop_back();
    }
    lines.push_back(std::move(line));
    start = end + 1;
  }
  return lines;
}

class GeneratedWorld : public ::testing::Test {
 protected:
  WorldOptions Options(const std::string& name) const {
    WorldOptions options;
    options.folder = folder_.path() / name;
    options.people = 600;
    options.days = 3;
    options.seed = 5;
    options.start_day = 20458;  // 2026-01-05
    options.people_per_file = 200;
    options.sites = 400;
    options.rates = DefaultRates();
    options.rates.bad = kCertain / 20;
    options.rates.duplicates = kCertain / 20;
    options.rates.redelivered = kCertain / 20;
    options.rates.strays = kCertain / 20;
    options.rates.empty = kCertain / 200;
    return options;
  }
  WorldSummary Make(const WorldOptions& options) const {
    return GenerateWorld(options, {}, [](const Progress&) {});
  }
  std::int64_t Ask(const std::string& sql) { return database_.Connect().QueryInteger(sql); }

  TestFolder folder_;
  sql::Database database_{sql::DatabaseOptions{}};
};

TEST_F(GeneratedWorld, HasTheSameBytesForAnyNumberOfThreads) {
  std::vector<std::map<std::string, std::string>> worlds;
  for (const int threads : {1, 2, 8}) {
    WorldOptions options = Options(fmt::format("w{}", threads));
    options.threads = threads;
    options.partners = true;
    Make(options);
    worlds.push_back(FilesOf(options.folder));
  }

  EXPECT_EQ(worlds[0].size(), 3U * 3 * 6 + 6 + 5 + 1);
  EXPECT_TRUE(worlds[0] == worlds[1]);
  EXPECT_TRUE(worlds[0] == worlds[2]);
}

// Plain files are written in pieces, packed ones whole.
TEST_F(GeneratedWorld, HasTheSameLinesPackedAndPlain) {
  WorldOptions plain = Options("plain");
  plain.people_per_file = plain.people;
  WorldOptions packed = plain;
  packed.folder = folder_.path() / "packed";
  packed.compression = Compression::kGzip;

  Make(plain);
  Make(packed);

  std::size_t longest = 0;
  for (const auto& [path, bytes] : FilesOf(plain.folder / "raw")) {
    EXPECT_TRUE(bytes == UnpackedFile(packed.folder / "raw" / (path + ".gz"))) << path;
    longest = std::max(longest, bytes.size());
  }
  EXPECT_GT(longest, 500'000);
}

TEST_F(GeneratedWorld, DiffersByItsSeed) {
  WorldOptions one = Options("one");
  WorldOptions two = Options("two");
  two.seed = one.seed + (std::uint64_t{1} << 32);
  Make(one);
  Make(two);

  EXPECT_NE(FilesOf(one.folder / "raw"), FilesOf(two.folder / "raw"));
}

TEST_F(GeneratedWorld, TellsTheOutcomeOfEveryLineOnce) {
  const WorldOptions options = Options("w");
  const WorldSummary summary = Make(options);
  std::uint64_t lines = 0;

  for (const auto& [path, bytes] : FilesOf(options.folder / "raw")) {
    const std::string topic = path.substr(0, path.find('/'));
    const std::string file = path.substr(path.find('/') + 1);
    const auto expected = static_cast<std::int64_t>(LinesOf(bytes).size());
    const std::string where =
        fmt::format("FROM read_parquet('{}') WHERE topic = '{}' AND file = '{}'",
                    (options.folder / "truth/lines.parquet").string(), topic, file);
    EXPECT_EQ(Ask("SELECT count(*) " + where), expected) << path;
    EXPECT_EQ(Ask("SELECT count(DISTINCT line) " + where), expected) << path;
    EXPECT_EQ(Ask("SELECT max(line) - min(line) + 1 " + where), expected) << path;
    lines += static_cast<std::uint64_t>(expected);
  }

  EXPECT_EQ(lines, summary.lines);
}

// Of a line that is neither bad nor late to be known by its plain members: what its event is.
std::string PlainEvent(const nlohmann::json& line) {
  std::string text;
  for (const char* member : {"uid", "event", "order_id"}) {
    text += line.value(member, member == std::string("event") ? "page_view" : "") + "|";
  }
  text += line.value("pixel_id", nlohmann::json(0)).is_number()
              ? fmt::format("{}", line.value("pixel_id", 0.0))
              : "";
  return text;
}

TEST_F(GeneratedWorld, DuplicatesHaveACountedCopyBeforeThem) {
  const WorldOptions options = Options("w");
  Make(options);
  sql::Connection connection = database_.Connect();
  std::set<std::string> counted;
  std::size_t duplicates = 0;

  for (const auto& [path, bytes] : FilesOf(options.folder / "raw" / "ingested-af")) {
    const auto outcomes =
        connection
            .Query(fmt::format("SELECT outcome FROM read_parquet('{}') WHERE topic = 'ingested-af' "
                               "AND file = '{}' ORDER BY line",
                               (options.folder / "truth/lines.parquet").string(), path))
            .Rows();
    const std::vector<std::string> lines = LinesOf(bytes);
    for (std::size_t line = 0; line < lines.size(); ++line) {
      const std::string outcome = std::get<std::string>(outcomes[line][0]);
      if (outcome == "bad") {
        continue;
      }
      const nlohmann::json json = nlohmann::json::parse(lines[line]);
      ASSERT_TRUE(json.is_object());
      if (outcome == "duplicate") {
        EXPECT_TRUE(counted.contains(PlainEvent(json))) << lines[line];
        ++duplicates;
      } else {
        counted.insert(PlainEvent(json));
      }
    }
  }

  EXPECT_GT(duplicates, 50U);
}

TEST_F(GeneratedWorld, EdgesAndEvidenceAreOfKnownPeople) {
  const WorldOptions options = Options("w");
  Make(options);
  const std::string truth = (options.folder / "truth/").string();
  const auto file = [&truth](const char* name) {
    return fmt::format("read_parquet('{}{}.parquet')", truth, name);
  };

  // Both ends of an edge that is no noise belong to one person or one family.
  EXPECT_EQ(Ask(fmt::format(
                "SELECT count(*) FROM {0} AS e WHERE NOT noise AND NOT EXISTS (FROM {1} AS a, {1} "
                "AS b WHERE a.party = e.party_a AND a.user_id = e.id_a AND b.party = e.party_b AND "
                "b.user_id = e.id_b AND a.person = b.person)",
                file("edges"), file("people"))),
            0);
  EXPECT_EQ(Ask(fmt::format("SELECT count(*) FROM {} WHERE (party_a, id_a) >= (party_b, id_b)",
                            file("edges"))),
            0);
  EXPECT_GT(Ask(fmt::format("SELECT count(*) FROM {}", file("edges"))), 100);
  EXPECT_EQ(Ask(fmt::format("SELECT count(*) FROM {}", file("evidence_oracle"))), 600 * 12);
  EXPECT_EQ(Ask(fmt::format("SELECT count(*) FROM {} WHERE NOT score BETWEEN 0 AND 0.9",
                            file("evidence_oracle"))),
            0);
  EXPECT_EQ(Ask(fmt::format("SELECT count(*) FROM {} WHERE length(user_id) < 16", file("people"))),
            0);
  // The mean of the evidence is that of the propensity: a posterior is calibrated.
  EXPECT_NEAR(std::get<double>(
                  database_.Connect()
                      .Query(fmt::format(
                          "SELECT (SELECT avg(score) FROM {}) / (SELECT avg(probability) FROM {})",
                          file("evidence_oracle"), file("propensity")))
                      .Cell()),
              1, 0.1);
}

TEST_F(GeneratedWorld, IsDescribed) {
  WorldOptions options = Options("w");
  options.people = 2000;
  options.sites = 5000;
  Make(options);

  const std::vector<Section> sections = DescribeWorld(options.folder, database_, {});

  const auto zipf = std::ranges::find_if(
      sections, [](const Section& section) { return section.title.starts_with("Zipf"); });
  ASSERT_NE(zipf, sections.end());
  EXPECT_NEAR(std::stod(zipf->rows[0][0]), 1, 0.35);
  for (const Section& section : sections) {
    EXPECT_FALSE(section.rows.empty()) << section.title;
    for (const auto& row : section.rows) {
      EXPECT_EQ(row.size(), section.headings.size()) << section.title;
    }
  }
  EXPECT_THROW(DescribeWorld(folder_.path(), database_, {}), UserError);
}

TEST_F(GeneratedWorld, RefusesFoldersWithSomethingInThemAndOptionsOutOfRange) {
  WorldOptions options = Options("full");
  fs::create_directories(options.folder);
  std::ofstream(options.folder / "file") << "x";
  EXPECT_THROW(Make(options), UserError);

  options = Options("odd");
  options.people_per_file = 30;
  EXPECT_THROW(Make(options), UsageError);
  options = Options("none");
  options.people = 0;
  EXPECT_THROW(Make(options), UsageError);
}

}  // namespace
}  // namespace weir::world
