#include "enrich/duplicates.h"

#include <algorithm>
#include <set>

namespace weir::enrich {
namespace {

__extension__ using Uint128 = unsigned __int128;

constexpr std::size_t kSmallest = 32;  // slots of a new table, and up to a fifth more
constexpr std::size_t kAhead = 16;     // ids between asking for memory and touching it

std::size_t TableOf(const Hash128& id) { return id.high >> 56U; }

// The slot where an id belongs: its bits behind the first byte, scaled to the table, so that the
// order of slots is the order of ids.
std::size_t HomeOf(const Hash128& id, std::size_t num_slots) {
  const std::uint64_t bits = id.high << 8U | id.low >> 56U;
  return static_cast<std::size_t>(static_cast<Uint128>(bits) * num_slots >> 64U);
}

bool IsEmpty(const Hash128& slot) { return slot == Hash128{}; }

// Where the id is, or the empty slot where it would be.
std::size_t FindSlot(const std::vector<Hash128>& slots, const Hash128& id) {
  std::size_t slot = HomeOf(id, slots.size());
  while (!IsEmpty(slots[slot]) && slots[slot] != id) {
    slot = slot + 1 == slots.size() ? 0 : slot + 1;
  }
  return slot;
}

}  // namespace

IdSet::IdSet() {
  for (std::size_t table = 0; table < tables_.size(); ++table) {
    tables_.at(table).slots.resize(kSmallest + kSmallest * table / 5 / tables_.size());
  }
}

bool IdSet::Insert(const Hash128& id) {
  if (IsEmpty(id)) {
    const bool is_new = !has_zero_;
    has_zero_ = true;
    size_ += is_new ? 1 : 0;
    return is_new;
  }
  Table& table = tables_.at(TableOf(id));
  std::size_t slot = FindSlot(table.slots, id);
  if (!IsEmpty(table.slots[slot])) {
    return false;
  }
  if ((table.used + 1) * 8 > table.slots.size() * 7) {
    Resize(table, table.slots.size() + table.slots.size() / 5 + 1);
    slot = FindSlot(table.slots, id);
  }
  table.slots[slot] = id;
  ++table.used;
  ++size_;
  return true;
}

bool IdSet::Contains(const Hash128& id) const {
  if (IsEmpty(id)) {
    return has_zero_;
  }
  const std::vector<Hash128>& slots = tables_.at(TableOf(id)).slots;
  return !IsEmpty(slots[FindSlot(slots, id)]);
}

void IdSet::Prefetch(const Hash128& id) const {
  const std::vector<Hash128>& slots = tables_.at(TableOf(id)).slots;
  __builtin_prefetch(slots.data() + HomeOf(id, slots.size()), 1);
}

std::size_t IdSet::memory_bytes() const {
  std::size_t bytes = sizeof(IdSet);
  for (const Table& table : tables_) {
    bytes += table.slots.capacity() * sizeof(Hash128);
  }
  return bytes;
}

// Tables of the staggered sizes that they would have grown to: from 7/6 to 7/5 of the ids' share.
void IdSet::Reserve(std::size_t ids) {
  const std::size_t share = ids / tables_.size() + 1;
  for (std::size_t table = 0; table < tables_.size(); ++table) {
    const std::size_t num_slots = share * 7 / 6 + share * 7 * table / 30 / tables_.size();
    if (num_slots > tables_.at(table).slots.size()) {
      Resize(tables_.at(table), num_slots);
    }
  }
}

// `num_slots` are more than there are.
void IdSet::Resize(Table& table, std::size_t num_slots) {
  std::vector<Hash128> slots(num_slots);
  for (const Hash128& id : table.slots) {
    if (!IsEmpty(id)) {
      slots[FindSlot(slots, id)] = id;
    }
  }
  table.slots = std::move(slots);
}

void DuplicateIndex::Hold(std::int32_t day) { days_.try_emplace(day); }

void DuplicateIndex::Load(std::int32_t day, std::span<const Hash128> ids) {
  IdSet& set = days_[day];
  set.Reserve(set.size() + ids.size());
  for (std::size_t index = 0; index < ids.size(); ++index) {
    if (index + kAhead < ids.size()) {
      set.Prefetch(ids[index + kAhead]);
    }
    set.Insert(ids[index]);
  }
}

void DuplicateIndex::Thin(std::int32_t day) {
  const auto held = days_.find(day);
  if (held == days_.end()) {
    return;
  }
  IdFilter& filter = filters_.try_emplace(day, held->second.size()).first->second;
  held->second.ForEach([&](const Hash128& id) { filter.Add(id); });
  days_.erase(held);
}

void DuplicateIndex::HoldThin(std::int32_t day, std::span<const Hash128> ids) {
  IdFilter& filter = filters_.try_emplace(day, ids.size()).first->second;
  for (const Hash128& id : ids) {
    filter.Add(id);
  }
}

void DuplicateIndex::Drop(std::int32_t day) {
  days_.erase(day);
  filters_.erase(day);
}

std::vector<std::int32_t> DuplicateIndex::days() const {
  std::set<std::int32_t> days;
  for (const auto& [day, set] : days_) {
    days.insert(day);
  }
  for (const auto& [day, filter] : filters_) {
    days.insert(day);
  }
  return {days.begin(), days.end()};
}

void DuplicateIndex::Insert(std::span<const DayId> ids, std::span<std::uint8_t> is_new) {
  std::array<IdSet*, kAhead> sets{};
  for (std::size_t first = 0; first < ids.size(); first += kAhead) {
    const std::size_t count = std::min(kAhead, ids.size() - first);
    for (std::size_t index = 0; index < count; ++index) {
      const DayId& next = ids[first + index];
      const bool is_same_day = index > 0 && ids[first + index - 1].day == next.day;
      sets.at(index) = is_same_day ? sets.at(index - 1) : &days_.at(next.day);
      sets.at(index)->Prefetch(next.id);
    }
    for (std::size_t index = 0; index < count; ++index) {
      is_new[first + index] = sets.at(index)->Insert(ids[first + index].id) ? 1 : 0;
    }
  }
}

bool DuplicateIndex::Contains(const DayId& id) const {
  const auto found = days_.find(id.day);
  return found != days_.end() && found->second.Contains(id.id);
}

std::size_t DuplicateIndex::num_ids() const {
  std::size_t count = 0;
  for (const auto& [day, set] : days_) {
    count += set.size();
  }
  return count;
}

std::size_t DuplicateIndex::memory_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [day, set] : days_) {
    bytes += set.memory_bytes();
  }
  for (const auto& [day, filter] : filters_) {
    bytes += filter.memory_bytes();
  }
  return bytes;
}

}  // namespace weir::enrich
