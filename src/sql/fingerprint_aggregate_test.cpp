#include "sql/fingerprint_aggregate.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/hashing.h"
#include "base/test_seed.h"
#include "sql/database.h"

namespace weir::sql {
namespace {

using Random = std::mt19937_64;

// A value as a literal of SQL and as docs/fingerprint.md writes it, each made by hand.
struct Cell {
  std::string sql;
  std::string bytes;
};

template <typename Number>
std::string Bytes(Number number) {
  std::string bytes(sizeof(number), '\0');
  std::memcpy(bytes.data(), &number, sizeof(number));
  return bytes;
}

std::string Size(std::size_t size) { return Bytes(static_cast<std::uint32_t>(size)); }

std::string Tag(int tag) { return std::string(1, static_cast<char>(tag)); }

std::string Sized(const std::string& bytes) { return Size(bytes.size()) + bytes; }

using MakeCell = std::function<Cell(Random&)>;

struct Kind {
  std::string type;
  MakeCell make;
};

int Pick(Random& random, int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(random);
}

Cell IntegerCell(std::int64_t number) { return {std::to_string(number), Tag(2) + Bytes(number)}; }

Cell FloatingCell(Random& random) {
  switch (Pick(random, 0, 4)) {
    case 0:
      return {"'nan'", Tag(3) + std::string("\0\0\0\0\0\0\xF8\x7F", 8)};
    case 1:
      return {"'-0.0'", Tag(3) + Bytes(0.0)};
    case 2:
      return {"'-inf'", Tag(3) + Bytes(-HUGE_VAL)};
    default: {
      const double number = Pick(random, -1000, 1000) / 8.0;
      return {fmt::format("'{}'", number), Tag(3) + Bytes(number)};
    }
  }
}

Cell DecimalCell(Random& random) {
  const std::int64_t unscaled = Pick(random, -99999, 99999);
  const std::int64_t high = unscaled < 0 ? -1 : 0;
  return {fmt::format("'{}e-2'", unscaled), Tag(4) + Tag(2) + Bytes(unscaled) + Bytes(high)};
}

std::string RandomWord(Random& random) {
  const std::vector<std::string> letters{
      "a", "Z", "ö", "0", " ", "€", "long enough not to be inlined"};
  std::string text;
  for (int count = Pick(random, 0, 4); count > 0; --count) {
    text += letters[static_cast<std::size_t>(Pick(random, 0, 6))];
  }
  return text;
}

Cell TextCell(Random& random) {
  const std::string text = RandomWord(random);
  return {"'" + text + "'", Tag(5) + Sized(text)};
}

Cell BinaryCell(Random& random) {
  const int byte = Pick(random, 0, 255);
  return {fmt::format("'\\x{:02X}a'", byte), Tag(6) + Sized(Tag(byte) + "a")};
}

Cell DateCell(Random& random) {
  const std::int32_t days = Pick(random, -100000, 100000);
  return {fmt::format("DATE '1970-01-01' + {}", days), Tag(7) + Bytes(days)};
}

Cell TimestampCell(Random& random, int tag) {
  const auto micros =
      static_cast<std::int64_t>(random() % 4'000'000'000'000'000) - 2'000'000'000'000'000;
  return {tag == 8 ? fmt::format("epoch_ms(0)::TIMESTAMPTZ + to_microseconds({})", micros)
                   : fmt::format("make_timestamp({})", micros),
          Tag(tag) + Bytes(micros)};
}

Cell OrNull(Random& random, const MakeCell& make) {
  return Pick(random, 0, 4) == 0 ? Cell{"NULL", Tag(0)} : make(random);
}

Kind ListOf(const Kind& element) {
  return {element.type + "[]", [element](Random& random) {
            Cell list{"[", ""};
            const int count = Pick(random, 0, 3);
            for (int index = 0; index < count; ++index) {
              const Cell cell = OrNull(random, element.make);
              list.sql += (index == 0 ? "" : ", ") + cell.sql;
              list.bytes += cell.bytes;
            }
            return Cell{list.sql + "]",
                        Tag(10) + Size(static_cast<std::size_t>(count)) + list.bytes};
          }};
}

Kind MapOf(const Kind& key, const Kind& value) {
  return {
      fmt::format("MAP({}, {})", key.type, value.type), [key, value](Random& random) {
        std::map<std::string, std::string> entries;  // by the bytes of the key, as chars compare
        std::vector<std::string> literals;
        for (int count = Pick(random, 0, 3); count > 0; --count) {
          const Cell key_cell = key.make(random);
          const Cell value_cell = OrNull(random, value.make);
          if (entries.emplace(key_cell.bytes, value_cell.bytes).second) {
            literals.push_back(key_cell.sql + ": " + value_cell.sql);
          }
        }
        Cell map{fmt::format("MAP {{{}}}", fmt::join(literals, ", ")),
                 Tag(11) + Size(entries.size())};
        for (const auto& [key_bytes, value_bytes] : entries) {
          map.bytes += key_bytes + value_bytes;
        }
        return map;
      }};
}

// With fields "b" and "A", which are in the order A, b.
Kind StructOf(const Kind& b, const Kind& a) {
  return {fmt::format("STRUCT(b {}, \"A\" {})", b.type, a.type), [a, b](Random& random) {
            const Cell first = OrNull(random, a.make);
            const Cell second = OrNull(random, b.make);
            return Cell{fmt::format("{{'b': {}, 'A': {}}}", second.sql, first.sql),
                        Tag(12) + Size(2) + Sized("a") + first.bytes + Sized("b") + second.bytes};
          }};
}

std::vector<Kind> PlainKinds() {
  const auto integer = [](int limit) {
    return [limit](Random& random) { return IntegerCell(Pick(random, -limit, limit)); };
  };
  return {
      {"BOOLEAN",
       [](Random& random) {
         const bool value = Pick(random, 0, 1) == 1;
         return Cell{value ? "true" : "false", Tag(1) + Tag(value ? 1 : 0)};
       }},
      {"TINYINT", integer(127)},
      {"SMALLINT", integer(30000)},
      {"INTEGER", integer(2'000'000'000)},
      {"BIGINT",
       [](Random& random) { return IntegerCell(static_cast<std::int64_t>(random()) / 2); }},
      {"FLOAT", FloatingCell},
      {"DOUBLE", FloatingCell},
      {"DECIMAL(7,2)", DecimalCell},
      {"DECIMAL(30,2)", DecimalCell},
      {"VARCHAR", TextCell},
      {"BLOB", BinaryCell},
      {"DATE", DateCell},
      {"TIMESTAMP WITH TIME ZONE", [](Random& random) { return TimestampCell(random, 8); }},
      {"TIMESTAMP", [](Random& random) { return TimestampCell(random, 9); }},
  };
}

Kind RandomKind(Random& random, int depth) {
  const auto plain = [&] {
    const std::vector<Kind> kinds = PlainKinds();
    return kinds[static_cast<std::size_t>(Pick(random, 0, static_cast<int>(kinds.size()) - 1))];
  };
  switch (depth > 0 ? Pick(random, 0, 5) : 5) {
    case 0:
      return ListOf(RandomKind(random, depth - 1));
    case 1:
      return MapOf({"VARCHAR", TextCell}, RandomKind(random, depth - 1));
    case 2:
      return StructOf(RandomKind(random, depth - 1), RandomKind(random, depth - 1));
    default:
      return plain();
  }
}

class Fingerprint : public testing::Test {
 protected:
  Fingerprint()
      : database_(DatabaseOptions{.threads = 4, .spill_folder = {}}),
        connection_(database_.Connect()) {}

  std::string Of(const std::string& from, const std::string& row = "t") {
    return std::get<std::string>(
        connection_.Query("SELECT weir_fingerprint(" + row + ") FROM " + from + " AS t").Cell());
  }

  Database database_;
  Connection connection_;
};

TEST_F(Fingerprint, EqualsTheSlowReferenceForEveryType) {
  Random random(TestSeed());
  for (int round = 0; round < TestRounds(); ++round) {
    std::map<std::string, Kind> columns;  // by name, as the canonical form wants them
    for (int count = Pick(random, 1, 6); count > 0; --count) {
      columns.emplace(fmt::format("c{}", count), RandomKind(random, 2));
    }
    std::vector<std::string> rows;
    Hash128 expected;
    for (int count = Pick(random, 1, 30); count > 0; --count) {
      std::vector<std::string> literals;
      std::string bytes = Tag(12) + Size(columns.size());
      for (const auto& [name, kind] : columns) {
        const Cell cell = OrNull(random, kind.make);
        literals.push_back(cell.sql);
        bytes += Sized(name) + cell.bytes;
      }
      rows.push_back(fmt::format("({})", fmt::join(literals, ", ")));
      expected += HashOf(bytes);
    }
    std::vector<std::string> names;
    std::vector<std::string> definitions;
    for (const auto& [name, kind] : columns) {
      names.push_back(name);
      definitions.push_back(name + " " + kind.type);
    }
    std::ranges::shuffle(definitions, random);
    connection_.Run(
        fmt::format("CREATE OR REPLACE TABLE random_rows ({})", fmt::join(definitions, ", ")));
    for (const std::string& row : rows) {
      connection_.Run(
          fmt::format("INSERT INTO random_rows ({}) VALUES {}", fmt::join(names, ", "), row));
    }

    EXPECT_EQ(Of("random_rows"), ToHex(expected))
        << fmt::format("{}", fmt::join(definitions, ", "));
    EXPECT_EQ(Of("(SELECT * FROM random_rows WHERE random() >= 0)"), ToHex(expected));
  }
}

TEST_F(Fingerprint, OfTheExampleInItsDocumentation) {
  const std::string bytes("\x0C\x02\0\0\0\x01\0\0\0\x61\x02\x01\0\0\0\0\0\0\0\x01\0\0\0\x62\0", 25);

  EXPECT_EQ(Of("(SELECT 1 AS a, NULL::VARCHAR AS \"B\")"), ToHex(HashOf(bytes)));
  EXPECT_EQ(ToHex(HashOf(bytes)), "5c44f64741037332d6917a10c7244a84");
}

TEST_F(Fingerprint, OfNoRowsIsZero) {
  EXPECT_EQ(Of("(SELECT 1 AS a WHERE false)"), std::string(32, '0'));
}

TEST_F(Fingerprint, IsTheSameForAnyOrderSplitAndEncoding) {
  const std::string rows =
      "SELECT i AS a, 'v' || i % 7 AS b, [i % 3, NULL] AS c, {'x': i % 5} AS d, 5 AS e, "
      "MAP {'p': i, 'q': i % 2} AS m FROM range(50000) r(i)";
  connection_.Run("CREATE TABLE plain AS " + rows);
  connection_.Run(
      "CREATE TABLE shuffled AS SELECT e, d, {'x': d.x}.x AS \"X\", c, b, a, "
      "MAP {'q': a % 2, 'p': a} AS m FROM plain ORDER BY hash(a)");

  const std::string expected = Of("plain");

  EXPECT_EQ(Of("(" + rows + ")"), expected);
  EXPECT_EQ(Of("shuffled", "{'a': a, 'B': b, 'c': c, 'd': d, 'e': e, 'm': m}"), expected);
  EXPECT_EQ(Of("(SELECT a::INTEGER AS a, * EXCLUDE (a) FROM plain)"), expected);
  EXPECT_NE(Of("(SELECT a, b, c, d, e + (a = 77)::INTEGER AS e, m FROM plain)"), expected);
  EXPECT_NE(Of("(SELECT * FROM plain WHERE a <> 77)"), expected);
}

TEST_F(Fingerprint, ReadsDictionariesAndConstantsRight) {
  connection_.Run(
      "CREATE TABLE plain AS SELECT i AS a, [i, i + 1] AS l, {'x': i} AS s "
      "FROM range(10000) r(i)");
  connection_.Run(
      "CREATE TABLE wanted AS SELECT a, l, s, [7, 8] AS c, {'k': [1]} AS d FROM plain "
      "WHERE a % 3 = 1");

  EXPECT_EQ(Of("(SELECT a, l, s, [7, 8] AS c, {'k': [1]} AS d FROM plain WHERE a % 3 = 1)"),
            Of("wanted"));
  EXPECT_EQ(Of("(SELECT p.a, p.l, p.s, [7, 8] AS c, {'k': [1]} AS d FROM plain p JOIN "
               "(SELECT a FROM plain WHERE a % 3 = 1) q USING (a))"),
            Of("wanted"));
}

TEST_F(Fingerprint, WorksByGroupAndInWindows) {
  connection_.Run("CREATE TABLE t AS SELECT i AS a, i % 10 AS g FROM range(1000) r(i)");

  const auto groups =
      connection_.Query("SELECT g, weir_fingerprint({'a': a}) FROM t GROUP BY g ORDER BY g").Rows();
  const auto windows = connection_
                           .Query(
                               "SELECT DISTINCT g, weir_fingerprint({'a': a}) OVER (PARTITION BY "
                               "g) FROM t ORDER BY g")
                           .Rows();

  EXPECT_EQ(groups.size(), 10);
  EXPECT_EQ(groups, windows);
}

TEST_F(Fingerprint, RefusesTypesThatTablesDoNotHold) {
  EXPECT_THROW(Of("(SELECT INTERVAL 1 DAY AS a)"), UserError);
  EXPECT_THROW(Of("(SELECT [1::UHUGEINT] AS a)"), UserError);
}

}  // namespace
}  // namespace weir::sql
