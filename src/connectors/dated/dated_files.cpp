#include "connectors/dated/dated_files.h"

#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "connectors/dated/dated_state.h"
#include "connectors/files/folder_settings.h"
#include "connectors/files/local_path.h"

namespace weir::connectors {
namespace {

using Json = nlohmann::json;

class DatedFiles final : public Connector {
 public:
  const Declaration& declaration() const override {
    static const Declaration kDeclaration{
        .name = "dated_files",
        .doc = "The states of days as Parquet files, and the newest one under a name of its own.",
        .version = 1,
        .settings = {{Direction::kOut, Settings()}},
        .effect = Effect::kFile};
    return kDeclaration;
  }

  void CheckSettings(Direction /*direction*/, const Json& settings) const override {
    CheckDaySetting(settings);
    CheckNameSetting(settings, "partition");
    CheckLocalPath(settings.value("path", ""));
  }

  SendReport Send(ConnectorContext& context) const override {
    CheckSettings(Direction::kOut, context.settings);
    const Json& settings = context.settings;
    if (settings.at("export").get<std::string>() == "none") {
      return {.identity = "nothing, `export` is none"};
    }
    const auto path = settings.at("path").get<std::string>();
    const DatedState state{.root = LocalPath(context.folder, path),
                           .day = settings.at("day"),
                           .partition = settings.at("partition"),
                           .run_id = context.run_id,
                           .sort_by = settings.at("sort_by"),
                           .rows_of_file = settings.at("rows_of_file"),
                           .keep = settings.at("keep")};
    return {.identity = fmt::format("{} {} {}", path, state.day, state.partition),
            .rows = WriteDatedState(state, context.connection, context.relation)};
  }

 private:
  static std::vector<Setting> Settings() {
    return {{.name = "export",
             .standard = "parquet",
             .allowed = {"parquet", "none"},
             .doc = "none: nothing is written"},
            {.name = "path", .required = true, .doc = "the folder; relative to the project"},
            {.name = "day", .required = true, .doc = "the state's day: \"{ds}\""},
            {.name = "partition", .standard = "all", .doc = "the folder below the day's"},
            {.name = "sort_by",
             .type = SettingType::kTexts,
             .required = true,
             .doc = "columns that the rows are sorted by"},
            {.name = "rows_of_file",
             .type = SettingType::kInteger,
             .standard = 5'000'000,
             .least = 1,
             .doc = "rows of a file, at most"},
            {.name = "keep",
             .type = SettingType::kInteger,
             .standard = 7,
             .least = 1,
             .doc = "days that are kept"}};
  }
};

}  // namespace

std::unique_ptr<Connector> MakeDatedFiles() { return std::make_unique<DatedFiles>(); }

}  // namespace weir::connectors
