#include "connectors/activation/xandr/xandr_bucket.h"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/failpoint.h"
#include "connectors/activation/outgoing_folder.h"
#include "connectors/activation/xandr/polling.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::string_view kMemberInBucket = "{member}";
constexpr std::int64_t kAllMembers = 0;  // of a bucket that is the same for all

class XandrBucket final : public XandrDelivery {
 public:
  XandrBucket(const Json& settings, const DestinationContext& context)
      : context_(context), bucket_(settings.at("bucket")), polling_(settings, context.stop) {
    if (!HasMember()) {
      BucketOf(kAllMembers);  // one that can't be written to is told before anything is planned
    }
  }

  void CheckSeats(const std::set<std::int64_t>& members) const override {
    if (members.size() > 1 && !HasMember()) {
      throw UserError(
          "setting 'bucket' is '{}', of one seat, and segments go to the seats {}; with {} in it "
          "each has its own",
          bucket_, fmt::join(members, ", "), kMemberInBucket);
    }
  }

  bool MayHaveArrived(const FileOnItsWay& file) override {
    const std::string name = file.notes.value().value("name", "");
    const OutgoingFolder& bucket = BucketOf(file);
    return !name.empty() && (bucket.SizeOf("submitted/" + name) || Moved(bucket, name));
  }

  // Each attempt has a name of its own: the one before was moved away by a job that failed.
  void Deliver(const FileOnItsWay& file) override {
    if (!file.notes.value().contains("name")) {
      file.notes.Keep({{"name", FreeName(BucketOf(file), file.file.name)}});
    }
    const std::string name = file.notes.value().at("name");
    Failpoint("xandr:before-submit");
    if (MayHaveArrived(file)) {
      return;
    }
    BucketOf(file).Put("submitted/" + name, file.path);
    Failpoint("xandr:after-submit");
  }

  Outcome Confirm(const FileOnItsWay& file) override {
    const std::string name = file.notes.value().at("name");
    const OutgoingFolder& bucket = BucketOf(file);
    return polling_.Until([&] { return Moved(bucket, name); },
                          [&] { return fmt::format("{} is still in submitted/", name); });
  }

 private:
  bool HasMember() const { return bucket_.find(kMemberInBucket) != std::string::npos; }

  OutgoingFolder& BucketOf(const FileOnItsWay& file) {
    return HasMember() ? BucketOf(file.file.member) : BucketOf(kAllMembers);
  }

  // Opened when it is first needed.
  OutgoingFolder& BucketOf(std::int64_t member) {
    auto& bucket = buckets_[member];
    if (!bucket) {
      std::string place = bucket_;
      const std::size_t at = place.find(kMemberInBucket);
      if (at != std::string::npos) {
        place.replace(at, kMemberInBucket.size(), fmt::to_string(member));
      }
      bucket = std::make_unique<OutgoingFolder>(context_.stores, context_.project_folder, place);
    }
    return *bucket;
  }

  static std::string FreeName(const OutgoingFolder& bucket, const std::string& name) {
    std::string free = name;
    for (int number = 2; Moved(bucket, free); ++number) {
      free = fmt::format("{}.try-{}{}", fs::path(name).stem().string(), number,
                         fs::path(name).extension().string());
    }
    return free;
  }

  // What became of a file that was taken out of submitted/.
  static std::optional<Outcome> Moved(const OutgoingFolder& bucket, const std::string& name) {
    for (const bool done : {true, false}) {
      const auto found = bucket.NamesIn(done ? "done/" : "failed/", name + "-");
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

  DestinationContext context_;
  std::string bucket_;                                               // the setting
  std::map<std::int64_t, std::unique_ptr<OutgoingFolder>> buckets_;  // by seat
  Polling polling_;
};

}  // namespace

std::vector<Setting> XandrBucketSettings() {
  return {{.name = "bucket",
           .doc = "the passive bucket, s3://bss-<member>-<region> or a folder with submitted/, "
                  "done/ and failed/; of several seats with {member} in it; or 'url'"}};
}

std::unique_ptr<XandrDelivery> MakeXandrBucket(const Json& settings,
                                               const DestinationContext& context) {
  return std::make_unique<XandrBucket>(settings, context);
}

}  // namespace weir::connectors
