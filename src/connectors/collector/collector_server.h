#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/declared_settings.h"
#include "connectors/collector/collector_metrics.h"
#include "connectors/collector/rate_limit.h"
#include "connectors/connector.h"
#include "connectors/event_log.h"
#include "enrich/ip_ranges.h"
#include "net/http_server.h"

// What all collectors share.
namespace weir::connectors {

// Of a service's connector: its own settings, and those that all collectors have, of the server,
// cookies and consent.
Declaration ServiceDeclaration(std::string name, std::string doc, const std::vector<Setting>& own);
// Throws UserError for what its declaration can't say.
void CheckCollectorSettings(const nlohmann::json& settings);

// A request of a collector's own paths.
struct CollectorRequest {
  const net::ServerRequest& http;
  std::string client;   // the address that the request came from, behind trusted proxies
  std::string consent;  // the TC string of the query's `tc`; empty without
};

// A path that a collector answers.
struct CollectorRoute {
  std::string method;
  std::string path;
  // What it throws is answered: UserError 400, BusyError and ExternalError 503.
  std::function<net::ServerAnswer(const CollectorRequest&)> answer;
};

// The answer {"error": text}.
net::ServerAnswer ErrorAnswer(int status, const std::string& text);
// A transparent GIF of one pixel, which nobody keeps.
net::ServerAnswer PixelAnswer();

// The HTTP side of a collector: its routes, and GET /health, GET /metrics, CORS, rate limits.
class CollectorServer {
 public:
  // Takes the port. `settings` are complete; `log` must outlive the server.
  CollectorServer(std::string service, const nlohmann::json& settings, EventLog& log);

  // Before Run().
  void Add(CollectorRoute route) { routes_.push_back(std::move(route)); }
  // "http://127.0.0.1:8080".
  std::string url() const;
  // Any thread.
  CollectorMetrics& metrics() { return metrics_; }

  // Answers until a stop; open requests are answered first.
  void Run(std::stop_token stop);

 private:
  net::ServerAnswer Answer(const net::ServerRequest& request);
  net::ServerAnswer Route(const net::ServerRequest& request);
  net::ServerAnswer Guarded(const CollectorRoute& route, const CollectorRequest& request);
  net::ServerAnswer Preflight(const net::ServerRequest& request) const;
  net::ServerAnswer Health() const;
  std::string ClientOf(const net::ServerRequest& request) const;
  void AllowOrigin(const net::ServerRequest& request, net::ServerAnswer& answer) const;
  bool IsAllowed(const std::string& origin) const;

  EventLog& log_;
  const std::string host_;
  const std::vector<std::string> origins_;
  enrich::IpRanges proxies_;
  RateLimit rate_;
  CollectorMetrics metrics_;
  std::vector<CollectorRoute> routes_;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace weir::connectors
