#pragma once

#include <stop_token>

namespace weir {

// Ctrl-C and SIGTERM as a stop token: the first asks, the second ends the process with exit code
// 130. One a process, made by main before any other thread, so that all threads block the signals
// and a thread of its own waits for them.
class InterruptHandler {
 public:
  InterruptHandler();
  std::stop_token token() const { return source_.get_token(); }

 private:
  std::stop_source source_;
};

}  // namespace weir
