#pragma once

#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "identity/increment.h"
#include "sql/database.h"

namespace weir::operators {

// The query for rows that ReadPairs() understands.
std::string PairsQuery(const std::string& relation);
// The query for rows that ReadState() understands: those for which the condition holds.
std::string StateQuery(const std::string& relation, const std::string& condition);

// Hands on the rows of a result of PairsQuery() in blocks, without those of a junk id. The texts
// live during the call.
void ReadPairs(sql::Result result, identity::IdDictionary& ids, const std::stop_token& stop,
               const std::function<void(std::span<const identity::NamedEdge>)>& take);
// The same of StateQuery().
void ReadState(sql::Result result, identity::IdDictionary& ids, const std::stop_token& stop,
               const std::function<void(std::span<const identity::StateEdge>)>& take);

}  // namespace weir::operators
