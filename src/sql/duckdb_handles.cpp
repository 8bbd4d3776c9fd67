#include "sql/duckdb_handles.h"

#include <exception>
#include <system_error>
#include <thread>

namespace weir::sql {

void CloseOutsideOfUnwinding(const std::function<void()>& close) noexcept {
  if (std::uncaught_exceptions() == 0) {
    close();
    return;
  }
  try {
    std::jthread closer(close);
  } catch (const std::system_error&) {  // no thread is to be had
    close();
  }
}

}  // namespace weir::sql
