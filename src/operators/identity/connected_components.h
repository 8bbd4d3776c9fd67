#pragma once

#include <memory>

#include "operators/operator.h"

namespace weir::operators {

// `connected_components`: people as connected components of the ids that were seen together; the
// rules stand in identity/ (people.h, sightings.h, cuts.h, changes.h). Junk ids are left out.
//
//   in: {today: pairs, state: edges, people: mapping, audit: violations, basis: basis, evidence:
//   evidence}
//   with: {day: "{ds}", max_neighbours: 20, max_component: 200, expiry_days: 180, expiry: {an:
//   "18"}} out: [edges, mapping, changes, violations, basis]
//
// `today` is the day's evidence, one row a pair. `state`, `people`, `audit` and `basis` are this
// operator's outputs of the day before: where they are those under the same settings, only people
// that the day touches are found anew, and rows of all others are carried on; else all are, from
// `evidence`, which is read only then. Both ways give the same rows.
//
// Pairs of an id on the list `erased` (metastore.suppressed_ids, hashed with the setting `salt`)
// are left out; a state that has one isn't used. Without `today` the state is that of the day
// itself, and only the people of erased ids are found anew: `weir identity forget`. A person whose
// founder is in `imported` has its name there in place of the founder's hash.
std::unique_ptr<Operator> MakeConnectedComponents();

}  // namespace weir::operators
