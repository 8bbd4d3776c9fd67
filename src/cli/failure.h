#pragma once

#include <exception>
#include <string>

namespace weir::cli {

// How a command failed, as its caller sees it.
struct Failure {
  int exit_code = 1;  // 1 failed, 2 wrong usage, 130 interrupted
  std::string kind;   // "usage", "user", "conflict", "external", "cancelled" or "internal"
  std::string message;
};

Failure Judge(const std::exception& problem);

// For stderr: "error: …", or with `json` one line {"error": {"kind": …, "message": …}}.
std::string ToText(const Failure& failure, bool json);

}  // namespace weir::cli
