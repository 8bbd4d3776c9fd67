#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>

namespace weir::net {

struct ServerRequest {
  std::string method;
  std::string path;  // decoded, without the query
  std::map<std::string, std::string> query;
  std::string bearer;  // the token of "Authorization: Bearer …"; empty: none
  std::string body;
};

struct ServerAnswer {
  int status = 200;
  std::string body{};
  std::string type = "application/json";
};

// An HTTP server on 127.0.0.1: the only user of cpp-httplib.
class HttpServer {
 public:
  // Called by several threads at once. What it throws is an answer 500 with the text.
  using Handler = std::function<ServerAnswer(const ServerRequest&)>;

  // Takes the port; 0 is any free one. Bodies over `most_bytes` are answered 413. Throws
  // ExternalError for a port that can't be had.
  HttpServer(int port, std::size_t most_bytes, Handler handler);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  int port() const;
  // Answers requests until a stop; those that have begun are answered first.
  void Run(std::stop_token stop);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::net
