#pragma once

#include <cstdint>
#include <string_view>

#include "base/error.h"

namespace weir::connectors {

// More waits to be made durable than may wait. Nothing was taken; try again a little later.
class BusyError : public ExternalError {
 public:
  using ExternalError::ExternalError;
};

struct EventLogFigures {
  std::uint64_t appends = 0;   // that returned
  std::uint64_t commits = 0;   // each makes all durable that waited for it
  std::uint64_t failures = 0;  // appends that threw
  std::uint64_t bytes = 0;
  std::uint64_t waiting_bytes = 0;
  double commit_seconds = 0;  // all together
  bool is_failing = false;    // the newest commit failed
};

// Where a service puts what it has accepted: a topic, as files or with a broker. Thread-safe.
class EventLog {
 public:
  virtual ~EventLog() = default;

  // Appends lines (UTF-8, each ending in a line feed), all of them behind one another. On return
  // they survive kills and power cuts. Throws BusyError; and ExternalError if they could not be
  // made durable, or after Close(): the sender may send them again, and some may be there twice.
  virtual void Append(std::string_view lines) = 0;
  // Waits for what was appended and makes all of it visible to readers.
  virtual void Close() = 0;
  virtual EventLogFigures figures() const = 0;
};

}  // namespace weir::connectors
