#include "connectors/activation/held_members.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/hashing.h"
#include "data/cells.h"
#include "sql/quote.h"

namespace weir::connectors {
namespace {

constexpr std::size_t kFirstCut = 512;           // ranges
constexpr std::size_t kSampleBytes = 8'388'608;  // of records that the first cut is drawn from
constexpr std::size_t kExtentBytes = 65'536;
constexpr std::size_t kTablesKept = 3;

// A member as it is spilled: the length of the user's id with a bit for new, the segment, the id.
constexpr std::size_t kRecordHeadBytes = sizeof(std::uint32_t) + sizeof(std::int64_t);

void WriteRecord(std::string_view user, const HeldSegment& held, std::string& bytes) {
  const auto length_and_new =
      static_cast<std::uint32_t>(user.size() << 1U) | static_cast<std::uint32_t>(held.is_new);
  const std::size_t at = bytes.size();
  bytes.resize(at + kRecordHeadBytes);
  std::memcpy(bytes.data() + at, &length_and_new, sizeof(length_and_new));
  std::memcpy(bytes.data() + at + sizeof(length_and_new), &held.segment, sizeof(held.segment));
  bytes += user;
}

}  // namespace

// Goes through records that lie one behind the other.
class HeldMembers::RecordReader {
 public:
  explicit RecordReader(std::string_view records) : records_(records) {}

  bool Next() {
    records_.remove_prefix(record_.size());
    if (records_.empty()) {
      return false;
    }
    std::uint32_t length_and_new = 0;
    std::memcpy(&length_and_new, records_.data(), sizeof(length_and_new));
    std::memcpy(&held_.segment, records_.data() + sizeof(length_and_new), sizeof(held_.segment));
    held_.is_new = (length_and_new & 1U) != 0;
    record_ = records_.substr(0, kRecordHeadBytes + (length_and_new >> 1U));
    return true;
  }

  std::string_view record() const { return record_; }
  std::string_view user() const { return record_.substr(kRecordHeadBytes); }
  const HeldSegment& held() const { return held_; }

 private:
  std::string_view records_;
  std::string_view record_;
  HeldSegment held_;
};

// Users by an open hash table, their segments one user behind the other.
class HeldMembers::Table {
 public:
  explicit Table(std::string records) : records_(std::move(records)) {
    std::vector<std::uint32_t> user_of;
    NumberUsers(user_of);
    PlaceSegments(user_of);
  }

  std::span<const HeldSegment> Find(std::string_view user) const {
    const std::uint32_t number = slots_[SlotOf(user)];
    return number == 0 ? std::span<const HeldSegment>()
                       : std::span(segments_).subspan(begins_[number - 1],
                                                      begins_[number] - begins_[number - 1]);
  }

 private:
  // The user's slot, or the free one where it belongs.
  std::size_t SlotOf(std::string_view user) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = HashOf(user).low & mask;
    while (slots_[slot] != 0 && users_[slots_[slot] - 1] != user) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  void Grow() {
    slots_.assign(2 * slots_.size(), 0);
    for (std::uint32_t number = 1; number <= users_.size(); ++number) {
      slots_[SlotOf(users_[number - 1])] = number;
    }
  }

  void NumberUsers(std::vector<std::uint32_t>& user_of) {
    constexpr std::size_t kFirstSlots = 1024;
    slots_.assign(kFirstSlots, 0);
    RecordReader reader(records_);
    while (reader.Next()) {
      std::uint32_t& number = slots_[SlotOf(reader.user())];
      if (number == 0) {
        users_.push_back(reader.user());
        number = static_cast<std::uint32_t>(users_.size());
      }
      user_of.push_back(number);
      if (2 * users_.size() > slots_.size()) {
        Grow();
      }
    }
  }

  void PlaceSegments(const std::vector<std::uint32_t>& user_of) {
    begins_.assign(users_.size() + 2, 0);
    for (const std::uint32_t number : user_of) {
      ++begins_[number + 1];
    }
    for (std::size_t i = 1; i < begins_.size(); ++i) {
      begins_[i] += begins_[i - 1];
    }
    segments_.resize(user_of.size());
    RecordReader reader(records_);
    for (std::size_t i = 0; reader.Next(); ++i) {
      segments_[begins_[user_of[i]]++] = reader.held();
    }
    for (std::size_t number = 1; number <= users_.size(); ++number) {
      const auto begin = segments_.begin() + begins_[number - 1];
      const auto end = segments_.begin() + begins_[number];
      if (!std::is_sorted(begin, end)) {
        std::sort(begin, end);
      }
    }
  }

  std::string records_;
  std::vector<std::string_view> users_;  // in records_
  std::vector<std::uint32_t> slots_;     // a user's number, from 1; a power of two of them
  std::vector<std::uint32_t> begins_;    // number - 1: where the user's segments begin
  std::vector<HeldSegment> segments_;
};

HeldMembers::HeldMembers(const HeldMembersSource& source, sql::Connection& connection)
    : bytes_of_range_(source.bytes_of_range), spilled_(source.spill), ranges_(1) {
  Read(source, connection);
  CutLargeRanges();
}

HeldMembers::~HeldMembers() = default;

void HeldMembers::Read(const HeldMembersSource& source, sql::Connection& connection) {
  sql::Result result = connection.Query(fmt::format(
      "SELECT dsp_user_id, CAST(dsp_segment_id AS BIGINT), CAST(epoch_us(since) // 1000000 >= {} "
      "AS BIGINT) FROM {} WHERE dsp_user_id IS NOT NULL AND dsp_segment_id IS NOT NULL AND since "
      "IS NOT NULL",
      source.new_since, sql::QuoteName(source.relation)));
  std::string record;
  while (const auto batch = result.NextBatch()) {
    const ArrowArray& rows = *batch->get();
    for (std::int64_t row = 0; row < rows.length; ++row) {
      const std::string_view user = BytesAt(*rows.children[0], row);
      record.clear();
      WriteRecord(user,
                  {.segment = IntegerAt(*rows.children[1], row),
                   .is_new = IntegerAt(*rows.children[2], row) != 0},
                  record);
      Put(record, user);
    }
    if (!is_cut_ && ranges_[0].bytes >= std::min(kSampleBytes, bytes_of_range_)) {
      is_cut_ = true;
      Cut(0, kFirstCut);
    }
  }
}

void HeldMembers::Put(std::string_view record, std::string_view user) {
  const bool is_in_last =
      ranges_[last_range_].begin <= user &&
      (last_range_ + 1 == ranges_.size() || user < ranges_[last_range_ + 1].begin);
  last_range_ = is_in_last ? last_range_ : RangeOf(user);
  Range& range = ranges_[last_range_];
  range.bytes += record.size();
  range.buffer += record;
  if (range.buffer.size() >= kExtentBytes && is_cut_) {
    range.extents.push_back(spilled_.Append(range.buffer));
    range.buffer.clear();
  }
}

std::size_t HeldMembers::RangeOf(std::string_view user) const {
  const auto next = std::ranges::upper_bound(
      ranges_, user, {}, [](const Range& range) { return std::string_view(range.begin); });
  return static_cast<std::size_t>(next - ranges_.begin()) - 1;
}

// Pivots are drawn from a part of the records, evenly spread over them.
void HeldMembers::Cut(std::size_t index, std::size_t ranges) {
  const Range whole = std::exchange(ranges_[index], {});
  std::vector<std::string> sample = SampleOf(whole);
  ranges_[index].begin = whole.begin;
  std::vector<Range> further;
  for (std::size_t i = 1; i < ranges && !sample.empty(); ++i) {
    const std::string& pivot = sample[i * sample.size() / ranges];
    if (pivot > (further.empty() ? whole.begin : further.back().begin)) {
      further.push_back({.begin = pivot, .buffer = {}, .extents = {}});
    }
  }
  ranges_.insert(ranges_.begin() + static_cast<std::ptrdiff_t>(index) + 1,
                 std::make_move_iterator(further.begin()), std::make_move_iterator(further.end()));
  last_range_ = index;
  const auto put_all = [&](std::string_view records) {
    RecordReader reader(records);
    while (reader.Next()) {
      Put(reader.record(), reader.user());
    }
  };
  std::string records;
  for (const SpilledExtent& extent : whole.extents) {
    records.clear();
    spilled_.ReadTo(extent, records);
    put_all(records);
  }
  put_all(whole.buffer);
}

std::vector<std::string> HeldMembers::SampleOf(const Range& range) const {
  const std::size_t step = 1 + range.extents.size() * kExtentBytes / kSampleBytes;
  std::vector<std::string> users;
  const auto draw = [&](std::string_view records) {
    constexpr std::size_t kOneIn = 8;
    RecordReader reader(records);
    for (std::size_t i = 0; reader.Next(); ++i) {
      if (i % kOneIn == 0) {
        users.emplace_back(reader.user());
      }
    }
  };
  std::string records;
  for (std::size_t i = 0; i < range.extents.size(); i += step) {
    records.clear();
    spilled_.ReadTo(range.extents[i], records);
    draw(records);
  }
  draw(range.buffer);
  std::ranges::sort(users);
  return users;
}

// A range of one user stays as large as it is.
void HeldMembers::CutLargeRanges() {
  std::size_t range = 0;
  while (range < ranges_.size()) {
    const std::size_t before = ranges_.size();
    if (ranges_[range].bytes > bytes_of_range_) {
      Cut(range, 2 * (ranges_[range].bytes / bytes_of_range_ + 1));
    }
    range += ranges_.size() == before ? 1 : 0;
  }
}

std::string HeldMembers::RecordsOf(const Range& range) const {
  std::string records;
  records.reserve(range.bytes);
  for (const SpilledExtent& extent : range.extents) {
    spilled_.ReadTo(extent, records);
  }
  return records += range.buffer;
}

std::shared_ptr<const HeldMembers::Table> HeldMembers::TableOf(std::size_t range) {
  const std::lock_guard lock(mutex_);
  for (const auto& [index, table] : tables_) {
    if (index == range) {
      return table;
    }
  }
  tables_.emplace_back(range, std::make_shared<const Table>(RecordsOf(ranges_[range])));
  if (tables_.size() > kTablesKept) {
    tables_.pop_front();
  }
  return tables_.back().second;
}

std::span<const HeldSegment> HeldMembers::Lookup::Find(std::string_view user) {
  const bool is_here =
      table_ && held_.ranges_[range_].begin <= user &&
      (range_ + 1 == held_.ranges_.size() || user < held_.ranges_[range_ + 1].begin);
  if (!is_here) {
    range_ = held_.RangeOf(user);
    table_ = held_.TableOf(range_);
  }
  return table_->Find(user);
}

}  // namespace weir::connectors
