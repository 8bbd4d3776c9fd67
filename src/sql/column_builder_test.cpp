// Columns of data/column_builder.h as SQL reads them.
#include "data/column_builder.h"

#include <optional>
#include <utility>

#include <gtest/gtest.h>

#include "sql/database.h"

namespace weir::sql {
namespace {

class Pairs {
 public:
  void Append(std::string_view party, std::string_view id) {
    party_.Append(party);
    id_.AppendOrNull(id);
  }
  std::size_t num_rows() const { return party_.num_rows(); }
  Batch Finish() {
    const std::size_t rows = num_rows();
    std::vector<Batch> columns;
    columns.push_back(party_.Finish());
    columns.push_back(id_.Finish());
    return StructOfColumns(rows, std::move(columns));
  }

 private:
  TextColumn party_, id_;
};

struct Columns {
  TextColumn text;
  NumberColumn<std::int32_t> integer;
  NumberColumn<std::int64_t> number, ts;
  NumberColumn<double> real;
  BooleanColumn flag;
  ListColumn<TextColumn> words;
  ListColumn<Pairs> pairs;

  void AppendNulls() {
    text.AppendNull();
    integer.AppendNull();
    number.AppendNull();
    ts.AppendNull();
    real.AppendNull();
    flag.AppendNull();
    words.AppendNull();
    pairs.AppendNull();
  }
  void Append(std::int64_t row) {
    text.Append("text " + std::to_string(row));
    integer.Append(static_cast<std::int32_t>(-row));
    number.Append(row * 10'000'000'000);
    ts.Append(row * 1'000'000);
    real.Append(static_cast<double>(row) / 4);
    flag.Append(row % 3 == 0);
    for (std::int64_t word = 0; word < row % 4; ++word) {
      words.elements().Append(std::string(static_cast<std::size_t>(word * 9), 'w'));
    }
    words.EndRow();
    for (std::int64_t pair = 0; pair < row % 3; ++pair) {
      pairs.elements().Append("p" + std::to_string(pair), pair == 1 ? "" : std::to_string(row));
    }
    pairs.EndRow();
  }
  Batch Finish() {
    const std::size_t rows = text.num_rows();
    std::vector<Batch> columns;
    columns.push_back(text.Finish());
    columns.push_back(integer.Finish());
    columns.push_back(number.Finish());
    columns.push_back(ts.Finish());
    columns.push_back(real.Finish());
    columns.push_back(flag.Finish());
    columns.push_back(words.Finish());
    columns.push_back(pairs.Finish());
    return StructOfColumns(rows, std::move(columns));
  }
};

Schema ColumnTypes() {
  const DataType pair = StructOf({{.name = "party", .type = PlainType(TypeKind::kString)},
                                  {.name = "id", .type = PlainType(TypeKind::kString)}});
  return {{{.name = "text", .type = PlainType(TypeKind::kString)},
           {.name = "integer", .type = PlainType(TypeKind::kInteger)},
           {.name = "number", .type = PlainType(TypeKind::kLong)},
           {.name = "ts", .type = PlainType(TypeKind::kTimestamp)},
           {.name = "real", .type = PlainType(TypeKind::kDouble)},
           {.name = "flag", .type = PlainType(TypeKind::kBoolean)},
           {.name = "words", .type = ArrayOf(PlainType(TypeKind::kString))},
           {.name = "pairs", .type = ArrayOf(pair)}}};
}

// Row r of the same values, made by SQL.
constexpr const char* kExpected =
    "SELECT 'text ' || r AS text, (-r)::INTEGER AS integer, r * 10000000000 AS number, "
    "make_timestamptz(r * 1000000) AS ts, r / 4 AS real, r % 3 = 0 AS flag, "
    "[repeat('w', w * 9) FOR w IN range(r % 4)] AS words, "
    "[{party: 'p' || p, id: CASE WHEN p = 1 THEN NULL ELSE r::VARCHAR END} FOR p IN range(r % 3)] "
    "AS pairs "
    "FROM range({}) t(r)";

class ColumnBuilderTest : public testing::Test {
 protected:
  // Registers `rows` rows as the relation `built`, in batches that end where `is_end` says; every
  // `null_every`-th row is null in all columns.
  void Register(std::int64_t rows, std::int64_t batch, std::int64_t null_every) {
    connection_.RegisterStream("built", ColumnTypes(),
                               [=, columns = std::make_shared<Columns>(),
                                next = std::int64_t{0}]() mutable -> std::optional<Batch> {
                                 if (next >= rows) {
                                   return std::nullopt;
                                 }
                                 for (const auto end = std::min(rows, next + batch); next < end;
                                      ++next) {
                                   if (null_every != 0 && next % null_every == 0) {
                                     columns->AppendNulls();
                                   } else {
                                     columns->Append(next);
                                   }
                                 }
                                 return columns->Finish();
                               });
  }
  std::int64_t CountDifferences(const std::string& expected) {
    connection_.Run("CREATE OR REPLACE TEMP TABLE copy AS FROM built");
    return connection_.QueryInteger("SELECT (SELECT count(*) FROM (FROM copy EXCEPT ALL (" +
                                    expected + "))) + (SELECT count(*) FROM ((" + expected +
                                    ") EXCEPT ALL FROM copy))");
  }
  static std::string Expected(std::int64_t rows) {
    std::string text = kExpected;
    return text.replace(text.find("{}"), 2, std::to_string(rows));
  }

  Database database_{{.memory_bytes = 1ULL << 30U, .threads = 2, .spill_folder = {}}};
  Connection connection_ = database_.Connect();
};

TEST_F(ColumnBuilderTest, SqlReadsWhatWasAppended) {
  for (const std::int64_t batch : {1, 63, 64, 65, 2048, 5000}) {
    Register(5000, batch, 0);
    EXPECT_EQ(CountDifferences(Expected(5000)), 0) << batch;
  }
}

TEST_F(ColumnBuilderTest, NullsOfEveryTypeComeBack) {
  const std::string expected = "SELECT CASE WHEN r % 7 <> 0 THEN COLUMNS(* EXCLUDE r) END FROM (" +
                               Expected(5000).replace(0, 6, "SELECT r,") + ")";
  for (const std::int64_t batch : {64, 1000, 5000}) {
    Register(5000, batch, 7);
    EXPECT_EQ(CountDifferences(expected), 0) << batch;
  }
}

TEST_F(ColumnBuilderTest, AColumnIsEmptyAfterItIsFinished) {
  Columns columns;
  columns.Append(1);
  columns.AppendNulls();

  EXPECT_EQ(columns.Finish().num_rows(), 2);

  EXPECT_EQ(columns.text.num_rows(), 0U);
  EXPECT_EQ(columns.Finish().num_rows(), 0);
}

}  // namespace
}  // namespace weir::sql
