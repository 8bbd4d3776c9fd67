#include "connectors/activation/seat_moves.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "data/cells.h"
#include "sql/quote.h"

namespace weir::connectors {
namespace {

constexpr auto kMovesTable = "weir_seat_moves";
constexpr auto kHeldAtSeats = "weir_held_at_seats";

constexpr auto kNobodyHeld =
    "SELECT CAST(NULL AS BIGINT) AS member_id, CAST(NULL AS BIGINT) AS dsp_segment_id, "
    "CAST(NULL AS VARCHAR) AS dsp_user_id WHERE false";

// Names of a delivery's files that the destination didn't take.
std::vector<std::string> RefusedFiles(const DeliveryJournal& journal, const Delivery& delivery) {
  std::vector<std::string> names;
  for (const OutgoingFile& file : delivery.files) {
    const std::vector<Attempt> attempts = journal.AttemptsOf(delivery, file);
    if (attempts.empty() || !attempts.back().outcome.accepted) {
      names.push_back(file.name);
    }
  }
  return names;
}

std::string ChangesSql(const DeliveryJournal& journal, const Delivery& delivery,
                       std::size_t number) {
  const std::vector<std::string> refused = RefusedFiles(journal, delivery);
  return fmt::format(
      "SELECT member_id, dsp_segment_id, dsp_user_id, action, {} AS number FROM read_parquet({}){}",
      number, sql::QuoteText((journal.FolderOf(delivery) / "changes.parquet").string()),
      refused.empty()
          ? std::string()
          : fmt::format(" WHERE NOT list_contains({}, file)", sql::QuoteTexts(refused)));
}

std::vector<NotedRoute> RoutesOfChanges(const DeliveryJournal& journal,
                                        const std::vector<Delivery>& deliveries,
                                        sql::Connection& connection) {
  std::vector<NotedRoute> routes;
  sql::Result result =
      connection.Query(fmt::format("SELECT DISTINCT member_id, dsp_segment_id FROM "
                                   "({}) ORDER BY ALL",
                                   HeldByJournalSql(journal, deliveries)));
  while (const auto batch = result.NextBatch()) {
    const ArrowArray& rows = *batch->get();
    for (std::int64_t row = 0; row < rows.length; ++row) {
      routes.push_back({.route = {.segment = IntegerAt(*rows.children[1], row),
                                  .member = IntegerAt(*rows.children[0], row)},
                        .state = RouteState::kSettled});
    }
  }
  return routes;
}

void MakeMovesTable(const SeatMoves& moves, sql::Connection& connection) {
  std::vector<std::string> rows;
  const auto add = [&](const RouteSet& routes, bool fills) {
    for (const SegmentRoute& route : routes) {
      rows.push_back(
          fmt::format("({}::BIGINT, {}::BIGINT, {})", route.member, route.segment, fills));
    }
  };
  add(moves.fill, true);
  add(moves.empty, false);
  connection.Run(
      fmt::format("CREATE OR REPLACE TEMP TABLE {} AS SELECT * FROM (VALUES {}) AS "
                  "v(member_id, dsp_segment_id, fills)",
                  kMovesTable, fmt::join(rows, ", ")));
}

// Of a number that several segments share, the longest time decides, then the largest value.
std::string ChangesOfMovesSql(const SeatMoveInput& input) {
  return fmt::format(
      "WITH wanted AS (SELECT m.member_id, u.dsp_segment_id, u.dsp_user_id, max({{'until': "
      "epoch_us(u.until) // 1000000, 'value': u.value}}) AS last FROM {0} AS u JOIN {1} AS m ON "
      "m.dsp_segment_id = u.dsp_segment_id AND m.fills WHERE epoch_us(u.until) // 1000000 > {3} "
      "AND u.dsp_user_id IS NOT NULL GROUP BY ALL) "
      "SELECT coalesce(w.member_id, h.member_id) AS member_id, coalesce(w.dsp_user_id, "
      "h.dsp_user_id) AS dsp_user_id, coalesce(w.dsp_segment_id, h.dsp_segment_id) AS "
      "dsp_segment_id, CAST(w.member_id IS NULL AS BIGINT) AS removes, CAST(h.member_id IS NOT "
      "NULL AS BIGINT) AS renews, CAST(coalesce((w.last.until - {3}) // 60, 0) AS BIGINT) AS "
      "minutes, CAST(coalesce(w.last.value, 0) AS BIGINT) AS value FROM wanted AS w FULL JOIN {2} "
      "AS h ON h.member_id = w.member_id AND h.dsp_segment_id = w.dsp_segment_id AND h.dsp_user_id "
      "= w.dsp_user_id ORDER BY 1, 2, 3",
      sql::QuoteName(input.members), kMovesTable, kHeldAtSeats, input.timestamp);
}

}  // namespace

RouteSet ReadRoutes(const std::string& relation, sql::Connection& connection) {
  RouteSet routes;
  sql::Result result = connection.Query(
      fmt::format("SELECT DISTINCT CAST(dsp_segment_id AS BIGINT), CAST(member_id AS BIGINT) FROM "
                  "{} WHERE dsp_segment_id IS NOT NULL AND member_id IS NOT NULL",
                  sql::QuoteName(relation)));
  while (const auto batch = result.NextBatch()) {
    const ArrowArray& rows = *batch->get();
    for (std::int64_t row = 0; row < rows.length; ++row) {
      routes.insert({.segment = IntegerAt(*rows.children[0], row),
                     .member = IntegerAt(*rows.children[1], row)});
    }
  }
  return routes;
}

std::string HeldByJournalSql(const DeliveryJournal& journal,
                             const std::vector<Delivery>& deliveries) {
  std::vector<std::string> parts;
  parts.reserve(deliveries.size());
  for (std::size_t i = 0; i < deliveries.size(); ++i) {
    parts.push_back(ChangesSql(journal, deliveries[i], i));
  }
  return parts.empty() ? kNobodyHeld
                       : fmt::format(
                             "SELECT member_id, dsp_segment_id, dsp_user_id FROM ({}) GROUP BY ALL "
                             "HAVING arg_max(action, number) <> 'removed'",
                             fmt::join(parts, " UNION ALL "));
}

std::vector<NotedRoute> RoutesAfter(const DeliveryJournal& journal,
                                    const std::vector<Delivery>& deliveries,
                                    sql::Connection& connection) {
  if (deliveries.empty()) {
    return {};
  }
  const Delivery& newest = deliveries.back();
  if (!newest.routes) {
    return RoutesOfChanges(journal, deliveries, connection);
  }
  std::vector<NotedRoute> routes = *newest.routes;
  const std::vector<std::string> refused = RefusedFiles(journal, newest);
  std::set<std::int64_t> seats;
  for (const OutgoingFile& file : newest.files) {
    if (std::ranges::find(refused, file.name) != refused.end()) {
      seats.insert(file.member);
    }
  }
  for (NotedRoute& noted : routes) {
    if (seats.contains(noted.route.member)) {
      noted.state = RouteState::kOpen;
    }
  }
  std::erase_if(routes,
                [](const NotedRoute& noted) { return noted.state == RouteState::kEmptied; });
  return routes;
}

SeatMoves FindSeatMoves(const std::vector<NotedRoute>& known, const RouteSet& current) {
  std::set<std::int64_t> known_segments;
  RouteSet settled;
  for (const NotedRoute& noted : known) {
    known_segments.insert(noted.route.segment);
    if (noted.state == RouteState::kSettled) {
      settled.insert(noted.route);
    }
  }
  SeatMoves moves;
  std::set<std::int64_t> current_segments;
  for (const SegmentRoute& route : current) {
    current_segments.insert(route.segment);
    if (known_segments.contains(route.segment) && !settled.contains(route)) {
      moves.fill.insert(route);
    }
  }
  for (const NotedRoute& noted : known) {
    if (current_segments.contains(noted.route.segment) && !current.contains(noted.route)) {
      moves.empty.insert(noted.route);
    }
  }
  return moves;
}

// The connection that the rows are of ends after them.
struct SeatMoveChanges::Rows {
  Rows(sql::Database& database, const std::filesystem::path& file, std::int64_t timestamp_of_all)
      : connection(database.Connect()),
        result(connection.Query(
            fmt::format("SELECT member_id, dsp_user_id, dsp_segment_id, removes, renews, minutes, "
                        "value FROM read_parquet({})",
                        sql::QuoteText(file.string())))),
        timestamp(timestamp_of_all) {}

  sql::Connection connection;
  sql::Result result;
  std::int64_t timestamp;
  std::optional<Batch> batch;
  std::int64_t row = 0;

  // Whether there is a row at hand.
  bool HasRow() {
    while (!batch || row >= batch->get()->length) {
      batch = result.NextBatch();
      row = 0;
      if (!batch) {
        return false;
      }
    }
    return true;
  }
  std::int64_t Number(int column) const { return IntegerAt(*batch->get()->children[column], row); }
  std::string_view User() const { return BytesAt(*batch->get()->children[1], row); }
  SegmentChange Change() const {
    return {.segment = Number(2),
            .remove = Number(3) != 0,
            .renew = Number(3) == 0 && Number(4) != 0,
            .timestamp = timestamp,
            .minutes = Number(5),
            .value = Number(6)};
  }
};

SeatMoveChanges::SeatMoveChanges(const SeatMoves& moves, const SeatMoveInput& input,
                                 sql::Database& database, sql::Connection& connection)
    : file_(input.folder / "moves.parquet") {
  MakeMovesTable(moves, connection);
  connection.Run(fmt::format(
      "CREATE OR REPLACE TEMP TABLE {} AS SELECT h.* FROM ({}) AS h JOIN {} AS m ON m.member_id = "
      "h.member_id AND m.dsp_segment_id = h.dsp_segment_id",
      kHeldAtSeats, input.held, kMovesTable));
  connection.Run(fmt::format("COPY ({}) TO {} (FORMAT parquet, USE_TMP_FILE false)",
                             ChangesOfMovesSql(input), sql::QuoteText(file_.string())));
  rows_ = std::make_unique<Rows>(database, file_, input.timestamp);
}

SeatMoveChanges::~SeatMoveChanges() {
  rows_.reset();
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

std::shared_ptr<MemberChanges> SeatMoveChanges::Next() {
  constexpr std::size_t kChangesOfBlock = 32'768;
  auto changes = std::make_shared<MemberChanges>();
  std::size_t count = 0;
  std::int64_t member = 0;
  std::string user;
  for (; rows_->HasRow(); ++rows_->row) {
    const bool is_next = count == 0 || rows_->Number(0) != member || rows_->User() != user;
    if (is_next && count >= kChangesOfBlock) {
      break;
    }
    ChangeBlock& block = (*changes)[rows_->Number(0)];
    if (is_next) {
      member = rows_->Number(0);
      user = rows_->User();
      block.BeginUser(user);
    }
    block.Add(rows_->Change());
    ++count;
  }
  return count == 0 ? nullptr : changes;
}

}  // namespace weir::connectors
