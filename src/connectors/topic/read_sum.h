#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "storage/object_store.h"

namespace weir::connectors {

// A checksum of a file's first bytes that later bytes are added to without reading all again: XXH3
// chained over whole blocks, and XXH3 of the rest behind them. It depends on the bytes alone, not
// on the pieces that they come in. Memory: a block.
class ReadSum {
 public:
  static constexpr std::int64_t kBlock = std::int64_t{1} << 20;

  ReadSum() = default;
  // Goes on from `text`, a ToText() over bytes that ended in `rest`: those behind the last whole
  // block.
  ReadSum(std::string_view text, std::string rest);

  void Add(std::string_view bytes);
  // 32 hex digits: of the blocks, and of the rest.
  std::string ToText() const;

 private:
  std::string chain_ = std::string(16, '0');
  std::string rest_;
};

// ReadSum of the first `read` bytes of a topic's file, after decompression. Absent if it has fewer,
// or is damaged. Cost: it reads them.
std::optional<std::string> SumOfFirst(const storage::ObjectStore& folder, const std::string& key,
                                      std::int64_t read);

}  // namespace weir::connectors
