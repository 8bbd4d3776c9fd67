#include "operators/learn/scoring_models.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/process.h"

namespace weir::operators {
namespace {

// Terms are tokens here: what no model knows is left out by Vocabulary::term_of.
void SortByTerm(learn::ScoredModel& model) {
  std::vector<std::pair<std::uint32_t, double>> pairs;
  pairs.reserve(model.terms.size());
  for (std::size_t i = 0; i < model.terms.size(); ++i) {
    pairs.emplace_back(model.terms[i], model.weights[i]);
  }
  std::ranges::sort(pairs);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    std::tie(model.terms[i], model.weights[i]) = pairs[i];
  }
}

}  // namespace

ModelGroup::ModelGroup(std::size_t num_tokens) : idf_(num_tokens), is_used_(num_tokens) {}

bool ModelGroup::Fits(const onnx::ScoringModel& model,
                      const std::vector<std::uint32_t>& numbers) const {
  for (std::size_t i = 0; i < model.idf.size(); ++i) {
    const std::uint32_t number = numbers[i];
    if (number != NameNumbers::kNone && idf_[number] != 0 && idf_[number] != model.idf[i]) {
      return false;
    }
  }
  return true;
}

void ModelGroup::Add(const onnx::ScoringModel& model, const std::vector<std::uint32_t>& numbers,
                     std::int64_t segment, std::size_t wanted) {
  const bool is_binary = model.transform == onnx::Transform::kBinary;
  learn::ScoredModel scored;
  scored.transform = is_binary ? learn::Transform::kBinary : learn::Transform::kLogIdf;
  scored.intercept = model.intercept;
  scored.wanted = wanted;
  std::vector<std::uint32_t> known;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (numbers[i] == NameNumbers::kNone) {
      continue;
    }
    is_used_[numbers[i]] = true;
    if (model.weights[i] != 0) {
      scored.terms.push_back(numbers[i]);
      scored.weights.push_back(model.weights[i]);
    }
    if (!is_binary) {
      idf_[numbers[i]] = model.idf[i];
      known.push_back(numbers[i]);
    }
  }
  SortByTerm(scored);
  std::ranges::sort(known);
  segments_.push_back(segment);
  models_.push_back(std::move(scored));
  known_.push_back(std::move(known));
}

learn::Vocabulary ModelGroup::MakeVocabulary() const {
  learn::Vocabulary vocabulary;
  vocabulary.idf = idf_;
  for (std::uint32_t token = 0; token < idf_.size(); ++token) {
    vocabulary.tokens.push_back(token);
    vocabulary.term_of.push_back(is_used_[token] ? token : learn::Vocabulary::kNotIn);
  }
  return vocabulary;
}

std::vector<learn::ScoredModel> ModelGroup::MakeModels() const {
  std::vector<std::uint32_t> all;
  for (std::uint32_t token = 0; token < idf_.size(); ++token) {
    if (idf_[token] != 0) {
      all.push_back(token);
    }
  }
  std::vector<learn::ScoredModel> models = models_;
  for (std::size_t i = 0; i < models.size(); ++i) {
    if (models[i].transform == learn::Transform::kLogIdf) {
      std::ranges::set_difference(all, known_[i], std::back_inserter(models[i].masked));
    }
  }
  return models;
}

void AddModel(const onnx::ScoringModel& model, NameNumbers& tokens, std::size_t num_tokens,
              std::int64_t segment, std::size_t wanted, std::vector<ModelGroup>& groups) {
  std::vector<std::uint32_t> numbers;
  numbers.reserve(model.tokens.size());
  for (const std::string& token : model.tokens) {
    numbers.push_back(tokens.Of(token));
  }
  auto group = std::ranges::find_if(
      groups, [&](const ModelGroup& other) { return other.Fits(model, numbers); });
  if (group == groups.end()) {
    group = groups.insert(groups.end(), ModelGroup(num_tokens));
  }
  group->Add(model, numbers, segment, wanted);
}

std::vector<double> LogOddsOf(const onnx::ScoringModel& model, const Audience& audience,
                              NameNumbers& tokens, std::uint32_t num_tokens,
                              const std::stop_token& stop) {
  const std::size_t people = audience.people.size();
  std::vector<ModelGroup> groups;
  AddModel(model, tokens, num_tokens, 0, people, groups);
  const std::vector<learn::ScoredModel> models = groups.front().MakeModels();
  const auto best = learn::BestPeople(audience.View(num_tokens), groups.front().MakeVocabulary(),
                                      models, {.threads = AvailableProcessors(), .stop = stop});
  std::vector<double> scores(people);
  for (const learn::ScoredPerson& person : best.front()) {
    scores[person.person] = person.score;
  }
  return scores;
}

}  // namespace weir::operators
