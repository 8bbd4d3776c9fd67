// Lines of TSV.
#include <cstdint>
#include <string_view>

#include "enrich/json_fields.h"
#include "enrich/raw_line.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using weir::enrich::Verdict;
  static weir::enrich::LineParser parser(
      {.format = weir::enrich::LineFormat::kAcross33, .party = "tt", .base_url = {}},
      1'767'700'000'000'000);
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  weir::enrich::RawLine parsed;
  const Verdict verdict = parser.Parse(line, parsed).verdict;
  const bool is_utf8 = weir::enrich::IsUtf8(line);
  if ((verdict == Verdict::kInvalidUtf8 && is_utf8) || (verdict == Verdict::kGood && !is_utf8) ||
      (verdict == Verdict::kGood && parsed.url.find('\t') != std::string_view::npos)) {
    __builtin_trap();
  }
  return 0;
}
