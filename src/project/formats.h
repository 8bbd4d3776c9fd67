#pragma once

#include "project/shape.h"

// How the texts of weir.yaml and job.yaml must look.
namespace weir::project {

TextFormat PlainName();       // letters, digits, '-' and '_': projects, jobs, tags …
TextFormat Identifier();      // a relation, a variable
TextFormat DottedName();      // identifiers with dots between: a secret
TextFormat PartitionValue();  // letters, digits and '_'
TextFormat ColumnName();      // anything but nothing
TextFormat TableName();       // "schema.name", perhaps with {names}
TextFormat SqlFile();         // "x.sql", "../shared/x.sql"
TextFormat DurationText();
TextFormat TimeLimitText();  // a duration of more than 0
TextFormat WindowText();     // a duration or 'all'
TextFormat MemoryText();
TextFormat SizeText();
TextFormat ScheduleText();  // hourly … manual, or a cron line
TextFormat TimeZoneText();
TextFormat DayOrTime();  // "2026-01-05", "2026-01-05T13:00"

}  // namespace weir::project
