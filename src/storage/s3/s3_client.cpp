#include "storage/s3/s3_client.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <thread>
#include <utility>

#include "base/ascii.h"
#include "base/error.h"
#include "base/log.h"
#include "base/percent.h"
#include "base/sha256.h"
#include "storage/s3/xml_text.h"

namespace weir::storage {
namespace {

constexpr long kNotFound = 404;
constexpr long kPreconditionFailed = 412;
constexpr long kRangeNotSatisfiable = 416;
constexpr long kServerErrors = 500;

std::string FirstVariable(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') {
      return value;
    }
  }
  return "";
}

// "20130524T000000Z" now; the clock of tests doesn't apply, servers refuse another day's.
std::string SigningTime() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::string text =
      FormatTimestamp(std::chrono::duration_cast<std::chrono::seconds>(now).count() * kSecond);
  std::string compact;
  std::ranges::copy_if(text, std::back_inserter(compact),
                       [](char letter) { return letter != '-' && letter != ':'; });
  return compact;
}

// Another try may end otherwise. 409 is S3's answer to two conditional writes at once.
bool MayPass(long status) {
  constexpr std::array<long, 3> kPassing = {408, 409, 429};
  return status >= kServerErrors || std::ranges::find(kPassing, status) != kPassing.end();
}

// That an object isn't there, which only its key can mean: 404 is also said of buckets and, by some
// servers, of keys to sign with. The answer to HEAD has no body.
bool IsAbsence(const S3Answer& answer) {
  const std::string code = TextOf(answer.body, "Code").value_or("");
  return answer.status == kNotFound &&
         (code.empty() || code == "NoSuchKey" || code == "NoSuchUpload");
}

// What callers judge themselves.
bool IsAnswer(const S3Answer& answer) {
  return (answer.status >= 200 && answer.status < 300) || IsAbsence(answer) ||
         answer.status == kPreconditionFailed || answer.status == kRangeNotSatisfiable;
}

std::uint64_t SeedOf(const RetryPolicy& policy) {
  return policy.seed != 0 ? policy.seed : std::random_device{}();
}

}  // namespace

std::string EndpointOf(std::string_view text) {
  std::string endpoint(WithoutEndSlashes(text));
  if (!endpoint.empty() && endpoint.find("://") == std::string::npos) {
    endpoint.insert(0, "http://");
  }
  return endpoint;
}

S3Settings EnvironmentSettings() {
  S3Settings settings;
  settings.endpoint = EndpointOf(FirstVariable({"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"}));
  settings.path_style = !settings.endpoint.empty();
  if (std::string region = FirstVariable({"AWS_REGION", "AWS_DEFAULT_REGION"}); !region.empty()) {
    settings.region = std::move(region);
  }
  return settings;
}

S3Client::S3Client(std::string bucket, S3Settings settings)
    : bucket_(std::move(bucket)), settings_(std::move(settings)), random_(SeedOf(settings_.retry)) {
  if (!settings_.keys) {
    settings_.keys = StandardKeys();
  }
}

std::string S3Client::endpoint() const {
  return settings_.endpoint.empty() ? fmt::format("https://s3.{}.amazonaws.com", settings_.region)
                                    : settings_.endpoint;
}

S3Keys S3Client::keys() const {
  const auto keys = settings_.keys->Keys();
  if (!keys) {
    throw UserError("there are no keys for s3://{}", bucket_);
  }
  return *keys;
}

std::string S3Client::Host() const {
  const std::string url = endpoint();
  const std::string host = url.substr(url.find("://") + 3);
  return settings_.path_style ? host : fmt::format("{}.{}", bucket_, host);
}

std::string S3Client::PathOf(const S3Request& request) const {
  const std::string key = PercentEncode(request.key, "/");
  return settings_.path_style ? fmt::format("/{}{}{}", bucket_, key.empty() ? "" : "/", key)
                              : "/" + key;
}

std::string S3Client::Describe(const S3Request& request) const {
  return fmt::format("{} s3://{}{}{}", request.method, bucket_, request.key.empty() ? "" : "/",
                     request.key.empty() && request.query.contains("prefix")
                         ? "/" + request.query.at("prefix") + "*"
                         : request.key);
}

void S3Client::ThrowAnswer(const S3Request& request, const S3Answer& answer) const {
  const std::string code = TextOf(answer.body, "Code").value_or("");
  const std::string message = TextOf(answer.body, "Message").value_or("");
  throw ExternalError("{}: {} answered {}{}{}{}{}", Describe(request), endpoint(), answer.status,
                      code.empty() ? "" : " ", code, message.empty() ? "" : ": ", message);
}

void S3Client::Wait(int tries) const {
  const RetryPolicy& policy = settings_.retry;
  auto wait = policy.first_wait * (std::int64_t{1} << std::min(tries, 20));
  wait = std::min(wait, policy.longest_wait);
  {
    const std::scoped_lock lock(random_mutex_);
    std::uniform_int_distribution<std::int64_t> part(wait.count() / 2, wait.count());
    wait = std::chrono::milliseconds(part(random_));
  }
  std::this_thread::sleep_for(wait);
}

S3Answer S3Client::SendOnce(const S3Request& request) const {
  const S3Signable signable{.method = request.method,
                            .host = Host(),
                            .path = PathOf(request),
                            .query = request.query,
                            .headers = request.headers,
                            .payload_sha256 = Sha256Of(request.body)};
  const auto headers = SignedHeaders(signable, keys(), settings_.region, SigningTime());
  const std::string url = endpoint();
  const std::string query = EncodedQuery(request.query);
  net::HttpRequest sent{
      .method = request.method,
      .url = fmt::format("{}://{}{}{}{}", url.substr(0, url.find("://")), signable.host,
                         signable.path, query.empty() ? "" : "?", query),
      .headers = {"Content-Type:"},  // not the one of forms that libcurl adds
      .body = request.body,
      .time_limit = settings_.retry.time_limit,
      .stall_limit = settings_.retry.stall_limit,
      .most_of_body = std::numeric_limits<std::size_t>::max()};
  for (const auto& [name, value] : headers) {
    if (name != "host") {
      sent.headers.push_back(fmt::format("{}: {}", name, value));
    }
  }
  net::HttpAnswer answer = http_.Ask(sent);
  return {.status = answer.status,
          .body = std::move(answer.body),
          .headers = std::move(answer.headers),
          .may_be_repeated = answer.times_sent > 1};
}

S3Answer S3Client::Send(const S3Request& request) const {
  const auto begun = std::chrono::steady_clock::now();
  bool may_be_repeated = false;
  for (int tries = 1;; ++tries) {
    const auto age = std::chrono::steady_clock::now() - begun;
    const bool is_last = tries >= settings_.retry.most_tries || age > settings_.retry.begin_within;
    try {
      S3Answer answer = SendOnce(request);
      may_be_repeated = may_be_repeated || answer.may_be_repeated;
      answer.may_be_repeated = may_be_repeated;
      if (IsAnswer(answer)) {
        return answer;
      }
      if (is_last || !MayPass(answer.status)) {
        ThrowAnswer(request, answer);
      }
      may_be_repeated = may_be_repeated || answer.status >= kServerErrors;
      LogDebug("{}: {}; trying again", Describe(request), answer.status);
    } catch (const net::NoAnswerError& error) {
      if (is_last) {
        throw ExternalError("{}: {} ({} tries)", Describe(request), error.what(), tries);
      }
      may_be_repeated = true;
      LogDebug("{}: {}; trying again", Describe(request), error.what());
    }
    Wait(tries - 1);
  }
}

}  // namespace weir::storage
