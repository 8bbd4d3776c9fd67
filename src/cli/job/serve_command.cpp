#include <fmt/format.h>

#include "base/error.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/job/workspace.h"
#include "jobs/run/run_values.h"
#include "jobs/steps/step_runner.h"
#include "operators/ingest/reference_files.h"

namespace weir::cli {
namespace {

// The service of this name, and of its partitions the one that was asked for.
const jobs::JobInstance& AskedService(const Arguments& arguments, const Workspace& workspace) {
  const auto selected =
      workspace.Select({arguments.Text("JOB")}, arguments.OptionalText("--partition"));
  if (selected.size() != 1) {
    throw UsageError("'{}' names {} jobs; one service is allowed", arguments.Text("JOB"),
                     selected.size());
  }
  return workspace.instances()[*selected.begin()];
}

void ServeJob(const Arguments& arguments, Services& services) {
  Workspace workspace(services);
  const jobs::JobInstance& instance = AskedService(arguments, workspace);
  const jobs::Interval now{.start = Now(), .end = Now() + 1};
  const jobs::StepRunner runner(
      {.values = jobs::RunValues(instance, now),
       .project_folder = workspace.project().folder,
       .work_folder = workspace.project().folder / ".weir" / "work" / instance.job->name,
       .run_id = instance.job->name,
       .stop = services.stop()},
      workspace.steps());
  runner.Serve(
      *instance.job, workspace.lakes().own().connection(),
      {.folder = workspace.project().folder,
       .places = operators::ReferenceFile("geo/geo-whois-asn-country.mmdb"),
       .announce = [&](const std::string& url) { services.out() << url << "\n"
                                                                << std::flush; }});
}

}  // namespace

Command ServeCommand() {
  return {
      .name = "serve",
      .group = "Jobs",
      .summary = "Run a service, such as a collector of events, until it is stopped.",
      .details =
          "Prints its address, then answers until Ctrl-C or SIGTERM: open requests are answered\n"
          "then, and what was accepted can be read. It listens on 127.0.0.1 unless the job says\n"
          "otherwise; GET /health and GET /metrics (Prometheus) tell how it does.",
      .examples = "weir serve ad_tracker\nweir serve mapper_service --env production",
      .parameters = {{.name = "JOB", .help = "a job of kind service", .required = true},
                     {.name = "--partition",
                      .value = "NAME=VALUE",
                      .help = "of a job with partitions, such as region=amer"}},
      .run = ServeJob};
}

}  // namespace weir::cli
