#include "identity/id_dictionary.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <tuple>

#include <xxhash.h>

#include "base/error.h"
#include "base/parallel.h"

namespace weir::identity {
namespace {

constexpr std::size_t kFirstSlots = 64;
constexpr std::size_t kNamesOfBlock = 1 << 14;  // that one thread deals out at a time
constexpr std::size_t kSlotAhead = 16;          // names between a slot's prefetch and its use …
constexpr std::size_t kRecordAhead = 8;         // … and between the record's and its
constexpr std::uint32_t kShardBits = 6;

// A slot: 28 bits of the hash, 2 of the form, the lower 8 of the party, and 26 of the index and
// one.
constexpr unsigned kIndexBits = 26;
constexpr unsigned kPartyShift = kIndexBits;
constexpr unsigned kFormShift = kPartyShift + 8;
constexpr unsigned kHashShift = kFormShift + 2;
constexpr PartyCode kPartyInSlot = 0xff;
// What is kept of each id: the party, and above it the form.
constexpr unsigned kFormOfKind = 14;
static_assert(kMaxParties == 1U << kFormOfKind);
constexpr std::uint64_t kIndexMask = (std::uint64_t{1} << kIndexBits) - 1;

std::uint64_t HashOfName(PartyCode party, const PackedText& packed, std::string_view text) {
  const std::uint64_t seed = party | static_cast<std::uint64_t>(packed.form) << kFormOfKind;
  if (packed.form == TextForm::kLong) {
    return XXH3_64bits_withSeed(text.data(), text.size(), seed);
  }
  const std::array<std::uint64_t, 2> words{packed.high, packed.low};
  return XXH3_64bits_withSeed(words.data(), sizeof(words), seed);
}

}  // namespace

// A name as tables look for it.
struct IdDictionary::Dealt {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::uint64_t slot = 0;  // as its slot is, without the index
  std::uint32_t at = 0;    // among the names of the call
  std::uint16_t shard = 0;
  std::uint16_t kind = 0;

  Dealt() = default;
  Dealt(const IdName& name, std::uint32_t place) : at(place) {
    const PackedText packed = Pack(name.text);
    const std::uint64_t hash = HashOfName(name.party, packed, name.text);
    high = packed.high;
    low = packed.low;
    slot = hash >> kHashShift << kHashShift |
           static_cast<std::uint64_t>(packed.form) << kFormShift |
           static_cast<std::uint64_t>(name.party & kPartyInSlot) << kPartyShift;
    shard = static_cast<std::uint16_t>(hash % kNumShards);
    kind =
        static_cast<std::uint16_t>(name.party | static_cast<unsigned>(packed.form) << kFormOfKind);
  }

  bool IsLong() const { return form() == TextForm::kLong; }
  TextForm form() const { return static_cast<TextForm>(slot >> kFormShift & 3U); }
};

// The names of one call by block and shard, within both in their order.
class IdDictionary::DealtNames {
 public:
  void Deal(std::size_t num_names, const std::function<IdName(std::size_t)>& name_of, int threads) {
    num_names_ = num_names;
    starts_.resize((num_names + kNamesOfBlock - 1) / kNamesOfBlock);
    if (dealt_.size() < num_names) {
      dealt_.resize(num_names);
    }
    ParallelFor(num_blocks(), threads, [&](std::size_t block) { DealBlock(block, name_of); });
  }

  std::size_t num_blocks() const { return starts_.size(); }
  std::span<const Dealt> Of(std::size_t block, std::size_t shard) const {
    const std::uint32_t begin = starts_[block][shard];
    return std::span(dealt_).subspan(block * kNamesOfBlock + begin,
                                     starts_[block][shard + 1] - begin);
  }

 private:
  using Starts = std::array<std::uint32_t, kNumShards + 1>;

  void DealBlock(std::size_t block, const std::function<IdName(std::size_t)>& name_of) {
    const std::size_t begin = block * kNamesOfBlock;
    const std::size_t end = std::min(num_names_, begin + kNamesOfBlock);
    std::vector<Dealt> in_order;
    in_order.reserve(end - begin);
    Starts starts{};
    for (std::size_t i = begin; i < end; ++i) {
      ++starts[in_order.emplace_back(name_of(i), static_cast<std::uint32_t>(i)).shard + 1];
    }
    for (std::size_t shard = 0; shard < kNumShards; ++shard) {
      starts[shard + 1] += starts[shard];
    }
    starts_[block] = starts;
    for (const Dealt& name : in_order) {
      dealt_[begin + starts[name.shard]++] = name;
    }
  }

  std::size_t num_names_ = 0;
  HugeVector<Dealt> dealt_;
  std::vector<Starts> starts_;  // by block
};

IdDictionary::IdDictionary() : shards_(kNumShards), dealt_(std::make_unique<DealtNames>()) {}
IdDictionary::IdDictionary(IdDictionary&&) noexcept = default;
IdDictionary& IdDictionary::operator=(IdDictionary&&) noexcept = default;
IdDictionary::~IdDictionary() = default;

PartyCode IdDictionary::CodeOf(std::string_view party) {
  if (const auto found = codes_.find(party); found != codes_.end()) {
    return found->second;
  }
  if (parties_.size() == kMaxParties) {
    throw TooManyParties("ids of more than {} parties, which are allowed; the last is '{}'",
                         kMaxParties, party);
  }
  const auto code = static_cast<PartyCode>(parties_.size());
  parties_.emplace_back(party);
  const auto place = codes_.emplace(party, code).first;
  ranks_.push_back(0);
  auto rank = place == codes_.begin()
                  ? PartyCode{0}
                  : static_cast<PartyCode>(ranks_[std::prev(place)->second] + 1);
  for (auto next = place; next != codes_.end(); ++next) {
    ranks_[next->second] = rank++;
  }
  return code;
}

void IdDictionary::Number(std::span<const IdName> names, int threads, std::span<IdNumber> numbers) {
  Number([&](std::size_t place) { return names[place]; }, threads, numbers);
}

void IdDictionary::Number(const std::function<IdName(std::size_t)>& name_of, int threads,
                          std::span<IdNumber> numbers) {
  dealt_->Deal(numbers.size(), name_of, threads);
  ParallelFor(kNumShards, threads, [&](std::size_t shard) {
    for (std::size_t block = 0; block < dealt_->num_blocks(); ++block) {
      NumberSome(dealt_->Of(block, shard), static_cast<std::uint32_t>(shard), name_of, numbers);
    }
  });
}

void IdDictionary::NumberSome(std::span<const Dealt> names, std::uint32_t number_of_shard,
                              const std::function<IdName(std::size_t)>& name_of,
                              std::span<IdNumber> numbers) {
  Shard& shard = shards_[number_of_shard];
  for (const Dealt& name : names.first(std::min(kSlotAhead, names.size()))) {
    shard.PrefetchSlot(name);
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i + kSlotAhead < names.size()) {
      shard.PrefetchSlot(names[i + kSlotAhead]);
    }
    if (i + kRecordAhead < names.size()) {
      shard.PrefetchRecord(names[i + kRecordAhead]);
    }
    const Dealt& name = names[i];
    const std::string_view text = name.IsLong() ? name_of(name.at).text : std::string_view();
    numbers[name.at] = shard.Add(name, text) << kShardBits | number_of_shard;
  }
}

std::optional<IdNumber> IdDictionary::Find(const IdName& name) const {
  const Dealt dealt(name, 0);
  const auto index = shards_[dealt.shard].Find(dealt, name.text);
  return index ? std::optional(*index << kShardBits | dealt.shard) : std::nullopt;
}

IdName IdDictionary::NameOf(IdNumber number, TextRoom& room) const {
  return shards_[number % kNumShards].NameOf(number >> kShardBits, room);
}

PartyCode IdDictionary::PartyOf(IdNumber number) const {
  return shards_[number % kNumShards].PartyOf(number >> kShardBits);
}

bool IdDictionary::Precedes(IdNumber left, IdNumber right) const {
  const PartyCode one_party = PartyOf(left);
  const PartyCode other_party = PartyOf(right);
  if (one_party != other_party) {
    return ranks_[one_party] < ranks_[other_party];
  }
  const PackedText one = shards_[left % kNumShards].PackedOf(left >> kShardBits);
  const PackedText other = shards_[right % kNumShards].PackedOf(right >> kShardBits);
  if (one.form == other.form && one.form != TextForm::kLong) {
    return std::tie(one.high, one.low) < std::tie(other.high, other.low);
  }
  TextRoom one_room;
  TextRoom other_room;
  return NameOf(left, one_room).text < NameOf(right, other_room).text;
}

void IdDictionary::Prefetch(IdNumber number) const {
  shards_[number % kNumShards].PrefetchName(number >> kShardBits);
}

std::size_t IdDictionary::num_slots() const {
  std::size_t longest = 0;
  for (const Shard& shard : shards_) {
    longest = std::max(longest, shard.size());
  }
  return longest << kShardBits;
}

std::size_t IdDictionary::size() const {
  std::size_t size = 0;
  for (const Shard& shard : shards_) {
    size += shard.size();
  }
  return size;
}

std::size_t IdDictionary::memory_bytes() const {
  std::size_t bytes = 0;
  for (const Shard& shard : shards_) {
    bytes += shard.memory_bytes();
  }
  return bytes;
}

std::size_t IdDictionary::Shard::memory_bytes() const {
  return slots_.size() * sizeof(std::uint64_t) + records_.size() * sizeof(Record) +
         kinds_.size() * sizeof(std::uint16_t) + texts_.size();
}

std::uint32_t IdDictionary::Shard::Add(const Dealt& name, std::string_view text) {
  if (kinds_.size() * 3 >= slots_.size() * 2) {
    Grow();
  }
  std::uint64_t& slot = slots_[SlotOf(name, text)];
  if (slot == 0) {
    if (kinds_.size() >= kNoId >> kShardBits) {
      throw UserError("more than 2^32 ids in one graph");
    }
    if (name.IsLong()) {
      records_.push_back({.high_or_begin = texts_.size(), .low_or_size = text.size()});
      texts_.insert(texts_.end(), text.begin(), text.end());
    } else {
      records_.push_back({.high_or_begin = name.high, .low_or_size = name.low});
    }
    kinds_.push_back(name.kind);
    has_high_parties_ = has_high_parties_ || (name.kind & (kMaxParties - 1)) > kPartyInSlot;
    slot = name.slot | kinds_.size();
  }
  return static_cast<std::uint32_t>(slot & kIndexMask) - 1;
}

std::optional<std::uint32_t> IdDictionary::Shard::Find(const Dealt& name,
                                                       std::string_view text) const {
  if (slots_.empty()) {
    return std::nullopt;
  }
  const std::uint64_t slot = slots_[SlotOf(name, text)];
  return slot == 0 ? std::nullopt
                   : std::optional(static_cast<std::uint32_t>(slot & kIndexMask) - 1);
}

IdName IdDictionary::Shard::NameOf(std::uint32_t index, TextRoom& room) const {
  const PackedText packed = PackedOf(index);
  return {.party = PartyOf(index),
          .text = packed.form == TextForm::kLong ? LongText(index) : Unpack(packed, room)};
}

PackedText IdDictionary::Shard::PackedOf(std::uint32_t index) const {
  return {.high = records_[index].high_or_begin,
          .low = records_[index].low_or_size,
          .form = static_cast<TextForm>(kinds_[index] >> kFormOfKind)};
}

std::string_view IdDictionary::Shard::LongText(std::uint32_t index) const {
  return {texts_.data() + records_[index].high_or_begin, records_[index].low_or_size};
}

void IdDictionary::Shard::PrefetchSlot(const Dealt& name) const {
  if (!slots_.empty()) {
    __builtin_prefetch(&slots_[name.slot >> kHashShift & (slots_.size() - 1)]);
  }
}

void IdDictionary::Shard::PrefetchRecord(const Dealt& name) const {
  if (slots_.empty()) {
    return;
  }
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = name.slot >> kHashShift & mask;
  while (slots_[at] != 0 && (slots_[at] & ~kIndexMask) != name.slot) {
    at = (at + 1) & mask;
  }
  if (slots_[at] != 0) {
    __builtin_prefetch(&records_[(slots_[at] & kIndexMask) - 1]);
  }
}

void IdDictionary::Shard::PrefetchName(std::uint32_t index) const {
  __builtin_prefetch(&records_[index]);
  __builtin_prefetch(&kinds_[index]);
}

// The slot of a name, or the free one where it belongs.
std::size_t IdDictionary::Shard::SlotOf(const Dealt& name, std::string_view text) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = name.slot >> kHashShift & mask;
  while (slots_[at] != 0) {
    const std::uint64_t slot = slots_[at];
    if ((slot & ~kIndexMask) == name.slot &&
        IsAt(static_cast<std::uint32_t>(slot & kIndexMask) - 1, name, text)) {
      break;
    }
    at = (at + 1) & mask;
  }
  return at;
}

// Of names that agree in what a slot holds.
bool IdDictionary::Shard::IsAt(std::uint32_t index, const Dealt& name,
                               std::string_view text) const {
  if ((has_high_parties_ || (name.kind & (kMaxParties - 1)) > kPartyInSlot) &&
      kinds_[index] != name.kind) {
    return false;
  }
  const Record& record = records_[index];
  return name.IsLong() ? LongText(index) == text
                       : record.high_or_begin == name.high && record.low_or_size == name.low;
}

void IdDictionary::Shard::Grow() {
  HugeVector<std::uint64_t> larger(std::max(kFirstSlots, slots_.size() * 2));
  const std::size_t mask = larger.size() - 1;
  for (const std::uint64_t slot : slots_) {
    if (slot != 0) {
      std::size_t at = slot >> kHashShift & mask;
      while (larger[at] != 0) {
        at = (at + 1) & mask;
      }
      larger[at] = slot;
    }
  }
  slots_ = std::move(larger);
}

}  // namespace weir::identity
