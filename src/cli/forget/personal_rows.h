#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/forget/asked_ids.h"
#include "cli/forget/id_patterns.h"
#include "data/schema.h"
#include "lake/scratch_table.h"
#include "operators/ingest/user_key.h"

namespace weir::cli {

// What is known of the ids that are asked for.
struct IdSurroundings {
  // What tables call the people, as far as their rows are asked for, too.
  std::vector<std::string> universal_ids{};
  // Which party's ids a DSP takes, by DSP.
  std::map<std::string, std::string> dsp_parties{};
};

// The ids that are asked for, as scratch tables that conditions refer to. While it lives they lie
// in the database's memory or spill folder, and nowhere else.
class ScratchIds {
 public:
  // `connection` must outlive it.
  ScratchIds(sql::Connection& connection, const std::vector<PersonId>& ids,
             operators::UserKeys& keys, IdSurroundings surroundings = {});

  const std::string& ids() const { return ids_.name(); }        // party, user_id, user_key
  const std::string& people() const { return people_.name(); }  // universal_id
  const IdPatterns& patterns() const { return patterns_; }

  // A SELECT of the column user_id: those that the DSP may have. The same text may be another
  // person's id at another party, and a DSP takes the ids of one; if it isn't known which, of any.
  std::string UsersAt(const std::string& dsp) const;
  // SQL, true, false or null, of whether `user` is one at the DSP that `dsp` names, both SQL; with
  // `dsp` empty at any DSP.
  std::string IsUser(const std::string& user, const std::string& dsp) const;

 private:
  lake::ScratchTable ids_;
  lake::ScratchTable people_;
  IdPatterns patterns_;
  std::map<std::string, std::string> dsp_parties_;
};

// How a table holds ids, told by its columns: which rows are about one of them, and what becomes of
// these.
struct PersonalRows {
  std::string where;  // SQL over the table's columns
  // What is left of columns of these rows, SQL over the table's columns; none: the rows go.
  std::map<std::string, std::string> rest{};
  // The columns that have ids of which `where` knows whose they are.
  std::set<std::string> judged{};
};

// By columns: (party, user_id), (neighbour_party, neighbour_id), `ids` (a list of {party, id}),
// (party_a, id_a, party_b, id_b), user_key, dsp_user_id (with `dsp`, or at any), universal_id; and
// `line` of bad lines and `error_log_lines` of uploads, which are texts that may name an id. A row
// is about an id if any of them says so. Absent for a table that has none of these.
std::optional<PersonalRows> FindPersonalRows(const Schema& schema, const ScratchIds& ids);

}  // namespace weir::cli
