#pragma once

#include <vector>

#include "base/declared_settings.h"
#include "jobs/steps/step_settings.h"

namespace weir::jobs {

// A `command` step: any program of the user's.
//   - command: [python3, score.py, "{in.pairs}", "{out.scores}", "--day", "{ds}"]
//     in: pairs
//     out: [scores]
//     columns: {scores: "id BIGINT, score DOUBLE"}
//     with: {environment: {API_KEY: "{secret.api_key}"}, sorted: true}
// Each relation of `in` is a Parquet file at {in.NAME}; the program writes one for each of `out` at
// {out.NAME}. It runs in the job's folder, in a process group of its own, without input; its output
// goes to the log line by line. Exit code 0 is success; 75 (EX_TEMPFAIL) is an external error,
// which is retried; any other is the program's own, with its last 20 lines. Inputs are sorted by
// all columns, so that a program that minds the order still gives the same for the same rows;
// `sorted: false` saves the time.
std::vector<Setting> CommandSettings();

// What such a step says wrongly, a line each.
std::vector<std::string> CommandMistakes(const project::Step& step);

void RunCommandStep(const StepScope& scope, const std::filesystem::path& job_folder);

}  // namespace weir::jobs
