#pragma once

#include <memory>

#include "operators/operator.h"

namespace weir::operators {

// `refuse_mistakes`: what SQL found wrong in files, as one error that names all places.
//   - operator: refuse_mistakes
//     in: {mistakes: mistakes, rows: segments}
//     out: sound_segments
// A row of `mistakes` has file, line (from 1; null: of no one line), field (or null) and text: what
// was found and what is allowed. If there is one the step fails, and with it the run; else the
// output is `rows` as they are, so that what reads it comes after.
std::unique_ptr<Operator> MakeRefuseMistakes();

}  // namespace weir::operators
