#include "data/predicate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/test_seed.h"

namespace weir {
namespace {

using Kind = Predicate::Kind;
using Comparison = Predicate::Comparison;
using Random = std::mt19937_64;

const DataType kLongType{.kind = TypeKind::kLong, .children = {}};
const DataType kDoubleType{.kind = TypeKind::kDouble, .children = {}};
const DataType kTextType{.kind = TypeKind::kString, .children = {}};

Constant Long(std::int64_t value) { return {kLongType, std::to_string(value)}; }

Predicate Where(std::string column, Comparison comparison, Constant constant) {
  return {.kind = Kind::kCompare,
          .comparison = comparison,
          .path = {std::move(column)},
          .constants = {std::move(constant)}};
}

ColumnBounds Between(Constant min, Constant max) {
  return {.min = std::move(min), .max = std::move(max)};
}

bool MayMatchWith(const Predicate& predicate, const ColumnBounds& bounds) {
  return MayMatch(predicate, [&](auto) { return bounds; });
}

TEST(Compare, OrdersIntegersAndDecimalsExactly) {
  const Constant large{DecimalOf(38, 2), "99999999999999999999999999999999999.01"};
  const Constant larger{DecimalOf(38, 2), "99999999999999999999999999999999999.02"};

  EXPECT_EQ(Compare(large, larger), std::strong_ordering::less);
  EXPECT_EQ(Compare(Long(-3), {DecimalOf(4, 2), "-3.00"}), std::strong_ordering::equal);
  EXPECT_EQ(Compare({DecimalOf(4, 2), "-0.00"}, Long(0)), std::strong_ordering::equal);
  EXPECT_EQ(Compare(Long(-10), Long(-9)), std::strong_ordering::less);
  EXPECT_EQ(Compare({DecimalOf(4, 2), "1.1"}, {DecimalOf(4, 2), "1.09"}),
            std::strong_ordering::greater);
}

TEST(Compare, TakesNanAsTheGreatestAndZeroWithoutSign) {
  const Constant nan{kDoubleType, "nan"};

  EXPECT_EQ(Compare(nan, {kDoubleType, "inf"}), std::strong_ordering::greater);
  EXPECT_EQ(Compare(nan, nan), std::strong_ordering::equal);
  EXPECT_EQ(Compare({kDoubleType, "-0"}, {kDoubleType, "0"}), std::strong_ordering::equal);
}

TEST(Compare, ReadsAFloatsTextAsAFloat) {
  const DataType float_type{.kind = TypeKind::kFloat, .children = {}};

  EXPECT_EQ(Compare({float_type, "0.1"}, {float_type, "0.10000000149011612"}),
            std::strong_ordering::equal);
}

TEST(Compare, GivesNothingForOtherTypesAndBrokenTexts) {
  EXPECT_EQ(Compare(Long(1), {kDoubleType, "1"}), std::nullopt);
  EXPECT_EQ(Compare(Long(1), {kLongType, "1x"}), std::nullopt);
  EXPECT_EQ(Compare(Long(1), {kLongType, ""}), std::nullopt);
  EXPECT_EQ(Compare({DecimalOf(3, 1), "1e2"}, Long(1)), std::nullopt);
  EXPECT_EQ(Compare({kTextType, "1"}, Long(1)), std::nullopt);
}

TEST(AllOf, DropsWhatIsTrueAndUnwrapsOnePart) {
  const Predicate part = Where("a", Comparison::kLess, Long(3));

  EXPECT_EQ(AllOf({Predicate{}, part}), part);
  EXPECT_EQ(AllOf({}), Predicate{});
  EXPECT_EQ(ToText(AllOf({part, AllOf({part, part})})), "(a < 3 AND a < 3 AND a < 3)");
}

TEST(AnyOf, IsTrueAsSoonAsOnePartIs) {
  const Predicate part = Where("a", Comparison::kLess, Long(3));

  EXPECT_EQ(AnyOf({part, Predicate{}}), Predicate{});
  EXPECT_EQ(ToText(AnyOf({part, part})), "(a < 3 OR a < 3)");
}

TEST(MayMatch, SkipsFilesOutsideTheRange) {
  const ColumnBounds bounds = Between(Long(10), Long(20));

  EXPECT_FALSE(MayMatchWith(Where("a", Comparison::kEqual, Long(21)), bounds));
  EXPECT_FALSE(MayMatchWith(Where("a", Comparison::kLess, Long(10)), bounds));
  EXPECT_FALSE(MayMatchWith(Where("a", Comparison::kGreater, Long(20)), bounds));
  EXPECT_TRUE(MayMatchWith(Where("a", Comparison::kLessEqual, Long(10)), bounds));
  EXPECT_TRUE(MayMatchWith(Where("a", Comparison::kGreaterEqual, Long(20)), bounds));
  EXPECT_FALSE(
      MayMatchWith({.kind = Kind::kIn, .path = {"a"}, .constants = {Long(9), Long(21)}}, bounds));
}

TEST(MayMatch, KeepsAFileOfWhichNothingIsKnown) {
  EXPECT_TRUE(MayMatchWith(Where("a", Comparison::kEqual, Long(21)), {}));
  EXPECT_TRUE(MayMatchWith({.kind = Kind::kIsNull, .path = {"a"}}, {}));
}

TEST(MayMatch, DecidesByNullCounts) {
  const Predicate null{.kind = Kind::kIsNull, .path = {"a"}};
  const Predicate value{.kind = Kind::kIsNotNull, .path = {"a"}};

  EXPECT_FALSE(MayMatchWith(null, {.may_hold_nulls = false}));
  EXPECT_FALSE(MayMatchWith(value, {.may_hold_values = false}));
  EXPECT_FALSE(MayMatchWith(Where("a", Comparison::kEqual, Long(1)), {.may_hold_values = false}));
}

TEST(MayMatch, KeepsNullsInsideOfNullStructs) {
  const Predicate null{.kind = Kind::kIsNull, .path = {"s", "a"}};

  EXPECT_TRUE(MayMatchWith(null, {.may_hold_nulls = false}));
}

TEST(MayMatch, ExpectsNanAboveAMaximumOfAnUnknownWriter) {
  const Predicate above = Where("x", Comparison::kGreater, {kDoubleType, "5"});
  ColumnBounds bounds = Between({kDoubleType, "1"}, {kDoubleType, "2"});

  EXPECT_TRUE(MayMatchWith(above, bounds));
  EXPECT_FALSE(MayMatchWith(Where("x", Comparison::kEqual, {kDoubleType, "5"}), bounds));
  EXPECT_TRUE(MayMatchWith(Where("x", Comparison::kEqual, {kDoubleType, "nan"}), bounds));

  bounds.max_counts_nan = true;
  EXPECT_FALSE(MayMatchWith(above, bounds));
}

// One cell as the reference knows it: `rank` orders the values of a column, equal ranks are equal
// values; the text is what the predicate sees.
struct Cell {
  bool is_null = false;
  double rank = 0;
  bool is_nan = false;
  std::string text;
};

// A family of values of one type, from small ranges so that equal values meet.
struct Family {
  std::string name;
  DataType type;
  std::function<Cell(std::int64_t)> make;  // from -20..20
};

std::string CentsText(std::int64_t cents) {
  return fmt::format("{}{}.{:02}", cents < 0 ? "-" : "", std::abs(cents) / 100,
                     std::abs(cents) % 100);
}

Cell FloatingCell(std::int64_t number) {
  if (number == 20) {
    return {.rank = std::numeric_limits<double>::infinity(), .is_nan = true, .text = "nan"};
  }
  if (std::abs(number) == 19) {
    return {.rank = number * 1e300, .text = number < 0 ? "-inf" : "inf"};
  }
  const double value = static_cast<double>(number) / 4;
  return {.rank = value, .text = number == 0 ? "-0" : fmt::format("{}", value)};
}

Cell TextCell(std::int64_t number) {
  const std::string letter(1, static_cast<char>(number < 0 ? 0xC3 : 'a' + number % 20));
  const auto byte = static_cast<unsigned char>(letter[0]);
  const int length = static_cast<int>(std::abs(number) % 3);
  std::string text = letter + std::string(static_cast<std::size_t>(length), '~');
  return {.rank = byte * 8.0 + length, .text = std::move(text)};
}

std::vector<Family> Families() {
  const auto digits = [](std::int64_t number) {
    return Cell{.rank = static_cast<double>(number), .text = std::to_string(number)};
  };
  const auto large = [](std::int64_t number) {
    return Cell{.rank = static_cast<double>(number),
                .text = std::to_string(number * 400'000'000'000'000'000)};
  };
  return {
      {"boolean", PlainType(TypeKind::kBoolean),
       [](std::int64_t number) {
         return Cell{.rank = number > 0 ? 1.0 : 0.0, .text = number > 0 ? "true" : "false"};
       }},
      {"byte", PlainType(TypeKind::kByte), digits},
      {"short", PlainType(TypeKind::kShort), digits},
      {"integer", PlainType(TypeKind::kInteger), digits},
      {"long", PlainType(TypeKind::kLong), large},
      {"decimal", DecimalOf(38, 2),
       [](std::int64_t number) {
         return Cell{.rank = static_cast<double>(number), .text = CentsText(number * 7)};
       }},
      {"float", PlainType(TypeKind::kFloat), FloatingCell},
      {"double", PlainType(TypeKind::kDouble), FloatingCell},
      {"string", PlainType(TypeKind::kString), TextCell},
      {"binary", PlainType(TypeKind::kBinary), TextCell},
      {"date", PlainType(TypeKind::kDate),
       [](std::int64_t number) {
         return Cell{.rank = static_cast<double>(number),
                     .text = FormatDate(static_cast<std::int32_t>(number * 30))};
       }},
      {"timestamp", PlainType(TypeKind::kTimestamp), large},
      {"timestamp_ntz", PlainType(TypeKind::kTimestampNtz), large},
  };
}

// Rows of columns "a" and "b" of one family, and what a writer could say of them.
class RandomTable {
 public:
  RandomTable(const Family& family, Random& random) : family_(family), random_(random) {
    const std::int64_t low = Between(-20, 20);
    const std::int64_t high = Between(low, 20);
    for (std::int64_t row = Between(1, 6); row > 0; --row) {
      rows_.push_back({RandomCell(low, high), RandomCell(low, high)});
    }
  }

  bool AnyRowMatches(const Predicate& predicate) const {
    return std::ranges::any_of(rows_, [&](const Row& row) { return Matches(predicate, row); });
  }

  ColumnBounds Bounds(std::span<const std::string> path) {
    return path.front() == "a" ? bounds_of(0) : bounds_of(1);
  }

  Predicate RandomPredicate(int depth) {
    if (depth > 0 && Between(0, 1) == 1) {
      std::vector<Predicate> parts;
      for (std::int64_t part = Between(1, 3); part > 0; --part) {
        parts.push_back(RandomPredicate(depth - 1));
      }
      return Between(0, 1) == 1 ? AllOf(std::move(parts)) : AnyOf(std::move(parts));
    }
    return RandomLeaf();
  }

 private:
  using Row = std::array<Cell, 2>;

  std::int64_t Between(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
  }

  Cell RandomCell(std::int64_t low, std::int64_t high) {
    Cell cell = family_.make(Between(low, high));
    cell.is_null = Between(0, 5) == 0;
    return cell;
  }

  Predicate RandomLeaf() {
    Predicate leaf{.kind = static_cast<Kind>(Between(3, 6)),
                   .comparison = static_cast<Comparison>(Between(0, 4)),
                   .path = {Between(0, 1) == 0 ? "a" : "b"}};
    const std::int64_t constants = leaf.kind == Kind::kIn ? Between(1, 3) : 1;
    for (std::int64_t constant = 0; constant < constants; ++constant) {
      const Cell cell = family_.make(Between(-20, 20));
      cells_[cell.text] = cell;
      leaf.constants.push_back({family_.type, cell.text});
    }
    return leaf;
  }

  // Any valid bounds: sometimes absent, sometimes wider than the values.
  ColumnBounds bounds_of(std::size_t column) {
    ColumnBounds bounds{.may_hold_nulls = false, .may_hold_values = false};
    std::vector<Cell> values;
    bool has_nan = false;
    for (const Row& row : rows_) {
      bounds.may_hold_nulls = bounds.may_hold_nulls || row[column].is_null;
      bounds.may_hold_values = bounds.may_hold_values || !row[column].is_null;
      has_nan = has_nan || (!row[column].is_null && row[column].is_nan);
      if (!row[column].is_null && !row[column].is_nan) {
        values.push_back(row[column]);
      }
    }
    bounds.max_counts_nan = Between(0, 1) == 1;
    if (!values.empty()) {
      const auto [least, greatest] = std::ranges::minmax_element(values, {}, &Cell::rank);
      if (Between(0, 4) != 0) {
        bounds.min = Constant{family_.type, Widened(*least, -1).text};
      }
      if (Between(0, 4) != 0 && !(has_nan && bounds.max_counts_nan)) {
        bounds.max = Constant{family_.type, Widened(*greatest, 1).text};
      }
    }
    return bounds;
  }

  // The value itself or one beyond it in a direction.
  Cell Widened(const Cell& cell, int direction) {
    const Cell other = family_.make(Between(-18, 18));
    const bool beyond = direction < 0 ? other.rank < cell.rank : other.rank > cell.rank;
    return beyond && Between(0, 1) == 1 ? other : cell;
  }

  bool Matches(const Predicate& predicate, const Row& row) const {
    const auto matches = [&](const Predicate& part) { return Matches(part, row); };
    if (predicate.kind == Kind::kTrue) {
      return true;
    }
    if (predicate.kind == Kind::kAnd || predicate.kind == Kind::kOr) {
      return predicate.kind == Kind::kAnd ? std::ranges::all_of(predicate.children, matches)
                                          : std::ranges::any_of(predicate.children, matches);
    }
    const Cell& cell = row[predicate.path.front() == "a" ? 0 : 1];
    if (predicate.kind == Kind::kIsNull || predicate.kind == Kind::kIsNotNull) {
      return cell.is_null == (predicate.kind == Kind::kIsNull);
    }
    return !cell.is_null && std::ranges::any_of(predicate.constants, [&](const Constant& constant) {
      return Holds(cell, predicate, cells_.at(constant.text));
    });
  }

  static bool Holds(const Cell& cell, const Predicate& predicate, const Cell& constant) {
    const auto key = [](const Cell& from) { return std::pair(from.is_nan, from.rank); };
    const bool less = key(cell) < key(constant);
    const bool equal = key(cell) == key(constant);
    if (predicate.kind == Kind::kIn) {
      return equal;
    }
    switch (predicate.comparison) {
      case Comparison::kEqual:
        return equal;
      case Comparison::kLess:
        return less;
      case Comparison::kLessEqual:
        return less || equal;
      case Comparison::kGreater:
        return !less && !equal;
      case Comparison::kGreaterEqual:
        return !less;
    }
    return false;
  }

  const Family& family_;
  Random& random_;
  std::vector<Row> rows_;
  std::map<std::string, Cell> cells_;
};

TEST(MayMatch, NeverSkipsAFileWithAMatchingRow) {
  Random random(TestSeed());
  int skipped = 0;
  for (int round = 0; round < TestRounds(); ++round) {
    for (const Family& family : Families()) {
      for (int trial = 0; trial < 50; ++trial) {
        RandomTable table(family, random);
        const Predicate predicate = table.RandomPredicate(3);

        const bool kept = MayMatch(
            predicate, [&](std::span<const std::string> path) { return table.Bounds(path); });

        skipped += kept ? 0 : 1;
        EXPECT_TRUE(kept || !table.AnyRowMatches(predicate))
            << family.name << ": " << ToText(predicate);
      }
    }
  }
  EXPECT_GT(skipped, 0);
}

}  // namespace
}  // namespace weir
