#include "world/partner_lines.h"

#include <array>

#include "world/line_writer.h"
#include "world/time_text.h"

namespace weir::world {
namespace {

constexpr std::string_view kReferrer = "www.google.com";

std::string_view MappedEvent(EventKind kind) {
  constexpr std::array<std::string_view, 5> kNames = {"page view", "search", "share", "click",
                                                      "OBL"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view CountryOf(const RawEvent& event) {
  return event.stated_country == kNoCountry ? "" : Countries()[event.stated_country].code;
}

void AppendUid(const World& world, const RawEvent& event, Party party, std::string& out) {
  if (event.junk != kNoJunk) {
    out += JunkIds()[event.junk];
  } else {
    AppendId(world.options.seed, party, event.cookies, out);
  }
}

void AppendShareThis(const World& world, const RawEvent& event, std::string& out) {
  std::string url;
  AppendUrl(world, event, url);
  const std::size_t question = std::min(url.find('?'), url.size());
  out += R"({"standardTimestamp":")";
  AppendIsoTime(event.time, {}, out);
  out += R"(","estid":")";
  AppendUid(world, event, Party::kSt, out);
  out += R"(","url":")";
  out.append(url, 0, question);
  out += R"(","query":")";
  out.append(url, std::min(question + 1, url.size()));
  out += R"(","ip":")";
  AppendAddress(event, out);
  out += R"(","userAgent":")";
  out += UserAgentOf(event);
  out += R"(","refDomain":")";
  out += kReferrer;
  out += R"(","mappedEvent":")";
  out += MappedEvent(event.kind);
  out += R"(","geo":")";
  out += CountryOf(event);
  out += "\"}\n";
}

void AppendAcross33(const World& world, const RawEvent& event, std::string& out) {
  AppendNumber(static_cast<std::uint64_t>(event.time), out);
  out += '\t';
  AppendUid(world, event, Party::kTt, out);
  out += '\t';
  AppendUrl(world, event, out);
  out += "\thttps://";
  out += kReferrer;
  out += "/\t";
  AppendAddress(event, out);
  out += '\t';
  out += UserAgentOf(event);
  out += '\t';
  out += CountryOf(event);
  out += '\n';
}

}  // namespace

void AppendPartnerLines(const World& world, const std::vector<RawEvent>& events,
                        PartnerFiles& files) {
  for (const RawEvent& event : events) {
    if (IsBad(event.outcome)) {
      continue;
    }
    if (event.feed == Feed::kSt) {
      AppendShareThis(world, event, files.sharethis);
    } else if (event.feed == Feed::kTt) {
      AppendAcross33(world, event, files.across33);
    }
  }
}

}  // namespace weir::world
