// The automaton of A. V. Aho and M. J. Corasick ("Efficient string matching", 1975) with its
// failure links worked into one table, so that a byte of text costs one look-up whatever the number
// of atoms. Bytes that no atom has share a column.
#include "enrich/atom_matcher.h"

#include <algorithm>

namespace weir::enrich {

AtomMatcher::AtomMatcher(const std::vector<std::string>& atoms) {
  CountBytes(atoms);
  next_.resize(num_classes_);
  atom_ = {-1};
  for (std::size_t i = 0; i < atoms.size(); ++i) {
    AddAtom(atoms[i], static_cast<int>(i));
  }
  Link();
}

void AtomMatcher::CountBytes(const std::vector<std::string>& atoms) {
  for (const std::string& atom : atoms) {
    for (const char c : atom) {
      std::uint8_t& byte_class = class_of_[static_cast<std::uint8_t>(c)];
      if (byte_class == 0) {
        byte_class = static_cast<std::uint8_t>(num_classes_++);
      }
    }
  }
  for (std::size_t c = 'a'; c <= 'z'; ++c) {
    class_of_[c - 'a' + 'A'] = class_of_[c];
  }
}

void AtomMatcher::AddAtom(std::string_view atom, int index) {
  std::uint32_t state = 0;
  for (const char c : atom) {
    const std::size_t byte_class = class_of_[static_cast<std::uint8_t>(c)];
    if (Next(state, byte_class) == 0) {
      Next(state, byte_class) = static_cast<std::uint32_t>(atom_.size());
      atom_.push_back(-1);
      next_.resize(next_.size() + num_classes_);
    }
    state = Next(state, byte_class);
  }
  atom_[state] = index;
}

// Visits the states by their depth: the state of the longest proper suffix is complete before.
void AtomMatcher::Link() {
  std::vector<std::uint32_t> suffix(atom_.size());
  std::vector<std::uint32_t> queue = {0};
  shorter_.resize(atom_.size());
  for (std::size_t at = 0; at < queue.size(); ++at) {
    const std::uint32_t state = queue[at];
    shorter_[state] = atom_[suffix[state]] >= 0 ? suffix[state] : shorter_[suffix[state]];
    for (std::size_t c = 0; c < num_classes_; ++c) {
      const std::uint32_t beyond = state == 0 ? 0 : Next(suffix[state], c);
      if (const std::uint32_t child = Next(state, c); child != 0) {
        suffix[child] = beyond;
        queue.push_back(child);
      } else {
        Next(state, c) = beyond;
      }
    }
  }
}

void AtomMatcher::Find(std::string_view text, std::vector<int>& found) const {
  found.clear();
  std::uint32_t state = 0;
  for (const char c : text) {
    state = next_[state * num_classes_ + class_of_[static_cast<std::uint8_t>(c)]];
    for (std::uint32_t at = atom_[state] >= 0 ? state : shorter_[state]; at != 0;
         at = shorter_[at]) {
      found.push_back(atom_[at]);
    }
  }
  std::ranges::sort(found);
  const auto repeats = std::ranges::unique(found);
  found.erase(repeats.begin(), repeats.end());
}

}  // namespace weir::enrich
