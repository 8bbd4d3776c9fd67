#include "jobs/unit_tests/run_unit_test.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/nearest_name.h"
#include "jobs/checks/check_runner.h"
#include "jobs/run/run_checks.h"
#include "jobs/run/run_values.h"
#include "jobs/steps/step_runner.h"
#include "jobs/unit_tests/compare_rows.h"
#include "jobs/unit_tests/test_rows.h"
#include "lake/scan.h"
#include "lake/write_table.h"
#include "sql/quote.h"

namespace weir::jobs {
namespace {

namespace fs = std::filesystem;
using project::TestRows;

bool IsTableName(const std::string& name) { return name.find('.') != std::string::npos; }

const TestRows* FindRows(const std::vector<TestRows>& list, const std::string& name) {
  const auto found =
      std::ranges::find_if(list, [&](const TestRows& rows) { return SameName(rows.name, name); });
  return found == list.end() ? nullptr : &*found;
}

ColumnTypes TypesOf(const std::vector<project::ColumnContract>& columns) {
  ColumnTypes types;
  for (const project::ColumnContract& column : columns) {
    types[column.name] = column.type;
  }
  return types;
}

// "name TYPE, …" of a connector's relation, as DuckDB reads it.
ColumnTypes TypesOf(const std::string& declared, sql::Connection& connection) {
  ColumnTypes types;
  if (!declared.empty()) {
    connection.Run(fmt::format("CREATE OR REPLACE TEMP TABLE weir_declared ({})", declared));
    for (const Field& field : connection.Describe("SELECT * FROM weir_declared").fields) {
      types[field.name] = ToText(field.type);
    }
  }
  return types;
}

// A project like the user's whose warehouse is a folder of the test's own.
project::Project InWarehouse(const project::Project& project, const fs::path& folder) {
  project::Project copy = project;
  copy.warehouse = folder.string();
  copy.environment.warehouse = folder.string();
  copy.environment.read_from.clear();
  copy.jobs.clear();
  return copy;
}

class TestRun {
 public:
  TestRun(const project::UnitTest& test, const UnitTestServices& services)
      : test_(test),
        services_(services),
        project_(InWarehouse(services.project, services.work_folder / "warehouse")),
        lakes_(project_, services.steps.database),
        connection_(lakes_.own().connection()),
        original_(FindInstance()),
        job_(*original_.job),
        instance_(original_),
        interval_(instance_.schedule.At(instance_.schedule.TimeOf(test.day))) {
    instance_.job = &job_;
    connection_.SetStopToken(services.stop);
  }

  // Returns what differs.
  std::string Run() {
    GiveInputs();
    GiveSources();
    GiveTables();
    CheckNamesGiven();
    DropBlindChecks();
    StepSettings settings{.values = RunValues(instance_, interval_),
                          .project_folder = project_.folder,
                          .work_folder = services_.work_folder,
                          .run_id = "test",
                          .seed = job_.seed,
                          .stop = services_.stop};
    for (const TestRows& rows : test_.expect) {
      settings.also_read.insert(rows.name);
    }
    StepRunner runner(settings, services_.steps);
    const StepResult steps = runner.Run(job_, connection_);
    const std::vector<StagedOutput> outputs = Stage();
    CheckOutputs(outputs);
    return Compare(outputs);
  }

  // The checks that Run() has left out, by name.
  const std::vector<std::string>& left_out() const { return left_out_; }

 private:
  const JobInstance& FindInstance() const {
    return *std::ranges::find_if(services_.instances, [&](const JobInstance& instance) {
      return instance.job->name == test_.job && instance.partition == test_.partition;
    });
  }

  void Define(const std::string& name, const std::string& select) {
    connection_.Run(
        fmt::format("CREATE OR REPLACE TEMP TABLE {} AS {}", sql::QuoteName(name), select));
    defined_.insert(name);
  }

  // Types that the input's writer, or the input itself, promises.
  ColumnTypes ContractOf(const InstanceInput& input) const {
    for (const TableWriter& writer : input.writers) {
      const auto& columns = services_.instances[writer.instance].writes[writer.output].columns;
      if (!columns.empty()) {
        return TypesOf(columns);
      }
    }
    return TypesOf(input.input.columns);
  }

  void GiveInputs() {
    for (const InstanceInput& input : instance_.reads) {
      const TestRows* given = FindRows(test_.given, input.input.name);
      const TestRows none{.name = input.input.name, .rows = nlohmann::json::array()};
      if (given == nullptr && !input.input.optional) {
        throw UserError("no rows are given for input '{}' of job '{}'; `{}: []` gives none",
                        input.input.name, job_.name, input.input.name);
      }
      Define(input.input.name, SelectOf(given == nullptr ? none : *given, ContractOf(input),
                                        project_.folder, connection_));
    }
  }

  // Connector steps that read are replaced by rows.
  void GiveSources() {
    std::erase_if(job_.steps, [&](const project::Step& step) {
      const bool reads = step.IsSource();
      if (reads) {
        for (const std::string& relation : step.out) {
          GiveSource(step, relation);
        }
      }
      return reads;
    });
  }

  void GiveSource(const project::Step& step, const std::string& relation) {
    const TestRows* given = FindRows(test_.given, relation);
    if (given == nullptr) {
      throw UserError("no rows are given for '{}', which step '{}' of job '{}' would read",
                      relation, step.name, job_.name);
    }
    const auto declared = step.columns.find(relation);
    Define(relation,
           SelectOf(*given,
                    TypesOf(declared == step.columns.end() ? "" : declared->second, connection_),
                    project_.folder, connection_));
  }

  // Tables as they were before the run.
  void GiveTables() {
    for (const TestRows& given : test_.given) {
      if (!IsTableName(given.name)) {
        continue;
      }
      lake::WriteRequest request;
      ColumnTypes types;
      if (const project::Output* output = WriterOf(given.name)) {
        request.partition_by = output->partition_by;
        types = TypesOf(output->columns);
      }
      request.select = SelectOf(given, types, project_.folder, connection_);
      request.mode = lake::WriteMode::kOverwrite;
      WriteTable(lakes_.own(), lakes_.own().FolderOf(given.name), request);
      defined_.insert(given.name);
    }
  }

  const project::Output* WriterOf(const std::string& table) const {
    for (const JobInstance& instance : services_.instances) {
      const auto found = std::ranges::find(instance.writes, table, &project::Output::table);
      if (found != instance.writes.end()) {
        return &*found;
      }
    }
    return nullptr;
  }

  void CheckNamesGiven() const {
    const std::vector<std::string> known(defined_.begin(), defined_.end());
    for (const TestRows& given : test_.given) {
      if (std::ranges::none_of(
              known, [&](const std::string& name) { return SameName(name, given.name); })) {
        throw UserError("job '{}' has no input or source '{}'{}", job_.name, given.name,
                        DidYouMean(given.name, known));
      }
    }
  }

  // Checks that look at tables which aren't there.
  void DropBlindChecks() {
    std::erase_if(job_.checks, [&](const project::Check& check) {
      const bool is_blind = !IsThere(check.table) || !IsThere(check.to_table);
      if (is_blind) {
        left_out_.push_back(check.name);
      }
      return is_blind;
    });
  }

  // Whether a check can look at a table: one that the job writes, that the test gives by its name,
  // or by that of the input that reads it.
  bool IsThere(const std::string& written) {
    const std::string table =
        written.empty() ? "" : project::FillName(written, RunValues(instance_, interval_));
    return table.empty() || defined_.contains(table) ||
           std::ranges::find(instance_.writes, table, &project::Output::table) !=
               instance_.writes.end() ||
           GiveTableOfInput(table);
  }

  // Makes a table of the rows that are given for the inputs that read it.
  bool GiveTableOfInput(const std::string& table) {
    for (const InstanceInput& input : instance_.reads) {
      if (input.input.table == table && FindRows(test_.given, input.input.name) != nullptr) {
        lake::WriteRequest request;
        request.select = "FROM " + sql::QuoteName(input.input.name);
        request.mode = lake::WriteMode::kOverwrite;
        WriteTable(lakes_.own(), lakes_.own().FolderOf(table), request);
        defined_.insert(table);
        return true;
      }
    }
    return false;
  }

  std::vector<StagedOutput> Stage() {
    lake::CommitInfo origin;
    origin.run_id = "test";
    return StageOutputs({.instance = instance_, .interval = interval_, .origin = origin},
                        lakes_.own(), {});
  }

  void CheckOutputs(const std::vector<StagedOutput>& outputs) {
    const std::string failures = FailureText(CheckRun({.project = project_,
                                                       .instance = instance_,
                                                       .interval = interval_,
                                                       .outputs = outputs,
                                                       .last_checks = {}},
                                                      lakes_));
    if (!failures.empty()) {
      throw UserError("{}", failures);
    }
  }

  std::string Compare(const std::vector<StagedOutput>& outputs) {
    std::string text;
    for (const TestRows& expected : test_.expect) {
      std::string difference;
      try {
        difference =
            DifferenceOf(expected, RowsOf(expected.name, outputs), project_.folder, connection_);
      } catch (const UserError& problem) {
        difference = std::string(problem.what()) + "\n";
      }
      text += difference.empty() ? "" : fmt::format("{}: {}", expected.name, difference);
    }
    return text;
  }

  // A relation of the job, or a table that it writes.
  std::string RowsOf(const std::string& name, const std::vector<StagedOutput>& outputs) {
    for (const StagedOutput& output : outputs) {
      if (output.output->table == name) {
        return fmt::format("({})", lake::ScanSql(output.folder, output.after));
      }
    }
    std::vector<std::string> known;
    known.reserve(outputs.size());
    for (const StagedOutput& output : outputs) {
      known.push_back(output.output->table);
    }
    for (const project::Step& step : job_.steps) {
      known.insert(known.end(), step.out.begin(), step.out.end());
    }
    known.insert(known.end(), defined_.begin(), defined_.end());
    if (std::ranges::none_of(known,
                             [&](const std::string& other) { return SameName(other, name); })) {
      throw UserError("job '{}' has no such relation or table{}", job_.name,
                      DidYouMean(name, known));
    }
    return sql::QuoteName(name);
  }

  const project::UnitTest& test_;
  const UnitTestServices& services_;
  project::Project project_;
  Lakes lakes_;
  sql::Connection& connection_;
  const JobInstance& original_;
  project::Job job_;  // without the steps that are replaced by rows
  JobInstance instance_;
  Interval interval_;
  std::set<std::string> defined_;
  std::vector<std::string> left_out_;
};

// What the test shows: nothing if all is as expected.
std::string FailureOf(const project::UnitTest& test, const UnitTestServices& services,
                      std::vector<std::string>& left_out) {
  std::string difference;
  std::string error;
  std::optional<TestRun> run;
  try {
    run.emplace(test, services);
    difference = run->Run();
  } catch (const CancelledError&) {
    throw;
  } catch (const std::exception& problem) {
    error = services.steps.connections.secrets().Redact(problem.what());
  }
  if (run) {
    left_out = run->left_out();
  }
  if (test.error.empty()) {
    return error.empty() ? difference : error;
  }
  if (error.empty()) {
    return fmt::format("expected an error with '{}', there was none\n", test.error);
  }
  return error.find(test.error) != std::string::npos
             ? ""
             : fmt::format("expected an error with '{}', it was: {}\n", test.error, error);
}

}  // namespace

UnitTestResult RunUnitTest(const project::UnitTest& test, const UnitTestServices& services) {
  const auto start = std::chrono::steady_clock::now();
  fs::create_directories(services.work_folder);
  UnitTestResult result;
  try {
    result.failure = FailureOf(test, services, result.left_out);
  } catch (...) {
    fs::remove_all(services.work_folder);
    throw;
  }
  fs::remove_all(services.work_folder);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace weir::jobs
