#include "cli/job/run_record_text.h"

#include <string_view>

#include "base/clock.h"
#include "jobs/ledger/ledger.h"
#include "jobs/plan/done_runs.h"

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
  for (const char* time : {"start", "end", "started", "ended", "renewed"}) {
    const Micros micros = json.at(time).get<Micros>();
    const bool is_unset = micros == 0 && std::string_view(time).ends_with("ed");
    json[time] = is_unset ? Json() : Json(FormatTimestamp(micros));
  }
  if (jobs::IsBatch(record.key.interval)) {
    json["start"] = json["end"] = nullptr;
    json["batch"] = record.key.interval.start;
  }
  if (jobs::Ledger::IsAbandoned(record)) {
    json["state"] = "crashed";
  }
  return json;
}

}  // namespace weir::cli
