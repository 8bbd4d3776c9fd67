#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/forget/byte_search.h"
#include "cli/forget/erase.h"
#include "cli/forget/person_traces.h"
#include "cli/forget/taken_back.h"
#include "cli/forget/written_files.h"
#include "cli/identity/graph_erasure.h"
#include "cli/job/workspace.h"

namespace weir::cli {

// What was done to forget people, or what would be.
struct Forgotten {
  std::int64_t asked = 0;    // ids
  std::int64_t ids = 0;      // of the people whom the asked ones belong to
  std::int64_t new_ids = 0;  // on the list of erased ids
  PersonTraces traces{};
  bool sends = true;  // false: the environment sends nothing
  std::vector<TakenBackFrom> taken_back{};
  std::size_t run_records = 0;  // that were rewritten
  std::vector<ErasedFile> files{};
  std::vector<GraphErasure> graphs{};
  Erasure erasure{};
  std::int64_t purged_files = 0;                 // of tables' older versions
  std::vector<std::filesystem::path> sources{};  // folders and URLs that are only read
  ByteSearch search{};
  // Files that tell whoever fetches them to take the people out.
  std::vector<std::filesystem::path> waiting{};
};

// Forgets the people whom ids belong to: `weir forget`. In this order, so that a call that is
// killed anywhere is finished when it is made again with the same ids: the ids go on the list of
// erased ones; models that learnt from the people are noted; destinations are told; run records,
// then written files, then tables, then the identity graphs lose them; older versions that held
// some are deleted; last, a search of everything that weir wrote. Writes the report
// `_weir/erasures/<run id>.json` of the warehouse. With `send` destinations are told whatever the
// environment says. Throws UserError, before anything but the lists has changed, if a destination
// has the people and can't be told.
Forgotten ForgetPeople(Workspace& workspace, const std::vector<PersonId>& asked, bool send);

// The same without any change; nothing is searched.
Forgotten LookAtPeople(Workspace& workspace, const std::vector<PersonId>& asked, bool send);

// As JSON, and as text for people. Neither names an id.
nlohmann::ordered_json ForgottenJson(const Forgotten& done);
std::string ForgottenText(const Forgotten& done);

}  // namespace weir::cli
