#pragma once

#include <string_view>

#include "data/schema.h"
#include "identity/edge.h"

// The columns of the tables around the identity graph.
namespace weir::operators {

// One row a pair: the lesser id is `a`. `universal_id` is the person of `a`, `universal_id_b` that
// of `b` where it is another one.
Schema EdgesSchema();
Schema MappingSchema();
// One row: the day and the settings that edges and mapping are of.
Schema BasisSchema();
Schema ChangesSchema();
// One row a hub (`hub`), an oversize component (`cut`), and an edge between its pieces
// (`cut_edge`).
Schema ViolationsSchema();

// "live", "hub", "cut".
std::string_view NameOf(identity::Mark mark);
// Throws UserError for another text.
identity::Mark MarkNamed(std::string_view name);

}  // namespace weir::operators
