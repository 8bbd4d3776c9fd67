#include "net/http_connection.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

namespace weir::net {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLook{100};
constexpr milliseconds kLinger{500};

void NumericName(const sockaddr_storage& address, socklen_t length, std::string& ip, int& port) {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> service{};
  if (getnameinfo(reinterpret_cast<const sockaddr*>(&address), length, host.data(), host.size(),
                  service.data(), service.size(), NI_NUMERICHOST | NI_NUMERICSERV) == 0) {
    ip = host.data();
    port = std::atoi(service.data());
  }
}

}  // namespace

HttpConnection::HttpConnection(socket_t socket) : socket_(socket) {}

bool HttpConnection::Wait(short events, Clock::time_point until) const {
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
    pollfd asked{.fd = socket_, .events = events, .revents = 0};
    const int ready = poll(&asked, 1, static_cast<int>(std::max<long>(left.count(), 0)));
    if (ready > 0) {
      return true;
    }
    if (ready == 0 || errno != EINTR) {
      return false;
    }
  }
}

bool HttpConnection::WaitForRequest(milliseconds idle, const std::function<bool()>& is_wanted) {
  const auto until = Clock::now() + idle;
  while (begin_ == end_) {
    if (Wait(POLLIN, std::min(until, Clock::now() + kLook))) {
      char first = 0;
      return recv(socket_, &first, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
    }
    if (Clock::now() >= until || !is_wanted()) {
      return false;
    }
  }
  return true;
}

void HttpConnection::BeginRequest(milliseconds time, std::size_t bytes) {
  time_ = time;
  read_until_ = Clock::now() + time;
  bytes_left_ = bytes;
  is_writing_ = false;
  was_cut_ = false;
}

void HttpConnection::FinishWriting() {
  shutdown(socket_, SHUT_WR);
  const auto until = Clock::now() + kLinger;
  while (Wait(POLLIN, until) && recv(socket_, buffer_.data(), buffer_.size(), MSG_DONTWAIT) > 0) {
  }
  begin_ = end_ = 0;
}

bool HttpConnection::is_readable() const { return begin_ < end_ || Wait(POLLIN, read_until_); }

bool HttpConnection::is_writable() const {
  return Wait(POLLOUT, is_writing_ ? write_until_ : Clock::now() + time_);
}

ssize_t HttpConnection::read(char* bytes, std::size_t size) {
  if (begin_ == end_) {
    if (bytes_left_ == 0 || !Wait(POLLIN, read_until_)) {
      was_cut_ = true;
      return -1;
    }
    const ssize_t got =
        recv(socket_, buffer_.data(), std::min(buffer_.size(), bytes_left_), MSG_DONTWAIT);
    if (got <= 0) {
      return got;
    }
    begin_ = 0;
    end_ = static_cast<std::size_t>(got);
    bytes_left_ -= end_;
  }
  const std::size_t taken = std::min(size, end_ - begin_);
  std::memcpy(bytes, buffer_.data() + begin_, taken);
  begin_ += taken;
  return static_cast<ssize_t>(taken);
}

ssize_t HttpConnection::write(const char* bytes, std::size_t size) {
  if (!is_writing_) {
    is_writing_ = true;
    write_until_ = Clock::now() + time_;
  }
  while (true) {
    const ssize_t sent = send(socket_, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    const bool must_wait = sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    if (!must_wait) {
      return sent;
    }
    if (!Wait(POLLOUT, write_until_)) {
      return -1;
    }
  }
}

void HttpConnection::get_remote_ip_and_port(std::string& ip, int& port) const {
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  if (getpeername(socket_, reinterpret_cast<sockaddr*>(&address), &length) == 0) {
    NumericName(address, length, ip, port);
  }
}

void HttpConnection::get_local_ip_and_port(std::string& ip, int& port) const {
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  if (getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length) == 0) {
    NumericName(address, length, ip, port);
  }
}

}  // namespace weir::net
