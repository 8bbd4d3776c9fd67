#include "connectors/activation/delivery_plan.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "base/error.h"
#include "base/test_folder.h"
#include "base/test_seed.h"
#include "connectors/activation/held_members.h"
#include "connectors/activation/left_out_users.h"
#include "connectors/activation/packed_files.h"
#include "connectors/activation/row_stream.h"
#include "connectors/segments/segment_folder.h"
#include "sql/quote.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;

std::string BytesOfFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The text of a gzip file by zlib, which must be one member and nothing behind it.
std::string TextOfMember(const std::string& stored) {
  z_stream stream{};
  constexpr int kGzipOnly = 31;
  inflateInit2(&stream, kGzipOnly);
  std::string stored_copy = stored;
  std::string text(1 << 24, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(stored_copy.data());
  stream.avail_in = static_cast<uInt>(stored_copy.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  EXPECT_EQ(stream.avail_in, 0U);
  text.resize(text.size() - stream.avail_out);
  inflateEnd(&stream);
  return text;
}

// A line a change: "user segment what timestamp minutes value", so that files can be told apart.
class ListEncoder final : public ChangeEncoder {
 public:
  ListEncoder(EncoderPlace place, std::int64_t bytes) : place_(std::move(place)), bytes_(bytes) {}

  bool Append(const UserChanges& user, std::string& bytes) const override {
    if (user.user == "refused") {
      throw UserError("user {} is refused", user.user);
    }
    if (user.user.starts_with("odd")) {
      return false;
    }
    for (const SegmentChange& change : user.changes) {
      bytes += fmt::format("{} {} {} {} {} {}\n", user.user, change.segment,
                           change.remove  ? "removed"
                           : change.renew ? "renewed"
                                          : "sent",
                           change.timestamp, change.minutes, change.value);
    }
    return true;
  }
  std::string AllowedIds() const override { return "even"; }
  const PackedFormat& format() const override { return format_; }
  std::string NameOf(std::size_t index) const override {
    return fmt::format("{}-{}-{:03}.gz", place_.member, place_.delivery, index);
  }
  std::int64_t bytes_of_file() const override { return bytes_; }

 private:
  EncoderPlace place_;
  std::int64_t bytes_;
  GzipFormat format_;
};

class ListDestination final : public Destination {
 public:
  explicit ListDestination(std::int64_t bytes) : bytes_(bytes) {}
  std::unique_ptr<ChangeEncoder> Encoder(const EncoderPlace& place) const override {
    return std::make_unique<ListEncoder>(place, bytes_);
  }
  void Deliver(const FileOnItsWay& /*file*/) override {}
  Outcome Confirm(const FileOnItsWay& /*file*/) override { return {}; }

 private:
  std::int64_t bytes_;
};

template <typename Work>
std::string ErrorText(const Work& work) {
  try {
    work();
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

class DeliveryPlanTest : public testing::Test {
 protected:
  DeliveryPlanTest()
      : database_({.threads = 2, .spill_folder = {}}), connection_(database_.Connect()) {}

  // Random folders of two regions and two days, members and routes; `users` of them, of whom a
  // percentage has ids that the destination can't have.
  void MakeInput(std::int64_t users, int percent_odd = 0) {
    const std::uint64_t seed = TestSeed();
    const auto draw = [&](const char* what, int below) {
      return fmt::format("CAST(hash({}, '{}', u, s) % {} AS BIGINT)", seed, what, below);
    };
    connection_.Run(fmt::format(
        "CREATE OR REPLACE TEMP TABLE routes AS SELECT * FROM (VALUES (7::BIGINT, 101::BIGINT), "
        "(7, "
        "102), (8, 102), (8, 103), (8, 103)) AS v(member_id, dsp_segment_id);"
        "CREATE OR REPLACE TEMP TABLE pairs AS SELECT CASE WHEN hash(u, 'odd') % 100 < {} THEN "
        "'odd-' ELSE '' END || CAST(hash(u) AS VARCHAR) AS dsp_user_id, 100 + s AS dsp_segment_id, "
        "u, s FROM range({}) AS a(u), range(6) AS b(s);"
        "CREATE OR REPLACE TEMP TABLE members AS SELECT dsp_segment_id, dsp_user_id, "
        "to_timestamp({} "
        "- 43200 * {}) AS since FROM pairs, range(2) WHERE {} < 60 AND (range = 0 OR {} < 10)",
        percent_odd, users, kFirstTime + 86'400, draw("since", 5), draw("held", 100),
        draw("twice", 100)));
    connection_.Run(
        "CREATE OR REPLACE TEMP TABLE all_lines AS SELECT ''::VARCHAR AS dsp_user_id, "
        "0::BIGINT AS dsp_segment_id, ''::VARCHAR AS action, 0::BIGINT AS ts, 0::BIGINT "
        "AS expiration_minutes, 0::BIGINT AS value WHERE false");
    for (const char* region : {"amer", "emea"}) {
      for (const int day : {5, 6}) {
        const std::string name = fmt::format("{}{}", region, day);
        connection_.Run(
            fmt::format("CREATE OR REPLACE TEMP TABLE lines AS SELECT dsp_user_id, dsp_segment_id, "
                        "CASE WHEN {} "
                        "< 70 THEN 'add' ELSE 'remove' END AS action, {}::BIGINT AS ts, {} AS "
                        "expiration_minutes, {} AS value FROM pairs WHERE {} < 50;"
                        "INSERT INTO all_lines FROM lines",
                        draw((name + "action").c_str(), 100), kFirstTime + (day - 5) * 86'400,
                        draw((name + "minutes").c_str(), 4000),
                        draw((name + "value").c_str(), 1000), draw((name + "line").c_str(), 100)));
        WriteSegmentFolder({.path = folder_.path() / "syncs/combined/2026/01" /
                                    fmt::format("{:02}", day) / (std::string(region) + ".looks.gz"),
                            .run_id = "test",
                            .rows_of_file = 7000},
                           connection_, "lines");
      }
    }
  }

  // Half of all pairs were sent before the days that come together, some of them twice.
  void SendEarlier(const std::string& journal) {
    connection_.Run(fmt::format(
        "CREATE OR REPLACE TEMP TABLE earlier AS SELECT dsp_user_id, dsp_segment_id, 'add' AS "
        "action, {}::BIGINT AS ts, 600::BIGINT AS expiration_minutes, 1::BIGINT AS value FROM "
        "pairs "
        "WHERE hash({}, 'earlier', u, s) % 2 = 0;"
        "CREATE OR REPLACE TEMP TABLE members_then AS SELECT dsp_segment_id, dsp_user_id, "
        "to_timestamp(ts) AS since FROM earlier",
        kFirstTime - 86'400, TestSeed()));
    WriteSegmentFolder(
        {.path = folder_.path() / "syncs/combined/2026/01/04/amer.looks.gz", .run_id = "test"},
        connection_, "earlier");
    DeliveryJournal of_test(folder_.path() / journal);
    const Delivery delivery = PlanDelivery({.segment_folders = folder_.path() / "syncs",
                                            .day = "2026-01-04",
                                            .run_id = "test",
                                            .routes = "routes",
                                            .members = "members_then"},
                                           ListDestination(1'000'000), of_test, connection_)
                                  .value();
    for (const OutgoingFile& file : delivery.files) {
      of_test.AddAttempt(delivery, file,
                         {.outcome = {.accepted = true}, .finished_at = "2026-01-05T00:00:00Z"});
    }
    of_test.MarkDone(delivery, delivery.day);
  }

  // What shall become of whom, by one statement over all lines and members.
  std::vector<std::string> Expected() {
    return Texts(R"(
WITH keys AS (
  SELECT r.member_id, l.dsp_segment_id, l.dsp_user_id,
         max(CASE WHEN l.action = 'add' THEN {'until': l.ts + 60 * l.expiration_minutes, 'ts': l.ts,
               'value': l.value} END) AS added,
         max(CASE WHEN l.action = 'remove' THEN l.ts END) AS removed
  FROM all_lines AS l
  JOIN (SELECT DISTINCT * FROM routes) AS r ON r.dsp_segment_id = l.dsp_segment_id GROUP BY ALL),
held AS (SELECT dsp_segment_id, dsp_user_id, min(epoch_us(since) // 1000000) AS since FROM members GROUP BY ALL),
had AS (SELECT dsp_segment_id, dsp_user_id FROM earlier WHERE action = 'add')
SELECT concat_ws(' ', k.dsp_user_id, k.dsp_segment_id,
       CASE WHEN h.since IS NULL THEN 'removed' WHEN h.since >= (SELECT min(ts) FROM all_lines) THEN 'sent'
            ELSE 'renewed' END,
       CASE WHEN h.since IS NULL THEN k.removed ELSE k.added.ts END,
       CASE WHEN h.since IS NULL THEN 0 ELSE (k.added.until - k.added.ts) // 60 END,
       CASE WHEN h.since IS NULL THEN 0 ELSE k.added.value END, k.member_id)
FROM keys AS k LEFT JOIN held AS h USING (dsp_segment_id, dsp_user_id)
WHERE CASE WHEN h.since IS NULL THEN k.removed ELSE k.added.ts END IS NOT NULL
  AND (h.since IS NOT NULL OR EXISTS (FROM had AS b WHERE b.dsp_user_id = k.dsp_user_id AND b.dsp_segment_id = k.dsp_segment_id))
ORDER BY k.member_id, k.dsp_user_id, k.dsp_segment_id)");
  }

  std::vector<std::string> Texts(const std::string& sql) {
    std::vector<std::string> texts;
    for (const auto& row : connection_.Query(sql).Rows()) {
      texts.push_back(std::get<std::string>(row.at(0)));
    }
    return texts;
  }

  Delivery Plan(const std::string& journal, int threads, std::int64_t bytes_of_file,
                double most_left_out = 1) {
    DeliveryJournal of_test(folder_.path() / journal);
    return PlanDelivery({.segment_folders = folder_.path() / "syncs",
                         .day = "2026-01-06",
                         .run_id = "test",
                         .routes = "routes",
                         .members = "members",
                         .threads = threads,
                         .most_left_out = most_left_out},
                        ListDestination(bytes_of_file), of_test, connection_)
        .value();
  }

  // The lines of all files, each with its member.
  std::vector<std::string> LinesOf(const std::string& journal, const Delivery& delivery) const {
    std::vector<std::string> lines;
    for (const OutgoingFile& file : delivery.files) {
      const std::string text = TextOfMember(BytesOfFile(FileOf(journal, file.name)));
      for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = text.find('\n', begin);
        lines.push_back(fmt::format("{} {}", text.substr(begin, end - begin), file.member));
        begin = end + 1;
      }
    }
    return lines;
  }

  fs::path FileOf(const std::string& journal, const std::string& name) const {
    return folder_.path() / journal / "2026-01-06.1/files" / name;
  }

  static constexpr std::int64_t kFirstTime = 1'767'657'600;
  TestFolder folder_;
  sql::Database database_;
  sql::Connection connection_;
};

TEST_F(DeliveryPlanTest, SaysOfEachUserWhatOneStatementOverAllSays) {
  MakeInput(12'000);  // several blocks of lines
  SendEarlier("journal");

  const Delivery delivery = Plan("journal", 3, 40'000);

  std::vector<std::string> found;
  std::int64_t users = 0;
  for (const OutgoingFile& file : delivery.files) {
    const std::string stored = BytesOfFile(FileOf("journal", file.name));
    EXPECT_EQ(std::ssize(stored), file.bytes);
    EXPECT_LE(file.bytes, 40'000);
    const std::string text = TextOfMember(stored);
    EXPECT_EQ(std::ranges::count(text, '\n'), file.lines);
    users += file.users;
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = text.find('\n', begin);
      found.push_back(fmt::format("{} {}", text.substr(begin, end - begin), file.member));
      begin = end + 1;
    }
  }
  EXPECT_GT(delivery.files.size(), 10U);
  EXPECT_EQ(found, Expected());
  EXPECT_EQ(Texts(fmt::format("SELECT concat_ws(' ', dsp_user_id, dsp_segment_id, action, ts, "
                              "member_id) FROM read_parquet('{}') ORDER BY member_id, dsp_user_id, "
                              "dsp_segment_id",
                              (folder_.path() / "journal/2026-01-06.1/changes.parquet").string())),
            Texts("SELECT regexp_replace(t, ' \\d+ \\d+ (\\d+)$', ' \\1') FROM (SELECT unnest(" +
                  sql::QuoteTexts(found) + ") AS t)"));
  EXPECT_EQ(users, connection_.QueryInteger(fmt::format(
                       "SELECT count(DISTINCT (file, dsp_user_id)) FROM read_parquet('{}')",
                       (folder_.path() / "journal/2026-01-06.1/changes.parquet").string())));
}

TEST_F(DeliveryPlanTest, GivesTheSameBytesForAnyNumberOfThreads) {
  MakeInput(8'000);
  const Delivery one = Plan("one", 1, 60'000);

  const Delivery four = Plan("four", 4, 60'000);

  ASSERT_EQ(one.files.size(), four.files.size());
  EXPECT_GT(one.files.size(), 4U);
  for (std::size_t i = 0; i < one.files.size(); ++i) {
    EXPECT_EQ(one.files[i].name, four.files[i].name);
    EXPECT_EQ(BytesOfFile(FileOf("one", one.files[i].name)),
              BytesOfFile(FileOf("four", four.files[i].name)));
  }
}

TEST_F(DeliveryPlanTest, NothingAppearsIfAUserIsRefused) {
  connection_.Run(
      "CREATE TEMP TABLE routes AS SELECT 7::BIGINT AS member_id, 101::BIGINT AS dsp_segment_id;"
      "CREATE TEMP TABLE members AS SELECT 101::BIGINT AS dsp_segment_id, 'refused' AS "
      "dsp_user_id, to_timestamp(1767657600) AS since;"
      "CREATE TEMP TABLE lines AS SELECT 'refused' AS dsp_user_id, 101::BIGINT AS dsp_segment_id, "
      "'add' AS action, 1767657600::BIGINT AS ts, 60::BIGINT AS expiration_minutes, 1::BIGINT AS "
      "value");
  WriteSegmentFolder(
      {.path = folder_.path() / "syncs/combined/2026/01/05/amer.looks.gz", .run_id = "test"},
      connection_, "lines");

  EXPECT_THROW(Plan("journal", 2, 1000), UserError);

  EXPECT_FALSE(fs::exists(folder_.path() / "journal/2026-01-06.1"));
  EXPECT_EQ(connection_.QueryInteger("SELECT count(*) FROM members"), 1);  // it is free again
}

TEST_F(DeliveryPlanTest, UsersWithOddIdsAreLeftOutAndCounted) {
  MakeInput(6'000, 10);
  SendEarlier("journal");

  const Delivery delivery = Plan("journal", 3, 40'000, 0.2);

  std::vector<std::string> expected = Expected();
  std::map<std::int64_t, std::set<std::string>> odd;
  std::erase_if(expected, [&](const std::string& line) {
    const bool is_odd = line.starts_with("odd");
    if (is_odd && line.find(" removed ") == std::string::npos) {  // it never had them
      odd[line.back() - '0'].insert(line.substr(0, line.find(' ')));
    }
    return is_odd;
  });
  EXPECT_EQ(LinesOf("journal", delivery), expected);
  std::map<std::int64_t, std::int64_t> left_out;
  for (const OutgoingFile& file : delivery.files) {
    left_out[file.member] += file.left_out;
  }
  ASSERT_EQ(odd.size(), 2U);
  for (const auto& [member, users] : odd) {
    EXPECT_EQ(left_out[member], std::ssize(users)) << member;
  }
  EXPECT_EQ(connection_.QueryInteger(
                fmt::format("SELECT count(*) FROM read_parquet('{}') WHERE dsp_user_id LIKE 'odd%'",
                            (folder_.path() / "journal/2026-01-06.1/changes.parquet").string())),
            0);
}

TEST_F(DeliveryPlanTest, NothingAppearsIfTooManyAreLeftOut) {
  MakeInput(6'000, 10);

  const std::string error = ErrorText([&] { Plan("journal", 2, 40'000, 0.05); });

  EXPECT_NE(error.find("are left out: their ids (*** of "), std::string::npos) << error;
  EXPECT_NE(error.find("aren't even; 'most_left_out' allows a share of 0.05"), std::string::npos);
  EXPECT_EQ(error.find("odd"), std::string::npos) << error;
  EXPECT_FALSE(fs::exists(folder_.path() / "journal/2026-01-06.1"));
}

TEST(LeftOutUsersTest, AFewNeverStopADelivery) {
  EXPECT_TRUE(MayBeLeftOut(0, 0, 0));
  EXPECT_TRUE(MayBeLeftOut(1, 1, 0.01));
  EXPECT_TRUE(MayBeLeftOut(100, 200, 0.01));
  EXPECT_FALSE(MayBeLeftOut(101, 200, 0.01));
  EXPECT_TRUE(MayBeLeftOut(101, 10'100, 0.01));
  EXPECT_FALSE(MayBeLeftOut(101, 10'099, 0.01));
  EXPECT_FALSE(MayBeLeftOut(1, 1'000'000, 0));
}

TEST(LeftOutUsersTest, ShowsNoIdButItsLength) {
  LeftOutUsers users;
  users.Add("hello");
  LeftOutUsers later;
  later.Add("é");
  later.Add("");
  later.Add("fourth");
  users.Append(later);

  EXPECT_EQ(
      users.Text(9, "numbers"),
      "4 of 9 users are left out: their ids (*** of 5 characters, *** of 1 characters, *** of "
      "0 characters …) aren't numbers");
}

// Ranges of a few members, so that all are cut, spilled and cut again.
TEST_F(DeliveryPlanTest, MembersAreFoundWhereverTheyAreSpilled) {
  std::mt19937_64 random(TestSeed());
  std::map<std::string, std::map<std::int64_t, bool>> expected;
  std::string values;
  for (int i = 0; i < 6'000; ++i) {
    // Of the first, all begin alike: pivots drawn from them say nothing of the others.
    const std::string user = fmt::format("{}{}", i < 600 ? "zz" : "", random() % 3000);
    const auto segment = static_cast<std::int64_t>(random() % 9);
    const auto since = static_cast<std::int64_t>(random() % 20);
    values +=
        fmt::format("{}('{}', {}, to_timestamp({}))", i == 0 ? "" : ", ", user, segment, since);
    const auto [place, is_first] = expected[user].emplace(segment, since >= 10);
    place->second = place->second && since >= 10;
  }
  connection_.Run("CREATE TEMP TABLE held AS SELECT * FROM (VALUES " + values +
                  ") AS v(dsp_user_id, dsp_segment_id, since)");
  HeldMembers held(
      {.relation = "held", .new_since = 10, .spill = folder_.path(), .bytes_of_range = 2000},
      connection_);
  EXPECT_TRUE(fs::is_empty(folder_.path()));  // what is spilled has no name

  HeldMembers::Lookup lookup(held);
  for (int i = 0; i < 6000; ++i) {
    const std::string user = fmt::format("{}{}", i % 2 == 0 ? "zz" : "", i / 2);
    std::map<std::int64_t, bool> found;
    for (const HeldSegment& segment : lookup.Find(user)) {
      found.emplace(segment.segment, segment.is_new);  // the first of equal ones counts
    }
    EXPECT_EQ(found, expected.contains(user) ? expected[user] : (std::map<std::int64_t, bool>()))
        << user;
  }
}

TEST_F(DeliveryPlanTest, AStatementThatFailsIsToldToWhoPushesRows) {
  const Schema schema{{{.name = "a", .type = PlainType(TypeKind::kLong)}}};
  RowStream rows({.name = "none", .schema = schema}, "COPY (FROM none) TO '/no/such/folder/a'",
                 connection_);

  EXPECT_THROW(rows.Finish(), std::exception);
}

TEST_F(DeliveryPlanTest, RowsThatEndBeforeTheirTimeMakeNoFile) {
  const Schema schema{{{.name = "a", .type = PlainType(TypeKind::kLong)}}};
  {
    const RowStream rows({.name = "few", .schema = schema}, "CREATE TEMP TABLE kept AS FROM few",
                         connection_);
  }
  EXPECT_THROW(connection_.Run("FROM kept"), UserError);
}

TEST(PackedFilesTest, AFileTakesAPieceThatIsLargerThanItMayBe) {
  const TestFolder folder;
  const GzipFormat format("title\n");
  PackedFiles files(format, {.folder = folder.path(),
                             .name_of = [](std::size_t index) { return fmt::to_string(index); },
                             .bytes_of_file = 10});
  for (const char* text : {"first\n", "second\n"}) {
    files.Append({.packed = format.Pack(text, 1), .users = 1, .lines = 2});
  }

  const std::vector<PackedFile> all = files.Finish();

  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(TextOfMember(BytesOfFile(folder.path() / "0")), "title\nfirst\n");
  EXPECT_EQ(TextOfMember(BytesOfFile(folder.path() / "1")), "title\nsecond\n");
  EXPECT_EQ(all[1].users, 1);
  EXPECT_EQ(all[1].lines, 2);
  EXPECT_EQ(all[1].bytes, static_cast<std::int64_t>(fs::file_size(folder.path() / "1")));
}

}  // namespace
}  // namespace weir::connectors
