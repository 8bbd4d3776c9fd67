#include "jobs/steps/step_settings.h"

#include <fmt/format.h>

#include "base/log.h"
#include "sql/quote.h"

namespace weir::jobs {

std::string StepScope::Fill(const std::string& text) const {
  return services.connections.secrets().Fill(project::FillText(text, settings.values));
}

nlohmann::json StepScope::Fill(const nlohmann::json& value) const {
  if (value.is_string()) {
    return Fill(value.get<std::string>());
  }
  nlohmann::json filled = value;
  if (value.is_structured()) {
    for (nlohmann::json& part : filled) {
      part = Fill(nlohmann::json(part));
    }
  }
  return filled;
}

void StepScope::Log(std::string_view line) const {
  const std::string text =
      fmt::format("{}: {}", step.name, services.connections.secrets().Redact(line));
  if (services.log) {
    services.log(text);
  } else {
    LogLine(LogLevel::kInfo, text);
  }
}

void StepScope::Define(const std::string& relation, const std::string& select) const {
  const char* what = use.readers(relation) > 1 ? "TABLE" : "VIEW";
  connection.Run(fmt::format("CREATE TEMP {} {} AS {}", what, sql::QuoteName(relation), select));
}

}  // namespace weir::jobs
