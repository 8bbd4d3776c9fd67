#include "cli/commands.h"
#include "cli/print_json.h"
#include "cli/services.h"
#include "project/json_schema.h"

namespace weir::cli {
namespace {

void PrintSchema(const Arguments& arguments, Services& services) {
  const std::string file = arguments.Text("FILE");
  PrintJson(services.out(), file == "job"    ? project::JobJsonSchema()
                            : file == "test" ? project::UnitTestsJsonSchema()
                                             : project::SettingsJsonSchema());
}

}  // namespace

Command SchemaCommand() {
  return {
      .name = "schema",
      .group = "Projects",
      .summary = "Write the JSON Schema of weir.yaml, job.yaml or tests/*.yaml.",
      .details =
          "Editors complete and check a file by its schema while one types. With the YAML language "
          "server,\n"
          "the first line of a file names it: # yaml-language-server: $schema=../job.schema.json",
      .examples = "weir schema job > job.schema.json\nweir schema project > weir.schema.json",
      .parameters = {{.name = "FILE",
                      .help =
                          "project (weir.yaml, the default), job (job.yaml) or test (tests/*.yaml)",
                      .choices = {"project", "job", "test"}}},
      .run = PrintSchema,
  };
}

}  // namespace weir::cli
