#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "learn/evaluation.h"
#include "operators/operator.h"

namespace weir::operators {

// One segment's people and what came of the methods.
struct EvaluatedSegment {
  std::vector<std::uint64_t> people;  // hashes
  std::vector<std::uint8_t> labels;
  std::vector<std::vector<double>> scores;                    // by method; empty where it has none
  std::vector<std::optional<learn::MethodReplicates>> found;  // by method

  std::int64_t num_positives() const;
};

// The hash that people are drawn by in the bootstrap, the same wherever they are compared.
std::uint64_t EvaluatedPersonHash(std::string_view universal_id);

struct EvaluatedSegments {
  std::vector<std::string> methods;  // the first is the one that others are held against
  std::map<std::int64_t, EvaluatedSegment> segments;
};

// Argument: segment_id, universal_id, label, and a column of each method.
Argument EvaluatedArgument();
// The rows by segment, people by universal_id, with nothing found yet. A method that is null for
// somebody of a segment is lacking there. Throws UserError for two rows of a person, another label
// than 0 and 1, and a score that isn't finite.
EvaluatedSegments ReadEvaluated(OperatorContext& context, const std::string& relation,
                                std::vector<std::string> methods);

// Fills in what is found. On all processors.
void EvaluateAll(EvaluatedSegments& all, const learn::BootstrapOptions& options);

// A figure with its interval; none of them a number where there is none.
struct Estimate {
  double value = 0;
  learn::Interval interval;
};

// Of one segment, or the mean over several: what `value` says of a method's figures, and of each of
// their replicates. `value(replicates, i)` is the figure of replicate i, or of everybody for
// kEverybody.
constexpr std::size_t kEverybody = static_cast<std::size_t>(-1);
using FigureOf = std::function<double(const EvaluatedSegment&, std::size_t)>;
// What was found of a method that the segment has.
const learn::MethodReplicates& FoundOf(const EvaluatedSegment& segment, std::size_t method);
// A method's ROC AUC, as a FigureOf has it.
double AucOf(const EvaluatedSegment& segment, std::size_t method, std::size_t replicate);
std::optional<Estimate> EstimateOf(std::span<const EvaluatedSegment* const> segments,
                                   std::size_t replicates, const FigureOf& value);

}  // namespace weir::operators
