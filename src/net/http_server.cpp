#include "net/http_server.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <httplib.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/error.h"
#include "net/http_connection.h"
#include "net/worker_pool.h"

namespace weir::net {
namespace {

constexpr std::size_t kHeadBytes = std::size_t{64} << 10U;
constexpr auto kRefusedHeader = "X-Weir-Refused";  // of requests, for the library's next stage

// Lines of one name are one list (RFC 9110 §5.3); cookies have their own separator (RFC 9113
// §8.2.3).
void AddHeader(const std::string& name, const std::string& value,
               std::map<std::string, std::string>& headers) {
  const auto [place, is_new] = headers.emplace(name, value);
  if (!is_new) {
    place->second += (name == "cookie" ? "; " : ", ") + value;
  }
}

ServerRequest RequestOf(const httplib::Request& given) {
  constexpr std::string_view kBearer = "bearer ";  // schemes have no case (RFC 9110 §11.1)
  ServerRequest request{.method = given.method,
                        .path = given.path,
                        .query = {},
                        .bearer = {},
                        .body = given.body,
                        .headers = {},
                        .client = given.remote_addr};
  for (const auto& [name, value] : given.params) {
    request.query.emplace(name, value);
  }
  for (const auto& [name, value] : given.headers) {
    AddHeader(LowerCase(name), value, request.headers);
  }
  const std::string authorization = given.get_header_value("Authorization");
  if (LowerCase(authorization.substr(0, kBearer.size())) == kBearer) {
    request.bearer = Trimmed(std::string_view(authorization).substr(kBearer.size()));
  }
  return request;
}

// Throws UserError for one that has no address.
void RequireHost(const std::string& host) {
  addrinfo* found = nullptr;
  const int code = getaddrinfo(host.c_str(), nullptr, nullptr, &found);
  if (code != 0) {
    throw UserError("host '{}' has no address: {}; 127.0.0.1 is allowed, or a name of this machine",
                    host, gai_strerror(code));
  }
  freeaddrinfo(found);
}

std::optional<std::size_t> LengthIn(const std::string& text) {
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  return error == std::errc() && end == text.data() + text.size() && !text.empty()
             ? std::optional(length)
             : std::nullopt;
}

// The status with which a request is refused by its head; 200: it isn't.
int JudgeHead(const httplib::Request& request, std::size_t most_bytes) {
  const std::size_t lengths = request.get_header_value_count("Content-Length");
  if (lengths == 0) {
    const bool wants_body = request.method == "POST" || request.method == "PUT" ||
                            request.method == "PATCH" || request.has_header("Transfer-Encoding");
    return wants_body ? 411 : 200;
  }
  const auto length = LengthIn(request.get_header_value("Content-Length"));
  if (!length || lengths > 1 || request.has_header("Transfer-Encoding")) {
    return 400;
  }
  if (request.has_header("Content-Encoding") &&
      request.get_header_value("Content-Encoding") != "identity") {
    return 415;
  }
  return *length > most_bytes ? 413 : 200;
}

const char* ReasonOf(int status) {
  switch (status) {
    case 400:
      return "the request is malformed";
    case 411:
      return "Content-Length is missing";
    case 413:
      return "the body is too large";
    case 415:
      return "Content-Encoding: only identity is allowed";
    case 503:
      return "too many connections; try again";
    default:
      return "refused";
  }
}

void Refuse(int status, httplib::Response& response) {
  response.status = status;
  if (status == 503) {
    response.set_header("Retry-After", "1");
  }
  response.set_content(std::string(R"({"error":")") + ReasonOf(status) + "\"}", "application/json");
}

// cpp-httplib's parser and writer over our connections and threads.
class BoundedServer final : public httplib::Server {
 public:
  explicit BoundedServer(const ServerOptions& options) : options_(options) {
    new_task_queue = [this] {
      auto pool = std::make_unique<WorkerPool>(options_.threads, options_.waiting);
      pool_ = pool.get();
      return pool.release();  // the library deletes it
    };
    set_pre_routing_handler([](const httplib::Request& request, httplib::Response& response) {
      if (!request.has_header(kRefusedHeader)) {
        return HandlerResponse::Unhandled;
      }
      const auto status = LengthIn(request.get_header_value(kRefusedHeader));
      Refuse(static_cast<int>(status.value_or(400)), response);
      return HandlerResponse::Handled;
    });
  }

  void StopSoon() { is_stopping_ = true; }

  ServerRefusals refusals() const {
    return {.overload = overload_, .too_large = too_large_, .malformed = malformed_};
  }

  // The library listens with room for five connections.
  void Widen(int socket) const {
    constexpr int kBacklog = 4096;
    ::listen(socket, kBacklog);
  }

 private:
  bool process_and_close_socket(socket_t socket) override {
    HttpConnection connection(socket);
    const auto is_wanted = [this] { return !is_stopping_ && !pool_->HasWaiting(); };
    bool is_first = true;
    // The first request of a connection is awaited whoever waits.
    while (connection.WaitForRequest(is_first ? options_.request_time : options_.idle_time,
                                     [&] { return is_first ? !is_stopping_ : is_wanted(); })) {
      is_first = false;
      if (!ServeOne(connection)) {
        break;
      }
    }
    connection.FinishWriting();
    ::close(socket);
    return true;
  }

  // Whether the connection may be used for another request.
  bool ServeOne(HttpConnection& connection) {
    const bool refuses = pool_->IsRefusing();
    connection.BeginRequest(options_.request_time, options_.most_bytes + kHeadBytes);
    bool was_parsed = false;
    int refusal = 200;
    bool is_closed = refuses || is_stopping_ || pool_->HasWaiting();
    const bool is_answered =
        process_request(connection, is_closed, is_closed, [&](httplib::Request& request) {
          was_parsed = true;
          if (options_.allows_no_length && !request.has_header("Content-Length") &&
              !request.has_header("Transfer-Encoding")) {
            request.set_header("Content-Length", "0");
          }
          refusal = refuses ? 503 : JudgeHead(request, options_.most_bytes);
          request.headers.erase(kRefusedHeader);
          request.headers.erase("Content-Type");  // forms aren't parsed, nor bounded as such
          if (refusal != 200) {
            request.set_header(kRefusedHeader, std::to_string(refusal));
            request.headers.erase("Expect");
          }
        });
    Count(refusal, was_parsed && !connection.was_cut());
    return is_answered && !is_closed && refusal == 200 && was_parsed && !connection.was_cut();
  }

  void Count(int refusal, bool is_sound) {
    overload_ += refusal == 503 ? 1 : 0;
    too_large_ += refusal == 413 ? 1 : 0;
    malformed_ += !is_sound || (refusal != 200 && refusal != 503 && refusal != 413) ? 1 : 0;
  }

  const ServerOptions& options_;
  WorkerPool* pool_ = nullptr;
  std::atomic<bool> is_stopping_ = false;
  std::atomic<std::uint64_t> overload_ = 0;
  std::atomic<std::uint64_t> too_large_ = 0;
  std::atomic<std::uint64_t> malformed_ = 0;
};

std::string ValueIn(const std::map<std::string, std::string>& values, const std::string& name) {
  const auto found = values.find(name);
  return found == values.end() ? std::string() : found->second;
}

}  // namespace

std::string ServerRequest::Query(const std::string& name) const { return ValueIn(query, name); }

std::string ServerRequest::Header(const std::string& name) const { return ValueIn(headers, name); }

struct HttpServer::State {
  State(ServerOptions given, Handler asked)
      : options(std::move(given)), handler(std::move(asked)), server(options) {}

  ServerOptions options;
  Handler handler;
  BoundedServer server;
  int port = 0;
  int socket = -1;

  void Answer(const httplib::Request& given, httplib::Response& response) const {
    ServerAnswer answer;
    try {
      answer = handler(RequestOf(given));
    } catch (const std::exception& problem) {
      answer = {.status = 500, .body = problem.what(), .type = "text/plain"};
    }
    response.status = answer.status;
    for (const auto& [name, value] : answer.headers) {
      response.headers.emplace(name, value);
    }
    if (!answer.body.empty() || answer.status == 200) {
      response.set_content(answer.body, answer.type);
    }
  }
};

HttpServer::HttpServer(ServerOptions options, Handler handler)
    : state_(std::make_unique<State>(std::move(options), std::move(handler))) {
  BoundedServer& server = state_->server;
  const ServerOptions& asked = state_->options;
  server.set_payload_max_length(asked.most_bytes);
  server.set_tcp_nodelay(true);
  constexpr std::size_t kNoLimit = 1'000'000;
  server.set_keep_alive_max_count(kNoLimit);
  server.set_keep_alive_timeout(std::chrono::ceil<std::chrono::seconds>(asked.idle_time).count());
  // Without its standard option, by which two programs would share a port.
  server.set_socket_options([this](int socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    state_->socket = socket;
  });
  const auto answer = [state = state_.get()](const httplib::Request& given,
                                             httplib::Response& response) {
    state->Answer(given, response);
  };
  server.Get(".*", answer);
  server.Post(".*", answer);
  server.Options(".*", answer);
  server.Put(".*", answer);
  server.Patch(".*", answer);
  server.Delete(".*", answer);
  state_->port = asked.port == 0 ? server.bind_to_any_port(asked.host)
                                 : (server.bind_to_port(asked.host, asked.port) ? asked.port : -1);
  if (state_->port < 0) {
    RequireHost(asked.host);
    throw ExternalError("port {} of {} can't be had; another program may have it", asked.port,
                        asked.host);
  }
  server.Widen(state_->socket);
}

HttpServer::HttpServer(int port, std::size_t most_bytes, Handler handler)
    : HttpServer(ServerOptions{.port = port, .most_bytes = most_bytes}, std::move(handler)) {}

HttpServer::~HttpServer() = default;

int HttpServer::port() const { return state_->port; }

ServerRefusals HttpServer::refusals() const { return state_->server.refusals(); }

void HttpServer::Run(std::stop_token stop) {
  std::jthread listening([this] { state_->server.listen_after_bind(); });
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait(lock, std::move(stop), [] { return false; });
  while (!state_->server.is_running()) {  // a stop before it listens would be lost
    std::this_thread::yield();
  }
  state_->server.StopSoon();
  state_->server.stop();
}

}  // namespace weir::net
