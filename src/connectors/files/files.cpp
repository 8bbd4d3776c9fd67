#include "connectors/files/files.h"

#include <filesystem>

#include "base/error.h"
#include "connectors/files/file_format.h"
#include "connectors/files/file_sink.h"
#include "connectors/files/file_source.h"

namespace weir::connectors {
namespace {

class FilesConnector final : public Connector {
 public:
  const Declaration& declaration() const override {
    static const Declaration kDeclaration{
        .name = "files",
        .doc = "NDJSON, CSV, TSV and Parquet files, read as a relation or written from one.",
        .version = 1,
        .settings = {{Direction::kIn, FileSourceSettings()}, {Direction::kOut, FileSinkSettings()}},
        .effect = Effect::kFile};
    return kDeclaration;
  }

  void CheckSettings(Direction /*direction*/, const nlohmann::json& settings) const override {
    const auto path = settings.at("path").get<std::string>();
    if (path.empty()) {
      throw UserError("setting 'path' is empty");
    }
    const bool is_open = path.find('{') != std::string::npos && path.ends_with('}');
    if (!is_open) {
      FormatOf(path, settings);
    }
    if (settings.contains("delimiter") && settings.at("delimiter").get<std::string>().size() != 1) {
      throw UserError("setting 'delimiter' is '{}'; it must be one byte",
                      settings.at("delimiter").get<std::string>());
    }
  }

  std::vector<PendingInput> Pending(ConnectorContext& context) const override {
    return PendingFiles(context);
  }
  ReadReport Read(ConnectorContext& context) const override { return ReadFiles(context); }
  SendReport Send(ConnectorContext& context) const override { return WriteFiles(context); }
};

}  // namespace

std::unique_ptr<Connector> MakeFiles() { return std::make_unique<FilesConnector>(); }

}  // namespace weir::connectors
