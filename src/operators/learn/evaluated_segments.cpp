#include "operators/learn/evaluated_segments.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/hashing.h"
#include "data/cells.h"
#include "operators/fields.h"
#include "operators/query_rows.h"
#include "sql/quote.h"

namespace weir::operators {
namespace {

// Of people, so that other uses of the same hash don't go along with it.
constexpr std::uint64_t kPeopleSeed = 5;

void TakeScores(const ArrowArray& rows, std::int64_t row, EvaluatedSegment& segment,
                const std::vector<std::string>& methods) {
  constexpr std::size_t kFirst = 3;
  for (std::size_t method = 0; method < methods.size(); ++method) {
    const ArrowArray& column = *rows.children[kFirst + method];
    if (IsNullAt(column, row)) {
      continue;
    }
    const double score = DoubleAt(column, row);
    if (!std::isfinite(score)) {
      throw UserError("scores: '{}' has {} {}; finite numbers are allowed",
                      BytesAt(*rows.children[1], row), methods[method], score);
    }
    segment.scores[method].push_back(score);
  }
}

}  // namespace

std::uint64_t EvaluatedPersonHash(std::string_view universal_id) {
  return SeededHashOf(universal_id, kPeopleSeed);
}

const learn::MethodReplicates& FoundOf(const EvaluatedSegment& segment, std::size_t method) {
  const auto& found = segment.found.at(method);
  if (!found) {
    throw std::logic_error("the segment lacks the method");
  }
  return *found;
}

double AucOf(const EvaluatedSegment& segment, std::size_t method, std::size_t replicate) {
  const learn::MethodReplicates& found = FoundOf(segment, method);
  return replicate == kEverybody ? found.all.auc : found.auc[replicate];
}

std::int64_t EvaluatedSegment::num_positives() const {
  return std::ranges::count(labels, std::uint8_t{1});
}

Argument EvaluatedArgument() {
  return {.name = "scores",
          .columns = {LongField("segment_id", true), TextField("universal_id", true),
                      LongField("label", true)},
          .doc = "one row a segment and person: 1 if it came true, and a score by each method"};
}

EvaluatedSegments ReadEvaluated(OperatorContext& context, const std::string& relation,
                                std::vector<std::string> methods) {
  EvaluatedSegments all{.methods = std::move(methods), .segments = {}};
  std::string columns;
  for (const std::string& method : all.methods) {
    columns += fmt::format(", CAST({} AS DOUBLE)", sql::QuoteName(method));
  }
  std::string last;
  ForEachRowOf(
      context,
      fmt::format("SELECT CAST(segment_id AS BIGINT), universal_id, coalesce(CAST(label AS BIGINT),"
                  " -1){} FROM {} ORDER BY segment_id, universal_id",
                  columns, relation),
      [&](const ArrowArray& rows, std::int64_t row) {
        const std::string_view name = BytesAt(*rows.children[1], row);
        const std::int64_t label = IntegerAt(*rows.children[2], row);
        EvaluatedSegment& segment = all.segments[IntegerAt(*rows.children[0], row)];
        if (label < 0 || label > 1) {
          throw UserError("scores: '{}' has label {}; 0 and 1 are allowed", name, label);
        }
        if (!segment.people.empty() && name == last) {
          throw UserError("scores: '{}' has two rows for segment {}; one is allowed", name,
                          IntegerAt(*rows.children[0], row));
        }
        last = name;
        segment.people.push_back(EvaluatedPersonHash(name));
        segment.labels.push_back(static_cast<std::uint8_t>(label));
        segment.scores.resize(all.methods.size());
        TakeScores(rows, row, segment, all.methods);
      });
  for (auto& [number, segment] : all.segments) {
    for (std::vector<double>& scores : segment.scores) {
      if (scores.size() != segment.people.size()) {
        scores.clear();
      }
    }
  }
  return all;
}

void EvaluateAll(EvaluatedSegments& all, const learn::BootstrapOptions& options) {
  std::vector<learn::EvaluatedRows> rows;
  for (const auto& [number, segment] : all.segments) {
    learn::EvaluatedRows& made = rows.emplace_back();
    made.people = segment.people;
    made.labels = segment.labels;
    for (const std::vector<double>& scores : segment.scores) {
      if (!scores.empty()) {
        made.scores.emplace_back(scores);
      }
    }
  }
  auto found = learn::EvaluateRankings(rows, options);
  auto next = found.begin();
  for (auto& [number, segment] : all.segments) {
    auto method = next++->begin();
    for (const std::vector<double>& scores : segment.scores) {
      segment.found.push_back(scores.empty() ? std::nullopt : std::optional(std::move(*method++)));
    }
  }
}

std::optional<Estimate> EstimateOf(std::span<const EvaluatedSegment* const> segments,
                                   std::size_t replicates, const FigureOf& value) {
  const auto mean = [&](std::size_t replicate) {
    double sum = 0;
    double count = 0;
    for (const EvaluatedSegment* const segment : segments) {
      const double figure = value(*segment, replicate);
      sum += std::isnan(figure) ? 0 : figure;
      count += std::isnan(figure) ? 0 : 1;
    }
    return sum / count;  // of none: not a number
  };
  Estimate estimate{.value = mean(kEverybody), .interval = {}};
  if (std::isnan(estimate.value)) {
    return std::nullopt;
  }
  std::vector<double> means;
  means.reserve(replicates);
  for (std::size_t replicate = 0; replicate < replicates; ++replicate) {
    means.push_back(mean(replicate));
  }
  estimate.interval = learn::PercentileInterval(means);
  return estimate;
}

}  // namespace weir::operators
