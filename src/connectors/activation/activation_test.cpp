#include "connectors/activation/activation.h"

#include <chrono>
#include <filesystem>

#include <fmt/format.h>
#include <zlib.h>

#include "connectors/activation/journal_source.h"
#include "connectors/activation/onboarding/csv_row.h"
#include "connectors/activation/onboarding/onboarding_files.h"
#include "connectors/activation/pace.h"
#include "connectors/activation/xandr/xandr.h"
#include "connectors/connector_fixture.h"
#include "storage/stores.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Lines = std::vector<std::string>;

constexpr std::int64_t kEndOfFifth = 1767657600;  // 2026-01-06T00:00:00Z

class ActivationTest : public ConnectorTest {
 protected:
  // A day's folder: rows "user|segment|action".
  void Sync(int day, const std::string& region, const Lines& rows) {
    std::string values = "SELECT NULL::VARCHAR, NULL::BIGINT, NULL::VARCHAR WHERE false";
    for (const std::string& row : rows) {
      const auto first = row.find('|');
      const auto second = row.rfind('|');
      values += fmt::format(" UNION ALL SELECT '{}', {}, '{}'", row.substr(0, first),
                            row.substr(first + 1, second - first - 1), row.substr(second + 1));
    }
    connection_.Run(fmt::format(
        "CREATE OR REPLACE TEMP TABLE rows AS SELECT dsp_user_id, dsp_segment_id, action, "
        "{}::BIGINT AS ts, 60::BIGINT AS expiration_minutes, 900::BIGINT AS value FROM ({}) AS "
        "v(dsp_user_id, dsp_segment_id, action)",
        EndOf(day), values));
    ConnectorTest::Send(
        "segment_files",
        {{"path", "syncs"}, {"name", "looks"}, {"day", Day(day)}, {"partition", region}});
  }

  // Whom the destination shall have: rows "user|segment|day since".
  void Members(const Lines& rows) {
    std::string values = "SELECT NULL::BIGINT, NULL::VARCHAR, NULL::BIGINT WHERE false";
    for (const std::string& row : rows) {
      const auto first = row.find('|');
      const auto second = row.rfind('|');
      values +=
          fmt::format(" UNION ALL SELECT {}, '{}', {}", row.substr(first + 1, second - first - 1),
                      row.substr(0, first), EndOf(std::stoi(row.substr(second + 1))));
    }
    connection_.Run(fmt::format(
        "CREATE OR REPLACE TEMP TABLE members AS SELECT dsp_segment_id, dsp_user_id, "
        "to_timestamp(since) AS since, to_timestamp(since + 3600) AS until, 900 AS value FROM ({}) "
        "AS v(dsp_segment_id, dsp_user_id, since)",
        values));
  }

  std::string Send(int day, bool configured = true) { return SendBy(Connector(), day, configured); }

  std::string SendBy(const connectors::Connector& connector, int day, bool configured = true) {
    connection_.Run(
        "CREATE OR REPLACE TEMP TABLE routes AS SELECT 7::BIGINT AS member_id, unnest([101, "
        "102])::BIGINT AS dsp_segment_id");
    const Connections connections(
        configured ? std::vector{Line()} : std::vector<project::ConnectionLine>{}, secrets_);
    ConnectorContext context{.database = database_,
                             .connection = connection_,
                             .connections = connections,
                             .folder = folder_.path(),
                             .settings = CompleteSettings(connector, Direction::kOut,
                                                          {{"connection", "files"},
                                                           {"where_configured", true},
                                                           {"dsp", "files"},
                                                           {"path", "syncs"},
                                                           {"journal", "journal"},
                                                           {"day", Day(day)}}),
                             .relation = "routes",
                             .relations = {{"routes", "routes"}, {"members", "members"}},
                             .columns = "",
                             .run_id = fmt::format("dsp_sync.{}.1", day),
                             .finished = {},
                             .stop = {}};
    return connector.Send(context).identity;
  }

  // The rows of a file, without its header.
  std::string Sent(const std::string& name) const {
    const gzFile file = gzopen((folder_.path() / "out" / name).c_str(), "rb");
    std::string text(1 << 16, '\0');
    const int size = file == nullptr ? 0 : gzread(file, text.data(), 1 << 16);
    gzclose(file);
    text.resize(static_cast<std::size_t>(size));
    constexpr std::string_view kHeader = "identifier,add,remove\n";
    EXPECT_TRUE(text.starts_with(kHeader)) << name;
    return text.substr(std::min(text.size(), kHeader.size()));
  }

  static std::int64_t EndOf(int day) { return kEndOfFifth + (day - 5) * 86400; }
  static std::string Day(int day) { return fmt::format("2026-01-{:02}", day); }
  const connectors::Connector& Connector() const { return table_.Find("onboarding_files"); }

  project::ConnectionLine Line() const {
    project::ConnectionLine line;
    line.name = "files";
    line.kind = "onboarding_files";
    line.settings = {{"path", "out"}, {"customer", "Acme"}, {"list", "Looks"}};
    return line;
  }
};

TEST_F(ActivationTest, SendsWhatChangedOnce) {
  Sync(5, "amer", {"b|101|add", "a|101|add", "a|102|remove"});
  Members({"a|101|5", "b|101|4", "c|101|4"});

  EXPECT_EQ(Send(5), "onboarding_files delivery 2026-01-05.1 of 1 files");

  EXPECT_EQ(Sent("Acme_Looks-7_2026-01-05.csv.gz"),
            "a,101:1767661200:900,102\nb,101:1767661200:900,\n");
  EXPECT_EQ(Rows("SELECT dsp_user_id, dsp_segment_id, action, file FROM "
                 "read_parquet('" +
                 folder_.text() + "/journal/files/2026-01-05.1/changes.parquet') ORDER BY ALL"),
            (Lines{"a|101|sent|Acme_Looks-7_2026-01-05.csv.gz",
                   "a|102|removed|Acme_Looks-7_2026-01-05.csv.gz",
                   "b|101|renewed|Acme_Looks-7_2026-01-05.csv.gz"}));
  EXPECT_TRUE(fs::exists(folder_.path() / "syncs/combined/2026/01/05/amer.looks.gz/_TAKEN"));
  EXPECT_FALSE(fs::exists(folder_.path() /
                          "journal/files/2026-01-05.1/files/Acme_Looks-7_2026-01-05.csv.gz"));
  EXPECT_EQ(Send(5), "onboarding_files nothing new");
}

TEST_F(ActivationTest, DaysThatComeTogetherAreOneDifference) {
  Sync(5, "amer", {"a|101|add", "b|101|add", "c|101|add"});
  Sync(6, "amer", {"a|101|remove", "b|101|add"});
  Members({"b|101|5", "c|101|5"});

  Send(6);

  // Nobody ever told it of a.
  EXPECT_EQ(Sent("Acme_Looks-7_2026-01-06.csv.gz"),
            "b,101:1767747600:900,\nc,101:1767661200:900,\n");
}

TEST_F(ActivationTest, WhomTheDestinationHadIsRemovedThoughDaysComeTogether) {
  Sync(4, "amer", {"a|101|add", "d|101|add"});
  Members({"a|101|4", "d|101|4"});
  Send(4);
  Sync(5, "amer", {"a|101|remove", "b|101|add", "c|101|add"});
  Sync(6, "amer", {"a|102|add", "b|101|remove", "d|101|remove"});
  Sync(7, "amer", {"a|102|remove", "d|101|add"});
  Members({"c|101|5", "d|101|7"});

  Send(7);

  EXPECT_EQ(Sent("Acme_Looks-7_2026-01-07.csv.gz"),
            "a,,101\nc,101:1767661200:900,\nd,101:1767834000:900,\n");
}

TEST_F(ActivationTest, WhoIsHeldByAnotherSegmentOfTheNumberStays) {
  Sync(5, "amer", {"a|101|remove", "b|101|remove"});
  Sync(5, "emeaApac", {"c|101|add"});
  Members({"a|101|4", "c|101|5"});

  Send(5);

  EXPECT_EQ(Sent("Acme_Looks-7_2026-01-05.csv.gz"), "b,,101\nc,101:1767661200:900,\n");
}

TEST_F(ActivationTest, ADayBeforeOneThatWasSentWaitsForTheNext) {
  Sync(6, "amer", {"a|101|add"});
  Members({"a|101|6"});
  Send(6);
  Sync(5, "amer", {"b|101|add"});

  EXPECT_EQ(Send(5), "onboarding_files nothing, 2026-01-06 was sent already");
  EXPECT_FALSE(fs::exists(folder_.path() / "syncs/combined/2026/01/05/amer.looks.gz/_TAKEN"));

  Members({"a|101|6", "b|101|5"});
  Sync(7, "amer", {});
  Send(7);
  EXPECT_EQ(Sent("Acme_Looks-7_2026-01-07.csv.gz"), "b,101:1767661200:900,\n");
}

TEST_F(ActivationTest, NothingIsTakenWithoutAConnection) {
  Sync(5, "amer", {"a|101|add"});
  Members({"a|101|5"});

  EXPECT_EQ(Send(5, false), "nothing, there is no connection 'files'");

  EXPECT_FALSE(fs::exists(folder_.path() / "syncs/combined/2026/01/05/amer.looks.gz/_TAKEN"));
  EXPECT_FALSE(fs::exists(folder_.path() / "journal"));
}

TEST_F(ActivationTest, AFolderThatIsNotWhatItsSuccessSaysIsRefused) {
  Sync(5, "amer", {"a|101|add"});
  Members({"a|101|5"});
  Write("syncs/combined/2026/01/05/amer.looks.gz/part-00000.gz", "?");

  EXPECT_EQ(ErrorOf([&] { Send(5); }),
            "F/syncs/combined/2026/01/05/amer.looks.gz/part-00000.gz: it was taken, but is not the "
            "file that _SUCCESS names");
}

TEST_F(ActivationTest, FoldersThatAreNotCompleteAreLeftAlone) {
  Sync(5, "amer", {"a|101|add"});
  fs::remove(folder_.path() / "syncs/combined/2026/01/05/amer.looks.gz/_SUCCESS");
  Members({"a|101|5"});

  EXPECT_EQ(Send(5), "onboarding_files nothing new");
}

// An encoder of Xandr's, by the bucket.
std::unique_ptr<ChangeEncoder> XandrEncoderOf(std::map<std::string, std::string> settings) {
  const TestFolder folder;
  const auto store = storage::OpenStore(folder.text());
  Pace pace(*store);
  const storage::Stores stores;
  settings["bucket"] = folder.text();
  return XandrDestination()
      .open({.settings = settings,
             .project_folder = folder.path(),
             .stop = {},
             .pace = pace,
             .stores = stores})
      ->Encoder({.delivery = "2026-01-05.1", .member = 7});
}

TEST(XandrEncoderTest, TakesTheIdsThatTheFormatHas) {
  const Lines ids{"hello",
                  "0",
                  "",
                  "-1",
                  " 1",
                  "1 ",
                  "01",
                  "000009223372036854775807",
                  "9223372036854775807",
                  "9223372036854775808",
                  "18446744073709551615",
                  "18446744073709551616",
                  "a;b",
                  "café",
                  "☃",
                  "a\nb"};
  const auto taken = [&](const std::map<std::string, std::string>& settings) {
    const auto encoder = XandrEncoderOf(settings);
    Lines found;
    for (const std::string& id : ids) {
      const std::vector<SegmentChange> changes{{.segment = 101, .timestamp = 5, .minutes = 60}};
      std::string bytes;
      if (encoder->Append({.user = id, .changes = changes}, bytes)) {
        found.push_back(id);
      }
      EXPECT_EQ(bytes.empty(), found.empty() || found.back() != id) << id;
    }
    return found;
  };

  EXPECT_EQ(taken({}), (Lines{"9223372036854775807"}));
  EXPECT_EQ(taken({{"encoding", "text"}}),
            (Lines{"9223372036854775807", "9223372036854775808", "18446744073709551615"}));
  Lines for_text = ids;  // what breaks a line, is empty, or isn't Latin-1 is missing
  std::erase_if(for_text, [](const std::string& id) {
    return id.empty() || id == "a;b" || id == "☃" || id == "a\nb";
  });
  EXPECT_EQ(taken({{"encoding", "text"}, {"ids", "idfa"}}), for_text);
  Lines for_avro = ids;
  std::erase(for_avro, "");
  EXPECT_EQ(taken({{"ids", "idfa"}}), for_avro);
  EXPECT_EQ(XandrEncoderOf({})->AllowedIds(), "numbers from 1 to 9223372036854775807");
  EXPECT_EQ(XandrEncoderOf({{"encoding", "text"}})->AllowedIds(),
            "numbers from 1 to 18446744073709551615");
}

TEST(XandrEncoderTest, SaysWhyAChangeCannotBeSaid) {
  const auto encoder = XandrEncoderOf({});
  const auto why = [&](std::int64_t segment, std::int64_t minutes, bool remove = false) {
    return encoder->WhyNot(
        {.segment = segment, .remove = remove, .timestamp = 5, .minutes = minutes});
  };

  EXPECT_EQ(why(1, 1), "");
  EXPECT_EQ(why(2147483647, 259200), "");
  EXPECT_EQ(why(1, 0, true), "");  // removals have no minutes
  EXPECT_EQ(why(0, 60), "the segment's number is 0; 1 to 2147483647 is allowed");
  EXPECT_EQ(why(2147483648, 60, true),
            "the segment's number is 2147483648; 1 to 2147483647 is allowed");
  EXPECT_EQ(why(1, 0), "it runs out after 0 minutes; 1 to 259200 are allowed");
  EXPECT_EQ(why(1, 259201), "it runs out after 259201 minutes; 1 to 259200 are allowed");
}

TEST(XandrEncoderTest, DoesNotSayTheIdInErrors) {
  const auto encoder = XandrEncoderOf({});
  const std::vector<SegmentChange> changes{{.segment = -5, .timestamp = 5, .minutes = 60}};
  std::string bytes;
  std::string error;
  try {
    static_cast<void>(encoder->Append({.user = "123456", .changes = changes}, bytes));
  } catch (const UserError& found) {
    error = found.what();
  }

  EXPECT_EQ(error, "user ***: the id of a segment is -5; 0 to 2147483647 are allowed");
}

// Takes a file, but refuses lines of it.
class RefusingDestination final : public Destination {
 public:
  RefusingDestination(std::vector<std::int64_t>& refused, std::vector<OutgoingFile>& files)
      : refused_(refused), files_(files) {}

  std::unique_ptr<ChangeEncoder> Encoder(const EncoderPlace& place) const override {
    const TestFolder folder;
    const auto store = storage::OpenStore(folder.text());
    Pace pace(*store);
    const storage::Stores stores;
    return OnboardingDestination()
        .open({.settings = {{"path", folder.text()}, {"customer", "c"}, {"list", "l"}},
               .project_folder = folder.path(),
               .stop = {},
               .pace = pace,
               .stores = stores})
        ->Encoder(place);
  }
  void Deliver(const FileOnItsWay& file) override { files_.push_back(file.file); }
  Outcome Confirm(const FileOnItsWay& /*file*/) override {
    Outcome outcome{.accepted = true, .job_id = "j", .phase = "completed"};
    if (!refused_.empty() && refused_.front() > 0) {
      outcome.refused_lines["num_unauth_segment"] = refused_.front();
    }
    if (!refused_.empty()) {
      refused_.erase(refused_.begin());
    }
    return outcome;
  }

 private:
  std::vector<std::int64_t>& refused_;  // lines of each file
  std::vector<OutgoingFile>& files_;
};

class RefusedLinesTest : public ActivationTest {
 protected:
  RefusedLinesTest()
      : connector_(MakeActivation({.name = "onboarding_files",
                                   .doc = "",
                                   .connection = OnboardingDestination().connection,
                                   .check = {},
                                   .open = [this](const DestinationContext& /*context*/) {
                                     return std::make_unique<RefusingDestination>(refused_, files_);
                                   }})) {}

  std::string Send(int day) { return SendBy(*connector_, day); }

  std::vector<std::string> Told() {
    const auto source = MakeDeliveryJournal();
    const Connections connections({}, secrets_);
    ConnectorContext context{
        .database = database_,
        .connection = connection_,
        .connections = connections,
        .folder = folder_.path(),
        .settings =
            CompleteSettings(*source, Direction::kIn,
                             {{"path", "journal"}, {"day", "2026-01-31"}, {"objects", "changes"}}),
        .relation = "told",
        .columns = "",
        .run_id = "r",
        .finished = {},
        .stop = {}};
    source->Read(context);
    return Rows("SELECT dsp_user_id, dsp_segment_id, action, delivery FROM told ORDER BY ALL");
  }

  std::vector<std::int64_t> refused_;
  std::vector<OutgoingFile> files_;
  std::unique_ptr<connectors::Connector> connector_;
};

TEST_F(RefusedLinesTest, AFileOfWhichTooManyWereRefusedIsNotSentYet) {
  Sync(5, "amer", {"a|101|add", "b|101|add"});
  Members({"a|101|5", "b|101|5"});
  refused_ = {1};

  const std::string error = ErrorOf([&] { Send(5); });

  EXPECT_TRUE(
      error.ends_with(".csv.gz: 1 of 2 lines were refused by job j of member 7: "
                      "num_unauth_segment 1; 'most_refused' allows a share of 0.01. The "
                      "next run sends what the seat lacks"))
      << error;
  EXPECT_EQ(Told(), Lines{});
  EXPECT_EQ(Send(5), "onboarding_files delivery 2026-01-05.2 of 1 files");
  EXPECT_EQ(Told(), (Lines{"a|101|sent|2026-01-05.2", "b|101|sent|2026-01-05.2"}));
  EXPECT_EQ(files_.size(), 2U);
  EXPECT_EQ(Send(5), "onboarding_files nothing new");
}

TEST_F(RefusedLinesTest, AFewRefusedLinesAreWarnedOf) {
  Lines lines;
  Lines members;
  for (int i = 100; i < 300; ++i) {
    lines.push_back(fmt::format("u{}|101|add", i));
    members.push_back(fmt::format("u{}|101|5", i));
  }
  Sync(5, "amer", lines);
  Members(members);
  refused_ = {2};

  EXPECT_EQ(Send(5), "onboarding_files delivery 2026-01-05.1 of 1 files");

  EXPECT_EQ(Told().size(), 200U);
  EXPECT_EQ(Send(5), "onboarding_files nothing new");
}

TEST_F(RefusedLinesTest, RemovalsAtASeatThatLostItsSegmentsMayBeRefused) {
  Sync(5, "amer", {"a|101|add"});
  Members({"a|101|5"});
  Send(5);
  Sync(6, "amer", {"a|101|remove"});
  Members({});
  refused_ = {1};

  EXPECT_EQ(Send(6), "onboarding_files delivery 2026-01-06.1 of 1 files");
  EXPECT_EQ(files_.back().removed, 1);
}

TEST(CsvRowTest, QuotesWhatNeedsIt) {
  EXPECT_EQ(CsvRow({"a", "", "b c"}), "a,,b c\n");
  EXPECT_EQ(CsvRow({"a,b", "say \"x\"", "l\nm"}), "\"a,b\",\"say \"\"x\"\"\",\"l\nm\"\n");
}

TEST(PaceTest, HoldsBetweenProcesses) {
  using std::chrono::milliseconds;
  const TestFolder folder;
  const auto store = storage::OpenStore(folder.text());
  const auto noted = [&] {
    return Json::parse(*store->Get("pace.json")).at("upload 7").get<std::int64_t>();
  };
  constexpr milliseconds kInterval{50};
  Pace(*store).Keep("upload 7", kInterval, {});
  const std::int64_t first = noted();

  Pace(*store).Keep("upload 8", std::chrono::hours(1), {});  // another's is no reason to wait
  Pace(*store).Keep("upload 7", kInterval, {});

  EXPECT_GE(noted() - first, kInterval.count());
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(Pace(*store).Keep("upload 8", std::chrono::hours(1), stop.get_token()),
               CancelledError);
}

}  // namespace
}  // namespace weir::connectors
