#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <numeric>
#include <random>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error_of.h"
#include "base/test_seed.h"
#include "sql/arrow_model.h"
#include "sql/database.h"
#include "sql/quote.h"

namespace weir::sql {
namespace {

const Schema& Numbers() {
  static const Schema kSchema{{{.name = "n", .type = PlainType(TypeKind::kLong)}}};
  return kSchema;
}

ModelCell Number(std::int64_t number) {
  ModelCell cell;
  cell.bytes.assign(reinterpret_cast<const char*>(&number), sizeof(number));
  return cell;
}

// Batches of the numbers 0 … of the given lengths.
std::function<std::optional<Batch>()> Counting(std::vector<std::int64_t> lengths) {
  return [lengths = std::move(lengths), batch = std::size_t{0},
          next = std::int64_t{0}]() mutable -> std::optional<Batch> {
    if (batch == lengths.size()) {
      return std::nullopt;
    }
    std::vector<ModelRow> rows;
    for (const std::int64_t end = next + lengths[batch++]; next < end; ++next) {
      rows.push_back({Number(next)});
    }
    return EncodeRows(Numbers(), rows);
  };
}

class StreamTest : public testing::Test {
 protected:
  // Text of what `sql` throws as an `Error`.
  template <typename Error>
  std::string ErrorOf(std::string_view sql) {
    return weir::ErrorOf<Error>([&] { connection_.Run(sql); });
  }

  Database database_{{.memory_bytes = 1ULL << 30U, .threads = 2, .spill_folder = {}}};
  Connection connection_ = database_.Connect();
};

TEST_F(StreamTest, RowsArriveInOrderWhateverTheBatchesAre) {
  connection_.RegisterStream("r", Numbers(), Counting({0, 1, 2047, 2048, 0, 2049, 10000, 3}));

  Result result = connection_.Query("SELECT n FROM r");

  std::vector<ModelRow> rows;
  while (const auto batch = result.NextBatch()) {
    DecodeRows(Numbers(), *batch, rows);
  }
  ASSERT_EQ(rows.size(), 16148U);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    ASSERT_EQ(rows[row].front(), Number(static_cast<std::int64_t>(row)));
  }
}

// Where the order of rows isn't asked for, several threads read a stream, but ask the producer one
// at a time: each row is read once.
TEST_F(StreamTest, SeveralThreadsReadEachRowOnce) {
  std::atomic<int> inside = 0;
  std::atomic<bool> overlapped = false;
  auto counting = Counting(std::vector<std::int64_t>(40, 3000));
  connection_.RegisterStream("r", Numbers(), [&] {
    const bool is_alone = inside++ == 0;
    overlapped = overlapped || !is_alone;
    auto batch = counting();
    --inside;
    return batch;
  });

  const auto cells =
      connection_.Query("SELECT count(*), sum(n)::BIGINT, min(n), max(n) FROM r").Rows();

  const std::int64_t rows = 40 * 3000;
  EXPECT_EQ(cells.front(),
            (std::vector<Value>{rows, rows * (rows - 1) / 2, std::int64_t{0}, rows - 1}));
  EXPECT_FALSE(overlapped);
}

TEST_F(StreamTest, ARelationWithoutRowsIsEmpty) {
  connection_.RegisterStream("r", Numbers(), Counting({}));

  EXPECT_EQ(connection_.QueryInteger("SELECT count(*) FROM r"), 0);
}

TEST_F(StreamTest, CountsRowsWithoutReadingAColumn) {
  connection_.RegisterStream("r", Numbers(), Counting({5000, 1}));

  EXPECT_EQ(connection_.QueryInteger("SELECT count(*) FROM r"), 5001);
}

TEST_F(StreamTest, ASecondScanIsAnErrorAndNeverEmpty) {
  connection_.RegisterStream("pairs", Numbers(), Counting({10}));
  connection_.Run("FROM pairs");

  const std::string message = ErrorOf<UserError>("FROM pairs");

  EXPECT_TRUE(message.starts_with("relation 'pairs' was already read; ")) << message;
}

TEST_F(StreamTest, ASelfJoinIsAnError) {
  connection_.RegisterStream("pairs", Numbers(), Counting({10}));

  const std::string message = ErrorOf<UserError>("FROM pairs a JOIN pairs b USING (n)");

  EXPECT_TRUE(message.starts_with("relation 'pairs' was already read; ")) << message;
}

TEST_F(StreamTest, ACommonTableExpressionReadsItOnce) {
  connection_.RegisterStream("pairs", Numbers(), Counting({10}));

  const auto joined = connection_.QueryInteger(
      "WITH kept AS MATERIALIZED (FROM pairs) SELECT count(*) FROM kept a JOIN kept b USING (n)");

  EXPECT_EQ(joined, 10);
}

TEST_F(StreamTest, RegisteringANameAgainReplacesIt) {
  connection_.RegisterStream("r", Numbers(), Counting({10}));
  connection_.Run("FROM r");
  connection_.RegisterStream("r", Numbers(), Counting({20}));

  EXPECT_EQ(connection_.QueryInteger("SELECT count(*) FROM r"), 20);
}

TEST_F(StreamTest, NamesMayHoldAnything) {
  connection_.RegisterStream("a \"b\".c'd", Numbers(), Counting({3}));

  EXPECT_EQ(connection_.QueryInteger("SELECT sum(n) FROM " + QuoteName("a \"b\".c'd")), 3);
}

TEST_F(StreamTest, ARelationIsSeenByItsConnectionAlone) {
  connection_.RegisterStream("r", Numbers(), Counting({3}));
  Connection other = database_.Connect();
  other.RegisterStream("r", Numbers(), Counting({4}));

  EXPECT_EQ(other.QueryInteger("SELECT count(*) FROM r"), 4);
  EXPECT_EQ(connection_.QueryInteger("SELECT count(*) FROM r"), 3);
}

TEST_F(StreamTest, WhatTheProducerThrowsIsWhatTheQueryThrows) {
  connection_.RegisterStream("user", Numbers(), []() -> std::optional<Batch> {
    throw UserError("file {} line {}", "a.csv", 7);
  });
  connection_.RegisterStream("conflict", Numbers(), []() -> std::optional<Batch> {
    throw ConflictError("lost to {}", 12);
  });
  connection_.RegisterStream("cancelled", Numbers(),
                             []() -> std::optional<Batch> { throw CancelledError(); });

  EXPECT_EQ(ErrorOf<UserError>("FROM user"), "file a.csv line 7");
  EXPECT_EQ(ErrorOf<ConflictError>("FROM conflict"), "lost to 12");
  EXPECT_THROW(connection_.Run("SELECT sum(n) FROM cancelled"), CancelledError);
  EXPECT_EQ(connection_.QueryInteger("SELECT 1"), 1);
}

TEST_F(StreamTest, AnErrorAfterManyRowsReachesTheReaderOfTheStream) {
  auto numbers = Counting(std::vector<std::int64_t>(50, 10000));
  connection_.RegisterStream("r", Numbers(), [numbers, left = 50]() mutable {
    if (--left == 0) {
      throw ExternalError("the disk is gone");
    }
    return numbers();
  });

  Result result = connection_.Query("SELECT n FROM r WHERE n % 2 = 0");

  EXPECT_THROW(while (result.NextBatch()){}, ExternalError);
}

TEST_F(StreamTest, ABatchWithAnotherNumberOfColumnsIsRefused) {
  connection_.RegisterStream("r", Schema{{Numbers().fields[0], {.name = "m", .type = {}}}},
                             Counting({3}));

  EXPECT_THROW(connection_.Run("FROM r"), std::logic_error);
}

TEST_F(StreamTest, EveryTypeAndNestingComesBackAsItWent) {
  const std::uint64_t seed = TestSeed();
  fmt::print("WEIR_TEST_SEED={}\n", seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < TestRounds(); ++round) {
    SCOPED_TRACE(fmt::format("round {}", round));
    Schema schema;
    std::string types;
    for (int column = 0; column < 4; ++column) {
      const DataType type = RandomType(random, 3);
      schema.fields.push_back({.name = "c" + std::to_string(column), .type = type});
      types += ToText(type) + "; ";
    }
    SCOPED_TRACE(types);
    std::vector<ModelRow> rows(random() % 6000);
    for (ModelRow& row : rows) {
      for (const Field& field : schema.fields) {
        row.push_back(RandomCell(random, field.type));
      }
    }
    std::vector<std::vector<ModelRow>> batches(1);
    for (const ModelRow& row : rows) {
      if (random() % 3000 == 0) {
        batches.emplace_back();
      }
      batches.back().push_back(row);
    }
    connection_.RegisterStream("r", schema, [&, next = std::size_t{0}]() mutable {
      return next == batches.size() ? std::nullopt
                                    : std::optional(EncodeRows(schema, batches[next++]));
    });

    connection_.Run("CREATE OR REPLACE TEMP TABLE kept AS FROM r");
    Result result = connection_.Query("SELECT c3, c0, c2, c1 FROM kept");

    const Schema found_schema = result.schema();
    const Schema expected_schema{
        {schema.fields[3], schema.fields[0], schema.fields[2], schema.fields[1]}};
    ASSERT_EQ(found_schema, expected_schema);
    std::vector<ModelRow> found;
    while (const auto batch = result.NextBatch()) {
      DecodeRows(found_schema, *batch, found);
    }
    ASSERT_EQ(found.size(), rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const ModelRow expected{rows[row][3], rows[row][0], rows[row][2], rows[row][1]};
      ASSERT_EQ(found[row], expected) << "row " << row;
    }
  }
}

TEST_F(StreamTest, TenMillionRowsInWellUnderASecond) {
  constexpr std::int64_t kRows = 10'000'000;
  constexpr std::int64_t kBatch = 100'000;
  const Schema schema{{{.name = "a", .type = PlainType(TypeKind::kLong)},
                       {.name = "b", .type = PlainType(TypeKind::kLong)}}};
  std::vector<ModelRow> rows;
  for (std::int64_t row = 0; row < kBatch; ++row) {
    rows.push_back({Number(row), Number(2 * row)});
  }
  const Batch source = EncodeRows(schema, rows);
  connection_.RegisterStream("r", schema, [&, left = kRows]() mutable -> std::optional<Batch> {
    if (left == 0) {
      return std::nullopt;
    }
    left -= kBatch;
    Batch borrowed;
    *borrowed.get() = *source.get();
    borrowed.get()->release = [](ArrowArray* array) { array->release = nullptr; };
    return borrowed;
  });

  const auto begin = std::chrono::steady_clock::now();
  const auto cells =
      connection_.Query("SELECT count(*), sum(a)::BIGINT, sum(b)::BIGINT FROM r").Rows();
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();

  const std::int64_t sum = kRows / kBatch * (kBatch * (kBatch - 1) / 2);
  EXPECT_EQ(cells.front(), (std::vector<Value>{kRows, sum, 2 * sum}));
  RecordProperty("seconds", std::to_string(seconds));
  fmt::print("10 M rows of two columns through a stream: {:.3f} s\n", seconds);
}

}  // namespace
}  // namespace weir::sql
