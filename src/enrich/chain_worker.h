#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "enrich/chain.h"
#include "enrich/consent.h"
#include "enrich/event_id.h"
#include "enrich/host_domains.h"
#include "enrich/line_block.h"
#include "enrich/referrer_domains.h"
#include "enrich/url.h"
#include "enrich/user_agent_cache.h"
#include "enrich/words.h"

namespace weir::enrich {

// What one thread needs for the chain's links, with what it remembers from line to line. It is kept
// between batches. Used by one thread at a time.
class ChainWorker {
 public:
  ChainWorker(const ChainSettings& settings, const ChainReferences& references);

  // Of the lines from now on; see LineParser::SetNow().
  void SetNow(Micros now) { parser_.SetNow(now); }
  // The first stage: fills block.kept and block.bad, and the verdicts of bad lines.
  void Parse(std::span<const SourceLines> sources, std::span<Verdict> verdicts, LineBlock& block);
  // The last stage: fills block.good from the kept lines whose verdict is good, and the verdicts of
  // suppressed ones.
  void Enrich(std::span<const SourceLines> sources, std::span<Verdict> verdicts, LineBlock& block);

 private:
  // What the links found out about one line.
  struct Findings {
    std::optional<IpAddress> address;
    const Place* place = nullptr;
    const UserAgentVerdict* agent = nullptr;
    std::string_view country;
    std::string_view consent;
  };

  bool IsMapping() const { return enrich::IsMapping(settings_.lines.format); }
  // Parse
  LineFault ParseLine(std::string_view line, KeptLine& kept, LineBlock& block);
  void KeepEvent(const ParsedUrl& url, KeptLine& kept, LineBlock& block);
  void KeepMapping(KeptLine& kept, LineBlock& block);
  void KeepTexts(KeptLine& kept, LineBlock& block) const;
  void KeepGiven(KeptLine& kept, LineBlock& block) const;
  void AppendBad(std::string_view line, const SourceLines& source, const KeptLine& position,
                 const LineFault& fault, LineBlock& block);
  bool IsErasedRaw() const;
  // Enrich
  Verdict Judge(const LineBlock& block, const KeptLine& kept, Findings& findings);
  bool IsJunk(const LineBlock& block, const KeptLine& kept) const;
  bool IsBot(const Findings& findings) const;
  bool IsErased(const LineBlock& block, const KeptLine& kept) const;
  void FindPlace(const LineBlock& block, const KeptLine& kept, Findings& findings);
  bool FindConsent(const LineBlock& block, const KeptLine& kept, Findings& findings);
  CommonValues CommonOf(const SourceLines& source, const LineBlock& block, const KeptLine& kept,
                        const Findings& findings) const;
  void AppendEvent(const SourceLines& source, const LineBlock& block, const KeptLine& kept,
                   const Findings& findings);
  void FillUrl(const LineBlock& block, const KeptLine& kept, EnrichedEvent& event);
  // What the line brought along counts, in place of what the links found out.
  void TakeGiven(const LineBlock& block, const KeptLine& kept, EnrichedEvent& event);
  void AppendMapping(const SourceLines& source, const LineBlock& block, const KeptLine& kept,
                     const Findings& findings);

  const ChainSettings& settings_;
  const ChainReferences& references_;
  LineParser parser_;
  UrlParser urls_;
  EventIds event_ids_;
  GeoLookup places_;
  ConsentReader consent_;
  UserAgentCache agents_;
  HostDomains hosts_;
  ReferrerDomains referrers_;
  RawLine raw_;
  std::vector<PartyId> ids_;
  std::vector<std::string> words_;
  std::string query_;
  std::string url_;
  std::string ip_;
  EventColumns events_;
  MappingColumns mappings_;
};

}  // namespace weir::enrich
