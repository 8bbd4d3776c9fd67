#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include <httplib.h>

namespace weir::net {

// The threads of a server: so many serve, so many connections wait. What comes beyond is given to
// threads of their own, which refuse it. Thread-safe.
class WorkerPool final : public httplib::TaskQueue {
 public:
  WorkerPool(std::size_t threads, std::size_t waiting);

  void enqueue(std::function<void()> task) override;
  // Waits for all that was enqueued.
  void shutdown() override;

  // Whether the calling thread is one that refuses.
  bool IsRefusing() const { return refusers_.contains(std::this_thread::get_id()); }
  // Whether a connection waits for a thread.
  bool HasWaiting() const;

 private:
  struct Lane {
    std::deque<std::function<void()>> tasks;
    std::condition_variable filled;
  };

  void Work(Lane& lane);

  const std::size_t most_waiting_;
  mutable std::mutex mutex_;
  Lane served_;
  Lane refused_;
  std::size_t idle_ = 0;  // threads of served_
  bool is_closed_ = false;
  std::set<std::thread::id> refusers_;  // constant once made
  std::vector<std::jthread> threads_;
};

}  // namespace weir::net
