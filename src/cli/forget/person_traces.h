#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/forget/personal_rows.h"
#include "cli/job/workspace.h"

namespace weir::cli {

// A segment that people are members of, as a destination has it.
struct MemberTrace {
  std::string region;
  std::int64_t segment_id = 0;
  std::string dsp;
  std::int64_t ids = 0;  // of the people there
};

// A model that learnt from people.
struct ModelTrace {
  std::string region;
  std::string ds;
  std::int64_t segment_id = 0;
  std::string run_id;
  std::string model_name;
  std::string model_version;
  std::int64_t people = 0;
};

// What people left beyond rows of their own. Empty in projects without such tables.
struct PersonTraces {
  std::vector<MemberTrace> members;  // by region, segment and DSP, of the newest day
  std::vector<ModelTrace> models;    // by region, day and segment
};

// Looks for it in metastore.segment_members, lookalikes_training_data and lookalikes_mlflow_runs:
// before their rows go.
PersonTraces FindTraces(lake::Warehouse& warehouse, const ScratchIds& ids);

// Puts models on the list metastore.forgotten_models (region, ds, segment_id, run_id, model_name,
// model_version, people, forgotten: the day), each once. Returns how many are new.
std::int64_t FlagModels(lake::Warehouse& warehouse, const std::vector<ModelTrace>& models);

}  // namespace weir::cli
