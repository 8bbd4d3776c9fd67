#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "operators/operator.h"

// For tests alone: what an operator works with, over the tables of a connection.
namespace weir::operators {

class TestContext final : public OperatorContext {
 public:
  using Names = std::map<std::string, std::string, std::less<>>;

  // `arguments` are relations as SQL names them. What is given becomes a table of the database,
  // called as the output behind `prefix`.
  TestContext(sql::Database& database, sql::Connection& connection, nlohmann::json settings,
              Names arguments, std::string prefix = "")
      : connection_(connection),
        other_(database.Connect()),
        settings_(std::move(settings)),
        arguments_(std::move(arguments)),
        prefix_(std::move(prefix)) {}

  const nlohmann::json& settings() const override { return settings_; }
  std::int64_t seed() const override { return 0; }
  std::stop_token stop() const override { return {}; }
  std::filesystem::path project_folder() const override { return {}; }
  std::string attempt() const override { return ""; }
  std::string Origin(std::string_view /*argument*/) const override { return ""; }
  std::optional<std::string> Relation(std::string_view argument) const override {
    const auto found = arguments_.find(argument);
    return found == arguments_.end() ? std::nullopt : std::optional(found->second);
  }
  sql::Result Query(const std::string& sql) override {
    queries_.push_back(sql);
    return connection_.Query(sql);
  }
  bool Wants(std::string_view /*output*/) const override { return true; }
  void Give(std::string_view output, const Schema& schema, BatchSource next) override {
    Pipe(output, schema, std::move(next));
  }
  void Pipe(std::string_view output, const Schema& schema, BatchSource next) override {
    other_.RegisterStream("piped", schema, std::move(next));
    other_.Run(fmt::format("CREATE OR REPLACE TABLE {}{} AS FROM piped", prefix_, output));
  }

  std::string Keep(const std::string& name, const Schema& schema, BatchSource next) override {
    Pipe(name, schema, std::move(next));
    return prefix_ + name;
  }
  void Carry(std::string_view output, const Schema& schema, const CarriedRows& carried,
             BatchSource fresh) override {
    const std::string rows = Keep(fmt::format("{}_fresh", output), schema, std::move(fresh));
    std::vector<std::string> columns;
    for (const Field& field : schema.fields) {
      columns.push_back("\"" + field.name + "\"");
    }
    other_.Run(
        fmt::format("CREATE OR REPLACE TABLE {0}{1} AS SELECT {2} FROM {3} WHERE {4} "
                    "UNION ALL SELECT {2} FROM {5}",
                    prefix_, output, fmt::join(columns, ", "), *Relation(carried.argument),
                    carried.kept, rows));
  }

  const std::vector<std::string>& queries() const { return queries_; }

 private:
  sql::Connection& connection_;
  sql::Connection other_;
  nlohmann::json settings_;
  Names arguments_;
  std::string prefix_;
  std::vector<std::string> queries_;
};

}  // namespace weir::operators
