#pragma once

#include <cstddef>
#include <deque>
#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "connectors/activation/change_finder.h"
#include "connectors/activation/delivery_journal.h"
#include "connectors/activation/destination.h"
#include "connectors/activation/left_out_users.h"
#include "connectors/activation/packed_files.h"
#include "connectors/activation/row_stream.h"

namespace weir::connectors {

struct DeliveryFilesOptions {
  std::filesystem::path folder;  // that is there: files/ and changes.parquet come into it
  std::string delivery;          // "2026-01-31.1"
  bool names_users = true;       // whether changes.parquet has its rows
  int threads = 1;
  double most_left_out = 1;  // the share of a seat's users (left_out_users.h)
};

// Encodes changes and writes a delivery's files, several blocks at once; what comes out depends on
// the blocks and their order alone. Memory: some MB a thread and seat. One thread calls it.
class DeliveryFiles {
 public:
  // All must outlive it; the connection is its own until Finish().
  DeliveryFiles(const DeliveryFilesOptions& options, const Destination& destination,
                sql::Connection& connection);
  DeliveryFiles(const DeliveryFiles&) = delete;
  DeliveryFiles& operator=(const DeliveryFiles&) = delete;
  ~DeliveryFiles();

  // Encodes the changes that `find` finds, on another thread; users of one block come before those
  // of the next. Throws what an earlier block's finding or encoding threw.
  void Write(std::function<MemberChanges()> find);
  // The files of all seats, durable, by seat and index. Once, last. Warns of users who are left
  // out, and throws UserError for more of them than may be; warns of segments of which changes are
  // left out, as the destination can't be told them.
  std::vector<OutgoingFile> Finish();
  // Those segments, once Finish() has returned.
  const std::set<SegmentRoute>& untold() const { return untold_; }

 private:
  struct MemberPiece;
  // Of changes that can't be said.
  struct Untold {
    std::int64_t lines = 0;
    std::string why{};  // of the first
  };
  using UntoldSegments = std::map<std::int64_t, Untold>;
  struct Seat {
    std::unique_ptr<ChangeEncoder> encoder;
    std::unique_ptr<PackedFiles> files;
    LeftOutUsers left_out;
    UntoldSegments untold;
    std::vector<std::int64_t> removed;  // lines of each file
  };
  std::vector<MemberPiece> Encode(const MemberChanges& changes);
  Seat& SeatOf(std::int64_t member);
  void PutOldest();
  void EndPiece(MemberPiece& piece, std::string& plain);
  void CheckLeftOut(std::int64_t member, const Seat& seat, std::int64_t users_sent) const;
  void NoteUntold(std::int64_t member, const Seat& seat);
  void PutRows(MemberPiece& piece, const std::string& file);

  const DeliveryFilesOptions& options_;
  const Destination& destination_;
  RowStream rows_;
  std::mutex mutex_;  // of the seats' map
  std::map<std::int64_t, Seat> seats_;
  std::set<SegmentRoute> untold_;
  std::deque<std::future<std::vector<MemberPiece>>> pieces_;  // under way, oldest first
};

}  // namespace weir::connectors
