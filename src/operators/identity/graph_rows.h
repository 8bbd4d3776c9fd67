#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/hashing.h"
#include "identity/day_result.h"
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
// One column, universal ids.
BatchSource PersonRows(std::vector<Hash128> persons);

}  // namespace weir::operators
