#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>

#include <httplib.h>

namespace weir::net {

// One connection of a server as cpp-httplib's stream, with what its own lacks: a limit for the time
// of a whole request and for its bytes. Used by one thread.
class HttpConnection final : public httplib::Stream {
 public:
  // `socket` is borrowed.
  explicit HttpConnection(socket_t socket);

  // Waits until a request begins. False if none does within `idle`, the other side has closed, or
  // `is_wanted`, which is asked ten times a second, says that the connection isn't any more.
  bool WaitForRequest(std::chrono::milliseconds idle, const std::function<bool()>& is_wanted);
  // From now on: reading and writing fail after `time` each, reading also after `bytes`.
  void BeginRequest(std::chrono::milliseconds time, std::size_t bytes);
  // Whether reading failed by the limits since.
  bool was_cut() const { return was_cut_; }
  // Tells the other side that nothing follows, and drops what still comes for a moment: closing at
  // once might take the answer away from it.
  void FinishWriting();

  bool is_readable() const override;
  bool is_writable() const override;
  ssize_t read(char* bytes, std::size_t size) override;
  ssize_t write(const char* bytes, std::size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return socket_; }

 private:
  using Clock = std::chrono::steady_clock;

  bool Wait(short events, Clock::time_point until) const;

  static constexpr std::size_t kBuffer = std::size_t{16} << 10U;

  socket_t socket_;
  std::array<char, kBuffer> buffer_{};
  std::size_t begin_ = 0;  // of what is read and not taken
  std::size_t end_ = 0;
  std::chrono::milliseconds time_{0};
  Clock::time_point read_until_;
  Clock::time_point write_until_;
  std::size_t bytes_left_ = 0;
  bool is_writing_ = false;
  bool was_cut_ = false;
};

}  // namespace weir::net
