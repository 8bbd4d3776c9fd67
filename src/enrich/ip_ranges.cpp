#include "enrich/ip_ranges.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/ascii.h"
#include "base/error.h"

namespace weir::enrich {
namespace {

// The bits before the host part; absent unless it is a number that the family allows.
std::optional<int> ParseBits(std::string_view text, int most) {
  int bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  return is_number && bits >= 0 && bits <= most ? std::optional(bits) : std::nullopt;
}

// The last address of the block, and `address` made its first.
IpAddress SpreadBlock(IpAddress& address, int bits) {
  IpAddress last = address;
  const int size = address.is_v4 ? 32 : 128;
  for (int bit = bits; bit < size; ++bit) {
    const auto index = static_cast<std::size_t>(bit / 8);
    const unsigned mask = 0x80U >> (bit % 8);
    address.bytes.at(index) = static_cast<std::uint8_t>(address.bytes.at(index) & ~mask);
    last.bytes.at(index) = static_cast<std::uint8_t>(last.bytes.at(index) | mask);
  }
  return last;
}

}  // namespace

IpRanges::IpRanges(std::string_view text, std::string_view file) {
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view whole = text.substr(0, end);
    const std::string_view line = Trimmed(whole.substr(0, whole.find('#')));
    text.remove_prefix(std::min(text.size(), end + 1));
    if (line.empty()) {
      continue;
    }
    const std::size_t slash = std::min(line.find('/'), line.size());
    auto first = ParseIp(line.substr(0, slash));
    const int most = first && first->is_v4 ? 32 : 128;
    const auto bits = slash == line.size() ? most : ParseBits(line.substr(slash + 1), most);
    if (!first || !bits) {
      throw UserError("{}:{}: '{}' is no IP address and no block such as 203.0.113.0/24", file,
                      number, line);
    }
    const IpAddress last = SpreadBlock(*first, *bits);
    ranges_.push_back({.first = *first, .last = last});
  }
  std::ranges::sort(ranges_, {}, &Range::first);
  std::vector<Range> merged;
  for (const Range& range : ranges_) {
    if (!merged.empty() && range.first <= merged.back().last) {
      merged.back().last = std::max(merged.back().last, range.last);
    } else {
      merged.push_back(range);
    }
  }
  ranges_ = std::move(merged);
}

bool IpRanges::Contains(const IpAddress& address) const {
  const auto after = std::ranges::upper_bound(ranges_, address, {}, &Range::first);
  return after != ranges_.begin() && address <= std::prev(after)->last;
}

}  // namespace weir::enrich
