#include "net/http_server.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include <httplib.h>
#include <sys/socket.h>

#include "base/error.h"

namespace weir::net {
namespace {

constexpr auto kLoopback = "127.0.0.1";

ServerRequest RequestOf(const httplib::Request& given) {
  constexpr std::string_view kBearer = "Bearer ";
  ServerRequest request{
      .method = given.method, .path = given.path, .query = {}, .bearer = {}, .body = given.body};
  for (const auto& [name, value] : given.params) {
    request.query.emplace(name, value);
  }
  const std::string authorization = given.get_header_value("Authorization");
  if (authorization.starts_with(kBearer)) {
    request.bearer = authorization.substr(kBearer.size());
  }
  return request;
}

}  // namespace

struct HttpServer::State {
  httplib::Server server;
  Handler handler;
  int port = 0;

  void Answer(const httplib::Request& given, httplib::Response& response) const {
    ServerAnswer answer;
    try {
      answer = handler(RequestOf(given));
    } catch (const std::exception& problem) {
      answer = {.status = 500, .body = problem.what(), .type = "text/plain"};
    }
    response.status = answer.status;
    response.set_content(answer.body, answer.type);
  }
};

HttpServer::HttpServer(int port, std::size_t most_bytes, Handler handler)
    : state_(std::make_unique<State>()) {
  state_->handler = std::move(handler);
  httplib::Server& server = state_->server;
  server.set_payload_max_length(most_bytes);
  // Without its standard option, by which two programs would share a port.
  server.set_socket_options([](int socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  });
  const auto answer = [state = state_.get()](const httplib::Request& given,
                                             httplib::Response& response) {
    state->Answer(given, response);
  };
  server.Get(".*", answer);
  server.Post(".*", answer);
  state_->port = port == 0 ? server.bind_to_any_port(kLoopback)
                           : (server.bind_to_port(kLoopback, port) ? port : -1);
  if (state_->port < 0) {
    throw ExternalError("port {} of {} can't be had; another program may have it", port, kLoopback);
  }
}

HttpServer::~HttpServer() = default;

int HttpServer::port() const { return state_->port; }

void HttpServer::Run(std::stop_token stop) {
  std::jthread listening([this] { state_->server.listen_after_bind(); });
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait(lock, std::move(stop), [] { return false; });
  while (!state_->server.is_running()) {  // a stop before it listens would be lost
    std::this_thread::yield();
  }
  state_->server.stop();
}

}  // namespace weir::net
