#include "connectors/segments/segment_files.h"

#include <algorithm>
#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "connectors/files/folder_settings.h"
#include "connectors/files/local_path.h"
#include "connectors/segments/segment_folder.h"

namespace weir::connectors {
namespace {

using Json = nlohmann::json;

std::vector<Setting> CommonSettings() {
  return {{.name = "path", .required = true, .doc = "the folder; relative to the project"},
          {.name = "name", .required = true, .doc = "of the segments: lookalikeSegments"},
          {.name = "day", .required = true, .doc = "whose changes they are: \"{ds}\""},
          {.name = "partition", .required = true, .doc = "such as \"{region}\""}};
}

std::vector<Setting> OutSettings() {
  std::vector<Setting> settings = CommonSettings();
  settings.push_back({.name = "rows_of_file",
                      .type = SettingType::kInteger,
                      .standard = 8'000'000,
                      .least = 1,
                      .doc = "rows of a file, at most; so many are about 200 MB"});
  return settings;
}

SegmentFolder SegmentFolderOf(const ConnectorContext& context) {
  const Json& settings = context.settings;
  std::string day = settings.at("day");
  std::ranges::replace(day, '-', '/');
  const std::string name = fmt::format("{}.{}.gz", settings.at("partition").get<std::string>(),
                                       settings.at("name").get<std::string>());
  return {.path = LocalPath(context.folder, settings.at("path")) / "combined" / day / name,
          .run_id = context.run_id,
          .rows_of_file = settings.value("rows_of_file", std::int64_t{1})};
}

class SegmentFiles final : public Connector {
 public:
  const Declaration& declaration() const override {
    static const Declaration kDeclaration{
        .name = "segment_files",
        .doc =
            "A day's changes of segments, for whoever sends them on; in: what was taken already.",
        .version = 1,
        .settings = {{Direction::kIn, CommonSettings()}, {Direction::kOut, OutSettings()}},
        .effect = Effect::kFile};
    return kDeclaration;
  }

  void CheckSettings(Direction /*direction*/, const Json& settings) const override {
    CheckDaySetting(settings);
    CheckNameSetting(settings, "partition");
    CheckNameSetting(settings, "name");
    CheckLocalPath(settings.value("path", ""));
  }

  std::optional<Schema> Columns(const Json& /*settings*/) const override {
    const auto field = [](const char* name, TypeKind kind) {
      return Field{.name = name, .type = PlainType(kind)};
    };
    return Schema{{field("dsp_user_id", TypeKind::kString),
                   field("dsp_segment_id", TypeKind::kLong), field("action", TypeKind::kString),
                   field("ts", TypeKind::kLong), field("expiration_minutes", TypeKind::kLong),
                   field("value", TypeKind::kLong)}};
  }

  std::vector<WrittenFolder> WrittenFolders(const Json& settings,
                                            const Connections& connections) const override {
    std::vector<WrittenFolder> folders = Connector::WrittenFolders(settings, connections);
    for (WrittenFolder& folder : folders) {
      folder.people = NamedPeople::kByFirstField;
    }
    return folders;
  }

  ReadReport Read(ConnectorContext& context) const override {
    CheckSettings(Direction::kIn, context.settings);
    ReadTaken(SegmentFolderOf(context), context.connection, context.relation);
    return {};
  }

  SendReport Send(ConnectorContext& context) const override {
    CheckSettings(Direction::kOut, context.settings);
    const SegmentFolder folder = SegmentFolderOf(context);
    return {.identity = folder.path.lexically_relative(context.folder).string(),
            .rows = WriteSegmentFolder(folder, context.connection, context.relation)};
  }
};

}  // namespace

std::unique_ptr<Connector> MakeSegmentFiles() { return std::make_unique<SegmentFiles>(); }

}  // namespace weir::connectors
