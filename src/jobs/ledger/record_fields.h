#pragma once

#include <concepts>
#include <type_traits>

#include "jobs/ledger/run_record.h"

namespace weir::jobs {

template <typename Type, typename Record>
concept Like = std::same_as<std::remove_const_t<Type>, Record>;

// The fields of the records of the ledger by their names in JSON, once for its reader and its
// writer: `visit(name, field)` for each, in order. `Record` is one of run_record.h, const or not.
template <Like<InputRecord> Record, typename Visitor>
void VisitFields(Record& record, Visitor& visit) {
  visit("name", record.name);
  visit("table", record.table);
  visit("version", record.version);
  visit("table_id", record.table_id);
  visit("files", record.files);
  visit("num_files", record.num_files);
  visit("writer_run", record.writer_run);
  visit("note", record.note);
}

template <Like<OutputRecord> Record, typename Visitor>
void VisitFields(Record& record, Visitor& visit) {
  visit("table", record.table);
  visit("version", record.version);
  visit("table_id", record.table_id);
  visit("rows", record.rows);
  visit("bytes", record.bytes);
}

template <Like<StepRecord> Record, typename Visitor>
void VisitFields(Record& record, Visitor& visit) {
  visit("name", record.name);
  visit("rows", record.rows);
  visit("seconds", record.seconds);
  visit("retries", record.retries);
}

template <Like<CheckRecord> Record, typename Visitor>
void VisitFields(Record& record, Visitor& visit) {
  visit("name", record.name);
  visit("subject", record.subject);
  visit("outcome", record.outcome);
  visit("message", record.message);
  visit("failures", record.failures);
  visit("rows", record.rows);
}

template <Like<ProcessIdentity> Record, typename Visitor>
void VisitFields(Record& process, Visitor& visit) {
  visit("host", process.host);
  visit("boot", process.boot);
  visit("pid", process.pid);
  visit("start", process.start);
}

template <Like<RunRecord> Record, typename Visitor>
void VisitFields(Record& record, Visitor& visit) {
  visit("job", record.key.job);
  visit("partition", record.key.partition);
  visit("start", record.key.interval.start);
  visit("end", record.key.interval.end);
  visit("generation", record.key.generation);
  visit("attempt", record.attempt);
  visit("state", record.state);
  visit("owner", record.owner);
  visit("started", record.started);
  visit("ended", record.ended);
  visit("renewed", record.renewed);
  visit("code_hash", record.code_hash);
  visit("seed", record.seed);
  visit("inputs", record.inputs);
  visit("outputs", record.outputs);
  visit("steps", record.steps);
  visit("checks", record.checks);
  visit("files_read", record.files_read);
  visit("read_until", record.read_until);
  visit("sent", record.sent);
  visit("why", record.why);
  visit("chain", record.chain);
  visit("rows", record.rows);
  visit("bytes", record.bytes);
  visit("seconds", record.seconds);
  visit("peak_memory", record.peak_memory);
  visit("error", record.error);
  visit("recovered", record.recovered);
}

}  // namespace weir::jobs
