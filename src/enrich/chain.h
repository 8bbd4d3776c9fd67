#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "data/batch.h"
#include "data/schema.h"
#include "enrich/bots.h"
#include "enrich/consent.h"
#include "enrich/duplicates.h"
#include "enrich/geo.h"
#include "enrich/ip_ranges.h"
#include "enrich/public_suffix.h"
#include "enrich/raw_line.h"
#include "enrich/region.h"
#include "enrich/suppressed_ids.h"
#include "enrich/user_agent.h"
#include "enrich/verdict.h"

// The enrichment chain (specs/adtech.md §1): lines of one topic in, columns of good events, bad
// lines and counts out. A batch goes through three stages:
//   Parse    blocks of lines, in parallel: parse, validate, URL, event id
//   Enrich   one after the other: which events were seen before
//            blocks, in parallel, the survivors only: the other links, into columns
// Blocks have a fixed number of lines and come out in order, so that the result is the same for any
// number of threads.
namespace weir::enrich {

// Which links run; what a link that is switched off would fill is null.
struct ChainLinks {
  bool event_ids = true;  // off: nothing is a duplicate
  bool junk_ids = true;
  bool bots = true;
  bool geo = true;      // off: the country is the partner's own, else unknown
  bool consent = true;  // off: nothing is suppressed for want of consent
  bool ip = true;       // the truncated address; the full one is never kept
  bool url = true;      // host, domain, path, words, referrer's domain
  bool user_agent = true;
  bool region = true;
};

struct ChainSettings {
  LineSettings lines;
  std::string source;  // the topic's name, such as "ingested-af"
  Micros now = 0;      // the wall clock
  ChainLinks links;
  ConsentRules consent;
  std::vector<std::string> query_keys;  // kept in the column `url`; all other keys are dropped
  int threads = 1;
};

// What the links look things up in. They must outlive the chain.
struct ChainReferences {
  const PublicSuffixList& suffixes;
  const UserAgentParser& user_agents;
  const BotPatterns& bots;
  const IpRanges& bot_addresses;
  const GeoDatabase& places;
  const Regions& regions;
  const SuppressedIds& suppressed_ids;
};

// Lines of one partition of the topic, one after the other.
struct SourceLines {
  std::string_view partition;     // the path below the topic's folder
  std::int64_t first_offset = 1;  // of the first line; line 1 of a file may begin with a BOM
  std::span<const std::string_view> lines;  // without line feeds
};

// What became of the lines of one SourceLines.
struct SourceCounts {
  std::int64_t lines_in = 0;
  std::array<std::int64_t, kNumVerdicts> by_verdict{};  // their sum is lines_in
};

// An event that was suppressed: its copies are duplicates all the same.
struct SuppressedEvent {
  DayId event;
  Verdict verdict = Verdict::kErased;
};

struct EnrichedLines {
  std::vector<Batch> good;  // a batch a block that has any, in order; see Chain::GoodSchema()
  std::vector<Batch> bad;   // as above; see Chain::BadSchema()
  std::vector<SourceCounts> counts;         // one a source
  std::vector<Verdict> verdicts;            // one a line, source after source
  std::vector<SuppressedEvent> suppressed;  // in order
};

// Lines after the first stage. Refers to the lines and sources it was made of.
class ParsedLines {
 public:
  ParsedLines(ParsedLines&&) noexcept;
  ParsedLines& operator=(ParsedLines&&) noexcept;
  ~ParsedLines();

  // The UTC days of the events that aren't bad, in order.
  std::vector<std::int32_t> days() const;
  // The ids of those that are of one day, in the order of the lines.
  std::vector<Hash128> ids(std::int32_t day) const;

 private:
  friend class Chain;
  struct State;
  explicit ParsedLines(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The chain of one topic. Not thread-safe: it has threads of its own.
class Chain {
 public:
  // Throws UserError where settings can't be.
  Chain(ChainSettings settings, const ChainReferences& references);
  ~Chain();

  // The wall clock of the batches from now on, in place of the settings'.
  void SetNow(Micros now);

  // The first stage. `sources` are in the order in which copies of an event are judged: by
  // partition, then offset. They and their lines must live until Enrich() is done.
  ParsedLines Parse(std::span<const SourceLines> sources);

  // The other stages. `seen` holds all of parsed.days(), of days with a filter those of
  // parsed.ids() that were there, and has the events' ids afterwards.
  EnrichedLines Enrich(ParsedLines parsed, DuplicateIndex& seen);

  // The columns of good lines: enriched events, or enriched mapping events.
  Schema GoodSchema() const;
  static Schema BadSchema();

 private:
  class Workers;
  std::unique_ptr<Workers> workers_;
};

}  // namespace weir::enrich
