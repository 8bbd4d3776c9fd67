#include "cli/commands.h"
#include "cli/print_json.h"
#include "cli/services.h"
#include "project/json_schema.h"

namespace weir::cli {
namespace {

void PrintSchema(const Arguments& arguments, Services& services) {
  PrintJson(services.out(), arguments.Text("FILE") == "job" ? project::JobJsonSchema()
                                                            : project::SettingsJsonSchema());
}

}  // namespace

Command SchemaCommand() {
  return {
      .name = "schema",
      .group = "Projects",
      .summary = "Write the JSON Schema of weir.yaml or job.yaml.",
      .details =
          "Editors complete and check a file by its schema while one types. With the YAML language "
          "server,\n"
          "the first line of a file names it: # yaml-language-server: $schema=../job.schema.json",
      .examples = "weir schema job > job.schema.json\nweir schema project > weir.schema.json",
      .parameters = {{.name = "FILE",
                      .help = "project (weir.yaml, the default) or job (job.yaml)",
                      .choices = {"project", "job"}}},
      .run = PrintSchema,
  };
}

}  // namespace weir::cli
