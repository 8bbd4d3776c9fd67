#pragma once

#include <array>
#include <span>
#include <string_view>

#include "world/countries.h"
#include "world/short_list.h"

namespace weir::world {

constexpr std::size_t kNumTopics = 30;

// What a page may be about.
struct Topic {
  std::string_view name;  // also the section of a portal that has many topics
  std::string_view category;
  std::array<ShortList<std::string_view, 14>, kNumLanguages> words;
};

std::span<const Topic, kNumTopics> Topics();

// Words that stand in pages of every topic.
std::span<const std::string_view> GeneralWords();

}  // namespace weir::world
