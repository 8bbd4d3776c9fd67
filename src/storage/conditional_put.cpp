#include "storage/conditional_put.h"

#include "storage/s3/s3_store.h"

namespace weir::storage {

bool PutFileIfUnchanged(ObjectStore& store, std::string_view key, const std::filesystem::path& file,
                        const std::string& etag) {
  const auto now = etag.empty() ? store.Head(key) : std::nullopt;
  if (etag.empty() && !now) {
    return false;
  }
  const std::string& of = now ? now->etag : etag;
  if (auto* const s3 = dynamic_cast<S3Store*>(&store); s3 != nullptr && !of.empty()) {
    return s3->PutFileIfMatch(key, file, of);
  }
  store.PutFile(key, file);
  return true;
}

}  // namespace weir::storage
