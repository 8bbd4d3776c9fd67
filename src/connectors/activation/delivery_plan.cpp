#include "connectors/activation/delivery_plan.h"

#include <algorithm>
#include <fstream>
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
#include "connectors/files/temporary_target.h"
#include "connectors/segments/segment_folder.h"
#include "data/cells.h"
#include "sql/quote.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;

constexpr auto kHeldTable = "weir_held_segments";

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

// Whoever is a member since the time of the earliest folder is new to the destination.
std::vector<OutgoingFile> EncodeLines(const PlanInput& input, const DeliveryFilesOptions& options,
                                      const TakenFolders& folders, const Destination& destination,
                                      sql::Connection& connection) {
  MergedLines lines(folders.parts());
  const SegmentRoutes routes(input.routes, connection);
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
    files.Write([&, block] { return FindChanges(*block, routes, *held); });
  }
  return files.Finish();
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

// Makes a delivery, whose files `encode` writes below a folder, part of the journal: it appears
// whole.
template <typename Encode>
void Publish(Delivery& delivery, DeliveryJournal& journal, const Encode& encode) {
  TemporaryTarget target(journal.FolderOf(delivery), delivery.run_id);
  fs::create_directories(target.path() / "files");
  delivery.files = encode(target.path());
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
  const TakenFolders folders(input.segment_folders, places);
  Delivery delivery{.id = NewId(input.day, before),
                    .day = input.day,
                    .run_id = input.run_id,
                    .folders = {},
                    .files = {}};
  for (const SegmentFolderPlace& place : places) {
    delivery.folders.push_back(place.id());
  }
  Publish(delivery, journal, [&](const fs::path& folder) {
    std::vector<OutgoingFile> files;
    const DeliveryFilesOptions options{.folder = folder,
                                       .delivery = delivery.id,
                                       .threads = input.threads,
                                       .most_left_out = input.most_left_out};
    folders.WhileTaken(
        [&] { files = EncodeLines(input, options, folders, destination, connection); });
    return files;
  });
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
  const auto held = std::make_shared<MemberChanges>(ReadHeld(connection));
  if (held->empty()) {
    return std::nullopt;
  }
  Delivery delivery{.id = NewId(before.back().day, before),
                    .day = before.back().day,
                    .run_id = taken.run_id,
                    .folders = {},
                    .files = {}};
  Publish(delivery, journal, [&](const fs::path& folder) {
    const DeliveryFilesOptions options{
        .folder = folder, .delivery = delivery.id, .names_users = false};
    DeliveryFiles files(options, destination, connection);
    files.Write([held] { return *held; });
    return files.Finish();
  });
  return delivery;
}

}  // namespace weir::connectors
