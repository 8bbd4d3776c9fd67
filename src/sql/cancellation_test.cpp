#include <atomic>
#include <chrono>
#include <cstdint>
#include <latch>
#include <random>
#include <stop_token>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_seed.h"
#include "sql/arrow_model.h"
#include "sql/database.h"

namespace weir::sql {
namespace {

using Clock = std::chrono::steady_clock;

// What a machine under load may take; alone it is a few milliseconds.
constexpr auto kSoon = std::chrono::seconds(100);

class CancellationTest : public testing::Test {
 protected:
  CancellationTest() { connection_.SetStopToken(source_.get_token()); }

  // Makes relation "signal" of one row, which tells when a query has begun to read it.
  void RegisterSignal() {
    const Schema schema{{{.name = "n", .type = {.kind = TypeKind::kLong, .children = {}}}}};
    connection_.RegisterStream("signal", schema, [this, schema, done = false]() mutable {
      if (std::exchange(done, true)) {
        return std::optional<Batch>();
      }
      begun_.count_down();
      return std::optional(EncodeRows(schema, {{ModelCell{.bytes = std::string(8, '\0')}}}));
    });
  }

  // Runs `query` while another thread stops it once it has begun; the time from stop to the throw.
  template <typename Query>
  Clock::duration StopWhile(const Query& query) {
    Clock::time_point stopped;
    {
      const std::jthread stopper([&] {
        begun_.wait();
        stopped = Clock::now();
        source_.request_stop();
      });
      EXPECT_THROW(query(), CancelledError);
      begun_.try_wait();
    }
    const Clock::duration taken = Clock::now() - stopped;
    fmt::print("stopped after {} ms\n",
               std::chrono::duration_cast<std::chrono::milliseconds>(taken).count());
    return taken;
  }

  std::latch begun_{1};
  std::stop_source source_;
  Database database_{{.memory_bytes = 1ULL << 30U, .threads = 2, .spill_folder = {}}};
  Connection connection_ = database_.Connect();
};

TEST_F(CancellationTest, AQueryInFlightStopsSoon) {
  RegisterSignal();

  const auto taken = StopWhile([&] {
    connection_.Run(
        "SELECT count(*) FROM signal, range(1000000) a, range(1000000) b "
        "WHERE hash(a.range + b.range + n) = 0");
  });

  EXPECT_LT(taken, kSoon);
}

// Threads may still be at work on the query then.
TEST_F(CancellationTest, AConnectionMayBeClosedByTheStop) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < 10 * TestRounds(); ++round) {
    std::stop_source source;
    const auto query = [&] {
      Connection connection = database_.Connect();
      connection.SetStopToken(source.get_token());
      connection.Run(
          "SELECT count(*) FROM (SELECT hash(a.range) AS h FROM range(3000000) a GROUP BY ALL) "
          "JOIN range(3000000) b ON h = hash(b.range)");
    };
    const std::jthread stopper([&source, patience = random() % 20'000'000] {
      for (std::uint64_t i = 0; i < patience; ++i) {
        std::atomic_signal_fence(std::memory_order_seq_cst);
      }
      source.request_stop();
    });
    try {
      query();
    } catch (const CancelledError&) {  // or it was done before
    }
  }
  EXPECT_EQ(database_.Connect().QueryInteger("SELECT 1"), 1);
}

TEST_F(CancellationTest, ASortStopsSoon) {
  RegisterSignal();

  const auto taken = StopWhile([&] {
    connection_.Run(
        "CREATE TABLE t AS SELECT hash(r.range + n) AS h FROM range(50000000) r, signal "
        "ORDER BY h");
  });

  EXPECT_LT(taken, kSoon);
}

TEST_F(CancellationTest, AFetchThatFindsNoRowStopsSoon) {
  RegisterSignal();

  const auto taken = StopWhile([&] {
    Result result = connection_.Query(
        "SELECT a.range FROM signal, range(1000000) a, range(1000000) b "
        "WHERE a.range + b.range + n < 0");
    while (result.NextBatch()) {
    }
  });

  EXPECT_LT(taken, kSoon);
}

TEST_F(CancellationTest, AStreamIsNotReadOnAfterAStop) {
  Result result = connection_.Query("FROM range(100000000)");
  ASSERT_TRUE(result.NextBatch());

  source_.request_stop();

  EXPECT_THROW(result.NextBatch(), CancelledError);
}

TEST_F(CancellationTest, NothingBeginsAfterAStopUntilThereIsAnotherToken) {
  source_.request_stop();
  EXPECT_THROW(connection_.Run("SELECT 1"), CancelledError);
  EXPECT_THROW(connection_.Describe("SELECT 1"), CancelledError);

  connection_.SetStopToken({});

  EXPECT_EQ(connection_.QueryInteger("SELECT count(*) FROM range(1000000)"), 1000000);
}

TEST_F(CancellationTest, AnotherConnectionGoesOn) {
  Connection other = database_.Connect();
  source_.request_stop();

  EXPECT_EQ(other.QueryInteger("SELECT count(*) FROM range(1000000)"), 1000000);
}

TEST_F(CancellationTest, AStopAtAnyMomentEndsThisQueryAndNoLaterOne) {
  std::mt19937_64 random(std::random_device{}());
  int cancelled = 0;
  for (int round = 0; round < 300; ++round) {
    std::stop_source source;
    connection_.SetStopToken(source.get_token());
    const std::jthread stopper([&source, spins = random() % 20000] {
      for (std::uint64_t spin = 0; spin < spins; ++spin) {
        std::atomic_signal_fence(std::memory_order_seq_cst);
      }
      source.request_stop();
    });
    try {
      ASSERT_EQ(connection_.QueryInteger("SELECT count(*) FROM range(20000) WHERE range % 2 = 0"),
                10000);
    } catch (const CancelledError&) {
      ++cancelled;
    }
    connection_.SetStopToken({});
    ASSERT_EQ(connection_.QueryInteger("SELECT count(*) FROM range(3000)"), 3000);
  }
  fmt::print("{} of 300 queries were cancelled\n", cancelled);
}

}  // namespace
}  // namespace weir::sql
