#pragma once

#include <cstdint>

#include <nlohmann/json.hpp>

#include "cli/forget/id_patterns.h"
#include "connectors/connector.h"

namespace weir::cli {

// Takes ids out of the texts of a JSON value: of lists of what others said (`error_lines`) the
// texts go that name one; in other texts kForgottenId takes an id's place, unless `people` says
// that none is there. Keys and numbers stay. Returns how many texts these were.
std::int64_t TakeTextsOut(nlohmann::ordered_json& value, connectors::NamedPeople people,
                          const IdPatterns& patterns);

// Whether what others said, or a message of ours (`error`, `why`, `message`), names one.
bool HasMessageOf(const nlohmann::ordered_json& value, const IdPatterns& patterns);

}  // namespace weir::cli
