#include "connectors/platform/platform.h"

#include <utility>

#include "connectors/files/local_path.h"
#include "connectors/optional_connection.h"
#include "connectors/platform/platform_api.h"
#include "connectors/platform/platform_folder.h"
#include "connectors/platform/platform_kind.h"
#include "connectors/platform/platform_rows.h"

namespace weir::connectors {
namespace {

using Json = nlohmann::json;

class Platform final : public Connector {
 public:
  const Declaration& declaration() const override {
    static const Declaration kDeclaration{
        .name = "platform",
        .doc =
            "What the advertisers' platform knows: a row an object, from its API or a folder of "
            "JSON files.",
        .version = 1,
        .settings = {{Direction::kIn,
                      {{.name = "path",
                        .required = true,
                        .doc = "the folder; relative to the project, or file://…"},
                       {.name = "objects",
                        .required = true,
                        .allowed = PlatformKindNames(),
                        .doc = "which ones: those of <path>/<objects>.json"},
                       {.name = "connection",
                        .doc = "of `connections` in weir.yaml, of kind platform: its API is asked, "
                               "and the folder isn't looked at"},
                       {.name = "where_configured",
                        .type = SettingType::kBoolean,
                        .standard = false,
                        .doc = "whether the folder is read where weir.yaml has no such "
                               "connection"}}}},
        .effect = Effect::kFile,
        .connection = PlatformApiSettings()};
    return kDeclaration;
  }

  void CheckSettings(Direction /*direction*/, const Json& settings) const override {
    CheckLocalPath(settings.at("path").get<std::string>());
  }

  std::optional<Schema> Columns(const Json& settings) const override {
    const PlatformKind* kind = FindPlatformKind(settings.value("objects", ""));
    return kind == nullptr ? std::nullopt : std::optional(SchemaOf(*kind));
  }

  ReadReport Read(ConnectorContext& context) const override {
    const PlatformKind& kind = *FindPlatformKind(context.settings.at("objects").get<std::string>());
    PlatformRows rows(kind);
    for (const PlatformPage& page : PagesOf(context, kind.name)) {
      rows.Add(page);
    }
    auto batch = std::make_shared<std::optional<Batch>>(rows.Finish());
    context.connection.RegisterStream(context.relation, SchemaOf(kind),
                                      [batch] { return std::exchange(*batch, std::nullopt); });
    return {};
  }

 private:
  static std::vector<PlatformPage> PagesOf(const ConnectorContext& context,
                                           const std::string& kind) {
    const std::string name = context.settings.value("connection", "");
    if (name.empty() || HasNoConnection(context.connections, context.settings)) {
      const auto path = LocalPath(context.folder, context.settings.at("path"));
      return PlatformFolder(context.folder, path).Pages(kind);
    }
    return PlatformApi(context.connections.Find(name, "platform").settings, context.stop)
        .Pages(kind);
  }
};

}  // namespace

std::unique_ptr<Connector> MakePlatform() { return std::make_unique<Platform>(); }

}  // namespace weir::connectors
