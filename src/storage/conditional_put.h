#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "storage/object_store.h"

namespace weir::storage {

// As ObjectStore::PutFile(), in the place of the object that `etag` was told of, by Head() or
// List(). False, and nothing is written, if there is none any more or, on S3, another. An empty
// `etag` is any object's: those of a disk have none, and whether there is one is looked at before.
bool PutFileIfUnchanged(ObjectStore& store, std::string_view key, const std::filesystem::path& file,
                        const std::string& etag);

}  // namespace weir::storage
