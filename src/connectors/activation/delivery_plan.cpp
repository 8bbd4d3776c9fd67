#include "connectors/activation/delivery_plan.h"

#include <algorithm>
#include <fstream>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/failpoint.h"
#include "connectors/files/temporary_target.h"
#include "connectors/segments/segment_folder.h"
#include "data/cells.h"
#include "sql/quote.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;

constexpr auto kLinesTable = "weir_segment_lines";
constexpr auto kChangesTable = "weir_segment_changes";

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

void TakeLines(const PlanInput& input, const std::vector<SegmentFolderPlace>& places,
               sql::Connection& connection) {
  connection.Run(fmt::format(
      "CREATE OR REPLACE TEMP TABLE {} (dsp_user_id VARCHAR, dsp_segment_id BIGINT, action "
      "VARCHAR, ts BIGINT, expiration_minutes BIGINT, value BIGINT)",
      kLinesTable));
  for (const SegmentFolderPlace& place : places) {
    TakeSegmentFolder(input.segment_folders, place, connection, kLinesTable);
  }
}

// Sorted once, by member, user and segment: tables are read in the order in which they were made.
// `first` is the time of the earliest folder: who is a member since then is new to the destination.
void FindChanges(const PlanInput& input, sql::Connection& connection) {
  connection.Run(fmt::format(
      R"(CREATE OR REPLACE TEMP TABLE {0} AS
WITH first AS (SELECT min(ts) AS ts FROM {1}),
keys AS (
  SELECT r.member_id, l.dsp_segment_id, l.dsp_user_id,
         max(CASE WHEN l.action = 'add' THEN
               {{'until': l.ts + 60 * l.expiration_minutes, 'ts': l.ts, 'value': l.value}} END) AS added,
         max(CASE WHEN l.action = 'remove' THEN l.ts END) AS removed
  FROM {1} AS l
  JOIN (SELECT DISTINCT member_id, dsp_segment_id FROM {2}) AS r ON r.dsp_segment_id = l.dsp_segment_id
  GROUP BY ALL
),
held AS (
  SELECT dsp_segment_id, dsp_user_id, min(epoch_us(since) // 1000000) AS since FROM {3} GROUP BY ALL
)
SELECT k.member_id, k.dsp_segment_id, k.dsp_user_id,
       CASE WHEN h.since IS NULL THEN 'removed' WHEN h.since >= first.ts THEN 'sent' ELSE 'renewed' END AS action,
       CASE WHEN h.since IS NULL THEN k.removed ELSE k.added.ts END AS ts,
       CASE WHEN h.since IS NULL THEN 0 ELSE (k.added.until - k.added.ts) // 60 END AS minutes,
       CASE WHEN h.since IS NULL THEN 0 ELSE k.added.value END AS value
FROM keys AS k
CROSS JOIN first
LEFT JOIN held AS h ON h.dsp_segment_id = k.dsp_segment_id AND h.dsp_user_id = k.dsp_user_id
WHERE CASE WHEN h.since IS NULL THEN k.removed ELSE k.added.ts END IS NOT NULL
ORDER BY k.member_id, k.dsp_user_id, k.dsp_segment_id)",
      kChangesTable, kLinesTable, sql::QuoteName(input.routes), sql::QuoteName(input.members)));
}

// Hands rows that are sorted by user to the encoder, user by user.
class UserGatherer {
 public:
  explicit UserGatherer(ChangeEncoder& encoder) : encoder_(encoder) {}

  void Take(const ArrowArray& rows, std::int64_t row) {
    const std::string_view name = BytesAt(*rows.children[0], row);
    if (name != user_.user) {
      Finish();
      user_.user = name;
    }
    user_.changes.push_back({.segment = IntegerAt(*rows.children[1], row),
                             .remove = IntegerAt(*rows.children[5], row) != 0,
                             .timestamp = IntegerAt(*rows.children[2], row),
                             .minutes = IntegerAt(*rows.children[3], row),
                             .value = IntegerAt(*rows.children[4], row)});
  }

  void Finish() {
    if (!user_.changes.empty()) {
      encoder_.Add(user_);
      user_.changes.clear();
    }
  }

 private:
  ChangeEncoder& encoder_;
  UserChanges user_;
};

void EncodeMember(std::int64_t member, ChangeEncoder& encoder, sql::Connection& connection) {
  sql::Result result = connection.Query(fmt::format(
      "SELECT dsp_user_id, dsp_segment_id, ts, CAST(minutes AS BIGINT), CAST(value AS BIGINT), "
      "CAST(action = 'removed' AS BIGINT) FROM {} WHERE member_id = {}",
      kChangesTable, member));
  UserGatherer users(encoder);
  while (const auto batch = result.NextBatch()) {
    const ArrowArray& rows = *batch->get();
    for (std::int64_t row = 0; row < rows.length; ++row) {
      users.Take(rows, row);
    }
  }
  users.Finish();
}

std::vector<OutgoingFile> EncodeAll(const Destination& destination, const std::string& delivery,
                                    const fs::path& folder, sql::Connection& connection) {
  std::vector<OutgoingFile> files;
  const auto members =
      connection.Query(fmt::format("SELECT DISTINCT member_id FROM {} ORDER BY ALL", kChangesTable))
          .Rows();
  for (const auto& row : members) {
    const auto member = std::get<std::int64_t>(row.at(0));
    const auto encoder =
        destination.Encoder({.folder = folder, .delivery = delivery, .member = member});
    EncodeMember(member, *encoder, connection);
    std::ranges::move(encoder->Finish(), std::back_inserter(files));
  }
  return files;
}

// Each change with the file that it stands in: the first of its member that reaches to its user.
void WriteChanges(const Delivery& delivery, const fs::path& path, sql::Connection& connection) {
  std::string file_of = "CASE";
  for (const OutgoingFile& file : delivery.files) {
    file_of += fmt::format(" WHEN member_id = {} AND dsp_user_id <= {} THEN {}", file.member,
                           sql::QuoteText(file.last_user), sql::QuoteText(file.name));
  }
  file_of += delivery.files.empty() ? " WHEN true THEN '' END" : " END";
  connection.Run(fmt::format(
      "COPY (SELECT member_id, dsp_segment_id, dsp_user_id, action, ts, {} AS file FROM {}) TO {} "
      "(FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)",
      file_of, kChangesTable, sql::QuoteText(path.string())));
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
      "CREATE OR REPLACE TEMP TABLE {} AS SELECT member_id, dsp_segment_id, dsp_user_id, 'removed' "
      "AS action, CAST({} AS BIGINT) AS ts, 0 AS minutes, 0 AS value FROM ({}) WHERE dsp_user_id "
      "IN (SELECT user_id FROM ({})) GROUP BY ALL HAVING arg_max(action, number) <> 'removed' "
      "ORDER BY member_id, dsp_user_id, dsp_segment_id",
      kChangesTable, timestamp, fmt::join(parts, " UNION ALL "), taken.users));
}

// Encodes what the table of changes holds and makes it a delivery of the journal, whole.
// `names_users`: whether its changes.parquet does.
void Publish(Delivery& delivery, bool names_users, const Destination& destination,
             DeliveryJournal& journal, sql::Connection& connection) {
  TemporaryTarget target(journal.FolderOf(delivery), delivery.run_id);
  fs::create_directories(target.path() / "files");
  delivery.files = EncodeAll(destination, delivery.id, target.path() / "files", connection);
  if (!names_users) {
    connection.Run(fmt::format("DELETE FROM {}", kChangesTable));
  }
  WriteChanges(delivery, target.path() / "changes.parquet", connection);
  std::ofstream(target.path() / "plan.json", std::ios::binary) << PlanText(delivery);
  Failpoint("activation:before-plan");
  target.Publish();
  Failpoint("activation:after-plan");
}

}  // namespace

std::optional<Delivery> PlanDelivery(const PlanInput& input, const Destination& destination,
                                     DeliveryJournal& journal, sql::Connection& connection) {
  const std::vector<Delivery> before = journal.Deliveries();
  const std::vector<SegmentFolderPlace> places = NewFolders(input, before);
  if (places.empty()) {
    return std::nullopt;
  }
  TakeLines(input, places, connection);
  FindChanges(input, connection);
  Delivery delivery{.id = NewId(input.day, before),
                    .day = input.day,
                    .run_id = input.run_id,
                    .folders = {},
                    .files = {}};
  for (const SegmentFolderPlace& place : places) {
    delivery.folders.push_back(place.id());
  }
  Publish(delivery, true, destination, journal, connection);
  return delivery;
}

std::optional<Delivery> PlanTakingBack(const TakenBack& taken, const Destination& destination,
                                       DeliveryJournal& journal, sql::Connection& connection) {
  const std::vector<Delivery> before = journal.Deliveries();
  const auto day = before.empty() ? std::nullopt : ParseDate(before.back().day);
  if (!day) {
    return std::nullopt;
  }
  constexpr std::int64_t kDaySeconds = 86'400;
  FindHeld(taken, before, (std::int64_t{*day} + 1) * kDaySeconds, journal, connection);
  if (connection.QueryInteger(fmt::format("SELECT count(*) FROM {}", kChangesTable)) == 0) {
    return std::nullopt;
  }
  Delivery delivery{.id = NewId(before.back().day, before),
                    .day = before.back().day,
                    .run_id = taken.run_id,
                    .folders = {},
                    .files = {}};
  Publish(delivery, false, destination, journal, connection);
  return delivery;
}

}  // namespace weir::connectors
