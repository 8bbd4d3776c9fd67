#pragma once

#include "project/shape.h"

namespace weir::project {

// What weir.yaml and job.yaml may hold. Made once; safe from any thread.
const Shape& SettingsShape();
const Shape& JobShape();
// Of the files in tests/.
const Shape& UnitTestsShape();

// Of job.yaml's lists, used by JobShape().
Shape ReadsShape();
Shape StepsShape();
Shape WritesShape();
Shape ChecksShape();
Shape ColumnsShape();

}  // namespace weir::project
