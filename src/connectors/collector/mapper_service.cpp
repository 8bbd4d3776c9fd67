#include "connectors/collector/mapper_service.h"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/percent.h"
#include "connectors/collector/collected_lines.h"
#include "connectors/collector/collector_server.h"
#include "connectors/collector/consent_judge.h"
#include "connectors/collector/consent_settings.h"
#include "connectors/collector/cookie_settings.h"
#include "connectors/collector/sync_rules.h"

namespace weir::connectors {
namespace {

using net::ServerAnswer;
using PlainJson = nlohmann::json;

constexpr std::string_view kOwnParty = "af";
constexpr std::size_t kLongestId = 512;
constexpr Micros kLongestWalk = 10 * kMinute;

// `{party: text}` of the settings; a name that is no text is a mistake.
std::map<std::string, std::string> TextsOf(const PlainJson& settings, const char* name) {
  std::map<std::string, std::string> texts;
  const auto found = settings.find(name);
  if (found == settings.end() || !found->is_object()) {
    return texts;
  }
  for (const auto& [key, value] : found->items()) {
    if (!value.is_string()) {
      throw UserError("{} '{}': a text is allowed", name, key);
    }
    texts.emplace(key, value.get<std::string>());
  }
  return texts;
}

// Takes the same time wherever they differ.
bool IsSameToken(std::string_view left, std::string_view right) {
  unsigned difference = left.size() == right.size() ? 0 : 1;
  for (std::size_t i = 0; i < left.size() && i < right.size(); ++i) {
    difference |= static_cast<unsigned char>(left[i] ^ right[i]);
  }
  return difference == 0;
}

// Throws UserError where a token doesn't tell whose request it is.
void CheckTokensDiffer(const std::map<std::string, std::string>& tokens) {
  std::map<std::string_view, std::string_view> party_of;
  for (const auto& [party, token] : tokens) {
    const auto [other, is_new] = party_of.emplace(token, party);
    if (!is_new && !token.empty()) {
      throw UserError("partner_tokens: '{}' and '{}' have the same token; each party needs its own",
                      other->second, party);
    }
  }
}

class MapperServer {
 public:
  MapperServer(const PlainJson& settings, const ServiceSurroundings& surroundings, EventLog& log)
      : log_(log),
        cookie_name_(settings.at("cookie").get<std::string>()),
        partners_(TextsOf(settings, "sync_partners")),
        tokens_(TextsOf(settings, "partner_tokens")),
        key_(settings.at("key").get<std::string>()),
        judge_(PlacesOf(settings, surroundings), ConsentRulesOf(settings)),
        server_("mapper_service", settings, log) {
    CheckTokensDiffer(tokens_);
    const auto url = settings.at("url").get<std::string>();
    url_ = url.empty() ? server_.url() : url;
    server_.Add({.method = "GET",
                 .path = "/sync",
                 .answer = [this](const CollectorRequest& request) { return Sync(request); }});
    server_.Add({.method = "POST",
                 .path = "/sync",
                 .answer = [this](const CollectorRequest& request) { return Take(request); }});
  }

  CollectorServer& server() { return server_; }

 private:
  ServerAnswer Sync(const CollectorRequest& request) {
    const std::string party = PartyOf(request);
    const std::string uid = request.http.Query("uid");
    if (uid.empty() || uid.size() > kLongestId) {
      throw UserError("uid: it has {} bytes; 1 to {} are allowed", uid.size(), kLongestId);
    }
    SyncWalk walk = WalkOf(request, party);
    walk.ids.emplace_back(party, uid);
    const std::string own = UserIdIn(ParseCookies(request.http.Header("cookie")), cookie_name_);
    const bool knows_own =
        std::ranges::any_of(walk.ids, [](const auto& id) { return id.first == kOwnParty; });
    if (!own.empty() && !knows_own) {
      walk.ids.emplace_back(kOwnParty, own);
    }
    Record(request, walk);
    return Onward(request, std::move(walk));
  }

  std::string PartyOf(const CollectorRequest& request) const {
    std::string party = request.http.Query("party");
    if (party != kOwnParty && !partners_.contains(party) && !tokens_.contains(party)) {
      throw UserError("party '{}': it is unknown; allowed: {}", party, AllowedParties());
    }
    return party;
  }

  std::string AllowedParties() const {
    std::vector<std::string> parties = {std::string(kOwnParty)};
    for (const auto& [party, text] : partners_) {
      parties.push_back(party);
    }
    for (const auto& [party, token] : tokens_) {
      if (!partners_.contains(party)) {
        parties.push_back(party);
      }
    }
    return fmt::format("{}", fmt::join(parties, ", "));
  }

  // What has happened so far: nothing, where a browser comes first.
  SyncWalk WalkOf(const CollectorRequest& request, const std::string& party) const {
    const std::string sealed = request.http.Query("state");
    if (sealed.empty()) {
      SyncWalk walk{.ids = {},
                    .visited = {},
                    .next = NextOf(request),
                    .consent = request.consent,
                    .begun = Now()};
      return walk;
    }
    auto walk = OpenWalk(sealed, key_, Now(), kLongestWalk);
    if (!walk) {
      throw UserError("state: it is none of ours, or older than ten minutes");
    }
    if (walk->visited.empty() || walk->visited.back() != party) {
      throw UserError("state: it was made for another party than '{}'", party);
    }
    return *std::move(walk);
  }

  std::vector<std::string> NextOf(const CollectorRequest& request) const {
    std::vector<std::string> next;
    std::istringstream parts(request.http.Query("next"));
    for (std::string party; std::getline(parts, party, ',');) {
      if (!partners_.contains(party)) {
        throw UserError("next '{}': it is no party of sync_partners", party);
      }
      next.push_back(party);
    }
    return next;
  }

  // One id says nothing.
  void Record(const CollectorRequest& request, const SyncWalk& walk) {
    if (walk.ids.size() < 2) {
      return;
    }
    PlainJson event = {{"ts", FormatTimestamp(Now())},
                       {"ids", PlainJson::array()},
                       {"ip", request.client},
                       {"ua", request.http.Header("user-agent")}};
    for (const auto& [party, id] : walk.ids) {
      event["ids"].push_back({{"party", party}, {"id", id}});
    }
    if (!walk.consent.empty()) {
      event["tc"] = walk.consent;
    }
    log_.Append(event.dump(-1, ' ', false, PlainJson::error_handler_t::replace) + "\n");
    server_.metrics().CountEvents(1);
  }

  // To the next partner's page, which is one of the templates; else the walk ends here.
  ServerAnswer Onward(const CollectorRequest& request, SyncWalk walk) {
    const auto own =
        std::ranges::find_if(walk.ids, [](const auto& id) { return id.first == kOwnParty; });
    const auto party = NextParty(walk);
    if (!party || own == walk.ids.end() || !judge_.Allows(request.client, walk.consent)) {
      return PixelAnswer();
    }
    const std::string uid = own->second;
    walk.visited.push_back(*party);
    const std::string back = fmt::format("{}/sync?party={}&state={}&uid=", url_,
                                         PercentEncode(*party), SealWalk(walk, key_));
    return {.status = 302,
            .headers = {{"Location", FillPartnerTemplate(partners_.at(*party), uid, back)},
                        {"Cache-Control", "no-store, private"},
                        {"Referrer-Policy", "no-referrer"}}};
  }

  ServerAnswer Take(const CollectorRequest& request) {
    const auto partner = std::ranges::find_if(tokens_, [&](const auto& token) {
      return !token.second.empty() && IsSameToken(request.http.bearer, token.second);
    });
    if (partner == tokens_.end()) {
      ServerAnswer answer = ErrorAnswer(401, "a partner's bearer token is needed");
      answer.headers.emplace_back("WWW-Authenticate", "Bearer");
      return answer;
    }
    const CollectedLines lines =
        CollectMappings(request.http.body, partner->first, FormatTimestamp(Now()));
    log_.Append(lines.text);
    server_.metrics().CountEvents(lines.count);
    return {.status = 200, .body = fmt::format("{{\"accepted\":{}}}", lines.count)};
  }

  EventLog& log_;
  const std::string cookie_name_;
  const std::map<std::string, std::string> partners_;  // party: template
  const std::map<std::string, std::string> tokens_;    // party: token
  const std::string key_;
  std::string url_;
  ConsentJudge judge_;
  CollectorServer server_;
};

class MapperService final : public Connector {
 public:
  const Declaration& declaration() const override {
    static const Declaration kDeclaration = Declare();
    return kDeclaration;
  }

  void CheckSettings(Direction /*direction*/, const PlainJson& settings) const override {
    CheckCollectorSettings(settings);
    CheckCookieSettings(settings);
    CheckConsentSettings(settings);
    if (const auto url = settings.value("url", ""); !url.empty()) {
      CheckOwnUrl("url", url);
    }
    for (const auto& [party, text] : TextsOf(settings, "sync_partners")) {
      CheckPartnerTemplate(party, text);
      if (party == kOwnParty || party.find_first_of(", ") != std::string::npos) {
        throw UserError("sync_partners '{}': it is no name of a partner", party);
      }
    }
    CheckTokensDiffer(TextsOf(settings, "partner_tokens"));
  }

  std::optional<Schema> Columns(const PlainJson& /*settings*/) const override {
    return EventLogSchema();
  }

  void Serve(ConnectorContext& context, EventLog& log,
             const ServiceSurroundings& surroundings) const override {
    if (context.settings.at("key").get<std::string>().size() < 16) {
      throw UserError("key: it must have 16 bytes or more");
    }
    MapperServer service(context.settings, surroundings, log);
    surroundings.announce(service.server().url());
    service.server().Run(context.stop);
  }

 private:
  static Declaration Declare() {
    return ServiceDeclaration(
        "mapper_service",
        "Cookie sync: which ids of parties are one browser's, by HTTP: of a service.",
        {{.name = "url",
          .standard = "",
          .doc = "where it is found from outside; empty: where it listens"},
         {.name = "sync_partners",
          .type = SettingType::kObject,
          .standard = PlainJson::object(),
          .doc = "party: URL of its page with {uid}, our id, and {return}, where it sends the "
                 "browser back to, its id put at the end"},
         {.name = "partner_tokens",
          .type = SettingType::kObject,
          .standard = PlainJson::object(),
          .doc = "party: the bearer token of its POST /sync"},
         {.name = "key",
          .required = true,
          .doc = "seals what partners hand on, 16 bytes or more: a secret"}});
  }
};

}  // namespace

std::unique_ptr<Connector> MakeMapperService() { return std::make_unique<MapperService>(); }

}  // namespace weir::connectors
