#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace weir::identity {

// An id as found and as it is in truth; numbers that are equal stand for the same.
struct JudgedId {
  std::uint64_t person = 0;  // that it was found to be of
  std::uint64_t owner = 0;   // whose it is
  std::uint64_t group = 0;   // ids of one owner that evidence could have joined
};

// How people that were found agree with the truth: by pairs of ids, and by B-cubed (Bagga and
// Baldwin, 1998), where each id is judged by the others of its person. Shares of nothing are
// absent.
struct Quality {
  std::uint64_t ids = 0;
  std::uint64_t found_pairs = 0;     // of one found person
  std::uint64_t right_pairs = 0;     // of them those of one owner
  std::uint64_t joinable_pairs = 0;  // of one group
  std::uint64_t joined_pairs = 0;    // of them those of one found person
  // Means over ids: the share of its found person that is its owner's, of its group that was found.
  std::optional<double> bcubed_precision{};
  std::optional<double> bcubed_recall{};

  std::optional<double> Precision() const;
  std::optional<double> Recall() const;
  std::optional<double> F1() const;  // harmonic mean of both
  std::optional<double> BcubedF1() const;
};

// The same to the bit for any order of ids. Cost: two sorts.
Quality Judge(const std::vector<JudgedId>& ids);

}  // namespace weir::identity
