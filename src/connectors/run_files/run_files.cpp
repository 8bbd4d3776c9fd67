#include "connectors/run_files/run_files.h"

#include <string>

#include <fmt/format.h>

#include "connectors/files/folder_settings.h"
#include "connectors/files/local_path.h"
#include "connectors/run_files/run_folder.h"

namespace weir::connectors {
namespace {

using Json = nlohmann::json;

class RunFiles final : public Connector {
 public:
  const Declaration& declaration() const override {
    static const Declaration kDeclaration{
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
                        .doc = "runs whose folders are kept"},
                       {.name = "latest",
                        .doc = "the folder that has a copy of the newest run's files; else latest/ "
                               "below path"},
                       {.name = "spread",
                        .doc = "a column of JSON objects, whose keys become columns behind the "
                               "others"}}}},
        .effect = Effect::kFile,
        .takes_many = true};
    return kDeclaration;
  }

  void CheckSettings(Direction /*direction*/, const Json& settings) const override {
    CheckDaySetting(settings);
    CheckLocalPath(settings.value("path", ""));
    if (settings.contains("latest")) {
      CheckLocalPath(settings.value("latest", ""), "latest");
    }
  }

  SendReport Send(ConnectorContext& context) const override {
    const Json& settings = context.settings;
    const auto path = settings.at("path").get<std::string>();
    const RunFolder run{.root = LocalPath(context.folder, path),
                        .day = context.settings.at("day"),
                        .run_id = context.run_id,
                        .relations = context.relations,
                        .keep = context.settings.at("keep"),
                        .latest = settings.contains("latest")
                                      ? LocalPath(context.folder, settings.value("latest", ""))
                                      : std::filesystem::path(),
                        .spread = settings.value("spread", "")};
    const auto rows = WriteRunFolder(run, context.connection);
    return rows ? SendReport{.identity = fmt::format("{} {}", path, run.day), .rows = *rows}
                : SendReport{.identity =
                                 fmt::format("nothing, {} has a later day than {}", path, run.day)};
  }
};

}  // namespace

std::unique_ptr<Connector> MakeRunFiles() { return std::make_unique<RunFiles>(); }

}  // namespace weir::connectors
