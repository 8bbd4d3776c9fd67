#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "world/countries.h"

namespace weir::world {

constexpr std::size_t kNumTopics = 30;

// What a page may be about.
struct Topic {
  std::string_view name;  // also the section of a portal that has many topics
  std::string_view category;
  std::array<std::vector<std::string_view>, kNumLanguages> words;
};

const std::array<Topic, kNumTopics>& Topics();

// Words that stand in pages of every topic.
std::span<const std::string_view> GeneralWords();

}  // namespace weir::world
