#include "connectors/run_files/run_files.h"

#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/error.h"
#include "connectors/run_files/run_folder.h"

namespace weir::connectors {
namespace {

using Json = nlohmann::json;

class RunFiles final : public Connector {
 public:
  const Declaration& declaration() const override {
    static const Declaration declaration{
        .name = "run_files",
        .doc = "Relations as TSV files in a folder of the run, and a pointer to the newest folder.",
        .version = 1,
        .settings = {{Direction::kOut,
                      {{.name = "path",
                        .required = true,
                        .doc = "the folder of all runs; relative to the project"},
                       {.name = "day", .required = true, .doc = "the run's day: \"{ds}\""},
                       {.name = "keep",
                        .type = SettingType::kInteger,
                        .standard = 30,
                        .least = 1,
                        .doc = "runs whose folders are kept"}}}},
        .effect = Effect::kFile,
        .takes_many = true};
    return declaration;
  }

  void CheckSettings(Direction /*direction*/, const Json& settings) const override {
    const std::string day = settings.value("day", "{ds}");
    if (day.find('{') == std::string::npos && !ParseDate(day)) {
      throw UserError("setting 'day' is '{}'; a day such as 2026-01-31 is allowed", day);
    }
    const std::string path = settings.value("path", "");
    if (path.find("://") != std::string::npos && !path.starts_with("file://")) {
      throw UserError("setting 'path' is '{}'; a folder of this machine is allowed", path);
    }
  }

  ReadReport Read(ConnectorContext& /*context*/) const override {
    throw UserError("connector 'run_files' only writes; give it `in`, not `out`");
  }

  SendReport Send(ConnectorContext& context) const override {
    constexpr std::string_view kScheme = "file://";
    const auto path = context.settings.at("path").get<std::string>();
    const std::string folder = path.starts_with(kScheme) ? path.substr(kScheme.size()) : path;
    const RunFolder run{.root = (context.folder / folder).lexically_normal(),
                        .day = context.settings.at("day"),
                        .run_id = context.run_id,
                        .relations = context.relations,
                        .keep = context.settings.at("keep")};
    const auto rows = WriteRunFolder(run, context.connection);
    return rows ? SendReport{.identity = fmt::format("{} {}", path, run.day), .rows = *rows}
                : SendReport{.identity =
                                 fmt::format("nothing, {} has a later day than {}", path, run.day)};
  }

  // Written again it is the same.
  bool WasSent(ConnectorContext& /*context*/) const override { return false; }
};

}  // namespace

std::unique_ptr<Connector> MakeRunFiles() { return std::make_unique<RunFiles>(); }

}  // namespace weir::connectors
