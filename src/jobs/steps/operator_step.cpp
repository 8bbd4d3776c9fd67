#include "jobs/steps/operator_step.h"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "sql/quote.h"

namespace weir::jobs {
namespace {

struct Given {
  Schema schema;
  operators::BatchSource next;  // empty: kept in `table`
  std::string table;
};

class Context final : public operators::OperatorContext {
 public:
  Context(const StepScope& scope, const operators::Operator& op)
      : scope_(scope),
        settings_(CompleteSettings(op.declaration().settings, scope.Fill(scope.step.with))),
        outputs_(op.declaration().outputs) {}

  const nlohmann::json& settings() const override { return settings_; }
  std::int64_t seed() const override { return scope_.settings.seed; }
  std::stop_token stop() const override { return scope_.stop; }
  std::filesystem::path project_folder() const override { return scope_.settings.project_folder; }
  std::string attempt() const override { return scope_.settings.attempt; }

  std::optional<std::string> Relation(std::string_view argument) const override {
    const std::string input = InputOf(argument);
    return input.empty() ? std::nullopt : std::optional(sql::QuoteName(input));
  }
  std::string Origin(std::string_view argument) const override {
    const auto given =
        std::ranges::find(scope_.step.in, argument, &std::pair<std::string, std::string>::first);
    if (given == scope_.step.in.end()) {
      return "";
    }
    const auto origin = scope_.settings.origins.find(given->second);
    return origin == scope_.settings.origins.end() ? "" : origin->second;
  }
  sql::Result Query(const std::string& sql) override { return scope_.connection.Query(sql); }

  bool Wants(std::string_view output) const override {
    const auto name = NameOf(output);
    return name && scope_.use.readers(*name) > 0;
  }
  void Give(std::string_view output, const Schema& schema, operators::BatchSource next) override {
    if (Wants(output)) {
      given_[*NameOf(output)] = {.schema = schema, .next = std::move(next), .table = ""};
    }
  }
  void Pipe(std::string_view output, const Schema& schema, operators::BatchSource next) override {
    if (Wants(output)) {
      const std::string name = *NameOf(output);
      const std::string table = scope_.kept.Keep(name, schema, std::move(next), scope_.stop);
      given_[name] = {.schema = schema, .next = nullptr, .table = table};
    }
  }

  std::string Keep(const std::string& name, const Schema& schema,
                   operators::BatchSource next) override {
    return scope_.kept.Keep(fmt::format("{} of {}", name, scope_.step.name), schema,
                            std::move(next), scope_.stop);
  }
  void Carry(std::string_view output, const Schema& schema, const operators::CarriedRows& carried,
             operators::BatchSource fresh) override {
    if (!Wants(output)) {
      return;
    }
    const std::string name = *NameOf(output);
    const std::string table = Keep(fmt::format("fresh rows of {}", name), schema, std::move(fresh));
    const std::string columns = sql::QuoteNames(schema.names());
    given_[name] = {
        .schema = schema,
        .next = nullptr,
        .table = fmt::format("(SELECT {0} FROM {1} WHERE {2} UNION ALL "
                             "SELECT {0} FROM {3})",
                             columns, *Relation(carried.argument), carried.kept, table)};
    scope_.kept.carried()[name] = {
        .input = InputOf(carried.argument), .kept = carried.kept, .fresh = table};
  }

  // Makes relations of what the operator gave.
  void DefineOutputs() {
    for (const std::string& name : scope_.step.out) {
      if (scope_.use.readers(name) == 0) {
        continue;
      }
      const auto found = given_.find(name);
      if (found == given_.end()) {
        throw std::logic_error(
            fmt::format("operator '{}' did not give '{}'", scope_.step.what, name));
      }
      DefineOutput(name, std::move(found->second));
    }
  }

 private:
  // The relation that is the argument; empty if it isn't given.
  std::string InputOf(std::string_view argument) const {
    const auto found =
        std::ranges::find(scope_.step.in, argument, &std::pair<std::string, std::string>::first);
    return found == scope_.step.in.end() ? "" : found->second;
  }

  // The step's name for an output of the operator; absent if the step leaves it out.
  std::optional<std::string> NameOf(std::string_view output) const {
    const auto at =
        static_cast<std::size_t>(std::ranges::find(outputs_, output) - outputs_.begin());
    return at < scope_.step.out.size() ? std::optional(scope_.step.out[at]) : std::nullopt;
  }

  void DefineOutput(const std::string& name, Given given) {
    const bool is_kept = !given.next;
    if (!is_kept && scope_.use.readers(name) > 1) {
      given.table = scope_.kept.Keep(name, given.schema, std::move(given.next), scope_.stop);
    } else if (!is_kept) {
      scope_.connection.RegisterStream(name, given.schema, std::move(given.next));
      return;
    }
    scope_.connection.Run(fmt::format("CREATE OR REPLACE TEMP VIEW {} AS FROM {}",
                                      sql::QuoteName(name), given.table));
  }

  const StepScope& scope_;
  nlohmann::json settings_;
  const std::vector<std::string>& outputs_;
  std::map<std::string, Given> given_;
};

}  // namespace

void RunOperatorStep(const StepScope& scope) {
  const operators::Operator& op = scope.services.operators.Find(scope.step.what);
  std::map<std::string, Schema> inputs;
  for (const auto& [argument, relation] : scope.step.in) {
    inputs[argument] = scope.connection.Describe("FROM " + sql::QuoteName(relation));
  }
  operators::Describe(op, scope.Fill(scope.step.with), inputs);
  Context context(scope, op);
  op.Run(context);
  context.DefineOutputs();
}

}  // namespace weir::jobs
