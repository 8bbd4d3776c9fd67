#include "storage/object_store.h"

#include "base/error.h"
#include "storage/local_store.h"

namespace weir::storage {

std::unique_ptr<ObjectStore> OpenStore(std::string_view url) {
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) {
    if (url.substr(0, scheme) != "file") {
      throw UserError("can't open {}: unknown scheme '{}'; allowed: a local path or file://", url,
                      url.substr(0, scheme));
    }
    url.remove_prefix(scheme + 3);
  }
  if (url.empty()) {
    throw UserError("can't open an empty path; allowed: a local path or file://");
  }
  return std::make_unique<LocalStore>(std::filesystem::path(url));
}

}  // namespace weir::storage
