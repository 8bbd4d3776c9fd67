#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "connectors/activation/destination.h"
#include "storage/object_store.h"

namespace weir::connectors {

// One attempt to deliver a file, as it ended.
struct Attempt {
  Outcome outcome;
  std::string finished_at;  // ISO-8601
};

// A segment at a seat of the destination, by its numbers.
struct SegmentRoute {
  std::int64_t segment = 0;
  std::int64_t member = 0;

  friend auto operator<=>(const SegmentRoute&, const SegmentRoute&) = default;
};

// What a segment is at a seat once a delivery is done.
enum class RouteState : std::uint8_t {
  kSettled,  // its members are there, up to what later folders change
  kOpen,     // some are missing there, or too many
  kEmptied   // nobody is there any longer
};

struct NotedRoute {
  SegmentRoute route;
  RouteState state = RouteState::kOpen;

  friend bool operator==(const NotedRoute&, const NotedRoute&) = default;
};

// What was planned for a destination at once, and how far it has come.
struct Delivery {
  std::string id;   // "2026-01-31.1": day and number
  std::string day;  // whose members it brings the destination to
  std::string run_id;
  std::vector<std::string> folders;  // ids of the segment folders that it stands for
  std::vector<OutgoingFile> files;
  std::optional<std::vector<NotedRoute>> routes{};  // none: planned before they were noted
  std::optional<std::string> encoding{};            // Destination::EncodingText(); none: as routes
};

// The journal of one destination: what was sent, is under way and came of it. Its folder holds a
// folder a delivery, which appears whole:
//   <id>/plan.json        the delivery
//   <id>/changes.parquet  each change with its file
//   <id>/files/NAME       what is sent; gone once it has arrived
//   <id>/NAME.json        notes of a file on its way, and its attempts
//   <id>/done.json        written last: the day of the run that finished it
// and `pace.json`. One process at a time works with it: Lock(). One thread.
class DeliveryJournal {
 public:
  explicit DeliveryJournal(const std::filesystem::path& folder);

  std::unique_ptr<storage::StoreLock> Lock() { return store_->Lock("lock"); }
  storage::ObjectStore& store() { return *store_; }
  const std::filesystem::path& folder() const { return folder_; }

  // Removes deliveries that were being planned when their process died. Needs the lock.
  void RemoveUnfinished();

  // By day and number. Throws UserError for a plan that can't be read.
  std::vector<Delivery> Deliveries() const;
  bool IsDone(const Delivery& delivery) const;
  // The day of the run that finished it; empty: it isn't done.
  std::string DoneDay(const Delivery& delivery) const;
  void MarkDone(const Delivery& delivery, const std::string& day);

  // The notes of a file on its way; empty in the beginning and after an attempt that failed.
  FileNotes NotesOf(const Delivery& delivery, const OutgoingFile& file);
  std::vector<Attempt> AttemptsOf(const Delivery& delivery, const OutgoingFile& file) const;
  // Adds how an attempt ended; the notes are forgotten if it wasn't accepted.
  void AddAttempt(const Delivery& delivery, const OutgoingFile& file, const Attempt& attempt);

  std::filesystem::path FolderOf(const Delivery& delivery) const { return folder_ / delivery.id; }
  std::filesystem::path PathOf(const Delivery& delivery, const OutgoingFile& file) const {
    return FolderOf(delivery) / "files" / file.name;
  }

 private:
  nlohmann::json FileState(const Delivery& delivery, const OutgoingFile& file) const;

  std::filesystem::path folder_;
  std::unique_ptr<storage::ObjectStore> store_;
};

// The text of plan.json.
std::string PlanText(const Delivery& delivery);

}  // namespace weir::connectors
