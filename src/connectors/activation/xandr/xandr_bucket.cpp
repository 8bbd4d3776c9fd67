#include "connectors/activation/xandr/xandr_bucket.h"

#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "base/failpoint.h"
#include "connectors/activation/outgoing_folder.h"
#include "connectors/activation/xandr/polling.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

class XandrBucket final : public XandrDelivery {
 public:
  XandrBucket(const Json& settings, const DestinationContext& context)
      : bucket_(context.stores, context.project_folder, settings.at("bucket")),
        polling_(settings, context.stop) {}

  // Each attempt has a name of its own: the one before was moved away by a job that failed.
  void Deliver(const FileOnItsWay& file) override {
    if (!file.notes.value().contains("name")) {
      file.notes.Keep({{"name", FreeName(file.file.name)}});
    }
    const std::string name = file.notes.value().at("name");
    Failpoint("xandr:before-submit");
    if (bucket_.SizeOf("submitted/" + name) || Moved(name)) {
      return;
    }
    bucket_.Put("submitted/" + name, file.path);
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
    for (const bool done : {true, false}) {
      const auto found = bucket_.NamesIn(done ? "done/" : "failed/", name + "-");
      if (!found.empty()) {
        return Outcome{.accepted = done,
                       .job_id = found.front().substr(name.size() + 1),
                       .phase = done ? "completed" : "error",
                       .counters = {},
                       .error_lines = {}};
      }
    }
    return std::nullopt;
  }

  OutgoingFolder bucket_;
  Polling polling_;
};

}  // namespace

std::vector<Setting> XandrBucketSettings() {
  return {{.name = "bucket",
           .doc = "the passive bucket, s3://bss-<member>-<region> or a folder with submitted/, "
                  "done/ and failed/; or 'url'"}};
}

std::unique_ptr<XandrDelivery> MakeXandrBucket(const Json& settings,
                                               const DestinationContext& context) {
  return std::make_unique<XandrBucket>(settings, context);
}

}  // namespace weir::connectors
