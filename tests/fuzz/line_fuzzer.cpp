// Lines of every format but TSV: whatever the bytes, a line has one verdict, and a good one has
// what the chain goes on with.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "enrich/json_fields.h"
#include "enrich/raw_line.h"
#include "enrich/timestamp.h"

namespace {

using weir::enrich::LineFormat;
using weir::enrich::LineParser;
using weir::enrich::RawLine;
using weir::enrich::Verdict;

constexpr weir::Micros kNow = 1'767'700'000'000'000;

void Check(bool holds) {
  if (!holds) {
    __builtin_trap();
  }
}

void Parse(LineParser& parser, bool is_mapping, std::string_view line) {
  RawLine parsed;
  const Verdict verdict = parser.Parse(line, parsed).verdict;
  Check(verdict <= Verdict::kFutureTimestamp);
  Check((verdict == Verdict::kInvalidUtf8) <= !weir::enrich::IsUtf8(line));
  if (verdict != Verdict::kGood) {
    return;
  }
  Check(parsed.ts >= weir::enrich::kYear2000 && parsed.ts <= kNow + 86'400'000'000);
  Check(is_mapping ? parsed.ids.size() >= 2 : !parsed.url.empty() && !parsed.event.empty());
  for (const std::string_view text : {parsed.uid, parsed.url, parsed.event, parsed.user_agent}) {
    Check(weir::enrich::IsUtf8(text));
  }
}

LineParser ParserOf(LineFormat format) {
  return {{.format = format, .party = "af", .base_url = "https://example.org"}, kNow};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static LineParser events = ParserOf(LineFormat::kRawEvent);
  static LineParser mappings = ParserOf(LineFormat::kRawMapping);
  static LineParser share_this = ParserOf(LineFormat::kShareThis);
  static LineParser access_log = ParserOf(LineFormat::kAccessLog);
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  Parse(events, false, line);
  Parse(mappings, true, line);
  Parse(share_this, false, line);
  Parse(access_log, false, line);
  return 0;
}
