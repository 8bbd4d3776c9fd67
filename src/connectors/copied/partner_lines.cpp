#include "connectors/copied/partner_lines.h"

#include <algorithm>
#include <array>
#include <vector>

#include <nlohmann/json.hpp>

#include "enrich/json_fields.h"

namespace weir::connectors {
namespace {

enum ShareThisField : std::uint8_t {
  kTime,
  kEstid,
  kUrl,
  kQuery,
  kIp,
  kAgent,
  kReferrerDomain,
  kEvent,
  kGeo,
  kConsent
};
constexpr std::array<std::string_view, 10> kShareThisNames = {
    "standardTimestamp", "estid",     "url",         "query", "ip",
    "userAgent",         "refDomain", "mappedEvent", "geo",   "tc"};
constexpr std::array<std::string_view, 7> kAcross33Names = {"ts", "uid", "url",    "referrer",
                                                            "ip", "ua",  "country"};

// An object, written field by field.
class ObjectText {
 public:
  explicit ObjectText(std::string& text) : text_(text) { text_ += '{'; }

  void Add(std::string_view name, std::string_view value) {
    AddRaw(name,
           nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  void AddRaw(std::string_view name, std::string_view json) {
    if (!is_first_) {
      text_ += ',';
    }
    is_first_ = false;
    text_.append(1, '"').append(name).append("\":").append(json);
  }
  void Finish() { text_ += "}\n"; }

 private:
  std::string& text_;
  bool is_first_ = true;
};

}  // namespace

struct PartnerLines::State {
  PartnerFormat format;
  enrich::JsonFields fields;
  std::string url;

  void AppendShareThis(std::string& text);
};

void PartnerLines::State::AppendShareThis(std::string& text) {
  ObjectText event(text);
  const auto add = [&](ShareThisField field, std::string_view name) {
    if (fields.HasText(field)) {
      event.Add(name, fields.Text(field));
    }
  };
  if (!fields.NumberText(kTime).empty()) {
    event.AddRaw("ts", fields.NumberText(kTime));
  }
  add(kTime, "ts");
  add(kEstid, "uid");
  if (fields.HasText(kUrl)) {  // the query stands apart
    url = fields.Text(kUrl);
    url.append(fields.Text(kQuery).empty() ? "" : "?").append(fields.Text(kQuery));
    event.Add("url", url);
  }
  if (const std::string_view domain = fields.Text(kReferrerDomain); !domain.empty()) {
    event.Add("referrer", "https://" + std::string(domain));
  }
  add(kIp, "ip");
  add(kAgent, "ua");
  if (const std::string_view name = fields.Text(kEvent); !name.empty()) {
    event.Add("event", name == "page view" ? "page_view" : name);
  }
  add(kGeo, "country");
  add(kConsent, "tc");
  event.Finish();
}

PartnerLines::PartnerLines(PartnerFormat format)
    : state_(std::make_unique<State>(
          State{.format = format, .fields = enrich::JsonFields(kShareThisNames), .url = {}})) {}

PartnerLines::~PartnerLines() = default;

void PartnerLines::Append(std::string_view line, std::string& text) {
  const std::string_view whole = line;
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  const bool is_json = state_->format == PartnerFormat::kShareThis;
  const bool is_sound = line.size() <= enrich::kLongestLine &&
                        (is_json ? state_->fields.Parse(line) == enrich::Verdict::kGood
                                 : !line.empty() && enrich::IsUtf8(line));
  if (!is_sound) {
    text.append(whole) += '\n';
    return;
  }
  if (is_json) {
    state_->AppendShareThis(text);
    return;
  }
  ObjectText event(text);
  for (const std::string_view name : kAcross33Names) {
    const std::size_t end = std::min(line.find('\t'), line.size());
    // An empty cookie is an id that names nobody, not a missing one.
    if (end > 0 || name == "uid") {
      event.Add(name, line.substr(0, end));
    }
    if (end == line.size()) {
      break;
    }
    line.remove_prefix(end + 1);
  }
  event.Finish();
}

}  // namespace weir::connectors
