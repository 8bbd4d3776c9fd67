#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "net/http_client.h"
#include "storage/s3/credentials.h"

namespace weir::storage {

// How often, and how long apart, a request is tried that may succeed the next time: after
// connection errors, time-outs, 408, 409, 429 and 5xx (S3's SlowDown is a 503). Waits double from
// `first_wait` to `longest_wait`, each shortened by a random part of up to half.
struct RetryPolicy {
  int most_tries = 8;
  std::chrono::milliseconds first_wait{50};
  std::chrono::milliseconds longest_wait{5'000};
  // After this no try begins: whoever holds a lock of a minute can know how late a write may be.
  std::chrono::milliseconds begin_within{25'000};
  std::chrono::seconds stall_limit{20};           // of one try, without any byte
  std::chrono::milliseconds time_limit{600'000};  // of one try
  std::uint64_t seed = 0;                         // of the random part; 0: another each time
};

// Where and how a server is asked.
struct S3Settings {
  std::string endpoint{};            // "http://127.0.0.1:7070"; empty: AWS's of the region, https
  std::string region = "us-east-1";  // that requests are signed for
  bool path_style = false;           // the bucket in the path, not before the host's name
  bool read_only = false;            // whether stores refuse to write
  std::string name{};                // of the store in the project; empty: none
  std::shared_ptr<S3KeySource> keys{};  // none: StandardKeys()
  RetryPolicy retry{};
};

// From AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, AWS_REGION or AWS_DEFAULT_REGION. An endpoint
// without scheme is http, and one of any kind has path style.
S3Settings EnvironmentSettings();

// An endpoint as it stands in settings, with a scheme and without '/' at its end.
std::string EndpointOf(std::string_view text);

struct S3Request {
  std::string method = "GET";
  std::string key{};  // of the object; empty: the bucket itself
  std::map<std::string, std::string> query{};
  std::map<std::string, std::string> headers{};  // names in lower case
  std::string_view body{};                       // borrowed
};

struct S3Answer {
  long status = 0;
  std::string body{};
  std::map<std::string, std::string> headers{};  // names in lower case
  // An earlier try of the same request, of this client or of libcurl below it, got no answer, or a
  // 5xx, so it may have had its effect.
  bool may_be_repeated = false;
};

// Signs requests to one bucket, sends them, and sends them again where that may help. Thread-safe.
class S3Client {
 public:
  S3Client(std::string bucket, S3Settings settings);

  const std::string& bucket() const { return bucket_; }
  const S3Settings& settings() const { return settings_; }
  // "https" or "http", and host with port, of requests without the bucket in front.
  std::string endpoint() const;
  S3Keys keys() const;

  // The answer with a status of 2xx, 404 (but for a bucket), 412 or 416. Throws ExternalError with
  // bucket, key, status, the server's code and message for another, and for none after all tries.
  S3Answer Send(const S3Request& request) const;

  // Waits as long as before one more try after `tries` others.
  void Wait(int tries) const;

  // The error that such an answer is.
  [[noreturn]] void ThrowAnswer(const S3Request& request, const S3Answer& answer) const;

 private:
  S3Answer SendOnce(const S3Request& request) const;
  std::string Host() const;
  std::string PathOf(const S3Request& request) const;
  std::string Describe(const S3Request& request) const;

  std::string bucket_;
  S3Settings settings_;
  mutable net::HttpClient http_;
  mutable std::mutex random_mutex_;
  mutable std::mt19937_64 random_;
};

}  // namespace weir::storage
