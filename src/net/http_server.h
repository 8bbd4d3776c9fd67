#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace weir::net {

struct ServerRequest {
  std::string method;
  std::string path;  // decoded, without the query
  std::map<std::string, std::string> query;
  std::string bearer;  // the token of "Authorization: Bearer …"; empty: none
  std::string body;
  std::map<std::string, std::string> headers{};  // names in lower case; several are joined by ", "
  std::string client{};                          // the address at the other end of the connection

  // A value of the query, or of a header by its name in lower case; empty if it isn't there.
  std::string Query(const std::string& name) const;
  std::string Header(const std::string& name) const;
};

struct ServerAnswer {
  int status = 200;
  std::string body{};
  std::string type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers{};  // a name may stand there twice
};

struct ServerOptions {
  std::string host = "127.0.0.1";
  int port = 0;                                    // 0: any free one
  std::size_t most_bytes = std::size_t{1} << 20U;  // of a body
  // Connections that are served at once, a thread each, and how many more may wait for their turn.
  std::size_t threads = 64;
  std::size_t waiting = 1024;
  // From the first byte of a request to its last, and again for its answer.
  std::chrono::milliseconds request_time{30'000};
  std::chrono::milliseconds idle_time{15'000};  // between two requests of a connection
  // Whether a POST, PUT or PATCH may come without Content-Length: it has no body then. Else it is
  // refused: a body whose length was forgotten would be lost without a word.
  bool allows_no_length = false;
};

// What a server refused before its handler saw it.
struct ServerRefusals {
  std::uint64_t overload = 0;  // connections beyond threads and waiting: 503
  std::uint64_t too_large = 0;
  std::uint64_t malformed = 0;  // and those that came too slowly
};

// An HTTP/1.1 server: the only user of cpp-httplib. Before a handler is asked a request is refused,
// and its connection closed,
//   400  whose Content-Length is no number
//   411  whose body has no Content-Length
//   413  whose body is over most_bytes, unread
//   415  whose body is packed (Content-Encoding)
//   503  with Retry-After, whose connection is one too many
// A request that isn't all there in request_time loses its connection. A connection waits idle
// only as long as none waits for its thread.
class HttpServer {
 public:
  // Called by several threads at once. What it throws is an answer 500 with the text.
  using Handler = std::function<ServerAnswer(const ServerRequest&)>;

  // Takes the port. Throws ExternalError for one that can't be had.
  HttpServer(ServerOptions options, Handler handler);
  // On 127.0.0.1; else as standard.
  HttpServer(int port, std::size_t most_bytes, Handler handler);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  int port() const;
  // Any thread.
  ServerRefusals refusals() const;
  // Answers requests until a stop; those that have begun are answered first.
  void Run(std::stop_token stop);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::net
