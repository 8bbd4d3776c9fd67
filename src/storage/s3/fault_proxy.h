#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <thread>

#include <fmt/format.h>

#include "net/test_http_server.h"

namespace weir::storage {

// Stands before an S3 server and lets requests fail as networks and busy servers do. Which ones is
// a matter of the seed and of the order in which they come. Where it keeps connections, a client
// may find them broken when it sends the next request, as with all real servers.
enum class Connections : std::uint8_t { kOneRequest, kKept };

class FaultProxy final : public net::TestHttpServer {
 public:
  FaultProxy(const std::string& upstream, std::uint64_t seed, int percent,
             Connections connections = Connections::kOneRequest)
      : upstream_port_(PortOf(upstream)),
        random_(seed),
        percent_(percent),
        connections_(connections) {
    Start();
  }
  ~FaultProxy() override { Stop(); }

  int num_faults() const { return num_faults_; }
  // Of writes that took effect.
  int num_lost_replies() const { return num_lost_replies_; }
  // Of uploads in parts that were begun, and whose names were lost on the way.
  int num_unknown_uploads() const { return num_unknown_uploads_; }

 private:
  static std::uint16_t PortOf(const std::string& url) {
    return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
  }

  std::string Answer(const std::string& request) override {
    const unsigned dice = Throw();
    if (dice < static_cast<unsigned>(percent_)) {
      ++num_faults_;
      switch (dice % 4) {
        case 0:
          return "";
        case 1:
          return Refusal("500 Internal Server Error", "InternalError");
        case 2:
          return Refusal("503 Slow Down", "SlowDown");
        default:
          std::this_thread::sleep_for(std::chrono::milliseconds(dice));  // a slow network
      }
    }
    std::string answer = Forward(request);
    const bool is_lost = (request.starts_with("PUT ") && ++num_puts_ % 3 == 0) ||
                         (PostsTo(request, "uploadId=") && ++num_completions_ % 2 == 1);
    if (is_lost) {
      ++num_lost_replies_;
      return "";
    }
    const bool is_cut = Throw() < static_cast<unsigned>(percent_) / 4;
    num_faults_ += is_cut ? 1 : 0;
    num_unknown_uploads_ += is_cut && PostsTo(request, "uploads=") ? 1 : 0;
    return is_cut ? answer.substr(0, answer.size() / 2) : Kept(std::move(answer));
  }

  std::string Kept(std::string answer) const {
    constexpr std::string_view kClose = "\r\nConnection: close\r\n";
    const auto place = answer.find(kClose);
    if (connections_ == Connections::kKept && place != std::string::npos) {
      answer.replace(place, kClose.size(), "\r\nConnection: keep-alive\r\n");
    }
    return answer;
  }

  static bool PostsTo(const std::string& request, std::string_view parameter) {
    return request.starts_with("POST ") &&
           request.substr(0, request.find("\r\n")).find(parameter) != std::string::npos;
  }

  unsigned Throw() {
    const std::scoped_lock lock(mutex_);
    return static_cast<unsigned>(random_() % 100);
  }

  static std::string Refusal(std::string_view status, std::string_view code) {
    const std::string body =
        fmt::format("<Error><Code>{}</Code><Message>by the test</Message></Error>", code);
    return fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}", status,
                       body.size(), body);
  }

  // The answer says that the connection ends with it.
  std::string Forward(std::string request) const {
    const auto line_end = request.find("\r\n");
    request.insert(line_end, "\r\nConnection: close");
    const net::TestSocket server(net::TestSocket::Connect(upstream_port_));
    server.Write(request);
    return server.ReadToEnd();
  }

  std::uint16_t upstream_port_;
  std::mutex mutex_;
  std::mt19937_64 random_;
  int percent_;
  Connections connections_;
  std::atomic<int> num_puts_ = 0;
  std::atomic<int> num_unknown_uploads_ = 0;
  std::atomic<int> num_completions_ = 0;
  std::atomic<int> num_faults_ = 0;
  std::atomic<int> num_lost_replies_ = 0;
};

}  // namespace weir::storage
