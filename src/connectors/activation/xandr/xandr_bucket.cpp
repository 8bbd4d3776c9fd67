#include "connectors/activation/xandr/xandr_bucket.h"

#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "base/failpoint.h"
#include "connectors/activation/xandr/polling.h"
#include "connectors/files/local_path.h"
#include "connectors/files/temporary_target.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

class XandrBucket final : public XandrDelivery {
 public:
  XandrBucket(const Json& settings, const DestinationContext& context)
      : bucket_(LocalPath(context.project_folder, settings.at("bucket"))),
        polling_(settings, context.stop) {}

  // Each attempt has a name of its own: the one before was moved away by a job that failed.
  void Deliver(const FileOnItsWay& file) override {
    if (!file.notes.value().contains("name")) {
      file.notes.Keep({{"name", FreeName(file.file.name)}});
    }
    const std::string name = file.notes.value().at("name");
    Failpoint("xandr:before-submit");
    if (fs::exists(bucket_ / "submitted" / name) || Moved(name)) {
      return;
    }
    TemporaryTarget target(bucket_ / "submitted" / name, name);
    fs::copy_file(file.path, target.path());
    target.Publish();
    Failpoint("xandr:after-submit");
  }

  Outcome Confirm(const FileOnItsWay& file) override {
    const std::string name = file.notes.value().at("name");
    return polling_.Until([&] { return Moved(name); },
                          [&] { return fmt::format("{} is still in submitted/", name); });
  }

 private:
  std::string FreeName(const std::string& name) const {
    std::string free = name;
    for (int number = 2; Moved(free); ++number) {
      free = fmt::format("{}.try-{}{}", fs::path(name).stem().string(), number,
                         fs::path(name).extension().string());
    }
    return free;
  }

  // What became of a file that was taken out of submitted/.
  std::optional<Outcome> Moved(const std::string& name) const {
    for (const char* folder : {"done", "failed"}) {
      std::error_code missing;
      for (const auto& entry : fs::directory_iterator(bucket_ / folder, missing)) {
        const std::string found = entry.path().filename().string();
        if (found.starts_with(name + "-")) {
          const bool done = std::string_view(folder) == "done";
          return Outcome{.accepted = done,
                         .job_id = found.substr(name.size() + 1),
                         .phase = done ? "completed" : "error",
                         .counters = {},
                         .error_lines = {}};
        }
      }
    }
    return std::nullopt;
  }

  fs::path bucket_;
  Polling polling_;
};

}  // namespace

std::vector<Setting> XandrBucketSettings() {
  return {{.name = "bucket",
           .doc = "the passive bucket, a folder with submitted/, done/ and failed/; or 'url'"}};
}

std::unique_ptr<XandrDelivery> MakeXandrBucket(const Json& settings,
                                               const DestinationContext& context) {
  return std::make_unique<XandrBucket>(settings, context);
}

}  // namespace weir::connectors
