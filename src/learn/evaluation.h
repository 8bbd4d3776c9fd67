#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

#include "learn/bootstrap.h"

namespace weir::learn {

// How well several methods rank the same people, with bootstrap intervals.

// Shares of all people, from the best down, at which a ranking is looked at; tenths among them.
constexpr std::array<double, 16> kReaches = {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2,
                                             0.3,   0.4,   0.5,   0.6,  0.7,  0.8,  0.9, 1};
constexpr std::size_t kFirstTenth = 6;  // of kReaches

// One segment's people. Views.
struct EvaluatedRows {
  std::span<const std::uint64_t> people;        // a hash of each, the same in all segments
  std::span<const std::uint8_t> labels;         // 1: came true
  std::vector<std::span<const double>> scores;  // by method; beside people, finite
};

// What a method's ranking is worth on one weighting of the people. Not a number where one class is
// missing.
struct RankingFigures {
  double auc = 0;
  double average_precision = 0;
  // Of those who came true, the share that is among the best people, by reach; equal scores share
  // out evenly.
  std::array<double, kReaches.size()> captured{};
};

// By replicate.
struct MethodReplicates {
  RankingFigures all;  // everybody once
  std::vector<double> auc;
  std::vector<double> average_precision;
  std::array<std::vector<double>, kReaches.size()> captured;
};

struct BootstrapOptions {
  std::size_t replicates = 500;  // rounded up to whole blocks
  std::uint64_t seed = 0;
  int threads = 1;
  std::stop_token stop{};  // looked at between blocks; CancelledError once requested
};

// Every method of every segment on the people as they are, and on each replicate of them. The same
// for any number of threads. Work: a sort for each method, then rows × methods × replicates;
// memory: 8 bytes a row and thread.
std::vector<std::vector<MethodReplicates>> EvaluateRankings(std::span<const EvaluatedRows> segments,
                                                            const BootstrapOptions& options);

// Of a curve: (0.01, 0.02, … 1).
constexpr std::size_t kCurvePoints = 100;

// The true positive rate at the false positive rates 0.01 … 1: on the ROC curve, with straight
// lines between its corners. Empty unless both classes are there.
std::vector<double> TruePositiveRates(std::span<const double> scores,
                                      std::span<const std::uint8_t> labels);

// The precision among people with at least the highest score that has a recall of 0.01 … 1. Empty
// without positives.
std::vector<double> PrecisionsByRecall(std::span<const double> scores,
                                       std::span<const std::uint8_t> labels);

// People with nearly the same probability.
struct CalibrationBin {
  double predicted = 0;  // mean
  double observed = 0;   // share that came true
  std::size_t people = 0;

  friend bool operator==(const CalibrationBin&, const CalibrationBin&) = default;
};

// Up to ten bins of as many people, the lowest first; equal probabilities in the order of rows.
std::vector<CalibrationBin> CalibrationBins(std::span<const double> probabilities,
                                            std::span<const std::uint8_t> labels);

}  // namespace weir::learn
