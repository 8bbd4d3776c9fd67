#include "cli/job/run_record_text.h"

#include "base/clock.h"
#include "jobs/ledger/ledger.h"
#include "jobs/plan/interval_json.h"

namespace weir::cli {

std::string StateText(const jobs::RunRecord& record) {
  if (jobs::Ledger::IsAbandoned(record)) {
    return "crashed";
  }
  return jobs::ToText(record.state) + (record.recovered ? " (recovered)" : "");
}

Json RecordJson(const jobs::RunRecord& record) {
  Json json = Json::parse(jobs::ToJson(record));
  json.erase("format");
  for (const char* time : {"started", "ended", "renewed"}) {
    const Micros micros = json.at(time).get<Micros>();
    json[time] = micros == 0 ? Json() : Json(FormatTimestamp(micros));
  }
  json.update(jobs::IntervalJson(record.key.interval));
  if (jobs::Ledger::IsAbandoned(record)) {
    json["state"] = "crashed";
  }
  return json;
}

}  // namespace weir::cli
