#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace weir {

// What the reader can fix: wrong usage, a bad file, a refused request. The message says what was
// found and what is allowed.
class UserError : public std::runtime_error {
 public:
  template <typename... Args>
  explicit UserError(fmt::format_string<Args...> text, Args&&... args)
      : std::runtime_error(fmt::format(text, std::forward<Args>(args)...)) {}
};

// Wrong usage of the command line (exit code 2): a flag or argument that can never work.
class UsageError : public UserError {
 public:
  using UserError::UserError;
};

// A disk, broker or database failed; trying again may help.
class ExternalError : public std::runtime_error {
 public:
  template <typename... Args>
  explicit ExternalError(fmt::format_string<Args...> text, Args&&... args)
      : std::runtime_error(fmt::format(text, std::forward<Args>(args)...)) {}
};

// Another writer committed first and its commit can't be reconciled with ours. The message names
// that commit. Running again on the new state may help.
class ConflictError : public ExternalError {
 public:
  using ExternalError::ExternalError;
};

// The work was cancelled (Ctrl-C or a time limit); nothing became visible.
class CancelledError : public std::runtime_error {
 public:
  CancelledError() : std::runtime_error("cancelled") {}
};

// "{what}: {strerror(errno)}" for the error number of a failed system call.
std::string SystemMessage(const std::string& what, int error_number);

}  // namespace weir
