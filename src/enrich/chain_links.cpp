// The links behind deduplication, and the rows of what passes them.
#include <algorithm>

#include "enrich/chain_worker.h"
#include "enrich/junk_id.h"

namespace weir::enrich {
namespace {

constexpr std::string_view kAllQueryKeys = "*";

ParsedUrl UrlOf(const LineBlock& block, const KeptLine& kept) {
  return {.normalised = block.At(kept, kept.url),
          .host = block.At(kept, kept.host),
          .path = block.At(kept, kept.path),
          .query = block.At(kept, kept.query)};
}

}  // namespace

void ChainWorker::Enrich(std::span<const SourceLines> sources, std::span<Verdict> verdicts,
                         LineBlock& block) {
  if (!IsMapping()) {
    events_.Reserve(block.kept.size());
  }
  for (const KeptLine& kept : block.kept) {
    Verdict& verdict = verdicts[kept.number];
    Findings findings;
    if (verdict == Verdict::kGood) {
      verdict = Judge(block, kept, findings);
    }
    if (verdict != Verdict::kGood) {
      continue;
    }
    if (IsMapping()) {
      AppendMapping(sources[kept.source], block, kept, findings);
    } else {
      AppendEvent(sources[kept.source], block, kept, findings);
    }
  }
  const std::size_t num_rows = IsMapping() ? mappings_.num_rows() : events_.num_rows();
  if (num_rows > 0) {
    block.good = IsMapping() ? mappings_.Finish() : events_.Finish();
  }
}

Verdict ChainWorker::Judge(const LineBlock& block, const KeptLine& kept, Findings& findings) {
  if (settings_.links.junk_ids && IsJunk(block, kept)) {
    return Verdict::kJunkId;
  }
  const std::string_view user_agent = block.At(kept, kept.user_agent);
  if (!user_agent.empty() && (settings_.links.bots || settings_.links.user_agent)) {
    findings.agent = &agents_.Look(user_agent);
  }
  findings.address = ParseIp(block.At(kept, kept.ip));
  if (settings_.links.bots && IsBot(findings)) {
    return Verdict::kBot;
  }
  FindPlace(block, kept, findings);
  if (settings_.links.consent && !FindConsent(block, kept, findings)) {
    return Verdict::kNoConsent;
  }
  return IsErased(block, kept) ? Verdict::kErased : Verdict::kGood;
}

bool ChainWorker::IsJunk(const LineBlock& block, const KeptLine& kept) const {
  return IsMapping() ? kept.num_ids < 2 : IsJunkId(block.At(kept, kept.uid));
}

bool ChainWorker::IsBot(const Findings& findings) const {
  return (findings.agent != nullptr && findings.agent->is_bot) ||
         (findings.address && references_.bot_addresses.Contains(*findings.address));
}

void ChainWorker::FindPlace(const LineBlock& block, const KeptLine& kept, Findings& findings) {
  const std::string_view known = block.At(kept, kept.country);
  if (settings_.links.geo && findings.address) {
    findings.place = &places_.Find(*findings.address);
    findings.country = findings.place->country;
  }
  const bool is_given = kept.given && !known.empty();
  if (is_given && findings.country != known) {
    findings.place = nullptr;  // of another country
  }
  if (findings.country.empty() || is_given) {
    findings.country = known;
  }
}

bool ChainWorker::FindConsent(const LineBlock& block, const KeptLine& kept, Findings& findings) {
  if (!block.GivenAt(kept, GivenText::kConsent).empty()) {
    return true;  // it was judged before
  }
  if (!NeedsConsent(findings.country)) {
    findings.consent = "none_required";
    return true;
  }
  findings.consent = "granted";
  return consent_.Grants(block.At(kept, kept.consent));
}

bool ChainWorker::IsErased(const LineBlock& block, const KeptLine& kept) const {
  const SuppressedIds& suppressed = references_.suppressed_ids;
  if (suppressed.IsEmpty()) {
    return false;
  }
  const auto ids = std::span(block.ids).subspan(kept.first_id, kept.num_ids);
  const auto is_suppressed = [&](const IdSlices& id) {
    return suppressed.Contains(block.At(kept, id.party), block.At(kept, id.id));
  };
  return IsMapping() ? std::ranges::any_of(ids, is_suppressed)
                     : suppressed.Contains(settings_.lines.party, block.At(kept, kept.uid));
}

CommonValues ChainWorker::CommonOf(const SourceLines& source, const LineBlock& block,
                                   const KeptLine& kept, const Findings& findings) const {
  const auto either = [&](GivenText text, std::string_view found) {
    const std::string_view given = block.GivenAt(kept, text);
    return given.empty() ? found : given;
  };
  const bool has_id =
      settings_.links.event_ids || !block.GivenAt(kept, GivenText::kEventId).empty();
  const std::string_view region = block.GivenAt(kept, GivenText::kRegion);
  CommonValues values{.event_id = has_id ? std::optional(kept.id) : std::nullopt,
                      .ts = kept.ts,
                      .country = findings.country,
                      .region = region == kAmericas || region == kRestOfTheWorld ? region
                                : settings_.links.region ? references_.regions.Of(findings.country)
                                                         : std::string_view(),
                      .consent = either(GivenText::kConsent, findings.consent),
                      .position = {.source = settings_.source,
                                   .source_partition = source.partition,
                                   .source_offset = kept.offset}};
  if (kept.given && !block.GivenAt(kept, GivenText::kSourcePartition).empty() &&
      block.given[*kept.given].source_offset) {
    values.position = {.source = either(GivenText::kSource, settings_.source),
                       .source_partition = block.GivenAt(kept, GivenText::kSourcePartition),
                       .source_offset = *block.given[*kept.given].source_offset};
  }
  return values;
}

void ChainWorker::AppendEvent(const SourceLines& source, const LineBlock& block,
                              const KeptLine& kept, const Findings& findings) {
  EnrichedEvent event;
  event.common = CommonOf(source, block, kept, findings);
  event.party = settings_.lines.party;
  event.event = block.At(kept, kept.event);
  event.user_id = block.At(kept, kept.uid);
  FillUrl(block, kept, event);
  if (findings.place != nullptr) {
    event.subdivision = findings.place->subdivision;
    event.city = findings.place->city;
  }
  if (settings_.links.ip && findings.address) {
    ip_.clear();
    AppendText(Truncated(*findings.address), ip_);
    event.ip_truncated = ip_;
  }
  if (settings_.links.user_agent && findings.agent != nullptr) {
    const UserAgent& user_agent = findings.agent->agent;
    event.browser = user_agent.browser;
    event.browser_version = user_agent.browser_version;
    event.os = user_agent.os;
    event.device_type = user_agent.device_type;
  }
  event.pixel_id = kept.pixel_id;
  event.order_id = block.At(kept, kept.order_id);
  event.order_value = kept.order_value;
  event.currency = block.At(kept, kept.currency);
  if (kept.given) {
    TakeGiven(block, kept, event);
  }
  events_.Append(event);
}

void ChainWorker::TakeGiven(const LineBlock& block, const KeptLine& kept, EnrichedEvent& event) {
  const std::pair<GivenText, std::string_view*> columns[] = {
      {GivenText::kHost, &event.host},
      {GivenText::kDomain, &event.domain},
      {GivenText::kPath, &event.path},
      {GivenText::kReferrerDomain, &event.referrer_domain},
      {GivenText::kSubdivision, &event.subdivision},
      {GivenText::kCity, &event.city},
      {GivenText::kBrowser, &event.browser},
      {GivenText::kBrowserVersion, &event.browser_version},
      {GivenText::kOs, &event.os},
      {GivenText::kDeviceType, &event.device_type}};
  for (const auto& [text, column] : columns) {
    if (const std::string_view given = block.GivenAt(kept, text); !given.empty()) {
      *column = given;
    }
  }
  if (const auto address = ParseIp(block.GivenAt(kept, GivenText::kIpTruncated))) {
    ip_.clear();
    AppendText(Truncated(*address), ip_);  // whatever it was: no full one is kept
    event.ip_truncated = ip_;
  }
  const KeptColumns& given = block.given[*kept.given];
  if (given.num_words) {
    words_.clear();
    for (const Slice& word : std::span(block.words).subspan(given.first_word, *given.num_words)) {
      words_.emplace_back(block.At(kept, word));
    }
    event.words = words_;
  }
}

void ChainWorker::FillUrl(const LineBlock& block, const KeptLine& kept, EnrichedEvent& event) {
  const ParsedUrl url = UrlOf(block, kept);
  event.url = url.normalised;
  const auto& keys = settings_.query_keys;
  if (!url.query.empty() && (keys.empty() || keys.front() != kAllQueryKeys)) {
    KeepQueryKeys(url.query, settings_.query_keys, query_);
    url_ = WithQuery(url, query_);
    event.url = url_;
  }
  if (!settings_.links.url) {
    return;
  }
  event.host = url.host;
  const HostParts host = hosts_.Find(url.host);
  event.domain = url.host.substr(host.domain);
  event.path = url.path;
  WordSplitter::Split(url, host.suffix, words_);
  event.words = words_;
  event.referrer_domain = referrers_.Find(block.At(kept, kept.referrer));
}

void ChainWorker::AppendMapping(const SourceLines& source, const LineBlock& block,
                                const KeptLine& kept, const Findings& findings) {
  ids_.clear();
  for (const IdSlices& id : std::span(block.ids).subspan(kept.first_id, kept.num_ids)) {
    ids_.push_back({.party = block.At(kept, id.party), .id = block.At(kept, id.id)});
  }
  mappings_.Append(CommonOf(source, block, kept, findings), ids_);
}

}  // namespace weir::enrich
