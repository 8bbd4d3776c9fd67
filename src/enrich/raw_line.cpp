#include "enrich/raw_line.h"

#include <algorithm>
#include <array>

#include <utf8proc.h>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/hashing.h"
#include "enrich/access_log.h"
#include "enrich/json_fields.h"
#include "enrich/timestamp.h"
#include "enrich/word_text.h"

namespace weir::enrich {
namespace {

constexpr std::size_t kLongestEvent = 32;  // characters
// Of lines that hold what was made of a raw one, the URL several times.
constexpr std::size_t kLongestEnriched = 16 * kLongestLine;
constexpr std::string_view kDefaultEvent = "page_view";

// Fields of JSON lines: what they are to us, and each format's names for them.
enum Field : std::uint8_t {
  kTs,
  kUid,
  kUrl,
  kReferrer,
  kUserAgent,
  kIp,
  kEvent,
  kConsent,
  kCountry,
  kPixelId,
  kOrderId,
  kOrderValue,
  kCurrency,
  kIds,
};
constexpr std::array<std::string_view, 14> kRawNames = {
    "ts", "uid",     "url",      "referrer", "ua",          "ip",       "event",
    "tc", "country", "pixel_id", "order_id", "order_value", "currency", "ids"};
constexpr std::array<std::string_view, 9> kShareThisNames = {
    "standardTimestamp", "estid", "url", "refDomain", "userAgent", "ip",
    "mappedEvent",       "tc",    "geo"};

// Behind them, in lines of enriched events, those of GivenNames(), and:
constexpr std::size_t kFirstGiven = kRawNames.size();
constexpr std::size_t kWords = kFirstGiven + kNumGivenTexts;
constexpr std::size_t kSourceOffset = kWords + 1;

std::vector<std::string> NamesOf(const LineSettings& settings) {
  if (settings.format == LineFormat::kShareThis) {
    return {kShareThisNames.begin(), kShareThisNames.end()};
  }
  if (!IsEnriched(settings.format)) {
    return {kRawNames.begin(), kRawNames.end()};
  }
  std::vector<std::string> names;
  for (const std::string_view name : EnrichedNames()) {
    const auto other = settings.fields.find(std::string(name));
    names.emplace_back(other == settings.fields.end() ? name : other->second);
  }
  return names;
}

JsonFields FieldsOf(const std::vector<std::string>& names) {
  const std::vector<std::string_view> views(names.begin(), names.end());
  return JsonFields(views);
}

// "2026-01-05 10:20:30+00": databases leave out a zone's minutes where there are none.
bool HasZoneOfHours(std::string_view text) {
  constexpr std::size_t kZone = 3;
  const std::size_t at = text.size() - std::min(text.size(), kZone);
  return text.find(':') < at && (text[at] == '+' || text[at] == '-') && IsDigit(text[at + 1]) &&
         IsDigit(text[at + 2]);
}

// `text` lower-cased and cut at 32 characters; `text` itself where that changes nothing.
std::string_view EventName(std::string_view text, std::string& buffer) {
  if (text.empty()) {
    return kDefaultEvent;
  }
  const auto is_plain = [](char character) {
    return (character >= 'a' && character <= 'z') || character == '_';
  };
  if (text.size() <= kLongestEvent && std::ranges::all_of(text, is_plain)) {
    return text;
  }
  buffer.clear();
  for (std::size_t count = 0; count < kLongestEvent && !text.empty(); ++count) {
    char32_t character = 0;
    text.remove_prefix(std::max<std::size_t>(DecodeCodePoint(text, character), 1));
    const auto lower = utf8proc_tolower(static_cast<utf8proc_int32_t>(character));
    AppendCodePoint(static_cast<char32_t>(lower), buffer);
  }
  return buffer;
}

// The ISO code in capital letters; empty if it isn't two letters.
std::string_view CountryCode(std::string_view text, std::array<char, 2>& buffer) {
  const auto is_letter = [](char character) {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
  };
  if (text.size() != 2 || !std::ranges::all_of(text, is_letter)) {
    return {};
  }
  buffer = {static_cast<char>(text[0] & 0x5f), static_cast<char>(text[1] & 0x5f)};
  return {buffer.data(), buffer.size()};
}

LineFault Missing(std::string_view field) {
  return {.verdict = Verdict::kMissingField, .field = field};
}

// Takes the columns of a TSV line in order; one that the line lacks is empty.
std::string_view TakeColumn(std::string_view& line) {
  const std::size_t end = std::min(line.find('\t'), line.size());
  const std::string_view column = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return column;
}

}  // namespace

struct LineParser::State {
  LineSettings settings;
  Micros last_ts;
  std::vector<std::string> names;
  JsonFields fields;
  GivenColumns given;
  AccessLogLine log_line;
  std::string event;
  std::string url;
  std::string referrer;
  std::string uid;
  std::array<char, 2> country{};

  LineFault ParseJson(std::string_view line, RawLine& parsed);
  void FillTexts(RawLine& parsed);
  void FillGiven(RawLine& parsed);
  LineFault ParseTsv(std::string_view line, RawLine& parsed);
  LineFault ParseAccessLog(std::string_view line, RawLine& parsed);
  std::optional<Micros> JsonTimestamp() const;
  LineFault JudgeTimestamp(std::optional<Micros> ts, std::string_view field, RawLine& parsed) const;
};

std::optional<Micros> LineParser::State::JsonTimestamp() const {
  if (const std::string_view text = fields.Text(kTs); !text.empty()) {
    if (IsEnriched(settings.format) && HasZoneOfHours(text)) {
      return ParseTimestampText(std::string(text) + ":00");
    }
    return ParseTimestampText(text);
  }
  return ParseTimestampNumber(fields.NumberText(kTs));
}

LineFault LineParser::State::JudgeTimestamp(std::optional<Micros> ts, std::string_view field,
                                            RawLine& parsed) const {
  if (!ts || *ts < kYear2000) {
    return {.verdict = Verdict::kBadTimestamp, .field = field};
  }
  if (*ts > last_ts) {
    return {.verdict = Verdict::kFutureTimestamp, .field = field};
  }
  parsed.ts = *ts;
  parsed.has_ts = true;
  return {};
}

LineFault LineParser::State::ParseJson(std::string_view line, RawLine& parsed) {
  if (const Verdict verdict = fields.Parse(line); verdict != Verdict::kGood) {
    return {.verdict = verdict, .field = {}};
  }
  FillTexts(parsed);
  const bool is_mapping = IsMapping(settings.format);
  LineFault fault;
  if (fields.Text(kTs).empty() && fields.NumberText(kTs).empty()) {
    fault = Missing(names[kTs]);
  } else if (is_mapping) {
    fault = parsed.ids.size() < 2 ? Missing(names[kIds]) : LineFault{};
  } else if (!fields.HasText(kUid)) {
    fault = Missing(names[kUid]);
  } else if (parsed.url.empty()) {
    fault = Missing(names[kUrl]);
  }
  const LineFault time_fault = JudgeTimestamp(JsonTimestamp(), names[kTs], parsed);
  return fault.verdict != Verdict::kGood ? fault : time_fault;
}

void LineParser::State::FillTexts(RawLine& parsed) {
  parsed.user_agent = fields.Text(kUserAgent);
  parsed.ip = fields.Text(kIp);
  parsed.consent = fields.Text(kConsent);
  if (IsEnriched(settings.format)) {
    FillGiven(parsed);
  }
  if (IsMapping(settings.format)) {
    parsed.ids = fields.PartyIds(kIds).value_or(std::span<const PartyId>());
    return;
  }
  parsed.uid = fields.Text(kUid);
  parsed.url = fields.Text(kUrl);
  parsed.referrer = fields.Text(kReferrer);
  parsed.event = EventName(fields.Text(kEvent), event);
  const bool is_first_party = settings.party == "af";
  const bool is_enriched = IsEnriched(settings.format);
  if (!is_first_party || is_enriched) {
    parsed.country = CountryCode(fields.Text(kCountry), country);
  }
  if (settings.format == LineFormat::kShareThis) {
    parsed.event = parsed.event == "page view" ? kDefaultEvent : parsed.event;
    referrer.assign("https://").append(parsed.referrer);
    parsed.referrer = parsed.referrer.empty() ? parsed.referrer : referrer;
  } else if (is_first_party || is_enriched) {
    parsed.pixel_id = fields.Integer(kPixelId);
    parsed.order_id = fields.Text(kOrderId);
    parsed.order_value = fields.Number(kOrderValue);
    parsed.currency = fields.Text(kCurrency);
  }
}

void LineParser::State::FillGiven(RawLine& parsed) {
  parsed.country = CountryCode(fields.Text(kCountry), country);
  for (std::size_t text = 0; text < kNumGivenTexts; ++text) {
    given.texts.at(text) = fields.Text(kFirstGiven + text);
  }
  given.words = fields.Texts(kWords);
  given.source_offset = fields.Integer(kSourceOffset);
  parsed.given = &given;
}

LineFault LineParser::State::ParseTsv(std::string_view line, RawLine& parsed) {
  const std::string_view time = TakeColumn(line);
  const bool has_uid = !line.empty();
  parsed.uid = TakeColumn(line);
  parsed.url = TakeColumn(line);
  parsed.referrer = TakeColumn(line);
  parsed.ip = TakeColumn(line);
  parsed.user_agent = TakeColumn(line);
  parsed.country = CountryCode(TakeColumn(line), country);
  parsed.event = kDefaultEvent;
  if (time.empty() || !has_uid || parsed.url.empty()) {
    return Missing(time.empty() ? "ts" : !has_uid ? "uid" : "url");
  }
  return JudgeTimestamp(ParseTimestampText(time), "ts", parsed);
}

// The user is the name that the server logged, or else a hash of address and user agent.
LineFault LineParser::State::ParseAccessLog(std::string_view line, RawLine& parsed) {
  if (const std::string_view missing = ReadAccessLogLine(line, log_line); !missing.empty()) {
    return Missing(missing);
  }
  const std::string_view target = log_line.target();
  url.assign(target.starts_with('/') ? settings.base_url : "").append(target);
  uid.assign(log_line.host).append(1, '\n').append(log_line.user_agent);
  uid = log_line.user.empty() ? ToHex(HashOf(uid)) : std::string(log_line.user);
  parsed.uid = uid;
  parsed.url = url;
  parsed.referrer = log_line.referrer;
  parsed.ip = log_line.host;
  parsed.user_agent = log_line.user_agent;
  parsed.event = kDefaultEvent;
  if (target.empty()) {
    return Missing("request");
  }
  return JudgeTimestamp(ParseLogTimestamp(log_line.time), "time", parsed);
}

bool IsMapping(LineFormat format) {
  return format == LineFormat::kRawMapping || format == LineFormat::kEnrichedMapping;
}

bool IsEnriched(LineFormat format) {
  return format == LineFormat::kEnriched || format == LineFormat::kEnrichedMapping;
}

std::span<const std::string_view> GivenNames() {
  static constexpr std::array<std::string_view, kNumGivenTexts> kNames = {
      "event_id",        "host", "domain",      "path",         "referrer_domain",
      "subdivision",     "city", "region",      "ip_truncated", "browser",
      "browser_version", "os",   "device_type", "consent",      "source",
      "source_partition"};
  return kNames;
}

std::vector<std::string_view> EnrichedNames() {
  std::vector<std::string_view> names(kRawNames.begin(), kRawNames.end());
  names[kUid] = "user_id";
  names.insert(names.end(), GivenNames().begin(), GivenNames().end());
  names.insert(names.end(), {"words", "source_offset"});
  return names;
}

LineParser::LineParser(const LineSettings& settings, Micros now)
    : state_(std::make_unique<State>(State{.settings = settings,
                                           .last_ts = now + kDay,
                                           .names = NamesOf(settings),
                                           .fields = FieldsOf(NamesOf(settings)),
                                           .given = {},
                                           .log_line = {},
                                           .event = {},
                                           .url = {},
                                           .referrer = {},
                                           .uid = {}})) {}

LineParser::LineParser(LineParser&&) noexcept = default;
LineParser& LineParser::operator=(LineParser&&) noexcept = default;
LineParser::~LineParser() = default;

void LineParser::SetNow(Micros now) { state_->last_ts = now + kDay; }

LineFault LineParser::Parse(std::string_view line, RawLine& parsed) {
  parsed = {};
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  if (line.size() > (IsEnriched(state_->settings.format) ? kLongestEnriched : kLongestLine)) {
    return {.verdict = Verdict::kLineTooLong, .field = {}};
  }
  const LineFormat format = state_->settings.format;
  if (format != LineFormat::kAcross33 && format != LineFormat::kAccessLog) {
    return state_->ParseJson(line, parsed);
  }
  if (!IsUtf8(line)) {
    return {.verdict = Verdict::kInvalidUtf8, .field = {}};
  }
  if (line.empty()) {
    return {.verdict = Verdict::kNotJson, .field = {}};
  }
  return format == LineFormat::kAcross33 ? state_->ParseTsv(line, parsed)
                                         : state_->ParseAccessLog(line, parsed);
}

}  // namespace weir::enrich
