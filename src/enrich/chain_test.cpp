// Lines made with a known outcome, in random order over files and blocks: the chain must find each
// line's outcome, whatever the batches and threads are.
#include "enrich/chain.h"

#include <cstring>
#include <map>
#include <random>
#include <set>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/hashing.h"
#include "base/test_seed.h"
#include "enrich/enriched_columns.h"
#include "enrich/reference.h"

namespace weir::enrich {
namespace {

constexpr Micros kNow = 1767700000000000;
constexpr const char* kBrowser =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.0.0 Safari/537.36";
constexpr const char* kConsent = "CQuCLYAQuCLYAAfACAENBkEgALAAAAAAAAYgAQAAAAAEAAAAAAAA";

std::string PackFile(const std::string& name) {
  return ReadFile(std::filesystem::path(WEIR_TEST_SCRIPTS) / "../../packs/adtech/reference" / name);
}

// Everything that the links look things up in; made once, as the rules for user agents are slow to
// compile.
struct Library {
  PublicSuffixList suffixes{ReadFile(DepsFile("public-suffix-list/public_suffix_list.dat"))};
  UserAgentParser user_agents{ReadFile(DepsFile("uap-core/regexes.yaml"))};
  BotPatterns bots{ReadFile(DepsFile("crawler-user-agents/crawler-user-agents.json"))};
  IpRanges bot_addresses{"66.249.64.0/19\n", "bots.txt"};
  GeoDatabase places{DepsFile("geo/geo-whois-asn-country.mmdb")};
  Regions regions{PackFile("regions.tsv"), "regions.tsv"};
  SuppressedIds suppressed{
      "salt",
      {SuppressedIds::HashId("salt", "af", "erased"), SuppressedIds::HashId("salt", "st", "gone")}};

  ChainReferences references() const {
    return {.suffixes = suffixes,
            .user_agents = user_agents,
            .bots = bots,
            .bot_addresses = bot_addresses,
            .places = places,
            .regions = regions,
            .suppressed_ids = suppressed};
  }
};

const Library& TheLibrary() {
  static const Library kLibrary;
  return kLibrary;
}

ChainSettings Settings(LineFormat format = LineFormat::kRawEvent, int threads = 1) {
  ChainSettings settings;
  settings.lines = {.format = format, .party = "af", .base_url = {}};
  settings.source = "ingested-af";
  settings.now = kNow;
  settings.query_keys = {"id"};
  settings.threads = threads;
  return settings;
}

// The text of a cell of a record batch; "-" for null. Lists are joined by '|'.
std::string CellText(const ArrowArray& column, const DataType& type, std::int64_t row) {
  const auto* validity = static_cast<const std::uint8_t*>(column.buffers[0]);
  if (validity != nullptr && (validity[row / 8] >> (row % 8) & 1) == 0) {
    return "-";
  }
  std::string text;
  const auto* ends =
      static_cast<const std::int32_t*>(column.n_buffers > 1 ? column.buffers[1] : nullptr);
  switch (type.kind) {
    case TypeKind::kString:
      return {static_cast<const char*>(column.buffers[2]) + ends[row],
              static_cast<std::size_t>(ends[row + 1] - ends[row])};
    case TypeKind::kArray:
      for (std::int32_t item = ends[row]; item < ends[row + 1]; ++item) {
        text +=
            (text.empty() ? "" : "|") + CellText(*column.children[0], type.children[0].type, item);
      }
      return text;
    case TypeKind::kStruct:
      for (std::size_t part = 0; part < type.children.size(); ++part) {
        text += (text.empty() ? "" : ":") +
                CellText(*column.children[part], type.children[part].type, row);
      }
      return text;
    case TypeKind::kDouble:
      return fmt::format("{}", static_cast<const double*>(column.buffers[1])[row]);
    default:
      return fmt::format("{}", static_cast<const std::int64_t*>(column.buffers[1])[row]);
  }
}

using Row = std::map<std::string, std::string>;

std::vector<Row> RowsOf(const std::vector<Batch>& batches, const Schema& schema) {
  std::vector<Row> rows;
  for (const Batch& batch : batches) {
    for (std::int64_t row = 0; row < batch.num_rows(); ++row) {
      Row& cells = rows.emplace_back();
      for (std::size_t column = 0; column < schema.fields.size(); ++column) {
        cells[schema.fields[column].name] =
            CellText(*batch.get()->children[column], schema.fields[column].type, row);
      }
    }
  }
  return rows;
}

struct Outcome {
  std::vector<Row> good;
  std::vector<Row> bad;
  std::vector<Verdict> verdicts;
  std::vector<SourceCounts> counts;
};

// Runs the lines of some partitions as one batch.
Outcome RunFiles(Chain& chain,
                 const std::vector<std::pair<std::string, std::vector<std::string>>>& files,
                 DuplicateIndex& seen, std::int64_t first_offset = 1) {
  std::vector<std::vector<std::string_view>> views;
  std::vector<SourceLines> sources;
  for (const auto& [name, lines] : files) {
    views.emplace_back(lines.begin(), lines.end());
  }
  for (std::size_t file = 0; file < files.size(); ++file) {
    sources.push_back(
        {.partition = files[file].first, .first_offset = first_offset, .lines = views[file]});
  }
  ParsedLines parsed = chain.Parse(sources);
  for (const std::int32_t day : parsed.days()) {
    seen.Hold(day);
  }
  EnrichedLines enriched = chain.Enrich(std::move(parsed), seen);
  return {.good = RowsOf(enriched.good, chain.GoodSchema()),
          .bad = RowsOf(enriched.bad, Chain::BadSchema()),
          .verdicts = std::move(enriched.verdicts),
          .counts = std::move(enriched.counts)};
}

Outcome RunOne(const ChainSettings& settings, const std::vector<std::string>& lines) {
  Chain chain(settings, TheLibrary().references());
  DuplicateIndex seen;
  return RunFiles(chain, {{"dir/a.ndjson", lines}}, seen);
}

TEST(ChainTest, FillsEveryColumn) {
  const std::string line = fmt::format(
      R"({{"ts":"2026-01-05T10:20:30.123456Z","uid":"u1","url":"HTTPS://News.BBC.co.uk:443/World/europe-56675290?id=7&utm=x#top","referrer":"https://www.example.com/x","ua":"{}","ip":"8.8.8.8","event":"Conversion","pixel_id":5,"order_id":"o1","order_value":9.5,"currency":"EUR"}})",
      kBrowser);

  const Outcome outcome = RunOne(Settings(), {line});

  ASSERT_EQ(outcome.good.size(), 1U);
  Row row = outcome.good[0];
  EXPECT_EQ(row["event_id"].size(), 32U);
  row.erase("event_id");
  const Row expected = {{"party", "af"},
                        {"event", "conversion"},
                        {"ts", "1767608430123456"},
                        {"user_id", "u1"},
                        {"url", "https://news.bbc.co.uk/World/europe-56675290?id=7#top"},
                        {"host", "news.bbc.co.uk"},
                        {"domain", "bbc.co.uk"},
                        {"path", "/World/europe-56675290"},
                        {"words", "news|bbc|world|europe"},
                        {"referrer_domain", "example.com"},
                        {"country", "US"},
                        {"subdivision", "-"},
                        {"city", "-"},
                        {"region", "amer"},
                        {"ip_truncated", "8.8.8.0"},
                        {"browser", "Chrome"},
                        {"browser_version", "120"},
                        {"os", "Windows"},
                        {"device_type", "desktop"},
                        {"pixel_id", "5"},
                        {"order_id", "o1"},
                        {"order_value", "9.5"},
                        {"currency", "EUR"},
                        {"consent", "none_required"},
                        {"source", "ingested-af"},
                        {"source_partition", "dir/a.ndjson"},
                        {"source_offset", "1"}};
  EXPECT_EQ(row, expected);
}

TEST(ChainTest, WhatIsAbsentIsNull) {
  const std::string line =
      fmt::format(R"({{"ts":1767608430,"uid":"u1","url":"http://10.0.0.1","tc":"{}"}})", kConsent);

  const Outcome outcome = RunOne(Settings(), {line});

  ASSERT_EQ(outcome.good.size(), 1U);
  Row row = outcome.good[0];
  for (const char* column : {"referrer_domain", "country", "ip_truncated", "browser", "device_type",
                             "pixel_id", "order_id", "order_value", "currency"}) {
    EXPECT_EQ(row[column], "-") << column;
  }
  EXPECT_EQ(row["region"], "emeaApac");
  EXPECT_EQ(row["consent"], "granted");
  EXPECT_EQ(row["domain"], "10.0.0.1");
}

// One line of each outcome; `number` makes it an event of its own.
struct Maker {
  Verdict verdict;
  std::string line;  // {} for the number
};

const std::vector<Maker>& Makers() {
  static const std::vector<Maker> kMakers = {
      {Verdict::kGood, R"({"ts":1767608430,"uid":"u#","url":"http://a.b/#","ip":"8.8.8.8"})"},
      {Verdict::kGood,
       R"({"ts":1767608430,"uid":"u#","url":"http://a.b/p/#","ip":"2.16.0.1","tc":"CQuCLYAQuCLYAAfACAENBkEgALAAAAAAAAYgAQAAAAAEAAAAAAAA"})"},
      {Verdict::kInvalidUtf8, "{\"ts\":1767608430,\"uid\":\"u#\",\"url\":\"\xff\"}"},
      {Verdict::kNotJson, R"({"ts":1767608430,"uid":"u#","url":"http://a.b/"ip":"203.0.114.77"})"},
      {Verdict::kMissingField, R"({"ts":1767608430,"url":"http://a.b/#"})"},
      {Verdict::kBadTimestamp, R"({"ts":17,"uid":"u#","url":"http://a.b/#"})"},
      {Verdict::kFutureTimestamp, R"({"ts":1967608430,"uid":"u#","url":"http://a.b/#"})"},
      {Verdict::kBadUrl, R"({"ts":1767608430,"uid":"u#","url":"ftp://a.b/#"})"},
      {Verdict::kJunkId,
       R"({"ts":1767608430,"uid":" NULL ","url":"http://a.b/#","ua":"Googlebot/2.1"})"},
      {Verdict::kBot,
       R"line({"ts":1767608430,"uid":"u#","url":"http://a.b/#","ua":"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"})line"},
      {Verdict::kBot, R"({"ts":1767608430,"uid":"u#","url":"http://a.b/r/#","ip":"66.249.66.1"})"},
      {Verdict::kNoConsent, R"({"ts":1767608430,"uid":"u#","url":"http://a.b/#","tc":"CAA"})"},
      {Verdict::kErased, R"({"ts":1767608430,"uid":"erased","url":"http://a.b/#","ip":"8.8.8.8"})"},
  };
  return kMakers;
}

std::string MakeLine(const Maker& maker, std::uint64_t number) {
  std::string line = maker.line;
  for (std::size_t at = line.find('#'); at != std::string::npos; at = line.find('#')) {
    line.replace(at, 1, std::to_string(number));
  }
  return line;
}

struct Lines {
  std::vector<std::string> lines;
  std::vector<Verdict> outcomes;
};

// Some of the lines are copies of earlier ones, which are duplicates if those weren't bad.
Lines MakeLines(std::mt19937_64& random, std::size_t count) {
  Lines made;
  for (std::size_t number = 0; number < count; ++number) {
    if (number > 0 && random() % 5 == 0) {
      const std::size_t original = random() % number;
      const Verdict verdict = made.outcomes[original];
      made.lines.push_back(made.lines[original]);
      made.outcomes.push_back(IsBad(verdict) ? verdict : Verdict::kDuplicate);
    } else {
      const Maker& maker = Makers()[random() % Makers().size()];
      made.lines.push_back(MakeLine(maker, number));
      made.outcomes.push_back(maker.verdict);
    }
  }
  return made;
}

TEST(ChainTest, EveryLineHasTheOutcomeItWasMadeFor) {
  std::mt19937_64 random(TestSeed());
  const Lines made = MakeLines(random, 20000);

  const Outcome outcome = RunOne(Settings(), made.lines);

  ASSERT_EQ(outcome.verdicts.size(), made.outcomes.size());
  for (std::size_t number = 0; number < made.lines.size(); ++number) {
    ASSERT_EQ(NameOf(outcome.verdicts[number]), NameOf(made.outcomes[number]))
        << made.lines[number];
  }
}

TEST(ChainTest, RowsAndCountsAreThoseOfTheVerdicts) {
  std::mt19937_64 random(TestSeed());
  const Lines made = MakeLines(random, 10000);

  const Outcome outcome = RunOne(Settings(), made.lines);

  std::array<std::int64_t, kNumVerdicts> expected{};
  std::vector<std::string> good;
  std::vector<std::string> bad;
  for (std::size_t number = 0; number < made.lines.size(); ++number) {
    ++expected.at(static_cast<std::size_t>(made.outcomes[number]));
    const std::string offset = std::to_string(number + 1);
    if (made.outcomes[number] == Verdict::kGood) {
      good.push_back(offset);
    } else if (IsBad(made.outcomes[number])) {
      bad.push_back(offset + std::string(NameOf(made.outcomes[number])));
    }
  }
  EXPECT_EQ(outcome.counts[0].by_verdict, expected);
  EXPECT_EQ(outcome.counts[0].lines_in, 10000);
  ASSERT_EQ(outcome.good.size(), good.size());
  ASSERT_EQ(outcome.bad.size(), bad.size());
  for (std::size_t row = 0; row < good.size(); ++row) {
    EXPECT_EQ(outcome.good[row].at("source_offset"), good[row]);
  }
  for (std::size_t row = 0; row < bad.size(); ++row) {
    EXPECT_EQ(outcome.bad[row].at("source_offset") + outcome.bad[row].at("reason"), bad[row]);
    EXPECT_EQ(outcome.bad[row].at("line").find("203.0.114.77"), std::string::npos);
  }
}

// The rows of all batches, without regard to where batches end.
TEST(ChainTest, ThreadsAndBatchesChangeNothing) {
  std::mt19937_64 random(TestSeed());
  const Lines made = MakeLines(random, 30000);
  const Outcome whole = RunOne(Settings(), made.lines);

  EXPECT_EQ(RunOne(Settings(LineFormat::kRawEvent, 4), made.lines).good, whole.good);
  Chain chain(Settings(LineFormat::kRawEvent, 3), TheLibrary().references());
  DuplicateIndex seen;
  std::vector<Row> good;
  std::vector<Row> bad;
  for (std::size_t first = 0; first < made.lines.size();) {
    const std::size_t count = std::min<std::size_t>(random() % 9000 + 1, made.lines.size() - first);
    const auto begin = made.lines.begin() + static_cast<std::ptrdiff_t>(first);
    const Outcome part =
        RunFiles(chain, {{"dir/a.ndjson", {begin, begin + static_cast<std::ptrdiff_t>(count)}}},
                 seen, static_cast<std::int64_t>(first) + 1);
    good.insert(good.end(), part.good.begin(), part.good.end());
    bad.insert(bad.end(), part.bad.begin(), part.bad.end());
    first += count;
  }
  EXPECT_EQ(good, whole.good);
  EXPECT_EQ(bad, whole.bad);
}

TEST(ChainTest, OfCopiesInTwoFilesTheFirstIsKeptAndEachFileHasItsCounts) {
  const std::string line = MakeLine(Makers()[0], 1);
  Chain chain(Settings(), TheLibrary().references());
  DuplicateIndex seen;

  const Outcome outcome =
      RunFiles(chain, {{"a", {line, ""}}, {"b", {}}, {"c", {"\xef\xbb\xbf" + line, line}}}, seen);

  ASSERT_EQ(outcome.good.size(), 1U);
  EXPECT_EQ(outcome.good[0].at("source_partition"), "a");
  const auto count = [&](std::size_t file, Verdict verdict) {
    return outcome.counts[file].by_verdict.at(static_cast<std::size_t>(verdict));
  };
  EXPECT_EQ(count(0, Verdict::kGood), 1);
  EXPECT_EQ(count(0, Verdict::kNotJson), 1);
  EXPECT_EQ(outcome.counts[1].lines_in, 0);
  EXPECT_EQ(count(2, Verdict::kDuplicate), 2);
  EXPECT_EQ(outcome.bad[0].at("source_offset"), "2");
}

TEST(ChainTest, MappingEventsLoseJunkAndRepeats) {
  const auto line = [](const std::string& ids) {
    return fmt::format(R"({{"ts":1767608430,"ids":[{}],"ip":"8.8.8.8"}})", ids);
  };
  const std::string a = R"({"party":"st","id":"s1"})";
  const std::string b = R"({"party":"an","id":"x"})";
  const std::string junk = R"({"party":"tt","id":"0"})";
  const std::string gone = R"({"party":"st","id":"gone"})";

  const Outcome outcome =
      RunOne(Settings(LineFormat::kRawMapping),
             {line(a + "," + b), line(b + "," + a + "," + junk + "," + a), line(a + "," + junk),
              line(a), line(a + "," + gone), line(a + "," + a)});

  const std::vector<Verdict> expected = {Verdict::kGood,   Verdict::kDuplicate,
                                         Verdict::kJunkId, Verdict::kMissingField,
                                         Verdict::kErased, Verdict::kDuplicate};
  EXPECT_EQ(outcome.verdicts, expected);
  ASSERT_EQ(outcome.good.size(), 1U);
  EXPECT_EQ(outcome.good[0].at("ids"), "an:x|st:s1");
  EXPECT_EQ(outcome.good[0].at("region"), "amer");
}

TEST(ChainTest, LinksCanBeSwitchedOff) {
  const std::string bot = MakeLine(Makers()[9], 1);
  const std::string junk = R"({"ts":1767608430,"uid":"0","url":"http://a.b/","ip":"8.8.8.8"})";
  ChainSettings settings = Settings();
  settings.links = {.event_ids = false,
                    .junk_ids = false,
                    .bots = false,
                    .geo = false,
                    .consent = false,
                    .ip = false,
                    .url = false,
                    .user_agent = false,
                    .region = false};

  const Outcome outcome = RunOne(settings, {bot, bot, junk});

  ASSERT_EQ(outcome.good.size(), 3U);
  for (const char* column :
       {"event_id", "host", "domain", "country", "region", "ip_truncated", "browser", "consent"}) {
    EXPECT_EQ(outcome.good[2].at(column), "-") << column;
  }
}

TEST(ChainTest, ABadLineOfASuppressedIdIsKeptAsPositionAndReason) {
  const Outcome outcome = RunOne(Settings(), {R"({"ts":17,"uid":"erased","url":"http://a.b/"})",
                                              R"({"ts":17,"uid":"u","url":"http://a.b/"})"});

  ASSERT_EQ(outcome.bad.size(), 2U);
  EXPECT_EQ(outcome.bad[0].at("line"), "-");
  EXPECT_EQ(outcome.bad[0].at("reason"), "bad_timestamp");
  EXPECT_EQ(outcome.bad[1].at("line"), R"({"ts":17,"uid":"u","url":"http://a.b/"})");
  EXPECT_EQ(outcome.bad[1].at("field"), "ts");
}

TEST(ChainTest, ABadLineThatCannotBeReadAndNamesASuppressedIdIsKeptAsPositionAndReason) {
  const Outcome outcome = RunOne(
      Settings(), {R"({"ts":1767608430,"uid":"erased","url":"http://a.b/)", "erased", "a;erased;b",
                   R"({"ts":1767608430,"uid":"erased2","url":"http://a.b/)", R"({"uid":"gone")"});

  std::vector<std::string> lines;
  for (const auto& bad : outcome.bad) {
    lines.push_back(bad.at("line"));
  }
  EXPECT_EQ(lines, (std::vector<std::string>{
                       "-", "-", "-", R"({"ts":1767608430,"uid":"erased2","url":"http://a.b/)",
                       R"({"uid":"gone")"}));  // st's, not af's
}

TEST(SuppressedIdsTest, AreNamedByAWordAndItsParty) {
  const SuppressedIds& suppressed = TheLibrary().suppressed;

  EXPECT_TRUE(suppressed.IsNamedIn(R"("ids":[{"party":"st","id":"gone"})", ""));
  EXPECT_TRUE(suppressed.IsNamedIn(R"(gone st)", ""));
  EXPECT_FALSE(suppressed.IsNamedIn(R"("ids":[{"party":"af","id":"gone"})", ""));
  EXPECT_FALSE(suppressed.IsNamedIn("st a b c d gone", ""));  // too far away
  EXPECT_TRUE(suppressed.IsNamedIn("st a b c gone", ""));
  EXPECT_FALSE(suppressed.IsNamedIn("gone", ""));
  EXPECT_FALSE(suppressed.IsNamedIn("", ""));
  EXPECT_TRUE(suppressed.IsNamedIn("\xff\xfe erased\n", "af"));
  EXPECT_FALSE(suppressed.IsNamedIn("not_erased", "af"));
  EXPECT_FALSE(SuppressedIds().IsNamedIn("erased", "af"));
}

TEST(ChainTest, APartnersCountryCountsOnlyWhereTheAddressSaysNothing) {
  ChainSettings settings = Settings();
  settings.lines.party = "st";
  const std::string body = R"({"ts":1767608430,"uid":"u","url":"http://a.b/)";

  const Outcome outcome = RunOne(
      settings, {body + R"(1","country":"BR"})", body + R"(2","ip":"8.8.8.8","country":"BR"})",
                 body + R"(3","ip":"10.0.0.1","country":"BR"})"});

  ASSERT_EQ(outcome.good.size(), 3U);
  EXPECT_EQ(outcome.good[0].at("country"), "BR");
  EXPECT_EQ(outcome.good[1].at("country"), "US");
  EXPECT_EQ(outcome.good[2].at("country"), "BR");
}

}  // namespace
}  // namespace weir::enrich
