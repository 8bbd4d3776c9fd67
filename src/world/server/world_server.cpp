#include "world/server/world_server.h"

#include <charconv>
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/log.h"
#include "world/server/batch_segments.h"
#include "world/server/platform_pages.h"

namespace weir::world {
namespace {

namespace fs = std::filesystem;
using PlainJson = nlohmann::json;

// A clock that may run fast, and be set. Thread-safe.
class WorldClock {
 public:
  WorldClock(Micros now, double speed) : speed_(speed) { Set(now); }

  double Seconds() const {
    const std::lock_guard lock(mutex_);
    const std::chrono::duration<double> since = std::chrono::steady_clock::now() - begin_;
    return start_ + since.count() * speed_;
  }

  void Set(Micros now) {
    const std::lock_guard lock(mutex_);
    start_ = static_cast<double>(now) / static_cast<double>(kSecond);
    begin_ = std::chrono::steady_clock::now();
  }

 private:
  mutable std::mutex mutex_;
  double speed_;
  double start_ = 0;
  std::chrono::steady_clock::time_point begin_;
};

// The segments that the platform's file says the members have.
std::map<std::int64_t, KnownSegment> SegmentsOf(const fs::path& file) {
  std::map<std::int64_t, KnownSegment> segments;
  std::ifstream stream(file);
  const PlainJson all = PlainJson::parse(stream, nullptr, false);
  if (!all.is_array()) {
    throw UserError("{}: a JSON array of segments is needed", file.string());
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    const PlainJson& segment = all[i];
    const auto whole = [&](const char* name) {
      const auto found = segment.find(name);
      if (found == segment.end() || !found->is_number_integer()) {
        throw UserError("{}: segment {} (from 1): {}: found {}; a whole number is needed",
                        file.string(), i + 1, name,
                        found == segment.end() ? "nothing" : found->dump());
      }
      return found->get<std::int64_t>();
    };
    if (!segment.is_object()) {
      throw UserError("{}: segment {} (from 1) is no object", file.string(), i + 1);
    }
    if (segment.contains("dsp") && segment.at("dsp") == "xandr") {
      const auto active = segment.find("dsp_active");
      if (active != segment.end() && !active->is_boolean()) {
        throw UserError("{}: segment {} (from 1): dsp_active: found {}; true or false is allowed",
                        file.string(), i + 1, active->dump());
      }
      segments[whole("dsp_segment_id")] = {
          .member = whole("member_id"), .active = active == segment.end() || active->get<bool>()};
    }
  }
  return segments;
}

// "958" of "bss-958-eu".
std::int64_t MemberOfBucket(const std::string& name) {
  constexpr std::string_view kPrefix = "bss-";
  std::int64_t member = 0;
  if (name.starts_with(kPrefix)) {
    std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), member);
  }
  return member;
}

void ScanBucket(const fs::path& bucket, BatchSegments& service) {
  std::error_code missing;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(bucket / "submitted", missing)) {
    if (!entry.path().filename().string().starts_with('.')) {
      files.push_back(entry.path());
    }
  }
  for (const fs::path& path : files) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const auto [job, accepted] = service.Submit(MemberOfBucket(bucket.filename().string()), bytes);
    const fs::path folder = bucket / (accepted ? "done" : "failed");
    fs::create_directories(folder);
    fs::rename(path, folder / fmt::format("{}-{}", path.filename().string(), job));
  }
}

void ScanAll(const fs::path& dsp, BatchSegments& service) {
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(dsp, missing)) {
    if (MemberOfBucket(entry.path().filename().string()) == 0) {
      continue;
    }
    try {
      ScanBucket(entry.path(), service);
    } catch (const std::exception& problem) {
      LogWarning("{}: {}", entry.path().string(), problem.what());
    }
  }
}

// Looks at the buckets every five minutes of the world's clock.
void ScanBuckets(const fs::path& dsp, double speed, BatchSegments& service,
                 const std::stop_token& stop) {
  constexpr double kEvery = 300;
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  const auto pause = std::chrono::duration<double>(kEvery / speed);
  while (!stopped.wait_for(lock, stop, pause, [&] { return stop.stop_requested(); })) {
    ScanAll(dsp, service);
  }
}

class WorldServer {
 public:
  explicit WorldServer(const ServeOptions& options)
      : options_(options), clock_(options.now, options.speed) {
    constexpr std::size_t kSlack = 1'000'000;  // so that the service itself says what is too much
    const fs::path platform = options.folder / "platform";
    if (!fs::is_directory(platform)) {
      throw UserError(
          "{}: there is no such folder; a world that `weir world generate` wrote has one",
          platform.string());
    }
    server_ = std::make_unique<net::HttpServer>(
        net::ServerOptions{.port = options.port,
                           .most_bytes = static_cast<std::size_t>(options.most_bytes) + kSlack,
                           .allows_no_length = true},
        [this](const net::ServerRequest& request) { return Answer(request); });
    service_ = std::make_unique<BatchSegments>(
        BatchSegmentRules{.folder = options.folder / "dsp" / "uploads",
                          .segments = SegmentsOf(platform / "segments.json"),
                          .text = options.text,
                          .most_bytes = options.most_bytes,
                          .match_rate = options.match_rate},
        Url(), [this] { return clock_.Seconds(); });
  }

  std::string Url() const { return fmt::format("http://127.0.0.1:{}", server_->port()); }

  void Run(std::stop_token stop) {
    const std::jthread scanner([this](const std::stop_token& end) {
      ScanBuckets(options_.folder / "dsp", options_.speed, *service_, end);
    });
    server_->Run(std::move(stop));
  }

 private:
  net::ServerAnswer Answer(const net::ServerRequest& request) {
    if (request.bearer != options_.token) {
      return {.status = 401, .body = R"({"error":"a bearer token is needed"})"};
    }
    if (request.path.starts_with("/batch-segment")) {
      return service_->Handle(request);
    }
    if (request.path.starts_with("/world/")) {
      return AnswerOwn(request);
    }
    return AnswerPlatform(options_.folder / "platform", request);
  }

  net::ServerAnswer AnswerOwn(const net::ServerRequest& request) {
    if (request.path == "/world/held") {
      std::int64_t member = 0;
      const std::string text = request.Query("member_id");
      std::from_chars(text.data(), text.data() + text.size(), member);
      return {
          .status = 200,
          .body = service_->Held(member).dump(-1, ' ', false, PlainJson::error_handler_t::replace)};
    }
    if (request.path == "/world/counters") {
      return {.status = 200, .body = service_->Counters().dump()};
    }
    const auto now = ParseTimestamp(request.Query("now"));
    if (request.path != "/world/clock" || !now) {
      return {.status = 404, .body = R"({"error":"allowed: held, counters, clock?now=TIME"})"};
    }
    clock_.Set(*now);
    return {.status = 200, .body = "{}"};
  }

  const ServeOptions& options_;
  WorldClock clock_;
  std::unique_ptr<net::HttpServer> server_;
  std::unique_ptr<BatchSegments> service_;
};

}  // namespace

void ServeWorld(const ServeOptions& options,
                const std::function<void(const std::string& url)>& announce, std::stop_token stop) {
  WorldServer server(options);
  announce(server.Url());
  server.Run(std::move(stop));
}

}  // namespace weir::world
