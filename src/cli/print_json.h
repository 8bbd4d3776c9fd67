#pragma once

#include <ostream>

#include <nlohmann/json.hpp>

namespace weir::cli {

using Json = nlohmann::ordered_json;

// Indented, with a newline at the end; bytes that aren't UTF-8 become U+FFFD.
inline void PrintJson(std::ostream& out, const Json& value) {
  constexpr int kIndent = 2;
  out << value.dump(kIndent, ' ', false, Json::error_handler_t::replace) << "\n";
}

}  // namespace weir::cli
