#include "identity/person_set.h"

#include <algorithm>
#include <utility>

namespace weir::identity {
namespace {

constexpr std::size_t kFirstPlaces = 64;

}  // namespace

bool PersonSet::Add(const Hash128& person) {
  if (size_ * 2 >= persons_.size()) {
    Grow();
  }
  const std::size_t place = PlaceOf(person);
  if (is_taken_[place] != 0) {
    return false;
  }
  persons_[place] = person;
  is_taken_[place] = 1;
  ++size_;
  return true;
}

std::vector<Hash128> PersonSet::All() const {
  std::vector<Hash128> all;
  all.reserve(size_);
  for (std::size_t place = 0; place < persons_.size(); ++place) {
    if (is_taken_[place] != 0) {
      all.push_back(persons_[place]);
    }
  }
  return all;
}

std::size_t PersonSet::PlaceOf(const Hash128& person) const {
  const std::size_t mask = persons_.size() - 1;
  std::size_t place = person.low & mask;
  while (is_taken_[place] != 0 && persons_[place] != person) {
    place = (place + 1) & mask;
  }
  return place;
}

void PersonSet::Grow() {
  PersonSet larger;
  larger.persons_.resize(std::max(kFirstPlaces, persons_.size() * 2));
  larger.is_taken_.resize(larger.persons_.size());
  for (std::size_t place = 0; place < persons_.size(); ++place) {
    if (is_taken_[place] != 0) {
      larger.Add(persons_[place]);
    }
  }
  *this = std::move(larger);
}

}  // namespace weir::identity
