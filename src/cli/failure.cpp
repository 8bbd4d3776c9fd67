#include "cli/failure.h"

#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace weir::cli {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;
constexpr int kInterrupted = 130;

template <typename Error>
bool Is(const std::exception& problem) {
  return dynamic_cast<const Error*>(&problem) != nullptr;
}

}  // namespace

Failure Judge(const std::exception& problem) {
  if (Is<UsageError>(problem)) {
    return {kWrongUsage, "usage", problem.what()};
  }
  if (Is<UserError>(problem)) {
    return {kFailed, "user", problem.what()};
  }
  if (Is<ConflictError>(problem)) {
    return {kFailed, "conflict", problem.what()};
  }
  if (Is<ExternalError>(problem) || Is<std::filesystem::filesystem_error>(problem)) {
    return {kFailed, "external", problem.what()};
  }
  if (Is<CancelledError>(problem)) {
    return {kInterrupted, "cancelled", problem.what()};
  }
  return {kFailed, "internal", problem.what()};
}

std::string ToText(const Failure& failure, bool json) {
  if (json) {
    const nlohmann::ordered_json error = {
        {"error", {{"kind", failure.kind}, {"message", failure.message}}}};
    return error.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  }
  return fmt::format("{}: {}\n", failure.kind == "internal" ? "internal error" : "error",
                     failure.message);
}

}  // namespace weir::cli
