#include "connectors/activation/onboarding/onboarding_files.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/failpoint.h"
#include "connectors/activation/onboarding/csv_row.h"
#include "connectors/activation/outgoing_folder.h"

namespace weir::connectors {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kLongestName = 250;

std::vector<Setting> OnboardingSettings() {
  constexpr std::int64_t kMostOfFile = 50'000'000'000;
  return {{.name = "path",
           .required = true,
           .doc = "the folder, relative to the project, or s3://bucket/folder"},
          {.name = "customer", .required = true, .doc = "the first part of files' names"},
          {.name = "list", .required = true, .doc = "the second; the member follows"},
          {.name = "bytes_of_file",
           .type = SettingType::kInteger,
           .standard = 1'000'000'000,
           .least = 1000,
           .most = kMostOfFile,
           .doc = "as stored; LiveRamp takes up to 50 GB"}};
}

void CheckNamePart(const char* setting, const std::string& text) {
  const bool is_ascii = std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
  if (text.empty() || !is_ascii || text.find_first_of("/_\\") != std::string::npos) {
    throw UserError("setting '{}' is '{}'; printable ASCII without '/', '\\' and '_' is allowed",
                    setting, text);
  }
}

void CheckOnboarding(const Json& settings) {
  CheckNamePart("customer", settings.at("customer"));
  CheckNamePart("list", settings.at("list"));
  CheckOutgoingFolder("path", settings.at("path"));
}

// "2026-01-31.2", the second part of a day's second delivery: the number of the delivery and that
// of the file are told apart by '.'; the first of both have none.
std::string OnboardingNameOf(const Json& settings, const EncoderPlace& place, std::size_t index) {
  const std::size_t dot = place.delivery.rfind('.');
  const std::string number = place.delivery.substr(dot + 1);
  std::string list = fmt::format("{}-{}", settings.at("list").get<std::string>(), place.member);
  list += number == "1" && index == 0 ? "" : "." + number;
  list += index == 0 ? "" : fmt::format(".{}", index + 1);
  std::string name = fmt::format("{}_{}_{}.csv.gz", settings.at("customer").get<std::string>(),
                                 list, place.delivery.substr(0, dot));
  if (name.size() > kLongestName) {
    throw UserError("file name '{}' has {} characters; {} are allowed", name, name.size(),
                    kLongestName);
  }
  return name;
}

std::string RowOf(const UserChanges& user) {
  std::string added;
  std::string removed;
  for (const SegmentChange& change : user.changes) {
    std::string& list = change.remove ? removed : added;
    list += list.empty() ? "" : ";";
    list += change.remove ? fmt::to_string(change.segment)
                          : fmt::format("{}:{}:{}", change.segment,
                                        change.timestamp + 60 * change.minutes, change.value);
  }
  return CsvRow({user.user, added, removed});
}

class CsvEncoder final : public ChangeEncoder {
 public:
  CsvEncoder(Json settings, EncoderPlace place)
      : settings_(std::move(settings)),
        place_(std::move(place)),
        bytes_of_file_(settings_.at("bytes_of_file")),
        format_(CsvRow({"identifier", "add", "remove"})) {}

  bool Append(const UserChanges& user, std::string& bytes) const override {
    if (user.user.empty()) {
      return false;
    }
    bytes += RowOf(user);
    return true;
  }
  std::string AllowedIds() const override { return "texts that aren't empty"; }
  const PackedFormat& format() const override { return format_; }
  std::string NameOf(std::size_t index) const override {
    return OnboardingNameOf(settings_, place_, index);
  }
  std::int64_t bytes_of_file() const override { return bytes_of_file_; }

 private:
  Json settings_;
  EncoderPlace place_;
  std::int64_t bytes_of_file_;
  GzipFormat format_;
};

class OnboardingFiles final : public Destination {
 public:
  explicit OnboardingFiles(const DestinationContext& context)
      : settings_(CompleteSettings(OnboardingSettings(), Json(context.settings))) {
    CheckOnboarding(settings_);
    folder_ = std::make_unique<OutgoingFolder>(context.stores, context.project_folder,
                                               settings_.at("path"));
  }

  std::unique_ptr<ChangeEncoder> Encoder(const EncoderPlace& place) const override {
    return std::make_unique<CsvEncoder>(settings_, place);
  }

  // Whoever fetches may have taken the file away already: what the notes say was put is not put
  // again.
  void Deliver(const FileOnItsWay& file) override {
    if (file.notes.value().contains("put")) {
      return;
    }
    if (folder_->SizeOf(file.file.name) != file.file.bytes) {
      folder_->Put(file.file.name, file.path);
    }
    Failpoint("onboarding:after-put");
    file.notes.Keep({{"put", folder_->TextOf(file.file.name)}});
  }

  Outcome Confirm(const FileOnItsWay& file) override {
    return {.accepted = true,
            .job_id = file.file.name,
            .phase = "completed",
            .counters = {},
            .error_lines = {}};
  }

 private:
  Json settings_;
  std::unique_ptr<OutgoingFolder> folder_;
};

}  // namespace

DestinationKind OnboardingDestination() {
  return {.name = "onboarding_files",
          .doc = "Segments as gzip CSV files in a folder or bucket, named as LiveRamp wants them.",
          .connection = OnboardingSettings(),
          .folder =
              [](const std::map<std::string, std::string>& settings) {
                const auto path = settings.find("path");
                return path == settings.end() ? std::string() : path->second;
              },
          .check = CheckOnboarding,
          .open =
              [](const DestinationContext& context) {
                return std::make_unique<OnboardingFiles>(context);
              }};
}

}  // namespace weir::connectors
