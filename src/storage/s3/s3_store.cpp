#include "storage/s3/s3_store.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <utility>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/error.h"
#include "base/failpoint.h"
#include "storage/s3/multipart_upload.h"
#include "storage/s3/s3_lock.h"
#include "storage/s3/xml_text.h"

namespace weir::storage {
namespace {

constexpr long kAnswered = 200;
constexpr long kAbsent = 404;
constexpr long kPartialContent = 206;
constexpr long kIsThere = 412;  // answered to If-Match: another is
constexpr long kNoSuchRange = 416;
constexpr std::uint64_t kFarthest = std::uint64_t{1} << 62U;  // beyond the largest object
constexpr std::uint64_t kMostInOnePut = std::uint64_t{32} << 20U;
constexpr std::string_view kUploadMark = "?uploadId=";  // in the keys of leftovers

std::uint64_t SizeOf(std::string_view text) {
  std::uint64_t size = 0;
  std::from_chars(text.data(), text.data() + text.size(), size);
  return size;
}

// "Sun, 06 Nov 1994 08:49:37 GMT" as HTTP has it.
Micros HttpTime(const std::string& text) {
  std::tm parts{};
  if (strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) == nullptr) {
    return 0;
  }
  return static_cast<Micros>(timegm(&parts)) * kSecond;
}

std::string HeaderOf(const S3Answer& answer, const std::string& name) {
  const auto header = answer.headers.find(name);
  return header == answer.headers.end() ? "" : header->second;
}

std::string ReadPart(std::ifstream& file, const std::filesystem::path& path, std::uint64_t offset,
                     std::uint64_t length) {
  std::string bytes(length, '\0');
  file.seekg(static_cast<std::streamoff>(offset));
  if (!file.read(bytes.data(), static_cast<std::streamsize>(length))) {
    throw ExternalError("can't read {}", path.string());
  }
  return bytes;
}

}  // namespace

S3Url ParseS3Url(std::string_view url) {
  constexpr std::string_view kScheme = "s3://";
  if (!url.starts_with(kScheme)) {
    throw UserError("'{}' is not on S3; s3://bucket/prefix is allowed", url);
  }
  const std::string_view rest = url.substr(kScheme.size());
  const auto slash = std::min(rest.find('/'), rest.size());
  S3Url parts{.bucket = std::string(rest.substr(0, slash)),
              .prefix = std::string(WithoutEndSlashes(rest.substr(slash)))};
  while (parts.prefix.starts_with('/')) {
    parts.prefix.erase(0, 1);
  }
  constexpr std::size_t kShortest = 3;
  constexpr std::size_t kLongest = 63;
  const bool is_plain = std::ranges::all_of(parts.bucket, [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-' ||
           letter == '.';
  });
  if (!is_plain || parts.bucket.size() < kShortest || parts.bucket.size() > kLongest) {
    throw UserError(
        "'{}' names the bucket '{}'; a bucket's name has 3 to 63 of a-z, 0-9, '-' and '.'", url,
        parts.bucket);
  }
  return parts;
}

S3Store::S3Store(const S3Url& url, const S3Settings& settings)
    : S3Store(std::make_shared<const S3Client>(url.bucket, settings), url.prefix) {}

S3Store::S3Store(std::shared_ptr<const S3Client> client, std::string prefix)
    : client_(std::move(client)), prefix_(std::move(prefix)) {
  if (!prefix_.empty() && !prefix_.ends_with('/')) {
    prefix_ += '/';
  }
}

std::string S3Store::KeyOf(std::string_view key) const { return prefix_ + std::string(key); }

std::string S3Store::root() const {
  return fmt::format("s3://{}{}{}", client_->bucket(), prefix_.empty() ? "" : "/",
                     prefix_.substr(0, prefix_.size() - (prefix_.empty() ? 0 : 1)));
}

std::string S3Store::Url(std::string_view key) const {
  return fmt::format("s3://{}/{}{}", client_->bucket(), prefix_, key);
}

std::unique_ptr<ObjectStore> S3Store::Below(std::string_view prefix) const {
  return std::make_unique<S3Store>(client_, KeyOf(prefix));
}

std::optional<S3Access> S3Store::s3_access() const {
  const std::string endpoint = client_->endpoint();
  const S3Keys keys = client_->keys();
  return S3Access{.scope = Url(""),
                  .endpoint = endpoint.substr(endpoint.find("://") + 3),
                  .use_tls = endpoint.starts_with("https://"),
                  .path_style = client_->settings().path_style,
                  .region = client_->settings().region,
                  .access_key = keys.access_key,
                  .secret_key = keys.secret_key,
                  .session_token = keys.session_token};
}

void S3Store::CheckWritable(std::string_view action, std::string_view key) const {
  if (client_->settings().read_only) {
    throw UserError("can't {} {}: store '{}' of weir.yaml is read_only", action, Url(key),
                    client_->settings().name);
  }
}

std::optional<std::string> S3Store::Get(std::string_view key) const {
  S3Answer answer = client_->Send({.key = KeyOf(key)});
  return answer.status == kAbsent ? std::nullopt : std::optional(std::move(answer.body));
}

std::string S3Store::GetRange(std::string_view key, std::uint64_t offset,
                              std::uint64_t length) const {
  if (length == 0) {
    return "";
  }
  const std::uint64_t last = offset + std::min(length - 1, kFarthest - offset);
  const S3Request request{.key = KeyOf(key),
                          .headers = {{"range", fmt::format("bytes={}-{}", offset, last)}}};
  S3Answer answer = client_->Send(request);
  if (answer.status == kAbsent) {
    throw ExternalError("{} doesn't exist", Url(key));
  }
  if (answer.status == kNoSuchRange) {
    return "";
  }
  if (answer.status != kPartialContent) {
    client_->ThrowAnswer(request, answer);
  }
  return std::move(answer.body);
}

std::optional<ObjectInfo> S3Store::Head(std::string_view key) const {
  const S3Answer answer = client_->Send({.method = "HEAD", .key = KeyOf(key)});
  if (answer.status == kAbsent) {
    return std::nullopt;
  }
  return ObjectInfo{.key = std::string(key),
                    .size = SizeOf(HeaderOf(answer, "content-length")),
                    .modified = HttpTime(HeaderOf(answer, "last-modified")),
                    .etag = HeaderOf(answer, "etag")};
}

void S3Store::Put(std::string_view key, std::string_view bytes) {
  CheckWritable("write", key);
  if (bytes.size() > kMostInOnePut) {
    UploadInParts(*client_, KeyOf(key), bytes.size(),
                  [bytes](std::uint64_t offset, std::uint64_t length) {
                    return std::string(bytes.substr(offset, length));
                  });
    return;
  }
  Failpoint("put:before-rename");
  Replace(key, bytes);
}

void S3Store::Replace(std::string_view key, std::string_view bytes) {
  const S3Request request{.method = "PUT", .key = KeyOf(key), .body = bytes};
  if (const S3Answer answer = client_->Send(request); answer.status != kAnswered) {
    client_->ThrowAnswer(request, answer);
  }
}

void S3Store::PutFile(std::string_view key, const std::filesystem::path& file) {
  CheckWritable("write", key);
  std::ifstream in(file, std::ios::binary);
  const std::uint64_t size = std::filesystem::file_size(file);
  if (size <= kMostInOnePut) {
    Replace(key, ReadPart(in, file, 0, size));
    return;
  }
  UploadInParts(*client_, KeyOf(key), size, [&](std::uint64_t offset, std::uint64_t length) {
    return ReadPart(in, file, offset, length);
  });
}

bool S3Store::PutFileIfMatch(std::string_view key, const std::filesystem::path& file,
                             const std::string& etag) {
  CheckWritable("write", key);
  std::ifstream in(file, std::ios::binary);
  const std::uint64_t size = std::filesystem::file_size(file);
  if (size > kMostInOnePut) {
    return ReplaceInParts(*client_, KeyOf(key), size, etag,
                          [&](std::uint64_t offset, std::uint64_t length) {
                            return ReadPart(in, file, offset, length);
                          });
  }
  const std::string bytes = ReadPart(in, file, 0, size);
  const S3Request request{
      .method = "PUT", .key = KeyOf(key), .headers = {{"if-match", etag}}, .body = bytes};
  const S3Answer answer = client_->Send(request);
  if (answer.status == kIsThere || answer.status == kAbsent) {
    return answer.may_be_repeated && Get(key) == bytes;
  }
  if (answer.status != kAnswered) {
    client_->ThrowAnswer(request, answer);
  }
  return true;
}

bool S3Store::PutIfAbsent(std::string_view key, std::string_view bytes) {
  CheckWritable("write", key);
  Failpoint("put-if-absent:before-link");
  const bool is_new = PutNew(key, bytes);
  Failpoint("put-if-absent:after-link");
  return is_new;
}

bool S3Store::PutNew(std::string_view key, std::string_view bytes) {
  const S3Request request{
      .method = "PUT", .key = KeyOf(key), .headers = {{"if-none-match", "*"}}, .body = bytes};
  const S3Answer answer = client_->Send(request);
  if (answer.status == kIsThere) {
    return answer.may_be_repeated && Get(key) == bytes;
  }
  if (answer.status != kAnswered) {
    client_->ThrowAnswer(request, answer);
  }
  return true;
}

void S3Store::Delete(std::string_view key) {
  CheckWritable("delete", key);
  if (const auto mark = key.find(kUploadMark); mark != std::string_view::npos) {
    AbortUpload(*client_, KeyOf(key.substr(0, mark)),
                std::string(key.substr(mark + kUploadMark.size())));
    return;
  }
  client_->Send({.method = "DELETE", .key = KeyOf(key)});
}

struct S3Store::Listing {
  std::vector<ObjectInfo> objects;
  std::vector<std::string> folders;
};

S3Store::Listing S3Store::ListAll(std::string_view prefix, const ListOptions& options) const {
  S3Request request{.query = {{"list-type", "2"}, {"prefix", KeyOf(prefix)}}};
  if (!options.recursive) {
    request.query["delimiter"] = "/";
  }
  if (!options.start_after.empty()) {
    request.query["start-after"] = KeyOf(options.start_after);
  }
  Listing listing;
  const auto key_of = [this](std::string_view element, std::string_view name) {
    return TextOf(element, name).value_or("").substr(prefix_.size());
  };
  while (true) {
    const S3Answer answer = client_->Send(request);
    if (answer.status != kAnswered) {
      client_->ThrowAnswer(request, answer);
    }
    for (const std::string_view object : ElementsOf(answer.body, "Contents")) {
      listing.objects.push_back(
          {.key = key_of(object, "Key"),
           .size = SizeOf(TextOf(object, "Size").value_or("")),
           .modified = ParseTimestamp(TextOf(object, "LastModified").value_or("")).value_or(0),
           .etag = TextOf(object, "ETag").value_or("")});
    }
    for (const std::string_view folder : ElementsOf(answer.body, "CommonPrefixes")) {
      listing.folders.push_back(key_of(folder, "Prefix"));
    }
    const auto next = TextOf(answer.body, "NextContinuationToken");
    if (TextOf(answer.body, "IsTruncated") != "true" || !next) {
      return listing;
    }
    request.query["continuation-token"] = *next;
  }
}

std::vector<ObjectInfo> S3Store::List(std::string_view prefix, const ListOptions& options) const {
  std::vector<ObjectInfo> objects = ListAll(prefix, options).objects;
  std::erase_if(objects, [&](const ObjectInfo& object) {
    const bool is_folder = object.key.empty() || object.key.ends_with('/');
    return is_folder || (!options.start_after.empty() && object.key <= options.start_after);
  });
  std::ranges::sort(objects, {}, &ObjectInfo::key);  // servers over file systems have their own
  return objects;
}

std::vector<std::string> S3Store::ListFolders(std::string_view prefix) const {
  std::vector<std::string> names;
  for (const std::string& folder :
       ListAll(prefix, {.start_after = {}, .recursive = false}).folders) {
    names.push_back(folder.substr(prefix.size(), folder.size() - prefix.size() - 1));
  }
  std::ranges::sort(names);
  return names;
}

void S3Store::MakeDurable(std::span<const std::string> /*keys*/) {}

void S3Store::MakeFolder(std::string_view /*prefix*/) {}

void S3Store::RemoveEmptyFolders(std::string_view /*prefix*/) {}

std::vector<ObjectInfo> S3Store::ListLeftovers(std::string_view prefix) const {
  std::vector<ObjectInfo> leftovers;
  for (const PendingUpload& upload : ListUploads(*client_, KeyOf(prefix))) {
    leftovers.push_back({.key = fmt::format("{}{}{}", upload.key.substr(prefix_.size()),
                                            kUploadMark, upload.upload_id),
                         .size = 0,
                         .modified = upload.begun});
  }
  return leftovers;
}

std::unique_ptr<StoreLock> S3Store::Lock(std::string_view key) {
  CheckWritable("lock", key);
  return TakeS3Lock(std::make_unique<S3Store>(client_, prefix_), std::string(key), {});
}

}  // namespace weir::storage
