#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/activation/spilled_bytes.h"
#include "sql/database.h"

namespace weir::connectors {

// A segment that a destination shall have a user in.
struct HeldSegment {
  std::int64_t segment = 0;
  bool is_new = false;  // it has it since the time that was asked for, or later

  friend auto operator<=>(const HeldSegment&, const HeldSegment&) = default;
};

struct HeldMembersSource {
  std::string relation;         // with dsp_user_id, dsp_segment_id and since, in any order
  std::int64_t new_since = 0;   // seconds since 1970
  std::filesystem::path spill;  // a folder; the file has no name there
  std::size_t bytes_of_range = 67'108'864;  // of which tables are made, at most
};

// Whom a destination shall have, to be looked up by user, where all of them don't fit into memory.
// Members are cut into ranges of users, by pivots drawn from the first of them, and spilled; a
// range that is asked for becomes a table, and the last few are kept. A range that turns out too
// large is cut again. Memory: `bytes_of_range` times about 8, and 40 MB, however many members
// there are.
class HeldMembers {
 public:
  // Reads the relation. Throws what the query throws, ExternalError for what the disk refuses.
  HeldMembers(const HeldMembersSource& source, sql::Connection& connection);
  HeldMembers(const HeldMembers&) = delete;
  HeldMembers& operator=(const HeldMembers&) = delete;
  ~HeldMembers();

  // The users of one range with their segments.
  class Table;
  // Looks users up; cheap for those that come in order. One thread each, any number at a time.
  class Lookup {
   public:
    // `held` must outlive it.
    explicit Lookup(HeldMembers& held) : held_(held) {}
    // Sorted by segment; of one that stands there twice the older comes first. Until the next call.
    std::span<const HeldSegment> Find(std::string_view user);

   private:
    HeldMembers& held_;
    std::size_t range_ = 0;
    std::shared_ptr<const Table> table_;
  };

 private:
  struct Range {
    std::string begin;   // the least user that may be in it; it ends where the next begins
    std::string buffer;  // records that aren't spilled
    std::vector<SpilledExtent> extents;
    std::size_t bytes = 0;  // of all of its records
  };
  class RecordReader;

  void Read(const HeldMembersSource& source, sql::Connection& connection);
  void Put(std::string_view record, std::string_view user);
  std::size_t RangeOf(std::string_view user) const;
  // Cuts a range into up to `ranges` of about one size.
  void Cut(std::size_t index, std::size_t ranges);
  // Some of its users, sorted.
  std::vector<std::string> SampleOf(const Range& range) const;
  void CutLargeRanges();
  std::string RecordsOf(const Range& range) const;
  std::shared_ptr<const Table> TableOf(std::size_t range);

  std::size_t bytes_of_range_;
  SpilledBytes spilled_;
  std::vector<Range> ranges_;  // by begin
  std::size_t last_range_ = 0;
  bool is_cut_ = false;  // from then on ranges are spilled
  std::mutex mutex_;     // of what follows
  std::deque<std::pair<std::size_t, std::shared_ptr<const Table>>> tables_;
};

}  // namespace weir::connectors
