#include "jobs/steps/command_step.h"

#include <algorithm>
#include <deque>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/nearest_name.h"
#include "base/process.h"
#include "jobs/steps/child_process.h"
#include "sql/quote.h"

namespace weir::jobs {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLinesShown = 20;
constexpr int kTemporaryFailure = 75;  // EX_TEMPFAIL of sysexits.h

class CommandRun {
 public:
  CommandRun(const StepScope& scope, const fs::path& job_folder)
      : scope_(scope),
        job_folder_(job_folder),
        settings_(CompleteSettings(CommandSettings(), scope.Fill(scope.step.with))),
        folder_(scope.kept.FolderOf(scope.step.name)),
        values_(scope.settings.values) {
    fs::create_directories(folder_ / "in");
    fs::remove_all(folder_ / "out");  // of an attempt that failed
    fs::create_directories(folder_ / "out");
  }

  void Run() {
    WriteInputs();
    for (const std::string& relation : scope_.step.out) {
      values_["out." + relation] = {.kind = {}, .text = OutputPath(relation).string()};
    }
    const ChildEnd end = RunChild(
        {.argv = Filled(scope_.step.command), .environment = Environment(), .folder = job_folder_},
        [&](std::string_view line) { TakeLine(line); }, scope_.stop);
    CheckEnd(end);
    for (const std::string& relation : scope_.step.out) {
      ReadOutput(relation);
    }
  }

 private:
  fs::path OutputPath(const std::string& relation) const {
    return folder_ / "out" / (relation + ".parquet");
  }

  void WriteInputs() {
    const char* order = settings_.at("sorted").get<bool>() ? " ORDER BY ALL" : "";
    for (const auto& [argument, relation] : scope_.step.in) {
      const std::string path = (folder_ / "in" / (argument + ".parquet")).string();
      values_["in." + argument] = {.kind = {}, .text = path};
      if (fs::exists(path)) {  // whole, of an attempt that failed: a stream can't be read again
        continue;
      }
      scope_.connection.Run(
          fmt::format("COPY (FROM {}{}) TO {} (FORMAT parquet, USE_TMP_FILE true)",
                      sql::QuoteName(relation), order, sql::QuoteText(path)));
    }
  }

  std::string Fill(const std::string& text) const {
    return scope_.services.connections.secrets().Fill(project::FillText(text, values_));
  }
  std::vector<std::string> Filled(const std::vector<std::string>& texts) const {
    std::vector<std::string> filled;
    std::ranges::transform(texts, std::back_inserter(filled),
                           [&](const std::string& text) { return Fill(text); });
    return filled;
  }

  std::map<std::string, std::string> Environment() const {
    std::map<std::string, std::string> environment{
        {"WEIR", (ProgramFolder() / "weir").string()}};  // for commands that use weir themselves
    if (scope_.step.with.is_object() && scope_.step.with.contains("environment")) {
      for (const auto& [name, value] : scope_.step.with.at("environment").items()) {
        environment[name] = Fill(value.get<std::string>());
      }
    }
    return environment;
  }

  void TakeLine(std::string_view line) {
    scope_.Log(line);
    last_lines_.emplace_back(line);
    if (last_lines_.size() > kLinesShown) {
      last_lines_.pop_front();
    }
  }

  void CheckEnd(const ChildEnd& end) const {
    if (end.exit_code == 0 && end.signal == 0) {
      return;
    }
    const std::string how = end.signal != 0 ? fmt::format("was killed by signal {}", end.signal)
                                            : fmt::format("ended with exit code {}", end.exit_code);
    const std::string lines = OutputText();
    if (end.signal == 0 && end.exit_code == kTemporaryFailure) {
      throw ExternalError("the command {}{}", how, lines);
    }
    throw UserError("the command {}{}", how, lines);
  }

  // The last line says most, and the first line of an error is what lists of runs show.
  std::string OutputText() const {
    if (last_lines_.size() < 2) {
      return last_lines_.empty() ? "" : ": " + last_lines_.back();
    }
    return fmt::format(": {}\n  {}", last_lines_.back(),
                       fmt::to_string(fmt::join(last_lines_, "\n  ")));
  }

  Schema DeclaredColumns(const std::string& relation) {
    const auto declared = scope_.step.columns.find(relation);
    if (declared == scope_.step.columns.end()) {
      throw UserError("the columns of '{}' are not declared", relation);
    }
    try {
      scope_.connection.Run(
          fmt::format("CREATE OR REPLACE TEMP TABLE weir_declared ({})", declared->second));
      Schema schema = scope_.connection.Describe("FROM weir_declared");
      scope_.connection.Run("DROP TABLE weir_declared");
      return schema;
    } catch (const UserError& error) {
      throw UserError("columns of '{}': '{}': {}", relation, declared->second, error.what());
    }
  }

  void ReadOutput(const std::string& relation) {
    const Schema declared = DeclaredColumns(relation);
    const fs::path path = OutputPath(relation);
    if (!fs::exists(path)) {
      throw UserError("the command did not write relation '{}': there is no file at {{out.{}}}",
                      relation, relation);
    }
    const std::string file = fmt::format("read_parquet({})", sql::QuoteText(path.string()));
    const Schema found = scope_.connection.Describe("FROM " + file);
    CheckColumns(relation, declared, found);
    std::vector<std::string> columns;
    columns.reserve(declared.fields.size());
    for (const Field& field : declared.fields) {
      columns.push_back(
          fmt::format("CAST({0} AS {1}) AS {0}", sql::QuoteName(field.name), ToText(field.type)));
    }
    // A file can be read again and again: no table is needed.
    scope_.connection.Run(fmt::format("CREATE OR REPLACE TEMP VIEW {} AS SELECT {} FROM {}",
                                      sql::QuoteName(relation),
                                      fmt::to_string(fmt::join(columns, ", ")), file));
  }

  static void CheckColumns(const std::string& relation, const Schema& declared,
                           const Schema& found) {
    for (const Field& field : declared.fields) {
      const Field* column = found.Find(field.name);
      if (column == nullptr) {
        throw UserError("the command's relation '{}' has no column '{}'; it has {}{}", relation,
                        field.name, fmt::to_string(fmt::join(found.names(), ", ")),
                        DidYouMean(field.name, found.names()));
      }
      if (!WidensTo(column->type, field.type)) {
        throw UserError("column '{}' of the command's relation '{}' is {}; declared is {}",
                        field.name, relation, ToText(column->type), ToText(field.type));
      }
    }
    for (const std::string& name : found.names()) {
      if (declared.Find(name) == nullptr) {
        throw UserError(
            "the command's relation '{}' has a column '{}' that is not declared; "
            "declared are {}{}",
            relation, name, fmt::to_string(fmt::join(declared.names(), ", ")),
            DidYouMean(name, declared.names()));
      }
    }
  }

  const StepScope& scope_;
  const fs::path& job_folder_;
  nlohmann::json settings_;
  fs::path folder_;
  project::Substitutions values_;
  std::deque<std::string> last_lines_;
};

}  // namespace

std::vector<Setting> CommandSettings() {
  return {
      {.name = "environment", .type = SettingType::kObject, .doc = "variables added to weir's own"},
      {.name = "sorted",
       .type = SettingType::kBoolean,
       .standard = true,
       .doc = "whether inputs are sorted by all columns"}};
}

std::vector<std::string> CommandMistakes(const project::Step& step) {
  std::vector<std::string> mistakes = SettingMistakes(CommandSettings(), step.with);
  for (const std::string& relation : step.out) {
    if (!step.columns.contains(relation)) {
      mistakes.push_back(
          fmt::format("relation '{0}' of a command needs its columns: `columns: {{{0}: \"name "
                      "TYPE, …\"}}`",
                      relation));
    }
  }
  return mistakes;
}

void RunCommandStep(const StepScope& scope, const fs::path& job_folder) {
  CommandRun(scope, job_folder).Run();
}

}  // namespace weir::jobs
