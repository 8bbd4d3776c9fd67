#include "connectors/activation/xandr/xandr.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "connectors/activation/outgoing_folder.h"
#include "connectors/activation/xandr/xandr_api.h"
#include "connectors/activation/xandr/xandr_bucket.h"
#include "connectors/activation/xandr/xandr_files.h"

namespace weir::connectors {
namespace {

using Json = nlohmann::json;

constexpr auto kOwnNumbers = "number";
constexpr auto kTextFields = "SEG_ID, EXPIRATION, VALUE, TIMESTAMP";
constexpr auto kTextSeparators = ",;:#^";
constexpr std::uint64_t kMostOfUnsigned = std::numeric_limits<std::uint64_t>::max();
constexpr std::int64_t kMostOfNumbers = std::numeric_limits<std::int32_t>::max();
constexpr std::uint64_t kMostOfSigned = std::numeric_limits<std::int64_t>::max();

std::vector<std::string> KindsOfIds() {
  std::vector<std::string> kinds = XandrDomainNames();
  kinds.insert(kinds.begin(), kOwnNumbers);
  return kinds;
}

std::vector<Setting> XandrSettings() {
  constexpr std::int64_t kBytesOfFile = 200'000'000;
  std::vector<Setting> settings = XandrApiSettings();
  for (Setting& setting : XandrBucketSettings()) {
    settings.push_back(std::move(setting));
  }
  settings.push_back({.name = "encoding",
                      .standard = "avro",
                      .allowed = {"avro", "text"},
                      .doc = "of the files; text is the legacy format"});
  settings.push_back({.name = "fields",
                      .standard = kTextFields,
                      .doc = "of a segment, of text files, as agreed with Xandr"});
  settings.push_back({.name = "separators",
                      .standard = kTextSeparators,
                      .doc = "of text files: behind the user, between segments, between fields, "
                             "before removals, before the domain"});
  settings.push_back({.name = "ids",
                      .standard = kOwnNumbers,
                      .allowed = KindsOfIds(),
                      .doc = "what users' ids are: Xandr's own numbers, or ids of devices"});
  settings.push_back({.name = "bytes_of_file",
                      .type = SettingType::kInteger,
                      .standard = kBytesOfFile,
                      .least = 1000,
                      .most = 500'000'000,
                      .doc = "as stored; 100 to 300 MB are advised"});
  settings.push_back({.name = "segments_of_line",
                      .type = SettingType::kInteger,
                      .standard = 1800,
                      .least = 1,
                      .most = 1800,
                      .doc = "of a user, at most, in one line of a text file"});
  return settings;
}

// A message without the id that it names.
std::string Masked(std::string message, std::string_view user) {
  constexpr std::string_view kMask = "***";
  for (std::size_t at = message.find(user); at != std::string::npos && !user.empty();
       at = message.find(user, at + kMask.size())) {
    message.replace(at, user.size(), kMask);
  }
  return message;
}

class XandrEncoder final : public ChangeEncoder {
 public:
  XandrEncoder(const XandrFileOptions& options, std::optional<XandrDomain> domain,
               std::int64_t member)
      : encoder_(options),
        bytes_of_file_(options.bytes_of_file),
        domain_(domain),
        member_(member) {}

  bool Append(const UserChanges& user, std::string& bytes) const override {
    std::optional<XandrUid> uid = FindXandrUid(user.user, domain_);
    if (!uid || !encoder_.CanName(*uid)) {
      return false;
    }
    XandrUser line{.uid = *std::move(uid), .segments = {}};
    line.segments.reserve(user.changes.size());
    for (const SegmentChange& change : user.changes) {
      line.segments.push_back({.id = change.segment,
                               .expiration = change.remove ? kXandrRemoval : change.minutes,
                               .timestamp = change.timestamp,
                               .value = change.remove ? 0 : change.value});
    }
    try {
      if (!encoder_.Append(line, bytes)) {
        throw UserError("user ***: timestamps must be seconds");
      }
    } catch (const UserError& error) {
      throw UserError("{}", Masked(error.what(), user.user));
    }
    return true;
  }
  std::string WhyNot(const SegmentChange& change) const override {
    std::string why = WhyNotNumber("the seat", member_);
    if (!why.empty()) {
      return why;
    }
    if (change.segment < 1 || change.segment > kMostOfNumbers) {
      return WhyNotNumber("the segment's number", change.segment);
    }
    if (!change.remove && (change.minutes < 1 || change.minutes > kXandrMostMinutes)) {
      return fmt::format("it runs out after {} minutes; 1 to {} are allowed", change.minutes,
                         kXandrMostMinutes);
    }
    return {};
  }
  std::string AllowedIds() const override {
    if (domain_) {
      return "ids of devices that a line of the file can hold";
    }
    return fmt::format("numbers from 1 to {}", encoder_.CanName(XandrUid(kMostOfUnsigned))
                                                   ? kMostOfUnsigned
                                                   : kMostOfSigned);
  }

  const PackedFormat& format() const override { return encoder_.format(); }
  std::string NameOf(std::size_t index) const override { return encoder_.NameOf(index); }
  std::int64_t bytes_of_file() const override { return bytes_of_file_; }

 private:
  XandrUserEncoder encoder_;
  static std::string WhyNotNumber(const char* what, std::int64_t number) {
    return number >= 1 && number <= kMostOfNumbers
               ? std::string()
               : fmt::format("{} is {}; 1 to {} is allowed", what, number, kMostOfNumbers);
  }

  std::int64_t bytes_of_file_;
  std::optional<XandrDomain> domain_;
  std::int64_t member_;
};

// How text files look: whether they can say what weir has, which are segments' ids.
void CheckXandrText(const Json& settings) {
  const std::string fields = settings.value("fields", kTextFields);
  const std::string separators = settings.value("separators", kTextSeparators);
  const std::vector<XandrField> parsed = ParseXandrFields(fields);
  static_cast<void>(XandrTextEncoder({.fields = parsed, .separators = separators}));
  const auto has = [&](XandrField field) { return std::ranges::count(parsed, field) > 0; };
  if (!has(XandrField::kSegmentId)) {
    throw UserError("fields: SEG_ID isn't among them; segments have ids here, not codes");
  }
  constexpr std::size_t kWithRemovals = 4;
  constexpr std::size_t kWithDomain = 5;
  if (!has(XandrField::kExpiration) && separators.size() < kWithRemovals) {
    throw UserError(
        "separators '{}': without the field EXPIRATION a fourth is needed, before removals",
        separators);
  }
  if (settings.value("ids", kOwnNumbers) != kOwnNumbers && separators.size() < kWithDomain) {
    throw UserError("separators '{}': for ids of devices a fifth is needed, before the domain",
                    separators);
  }
}

void CheckXandr(const Json& settings) {
  const std::string bucket = settings.value("bucket", "");
  if (settings.value("url", "").empty() == bucket.empty()) {
    throw UserError("a connection of kind xandr has either a 'url', for the API, or a 'bucket'");
  }
  CheckOutgoingFolder("bucket", bucket);
  if (settings.value("encoding", "avro") == "text" || settings.contains("fields") ||
      settings.contains("separators")) {
    CheckXandrText(settings);
  }
}

class Xandr final : public Destination {
 public:
  explicit Xandr(const DestinationContext& context)
      : settings_(CompleteSettings(XandrSettings(), Json(context.settings))) {
    CheckXandr(Json(context.settings));
    const std::string ids = settings_.at("ids");
    domain_ = ids == kOwnNumbers ? std::nullopt : std::optional(ParseXandrDomain(ids));
    delivery_ = settings_.value("bucket", "").empty() ? MakeXandrApi(settings_, context)
                                                      : MakeXandrBucket(settings_, context);
  }

  std::unique_ptr<ChangeEncoder> Encoder(const EncoderPlace& place) const override {
    const XandrFileOptions options{
        .folder = {},
        .name = fmt::format("xandr-{}-{}", place.member, place.delivery),
        .encoding =
            settings_.at("encoding") == "text" ? XandrEncoding::kText : XandrEncoding::kAvro,
        .text = {.fields = ParseXandrFields(settings_.at("fields").get<std::string>()),
                 .separators = settings_.at("separators")},
        .bytes_of_file = settings_.at("bytes_of_file"),
        .segments_of_line = settings_.at("segments_of_line")};
    return std::make_unique<XandrEncoder>(options, domain_, place.member);
  }

  std::string EncodingText() const override {
    Json encoding = Json::object();
    for (const char* name :
         {"encoding", "fields", "separators", "ids", "bytes_of_file", "segments_of_line"}) {
      encoding[name] = settings_.at(name);
    }
    return encoding.dump();
  }

  void CheckSeats(const std::set<std::int64_t>& members) const override {
    delivery_->CheckSeats(members);
  }
  bool MayHaveArrived(const FileOnItsWay& file) override { return delivery_->MayHaveArrived(file); }

  void Deliver(const FileOnItsWay& file) override { delivery_->Deliver(file); }
  Outcome Confirm(const FileOnItsWay& file) override { return delivery_->Confirm(file); }

 private:
  Json settings_;
  std::optional<XandrDomain> domain_;
  std::unique_ptr<XandrDelivery> delivery_;
};

}  // namespace

DestinationKind XandrDestination() {
  return {
      .name = "xandr",
      .doc = "Segments for Xandr's Batch Segment Service, by its API or its bucket.",
      .connection = XandrSettings(),
      .check = CheckXandr,
      .open = [](const DestinationContext& context) { return std::make_unique<Xandr>(context); }};
}

}  // namespace weir::connectors
