#include "operators/identity/graph_columns.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "operators/fields.h"

namespace weir::operators {
namespace {

constexpr std::array<std::string_view, 3> kMarks = {"live", "hub", "cut"};

}  // namespace

Schema EdgesSchema() {
  return {{TextField("party_a"), TextField("id_a"), TextField("party_b"), TextField("id_b"),
           TimeField("first_seen"), TimeField("last_seen"), LongField("calls"),
           TextField("universal_id"), TextField("universal_id_b", true), TextField("mark")}};
}

Schema BasisSchema() { return {{TextField("as_of"), TextField("parameters")}}; }

Schema MappingSchema() {
  return {{TextField("universal_id"), TextField("party"), TextField("user_id"),
           TimeField("first_seen"), TimeField("last_seen"), LongField("calls")}};
}

Schema ChangesSchema() {
  return {{TextField("kind"), TextField("from", true), TextField("into", true)}};
}

Schema ViolationsSchema() {
  return {{TextField("kind"), TextField("universal_id"), TextField("party", true),
           TextField("user_id", true), TextField("neighbour_party", true),
           TextField("neighbour_id", true), LongField("neighbours", true), LongField("ids", true),
           LongField("pieces", true), LongField("edges", true), LongField("calls", true)}};
}

std::string_view NameOf(identity::Mark mark) { return kMarks.at(static_cast<std::size_t>(mark)); }

identity::Mark MarkNamed(std::string_view name) {
  const auto found = std::ranges::find(kMarks, name);
  if (found == kMarks.end()) {
    throw UserError("an edge's mark is '{}'; allowed: live, hub, cut", name);
  }
  return static_cast<identity::Mark>(found - kMarks.begin());
}

}  // namespace weir::operators
