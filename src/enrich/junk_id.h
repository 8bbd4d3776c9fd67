#pragma once

#include <string_view>

namespace weir::enrich {

// Whether an id names nobody: in any case and without white space around it, empty, `0`, `-1`,
// `null`, `none`, `undefined`, `nan`, `optout`, `opt-out`, `opted-out`, or zeros alone, with or
// without hyphens.
bool IsJunkId(std::string_view id);

}  // namespace weir::enrich
