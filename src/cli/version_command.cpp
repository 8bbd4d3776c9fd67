#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/version.h"
#include "cli/commands.h"
#include "cli/services.h"

namespace weir::cli {
namespace {

std::string DuckdbVersion(Services& services) {
  sql::Connection connection = services.database().Connect();
  return std::get<std::string>(
      connection.Query("SELECT library_version FROM pragma_version()").Cell());
}

void PrintVersion(const Arguments& /*arguments*/, Services& services) {
  const std::string compiler = "g++ " __VERSION__;
  const std::string duckdb = DuckdbVersion(services);
  if (services.options().json) {
    const nlohmann::ordered_json version = {{"weir", Version()},
                                            {"duckdb", duckdb},
                                            {"build_type", WEIR_BUILD_TYPE},
                                            {"compiler", compiler}};
    services.out() << version.dump(2) << "\n";
    return;
  }
  services.out() << fmt::format("weir {}\nDuckDB {}\n{} build, {}\n", Version(), duckdb,
                                WEIR_BUILD_TYPE, compiler);
}

}  // namespace

Command VersionCommand() {
  return {.name = "version",
          .group = "This program",
          .summary = "Show which weir this is.",
          .run = PrintVersion};
}

}  // namespace weir::cli
