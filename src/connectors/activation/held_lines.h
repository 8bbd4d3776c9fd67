#pragma once

#include <cstdint>
#include <string>

#include "connectors/activation/delivery_journal.h"
#include "sql/database.h"

namespace weir::connectors {

// How many lines, a user in a segment of a seat each, a destination has of some users, by what the
// journal's deliveries say last of them, whether these have arrived or are under way. `users` is
// SQL with a column user_id, as the destination knows them. Throws UserError for a plan that can't
// be read. One scan of the deliveries' changes.
std::int64_t CountHeldLines(const DeliveryJournal& journal, const std::string& users,
                            sql::Connection& connection);

}  // namespace weir::connectors
