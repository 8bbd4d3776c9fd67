#pragma once

#include <cstdlib>
#include <iostream>
#include <string>

#include "base/test_folder.h"
#include "storage/s3/s3_server.h"

// For tests alone.
namespace weir::storage {

// Whether tests are to use S3 where they use a folder else: WEIR_TEST_STORE=s3.
inline bool TestsAreOnS3() {
  const char* kind = std::getenv("WEIR_TEST_STORE");
  return kind != nullptr && std::string_view(kind) == "s3";
}

// An empty place for a test's warehouse: a folder, or a bucket of a server that this program
// starts and that its environment then names. Ends the program with 77 ("skipped") if there is no
// server to start.
class TestRoot {
 public:
  TestRoot() {
    if (!TestsAreOnS3()) {
      url_ = folder_.text() + "/w";
      return;
    }
    const S3Server* server = S3Server::Shared();
    if (server == nullptr) {
      std::cout << "skipped: versitygw is not in .deps; scripts/setup.sh puts it there\n";
      constexpr int kSkipped = 77;
      std::_Exit(kSkipped);
    }
    server->PutIntoEnvironment();
    url_ = server->NewBucket() + "/w";
  }

  const std::string& url() const { return url_; }

 private:
  TestFolder folder_;
  std::string url_;
};

// Deletes all objects.
inline void ClearStore(ObjectStore& store) {
  for (const ObjectInfo& object : store.List("")) {
    store.Delete(object.key);
  }
  store.RemoveEmptyFolders("");
}

}  // namespace weir::storage
