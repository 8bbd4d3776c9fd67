#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

// For tests alone: property tests take a fresh seed each time and say which it was.
namespace weir {

// WEIR_TEST_SEED of the environment, or a fresh seed; printed, so that a failure can be repeated.
inline std::uint64_t TestSeed() {
  const char* given = std::getenv("WEIR_TEST_SEED");
  const std::uint64_t seed = given != nullptr ? std::stoull(given) : std::random_device{}();
  std::cout << "WEIR_TEST_SEED=" << seed << "\n" << std::flush;
  return seed;
}

// How often a property test repeats: WEIR_TEST_ROUNDS of the environment, or 20.
inline int TestRounds() {
  const char* given = std::getenv("WEIR_TEST_ROUNDS");
  return given != nullptr ? std::stoi(given) : 20;
}

}  // namespace weir
