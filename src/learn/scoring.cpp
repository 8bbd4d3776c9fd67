#include "learn/scoring.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/parallel.h"

namespace weir::learn {
namespace {

// What models make of a term: their weights, beside each other.
struct TermWeight {
  std::uint32_t model = 0;
  double weight = 0;
};

// Weights by term, and which models mask it.
class TermTable {
 public:
  TermTable(std::size_t num_terms, std::span<const ScoredModel> models)
      : weights_(num_terms), masking_(num_terms) {
    for (std::uint32_t model = 0; model < models.size(); ++model) {
      for (std::size_t i = 0; i < models[model].terms.size(); ++i) {
        weights_[models[model].terms[i]].push_back(
            {.model = model, .weight = models[model].weights[i]});
      }
      for (const std::uint32_t term : models[model].masked)
        masking_[term].push_back(model);
    }
  }

  std::span<const TermWeight> WeightsOf(std::uint32_t term) const { return weights_[term]; }
  std::span<const std::uint32_t> ModelsMasking(std::uint32_t term) const { return masking_[term]; }

 private:
  std::vector<std::vector<TermWeight>> weights_;
  std::vector<std::vector<std::uint32_t>> masking_;
};

// Sums of one person for every model.
class PersonScorer {
 public:
  PersonScorer(const TokenHistories& histories, const Vocabulary& vocabulary,
               std::span<const ScoredModel> models, const TermTable& terms)
      : histories_(histories),
        vocabulary_(vocabulary),
        models_(models),
        terms_(terms),
        sums_(models.size()),
        masked_squares_(models.size()) {}

  // scores[m] is the person's by model m.
  void Score(std::size_t person, std::span<double> scores) {
    std::ranges::fill(sums_, Sum{});
    std::ranges::fill(masked_squares_, 0.0);
    double squares = 0;
    for (std::size_t at = histories_.offsets[person]; at < histories_.offsets[person + 1]; ++at) {
      const std::uint32_t term = vocabulary_.term_of[histories_.tokens[at]];
      if (term == Vocabulary::kNotIn)
        continue;
      const double value =
          std::log(1.0 + static_cast<double>(histories_.days[at])) * vocabulary_.idf[term];
      squares += value * value;
      for (const TermWeight& weight : terms_.WeightsOf(term)) {
        Sum& sum = sums_[weight.model];
        sum.binary += weight.weight;
        sum.weighed += weight.weight * value;
      }
      for (const std::uint32_t model : terms_.ModelsMasking(term)) {
        masked_squares_[model] += value * value;
      }
    }
    for (std::size_t model = 0; model < models_.size(); ++model) {
      scores[model] = models_[model].intercept + Product(model, squares);
    }
  }

 private:
  struct Sum {
    double binary = 0;
    double weighed = 0;
  };

  double Product(std::size_t model, double squares) const {
    if (models_[model].transform == Transform::kBinary)
      return sums_[model].binary;
    // No less than rounding leaves where every term is masked: then nothing was summed either.
    const double left = squares - masked_squares_[model];
    return left > 1e-12 * squares ? sums_[model].weighed / std::sqrt(left) : 0;
  }

  const TokenHistories& histories_;
  const Vocabulary& vocabulary_;
  std::span<const ScoredModel> models_;
  const TermTable& terms_;
  std::vector<Sum> sums_;
  std::vector<double> masked_squares_;
};

bool IsBetter(const ScoredPerson& left, const ScoredPerson& right) {
  return left.score != right.score ? left.score > right.score : left.person < right.person;
}

// The best so far of one model; now and then those that can't stay are dropped.
class Best {
 public:
  explicit Best(const ScoredModel& model) : model_(model) {}

  void Add(const ScoredPerson& person) {
    if (model_.wanted == 0 || (is_full_ && !IsBetter(person, worst_)))
      return;
    if (std::ranges::binary_search(model_.excluded, person.person))
      return;
    people_.push_back(person);
    if (people_.size() >= 2 * model_.wanted)
      Prune();
  }

  std::vector<ScoredPerson> Take() {
    Prune();
    std::ranges::sort(people_, IsBetter);
    return std::move(people_);
  }

 private:
  void Prune() {
    if (people_.size() < model_.wanted || model_.wanted == 0)
      return;
    const auto last = people_.begin() + static_cast<std::ptrdiff_t>(model_.wanted) - 1;
    std::ranges::nth_element(people_, last, IsBetter);
    worst_ = *last;
    is_full_ = true;
    people_.resize(model_.wanted);
  }

  const ScoredModel& model_;
  std::vector<ScoredPerson> people_;
  ScoredPerson worst_;
  bool is_full_ = false;
};

}  // namespace

std::vector<std::vector<ScoredPerson>> BestPeople(const TokenHistories& histories,
                                                  const Vocabulary& vocabulary,
                                                  std::span<const ScoredModel> models,
                                                  const ScoringOptions& options) {
  const TermTable terms(vocabulary.tokens.size(), models);
  std::vector<Best> best(models.begin(), models.end());
  // Blocks are scored side by side, then each model looks through all of them.
  const std::size_t people_of_block =
      options.people_of_block > 0
          ? options.people_of_block
          : std::max<std::size_t>(1, (1U << 20U) / std::max<std::size_t>(models.size(), 1));
  const auto blocks = static_cast<std::size_t>(std::max(options.threads, 1));
  std::vector<std::vector<double>> scores(blocks,
                                          std::vector<double>(people_of_block * models.size()));
  const std::size_t num_people = histories.num_people();
  for (std::size_t begin = 0; begin < num_people; begin += blocks * people_of_block) {
    if (options.stop.stop_requested())
      throw CancelledError();
    const auto first_of = [&](std::size_t block) {
      return std::min(num_people, begin + block * people_of_block);
    };
    ParallelFor(blocks, options.threads, [&](std::size_t block) {
      PersonScorer scorer(histories, vocabulary, models, terms);
      for (std::size_t person = first_of(block); person < first_of(block + 1); ++person) {
        const std::size_t row = person - first_of(block);
        scorer.Score(person, std::span(scores[block]).subspan(row * models.size(), models.size()));
      }
    });
    ParallelFor(models.size(), options.threads, [&](std::size_t model) {
      for (std::size_t block = 0; block < blocks; ++block) {
        for (std::size_t person = first_of(block); person < first_of(block + 1); ++person) {
          const std::size_t row = person - first_of(block);
          best[model].Add({.person = static_cast<std::uint32_t>(person),
                           .score = scores[block][row * models.size() + model]});
        }
      }
    });
  }
  std::vector<std::vector<ScoredPerson>> result;
  for (Best& of_model : best)
    result.push_back(of_model.Take());
  return result;
}

}  // namespace weir::learn
