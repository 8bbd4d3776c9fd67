#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "storage/object_store.h"

// The bytes of one file of a topic, on a disk or S3, unpacked as its name says
// (storage/unpacker.h).
namespace weir::connectors {

// Reads on from the file's beginning. One thread.
class StoredBytes {
 public:
  virtual ~StoredBytes() = default;

  // Appends up to about `wanted` more bytes; none at the end. Throws ExternalError for a file that
  // can't be read and UserError, naming file and place, for one that is damaged or cut off.
  virtual void Append(std::size_t wanted, std::string& bytes) = 0;
  // Passes over the next `count` bytes. Throws UserError if there are fewer.
  void Skip(std::int64_t count);
};

// `store` must outlive what it gives.
std::unique_ptr<StoredBytes> OpenStored(const storage::ObjectStore& store, const std::string& key);

// XXH3 of the first bytes as stored, at most 64 KiB and `size`: 16 hex digits.
std::string HeadOf(const storage::ObjectStore& store, const std::string& key, std::int64_t size);

}  // namespace weir::connectors
