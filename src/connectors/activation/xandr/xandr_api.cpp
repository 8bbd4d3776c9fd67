#include "connectors/activation/xandr/xandr_api.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/error.h"
#include "base/failpoint.h"
#include "connectors/activation/xandr/polling.h"
#include "net/http_request.h"
#include "net/origin.h"

namespace weir::connectors {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

constexpr auto kRateLimit = "RATE_LIMIT_EXCEEDED";
constexpr auto kJobStarting = "starting";
constexpr auto kJobCompleted = "completed";
constexpr auto kJobError = "error";

// The service asks for less.
class RateLimitError : public ExternalError {
 public:
  using ExternalError::ExternalError;
};

struct UploadJob {
  std::string id;
  std::string phase;
  std::string upload_url;
  Json all;
};

// Of lines that changed nothing. A user whom Xandr doesn't know is none of them.
bool IsOfRefusedLines(std::string_view counter) {
  constexpr std::array<std::string_view, 7> kCounters{
      "num_invalid_format",  "num_invalid_segment",  "num_invalid_timestamp", "num_unauth_segment",
      "num_past_expiration", "num_inactive_segment", "num_other_error"};
  return std::ranges::find(kCounters, counter) != kCounters.end();
}

std::int64_t WallSeconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string FileBytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw ExternalError("{}: it can't be read", path.string());
  }
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// An id may be a text or a number.
std::string JsonTextOf(const Json& json) {
  return json.is_string() ? json.get<std::string>() : json.dump();
}

// Empty where there is no such text: services say null, too.
std::string TextOrNothing(const Json& json, const char* name) {
  const auto found = json.is_object() ? json.find(name) : json.end();
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

class XandrApi final : public XandrDelivery {
 public:
  XandrApi(const Json& settings, const DestinationContext& context)
      : url_(WithoutEndSlashes(settings.at("url").get_ref<const std::string&>())),
        token_(settings.value("token", "")),
        time_limit_(std::chrono::seconds(settings.at("timeout").get<std::int64_t>())),
        upload_pause_(settings.at("upload_pause").get<std::int64_t>()),
        polling_(settings, context.stop),
        stop_(context.stop),
        pace_(context.pace) {}

  void CheckSeats(const std::set<std::int64_t>& /*members*/) const override {}

  bool MayHaveArrived(const FileOnItsWay& file) override { return HasArrived(file); }

  void Deliver(const FileOnItsWay& file) override {
    if (HasArrived(file)) {
      return;
    }
    constexpr int kTries = 5;
    for (int tries = 1;; ++tries) {
      try {
        UploadToNewJob(file);
        return;
      } catch (const RateLimitError&) {
        if (tries == kTries) {
          throw;
        }
      }
    }
  }

  Outcome Confirm(const FileOnItsWay& file) override {
    const std::string id = file.notes.value().at("job_id");
    UploadJob job;
    return polling_.Until(
        [&] {
          job = KnownJobOf(file.file.member, id);
          const bool has_ended = job.phase == kJobCompleted || job.phase == kJobError;
          return has_ended ? std::optional(OutcomeOf(job)) : std::nullopt;
        },
        [&] { return fmt::format("job {} is still '{}'", id, job.phase); });
  }

 private:
  // Whether the job that is noted has the file. One that was made and never got it is left alone:
  // its address has run out, or soon will. One that the service no longer knows has no file, and
  // never will have: the file goes to a new one.
  bool HasArrived(const FileOnItsWay& file) const {
    if (!file.notes.value().contains("job_id")) {
      return false;
    }
    const auto job = JobOf(file.file.member, file.notes.value().at("job_id"));
    return job && job->phase != kJobStarting;
  }

  void UploadToNewJob(const FileOnItsWay& file) {
    pace_.Keep(fmt::format("upload {}", file.file.member), upload_pause_, stop_);
    const Json answer = Call("POST", fmt::format("/batch-segment?member_id={}", file.file.member));
    const UploadJob job = JobIn(answer);
    file.notes.Keep({{"job_id", job.id}, {"made_at", WallSeconds()}});
    Failpoint("xandr:before-upload");
    Checked("upload", Ask("POST", AbsoluteUrl(job.upload_url), FileBytes(file.path)));
    Failpoint("xandr:after-upload");
  }

  // None if the service doesn't know it.
  std::optional<UploadJob> JobOf(std::int64_t member, const std::string& id) const {
    constexpr long kNotFound = 404;
    const std::string path = fmt::format("/batch-segment?member_id={}&job_id={}", member, id);
    const net::HttpAnswer answer = Ask("GET", url_ + path, "");
    return answer.status == kNotFound ? std::nullopt : std::optional(JobIn(Checked(path, answer)));
  }

  UploadJob KnownJobOf(std::int64_t member, const std::string& id) const {
    std::optional<UploadJob> job = JobOf(member, id);
    if (!job) {
      throw ExternalError(
          "Xandr doesn't know job {} of member {}, which was sent the file; the next "
          "try makes another",
          id, member);
    }
    return *std::move(job);
  }

  static UploadJob JobIn(const Json& answer) {
    Json job = answer.value("batch_segment_upload_job", Json());
    if (job.is_array() && !job.empty()) {
      job = job.at(0);
    }
    if (!job.is_object() || !job.contains("job_id")) {
      throw ExternalError("Xandr's answer has no batch_segment_upload_job: {}",
                          answer.dump().substr(0, 300));
    }
    return {.id = JsonTextOf(job.at("job_id")),
            .phase = job.value("phase", ""),
            .upload_url = job.value("upload_url", ""),
            .all = job};
  }

  static Outcome OutcomeOf(const UploadJob& job) {
    Outcome outcome{.accepted = job.phase == kJobCompleted,
                    .job_id = job.id,
                    .phase = job.phase,
                    .counters = {},
                    .error_lines = {}};
    for (const auto& [name, value] : job.all.items()) {
      if (name.starts_with("num_") && value.is_number_integer()) {
        outcome.counters[name] = value.get<std::int64_t>();
        if (value.get<std::int64_t>() > 0 && IsOfRefusedLines(name)) {
          outcome.refused_lines[name] = value.get<std::int64_t>();
        }
      }
    }
    const Json lines = job.all.value("error_log_lines", Json());
    if (lines.is_array()) {
      for (const Json& line : lines) {
        outcome.error_lines.push_back(JsonTextOf(line));
      }
    } else if (lines.is_string() && !lines.get<std::string>().empty()) {
      outcome.error_lines.push_back(lines);
    }
    const std::string code = TextOrNothing(job.all, "error_code");
    if (!outcome.accepted && outcome.error_lines.empty() && !code.empty()) {
      outcome.error_lines.push_back(code);
    }
    return outcome;
  }

  Json Call(const std::string& method, const std::string& path) const {
    return Checked(path, Ask(method, url_ + path, ""));
  }

  std::string AbsoluteUrl(const std::string& url) const {
    return url.starts_with('/') ? url_ + url : url;
  }

  net::HttpAnswer Ask(const std::string& method, const std::string& url,
                      const std::string& body) const {
    if (stop_.stop_requested()) {
      throw CancelledError();
    }
    net::HttpRequest request{.method = method, .url = url, .body = body, .time_limit = time_limit_};
    request.headers.emplace_back("Content-Type: application/octet-stream");
    if (!token_.empty() && net::IsOfOneOrigin(url, url_)) {  // others get no token of ours
      request.headers.push_back("Authorization: Bearer " + token_);
    }
    return net::Ask(request);
  }

  static Json Checked(const std::string& what, const net::HttpAnswer& answer) {
    const Json json = Json::parse(answer.body.empty() ? "{}" : answer.body, nullptr, false);
    const Json response = json.is_object() ? json.value("response", json) : Json();
    const std::string code = TextOrNothing(response, "error_code");
    if (code == kRateLimit) {
      throw RateLimitError("Xandr answered {} to {}", kRateLimit, what);
    }
    constexpr long kFirstGood = 200;
    constexpr long kLastGood = 299;
    if (answer.status < kFirstGood || answer.status > kLastGood || !code.empty() ||
        !response.is_object()) {
      throw ExternalError("Xandr answered {} to {}: {}", answer.status, what,
                          answer.body.substr(0, 300));
    }
    return response;
  }

  std::string url_;
  std::string token_;
  std::chrono::seconds time_limit_;
  milliseconds upload_pause_;
  Polling polling_;
  std::stop_token stop_;
  Pace& pace_;
};

}  // namespace

std::vector<Setting> XandrApiSettings() {
  return {{.name = "url", .doc = "of the API: https://api.example; or 'bucket'"},
          {.name = "token", .doc = "sent as a bearer token; a secret: '{secret.x}'"},
          {.name = "timeout",
           .type = SettingType::kInteger,
           .standard = 600,
           .least = 1,
           .doc = "seconds for one request, the upload among them"},
          {.name = "upload_pause",
           .type = SettingType::kInteger,
           .standard = 60'000,
           .least = 0,
           .doc = "milliseconds between uploads of a member; Xandr wants a minute"},
          {.name = "poll_pause",
           .type = SettingType::kInteger,
           .standard = 5'000,
           .least = 1,
           .doc = "milliseconds between two looks at a job, or at the bucket"},
          {.name = "patience",
           .type = SettingType::kInteger,
           .standard = 240,
           .least = 1,
           .doc = "minutes to wait for a job's end before the run fails"}};
}

std::unique_ptr<XandrDelivery> MakeXandrApi(const Json& settings,
                                            const DestinationContext& context) {
  return std::make_unique<XandrApi>(settings, context);
}

}  // namespace weir::connectors
