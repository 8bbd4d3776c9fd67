#include "base/exact_sum.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "base/test_seed.h"

namespace weir {
namespace {

using Random = std::mt19937_64;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kMax = std::numeric_limits<double>::max();
constexpr double kSmallest = std::numeric_limits<double>::denorm_min();

double Sum(const std::vector<double>& terms) {
  ExactSum sum;
  sum.Add(terms);
  return sum.Value();
}

// A natural number in units of the smallest double, bit by bit: the slow, obvious reference.
class Natural {
 public:
  explicit Natural(double number = 0) { Add(number); }

  // Adds a finite number that isn't negative.
  void Add(double number) {
    int exponent = 0;
    const double fraction = std::frexp(number, &exponent);
    auto mantissa = static_cast<std::uint64_t>(std::ldexp(fraction, 53));
    int shift = exponent - 53 + 1074;
    for (; shift < 0; ++shift) {
      mantissa /= 2;
    }
    for (int bit = 0; bit < 53; ++bit) {
      if ((mantissa >> bit) % 2 == 1) {
        AddBit(static_cast<std::size_t>(shift + bit));
      }
    }
  }

  void AddBit(std::size_t place) {
    for (; bits_[place]; ++place) {
      bits_[place] = false;
    }
    bits_[place] = true;
  }

  // Takes away a number that isn't greater.
  Natural operator-(const Natural& other) const {
    Natural difference = *this;
    bool borrow = false;
    for (std::size_t place = 0; place < kBits; ++place) {
      const int digit = int{bits_[place]} - int{other.bits_[place]} - int{borrow};
      difference.bits_[place] = digit % 2 != 0;
      borrow = digit < 0;
    }
    return difference;
  }

  bool operator<(const Natural& other) const {
    return std::lexicographical_compare(bits_.rbegin(), bits_.rend(), other.bits_.rbegin(),
                                        other.bits_.rend());
  }

  // The nearest double, of two the one with an even last bit: searched for among all of them.
  double Rounded() const {
    std::uint64_t low = 0;
    std::uint64_t high = std::bit_cast<std::uint64_t>(kInfinity);
    while (high - low > 1) {
      const std::uint64_t middle = low + (high - low) / 2;
      (*this < Natural(std::bit_cast<double>(middle)) ? high : low) = middle;
    }
    Natural above;
    if (std::bit_cast<double>(high) == kInfinity) {
      above.AddBit(1024 + 1074);
    } else {
      above.Add(std::bit_cast<double>(high));
    }
    if (!(*this < above)) {
      return kInfinity;
    }
    const Natural down = *this - Natural(std::bit_cast<double>(low));
    const Natural up = above - *this;
    const bool take_low = down < up || (!(up < down) && low % 2 == 0);
    return std::bit_cast<double>(take_low ? low : high);
  }

 private:
  static constexpr std::size_t kBits = 2200;
  std::array<bool, kBits> bits_{};
};

double SlowSum(const std::vector<double>& terms) {
  Natural positive;
  Natural negative;
  for (const double term : terms) {
    (term < 0 ? negative : positive).Add(std::abs(term));
  }
  return positive < negative ? -(negative - positive).Rounded() : (positive - negative).Rounded();
}

// Terms around a random exponent, some over the whole range, some the negatives of others.
std::vector<double> RandomTerms(Random& random) {
  const auto pick = [&](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  const int centre = pick(-1074, 1020);
  const int spread = pick(0, 1) == 0 ? pick(0, 80) : 2100;
  std::vector<double> terms;
  for (int count = pick(1, 60); count > 0; --count) {
    const double mantissa = static_cast<double>(random() >> 11U) * (pick(0, 1) == 0 ? 1 : -1);
    const int exponent = std::clamp(pick(centre - spread, centre + spread), -1074, 1023);
    const double term = std::ldexp(pick(0, 3) == 0 ? 1 : mantissa, std::min(exponent, 970));
    terms.push_back(pick(0, 5) == 0 && !terms.empty() ? -terms.back() : term);
  }
  return terms;
}

TEST(ExactSum, EqualsTheSlowSumInAnyOrderAndSplit) {
  Random random(TestSeed());
  for (int round = 0; round < TestRounds() * 10; ++round) {
    std::vector<double> terms = RandomTerms(random);
    const double expected = SlowSum(terms);

    std::ranges::shuffle(terms, random);
    ExactSum left;
    ExactSum right;
    for (const double term : terms) {
      (random() % 2 == 0 ? left : right).Add(term);
    }
    left.Merge(right);

    EXPECT_EQ(Sum(terms), expected);
    EXPECT_EQ(left.Value(), expected);
  }
}

TEST(CompactTerms, KeepsTheSumInFewerTerms) {
  Random random(TestSeed());
  for (int round = 0; round < TestRounds() * 10; ++round) {
    std::vector<double> terms = RandomTerms(random);
    const double expected = Sum(terms);
    const std::size_t num_terms = terms.size();

    const auto count = CompactTerms(terms);

    if (count) {
      EXPECT_LE(*count, num_terms);
      terms.resize(*count);
      EXPECT_EQ(Sum(terms), expected);
    }
  }
}

TEST(CompactTerms, TakesFewPlacesForNumbersOfLikeSize) {
  std::vector<double> terms{0.1, 0.7, 3.3, 0.2, 8.1, 5.5};

  EXPECT_LE(CompactTerms(terms), 3);
}

TEST(CompactTerms, GivesUpOnOverflowAndSpecialNumbers) {
  std::vector<double> overflow{kMax, kMax, -kMax};
  std::vector<double> not_a_number{1.0, kNan};
  std::vector<double> infinite{kInfinity, -kInfinity};

  EXPECT_EQ(CompactTerms(overflow), std::nullopt);
  EXPECT_EQ(CompactTerms(not_a_number), std::nullopt);
  EXPECT_EQ(CompactTerms(infinite), std::nullopt);
}

TEST(ExactSum, LosesNothingToCancellation) {
  EXPECT_EQ(Sum({1e100, 1.0, -1e100}), 1.0);
  EXPECT_EQ(Sum({1e308, 1e308, -1e308, -1e308, kSmallest}), kSmallest);
  EXPECT_EQ(Sum({0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1}), 1.0);
}

TEST(ExactSum, RoundsTiesToEven) {
  const double ulp = std::ldexp(1.0, -52);

  EXPECT_EQ(Sum({1.0, ulp / 2}), 1.0);
  EXPECT_EQ(Sum({1.0 + ulp, ulp / 2}), 1.0 + 2 * ulp);
  EXPECT_EQ(Sum({1.0, ulp / 2, kSmallest}), 1.0 + ulp);
  EXPECT_EQ(Sum({-1.0, -ulp / 2, -kSmallest}), -1.0 - ulp);
}

TEST(ExactSum, KeepsSubnormals) {
  EXPECT_EQ(Sum({kSmallest, kSmallest}), 2 * kSmallest);
  EXPECT_EQ(Sum({std::numeric_limits<double>::min(), -kSmallest}),
            std::numeric_limits<double>::min() - kSmallest);
}

TEST(ExactSum, OverflowsOnlyAsAWhole) {
  EXPECT_EQ(Sum({kMax, kMax, -kMax}), kMax);
  EXPECT_EQ(Sum({kMax, kMax}), kInfinity);
  EXPECT_EQ(Sum({-kMax, -kMax}), -kInfinity);
  EXPECT_EQ(Sum({kMax, std::ldexp(1.0, 969)}), kMax);
  EXPECT_EQ(Sum({kMax, std::ldexp(1.0, 970)}), kInfinity);
}

TEST(ExactSum, FollowsTheRulesForNanAndInfinities) {
  EXPECT_TRUE(std::isnan(Sum({1.0, kNan})));
  EXPECT_TRUE(std::isnan(Sum({kInfinity, -kInfinity})));
  EXPECT_EQ(Sum({kInfinity, 1.0, -kMax}), kInfinity);
  EXPECT_EQ(Sum({-kInfinity, 1.0}), -kInfinity);
}

TEST(ExactSum, HasAPositiveZero) {
  EXPECT_FALSE(std::signbit(Sum({-0.0, -0.0})));
  EXPECT_FALSE(std::signbit(Sum({1.0, -1.0})));
  EXPECT_EQ(Sum({}), 0.0);
}

TEST(ExactSum, PassesCarriesOnAfterManyTerms) {
  const std::vector<double> terms(100'000, -kMax / 4096);
  ExactSum sum;
  sum.Add(terms);
  sum.Add(std::vector<double>(99'999, kMax / 4096));

  EXPECT_EQ(sum.Value(), -kMax / 4096);
  EXPECT_EQ(Sum(std::vector<double>(1 << 20, 0.1)), std::ldexp(0.1, 20));
}

}  // namespace
}  // namespace weir
