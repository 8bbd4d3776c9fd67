#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "jobs/ledger/run_record.h"

namespace weir::jobs {

constexpr int kRecordFormat = 1;

// Reads many records: its buffers are used again. One thread at a time.
class RecordReader {
 public:
  RecordReader();
  ~RecordReader();

  // As ParseRunRecord().
  RunRecord Read(std::string_view json, const std::string& object);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::jobs
