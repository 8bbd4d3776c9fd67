#include "connectors/secor/secor_settings.h"

#include "connectors/files/local_path.h"
#include "storage/stores.h"

namespace weir::connectors {

Setting SecorPathSetting() {
  return {.name = "path",
          .required = true,
          .doc = "the prefix: a folder, relative to the project, or s3://…"};
}

std::vector<Setting> SecorFileSettings() {
  return {{.name = "depth",
           .standard = "day",
           .allowed = {"day", "hour", "minute"},
           .doc = "folders: dt=, with hr= or with hr= and min="},
          {.name = "encoding",
           .standard = "gzip",
           .allowed = {"gzip", "text"},
           .doc = "of the lines: .gz, or plain without extension"},
          {.name = "generation",
           .type = SettingType::kInteger,
           .standard = 1,
           .least = 0,
           .doc = "the first number of files' names"}};
}

void CheckSecorPath(const nlohmann::json& settings) {
  if (const auto path = settings.value("path", ""); !IsS3Url(path)) {
    CheckLocalPath(path);
  }
}

SecorDepth SecorDepthOf(const nlohmann::json& settings) {
  const auto text = settings.at("depth").get<std::string>();
  return text == "day"    ? SecorDepth::kDay
         : text == "hour" ? SecorDepth::kHour
                          : SecorDepth::kMinute;
}

std::unique_ptr<storage::ObjectStore> OpenSecorTarget(const ConnectorContext& context) {
  const storage::Stores& stores = context.database.stores();
  const std::string root =
      FolderUrl(context.folder, context.settings.at("path").get<std::string>());
  stores.CheckWritable(root);
  return stores.Open(root);
}

}  // namespace weir::connectors
