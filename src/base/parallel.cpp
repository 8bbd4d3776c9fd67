#include "base/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace weir {
namespace {

// The failure with the least index, so that the error does not depend on timing more than it must.
class FirstFailure {
 public:
  void Record(std::size_t index, std::exception_ptr error) {
    const std::scoped_lock lock(mutex_);
    if (!error_ || index < index_) {
      index_ = index;
      error_ = std::move(error);
    }
    failed_ = true;
  }
  bool failed() const { return failed_; }
  void Rethrow() const {
    if (error_) {
      std::rethrow_exception(error_);
    }
  }

 private:
  std::mutex mutex_;
  std::atomic<bool> failed_{false};
  std::size_t index_ = 0;
  std::exception_ptr error_;
};

}  // namespace

void ParallelFor(std::size_t count, int threads, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  FirstFailure failure;
  const auto take_all = [&] {
    for (std::size_t index = next++; index < count && !failure.failed(); index = next++) {
      try {
        work(index);
      } catch (...) {
        failure.Record(index, std::current_exception());
      }
    }
  };
  {
    const auto helpers = std::min<std::size_t>(std::max(threads, 1), count);
    std::vector<std::jthread> pool;
    for (std::size_t i = 1; i < helpers; ++i) {
      pool.emplace_back(take_all);
    }
    take_all();
  }
  failure.Rethrow();
}

}  // namespace weir
