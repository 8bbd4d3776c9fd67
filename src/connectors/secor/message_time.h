#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "enrich/json_fields.h"

namespace weir::connectors {

// When a message happened: a field of a JSON object, a number or text (formats.md §1). Not
// thread-safe.
class MessageTime {
 public:
  // `field` is the field's name; one in an object has '.' between the names, "meta_data.created".
  explicit MessageTime(const std::string& field);

  // Absent where the message is no JSON object, or the field no time.
  std::optional<Micros> Of(std::string_view message);

 private:
  std::vector<std::string> names_;
  enrich::JsonFields fields_;  // of a field at the top
};

}  // namespace weir::connectors
