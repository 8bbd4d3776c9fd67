#include "net/worker_pool.h"

#include <utility>

namespace weir::net {
namespace {

constexpr int kRefusers = 4;
constexpr std::size_t kMostRefused = 4096;

}  // namespace

WorkerPool::WorkerPool(std::size_t threads, std::size_t waiting) : most_waiting_(waiting) {
  const std::lock_guard lock(mutex_);
  for (int i = 0; i < kRefusers; ++i) {
    refusers_.insert(threads_.emplace_back([this] { Work(refused_); }).get_id());
  }
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { Work(served_); });
  }
}

void WorkerPool::Work(Lane& lane) {
  std::unique_lock lock(mutex_);
  const bool serves = &lane == &served_;
  while (true) {
    idle_ += serves ? 1 : 0;
    lane.filled.wait(lock, [&] { return is_closed_ || !lane.tasks.empty(); });
    idle_ -= serves ? 1 : 0;
    if (lane.tasks.empty()) {
      return;
    }
    const auto task = std::move(lane.tasks.front());
    lane.tasks.pop_front();
    lock.unlock();
    task();
    lock.lock();
  }
}

void WorkerPool::enqueue(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    const bool has_place = served_.tasks.size() < idle_ + most_waiting_;
    // Who asks faster than it can be refused waits for its turn all the same.
    Lane& lane = has_place || refused_.tasks.size() >= kMostRefused ? served_ : refused_;
    lane.tasks.push_back(std::move(task));
    lane.filled.notify_one();
  }
}

void WorkerPool::shutdown() {
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
  }
  served_.filled.notify_all();
  refused_.filled.notify_all();
  threads_.clear();
}

bool WorkerPool::HasWaiting() const {
  const std::lock_guard lock(mutex_);
  return served_.tasks.size() > idle_;
}

}  // namespace weir::net
