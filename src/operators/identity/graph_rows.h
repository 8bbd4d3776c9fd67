#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/hashing.h"
#include "identity/increment.h"
#include "operators/operator.h"

// A day's people as rows of the tables, batch by batch.
namespace weir::operators {

using SharedResult = std::shared_ptr<const identity::DayResult>;

BatchSource EdgeRows(SharedResult result);
BatchSource MappingRows(SharedResult result);
BatchSource ChangeRows(SharedResult result);
BatchSource ViolationRows(SharedResult result);
// The row of BasisSchema().
BatchSource BasisRows(std::string as_of, std::string parameters);
// One column, the texts of the ids of the day's evidence. `increment` must outlive the source.
BatchSource TodaysIdRows(const identity::Increment& increment);
// One column, universal ids.
BatchSource PersonRows(std::vector<Hash128> persons);

}  // namespace weir::operators
