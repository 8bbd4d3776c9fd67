#pragma once

#include <string>
#include <string_view>

#include "lake/warehouse.h"

namespace weir::lake {

// The end of a message about a table that isn't there: "; did you mean 'sales.orders'?" or nothing.
// `name` may lack its schema.
std::string SuggestTable(Warehouse& warehouse, std::string_view name);

}  // namespace weir::lake
