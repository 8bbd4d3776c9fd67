// IMDSv2: a token is put, then names the role and its keys, which expire after hours.
#include <chrono>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "base/ascii.h"
#include "base/error.h"
#include "net/http_request.h"
#include "storage/s3/credentials.h"

namespace weir::storage {
namespace {

using Json = nlohmann::json;

constexpr auto kRolePath = "/latest/meta-data/iam/security-credentials/";
constexpr Micros kAskAgainBefore = 5 * kMinute;

std::string MetadataEndpoint() {
  const char* named = std::getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  return std::string(WithoutEndSlashes(named == nullptr ? "http://169.254.169.254" : named));
}

bool IsDisabled() {
  const char* setting = std::getenv("AWS_EC2_METADATA_DISABLED");
  return setting != nullptr && std::string_view(setting) == "true";
}

class RoleKeySource final : public S3KeySource {
 public:
  std::optional<S3Keys> Keys() override {
    if (IsDisabled()) {
      return std::nullopt;
    }
    const std::scoped_lock lock(mutex_);
    if (!keys_ || Now() >= expires_ - kAskAgainBefore) {
      AskService();
    }
    return keys_;
  }

 private:
  void AskService() {
    const std::string token =
        Ask("PUT", "/latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds: 21600");
    const std::string header = "X-aws-ec2-metadata-token: " + token;
    std::string role = Ask("GET", kRolePath, header);
    role = role.substr(0, role.find('\n'));
    if (role.empty()) {
      throw ExternalError("{}: this machine has no role", MetadataEndpoint());
    }
    Take(Json::parse(Ask("GET", kRolePath + role, header), nullptr, false), role);
  }

  void Take(const Json& answer, const std::string& role) {
    for (const char* name : {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"}) {
      if (!answer.is_object() || !answer.contains(name) || !answer[name].is_string()) {
        throw ExternalError("{}: the answer for role '{}' has no {}", MetadataEndpoint(), role,
                            name);
      }
    }
    const auto expires = ParseTimestamp(answer["Expiration"].get<std::string>());
    if (!expires) {
      throw ExternalError("{}: the keys of role '{}' expire at '{}', which is no time",
                          MetadataEndpoint(), role, answer["Expiration"].get<std::string>());
    }
    keys_ = S3Keys{.access_key = answer["AccessKeyId"],
                   .secret_key = answer["SecretAccessKey"],
                   .session_token = answer["Token"]};
    expires_ = *expires;
  }

  static std::string Ask(const std::string& method, const std::string& path,
                         const std::string& header) {
    const std::string url = MetadataEndpoint() + path;
    const net::HttpAnswer answer = net::Ask(
        {.method = method, .url = url, .headers = {header}, .time_limit = std::chrono::seconds(2)});
    if (answer.status != 200) {
      throw ExternalError("{} answered {}", url, answer.status);
    }
    return answer.body;
  }

  std::mutex mutex_;
  std::optional<S3Keys> keys_;
  Micros expires_ = 0;
};

}  // namespace

std::unique_ptr<S3KeySource> RoleKeys() { return std::make_unique<RoleKeySource>(); }

}  // namespace weir::storage
