#include "connectors/collector/collector_server.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/ascii.h"
#include "base/error.h"
#include "base/log.h"
#include "connectors/collector/consent_settings.h"
#include "connectors/collector/cookie_settings.h"
#include "connectors/collector/forwarded_client.h"
#include "enrich/ip_address.h"

namespace weir::connectors {
namespace {

using net::ServerAnswer;
using net::ServerRequest;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kPixel(
    "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00"
    "\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02"
    "D\x01\x00;",
    43);

net::ServerOptions OptionsOf(const nlohmann::json& settings) {
  const auto millis = [&](const char* name) {
    return std::chrono::milliseconds(
        static_cast<std::int64_t>(settings.at(name).get<double>() * 1000));
  };
  return {.host = settings.at("host").get<std::string>(),
          .port = settings.at("port").get<int>(),
          .most_bytes = settings.at("most_body_bytes").get<std::size_t>(),
          .threads = settings.at("connections").get<std::size_t>(),
          .waiting = settings.at("waiting_connections").get<std::size_t>(),
          .request_time = millis("request_seconds"),
          .idle_time = millis("idle_seconds")};
}

enrich::IpRanges RangesOf(const nlohmann::json& settings) {
  const auto lines = settings.at("trusted_proxies").get<std::vector<std::string>>();
  return {fmt::format("{}\n", fmt::join(lines, "\n")), "trusted_proxies"};
}

void AskToComeBack(ServerAnswer& answer) {
  if (answer.status == 429 || answer.status == 503) {
    answer.headers.emplace_back("Retry-After", "1");
  }
}

// The settings that CollectorServer reads.
std::vector<Setting> CollectorSettings() {
  using nlohmann::json;
  constexpr double kLastPort = 65535;
  constexpr double kMostSeconds = 600;
  return {{.name = "host", .standard = "127.0.0.1", .doc = "the address that it listens on"},
          {.name = "port",
           .type = SettingType::kInteger,
           .standard = 0,
           .least = 0,
           .most = kLastPort,
           .doc = "0: any free one, which is printed"},
          {.name = "connections",
           .type = SettingType::kInteger,
           .standard = 128,
           .least = 1,
           .most = 4096,
           .doc = "how many are served at once"},
          {.name = "waiting_connections",
           .type = SettingType::kInteger,
           .standard = 1024,
           .least = 0,
           .most = 65536,
           .doc = "how many more may wait; others are answered 503"},
          {.name = "most_body_bytes",
           .type = SettingType::kInteger,
           .standard = 1 << 20,
           .least = 1,
           .most = 256 << 20,
           .doc = "larger bodies are answered 413"},
          {.name = "request_seconds",
           .type = SettingType::kNumber,
           .standard = 10,
           .least = 0.1,
           .most = kMostSeconds,
           .doc = "in which a request must be all there"},
          {.name = "idle_seconds",
           .type = SettingType::kNumber,
           .standard = 15,
           .least = 0.1,
           .most = kMostSeconds,
           .doc = "how long a connection may be silent between requests"},
          {.name = "requests_per_second",
           .type = SettingType::kNumber,
           .standard = 0,
           .least = 0,
           .doc = "of one client address, twice as many at once; others are answered 429; 0: any"},
          {.name = "allowed_origins",
           .type = SettingType::kTexts,
           .standard = json::array(),
           .doc = "whose pages may read answers (CORS): https://shop.example, or * for all"},
          {.name = "trusted_proxies",
           .type = SettingType::kTexts,
           .standard = json::array(),
           .doc = "addresses and blocks whose X-Forwarded-For is believed"}};
}

}  // namespace

Declaration ServiceDeclaration(std::string name, std::string doc, const std::vector<Setting>& own) {
  std::vector<Setting> settings = CollectorSettings();
  for (const auto& more : {own, CookieSettings(), ConsentSettings()}) {
    settings.insert(settings.end(), more.begin(), more.end());
  }
  return {.name = std::move(name),
          .doc = std::move(doc),
          .version = 1,
          .settings = {{Direction::kIn, std::move(settings)}},
          .effect = Effect::kFile};
}

void CheckCollectorSettings(const nlohmann::json& settings) {
  if (settings.contains("trusted_proxies") && settings["trusted_proxies"].is_array()) {
    RangesOf(settings);
  }
}

ServerAnswer ErrorAnswer(int status, const std::string& text) {
  return {.status = status,
          .body = nlohmann::json{{"error", text}}.dump(-1, ' ', false,
                                                       nlohmann::json::error_handler_t::replace)};
}

ServerAnswer PixelAnswer() {
  return {.status = 200,
          .body = std::string(kPixel),
          .type = "image/gif",
          .headers = {{"Cache-Control", "no-store, private"}}};
}

CollectorServer::CollectorServer(std::string service, const nlohmann::json& settings, EventLog& log)
    : log_(log),
      host_(settings.at("host").get<std::string>()),
      origins_(settings.at("allowed_origins").get<std::vector<std::string>>()),
      proxies_(RangesOf(settings)),
      rate_(settings.at("requests_per_second").get<double>()),
      metrics_(std::move(service)),
      server_(std::make_unique<net::HttpServer>(
          OptionsOf(settings), [this](const ServerRequest& request) { return Answer(request); })) {}

std::string CollectorServer::url() const {
  const bool is_v6 = host_.find(':') != std::string::npos;
  return fmt::format("http://{}{}{}:{}", is_v6 ? "[" : "", host_, is_v6 ? "]" : "",
                     server_->port());
}

void CollectorServer::Run(std::stop_token stop) { server_->Run(std::move(stop)); }

ServerAnswer CollectorServer::Answer(const ServerRequest& request) {
  const auto start = Clock::now();
  ServerAnswer answer = Route(request);
  AskToComeBack(answer);
  AllowOrigin(request, answer);
  answer.headers.emplace_back("X-Content-Type-Options", "nosniff");
  const bool is_own = answer.status != 404 && answer.status != 405;
  const std::chrono::duration<double> seconds = Clock::now() - start;
  metrics_.CountRequest(is_own ? request.path : "other", answer.status, seconds.count());
  return answer;
}

ServerAnswer CollectorServer::Route(const ServerRequest& request) {
  const std::string method = request.method == "HEAD" ? "GET" : request.method;
  if (method == "GET" && request.path == "/health") {
    return Health();
  }
  if (method == "GET" && request.path == "/metrics") {
    return {.status = 200,
            .body = metrics_.Text(log_.figures(), server_->refusals()),
            .type = "text/plain; version=0.0.4"};
  }
  std::vector<std::string> methods;
  for (const CollectorRoute& route : routes_) {
    if (route.path != request.path) {
      continue;
    }
    if (route.method == request.method) {
      const std::string client = ClientOf(request);
      if (!rate_.Allows(client, Clock::now())) {
        return ErrorAnswer(429, "too many requests of this address");
      }
      return Guarded(route, {.http = request, .client = client, .consent = request.Query("tc")});
    }
    methods.push_back(route.method);
  }
  if (methods.empty()) {
    return ErrorAnswer(404, "there is no such path");
  }
  if (request.method == "OPTIONS") {
    return Preflight(request);
  }
  ServerAnswer answer = ErrorAnswer(405, fmt::format("allowed: {}", fmt::join(methods, ", ")));
  answer.headers.emplace_back("Allow", fmt::format("{}", fmt::join(methods, ", ")));
  return answer;
}

ServerAnswer CollectorServer::Guarded(const CollectorRoute& route,
                                      const CollectorRequest& request) {
  try {
    return route.answer(request);
  } catch (const UserError& mistake) {
    return ErrorAnswer(400, mistake.what());
  } catch (const BusyError& problem) {
    return ErrorAnswer(503, "more comes in than can be written; try again");
  } catch (const ExternalError& problem) {
    LogWarning("{}", problem.what());
    return ErrorAnswer(503, "it can't be written; try again");
  }
}

ServerAnswer CollectorServer::Preflight(const ServerRequest& request) const {
  if (!IsAllowed(request.Header("origin"))) {
    return ErrorAnswer(403, "this origin is not among allowed_origins");
  }
  return {.status = 204,
          .headers = {{"Access-Control-Allow-Methods", "GET, POST"},
                      {"Access-Control-Allow-Headers", "Content-Type"},
                      {"Access-Control-Max-Age", "600"}}};
}

bool CollectorServer::IsAllowed(const std::string& origin) const {
  return !origin.empty() && std::ranges::any_of(origins_, [&](const std::string& allowed) {
    return allowed == "*" || allowed == origin;
  });
}

// An answer with cookies is readable by named origins alone, so the origin is repeated, not "*".
void CollectorServer::AllowOrigin(const ServerRequest& request, ServerAnswer& answer) const {
  if (origins_.empty()) {
    return;
  }
  answer.headers.emplace_back("Vary", "Origin");
  const std::string origin = request.Header("origin");
  if (!IsAllowed(origin)) {
    return;
  }
  const bool is_named = std::ranges::find(origins_, origin) != origins_.end();
  answer.headers.emplace_back("Access-Control-Allow-Origin", is_named ? origin : "*");
  if (is_named) {
    answer.headers.emplace_back("Access-Control-Allow-Credentials", "true");
  }
}

ServerAnswer CollectorServer::Health() const {
  return log_.figures().is_failing ? ErrorAnswer(503, "events can't be written")
                                   : ServerAnswer{.status = 200, .body = R"({"status":"ok"})"};
}

std::string CollectorServer::ClientOf(const ServerRequest& request) const {
  return ForwardedClient(request.client, request.Header("x-forwarded-for"), proxies_);
}

}  // namespace weir::connectors
