#pragma once

#include <string_view>

#include "lake/warehouse.h"

// Where a table may be made, and under which name.
namespace weir::lake {

// Whether SQL can't read tables of this schema, or only weir itself writes them ("weir").
bool IsReservedSchema(std::string_view schema);

// Throws UserError if `folder`, which holds no table yet, is not the place for one: it holds files
// that aren't a writer's of weir (vacuum would take some of them for the table's), or a table of
// the warehouse has this name in other letter case (SQL takes the two for one).
void CheckNewTable(Warehouse& warehouse, const TableFolder& folder);

// What a user's own command must heed besides, before it writes to `table`. Throws UserError for a
// reserved schema and, where there is no table yet, for a folder inside of another table.
void CheckUsersTable(const TableFolder& table);

// Throws UserError for the folder of the warehouse itself, or of one of its schemas.
void CheckNoSchemasFolder(const Warehouse& warehouse, const TableFolder& table);

}  // namespace weir::lake
