#include "enrich/event_id.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace weir::enrich {

namespace {

constexpr std::size_t kNumberSize = 1 + sizeof(std::uint64_t);  // a byte says that it is there

}  // namespace

static_assert(std::endian::native == std::endian::little, "numbers are appended as they lie");

Hash128 EventIds::Of(const EventKey& key) {
  const std::string_view order_id = key.order_id.value_or(std::string_view());
  Begin('e', key.party.size() + key.uid.size() + key.url.size() + key.event.size() +
                 order_id.size() + 7 * kNumberSize);
  AddText(key.party);
  AddText(key.uid);
  AddNumber(static_cast<std::uint64_t>(key.ts));
  AddText(key.url);
  AddText(key.event);
  key.pixel_id ? AddNumber(static_cast<std::uint64_t>(*key.pixel_id)) : AddAbsence();
  key.order_id ? AddText(order_id) : AddAbsence();
  return HashOf({bytes_.data(), used_});
}

Hash128 EventIds::OfMapping(Micros ts, std::span<const PartyId> ids) {
  std::size_t size = 2 * kNumberSize;
  for (const PartyId& id : ids) {
    size += id.party.size() + id.id.size() + 2 * kNumberSize;
  }
  Begin('m', size);
  AddNumber(static_cast<std::uint64_t>(ts));
  AddNumber(ids.size());
  for (const PartyId& id : ids) {
    AddText(id.party);
    AddText(id.id);
  }
  return HashOf({bytes_.data(), used_});
}

void EventIds::Begin(char kind, std::size_t most_bytes) {
  if (bytes_.size() < most_bytes + 1) {
    bytes_.resize(most_bytes + 1);
  }
  bytes_[0] = kind;
  used_ = 1;
}

void EventIds::AddNumber(std::uint64_t number) {
  bytes_[used_] = 1;
  std::memcpy(&bytes_[used_ + 1], &number, sizeof(number));
  used_ += kNumberSize;
}

void EventIds::AddText(std::string_view text) {
  AddNumber(text.size());
  std::ranges::copy(text, bytes_.begin() + static_cast<std::ptrdiff_t>(used_));
  used_ += text.size();
}

void EventIds::AddAbsence() { bytes_[used_++] = 0; }

}  // namespace weir::enrich
