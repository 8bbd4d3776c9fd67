#include "operators/learn/run_identity.h"

#include <string_view>
#include <type_traits>
#include <utility>

namespace weir::operators {
namespace {

// Fixed-size values one behind the other.
class Packed {
 public:
  template <typename Value>
  Packed& operator<<(const Value& value) {
    static_assert(std::has_unique_object_representations_v<Value>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
    return *this;
  }
  Hash128 Hash() const { return HashOf(bytes_); }
  void Clear() { bytes_.clear(); }

 private:
  std::string bytes_;
};

}  // namespace

RunIdentity::RunIdentity(const LearningHistories& histories, const learn::Vocabulary& vocabulary,
                         nlohmann::json settings)
    : vocabulary_(vocabulary), settings_(std::move(settings)) {
  for (const std::string& token : histories.tokens) {
    tokens_.push_back(HashOf(token));
  }
  Packed packed;
  for (std::size_t person = 0; person < histories.people.size(); ++person) {
    packed.Clear();
    packed << HashOf(histories.people[person]);
    for (std::size_t i = histories.offsets[person]; i < histories.offsets[person + 1]; ++i) {
      packed << tokens_[histories.token_numbers[i]] << histories.days[i];
    }
    people_.push_back(packed.Hash());
  }
  packed.Clear();
  packed << histories.people.size();
  for (std::size_t term = 0; term < vocabulary.tokens.size(); ++term) {
    packed << tokens_[vocabulary.tokens[term]] << vocabulary.people[term];
  }
  terms_ = packed.Hash();
}

std::string RunIdentity::Of(std::int64_t segment, const learn::TrainingSet& rows,
                            std::int64_t positives, std::int64_t eligible) const {
  const nlohmann::json identity{{"segment", segment},          {"settings", settings_},
                                {"vocabulary", ToHex(terms_)}, {"positives", positives},
                                {"eligible", eligible},        {"masks", ToHex(MasksOf(rows))},
                                {"rows", ToHex(RowsOf(rows))}};
  return ToHex(HashOf(identity.dump()));
}

// The sum over rows, so that their order is nothing.
Hash128 RunIdentity::RowsOf(const learn::TrainingSet& rows) const {
  Hash128 sum;
  Packed packed;
  for (std::size_t fold = 0; fold < rows.people.size(); ++fold) {
    for (std::size_t i = 0; i < rows.people[fold].size(); ++i) {
      packed.Clear();
      packed << people_[rows.people[fold][i]] << fold << rows.labels[fold][i];
      sum += packed.Hash();
    }
  }
  return sum;
}

Hash128 RunIdentity::MasksOf(const learn::TrainingSet& rows) const {
  Packed packed;
  for (std::size_t term = 0; term < rows.is_masked.size(); ++term) {
    if (rows.is_masked[term]) {
      packed << tokens_[vocabulary_.tokens[term]];
    }
  }
  return packed.Hash();
}

}  // namespace weir::operators
