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
  // `connection` must outlive it. `universal_ids`: what tables call the people, as far as their
  // rows are asked for, too.
  ScratchIds(sql::Connection& connection, const std::vector<PersonId>& ids,
             operators::UserKeys& keys, const std::vector<std::string>& universal_ids = {});

  const std::string& ids() const { return ids_.name(); }        // party, user_id, user_key
  const std::string& texts() const { return texts_.name(); }    // text: an id as lines may have it
  const std::string& people() const { return people_.name(); }  // universal_id

 private:
  lake::ScratchTable ids_;
  lake::ScratchTable texts_;
  lake::ScratchTable people_;
};

// How a table holds ids, told by its columns: which rows are about one of them, and what becomes of
// these.
struct PersonalRows {
  std::string where;         // SQL over the table's columns
  std::string empty_column;  // that loses what names an id in these rows; empty: the rows go
  std::string rest{};        // SQL over the table's columns: what is left of that column
};

// By columns: (party, user_id), (neighbour_party, neighbour_id), `ids` (a list of {party, id}),
// (party_a, id_a, party_b, id_b), user_key, dsp_user_id, universal_id; and `line` of bad lines
// and `error_log_lines` of uploads, which are texts that may name an id. A row is about an id if
// any of them says so. Absent for a table that has none of these.
std::optional<PersonalRows> FindPersonalRows(const Schema& schema, const ScratchIds& ids);

}  // namespace weir::cli
