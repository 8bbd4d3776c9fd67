#include "enrich/chain_worker.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/byte_order_mark.h"
#include "enrich/ip_literals.h"
#include "enrich/json_fields.h"
#include "enrich/junk_id.h"

namespace weir::enrich {
namespace {

constexpr std::size_t kRememberedAgents = 1U << 15U;

// A part of the URL, which is kept as a whole.
Slice PartOf(const Slice& whole, std::string_view text, std::string_view part) {
  if (part.empty()) {
    return {};
  }
  return {.start = whole.start + static_cast<std::uint32_t>(part.data() - text.data()),
          .size = static_cast<std::uint32_t>(part.size()),
          .is_in_line = whole.is_in_line};
}

// Without junk and repeats, in order of (party, id).
void CleanIds(std::span<const PartyId> raw, bool drop_junk, std::vector<PartyId>& ids) {
  ids.clear();
  for (const PartyId& id : raw) {
    if (!drop_junk || !IsJunkId(id.id)) {
      ids.push_back(id);
    }
  }
  std::ranges::sort(ids);
  const auto repeats = std::ranges::unique(ids);
  ids.erase(repeats.begin(), repeats.end());
}

}  // namespace

ChainWorker::ChainWorker(const ChainSettings& settings, const ChainReferences& references)
    : settings_(settings),
      references_(references),
      parser_(settings.lines, settings.now),
      places_(references.places),
      consent_(settings.consent),
      agents_(references.user_agents, references.bots, kRememberedAgents),
      hosts_(references.suffixes),
      referrers_(hosts_) {}

void ChainWorker::Parse(std::span<const SourceLines> sources, std::span<Verdict> verdicts,
                        LineBlock& block) {
  LineCursor cursor(sources, block.first);
  block.kept.reserve(block.last - block.first);
  for (std::size_t number = block.first; number < block.last; ++number, cursor.Advance()) {
    KeptLine& position = block.kept.emplace_back();
    position.number = number;
    position.source = cursor.source();
    position.offset = cursor.offset();
    std::string_view line = cursor.text();
    if (position.offset == 1 && line.starts_with(kByteOrderMark)) {
      line.remove_prefix(kByteOrderMark.size());
    }
    position.line = line;
    const LineFault fault = ParseLine(line, position, block);
    verdicts[number] = fault.verdict;
    if (fault.verdict != Verdict::kGood) {
      AppendBad(line, sources[position.source], position, fault, block);
      block.kept.pop_back();
    }
  }
}

LineFault ChainWorker::ParseLine(std::string_view line, KeptLine& kept, LineBlock& block) {
  if (const LineFault fault = parser_.Parse(line, raw_); fault.verdict != Verdict::kGood) {
    return fault;
  }
  kept.ts = raw_.ts;
  if (IsMapping()) {
    KeepMapping(kept, block);
    return {};
  }
  const auto url = urls_.Parse(raw_.url);
  if (!url) {
    return {.verdict = Verdict::kBadUrl, .field = "url"};
  }
  KeepEvent(*url, kept, block);
  return {};
}

void ChainWorker::KeepEvent(const ParsedUrl& url, KeptLine& kept, LineBlock& block) {
  if (settings_.links.event_ids) {
    kept.id = event_ids_.Of(
        {.party = settings_.lines.party,
         .uid = raw_.uid,
         .ts = raw_.ts,
         .url = url.normalised,
         .event = raw_.event,
         .pixel_id = raw_.pixel_id,
         .order_id = raw_.order_id.empty() ? std::optional<std::string_view>() : raw_.order_id});
  }
  kept.url = block.Keep(kept, url.normalised);
  kept.host = PartOf(kept.url, url.normalised, url.host);
  kept.path = PartOf(kept.url, url.normalised, url.path);
  kept.query = PartOf(kept.url, url.normalised, url.query);
  kept.uid = block.Keep(kept, raw_.uid);
  kept.referrer = block.Keep(kept, raw_.referrer);
  kept.event = block.Keep(kept, raw_.event);
  kept.order_id = block.Keep(kept, raw_.order_id);
  kept.currency = block.Keep(kept, raw_.currency);
  kept.pixel_id = raw_.pixel_id;
  kept.order_value = raw_.order_value;
  KeepTexts(kept, block);
}

void ChainWorker::KeepMapping(KeptLine& kept, LineBlock& block) {
  CleanIds(raw_.ids, settings_.links.junk_ids, ids_);
  if (settings_.links.event_ids) {
    kept.id = event_ids_.OfMapping(raw_.ts, ids_);
  }
  kept.first_id = block.ids.size();
  kept.num_ids = ids_.size();
  for (const PartyId& id : ids_) {
    block.ids.push_back({.party = block.Keep(kept, id.party), .id = block.Keep(kept, id.id)});
  }
  KeepTexts(kept, block);
}

// An id of another form than the chain's own stands for itself by its hash.
void ChainWorker::KeepGiven(KeptLine& kept, LineBlock& block) const {
  const GivenColumns& given = *raw_.given;
  KeptColumns columns;
  for (std::size_t text = 0; text < kNumGivenTexts; ++text) {
    columns.texts.at(text) = block.Keep(kept, given.texts.at(text));
  }
  columns.source_offset = given.source_offset;
  columns.first_word = block.words.size();
  if (given.words) {
    columns.num_words = given.words->size();
    for (const std::string_view word : *given.words) {
      block.words.push_back(block.Keep(kept, word));
    }
  }
  if (const std::string_view id = given.At(GivenText::kEventId); !id.empty()) {
    kept.id = ParseHash(LowerCase(id)).value_or(HashOf(id));
  }
  kept.given = static_cast<std::uint32_t>(block.given.size());
  block.given.push_back(columns);
}

void ChainWorker::KeepTexts(KeptLine& kept, LineBlock& block) const {
  if (raw_.given != nullptr) {
    KeepGiven(kept, block);
  }
  kept.user_agent = block.Keep(kept, raw_.user_agent);
  kept.ip = block.Keep(kept, raw_.ip);
  kept.consent = block.Keep(kept, raw_.consent);
  kept.country = block.Keep(kept, raw_.country);
}

// A line of a suppressed id is kept as position and reason only; so is one that can't be read and
// names one.
void ChainWorker::AppendBad(std::string_view line, const SourceLines& source,
                            const KeptLine& position, const LineFault& fault, LineBlock& block) {
  if (line.ends_with('\r')) {
    line.remove_suffix(1);  // it is part of the line's end
  }
  std::string text;
  const bool is_erased =
      IsErasedRaw() || references_.suppressed_ids.IsNamedIn(
                           line, IsMapping() ? std::string_view() : settings_.lines.party);
  if (!is_erased) {
    text = WithTruncatedIps(line, kLongestLine);
  }
  block.bad.Append({.position = {.source = settings_.source,
                                 .source_partition = source.partition,
                                 .source_offset = position.offset},
                    .ts = raw_.has_ts ? std::optional(raw_.ts) : std::nullopt,
                    .reason = fault.verdict,
                    .field = fault.field,
                    .line = is_erased ? std::optional<std::string_view>() : text});
}

bool ChainWorker::IsErasedRaw() const {
  const SuppressedIds& suppressed = references_.suppressed_ids;
  return suppressed.Contains(settings_.lines.party, raw_.uid) ||
         std::ranges::any_of(
             raw_.ids, [&](const PartyId& id) { return suppressed.Contains(id.party, id.id); });
}

}  // namespace weir::enrich
