#include "connectors/collector/ad_tracker.h"

#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/hashing.h"
#include "base/percent.h"
#include "base/run_id.h"
#include "connectors/collector/collected_lines.h"
#include "connectors/collector/collector_server.h"
#include "connectors/collector/consent_judge.h"
#include "connectors/collector/consent_settings.h"
#include "connectors/collector/cookie_settings.h"
#include "connectors/collector/sync_rules.h"
#include "data/column_builder.h"
#include "enrich/url.h"

namespace weir::connectors {
namespace {

using net::ServerAnswer;
using PlainJson = nlohmann::json;

constexpr auto kSyncCookie = "weir_sync";

// A number as the query has it, under its name in the event.
void TakeQueryNumber(const CollectorRequest& request, const char* name, bool is_whole,
                     PlainJson& event) {
  const std::string text = request.http.Query(name);
  if (text.empty()) {
    return;
  }
  const char* const end = text.data() + text.size();
  std::int64_t integer = 0;
  double real = 0;
  if (is_whole) {
    const auto [after, error] = std::from_chars(text.data(), end, integer);
    if (error == std::errc() && after == end) {
      event[name] = integer;
      return;
    }
    throw UserError("{} '{}': a whole number is allowed", name, text);
  }
  const auto [after, error] = std::from_chars(text.data(), end, real);
  if (error != std::errc() || after != end || !std::isfinite(real)) {
    throw UserError("{} '{}': a number is allowed", name, text);
  }
  event[name] = real;
}

class AdTrackerService {
 public:
  AdTrackerService(const PlainJson& settings, const ServiceSurroundings& surroundings,
                   EventLog& log)
      : log_(log),
        cookies_(CookiesOf(settings)),
        cookie_name_(settings.at("cookie").get<std::string>()),
        mapper_url_(settings.at("mapper_url").get<std::string>()),
        sync_parties_(settings.at("sync_parties").get<std::vector<std::string>>()),
        resync_days_(settings.at("resync_days").get<std::int32_t>()),
        judge_(PlacesOf(settings, surroundings), ConsentRulesOf(settings)),
        server_("ad_tracker", settings, log) {
    server_.Add({.method = "GET", .path = "/px", .answer = [this](const CollectorRequest& request) {
                   return AnswerPixel(request);
                 }});
    server_.Add(
        {.method = "POST", .path = "/events", .answer = [this](const CollectorRequest& request) {
           return AnswerEvents(request);
         }});
  }

  CollectorServer& server() { return server_; }

 private:
  ServerAnswer AnswerPixel(const CollectorRequest& request) {
    PlainJson event = PixelEvent(request);
    const bool is_allowed = judge_.Allows(request.client, request.consent);
    const auto cookies = ParseCookies(request.http.Header("cookie"));
    std::string uid = UserIdIn(cookies, cookie_name_);
    const bool is_new = uid.empty() && is_allowed;
    if (is_new) {
      uid = ToHex(HashOf(NewRunId()));
    }
    event["uid"] = uid;
    Append(event.dump(-1, ' ', false, PlainJson::error_handler_t::replace) + "\n", 1);
    ServerAnswer answer = is_allowed ? Onward(uid, cookies, request.consent) : PixelAnswer();
    // A cookie is set anew at each visit: it lives so long after the last one.
    if (is_allowed) {
      answer.headers.emplace_back("Set-Cookie", SetCookie(cookie_name_, uid, cookies_));
    }
    return answer;
  }

  PlainJson PixelEvent(const CollectorRequest& request) const {
    PlainJson event = {{"ts", FormatTimestamp(Now())},
                       {"ua", request.http.Header("user-agent")},
                       {"ip", request.client}};
    const std::string page = request.http.Query("url");
    event["url"] = page.empty() ? request.http.Header("referer") : page;
    enrich::UrlParser urls;
    if (!urls.Parse(event["url"].get<std::string>())) {
      throw UserError("url '{}': give the page's absolute http or https URL, as url=… or Referer",
                      event["url"].get<std::string>());
    }
    if (request.http.Query("pixel_id").empty()) {
      throw UserError("pixel_id: it is missing; a whole number is allowed");
    }
    TakeQueryNumber(request, "pixel_id", true, event);
    TakeQueryNumber(request, "order_value", false, event);
    for (const char* name : {"referrer", "event", "order_id", "currency", "tc"}) {
      if (const std::string text = request.http.Query(name); !text.empty()) {
        event[name] = text;
      }
    }
    return event;
  }

  // To the mapper service where parties are due, which it will have synced by then.
  ServerAnswer Onward(const std::string& uid, const std::map<std::string, std::string>& cookies,
                      const std::string& consent) const {
    const auto known = cookies.find(kSyncCookie);
    auto days = ParseSyncDays(known == cookies.end() ? "" : known->second);
    const auto today = static_cast<std::int32_t>(FloorDivide(Now(), kDay));
    const auto due = mapper_url_.empty() ? std::vector<std::string>()
                                         : PartiesDue(sync_parties_, days, today, resync_days_);
    if (due.empty()) {
      return PixelAnswer();
    }
    for (auto day = days.begin(); day != days.end();) {
      const bool is_party = std::ranges::find(sync_parties_, day->first) != sync_parties_.end();
      day = is_party ? std::next(day) : days.erase(day);
    }
    for (const std::string& party : due) {
      days[party] = today;
    }
    const std::string target =
        fmt::format("{}/sync?party=af&uid={}&next={}{}", mapper_url_, PercentEncode(uid),
                    fmt::join(due, ","), consent.empty() ? "" : "&tc=" + PercentEncode(consent));
    return {.status = 302,
            .headers = {{"Location", target},
                        {"Cache-Control", "no-store, private"},
                        {"Set-Cookie", SetCookie(kSyncCookie, SyncDaysText(days), cookies_)}}};
  }

  ServerAnswer AnswerEvents(const CollectorRequest& request) {
    const CollectedLines lines =
        CollectEvents(request.http.body,
                      {.ts = FormatTimestamp(Now()),
                       .uid = UserIdIn(ParseCookies(request.http.Header("cookie")), cookie_name_),
                       .user_agent = request.http.Header("user-agent"),
                       .ip = request.client});
    Append(lines.text, lines.count);
    return {.status = 200, .body = fmt::format("{{\"accepted\":{}}}", lines.count)};
  }

  void Append(const std::string& lines, std::size_t count) {
    log_.Append(lines);
    server_.metrics().CountEvents(count);
  }

  EventLog& log_;
  const CookieRules cookies_;
  const std::string cookie_name_;
  const std::string mapper_url_;
  const std::vector<std::string> sync_parties_;
  const std::int32_t resync_days_;
  ConsentJudge judge_;
  CollectorServer server_;
};

class AdTracker final : public Connector {
 public:
  const Declaration& declaration() const override {
    static const Declaration kDeclaration = Declare();
    return kDeclaration;
  }

  void CheckSettings(Direction /*direction*/, const PlainJson& settings) const override {
    CheckCollectorSettings(settings);
    CheckCookieSettings(settings);
    CheckConsentSettings(settings);
    if (const auto url = settings.value("mapper_url", ""); !url.empty()) {
      CheckOwnUrl("mapper_url", url);
    }
  }

  std::optional<Schema> Columns(const PlainJson& /*settings*/) const override {
    return EventLogSchema();
  }

  void Serve(ConnectorContext& context, EventLog& log,
             const ServiceSurroundings& surroundings) const override {
    AdTrackerService service(context.settings, surroundings, log);
    surroundings.announce(service.server().url());
    service.server().Run(context.stop);
  }

 private:
  static Declaration Declare() {
    return ServiceDeclaration(
        "ad_tracker", "Pixels and events of the advertisers' sites, by HTTP: of a service.",
        {{.name = "mapper_url",
          .standard = "",
          .doc =
              "where the mapper service is found from outside; empty: browsers aren't sent there"},
         {.name = "sync_parties",
          .type = SettingType::kTexts,
          .standard = PlainJson::array(),
          .doc = "the parties whose cookies are wanted, the most wanted first"},
         {.name = "resync_days",
          .type = SettingType::kInteger,
          .standard = 14,
          .least = 1,
          .doc = "after so many days a party's cookie is asked for again"}});
  }
};

}  // namespace

std::unique_ptr<Connector> MakeAdTracker() { return std::make_unique<AdTracker>(); }

}  // namespace weir::connectors
