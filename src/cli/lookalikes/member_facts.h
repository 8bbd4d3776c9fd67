#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/lookalikes/asked_segment.h"
#include "cli/lookalikes/log_odds.h"
#include "cli/person_id.h"
#include "lake/query.h"

// What the lookalike tables of one region and day say of a person and a segment.
namespace weir::cli {

// Where and when: the names that the queries share.
struct MemberPlace {
  std::string region;
  std::string day;
  std::string mapping;  // the region's, in the version that the day's scoring read
  std::string runs;     // lookalikes_mlflow_runs and …
  std::string models;   // … lookalikes_models, in the versions that it read
  std::int64_t segment = 0;
};

struct AskedPerson {
  std::string universal_id;
  std::vector<PersonId> ids;  // by the mapping; none of who is no one's but his own id
};

// Where a segment is sent to.
struct SegmentTarget {
  std::string dsp;
  std::int64_t dsp_segment_id = 0;
};

struct Membership {
  std::string dsp;
  std::string dsp_user_id;
  std::int64_t dsp_segment_id = 0;
  std::int64_t since = 0;  // microseconds since 1970
  std::int64_t until = 0;
  std::int64_t value = 0;
};

// The run whose model the day's scores are of, and what it learnt from.
struct ModelRun {
  std::string run_id;
  std::string day;
  std::string transform{};
  std::string penalty{};
  std::string c{};
  double auc = 0;
  std::string sha256{};
  std::int64_t positives = 0;
  std::int64_t negatives = 0;
  std::int64_t eligible = 0;
  std::optional<std::int64_t> label{};  // of this person's training row, if there is one
  std::int64_t fold = 0;
};

struct RankedScore {
  double score = 0;
  std::int64_t rank = 0;
};

struct MemberFacts {
  std::vector<SegmentTarget> targets;  // none: the segment isn't of the region on the day
  bool is_active = false;
  std::int64_t max_size = 0;
  std::string scoring;  // "scored", "no_model", "failed"; empty: nothing was tried
  std::string scoring_reason;
  std::string selection_reason;  // why the day's model selection has no model, if it says so
  std::int64_t num_scored = 0;
  std::optional<RankedScore> ranked;
  std::int64_t num_members = 0;  // ids that the segment has at its DSPs
  std::vector<Membership> memberships;
  bool is_positive = false;
  bool is_held_back = false;                      // as control, whom the others are compared with
  std::optional<std::vector<SeenToken>> history;  // by token
  std::vector<PersonId> dsp_ids;                  // of the parties that the targets know
  std::optional<ModelRun> run;
  std::optional<LogOdds> odds;  // where there are a history and a model
};

// A person by universal id or "party:id"; an id without a mapping is a person of its own. Absent if
// neither the mapping nor the day's histories know it.
std::optional<AskedPerson> FindAskedPerson(lake::QuerySession& session, const MemberPlace& place,
                                           const std::string& word);

// `parties` says which party's ids a DSP takes. Throws UserError for a model that isn't what its
// SHA-256 says.
MemberFacts ReadMemberFacts(lake::QuerySession& session, const MemberPlace& place,
                            const AskedPerson& person,
                            const std::map<std::string, std::string>& parties);

}  // namespace weir::cli
