#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <set>
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
namespace weir::net {

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

// Answers each connection's requests on a thread of its own: one, or more where the answers say
// "Connection: keep-alive".
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
    {
      const std::scoped_lock lock(mutex_);
      for (const int descriptor : open_) {
        shutdown(descriptor, SHUT_RDWR);
      }
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
      {
        const std::scoped_lock lock(mutex_);
        open_.insert(descriptor);
      }
      workers_.emplace_back([this, descriptor] { AnswerAll(descriptor); });
    }
  }
  void AnswerAll(int descriptor) {
    const TestSocket client(descriptor);
    for (bool goes_on = true; goes_on;) {
      const std::string request = client.ReadRequest();
      const std::string answer = request.empty() ? "" : Answer(request);
      client.Write(answer);
      goes_on = answer.find("\r\nConnection: keep-alive\r\n") != std::string::npos;
    }
    const std::scoped_lock lock(mutex_);
    open_.erase(descriptor);  // before it is closed, and its number another's
  }

  int listener_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::set<int> open_;  // connections
  std::jthread accepter_;
  std::list<std::jthread> workers_;  // of the accepter until it has ended
};

}  // namespace weir::net
