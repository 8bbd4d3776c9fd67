#include "jobs/steps/kept_rows.h"

#include <exception>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/percent.h"
#include "base/run_id.h"
#include "sql/quote.h"

namespace weir::jobs {

KeptRows::KeptRows(sql::Database& database, std::filesystem::path folder)
    : database_(database), parent_(std::move(folder)) {}

KeptRows::~KeptRows() {
  try {
    if (connection_) {
      connection_->SetStopToken({});
      connection_->Run(fmt::format("DROP SCHEMA {} CASCADE", schema_));
    }
    if (!folder_.empty()) {
      std::filesystem::remove_all(folder_);
      std::error_code still_used;
      std::filesystem::remove(parent_, still_used);
    }
  } catch (const std::exception&) {  // the database goes with the process, the folder with doctor
  }
}

std::string KeptRows::Keep(const std::string& relation, const Schema& schema,
                           std::function<std::optional<Batch>()> next,
                           const std::stop_token& stop) {
  if (!connection_) {
    connection_.emplace(database_.Connect());
    const auto catalog =
        std::get<std::string>(connection_->Query("SELECT current_database()").Cell());
    schema_ =
        fmt::format("{}.{}", sql::QuoteName(catalog), sql::QuoteName("weir_steps_" + NewRunId()));
    connection_->Run("CREATE SCHEMA " + schema_);
  }
  connection_->SetStopToken(stop);
  const std::string table = fmt::format("{}.{}", schema_, sql::QuoteName(relation));
  connection_->RegisterStream(relation, schema, std::move(next));
  connection_->Run(
      fmt::format("CREATE OR REPLACE TABLE {} AS FROM temp.{}", table, sql::QuoteName(relation)));
  connection_->Run(fmt::format("DROP VIEW temp.{}", sql::QuoteName(relation)));
  return table;
}

std::filesystem::path KeptRows::FolderOf(const std::string& step) {
  if (folder_.empty()) {
    std::filesystem::create_directories(parent_);
    folder_ = parent_ / ("steps-" + NewRunId());
  }
  const std::filesystem::path made = folder_ / PercentEncode(step);
  std::filesystem::create_directories(made);
  return made;
}

}  // namespace weir::jobs
