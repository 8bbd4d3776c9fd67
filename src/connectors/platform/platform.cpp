#include "connectors/platform/platform.h"

#include <filesystem>
#include <utility>

#include "base/error.h"
#include "connectors/platform/platform_folder.h"
#include "connectors/platform/platform_kind.h"
#include "connectors/platform/platform_rows.h"

namespace weir::connectors {
namespace {

using Json = nlohmann::json;

class Platform final : public Connector {
 public:
  const Declaration& declaration() const override {
    static const Declaration declaration{
        .name = "platform",
        .doc =
            "What the advertisers' platform knows: a row an object, from a folder of JSON files.",
        .version = 1,
        .settings = {{Direction::kIn,
                      {{.name = "path",
                        .required = true,
                        .doc = "the folder; relative to the project, or file://…"},
                       {.name = "objects",
                        .required = true,
                        .allowed = PlatformKindNames(),
                        .doc = "which ones: those of <path>/<objects>.json"}}}},
        .effect = Effect::kFile};
    return declaration;
  }

  void CheckSettings(Direction /*direction*/, const Json& settings) const override {
    const auto path = settings.at("path").get<std::string>();
    if (path.find("://") != std::string::npos && !path.starts_with("file://")) {
      throw UserError("setting 'path' is '{}'; a folder of this machine is allowed", path);
    }
  }

  std::optional<Schema> Columns(const Json& settings) const override {
    const PlatformKind* kind = FindPlatformKind(settings.value("objects", ""));
    return kind == nullptr ? std::nullopt : std::optional(SchemaOf(*kind));
  }

  ReadReport Read(ConnectorContext& context) const override {
    const PlatformKind& kind = *FindPlatformKind(context.settings.at("objects").get<std::string>());
    const PlatformFolder folder(context.folder, PathOf(context.settings));
    PlatformRows rows(kind);
    for (const PlatformPage& page : folder.Pages(kind.name)) {
      rows.Add(page);
    }
    auto batch = std::make_shared<std::optional<Batch>>(rows.Finish());
    context.connection.RegisterStream(context.relation, SchemaOf(kind),
                                      [batch] { return std::exchange(*batch, std::nullopt); });
    return {};
  }

  SendReport Send(ConnectorContext& /*context*/) const override {
    throw UserError("connector 'platform' only reads; give it `out`, not `in`");
  }
  bool WasSent(ConnectorContext& /*context*/) const override { return false; }

 private:
  static std::filesystem::path PathOf(const Json& settings) {
    constexpr std::string_view kScheme = "file://";
    const auto path = settings.at("path").get<std::string>();
    return path.starts_with(kScheme) ? path.substr(kScheme.size()) : path;
  }
};

}  // namespace

std::unique_ptr<Connector> MakePlatform() { return std::make_unique<Platform>(); }

}  // namespace weir::connectors
