#include "world/fixed_point.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/error.h"

namespace weir::world {
namespace {

double Real(Fixed number) { return static_cast<double>(number) / static_cast<double>(kFixedOne); }

TEST(FixedPoint, LogarithmIsThatOfTheMathLibrary) {
  for (std::uint32_t number = 1; number < 5000; ++number) {
    EXPECT_NEAR(Real(NaturalLog(number)), std::log(number), 1e-8) << number;
  }
  EXPECT_NEAR(Real(NaturalLog(4294967295U)), std::log(4294967295.0), 1e-8);
}

TEST(FixedPoint, ExponentialIsThatOfTheMathLibrary) {
  for (Fixed exponent = 0; exponent > -23 * kFixedOne; exponent -= 12345678901) {
    EXPECT_NEAR(Real(Exponential(exponent)), std::exp(Real(exponent)), 1e-9) << exponent;
  }
  for (Fixed exponent = -1; exponent > -4 * kFixedOne; exponent *= 3) {
    EXPECT_NEAR(Real(Exponential(exponent)), std::exp(Real(exponent)), 1e-9) << exponent;
  }
  EXPECT_EQ(Exponential(0), kFixedOne);
}

TEST(FixedPoint, RootsAreExactOnWholeNumbers) {
  for (std::uint64_t root = 0; root < 3000; ++root) {
    EXPECT_EQ(SquareRoot(root * root), root);
    EXPECT_EQ(SquareRoot(root * root + 2 * root), root);
  }
  EXPECT_EQ(SquareRoot(18446744073709551615U), 4294967295U);
  EXPECT_NEAR(static_cast<double>(InverseSquareRoot(1U << 30)), 2.0 * 65536, 1);
}

TEST(FixedPoint, ProbabilitiesAreReadExactly) {
  EXPECT_EQ(ParseProbability("--rate.bots", "0"), 0U);
  EXPECT_EQ(ParseProbability("--rate.bots", "1"), kCertain);
  EXPECT_EQ(ParseProbability("--rate.bots", "1.000"), kCertain);
  EXPECT_EQ(ParseProbability("--rate.bots", "0.25"), kCertain / 4);
  for (const char* text : {"", "2", "-1", "1.5", ".5", "0.", "0,5", "0.1234567890", "1e-3", "x"}) {
    EXPECT_THROW(ParseProbability("--rate.bots", text), UsageError) << text;
  }
}

}  // namespace
}  // namespace weir::world
