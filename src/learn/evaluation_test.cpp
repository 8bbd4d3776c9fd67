#include "learn/evaluation.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_seed.h"
#include "learn/ranking.h"

namespace weir::learn {
namespace {

// People with two scores each; few distinct ones, so that there are ties.
struct Judged {
  std::vector<std::uint64_t> people;
  std::vector<std::uint8_t> labels{0, 1};
  std::array<std::vector<double>, 2> scores{};

  EvaluatedRows View() const {
    return {.people = people, .labels = labels, .scores = {scores[0], scores[1]}};
  }
};

Judged RandomPeople(std::mt19937_64& random) {
  Judged judged;
  judged.labels.resize(2 + random() % 60);
  for (std::size_t row = 2; row < judged.labels.size(); ++row) {
    judged.labels[row] = random() % 3 == 0 ? 1 : 0;
  }
  const std::size_t values = 1 + random() % 40;
  for (std::size_t row = 0; row < judged.labels.size(); ++row) {
    judged.people.push_back(random());
    for (std::vector<double>& scores : judged.scores) {
      scores.push_back(static_cast<double>(random() % values) / 8);
    }
  }
  return judged;
}

// The people of one replicate, each as often as it counts.
Judged Expanded(const Judged& judged, std::uint64_t seed, std::size_t replicate) {
  Judged expanded;
  expanded.labels.clear();
  for (std::size_t row = 0; row < judged.people.size(); ++row) {
    const int times = PoissonWeights(
        judged.people[row], seed, replicate / kReplicatesOfBlock)[replicate % kReplicatesOfBlock];
    for (int i = 0; i < times; ++i) {
      expanded.people.push_back(judged.people[row]);
      expanded.labels.push_back(judged.labels[row]);
      for (std::size_t method = 0; method < 2; ++method) {
        expanded.scores[method].push_back(judged.scores[method][row]);
      }
    }
  }
  return expanded;
}

// Of those who came true the share among the best `reach` of all: from the definition, person by
// person, where each place of equal scores counts the same part of a positive.
double SlowCaptured(const Judged& judged, std::size_t method, double reach) {
  const std::vector<double>& scores = judged.scores[method];
  const double places = reach * static_cast<double>(scores.size());
  double captured = 0;
  double all = 0;
  for (std::size_t row = 0; row < scores.size(); ++row) {
    const auto above = static_cast<double>(
        std::ranges::count_if(scores, [&](double score) { return score > scores[row]; }));
    const auto equal = static_cast<double>(std::ranges::count(scores, scores[row]));
    if (judged.labels[row] != 0) {
      all += 1;
      captured += std::clamp((places - above) / equal, 0.0, 1.0);
    }
  }
  return captured / all;
}

void ExpectFigures(const Judged& judged, std::size_t method, double auc, double precision,
                   const std::array<double, kReaches.size()>& captured) {
  const auto& scores = judged.scores[method];
  EXPECT_NEAR(auc, RocAuc(scores, judged.labels).value_or(-1), 1e-12);
  EXPECT_NEAR(precision, AveragePrecision(scores, judged.labels).value_or(-1), 1e-12);
  for (std::size_t reach = 0; reach < kReaches.size(); ++reach) {
    EXPECT_NEAR(captured[reach], SlowCaptured(judged, method, kReaches[reach]), 1e-12);
  }
}

TEST(EvaluateRankings, IsEachReplicatesSlowEvaluation) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < 2 * TestRounds(); ++round) {
    const Judged judged = RandomPeople(random);
    const EvaluatedRows rows = judged.View();
    const std::uint64_t seed = random();

    const auto found = EvaluateRankings({&rows, 1}, {.replicates = 16, .seed = seed});

    for (std::size_t method = 0; method < 2; ++method) {
      const MethodReplicates& figures = found[0][method];
      ExpectFigures(judged, method, figures.all.auc, figures.all.average_precision,
                    figures.all.captured);
      for (std::size_t replicate = 0; replicate < 16; ++replicate) {
        const Judged expanded = Expanded(judged, seed, replicate);
        if (!RocAuc(expanded.scores[method], expanded.labels)) {
          EXPECT_TRUE(std::isnan(figures.auc[replicate]));
          continue;
        }
        std::array<double, kReaches.size()> captured{};
        for (std::size_t reach = 0; reach < kReaches.size(); ++reach) {
          captured[reach] = figures.captured[reach][replicate];
        }
        ExpectFigures(expanded, method, figures.auc[replicate],
                      figures.average_precision[replicate], captured);
      }
    }
  }
}

// For what may be no number.
std::uint64_t Bits(double value) { return std::bit_cast<std::uint64_t>(value); }

TEST(EvaluateRankings, IsTheSameForAnyNumberOfThreadsAndOrderOfRows) {
  std::mt19937_64 random(TestSeed());
  const Judged judged = RandomPeople(random);
  Judged reversed = judged;
  std::ranges::reverse(reversed.people);
  std::ranges::reverse(reversed.labels);
  for (auto& scores : reversed.scores) {
    std::ranges::reverse(scores);
  }
  const std::vector<EvaluatedRows> segments = {judged.View(), reversed.View()};

  const auto one = EvaluateRankings(segments, {.replicates = 100, .threads = 1});
  const auto four = EvaluateRankings(segments, {.replicates = 100, .threads = 4});

  ASSERT_EQ(one[0][0].auc.size(), 104);  // whole blocks
  for (std::size_t i = 0; i < one[0][0].auc.size(); ++i) {
    for (std::size_t method = 0; method < 2; ++method) {
      EXPECT_EQ(Bits(one[0][method].average_precision[i]),
                Bits(four[0][method].average_precision[i]));
      EXPECT_EQ(Bits(one[0][method].auc[i]), Bits(one[1][method].auc[i]));
    }
  }
}

TEST(EvaluateRankings, HasNoFigureOfOneClassAlone) {
  const std::vector<std::uint64_t> people = {1, 2};
  const std::vector<std::uint8_t> labels = {0, 0};
  const std::vector<double> scores = {0.1, 0.2};
  const EvaluatedRows rows{.people = people, .labels = labels, .scores = {scores}};

  const auto found = EvaluateRankings({&rows, 1}, {.replicates = 8});

  EXPECT_TRUE(std::isnan(found[0][0].all.auc));
  EXPECT_TRUE(std::isnan(found[0][0].all.average_precision));
}

TEST(EvaluateRankings, StopsWhenAsked) {
  std::stop_source stop;
  stop.request_stop();
  const Judged judged{.people = {1, 2}, .labels = {0, 1}, .scores = {{{0, 1}, {1, 0}}}};
  const EvaluatedRows rows = judged.View();

  EXPECT_THROW(EvaluateRankings({&rows, 1}, {.stop = stop.get_token()}), CancelledError);
}

// By the definition: rates at every threshold, with straight lines between.
double SlowTruePositiveRate(const Judged& judged, double wanted) {
  const std::vector<double>& scores = judged.scores[0];
  const auto rate = [&](double threshold, std::uint8_t label) {
    double hits = 0;
    double all = 0;
    for (std::size_t row = 0; row < scores.size(); ++row) {
      if (judged.labels[row] != label) {
        continue;
      }
      ++all;
      hits += scores[row] >= threshold ? 1 : 0;
    }
    return hits / all;
  };
  std::vector<std::pair<double, double>> points = {{0, 0}};
  for (const double threshold : scores) {
    points.emplace_back(rate(threshold, 0), rate(threshold, 1));
  }
  std::ranges::sort(points);
  double found = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (points[i].first <= wanted) {
      found = std::max(found, points[i].second);
    } else if (i > 0 && points[i - 1].first <= wanted) {
      const auto [left, below] = points[i - 1];
      const auto [right, above] = points[i];
      found = std::max(found, below + (wanted - left) / (right - left) * (above - below));
    }
  }
  return found;
}

double SlowPrecision(const Judged& judged, int percent) {
  const std::vector<double>& scores = judged.scores[0];
  std::vector<double> thresholds = scores;
  std::ranges::sort(thresholds, std::greater{});
  const auto all = std::ranges::count(judged.labels, 1);
  for (const double threshold : thresholds) {
    std::ptrdiff_t hits = 0;
    std::ptrdiff_t taken = 0;
    for (std::size_t row = 0; row < scores.size(); ++row) {
      taken += scores[row] >= threshold ? 1 : 0;
      hits += scores[row] >= threshold && judged.labels[row] != 0 ? 1 : 0;
    }
    if (100 * hits >= percent * all) {
      return static_cast<double>(hits) / static_cast<double>(taken);
    }
  }
  return -1;
}

TEST(Curves, AreThoseOfTheDefinition) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < TestRounds(); ++round) {
    const Judged judged = RandomPeople(random);

    const std::vector<double> rates = TruePositiveRates(judged.scores[0], judged.labels);
    const std::vector<double> precisions = PrecisionsByRecall(judged.scores[0], judged.labels);

    ASSERT_EQ(rates.size(), kCurvePoints);
    ASSERT_EQ(precisions.size(), kCurvePoints);
    for (int percent = 1; percent <= 100; ++percent) {
      const auto at = static_cast<std::size_t>(percent - 1);
      EXPECT_NEAR(rates[at], SlowTruePositiveRate(judged, percent / 100.0), 1e-12);
      EXPECT_NEAR(precisions[at], SlowPrecision(judged, percent), 1e-12);
    }
  }
  EXPECT_TRUE(TruePositiveRates(std::vector{1.0}, std::vector<std::uint8_t>{1}).empty());
  EXPECT_TRUE(PrecisionsByRecall(std::vector{1.0}, std::vector<std::uint8_t>{0}).empty());
}

TEST(CalibrationBins, HaveAsManyPeopleEach) {
  std::vector<double> probabilities;
  std::vector<std::uint8_t> labels;
  for (int i = 0; i < 100; ++i) {
    probabilities.push_back((99 - i) / 100.0);
    labels.push_back(i < 30 ? 1 : 0);  // the highest
  }

  const std::vector<CalibrationBin> bins = CalibrationBins(probabilities, labels);

  ASSERT_EQ(bins.size(), 10);
  for (std::size_t bin = 0; bin < bins.size(); ++bin) {
    EXPECT_NEAR(bins[bin].predicted, 0.1 * static_cast<double>(bin) + 0.045, 1e-12);
    EXPECT_EQ(bins[bin].observed, bin < 7 ? 0 : 1);
    EXPECT_EQ(bins[bin].people, 10);
  }
  EXPECT_EQ(CalibrationBins(std::vector{0.5, 0.25}, std::vector<std::uint8_t>{1, 0}),
            (std::vector<CalibrationBin>{{.predicted = 0.25, .observed = 0, .people = 1},
                                         {.predicted = 0.5, .observed = 1, .people = 1}}));
}

}  // namespace
}  // namespace weir::learn
