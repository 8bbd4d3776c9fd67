#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "storage/object_store.h"
#include "storage/s3/s3_client.h"

// Objects of more bytes than one request should carry.
namespace weir::storage {

// Gives bytes [offset, offset + length) of what is uploaded, all of them.
using PartReader = std::function<std::string(std::uint64_t offset, std::uint64_t length)>;

// Uploads `size` bytes in parts as the object `key`, which appears, or is replaced, when all are
// there. What a failure leaves is aborted; what a killed process leaves, ListUploads() finds.
void UploadInParts(const S3Client& client, const std::string& key, std::uint64_t size,
                   const PartReader& read);

// The same in the place of the object that has `etag`, of any if it is empty; false, and nothing is
// replaced, if there is none any more or another.
bool ReplaceInParts(const S3Client& client, const std::string& key, std::uint64_t size,
                    const std::string& etag, const PartReader& read);

// An upload that is not complete. Its parts cost room until it is aborted.
struct PendingUpload {
  std::string key;
  std::string upload_id;
  Micros begun = 0;
};

// Those of keys that begin with `prefix`.
std::vector<PendingUpload> ListUploads(const S3Client& client, const std::string& prefix);
// It may be gone already.
void AbortUpload(const S3Client& client, const std::string& key, const std::string& upload_id);

}  // namespace weir::storage
