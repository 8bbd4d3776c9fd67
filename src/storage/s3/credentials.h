#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "storage/s3/signing.h"

// Where the keys of requests come from.
namespace weir::storage {

// Thread-safe.
class S3KeySource {
 public:
  virtual ~S3KeySource() = default;
  // Nothing if this source has none to give. Throws UserError for one that is set up wrongly,
  // ExternalError for one that should answer and doesn't.
  virtual std::optional<S3Keys> Keys() = 0;
};

// Keys that somebody else knows, such as a project's secrets: asked for once, when first needed.
std::unique_ptr<S3KeySource> GivenKeys(std::function<S3Keys()> get);

// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN of this process.
std::unique_ptr<S3KeySource> EnvironmentKeys();

// A section of the shared credentials file: that of AWS_PROFILE, or "default", in
// AWS_SHARED_CREDENTIALS_FILE, or ~/.aws/credentials. A profile that AWS_PROFILE names must be
// there.
std::unique_ptr<S3KeySource> ProfileKeys();

// The role of the machine that this runs on, by its metadata service (IMDSv2), asked for again five
// minutes before keys expire. `endpoint` is AWS_EC2_METADATA_SERVICE_ENDPOINT or
// http://169.254.169.254; AWS_EC2_METADATA_DISABLED=true turns it off.
std::unique_ptr<S3KeySource> RoleKeys();

// The first of the three last that has keys. Throws UserError that names what was looked for where
// if none has.
std::unique_ptr<S3KeySource> StandardKeys();

}  // namespace weir::storage
