#include "lake/data_origin.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace weir::lake {

Hash128 OriginOf(std::span<const AddFile> files) {
  Hash128 sum;
  for (const AddFile& file : files) {
    const auto tag = file.tags.find(kOriginTag);
    const auto known = tag == file.tags.end() ? std::nullopt : ParseHash(tag->second);
    sum += known ? *known : HashOf(file.path);
  }
  return sum;
}

std::int64_t ArrivalOf(std::span<const AddFile> files) {
  std::int64_t newest = 0;
  for (const AddFile& file : files) {
    std::int64_t arrival = file.modification_time;
    if (const auto tag = file.tags.find(kArrivalTag); tag != file.tags.end()) {
      std::from_chars(tag->second.data(), tag->second.data() + tag->second.size(), arrival);
    }
    newest = std::max(newest, arrival);
  }
  return newest;
}

void KeepOrigin(std::span<const AddFile> replaced, std::vector<AddFile>& written) {
  Hash128 rest = OriginOf(replaced);  // of the first file; the others add nothing
  for (AddFile& file : written) {
    file.tags[kOriginTag] = ToHex(rest);
    file.tags[kArrivalTag] = std::to_string(ArrivalOf(replaced));
    rest = {};
  }
}

}  // namespace weir::lake
