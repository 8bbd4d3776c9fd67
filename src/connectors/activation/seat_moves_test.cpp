#include "connectors/activation/seat_moves.h"

#include <array>
#include <map>
#include <random>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/test_folder.h"
#include "base/test_seed.h"
#include "connectors/activation/delivery_plan.h"
#include "connectors/segments/segment_folder.h"

namespace weir::connectors {
namespace {

struct ToldChange {
  std::int64_t seat = 0;
  std::string user;
  SegmentChange change;
};

// Notes what it is to send; its files don't matter.
class NotingEncoder final : public ChangeEncoder {
 public:
  NotingEncoder(std::int64_t seat, std::string delivery, std::vector<ToldChange>& told)
      : seat_(seat), delivery_(std::move(delivery)), told_(told) {}

  bool Append(const UserChanges& user, std::string& bytes) const override {
    for (const SegmentChange& change : user.changes) {
      told_.push_back({.seat = seat_, .user = std::string(user.user), .change = change});
    }
    bytes += user.user;
    return true;
  }
  const PackedFormat& format() const override { return format_; }
  std::string NameOf(std::size_t index) const override {
    return fmt::format("{}-{}-{}", seat_, delivery_, index);
  }
  std::int64_t bytes_of_file() const override { return 1'000'000; }
  std::string AllowedIds() const override { return "any"; }

 private:
  std::int64_t seat_;
  std::string delivery_;
  std::vector<ToldChange>& told_;
  GzipFormat format_;
};

class NotingDestination final : public Destination {
 public:
  std::unique_ptr<ChangeEncoder> Encoder(const EncoderPlace& place) const override {
    return std::make_unique<NotingEncoder>(place.member, place.delivery, told);
  }
  void Deliver(const FileOnItsWay& /*file*/) override {}
  Outcome Confirm(const FileOnItsWay& /*file*/) override { return {}; }

  mutable std::vector<ToldChange> told;  // one thread encodes
};

struct UntilAndValue {
  std::int64_t until = 0;
  std::int64_t value = 0;
  std::int64_t since = 0;  // of members alone
};

// Days of members and seats, all by maps, and a destination that refuses files now and then.
class SeatHistory {
 public:
  explicit SeatHistory(std::uint64_t seed)
      : random_(seed),
        database_({.threads = 2, .spill_folder = {}}),
        connection_(database_.Connect()),
        journal_(folder_.path() / "journal") {}

  void Live(int days) {
    for (int day = 5; day < 5 + days; ++day) {
      day_ = fmt::format("2026-01-{:02}", day);
      end_ = (std::int64_t{*ParseDate(day_)} + 1) * 86'400;
      ChangeMembers();
      const auto seats_before = seats_;
      ChangeSeats();
      if (Draw(5) == 0) {
        continue;  // it is sent with the next
      }
      for (int runs = 0; !Run(runs < 3 ? 4 : 0); ++runs) {
        if (!seats_before.empty() && Draw(2) == 0) {
          seats_ = seats_before;  // somebody takes the change back
        } else if (Draw(2) == 0) {
          ChangeSeats();
        }
      }
      EXPECT_EQ(TextsOf(held_), TextsOf(Wanted())) << day_;
    }
  }

  int num_refused() const { return num_refused_; }
  int num_moves() const { return num_moves_; }

 private:
  using Held = std::map<std::tuple<std::int64_t, std::int64_t, std::string>, UntilAndValue>;
  static std::vector<std::string> TextsOf(const Held& held) {
    std::vector<std::string> texts;
    for (const auto& [key, entry] : held) {
      texts.push_back(fmt::format("{} until {}, {}", key, entry.until, entry.value));
    }
    return texts;
  }

  static constexpr std::array<std::int64_t, 4> kSegments{101, 102, 103, 104};

  std::int64_t Draw(std::int64_t below) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(below));
  }

  void ChangeMembers() {
    std::vector<std::string> lines;
    for (const std::int64_t segment : kSegments) {
      for (int u = 0; u < 12; ++u) {
        const std::string user = fmt::format("u{:02}", u);
        const auto key = std::pair(segment, user);
        const bool is_member = members_.contains(key);
        if (Draw(3) != 0) {
          continue;
        }
        if (is_member && Draw(2) == 0) {
          members_.erase(key);
          lines.push_back(fmt::format("('{}', {}, 'remove', {}, 0, 0)", user, segment, end_));
          continue;
        }
        constexpr std::int64_t kMinutes = 30 * 1440;
        members_[key] = {.until = end_ + 60 * kMinutes,
                         .value = Draw(1000),
                         .since = is_member ? members_[key].since : end_};
        lines.push_back(fmt::format("('{}', {}, 'add', {}, {}, {})", user, segment, end_, kMinutes,
                                    members_[key].value));
      }
    }
    Table("lines", "dsp_user_id, dsp_segment_id, action, ts, expiration_minutes, value",
          "'', 0, '', 0, 0, 0", lines);
    WriteSegmentFolder(
        {.path = folder_.path() / "syncs/combined/2026/01" / day_.substr(8) / "amer.looks.gz",
         .run_id = "test"},
        connection_, "lines");
  }

  // Seldom a number is at both.
  void ChangeSeats() {
    for (const std::int64_t segment : kSegments) {
      if (!seats_.contains(segment) || Draw(4) == 0) {
        const std::int64_t drawn = Draw(9);
        seats_[segment] = drawn == 0  ? std::set<std::int64_t>{7, 8}
                          : drawn < 5 ? std::set<std::int64_t>{7}
                                      : std::set<std::int64_t>{8};
      }
    }
  }

  void Table(const std::string& name, const std::string& columns, const std::string& none,
             const std::vector<std::string>& rows) {
    connection_.Run(fmt::format(
        "CREATE OR REPLACE TEMP TABLE {} AS SELECT * FROM (VALUES ({}){}{}) AS v({}) OFFSET 1",
        name, none, rows.empty() ? "" : ", ", fmt::join(rows, ", "), columns));
  }

  void MakeRelations() {
    std::vector<std::string> routes;
    for (const auto& [segment, seats] : seats_) {
      for (const std::int64_t seat : seats) {
        routes.push_back(fmt::format("({}, {})", seat, segment));
      }
    }
    Table("routes", "member_id, dsp_segment_id", "0, 0", routes);
    std::vector<std::string> members;
    for (const auto& [key, entry] : members_) {
      members.push_back(fmt::format("({}, '{}', to_timestamp({}), to_timestamp({}), {})", key.first,
                                    key.second, entry.since, entry.until, entry.value));
    }
    Table("members", "dsp_segment_id, dsp_user_id, since, until, value",
          "0, '', to_timestamp(0), to_timestamp(0), 0", members);
  }

  // As the connector goes through a day; false if a file was refused. One in `refusals` is.
  bool Run(int refusals) {
    MakeRelations();
    const PlanInput input{.segment_folders = folder_.path() / "syncs",
                          .day = day_,
                          .run_id = "test",
                          .routes = "routes",
                          .members = "members"};
    if (!Send(PlanDelivery(input, destination_, journal_, connection_), refusals)) {
      return false;
    }
    const auto moved = PlanSeatMoves(input, destination_, journal_, database_, connection_);
    num_moves_ += moved ? 1 : 0;
    return Send(moved, refusals);
  }

  bool Send(const std::optional<Delivery>& delivery, int refusals) {
    if (!delivery) {
      return true;
    }
    std::set<std::int64_t> refused;
    for (const OutgoingFile& file : delivery->files) {
      const bool is_refused = refusals > 0 && Draw(refusals) == 0;
      journal_.AddAttempt(
          *delivery, file,
          {.outcome = {.accepted = !is_refused, .refusal = is_refused ? "too many lines" : ""},
           .finished_at = "2026-02-01T00:00:00Z"});
      if (is_refused) {
        refused.insert(file.member);
      }
    }
    journal_.MarkDone(*delivery, day_);
    num_refused_ += static_cast<int>(refused.size());
    for (const ToldChange& told : destination_.told) {
      if (!refused.contains(told.seat)) {
        Take(told);
      }
    }
    destination_.told.clear();
    return refused.empty();
  }

  void Take(const ToldChange& told) {
    const auto key = std::tuple(told.seat, told.change.segment, told.user);
    if (told.change.remove) {
      EXPECT_EQ(held_.erase(key), 1U) << "was never there: " << fmt::format("{}", key);
      return;
    }
    held_[key] = {.until = told.change.timestamp + 60 * told.change.minutes,
                  .value = told.change.value};
  }

  Held Wanted() const {
    Held wanted;
    for (const auto& [key, entry] : members_) {
      for (const std::int64_t seat : seats_.at(key.first)) {
        wanted[{seat, key.first, key.second}] = entry;
      }
    }
    return wanted;
  }

  std::mt19937_64 random_;
  TestFolder folder_;
  sql::Database database_;
  sql::Connection connection_;
  DeliveryJournal journal_;
  NotingDestination destination_;
  std::string day_;
  std::int64_t end_ = 0;
  std::map<std::pair<std::int64_t, std::string>, UntilAndValue> members_;
  std::map<std::int64_t, std::set<std::int64_t>> seats_;
  Held held_;
  int num_refused_ = 0;
  int num_moves_ = 0;
};

TEST(SeatMovesTest, TheDestinationHasEachSegmentAtItsSeatsWhateverHappens) {
  const std::uint64_t seed = TestSeed();
  int refused = 0;
  int moves = 0;
  for (std::uint64_t round = 0; round < 3; ++round) {
    SeatHistory history(seed + round);
    history.Live(12);
    refused += history.num_refused();
    moves += history.num_moves();
  }
  EXPECT_GT(refused, 0);
  EXPECT_GT(moves, 0);
}

TEST(SeatMovesTest, FindsWhatIsAtAnotherSeatOrNotSettled) {
  const std::vector<NotedRoute> known{
      {.route = {.segment = 1, .member = 7}, .state = RouteState::kSettled},
      {.route = {.segment = 2, .member = 7}, .state = RouteState::kSettled},
      {.route = {.segment = 3, .member = 7}, .state = RouteState::kOpen},
      {.route = {.segment = 4, .member = 7},
       .state = RouteState::kSettled}};  // nowhere now: its lines do it
  const RouteSet current{{.segment = 1, .member = 7},
                         {.segment = 2, .member = 8},
                         {.segment = 3, .member = 7},
                         {.segment = 5, .member = 8}};  // new: its lines do it

  const SeatMoves moves = FindSeatMoves(known, current);

  EXPECT_EQ(moves.fill, (RouteSet{{.segment = 2, .member = 8}, {.segment = 3, .member = 7}}));
  EXPECT_EQ(moves.empty, (RouteSet{{.segment = 2, .member = 7}}));
}

// plan.json of before.
TEST(SeatMovesTest, AJournalWithoutRoutesIsReadFromItsChanges) {
  const TestFolder folder;
  sql::Database database({.threads = 2, .spill_folder = {}});
  sql::Connection connection = database.Connect();
  DeliveryJournal journal(folder.path());
  Delivery delivery{
      .id = "2026-01-05.1", .day = "2026-01-05", .run_id = "r", .folders = {}, .files = {}};
  delivery.files = {{.name = "a", .member = 7}, {.name = "b", .member = 8}};
  std::filesystem::create_directories(folder.path() / delivery.id);
  connection.Run(fmt::format(
      "COPY (SELECT * FROM (VALUES (7::BIGINT, 1::BIGINT, 'u', 'sent', 'a'), (7, 2, 'u', "
      "'removed', "
      "'a'), (8, 3, 'u', 'sent', 'b')) AS v(member_id, dsp_segment_id, dsp_user_id, action, file)) "
      "TO '{}' (FORMAT parquet)",
      (folder.path() / delivery.id / "changes.parquet").string()));
  for (const OutgoingFile& file : delivery.files) {
    journal.AddAttempt(delivery, file,
                       {.outcome = {.accepted = file.name == "a"}, .finished_at = "2026-02-01"});
  }

  const auto routes = RoutesAfter(journal, {delivery}, connection);

  EXPECT_EQ(routes, (std::vector<NotedRoute>{
                        {.route = {.segment = 1, .member = 7}, .state = RouteState::kSettled}}));
}

}  // namespace
}  // namespace weir::connectors
