#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace weir::connectors {

enum class PartnerFormat : std::uint8_t {
  kShareThis,  // NDJSON: standardTimestamp, estid, url, query, ip, userAgent, refDomain,
               // mappedEvent, geo, tc
  kAcross33,   // TSV: epoch ms, cookie, URL, referrer, IP, user agent, country
};

// Lines of partners as raw events (specs/adtech.md §1), one for one. What a line lacks the event
// lacks; a line that can't be read stays as it is, so that the enrichment chain says what is wrong
// with it. One thread an object.
class PartnerLines {
 public:
  explicit PartnerLines(PartnerFormat format);
  PartnerLines(const PartnerLines&) = delete;
  PartnerLines& operator=(const PartnerLines&) = delete;
  ~PartnerLines();

  // Appends the event with a line feed. `line` is without its line feed; a carriage return at its
  // end is part of that.
  void Append(std::string_view line, std::string& text);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::connectors
