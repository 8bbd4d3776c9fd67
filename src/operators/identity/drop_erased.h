#pragma once

#include <memory>

#include "operators/operator.h"

namespace weir::operators {

// `drop_erased`: pairs of ids without those of erased ids, so that evidence never has them again.
//   in: {pairs: pairs, erased: erased}
//   with: {salt: "{secret.adtech.salt}"}
//   out: kept   the columns party_a, id_a, party_b, id_b, calls, first_ts, last_ts of `pairs`
// `erased` is metastore.suppressed_ids. Cost: two hashes a pair, none while the list is empty.
std::unique_ptr<Operator> MakeDropErased();

}  // namespace weir::operators
