// What training and scoring take by themselves, on people that bench/lookalikes/people.py made:
//
//   learn_bench fit FOLDER C l1|l2 binary|log_idf TOLERANCE    one model on all rows
//   learn_bench score FOLDER MODELS WANTED THREADS             the best people of random models
//   learn_bench select FOLDER SEGMENTS THREADS                 whole grids on drawn segments
//
// Prints one JSON object: CPU and wall seconds of the work alone, and what came out.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "base/parallel.h"
#include "learn/logistic_problem.h"
#include "learn/model_selection.h"
#include "learn/scoring.h"

namespace weir::learn {
namespace {

template <typename Number>
std::vector<Number> ReadNumbers(const std::filesystem::path& file) {
  std::vector<Number> numbers(std::filesystem::file_size(file) / sizeof(Number));
  std::ifstream stream(file, std::ios::binary);
  stream.read(reinterpret_cast<char*>(numbers.data()),
              static_cast<std::streamsize>(numbers.size() * sizeof(Number)));
  return numbers;
}

struct People {
  std::vector<std::uint64_t> offsets;
  std::vector<std::uint32_t> tokens;
  std::vector<std::uint16_t> days;
  std::vector<std::uint8_t> labels;

  explicit People(const std::filesystem::path& folder)
      : offsets(ReadNumbers<std::uint64_t>(folder / "offsets")),
        tokens(ReadNumbers<std::uint32_t>(folder / "tokens")),
        days(ReadNumbers<std::uint16_t>(folder / "days")),
        labels(ReadNumbers<std::uint8_t>(folder / "labels")) {}

  TokenHistories View() const {
    return {.offsets = offsets,
            .tokens = tokens,
            .days = days,
            .num_tokens = *std::ranges::max_element(tokens) + 1};
  }
};

// CPU seconds of the process and wall seconds since it was made.
class Stopwatch {
 public:
  std::string Json() const {
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - wall_;
    const double cpu = static_cast<double>(std::clock() - cpu_) / CLOCKS_PER_SEC;
    return "\"cpu\": " + std::to_string(cpu) + ", \"wall\": " + std::to_string(wall.count());
  }

 private:
  std::clock_t cpu_ = std::clock();
  std::chrono::steady_clock::time_point wall_ = std::chrono::steady_clock::now();
};

void BenchFit(const People& people, double c, bool is_l1, Transform transform, double tolerance) {
  const TokenHistories histories = people.View();
  const Vocabulary vocabulary = ChooseVocabulary(histories, {.min_people = 1, .max_share = 1});
  std::vector<std::vector<std::uint32_t>> fold(1);
  for (std::uint32_t person = 0; person < histories.num_people(); ++person) {
    fold.front().push_back(person);
  }
  const Stopwatch building;
  const DesignMatrix matrix(histories, vocabulary, fold, {});
  const Features features(matrix, vocabulary.idf, transform);
  const std::string built = building.Json();
  const std::vector<double> costs(matrix.num_rows(), c);
  const Stopwatch fitting;
  const LogisticFit fit =
      FitLogistic({.features = &features,
                   .labels = people.labels,
                   .costs = costs,
                   .held_out = std::nullopt,
                   .penalty = is_l1 ? Penalty{.l1 = 1, .l2 = 0} : Penalty{.l1 = 0, .l2 = 1}},
                  {.tolerance = tolerance}, {});
  std::cout.precision(17);
  std::cout << "{" << fitting.Json() << ", \"build\": {" << built
            << "}, \"objective\": " << fit.objective << ", \"passes\": " << fit.passes
            << ", \"entries\": " << matrix.num_entries() << "}\n";
}

void BenchScore(const People& people, std::size_t models, std::size_t wanted, int threads) {
  const TokenHistories histories = people.View();
  const Vocabulary vocabulary = ChooseVocabulary(histories, {.min_people = 10, .max_share = 0.5});
  std::mt19937_64 random(7);
  std::vector<ScoredModel> scored(models);
  for (ScoredModel& model : scored) {
    model.wanted = wanted;
    for (std::uint32_t term = 0; term < vocabulary.tokens.size(); ++term) {
      model.terms.push_back(term);
      model.weights.push_back(static_cast<double>(random() % 2000) / 1000 - 1);
    }
  }
  const Stopwatch scoring;
  const auto best = BestPeople(histories, vocabulary, scored, {.threads = threads});
  double sum = 0;
  for (const auto& of_model : best) {
    sum += of_model.empty() ? 0 : of_model.front().score;
  }
  std::cout << "{" << scoring.Json() << ", \"people\": " << histories.num_people()
            << ", \"checksum\": " << sum << "}\n";
}

// Positives by a random taste for tokens, ten negatives each; sizes log-uniform in 200 … 5,000.
TrainingSet DrawSegment(const People& people, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const TokenHistories histories = people.View();
  const auto everybody = static_cast<std::uint32_t>(histories.num_people());
  const double share = static_cast<double>(random() % 10000) / 10000;
  const auto positives = static_cast<std::size_t>(200 * std::pow(25.0, share));
  std::vector<double> taste(histories.num_tokens);
  for (double& liking : taste) {
    liking = random() % 5 == 0 ? static_cast<double>(random() % 3) : 0;
  }
  std::vector<std::pair<double, std::uint32_t>> order;
  for (std::uint32_t person = 0; person < everybody; ++person) {
    double liking = static_cast<double>(random() % 1000) / 100;
    for (std::size_t at = histories.offsets[person]; at < histories.offsets[person + 1]; ++at) {
      liking += taste[histories.tokens[at]];
    }
    const auto tokens =
        static_cast<double>(histories.offsets[person + 1] - histories.offsets[person]);
    order.emplace_back(-liking / std::sqrt(tokens + 1), person);
  }
  std::ranges::sort(order);
  TrainingSet set;
  set.people.resize(3);
  set.labels.resize(3);
  const auto add = [&](std::uint32_t person, std::uint8_t label) {
    const std::size_t fold = person * 2654435761U % 3;
    set.people[fold].push_back(person);
    set.labels[fold].push_back(label);
  };
  for (std::size_t i = 0; i < positives; ++i) {
    add(order[i].second, 1);
  }
  std::shuffle(order.begin() + static_cast<std::ptrdiff_t>(positives), order.end(), random);
  for (std::size_t i = positives; i < 11 * positives && i < order.size(); ++i) {
    add(order[i].second, 0);
  }
  return set;
}

void BenchSelect(const People& people, std::size_t segments, int threads) {
  const TokenHistories histories = people.View();
  const Vocabulary vocabulary = ChooseVocabulary(histories, {.min_people = 10, .max_share = 0.5});
  std::vector<TrainingSet> sets;
  sets.reserve(segments);
  for (std::size_t segment = 0; segment < segments; ++segment) {
    sets.push_back(DrawSegment(people, segment));
  }
  std::ranges::sort(sets, std::greater{}, [](const TrainingSet& set) {
    return set.people[0].size() + set.people[1].size() + set.people[2].size();
  });
  std::vector<double> aucs(segments);
  const Stopwatch selecting;
  ParallelFor(segments, threads, [&](std::size_t segment) {
    const auto selection = SelectModel(histories, vocabulary, sets[segment], {});
    aucs[segment] = selection ? selection->grid[selection->chosen].mean : 0;
  });
  double sum = 0;
  for (const double auc : aucs) {
    sum += auc;
  }
  std::cout << "{" << selecting.Json() << ", \"segments\": " << segments
            << ", \"auc\": " << sum / static_cast<double>(segments) << "}\n";
}

int Main(const std::vector<std::string>& words) {
  if (words.size() >= 2) {
    const People people(words[1]);
    if (words[0] == "fit" && words.size() == 6) {
      BenchFit(people, std::stod(words[2]), words[3] == "l1",
               words[4] == "binary" ? Transform::kBinary : Transform::kLogIdf, std::stod(words[5]));
      return 0;
    }
    if (words[0] == "score" && words.size() == 5) {
      BenchScore(people, std::stoul(words[2]), std::stoul(words[3]), std::stoi(words[4]));
      return 0;
    }
    if (words[0] == "select" && words.size() == 4) {
      BenchSelect(people, std::stoul(words[2]), std::stoi(words[3]));
      return 0;
    }
  }
  std::cerr << "usage: learn_bench fit|score|select FOLDER …: see the head of learn_bench.cpp\n";
  return 2;
}

}  // namespace
}  // namespace weir::learn

int main(int argc, char** argv) { return weir::learn::Main({argv + 1, argv + argc}); }
