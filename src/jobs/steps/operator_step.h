#pragma once

#include "jobs/steps/step_settings.h"

namespace weir::jobs {

// An `operator` step: its native code by name. Outputs that have one reader stream to it; others
// are kept.
void RunOperatorStep(const StepScope& scope);

}  // namespace weir::jobs
