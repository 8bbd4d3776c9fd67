#include "connectors/activation/pace.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace weir::connectors {
namespace {

constexpr auto kPaceObject = "pace.json";

// By the wall clock, which goes on while no process runs.
std::int64_t Milliseconds() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

void WaitOrStop(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  if (stopped.wait_for(lock, stop, time, [&] { return stop.stop_requested(); })) {
    throw CancelledError();
  }
}

void Pace::Keep(const std::string& what, std::chrono::milliseconds interval,
                const std::stop_token& stop) {
  const auto text = store_.Get(kPaceObject);
  nlohmann::json times = nlohmann::json::parse(text.value_or("{}"), nullptr, false);
  times = times.is_object() ? times : nlohmann::json::object();
  // A clock that was set back doesn't make it wait for longer than the interval.
  const std::int64_t since = Milliseconds() - times.value(what, std::int64_t{0});
  const std::int64_t rest = interval.count() - std::max<std::int64_t>(0, since);
  if (rest > 0) {
    WaitOrStop(std::chrono::milliseconds(rest), stop);
  }
  times[what] = Milliseconds();
  store_.Put(kPaceObject, times.dump());
}

}  // namespace weir::connectors
