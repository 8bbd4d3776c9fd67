#include "connectors/topic/read_sum.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <xxhash.h>

#include "base/error.h"
#include "connectors/topic/stored_bytes.h"

namespace weir::connectors {
namespace {

constexpr std::size_t kDigitsOfChain = 16;

std::string HexOfSum(std::string_view bytes) {
  return fmt::format("{:016x}", XXH3_64bits(bytes.data(), bytes.size()));
}

}  // namespace

ReadSum::ReadSum(std::string_view text, std::string rest)
    : chain_(text.substr(0, kDigitsOfChain)), rest_(std::move(rest)) {}

void ReadSum::Add(std::string_view bytes) {
  while (!bytes.empty()) {
    if (rest_.empty() && std::ssize(bytes) >= kBlock) {
      chain_ = HexOfSum(chain_ + HexOfSum(bytes.substr(0, static_cast<std::size_t>(kBlock))));
      bytes.remove_prefix(static_cast<std::size_t>(kBlock));
      continue;
    }
    const std::size_t room = static_cast<std::size_t>(kBlock) - rest_.size();
    rest_ += bytes.substr(0, room);
    bytes.remove_prefix(std::min(room, bytes.size()));
    if (std::ssize(rest_) == kBlock) {
      chain_ = HexOfSum(chain_ + HexOfSum(rest_));
      rest_.clear();
    }
  }
}

std::string ReadSum::ToText() const { return chain_ + HexOfSum(rest_); }

std::optional<std::string> SumOfFirst(const storage::ObjectStore& folder, const std::string& key,
                                      std::int64_t read) {
  try {
    const auto stored = OpenStored(folder, key);
    ReadSum sum;
    std::string bytes;
    for (std::int64_t left = read; left > 0; left -= std::ssize(bytes)) {
      bytes.clear();
      stored->Append(static_cast<std::size_t>(std::min(left, ReadSum::kBlock)), bytes);
      if (bytes.empty()) {
        return std::nullopt;
      }
      sum.Add(bytes);
    }
    return sum.ToText();
  } catch (const UserError&) {
    return std::nullopt;  // who reads it says what is wrong with it
  }
}

}  // namespace weir::connectors
