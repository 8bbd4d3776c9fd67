#include "jobs/ledger/run_record.h"

#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/test_seed.h"

namespace weir::jobs {
namespace {

Micros At(const std::string& time) { return ParseTimestamp(time).value(); }

std::string IdOf(const std::string& start, const std::string& end) {
  return RunKey{.job = "j", .partition = "", .interval = {.start = At(start), .end = At(end)}}.id();
}

TEST(RunKey, IdsNameJobPartitionIntervalAndGeneration) {
  const RunKey key{.job = "user_ids_mapper",
                   .partition = "amer",
                   .interval = {.start = At("2026-01-05"), .end = At("2026-01-06")},
                   .generation = 3};

  EXPECT_EQ(key.id(), "user_ids_mapper.amer.20260105.3");
  EXPECT_EQ(IdOf("2026-01-05T13:00", "2026-01-05T14:00"), "j.20260105T130000.1");
  EXPECT_EQ(IdOf("2026-01-05T00:00", "2026-01-05T01:00"), "j.20260105T000000.1");
  EXPECT_EQ(IdOf("2026-01-05", "2026-01-12"), "j.20260105-20260112.1");
  EXPECT_EQ(IdOf("2026-01-04T23:00", "2026-01-05T23:00"), "j.20260104T230000-20260105T230000.1");
  EXPECT_EQ(IdOf("2026-01-05T13:00:00.25", "2026-01-05T13:00:01"),
            "j.20260105T130000250000-20260105T130001.1");
}

constexpr auto kText = R"({"format": 1, "run": "j.amer.20260105.2", "job": "j",
 "partition": "amer", "start": 1767571200000000, "end": 1767657600000000, "generation": 2,
 "attempt": 3, "state": "failed", "owner": {"host": "h", "boot": "b", "pid": 7,
 "start": 18446744073709551615}, "started": 5, "ended": 6, "renewed": 7, "code_hash": "abc",
 "seed": -1, "inputs": [{"name": "n", "table": "s.t", "version": 0, "files": "ff", "num_files": 2,
 "writer_run": "j.amer.20260104.1", "note": "of 2026-01-07"}], "outputs": [{"table": "s.o", "version": -1, "rows": 1, "bytes": 2}],
 "steps": [{"name": "x", "rows": 4, "seconds": 0.1, "retries": 1}], "checks": [{"name": "c",
 "subject": "s.o", "outcome": "warned", "message": "\"é\"\n", "failures": 9},
 {"name": "r", "subject": "s.o", "outcome": "passed", "failures": 0, "rows": 0}],
 "files_read": ["f"], "read_until": 8, "sent": ["upload: 1", "mail: 2"], "why": "missing", "chain": "j.amer.1.1",
 "rows": 1, "bytes": 2, "seconds": 1.5, "peak_memory": 18446744073709551615, "error": "no",
 "recovered": true})";

RunRecord RecordOfText() {
  RunRecord record;
  record.key = {.job = "j",
                .partition = "amer",
                .interval = {.start = At("2026-01-05"), .end = At("2026-01-06")},
                .generation = 2};
  record.attempt = 3;
  record.state = RunState::kFailed;
  record.owner = {.host = "h", .boot = "b", .pid = 7, .start = ~std::uint64_t{0}};
  record.started = 5;
  record.ended = 6;
  record.renewed = 7;
  record.code_hash = "abc";
  record.seed = -1;
  record.inputs = {{.name = "n",
                    .table = "s.t",
                    .version = 0,
                    .files = "ff",
                    .num_files = 2,
                    .writer_run = "j.amer.20260104.1",
                    .note = "of 2026-01-07"}};
  record.outputs = {{.table = "s.o", .version = -1, .rows = 1, .bytes = 2}};
  record.steps = {{.name = "x", .rows = 4, .seconds = 0.1, .retries = 1}};
  record.checks = {
      {.name = "c", .subject = "s.o", .outcome = "warned", .message = "\"é\"\n", .failures = 9},
      {.name = "r",
       .subject = "s.o",
       .outcome = "passed",
       .message = "",
       .failures = 0,
       .rows = 0}};
  record.files_read = {"f"};
  record.read_until = 8;
  record.sent = {"upload: 1", "mail: 2"};
  record.why = "missing";
  record.chain = "j.amer.1.1";
  record.rows = 1;
  record.bytes = 2;
  record.seconds = 1.5;
  record.peak_memory = ~std::uint64_t{0};
  record.error = "no";
  record.recovered = true;
  return record;
}

TEST(RunRecord, AllFieldsAreReadAndWritten) {
  EXPECT_EQ(ParseRunRecord(kText, "x"), RecordOfText());
  EXPECT_EQ(nlohmann::json::parse(ToJson(RecordOfText())), nlohmann::json::parse(kText));
  const std::string by_name = nlohmann::json::parse(kText).dump();
  EXPECT_EQ(ParseRunRecord(by_name, "x"), RecordOfText());
}

TEST(RunRecord, WhatIsEmptyIsLeftOut) {
  RunRecord record;
  record.key.job = "j";
  EXPECT_EQ(ParseRunRecord(ToJson(record), "x"), record);
  EXPECT_EQ(ToJson(record).find("inputs"), std::string::npos);
}

TEST(RunRecord, OtherTextsAreRefused) {
  const auto error_of = [](const std::string& text) -> std::string {
    try {
      ParseRunRecord(text, "s3://x/_weir/runs/j.1.json");
    } catch (const UserError& error) {
      return error.what();
    }
    return "";
  };
  const std::string whole = kText;
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    EXPECT_TRUE(error_of(whole.substr(0, size))
                    .starts_with("s3://x/_weir/runs/j.1.json: the run record is corrupt"));
  }
  EXPECT_EQ(error_of(R"({"format": 2, "job": "j"})"),
            "s3://x/_weir/runs/j.1.json: the run record has format 2, this weir knows 1; use a "
            "newer weir");
  EXPECT_EQ(error_of(R"({"format": 1, "state": "running"})"),
            "s3://x/_weir/runs/j.1.json: the run record is corrupt: it names no run");
  EXPECT_EQ(error_of(R"({"format": 1, "job": "j", "state": "runing"})"),
            "'runing' is no state of a run; allowed: running, succeeded, failed, cancelled; did "
            "you mean 'running'?");
}

}  // namespace
}  // namespace weir::jobs
