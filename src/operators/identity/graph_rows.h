#pragma once

#include <memory>
#include <string>

#include "identity/day_result.h"
#include "operators/operator.h"

// A day's people as rows of the tables, batch by batch.
namespace weir::operators {

using SharedResult = std::shared_ptr<const identity::DayResult>;

BatchSource EdgeRows(SharedResult result, std::string as_of, std::string parameters);
BatchSource MappingRows(SharedResult result);
BatchSource ChangeRows(SharedResult result);
BatchSource ViolationRows(SharedResult result);

}  // namespace weir::operators
