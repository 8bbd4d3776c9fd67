#pragma once

#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ascii.h"

// For tests alone: small servers on a free port of 127.0.0.1.
namespace weir::storage {

// One connection; closes with it.
class TestSocket {
 public:
  explicit TestSocket(int descriptor) : descriptor_(descriptor) {}
  TestSocket(const TestSocket&) = delete;
  TestSocket& operator=(const TestSocket&) = delete;
  ~TestSocket() { close(descriptor_); }

  static int Connect(std::uint16_t port) {
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = AddressOf(port);
    if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      close(descriptor);
      throw std::runtime_error("can't connect");
    }
    return descriptor;
  }
  static sockaddr_in AddressOf(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
  }

  // One HTTP request with its body; empty if the other side closed instead.
  std::string ReadRequest() const {
    std::string text;
    while (text.find("\r\n\r\n") == std::string::npos) {
      if (!ReadMore(text)) {
        return "";
      }
    }
    const std::size_t whole = text.find("\r\n\r\n") + 4 + BodyBytes(text);
    while (text.size() < whole) {
      if (!ReadMore(text)) {
        return "";
      }
    }
    return text;
  }
  std::string ReadToEnd() const {
    std::string text;
    while (ReadMore(text)) {
    }
    return text;
  }
  void Write(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t sent = send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) {
        return;
      }
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

 private:
  bool ReadMore(std::string& text) const {
    char buffer[65536];
    const ssize_t got = recv(descriptor_, buffer, sizeof buffer, 0);
    if (got > 0) {
      text.append(buffer, static_cast<std::size_t>(got));
    }
    return got > 0;
  }
  static std::size_t BodyBytes(const std::string& text) {
    const std::string head = LowerCase(text.substr(0, text.find("\r\n\r\n")));
    const auto at = head.find("\r\ncontent-length:");
    return at == std::string::npos ? 0 : std::stoul(head.substr(at + 17));
  }

  int descriptor_;
};

// Answers each request, one a connection, on a thread of its own.
class TestHttpServer {
 public:
  TestHttpServer() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_in address = TestSocket::AddressOf(0);
    if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        listen(listener_, 128) != 0) {
      throw std::runtime_error("can't listen");
    }
    sockaddr_in bound{};
    socklen_t size = sizeof bound;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&bound), &size);
    port_ = ntohs(bound.sin_port);
  }
  TestHttpServer(const TestHttpServer&) = delete;
  TestHttpServer& operator=(const TestHttpServer&) = delete;
  virtual ~TestHttpServer() { close(listener_); }

  std::string endpoint() const { return fmt::format("http://127.0.0.1:{}", port_); }

 protected:
  // What is sent back, whole; empty: the connection is cut instead.
  virtual std::string Answer(const std::string& request) = 0;

  // For the constructor and the destructor of the class that answers.
  void Start() {
    accepter_ = std::jthread([this] { Accept(); });
  }
  void Stop() {
    shutdown(listener_, SHUT_RDWR);
    if (accepter_.joinable()) {
      accepter_.join();
    }
    workers_.clear();  // joins them
  }

 private:
  void Accept() {
    while (true) {
      const int descriptor = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (descriptor < 0) {
        return;
      }
      workers_.emplace_back([this, descriptor] {
        const TestSocket client(descriptor);
        if (const std::string request = client.ReadRequest(); !request.empty()) {
          client.Write(Answer(request));
        }
      });
    }
  }

  int listener_;
  std::uint16_t port_ = 0;
  std::jthread accepter_;
  std::list<std::jthread> workers_;  // of the accepter until it has ended
};

// Stands before an S3 server and lets requests fail as networks and busy servers do. Which ones is
// a matter of the seed and of the order in which they come.
class FaultProxy final : public TestHttpServer {
 public:
  FaultProxy(const std::string& upstream, std::uint64_t seed, int percent)
      : upstream_port_(PortOf(upstream)), random_(seed), percent_(percent) {
    Start();
  }
  ~FaultProxy() override { Stop(); }

  int num_faults() const { return num_faults_; }
  // Of writes that took effect.
  int num_lost_replies() const { return num_lost_replies_; }

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
    if (request.starts_with("PUT ") && ++num_puts_ % 3 == 0) {
      ++num_lost_replies_;
      return "";
    }
    const bool is_cut = Throw() < static_cast<unsigned>(percent_) / 4;
    num_faults_ += is_cut ? 1 : 0;
    return is_cut ? answer.substr(0, answer.size() / 2) : answer;
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
    const TestSocket server(TestSocket::Connect(upstream_port_));
    server.Write(request);
    return server.ReadToEnd();
  }

  std::uint16_t upstream_port_;
  std::mutex mutex_;
  std::mt19937_64 random_;
  int percent_;
  std::atomic<int> num_puts_ = 0;
  std::atomic<int> num_faults_ = 0;
  std::atomic<int> num_lost_replies_ = 0;
};

}  // namespace weir::storage
