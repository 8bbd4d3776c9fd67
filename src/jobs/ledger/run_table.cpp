// The rows of weir.runs and weir.checks: what SQL users see, and the whole record as JSON, from
// which the cache is filled.
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "data/batch.h"
#include "data/cells.h"
#include "jobs/ledger/ledger_state.h"
#include "lake/scan.h"
#include "sql/quote.h"

namespace weir::jobs {
namespace {

// The fields of a record that SQL reads, as from_json() wants them.
constexpr std::string_view kRecordShape = R"({
  "run": "VARCHAR", "attempt": "INTEGER", "job": "VARCHAR", "partition": "VARCHAR",
  "start": "BIGINT", "end": "BIGINT", "generation": "INTEGER", "state": "VARCHAR",
  "owner": {"host": "VARCHAR", "pid": "BIGINT"},
  "started": "BIGINT", "ended": "BIGINT", "seconds": "DOUBLE", "rows": "BIGINT", "bytes": "BIGINT",
  "peak_memory": "BIGINT", "code_hash": "VARCHAR", "why": "VARCHAR", "chain": "VARCHAR",
  "error": "VARCHAR", "recovered": "BOOLEAN",
  "inputs": [{"name": "VARCHAR", "table": "VARCHAR", "version": "BIGINT", "files": "VARCHAR",
              "num_files": "BIGINT", "writer_run": "VARCHAR", "note": "VARCHAR"}],
  "outputs": [{"table": "VARCHAR", "version": "BIGINT", "rows": "BIGINT", "bytes": "BIGINT"}],
  "steps": [{"name": "VARCHAR", "rows": "BIGINT", "seconds": "DOUBLE", "retries": "INTEGER"}],
  "checks": [{"name": "VARCHAR", "subject": "VARCHAR", "outcome": "VARCHAR", "message": "VARCHAR",
              "failures": "BIGINT"}]})";

// Relation `records`: the record as text, and `r`, its fields.
std::string RecordsSql(const std::vector<RunRecord>& records) {
  nlohmann::json texts = nlohmann::json::array();
  for (const RunRecord& record : records) {
    texts.push_back(ToJson(record));
  }
  const std::string list = texts.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return fmt::format(
      "SELECT record, from_json(record, {}) AS r FROM (SELECT unnest(from_json({}, "
      "'[\"VARCHAR\"]')) AS record)",
      sql::QuoteText(kRecordShape), sql::QuoteText(list));
}

}  // namespace

std::string RunRowsSql(const std::vector<RunRecord>& records) {
  return fmt::format(
      "SELECT r.run AS run, r.job AS job, coalesce(r.partition, '') AS partition, "
      "make_timestamptz(r.start) AS start, make_timestamptz(r.\"end\") AS \"end\", "
      "r.generation AS generation, r.attempt AS attempt, r.state AS state, "
      "concat(r.owner.host, ':', r.owner.pid) AS owner, make_timestamptz(r.started) AS started, "
      "make_timestamptz(nullif(r.ended, 0)) AS ended, r.seconds AS seconds, r.rows AS rows, "
      "r.bytes AS bytes, r.peak_memory AS peak_memory, r.code_hash AS code_hash, r.why AS why, "
      "r.chain AS chain, r.error AS error, coalesce(r.recovered, false) AS recovered, "
      "r.inputs AS inputs, r.outputs AS outputs, r.steps AS steps, record FROM ({})",
      RecordsSql(records));
}

std::string CheckRowsSql(const std::vector<RunRecord>& records) {
  return fmt::format(
      "SELECT r.run AS run, r.job AS job, coalesce(r.partition, '') AS partition, "
      "make_timestamptz(r.start) AS start, make_timestamptz(r.\"end\") AS \"end\", "
      "r.attempt AS attempt, make_timestamptz(nullif(r.ended, 0)) AS checked, "
      "c.name AS name, coalesce(c.subject, '') AS subject, c.outcome AS outcome, "
      "coalesce(c.message, '') AS message, c.failures AS failures "
      "FROM (SELECT r, unnest(r.checks) AS c FROM ({}))",
      RecordsSql(records));
}

std::map<std::string, std::string> EmptyLedgerTables() {
  return {{kRunTable, RunRowsSql({})}, {kCheckTable, CheckRowsSql({})}};
}

void LoadRunRows(lake::Warehouse& warehouse, const lake::Snapshot& snapshot,
                 const std::vector<lake::AddFile>& files, RunCache& cache) {
  if (files.empty()) {
    return;
  }
  sql::Result result = warehouse.connection().Query(fmt::format(
      "SELECT run, job, partition, record, attempt::BIGINT, epoch_us(start), epoch_us(\"end\"), "
      "generation::BIGINT, list_position(['running', 'succeeded', 'failed', 'cancelled'], "
      "state)::BIGINT - 1, epoch_us(started) FROM ({}) ORDER BY job, partition, start",
      lake::ScanSql(warehouse.FolderOf(kRunTable), snapshot, files)));
  while (const auto batch = result.NextBatch()) {
    ArrowArray** columns = batch->get()->children;
    for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
      cache.PutRow({.run = BytesAt(*columns[0], row),
                    .job = BytesAt(*columns[1], row),
                    .partition = BytesAt(*columns[2], row),
                    .record = BytesAt(*columns[3], row),
                    .attempt = IntegerAt(*columns[4], row),
                    .start = IntegerAt(*columns[5], row),
                    .end = IntegerAt(*columns[6], row),
                    .generation = IntegerAt(*columns[7], row),
                    .state = IntegerAt(*columns[8], row),
                    .started = IntegerAt(*columns[9], row)});
    }
  }
}

}  // namespace weir::jobs
