#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "base/error.h"
#include "base/process.h"
#include "cli/commands.h"
#include "cli/job/junit.h"
#include "cli/job/workspace.h"
#include "cli/print_json.h"
#include "jobs/unit_tests/run_unit_test.h"
#include "project/unit_test_file.h"

namespace weir::cli {
namespace {

namespace fs = std::filesystem;

// The tests of the jobs that were named.
std::vector<project::UnitTest> ChosenTests(const Arguments& arguments, const Workspace& workspace) {
  project::Mistakes mistakes;
  std::vector<project::UnitTest> tests = project::LoadUnitTests(workspace.project(), mistakes);
  mistakes.ThrowIfAny(workspace.project().folder);
  std::set<std::string> jobs;
  for (const std::size_t instance : workspace.Select(arguments.Texts("JOB"), std::nullopt)) {
    jobs.insert(workspace.instances()[instance].job->name);
  }
  std::erase_if(tests, [&](const project::UnitTest& test) { return !jobs.contains(test.job); });
  return tests;
}

void Tell(const TestCase& test, Services& services) {
  if (services.options().json) {
    return;
  }
  services.out() << fmt::format("{}  {}: {} ({:.2f} s)\n", test.failure.empty() ? "ok  " : "FAIL",
                                test.file, test.name, test.seconds);
  for (const std::string& check : test.left_out) {
    services.out() << fmt::format("      check '{}' was left out: its table is not given\n", check);
  }
  std::size_t begin = 0;
  while (begin < test.failure.size()) {
    const std::size_t end = test.failure.find('\n', begin);
    services.out() << "      " << test.failure.substr(begin, end - begin) << "\n";
    begin = end == std::string::npos ? end : end + 1;
  }
}

std::vector<TestCase> RunTests(const std::vector<project::UnitTest>& tests, Workspace& workspace) {
  const fs::path folder =
      workspace.project().ScratchFolder() / "work" / fmt::format("test.{}", CurrentProcess().pid);
  // As the files have them: a test gives the rows of a view, not of the tables below it.
  const std::vector<jobs::JobInstance> instances = jobs::MakeInstances(workspace.project());
  std::vector<TestCase> cases;
  for (const project::UnitTest& test : tests) {
    const jobs::UnitTestResult result =
        jobs::RunUnitTest(test, {.project = workspace.project(),
                                 .instances = instances,
                                 .steps = workspace.steps(),
                                 .work_folder = folder,
                                 .stop = workspace.services().stop()});
    cases.push_back({.file = test.file,
                     .name = test.name,
                     .job = test.job,
                     .failure = result.failure,
                     .seconds = result.seconds,
                     .left_out = result.left_out});
    Tell(cases.back(), workspace.services());
  }
  return cases;
}

void WriteJUnit(const std::string& path, const std::vector<TestCase>& cases) {
  std::ofstream file(path, std::ios::binary);
  file << JUnitXml(cases);
  file.close();
  if (!file) {
    throw ExternalError("can't write {}", path);
  }
}

Json TestsJson(const std::vector<TestCase>& cases, std::int64_t failed) {
  Json list = Json::array();
  for (const TestCase& test : cases) {
    list.push_back({{"file", test.file},
                    {"name", test.name},
                    {"job", test.job},
                    {"outcome", test.failure.empty() ? "passed" : "failed"},
                    {"message", test.failure},
                    {"seconds", test.seconds},
                    {"left_out", test.left_out}});
  }
  return {{"tests", list}, {"passed", std::ssize(cases) - failed}, {"failed", failed}};
}

void Test(const Arguments& arguments, Services& services) {
  Workspace workspace(services);
  const std::vector<TestCase> cases = RunTests(ChosenTests(arguments, workspace), workspace);
  const std::int64_t failed =
      std::ranges::count_if(cases, [](const TestCase& test) { return !test.failure.empty(); });
  if (const auto path = arguments.OptionalText("--junit")) {
    WriteJUnit(*path, cases);
  }
  if (services.options().json) {
    PrintJson(services.out(), TestsJson(cases, failed));
  } else if (cases.empty()) {
    services.out() << "no tests: they are files tests/*.yaml of the project\n";
  } else {
    services.out() << fmt::format("{} passed, {} failed\n", std::ssize(cases) - failed, failed);
  }
  if (failed > 0) {
    throw UserError("{} of {} tests failed", failed, cases.size());
  }
}

}  // namespace

Command TestCommand() {
  return {
      .name = "test",
      .group = "Projects",
      .summary = "Run the project's unit tests: given rows in, expected rows out.",
      .details =
          "Tests are files tests/*.yaml. Each gives rows for what a job reads and says which rows "
          "come out,\n"
          "or which error. Tables of the warehouse are neither read nor written; nothing is sent.",
      .examples = "weir test\nweir test daily_sales --junit report.xml",
      .parameters = {{.name = "JOB",
                      .help = "only tests of these jobs: names, globs, 'tag:x', 'domain:x'",
                      .many = true},
                     {.name = "--junit", .value = "FILE", .help = "write a report for CI servers"}},
      .run = Test,
  };
}

}  // namespace weir::cli
