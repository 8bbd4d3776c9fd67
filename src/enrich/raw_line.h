#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "enrich/event_id.h"
#include "enrich/given_columns.h"
#include "enrich/verdict.h"

// Lines of a topic as typed values: the first link of the chain (specs/adtech.md §1).
namespace weir::enrich {

// How a topic's lines are written.
enum class LineFormat : std::uint8_t {
  kRawEvent,    // NDJSON: raw events of af, st, tt
  kRawMapping,  // NDJSON: raw mapping events
  kShareThis,   // NDJSON as ShareThis delivers it
  kAcross33,    // TSV as 33Across delivers it: epoch ms, cookie, URL, referrer, IP, agent, country
  kAccessLog,   // combined log format of web servers
  kEnriched,    // NDJSON: events that another enricher has made, under any names of fields
  kEnrichedMapping,  // the same of mapping events
};

struct LineSettings {
  LineFormat format = LineFormat::kRawEvent;
  std::string party;     // af, st, tt: af alone has pixels and orders, st and tt a country
  std::string base_url;  // of an access log: what stands before the path, "https://example.org"
  // Of enriched lines: the names that fields have there, by the table's name (EnrichedNames()). An
  // empty one says that they don't have it.
  std::map<std::string, std::string> fields{};
};

// One parsed line. Texts that are absent or no text are empty. The views live until the parser's
// next call, or as long as the line.
struct RawLine {
  Micros ts = 0;
  bool has_ts = false;  // also of a bad line, where its ts was read
  std::string_view uid;
  std::string_view url;  // as written
  std::string_view referrer;
  std::string_view user_agent;
  std::string_view ip;
  std::string_view event;  // lower-case, at most 32 characters
  std::string_view consent;
  std::string_view country;  // two capital letters
  std::optional<std::int64_t> pixel_id;
  std::string_view order_id;
  std::optional<double> order_value;
  std::string_view currency;
  std::span<const PartyId> ids;         // of a mapping event, as written
  const GivenColumns* given = nullptr;  // of an enriched line alone
};

// Whether the lines are mapping events.
bool IsMapping(LineFormat format);
bool IsEnriched(LineFormat format);

// The fields that enriched lines may have, by the names of the table's columns; and `referrer`,
// `ua`, `ip`, `tc`, of which columns are made that a line lacks.
std::vector<std::string_view> EnrichedNames();

// What is wrong with a line, and the field where that is.
struct LineFault {
  Verdict verdict = Verdict::kGood;
  std::string_view field;
};

// Parses lines of one topic. Not thread-safe: one object a thread.
class LineParser {
 public:
  // A ts more than a day after `now` is a fault.
  LineParser(const LineSettings& settings, Micros now);
  LineParser(LineParser&&) noexcept;
  LineParser& operator=(LineParser&&) noexcept;
  ~LineParser();

  // Another `now` than the constructor's.
  void SetNow(Micros now);
  // Fills `parsed`. `line` is without its line feed; a carriage return at its end is part of the
  // end. The first fault is returned, in the order of Verdict; whether the URL is one isn't judged
  // here. Where there is a fault, `parsed` holds what was read up to it.
  LineFault Parse(std::string_view line, RawLine& parsed);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::enrich
