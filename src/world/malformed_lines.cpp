#include "world/malformed_lines.h"

#include <array>
#include <span>

#include "world/line_writer.h"

namespace weir::world {
namespace {

using Texts = std::span<const std::string_view>;

constexpr std::array<std::string_view, 12> kBadTimes = {R"("yesterday")",
                                                        R"("2026-13-45T00:00:00Z")",
                                                        R"("2026-02-30T10:00:00Z")",
                                                        R"("2026-01-05T25:00:00Z")",
                                                        R"("2026-01-05T10:00:60Z")",
                                                        R"("2026-01-05T10:61:00Z")",
                                                        R"("05/01/2026 10:00")",
                                                        R"("1999-12-31T23:59:59Z")",
                                                        R"("2026-01-05T10:00:00Zulu")",
                                                        "0",
                                                        "12345",
                                                        "-1767571200"};
constexpr std::array<std::string_view, 6> kFutureTimes = {
    R"("2099-01-01T00:00:00Z")", "4102444800",          "4102444800000",
    R"("4102444800000000")",     "4102444800000000000", R"("2098-06-30 12:00:00+02:00")"};
constexpr std::array<std::string_view, 9> kBadUrls = {R"("/sports/football/index.html")",
                                                      R"("not a url")",
                                                      R"("ftp://files.example.com/a")",
                                                      "\"javascript:void(0)\"",
                                                      R"("mailto:someone@example.com")",
                                                      R"("//cdn.example.com/x.js")",
                                                      R"("http://[::1/")",
                                                      R"("https://")",
                                                      R"("https://exa mple.com/")"};
constexpr std::array<std::string_view, 5> kMissingIds = {"null", "12345", "[]", "true", "{}"};
constexpr std::array<std::string_view, 5> kMissingTimes = {"null", R"("")", "true", "[]", "{}"};
constexpr std::array<std::string_view, 4> kMissingUrls = {"null", R"("")", "17", "[\"x\"]"};
constexpr std::array<std::string_view, 8> kMissingPairs = {
    "null",
    "[]",
    R"("st:1")",
    R"([{"party":"st","id":"ZGstAAAAAAAAAAAAAAAAAAAA"}])",
    R"([{"party":"st","id":"ZGstAAAAAAAAAAAAAAAAAAAA"},"tt"])",
    R"([{"party":"st","id":"ZGstAAAAAAAAAAAAAAAAAAAA"},{"id":"0123456789abcdef01"}])",
    R"([{"party":"st","id":"ZGstAAAAAAAAAAAAAAAAAAAA"},{"party":"tt","id":42}])",
    R"([{"party":"st","id":"ZGstAAAAAAAAAAAAAAAAAAAA"},null])"};
constexpr std::array<std::string_view, 5> kBadBytes = {
    "\"title\":\"\xff\xfe\"", "\"title\":\"caf\xe9\"", "\"title\":\"\xc0\xaf\"",
    "\"title\":\"\xed\xa0\x80\"", "\"title\":\"\xe2\x82\""};
constexpr std::array<std::string_view, 6> kNoObjects = {
    "[1,2,3]",
    R"("just text")",
    "null",
    "GET /px?uid=1 HTTP/1.1",
    "{'uid':'single quotes'}",
    "<html><body>502 Bad Gateway</body></html>"};

LineFaults MissingField(const RawEvent& event, RandomStream& random) {
  const bool absent = random.Below(3) == 0;
  LineFaults faults;
  if (random.Below(3) == 0) {
    faults.leaves_out_time = absent;
    faults.time = Pick(kMissingTimes, random);
  } else if (event.feed == Feed::kMapping) {
    faults.leaves_out_ids = absent;
    faults.ids = Pick(kMissingPairs, random);
  } else if (random.Below(2) == 0) {
    faults.leaves_out_id = absent;
    faults.id = Pick(kMissingIds, random);
  } else {
    faults.leaves_out_url = absent;
    faults.url = Pick(kMissingUrls, random);
    return faults;
  }
  if (random.Below(4) == 0) {
    faults.url = Pick(kBadUrls, random);
  }
  return faults;
}

void AppendNotJson(const World& world, const RawEvent& event, RandomStream& random,
                   std::string& out) {
  const std::size_t start = out.size();
  switch (random.Below(4)) {
    case 0:
      out += Pick(kNoObjects, random);
      return;
    case 1:
      AppendLine(world, event, 0, {.extra = R"("title":"\ud83d alone")"}, out);
      return;
    case 2:
      AppendLine(world, event, 0, {}, out);
      out += "}";
      return;
    default:
      AppendLine(world, event, 0, {}, out);
      out.resize(start + 1 + random.Below(static_cast<std::uint32_t>(out.size() - start - 1)));
  }
}

// A line of one byte too many, or more.
void AppendTooLong(const World& world, const RawEvent& event, RandomStream& random,
                   std::string& out) {
  const std::size_t start = out.size();
  AppendLine(world, event, 0, {.extra = R"("padding":"")"}, out);
  const std::size_t wanted = kLongestLine + 1 + std::size_t{7000} * random.Below(3);
  out.insert(out.size() - 2, start + wanted - out.size(), 'x');
}

}  // namespace

void AppendMalformedLine(const World& world, const RawEvent& event, std::string& out) {
  RandomStream random(world.options.seed,
                      {.purpose = Purpose::kLine,
                       .entity = ~event.person,
                       .part = std::uint32_t{event.day} << 16 | event.sequence});
  const std::string_view second_fault = random.Below(4) == 0 ? Pick(kBadUrls, random) : "";
  switch (event.outcome) {
    case Outcome::kLineTooLong:
      return AppendTooLong(world, event, random, out);
    case Outcome::kInvalidUtf8:
      return AppendLine(world, event, 0, {.url = second_fault, .extra = Pick(kBadBytes, random)},
                        out);
    case Outcome::kNotJson:
      return AppendNotJson(world, event, random, out);
    case Outcome::kMissingField:
      return AppendLine(world, event, 0, MissingField(event, random), out);
    case Outcome::kBadTimestamp:
      return AppendLine(world, event, 0, {.time = Pick(kBadTimes, random), .url = second_fault},
                        out);
    case Outcome::kFutureTimestamp:
      return AppendLine(world, event, 0, {.time = Pick(kFutureTimes, random), .url = second_fault},
                        out);
    default:
      return AppendLine(world, event, 0, {.url = Pick(kBadUrls, random)}, out);
  }
}

void AppendNoise(RandomStream& random, std::string& out) {
  const std::uint32_t draw = random.Below(8);
  if (draw == 7) {
    out += Pick(kNoObjects, random);
  } else if (draw == 6) {
    out += "   ";
  }
}

}  // namespace weir::world
