#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "storage/s3/s3_store.h"

namespace weir::storage {

struct S3LockOptions {
  std::chrono::milliseconds renew_every{10'000};
  // A lock whose holder hasn't renewed it for this long is taken over.
  std::chrono::milliseconds lease{60'000};
  std::chrono::milliseconds longest_wait{500};  // between two looks at a lock that is held
};

// A lock among processes of many machines, of objects alone: `<key>.<number>`, put if absent. The
// holder is who put the highest number; freeing it empties its object. The next holder puts the
// next number, as soon as the highest is empty, or its holder is a dead process of this machine, or
// it hasn't changed for `lease` by the clock of who waits: no two machines' clocks are compared.
// Numbers only grow, so two that wait for one lock can't both take it over; lower ones are deleted.
//
// A holder that stood still for longer than `lease` may find that another holds it: Check() says so
// before it writes. It allows for no more than a quarter of `lease` since the last renewal, so that
// a write that it allowed has three quarters to arrive: RetryPolicy begins no try later than 25 s
// after the first, and gives up a silent one after 20 s.
std::unique_ptr<StoreLock> TakeS3Lock(std::unique_ptr<S3Store> store, const std::string& key,
                                      const S3LockOptions& options);

}  // namespace weir::storage
