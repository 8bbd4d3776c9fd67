#pragma once

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "learn/scoring.h"
#include "learn/vocabulary.h"
#include "onnx/scoring_graph.h"
#include "operators/learn/audience.h"
#include "operators/learn/name_numbers.h"

namespace weir::operators {

// Models over one numbering of tokens, made ready for learn::BestPeople().
class ModelGroup {
 public:
  explicit ModelGroup(std::size_t num_tokens);

  // Whether every token has the same idf here as in the model, or none.
  bool Fits(const onnx::ScoringModel& model, const std::vector<std::uint32_t>& numbers) const;
  // `numbers` are those of its tokens; NameNumbers::kNone for one that nobody has.
  void Add(const onnx::ScoringModel& model, const std::vector<std::uint32_t>& numbers,
           std::int64_t segment, std::size_t wanted);

  // By model: what people shall be kept for.
  const std::vector<std::int64_t>& segments() const { return segments_; }
  learn::Vocabulary MakeVocabulary() const;
  // With what each lacks of the others' vocabulary masked.
  std::vector<learn::ScoredModel> MakeModels() const;

 private:
  std::vector<double> idf_;    // by token; 0: unknown to models that need one
  std::vector<bool> is_used_;  // by token
  std::vector<std::int64_t> segments_;
  std::vector<learn::ScoredModel> models_;
  std::vector<std::vector<std::uint32_t>> known_;  // by model of kLogIdf: its tokens, ascending
};

// Puts a model into the first group that it fits, or a new one: models of one training share one.
void AddModel(const onnx::ScoringModel& model, NameNumbers& tokens, std::size_t num_tokens,
              std::int64_t segment, std::size_t wanted, std::vector<ModelGroup>& groups);

// Log odds of each of the audience's people by a model, in their order. `tokens` number those that
// people have, below `num_tokens`. On all processors; the same for any number. CancelledError once
// `stop` is requested.
std::vector<double> LogOddsOf(const onnx::ScoringModel& model, const Audience& audience,
                              NameNumbers& tokens, std::uint32_t num_tokens,
                              const std::stop_token& stop);

}  // namespace weir::operators
