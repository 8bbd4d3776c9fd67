#include "world/line_writer.h"

#include <array>

#include "world/time_text.h"

// Lines are put together by hand, text after text: this is the hot path of a world.
namespace weir::world {
namespace {

// Addresses that are nobody's: private, loopback, link-local, carrier NAT, documentation,
// multicast, unspecified, and what isn't an address.
constexpr std::array<std::string_view, 14> kUnknownAddresses = {
    "192.168.1.17", "10.20.30.40",  "172.16.5.4",  "127.0.0.1", "169.254.10.1",
    "100.64.12.34", "203.0.113.77", "224.0.0.251", "0.0.0.0",   "::1",
    "fe80::1c2d",   "fd00::42",     "2001:db8::7", "unknown"};

constexpr std::array<std::string_view, 8> kReferrers = {"https://www.google.com/",
                                                        "https://www.google.com/",
                                                        "https://duckduckgo.com/",
                                                        "https://www.bing.com/",
                                                        "https://news.ycombinator.com/",
                                                        "https://www.facebook.com/",
                                                        "https://t.co/",
                                                        "android-app://com.google.android.gm/"};

void AppendQuoted(std::string_view name, std::string_view text, std::string& out) {
  out += name;
  out += text;
  out += '"';
}

void AppendHexGroup(std::uint32_t group, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  bool begun = false;
  for (int shift = 12; shift >= 0; shift -= 4) {
    const std::uint32_t digit = group >> shift & 15;
    begun = begun || digit != 0 || shift == 0;
    if (begun) {
      out += kDigits[digit];
    }
  }
}

std::string_view HostPrefix(const RawEvent& event, const Site* site) {
  const DeviceType type = UserAgents()[event.crawler ? 0 : event.user_agent].type;
  if (type == DeviceType::kPhone && event.site % 8 == 3) {
    return "m.";
  }
  return site != nullptr ? site->host_prefix : "www.";
}

// One line in the making, its details drawn from a stream of its own.
class LineWriter {
 public:
  LineWriter(const World& world, const RawEvent& event, std::uint32_t copy, std::string& out)
      : world_(world),
        event_(event),
        out_(out),
        random_(world.options.seed, {.purpose = Purpose::kLine,
                                     .entity = event.person,
                                     .part = std::uint32_t{event.day} << 16 | event.sequence}) {
    for (std::uint32_t skipped = 0; skipped < copy * 4; ++skipped) {
      random_.Next();
    }
    details_ = random_.NextWide();
  }

  void Write(const LineFaults& faults);

 private:
  // A number below `bound` ≤ 16 from the line's own bits.
  std::uint32_t Detail(std::uint32_t bound) {
    const auto detail = static_cast<std::uint32_t>((details_ & 15) * bound >> 4);
    details_ >>= 4;
    return detail;
  }
  void WriteTime(const LineFaults& faults);
  void WriteId(const LineFaults& faults);
  void WriteIds(const LineFaults& faults);
  void WriteSyncedId(const SyncedId& id);
  void WriteUrl(const LineFaults& faults);
  void WriteBrowser();
  void WriteConsent();
  void WriteKind();
  void WritePixel();
  void WriteOddities();

  const World& world_;
  const RawEvent& event_;
  std::string& out_;
  RandomStream random_;
  std::uint64_t details_ = 0;
};

void LineWriter::Write(const LineFaults& faults) {
  out_ += '{';
  const bool id_first = Detail(4) == 0;
  if (id_first && event_.feed != Feed::kMapping) {
    WriteId(faults);
    WriteTime(faults);
  } else {
    WriteTime(faults);
  }
  if (event_.feed == Feed::kMapping) {
    WriteIds(faults);
  } else {
    if (!id_first) {
      WriteId(faults);
    }
    WriteUrl(faults);
    WriteKind();
    WritePixel();
  }
  WriteBrowser();
  WriteConsent();
  WriteOddities();
  if (!faults.extra.empty()) {
    out_ += faults.extra;
    out_ += ',';
  }
  out_.back() = '}';  // the last comma
}

void LineWriter::WriteTime(const LineFaults& faults) {
  const std::uint32_t spelling = Detail(kTimeSpellings);
  if (faults.leaves_out_time) {
    return;
  }
  out_ += R"("ts":)";
  if (faults.time.empty()) {
    AppendTime(event_.time, spelling, out_);
  } else {
    out_ += faults.time;
  }
  out_ += ',';
}

void LineWriter::WriteId(const LineFaults& faults) {
  constexpr std::array<Party, kNumFeeds> kParties = {Party::kAf, Party::kSt, Party::kTt,
                                                     Party::kAf};
  if (faults.leaves_out_id) {
    return;
  }
  if (!faults.id.empty()) {
    out_ += R"("uid":)";
    out_ += faults.id;
    out_ += ',';
    return;
  }
  if (event_.junk != kNoJunk) {
    AppendQuoted(R"("uid":")", JunkIds()[event_.junk], out_);
  } else {
    if (Detail(16) == 0) {
      out_ += R"("uid":"superseded",)";  // of a repeated member the last counts
    }
    out_ += R"("uid":")";
    AppendId(world_.options.seed, kParties[static_cast<std::size_t>(event_.feed)], event_.cookies,
             out_);
    out_ += '"';
  }
  out_ += ',';
}

void LineWriter::WriteSyncedId(const SyncedId& id) {
  AppendQuoted(R"({"party":")", PartyName(id.party), out_);
  out_ += R"(,"id":")";
  if (id.junk != kNoJunk) {
    out_ += JunkIds()[id.junk];
  } else {
    AppendId(world_.options.seed, id.party, id.cookies, out_);
  }
  out_ += R"("},)";
}

// In any order, one of them now and then twice: it's the same event.
void LineWriter::WriteIds(const LineFaults& faults) {
  if (faults.leaves_out_ids) {
    return;
  }
  out_ += R"("ids":)";
  if (!faults.ids.empty()) {
    out_ += faults.ids;
    out_ += ',';
    return;
  }
  out_ += '[';
  const std::uint32_t first = Detail(event_.num_ids);
  const std::uint32_t count = event_.num_ids + (Detail(16) == 0 ? 1U : 0U);
  for (std::uint32_t index = 0; index < count; ++index) {
    WriteSyncedId(event_.ids[(first + index) % event_.num_ids]);
  }
  out_.back() = ']';
  out_ += ',';
}

void LineWriter::WriteUrl(const LineFaults& faults) {
  if (faults.leaves_out_url) {
    return;
  }
  out_ += R"("url":)";
  if (!faults.url.empty()) {
    out_ += faults.url;
    out_ += ',';
    return;
  }
  out_ += '"';
  const std::size_t start = out_.size();
  AppendUrl(world_, event_, out_);
  // Spellings that the WHATWG parser makes equal.
  const std::size_t path = out_.find('/', start + 8);
  switch (Detail(16)) {
    case 0:
      out_.insert(path, ":443");
      break;
    case 1:
      out_.replace(start, 5, "HTTPS");
      break;
    case 2:
      out_.insert(path, "/.");
      break;
    case 3:
      out_.insert(path, "\\");  // "\/" in JSON is "/"
      break;
    default:
      break;
  }
  out_ += R"(",)";
}

void LineWriter::WriteBrowser() {
  const std::uint32_t draw = random_.Next();
  if (event_.feed != Feed::kMapping && (draw & 3) != 0) {
    AppendQuoted(R"("referrer":")", kReferrers[draw >> 8 & 7], out_);
    out_ += ',';
  }
  AppendQuoted(R"("ua":")", UserAgentOf(event_), out_);
  if (event_.address_kind != AddressKind::kUnknown || event_.address % 16 != 0) {
    out_ += R"(,"ip":")";
    AppendAddress(event_, out_);
    out_ += '"';
  }
  out_ += ',';
  if (event_.stated_country != kNoCountry) {
    AppendQuoted(R"("country":")", Countries()[event_.stated_country].code, out_);
    out_ += ',';
  }
}

void LineWriter::WriteConsent() {
  const auto& strings = world_.consent_strings;
  // Beyond the law's reach few sites ask.
  if (event_.consent == ConsentKind::kAbsent ||
      (!Countries()[event_.country].needs_consent && event_.consent == ConsentKind::kGrants &&
       event_.address_kind != AddressKind::kUnknown && event_.consent_string % 8 != 0)) {
    return;
  }
  const auto& kind = event_.consent == ConsentKind::kGrants    ? strings.granting
                     : event_.consent == ConsentKind::kRefuses ? strings.refusing
                                                               : strings.malformed;
  AppendQuoted(R"("tc":")", kind[event_.consent_string], out_);
  out_ += ',';
}

void LineWriter::WriteKind() {
  if (event_.kind != EventKind::kPageView || Detail(2) == 0) {
    AppendQuoted(R"("event":")", EventName(event_.kind), out_);
    out_ += ',';
  }
}

void LineWriter::WritePixel() {
  if (event_.pixel != 0) {
    out_ += R"("pixel_id":)";
    AppendNumber(static_cast<std::uint64_t>(event_.pixel), out_);
    out_ += Detail(8) == 0 ? ".0," : ",";
  }
  if (event_.order != 0) {
    out_ += R"("order_id":"A)";
    AppendNumber(event_.order, out_);
    out_ += R"(","order_value":)";
    AppendNumber(10 + event_.order * 7919 % 290, out_);
    out_ += R"(.95,"currency":"USD",)";
  }
}

// Members that no schema names, or of a type that isn't theirs but is not required.
void LineWriter::WriteOddities() {
  switch (Detail(16)) {
    case 0:
      out_ += R"("v":2,"context":{"screen":[1920,1080],"dnt":null},)";
      break;
    case 1:
      out_ += R"("Uid":"other case, other field","lang":"en\u002dUS",)";
      break;
    case 2:
      if (event_.order == 0 && event_.feed != Feed::kMapping) {
        out_ += R"("order_value":null,"currency":7,)";
      }
      break;
    default:
      break;
  }
}

}  // namespace

void AppendLine(const World& world, const RawEvent& event, std::uint32_t copy,
                const LineFaults& faults, std::string& out) {
  LineWriter(world, event, copy, out).Write(faults);
}

std::string_view UserAgentOf(const RawEvent& event) {
  return event.crawler ? CrawlerUserAgents()[event.user_agent]
                       : UserAgents()[event.user_agent].text;
}

void AppendAddress(const RawEvent& event, std::string& out) {
  const Country& country = Countries()[event.country];
  if (event.address_kind == AddressKind::kUnknown) {
    out += kUnknownAddresses[event.address % kUnknownAddresses.size()];
    return;
  }
  if (event.address_kind == AddressKind::kIpv6) {
    AppendHexGroup(country.prefix >> 16, out);
    out += ':';
    AppendHexGroup(country.prefix & 0xFFFF, out);
    out += ':';
    AppendHexGroup(event.address >> 16, out);
    out += ':';
    AppendHexGroup(event.address & 0xFFFF, out);
    out += "::1f";
    return;
  }
  if (event.address_kind == AddressKind::kMapped) {
    out += "::ffff:";
  }
  const AddressBlock& block = country.blocks[(event.address >> 16) % country.blocks.size()];
  AppendNumber(block.first, out);
  out += '.';
  AppendNumber(block.second, out);
  out += '.';
  AppendNumber(event.address >> 8 & 0xFF, out);
  out += '.';
  AppendNumber(event.address & 0xFF, out);
}

void AppendUrl(const World& world, const RawEvent& event, std::string& out) {
  out += "https://";
  if (event.by_advertiser) {
    const Advertiser& advertiser = world.sites.advertisers()[event.site];
    out += HostPrefix(event, nullptr);
    out += advertiser.domain;
    if (event.kind == EventKind::kConversion) {
      out += "/checkout/thank-you";
    } else {
      AppendPath({.site = 0x40000000 + event.site,
                  .number = event.page,
                  .topic = event.topic,
                  .in_section = event.topic != advertiser.topic},
                 out);
    }
  } else {
    const Site& site = world.sites.sites()[event.site];
    out += HostPrefix(event, &site);
    out += site.domain;
    AppendPath({.site = event.site,
                .number = event.page,
                .topic = event.topic,
                .language = site.language,
                .in_section = site.topic == kEveryTopic},
               out);
  }
  if (event.junk != kNoJunk) {  // so that no two events with the same junk are one
    out += "?visit=";
    AppendNumber(event.person, out);
    out += '-';
    AppendNumber(event.day, out);
    out += '-';
    AppendNumber(event.sequence, out);
  }
}

}  // namespace weir::world
