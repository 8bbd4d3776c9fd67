#include "lake/data_origin.h"

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

void KeepOrigin(std::span<const AddFile> replaced, std::vector<AddFile>& written) {
  Hash128 rest = OriginOf(replaced);  // of the first file; the others add nothing
  for (AddFile& file : written) {
    file.tags[kOriginTag] = ToHex(rest);
    rest = {};
  }
}

}  // namespace weir::lake
