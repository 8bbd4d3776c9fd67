#include "storage/s3/multipart_upload.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/run_id.h"
#include "storage/s3/xml_text.h"

namespace weir::storage {
namespace {

constexpr long kDone = 200;
constexpr long kIsAnother = 412;
constexpr std::uint64_t kPartBytes = std::uint64_t{16} << 20U;
constexpr std::uint64_t kMostParts = 10'000;
constexpr auto kMark = "x-amz-meta-weir-upload";

class MultipartUpload {
 public:
  // With `etag` in the place of the object that has it, else of any.
  MultipartUpload(const S3Client& client, std::string key, std::string etag)
      : client_(client), key_(std::move(key)), etag_(std::move(etag)), mark_(NewUuid()) {}

  void Begin() {
    const S3Request request{
        .method = "POST", .key = key_, .query = {{"uploads", ""}}, .headers = {{kMark, mark_}}};
    upload_id_ = TextOf(Asked(request).body, "UploadId").value_or("");
    if (upload_id_.empty()) {
      throw ExternalError("POST s3://{}/{}?uploads: the answer has no UploadId", client_.bucket(),
                          key_);
    }
  }

  void Put(int number, std::string_view bytes) {
    const S3Answer answer =
        Asked({.method = "PUT",
               .key = key_,
               .query = {{"partNumber", std::to_string(number)}, {"uploadId", upload_id_}},
               .body = bytes});
    const auto tag = answer.headers.find("etag");
    parts_ += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", number,
                          tag == answer.headers.end() ? "" : tag->second);
  }

  // An answer of 200 may still hold an error; and one that was lost leaves an upload that is no
  // more, or is just being put together, which a second try is told in several ways: what tells is
  // an object with this upload's mark. False if the object to be replaced is another by now, or
  // none.
  bool Complete() {
    const std::string body =
        fmt::format("<CompleteMultipartUpload>{}</CompleteMultipartUpload>", parts_);
    S3Request request{
        .method = "POST", .key = key_, .query = {{"uploadId", upload_id_}}, .body = body};
    if (!etag_.empty()) {
      request.headers["if-match"] = etag_;
    }
    constexpr int kTries = 4;
    for (int tries = 1;; ++tries) {
      try {
        const S3Answer answer = client_.Send(request);
        if (answer.status == kDone && TextOf(answer.body, "ETag")) {
          return true;
        }
        if (!etag_.empty() && IsOther(answer)) {
          return IsThere();
        }
        client_.ThrowAnswer(request, answer);
      } catch (const ExternalError&) {
        if (IsThere()) {
          return true;
        }
        if (tries == kTries) {
          throw;
        }
      }
      client_.Wait(tries);
    }
  }

  void Abort() const {
    if (!upload_id_.empty()) {
      AbortUpload(client_, key_, upload_id_);
    }
  }

 private:
  S3Answer Asked(const S3Request& request) const {
    S3Answer answer = client_.Send(request);
    if (answer.status != kDone) {
      client_.ThrowAnswer(request, answer);
    }
    return answer;
  }

  static bool IsOther(const S3Answer& answer) {
    return answer.status == kIsAnother || TextOf(answer.body, "Code") == "NoSuchKey";
  }

  bool IsThere() const {
    const S3Answer answer = client_.Send({.method = "HEAD", .key = key_});
    const auto mark = answer.headers.find(kMark);
    return mark != answer.headers.end() && mark->second == mark_;
  }

  const S3Client& client_;
  std::string key_;
  std::string etag_;  // of the object that is replaced; may be empty
  std::string mark_;  // tells the object of this upload from another under its key
  std::string upload_id_;
  std::string parts_;
};

bool PutParts(MultipartUpload& upload, std::uint64_t size, const PartReader& read) {
  const std::uint64_t part_bytes = std::max(kPartBytes, size / kMostParts + 1);
  int number = 1;
  for (std::uint64_t offset = 0; offset < size; offset += part_bytes) {
    upload.Put(number++, read(offset, std::min(part_bytes, size - offset)));
    Failpoint("s3:after-part");
  }
  Failpoint("s3:before-complete");
  return upload.Complete();
}

void AbortOrWarn(const MultipartUpload& upload, const S3Client& client, const std::string& key) {
  try {
    upload.Abort();
  } catch (const std::exception& error) {
    LogWarning("parts of s3://{}/{} stay until vacuum: {}", client.bucket(), key, error.what());
  }
}

}  // namespace

void UploadInParts(const S3Client& client, const std::string& key, std::uint64_t size,
                   const PartReader& read) {
  ReplaceInParts(client, key, size, "", read);
}

bool ReplaceInParts(const S3Client& client, const std::string& key, std::uint64_t size,
                    const std::string& etag, const PartReader& read) {
  MultipartUpload upload(client, key, etag);
  upload.Begin();
  try {
    const bool is_done = PutParts(upload, size, read);
    if (!is_done) {
      AbortOrWarn(upload, client, key);
    }
    return is_done;
  } catch (...) {
    AbortOrWarn(upload, client, key);
    throw;
  }
}

std::vector<PendingUpload> ListUploads(const S3Client& client, const std::string& prefix) {
  std::vector<PendingUpload> found;
  S3Request request{.query = {{"uploads", ""}, {"prefix", prefix}}};
  while (true) {
    const S3Answer answer = client.Send(request);
    if (answer.status != kDone) {
      client.ThrowAnswer(request, answer);
    }
    for (const std::string_view upload : ElementsOf(answer.body, "Upload")) {
      found.push_back(
          {.key = TextOf(upload, "Key").value_or(""),
           .upload_id = TextOf(upload, "UploadId").value_or(""),
           .begun = ParseTimestamp(TextOf(upload, "Initiated").value_or("")).value_or(0)});
    }
    if (TextOf(answer.body, "IsTruncated") != "true") {
      return found;
    }
    request.query["key-marker"] = TextOf(answer.body, "NextKeyMarker").value_or("");
    request.query["upload-id-marker"] = TextOf(answer.body, "NextUploadIdMarker").value_or("");
  }
}

void AbortUpload(const S3Client& client, const std::string& key, const std::string& upload_id) {
  client.Send({.method = "DELETE", .key = key, .query = {{"uploadId", upload_id}}});
}

}  // namespace weir::storage
