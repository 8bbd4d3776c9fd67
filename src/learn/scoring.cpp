#include "learn/scoring.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/parallel.h"

namespace weir::learn {
namespace {

// What models make of each term. Models have slots, those of binary features in front: a term that
// many of them have a weight for is a row of all slots, which is added as a whole, any other term a
// list.
class TermTable {
 public:
  TermTable(std::size_t num_terms, std::span<const ScoredModel> models)
      : num_slots_(models.size()), slots_(models.size()), terms_(num_terms) {
    for (const Transform transform : {Transform::kBinary, Transform::kLogIdf}) {
      for (std::size_t model = 0; model < models.size(); ++model) {
        if (models[model].transform == transform) {
          slots_[model] = next_slot_++;
        }
      }
      if (transform == Transform::kBinary) {
        num_binary_ = next_slot_;
      }
    }
    for (std::size_t model = 0; model < models.size(); ++model) {
      for (std::size_t i = 0; i < models[model].terms.size(); ++i) {
        terms_[models[model].terms[i]].weights.push_back(
            {.slot = slots_[model], .weight = models[model].weights[i]});
      }
      if (slots_[model] < num_binary_) {
        continue;
      }
      for (const std::uint32_t term : models[model].masked) {
        terms_[term].masking.push_back(slots_[model]);
      }
    }
    for (Term& term : terms_) {
      MakeRow(term);
    }
  }

  std::size_t num_slots() const { return num_slots_; }
  std::uint32_t num_binary() const { return num_binary_; }
  std::uint32_t SlotOf(std::size_t model) const { return slots_[model]; }

  // Adds a term of this value to the sums of all slots.
  void Add(std::uint32_t number, double value, std::span<double> sums) const {
    const Term& term = terms_[number];
    if (term.row != kNoRow) {
      const double* const row = rows_.data() + term.row;
      for (std::size_t slot = 0; slot < num_binary_; ++slot) {
        sums[slot] += row[slot];
      }
      for (std::size_t slot = num_binary_; slot < num_slots_; ++slot) {
        sums[slot] += row[slot] * value;
      }
      return;
    }
    for (const Weight& weight : term.weights) {
      sums[weight.slot] += weight.slot < num_binary_ ? weight.weight : weight.weight * value;
    }
  }

  // Slots, not binary, for which the term doesn't exist.
  std::span<const std::uint32_t> SlotsMasking(std::uint32_t term) const {
    return terms_[term].masking;
  }

 private:
  static constexpr auto kNoRow = static_cast<std::size_t>(-1);

  struct Weight {
    std::uint32_t slot = 0;
    double weight = 0;
  };
  struct Term {
    std::vector<Weight> weights;  // by model; none if there is a row
    std::size_t row = kNoRow;     // where it begins
    std::vector<std::uint32_t> masking;
  };

  void MakeRow(Term& term) {
    constexpr std::size_t kShare = 4;  // a list entry costs as much as so many of a row
    if (term.weights.size() * kShare < num_slots_) {
      return;
    }
    term.row = rows_.size();
    rows_.resize(rows_.size() + num_slots_);
    for (const Weight& weight : term.weights) {
      rows_[term.row + weight.slot] = weight.weight;
    }
    term.weights = {};
  }

  std::size_t num_slots_;
  std::uint32_t next_slot_ = 0;
  std::uint32_t num_binary_ = 0;
  std::vector<std::uint32_t> slots_;  // by model
  std::vector<Term> terms_;
  std::vector<double> rows_;
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
        squares_(models.size()) {
    for (std::size_t days = 0; days < logs_.size(); ++days) {
      logs_[days] = std::log(1.0 + static_cast<double>(days));
    }
  }

  // scores[m] is the person's by model m.
  void Score(std::size_t person, std::span<double> scores) {
    std::ranges::fill(sums_, 0.0);
    values_.clear();
    masked_.clear();
    double squares = 0;
    for (std::size_t at = histories_.offsets[person]; at < histories_.offsets[person + 1]; ++at) {
      const std::uint32_t term = vocabulary_.term_of[histories_.tokens[at]];
      if (term == Vocabulary::kNotIn) {
        continue;
      }
      const double value = LogOf(histories_.days[at]) * vocabulary_.idf[term];
      squares += value * value;
      terms_.Add(term, value, sums_);
      for (const std::uint32_t slot : terms_.SlotsMasking(term)) {
        masked_.emplace_back(slot, values_.size());
      }
      values_.push_back(value);
    }
    std::ranges::fill(squares_, squares);
    SumWithoutMasked();
    for (std::size_t model = 0; model < models_.size(); ++model) {
      scores[model] = models_[model].intercept + Product(terms_.SlotOf(model));
    }
  }

 private:
  double LogOf(std::uint16_t days) const {
    return days < logs_.size() ? logs_[days] : std::log(1.0 + static_cast<double>(days));
  }

  // Summed anew, not subtracted: who differs in masked terms alone must have the very same score,
  // or its last bits would tell the label.
  void SumWithoutMasked() {
    std::ranges::sort(masked_);
    for (auto masked = masked_.begin(); masked != masked_.end();) {
      const std::uint32_t slot = masked->first;
      double squares = 0;
      for (std::size_t i = 0; i < values_.size(); ++i) {
        if (masked != masked_.end() && *masked == std::pair(slot, i)) {
          ++masked;
        } else {
          squares += values_[i] * values_[i];
        }
      }
      squares_[slot] = squares;
    }
  }

  double Product(std::uint32_t slot) const {
    if (slot < terms_.num_binary()) {
      return sums_[slot];
    }
    return squares_[slot] > 0 ? sums_[slot] / std::sqrt(squares_[slot]) : 0;
  }

  const TokenHistories& histories_;
  const Vocabulary& vocabulary_;
  std::span<const ScoredModel> models_;
  const TermTable& terms_;
  std::array<double, 64> logs_{};  // ln(1 + days) of few days
  std::vector<double> sums_;       // by slot
  std::vector<double> squares_;    // by slot: the row's length, squared
  std::vector<double> values_;     // of the person's terms, in their order
  std::vector<std::pair<std::uint32_t, std::size_t>> masked_;  // slots, and terms they don't have
};

bool IsBetter(const ScoredPerson& left, const ScoredPerson& right) {
  return left.score != right.score ? left.score > right.score : left.person < right.person;
}

// The best so far of one model; now and then those that can't stay are dropped.
class Best {
 public:
  explicit Best(const ScoredModel& model) : model_(model) {}

  void Add(const ScoredPerson& person) {
    if (model_.wanted == 0 || (is_full_ && !IsBetter(person, worst_))) {
      return;
    }
    if (std::ranges::binary_search(model_.excluded, person.person)) {
      return;
    }
    people_.push_back(person);
    if (people_.size() >= 2 * model_.wanted) {
      Prune();
    }
  }

  std::vector<ScoredPerson> Take() {
    Prune();
    std::ranges::sort(people_, IsBetter);
    return std::move(people_);
  }

 private:
  void Prune() {
    if (people_.size() < model_.wanted || model_.wanted == 0) {
      return;
    }
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

// The scores of one model, of many that stand beside each other for each person from `person` on.
void AddEach(std::span<const double> scores, std::size_t model, std::size_t models,
             std::size_t person, Best& best) {
  for (std::size_t at = model; at < scores.size(); at += models) {
    best.Add({.person = static_cast<std::uint32_t>(person), .score = scores[at]});
    ++person;
  }
}

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
    if (options.stop.stop_requested()) {
      throw CancelledError();
    }
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
        const std::size_t end = (first_of(block + 1) - first_of(block)) * models.size();
        AddEach(std::span(scores[block]).first(end), model, models.size(), first_of(block),
                best[model]);
      }
    });
  }
  std::vector<std::vector<ScoredPerson>> result;
  result.reserve(best.size());
  for (Best& of_model : best) {
    result.push_back(of_model.Take());
  }
  return result;
}

}  // namespace weir::learn
