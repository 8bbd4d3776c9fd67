#pragma once

#include <memory>

#include "operators/operator.h"

namespace weir::operators {

// `rank_rows`: numbers the rows of each group from 1 in a total order, without gaps.
//   with: {group_by: [region], order_by: [score desc, user_id], as: rank}
// Nulls come last in both directions and are a group of their own. Two rows of a group that are
// equal in `order_by` are a UserError: their numbers would be a matter of luck.
std::unique_ptr<Operator> MakeRankRows();

}  // namespace weir::operators
