#pragma once

#include <string>

#include "connectors/activation/xandr/xandr_user.h"

namespace weir::connectors {

// The schema of the Batch Segment Service's Avro files, as JSON.
const std::string& XandrAvroSchema();

// Whether the schema has the number; all other ids are texts, which it has.
bool IsAvroXandrUid(const XandrUid& uid);

// Appends a user as a record `user` in Avro's binary encoding; segments come once. Returns false,
// and appends nothing, for a user with a timestamp finer than seconds. Throws UserError for what
// the schema can't say.
bool AppendXandrRecord(const XandrUser& user, std::string& record);

}  // namespace weir::connectors
