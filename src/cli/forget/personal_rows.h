#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/forget/asked_ids.h"
#include "data/schema.h"
#include "lake/scratch_table.h"
#include "operators/ingest/user_key.h"

namespace weir::cli {

// The ids that are asked for, as scratch tables that conditions refer to. While it lives they lie
// in the database's memory or spill folder, and nowhere else.
class ScratchIds {
 public:
  // `connection` must outlive it.
  ScratchIds(sql::Connection& connection, const std::vector<PersonId>& ids,
             operators::UserKeys& keys);

  const std::string& ids() const { return ids_.name(); }      // party, user_id, user_key
  const std::string& texts() const { return texts_.name(); }  // text: an id as lines may have it

 private:
  lake::ScratchTable ids_;
  lake::ScratchTable texts_;
};

// How a table holds ids, told by its columns: which rows are about one of them, and what becomes of
// these.
struct PersonalRows {
  std::string where;         // SQL over the table's columns
  std::string empty_column;  // set to null in these rows; empty: the rows go
};

// By columns: (party, user_id), with (neighbour_party, neighbour_id) beside them or without, `ids`
// (a list of {party, id}), (party_a, id_a, party_b, id_b), user_key, and `line` of bad lines.
// Absent for a table that has none of these.
std::optional<PersonalRows> FindPersonalRows(const Schema& schema, const ScratchIds& ids);

}  // namespace weir::cli
