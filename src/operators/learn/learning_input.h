#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "learn/model_selection.h"
#include "learn/token_histories.h"
#include "operators/operator.h"

// What models are learnt from, as relations and in memory.
namespace weir::operators {

// People and what they did, in numbers. Both lists of names are sorted, so that numbers don't
// depend on the order of rows.
struct LearningHistories {
  std::vector<std::string> people;
  std::vector<std::string> tokens;
  std::vector<std::uint64_t> offsets;
  std::vector<std::uint32_t> token_numbers;
  std::vector<std::uint16_t> days;

  learn::TokenHistories View() const {
    return {.offsets = offsets,
            .tokens = token_numbers,
            .days = days,
            .num_tokens = static_cast<std::uint32_t>(tokens.size())};
  }
};

// Argument: universal_id, tokens LIST<STRUCT<token, days>>; one row a person, a token once.
Argument HistoriesArgument();
// Throws UserError for two rows of a person, a token that comes twice, and days outside of
// 1 … 65,535.
LearningHistories ReadHistories(OperatorContext& context, const std::string& relation);

// By segment, its rows by fold, people ascending.
using TrainingRows = std::map<std::int64_t, learn::TrainingSet>;

// Argument: segment_id, universal_id, label (0 or 1), fold (from 0).
Argument TrainingArgument();
// Throws UserError for a person without a history, another label and a negative fold.
TrainingRows ReadTraining(OperatorContext& context, const std::string& relation,
                          const LearningHistories& histories);

// Argument: segment_id, token: what a segment's model may not use.
Argument MasksArgument();
// Marks the terms in the sets of `rows`; other segments' rows and unknown tokens don't matter.
void ReadMasks(OperatorContext& context, const std::string& relation,
               const LearningHistories& histories, const learn::Vocabulary& vocabulary,
               TrainingRows& rows);

}  // namespace weir::operators
