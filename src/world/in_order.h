#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace weir::world {

// Makes parts 0 … count − 1 on `threads` threads and takes them in order on the calling one. Parts
// are made at most 2 × threads ahead, so memory doesn't grow with their number. `make` is called
// from several threads, `take` from one. The first exception, by part, is thrown once all threads
// have ended.
template <typename Part>
class InOrder {
 public:
  InOrder(std::size_t count, int threads, std::function<Part(std::size_t)> make)
      : count_(count), threads_(static_cast<std::size_t>(threads)), make_(std::move(make)) {}

  void Run(const std::function<void(Part)>& take) {
    if (threads_ <= 1) {
      for (std::size_t part = 0; part < count_; ++part) {
        take(make_(part));
      }
      return;
    }
    std::vector<std::jthread> workers;
    workers.reserve(threads_);
    const Ending ending(*this);
    for (std::size_t worker = 0; worker < threads_; ++worker) {
      workers.emplace_back([this] { Work(); });
    }
    for (std::size_t part = 0; part < count_; ++part) {
      take(Wait(part));
    }
  }

 private:
  struct Made {
    std::optional<Part> part;
    std::exception_ptr error;
  };
  // Tells the workers to end, before they are joined.
  struct Ending {
    explicit Ending(InOrder& owner) : owner_(owner) {}
    Ending(const Ending&) = delete;
    Ending& operator=(const Ending&) = delete;
    ~Ending() {
      const std::lock_guard lock(owner_.mutex_);
      owner_.next_ = owner_.count_;
      owner_.changed_.notify_all();
    }
    InOrder& owner_;
  };

  void Work() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return next_ >= count_ || next_ < taken_ + 2 * threads_; });
      if (next_ >= count_) {
        return;
      }
      const std::size_t part = next_++;
      lock.unlock();
      Made made = Make(part);
      lock.lock();
      made_.emplace(part, std::move(made));
      changed_.notify_all();
    }
  }

  Made Make(std::size_t part) {
    try {
      return {.part = make_(part), .error = nullptr};
    } catch (...) {
      return {.part = std::nullopt, .error = std::current_exception()};
    }
  }

  Part Wait(std::size_t part) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this, part] { return made_.contains(part); });
    Made made = std::move(made_.extract(part).mapped());
    taken_ = part + 1;
    changed_.notify_all();
    if (made.error) {
      std::rethrow_exception(made.error);
    }
    return std::move(*made.part);
  }

  std::size_t count_;
  std::size_t threads_;
  std::function<Part(std::size_t)> make_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::size_t, Made> made_;
  std::size_t next_ = 0;
  std::size_t taken_ = 0;
};

}  // namespace weir::world
