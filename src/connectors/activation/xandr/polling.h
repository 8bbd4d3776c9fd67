#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "connectors/activation/destination.h"

namespace weir::connectors {

// How long Xandr is given to say what became of a file, and how often it is asked.
class Polling {
 public:
  // `settings` are complete: milliseconds `poll_pause`, minutes `patience`.
  Polling(const nlohmann::json& settings, std::stop_token stop)
      : pause_(settings.at("poll_pause").get<std::int64_t>()),
        patience_(settings.at("patience").get<std::int64_t>()),
        stop_(std::move(stop)) {}

  // Calls `look` until it gives an outcome. Throws ExternalError, which begins with what `still`
  // says, when patience is at its end, and CancelledError after a stop.
  template <typename Look, typename Still>
  Outcome Until(const Look& look, const Still& still) const {
    const auto until = std::chrono::steady_clock::now() + patience_;
    for (;;) {
      if (std::optional<Outcome> outcome = look()) {
        return *std::move(outcome);
      }
      if (std::chrono::steady_clock::now() > until) {
        throw ExternalError("{} after {} minutes", still(), patience_.count());
      }
      WaitOrStop(pause_, stop_);
    }
  }

 private:
  std::chrono::milliseconds pause_;
  std::chrono::minutes patience_;
  std::stop_token stop_;
};

}  // namespace weir::connectors
