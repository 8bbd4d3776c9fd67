#include "connectors/activation/delivery_plan.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/failpoint.h"
#include "connectors/activation/delivery_files.h"
#include "connectors/activation/seat_moves.h"
#include "connectors/files/temporary_target.h"
#include "connectors/segments/segment_folder.h"
#include "data/cells.h"
#include "sql/quote.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;

constexpr auto kHeldTable = "weir_held_segments";
constexpr auto kHadTable = "weir_had_segments";

std::vector<SegmentFolderPlace> NewFolders(const PlanInput& input,
                                           const std::vector<Delivery>& deliveries) {
  std::set<std::string> known;
  for (const Delivery& delivery : deliveries) {
    known.insert(delivery.folders.begin(), delivery.folders.end());
  }
  std::vector<SegmentFolderPlace> places = CompleteSegmentFolders(input.segment_folders);
  std::erase_if(places, [&](const SegmentFolderPlace& place) {
    return place.day > input.day || known.contains(place.id());
  });
  return places;
}

std::string NewId(const std::string& day, const std::vector<Delivery>& deliveries) {
  const auto number = std::ranges::count(deliveries, day, &Delivery::day);
  return fmt::format("{}.{}", day, number + 1);
}

// Takes the folders and reads their lines, into which nobody may have written meanwhile.
class TakenFolders {
 public:
  TakenFolders(const fs::path& root, const std::vector<SegmentFolderPlace>& places)
      : root_(root), places_(places) {
    for (const SegmentFolderPlace& place : places_) {
      parts_.push_back(TakeSegmentFolder(root_, place));
    }
  }

  // Does what reads the lines; throws ExternalError if a folder was replaced in between.
  template <typename Work>
  void WhileTaken(const Work& work) const {
    try {
      work();
    } catch (const UserError&) {
      CheckAll();
      throw;
    }
    CheckAll();
  }

  const std::vector<std::vector<SegmentPart>>& parts() const { return parts_; }

 private:
  void CheckAll() const {
    for (std::size_t i = 0; i < places_.size(); ++i) {
      CheckStillTaken(root_, places_[i], parts_[i]);
    }
  }

  const fs::path& root_;
  const std::vector<SegmentFolderPlace>& places_;
  std::vector<std::vector<SegmentPart>> parts_;
};

std::int64_t EndOfDay(std::int32_t day) {
  constexpr std::int64_t kDaySeconds = 86'400;
  return (std::int64_t{day} + 1) * kDaySeconds;
}

// What a delivery of folders is made of, beside them.
struct LinesInput {
  const PlanInput& plan;
  const RouteSet& routes;
  std::string had;  // HeldByJournalSql(); empty: whoever is removed was there
};

// Of those whom the folders remove, whom the destination had.
void MakeHadTable(const std::string& had, const TakenFolders& folders,
                  sql::Connection& connection) {
  std::vector<std::string> files;
  for (const std::vector<SegmentPart>& parts : folders.parts()) {
    for (const SegmentPart& part : parts) {
      files.push_back(part.path.string());
    }
  }
  const std::string removed =
      files.empty() ? std::string(
                          "SELECT CAST(NULL AS VARCHAR) AS dsp_user_id, CAST(NULL AS "
                          "BIGINT) AS dsp_segment_id")
                    : fmt::format(
                          "SELECT DISTINCT u AS dsp_user_id, TRY_CAST(s AS BIGINT) AS "
                          "dsp_segment_id FROM read_csv({}, delim = '\t', header = false, "
                          "quote = '', escape = '', auto_detect = false, null_padding = "
                          "true, ignore_errors = true, columns = {{'u': 'VARCHAR', 's': "
                          "'VARCHAR', 'a': 'VARCHAR', 't': 'VARCHAR', 'e': 'VARCHAR', 'v': "
                          "'VARCHAR'}}) WHERE a = 'remove'",
                          sql::QuoteTexts(files));
  connection.Run(fmt::format(
      "CREATE OR REPLACE TEMP TABLE {} AS SELECT DISTINCT h.dsp_user_id, "
      "h.dsp_segment_id, to_timestamp(0) AS since FROM ({}) AS h SEMI JOIN ({}) AS r ON "
      "r.dsp_user_id = h.dsp_user_id AND r.dsp_segment_id = h.dsp_segment_id",
      kHadTable, had, removed));
}

// What a delivery's folder has got.
struct EncodedFiles {
  std::vector<OutgoingFile> files;
  std::set<SegmentRoute> untold;  // of whom changes are left out
};

EncodedFiles FinishFiles(DeliveryFiles& files) {
  std::vector<OutgoingFile> finished = files.Finish();
  return {.files = std::move(finished), .untold = files.untold()};
}

// Whoever is a member since the time of the earliest folder is new to the destination.
EncodedFiles EncodeLines(const LinesInput& given, const DeliveryFilesOptions& options,
                         const TakenFolders& folders, const Destination& destination,
                         sql::Connection& connection) {
  const PlanInput& input = given.plan;
  MergedLines lines(folders.parts());
  const SegmentRoutes routes(given.routes);
  std::optional<HeldMembers> had;
  if (!given.had.empty()) {
    MakeHadTable(given.had, folders, connection);
    had.emplace(HeldMembersSource{.relation = kHadTable, .spill = options.folder.parent_path()},
                connection);
  }
  std::optional<HeldMembers> held;
  if (const auto first = lines.first_timestamp()) {
    held.emplace(
        HeldMembersSource{
            .relation = input.members, .new_since = *first, .spill = options.folder.parent_path()},
        connection);
  }
  DeliveryFiles files(options, destination, connection);
  constexpr std::size_t kLinesOfBlock = 32'768;
  for (auto block = std::make_shared<LineBlock>(); lines.Fill(*block, kLinesOfBlock);
       block = std::make_shared<LineBlock>()) {
    if (input.stop.stop_requested()) {
      throw CancelledError();
    }
    files.Write([&, block] { return FindChanges(*block, routes, *held, had ? &*had : nullptr); });
  }
  return FinishFiles(files);
}

// The last word on each user and segment, where it isn't a removal, becomes one.
void FindHeld(const TakenBack& taken, const std::vector<Delivery>& before, std::int64_t timestamp,
              const DeliveryJournal& journal, sql::Connection& connection) {
  std::vector<std::string> parts;
  parts.reserve(before.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    parts.push_back(fmt::format(
        "SELECT member_id, dsp_segment_id, dsp_user_id, action, {} AS number FROM read_parquet({})",
        i, sql::QuoteText((journal.FolderOf(before[i]) / "changes.parquet").string())));
  }
  connection.Run(fmt::format(
      "CREATE OR REPLACE TEMP TABLE {} AS SELECT member_id, dsp_user_id, dsp_segment_id, "
      "CAST({} AS BIGINT) AS ts FROM ({}) WHERE dsp_user_id IN (SELECT user_id FROM ({})) GROUP BY "
      "ALL HAVING arg_max(action, number) <> 'removed'",
      kHeldTable, timestamp, fmt::join(parts, " UNION ALL "), taken.users));
}

// The rows of the table of changes, all removals.
MemberChanges ReadHeld(sql::Connection& connection) {
  MemberChanges changes;
  std::map<std::int64_t, std::string> last_users;
  sql::Result result = connection.Query(fmt::format(
      "SELECT member_id, dsp_user_id, dsp_segment_id, ts FROM {} ORDER BY ALL", kHeldTable));
  while (const auto batch = result.NextBatch()) {
    const ArrowArray& rows = *batch->get();
    for (std::int64_t row = 0; row < rows.length; ++row) {
      const std::int64_t member = IntegerAt(*rows.children[0], row);
      const std::string_view user = BytesAt(*rows.children[1], row);
      ChangeBlock& block = changes[member];
      if (block.num_users() == 0 || block.user(block.num_users() - 1) != user) {
        block.BeginUser(user);
      }
      block.Add({.segment = IntegerAt(*rows.children[2], row),
                 .remove = true,
                 .timestamp = IntegerAt(*rows.children[3], row)});
    }
  }
  return changes;
}

RouteSet Without(const RouteSet& routes, const RouteSet& others) {
  RouteSet left;
  std::ranges::set_difference(routes, others, std::inserter(left, left.end()));
  return left;
}

// What is known, with `settled` as such; what is filled later isn't yet.
std::vector<NotedRoute> RoutesWith(const std::vector<NotedRoute>& known, const RouteSet& settled) {
  std::map<SegmentRoute, RouteState> all;
  for (const NotedRoute& noted : known) {
    all.emplace(noted.route, noted.state);
  }
  for (const SegmentRoute& route : settled) {
    all[route] = RouteState::kSettled;
  }
  std::vector<NotedRoute> routes;
  routes.reserve(all.size());
  for (const auto& [route, state] : all) {
    routes.push_back({.route = route, .state = state});
  }
  return routes;
}

// Makes a delivery, whose files `encode` writes below a folder, part of the journal: it appears
// whole. Returns false, and makes nothing, where it would tell nothing, and stands for no folder.
// Segments of which something is left out stay open: their seats get them whole once they can be
// told.
template <typename Encode>
bool Publish(Delivery& delivery, DeliveryJournal& journal, const Encode& encode) {
  TemporaryTarget target(journal.FolderOf(delivery), delivery.run_id);
  fs::create_directories(target.path() / "files");
  EncodedFiles encoded = encode(target.path());
  if (encoded.files.empty() && !encoded.untold.empty() && delivery.folders.empty()) {
    return false;
  }
  delivery.files = std::move(encoded.files);
  for (NotedRoute& noted : *delivery.routes) {
    if (noted.state == RouteState::kSettled && encoded.untold.contains(noted.route)) {
      noted.state = RouteState::kOpen;
    }
  }
  std::ofstream(target.path() / "plan.json", std::ios::binary) << PlanText(delivery);
  Failpoint("activation:before-plan");
  target.Publish();
  Failpoint("activation:after-plan");
  return true;
}

}  // namespace

std::optional<Delivery> PlanDelivery(const PlanInput& input, const Destination& destination,
                                     DeliveryJournal& journal, sql::Connection& connection) {
  const std::vector<Delivery> before = journal.Deliveries();
  const std::vector<SegmentFolderPlace> places = NewFolders(input, before);
  if (places.empty()) {
    return std::nullopt;
  }
  const TakenFolders folders(input.segment_folders, places);
  std::vector<NotedRoute> known = RoutesAfter(journal, before, connection);
  const RouteSet current = ReadRoutes(input.routes, connection);
  const SeatMoves moves = FindSeatMoves(known, current);
  const RouteSet routes = Without(current, moves.fill);
  for (NotedRoute& noted : known) {
    noted.state = RouteState::kOpen;  // where it isn't among the routes it misses these lines
  }
  Delivery delivery{.id = NewId(input.day, before),
                    .day = input.day,
                    .run_id = input.run_id,
                    .folders = {},
                    .files = {},
                    .routes = RoutesWith(known, routes),
                    .encoding = destination.EncodingText()};
  for (const SegmentFolderPlace& place : places) {
    delivery.folders.push_back(place.id());
  }
  Publish(delivery, journal, [&](const fs::path& folder) {
    EncodedFiles files;
    const DeliveryFilesOptions options{.folder = folder,
                                       .delivery = delivery.id,
                                       .threads = input.threads,
                                       .most_left_out = input.most_left_out};
    const LinesInput lines{
        .plan = input,
        .routes = routes,
        .had = places.front().day == places.back().day ? "" : HeldByJournalSql(journal, before)};
    folders.WhileTaken(
        [&] { files = EncodeLines(lines, options, folders, destination, connection); });
    return files;
  });
  return delivery;
}

std::optional<Delivery> PlanSeatMoves(const PlanInput& input, const Destination& destination,
                                      DeliveryJournal& journal, sql::Database& database,
                                      sql::Connection& connection) {
  const std::vector<Delivery> before = journal.Deliveries();
  std::vector<NotedRoute> known = RoutesAfter(journal, before, connection);
  const RouteSet current = ReadRoutes(input.routes, connection);
  const SeatMoves moves = FindSeatMoves(known, current);
  const auto day = ParseDate(input.day);
  if (moves.none() || !day) {
    return std::nullopt;
  }
  for (NotedRoute& noted : known) {
    noted.state = moves.empty.contains(noted.route) ? RouteState::kEmptied : noted.state;
  }
  Delivery delivery{.id = NewId(input.day, before),
                    .day = input.day,
                    .run_id = input.run_id,
                    .folders = {},
                    .files = {},
                    .routes = RoutesWith(known, current),
                    .encoding = destination.EncodingText()};
  const bool is_made = Publish(delivery, journal, [&](const fs::path& folder) {
    SeatMoveChanges changes(moves,
                            {.members = input.members,
                             .held = HeldByJournalSql(journal, before),
                             .timestamp = EndOfDay(*day),
                             .folder = folder},
                            database, connection);
    const DeliveryFilesOptions options{.folder = folder,
                                       .delivery = delivery.id,
                                       .threads = input.threads,
                                       .most_left_out = input.most_left_out};
    DeliveryFiles files(options, destination, connection);
    while (const auto block = changes.Next()) {
      if (input.stop.stop_requested()) {
        throw CancelledError();
      }
      files.Write([block] { return *block; });
    }
    return FinishFiles(files);
  });
  return is_made ? std::optional(delivery) : std::nullopt;
}

std::optional<Delivery> PlanTakingBack(const TakenBack& taken, const Destination& destination,
                                       DeliveryJournal& journal, sql::Connection& connection) {
  const std::vector<Delivery> before = journal.Deliveries();
  const auto day = before.empty() ? std::nullopt : ParseDate(before.back().day);
  if (!day) {
    return std::nullopt;
  }
  FindHeld(taken, before, EndOfDay(*day), journal, connection);
  const auto held = std::make_shared<MemberChanges>(ReadHeld(connection));
  if (held->empty()) {
    return std::nullopt;
  }
  Delivery delivery{.id = NewId(before.back().day, before),
                    .day = before.back().day,
                    .run_id = taken.run_id,
                    .folders = {},
                    .files = {},
                    .routes = RoutesAfter(journal, before, connection),
                    .encoding = destination.EncodingText()};
  const bool is_made = Publish(delivery, journal, [&](const fs::path& folder) {
    const DeliveryFilesOptions options{
        .folder = folder, .delivery = delivery.id, .names_users = false};
    DeliveryFiles files(options, destination, connection);
    files.Write([held] { return *held; });
    return FinishFiles(files);
  });
  return is_made ? std::optional(delivery) : std::nullopt;
}

}  // namespace weir::connectors
