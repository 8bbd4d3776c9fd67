#include <charconv>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/error.h"
#include "cli/services.h"
#include "cli/world/world_commands.h"
#include "world/server/text_rules.h"
#include "world/server/world_server.h"

namespace weir::cli {
namespace {

double PositiveReal(const Arguments& arguments, std::string_view flag, double most) {
  const auto text = arguments.OptionalText(flag);
  if (!text) {
    return 1;
  }
  double number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size() || !(number > 0) ||
      number > most) {
    throw UsageError("{} '{}': a number above 0, up to {}, is allowed", flag, *text, most);
  }
  return number;
}

Micros StartOfClock(const Arguments& arguments) {
  const auto text = arguments.OptionalText("--now");
  const auto now = text ? ParseTimestamp(*text) : std::optional(Now());
  if (!now) {
    throw UsageError("--now '{}': a time such as 2026-01-31T12:00:00Z is allowed", *text);
  }
  return *now;
}

// Names with commas between.
std::vector<std::string> NamesIn(const std::string& text) {
  std::vector<std::string> names;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    names.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

world::ServeOptions ReadServeOptions(const Arguments& arguments) {
  constexpr double kFastest = 1e6;
  constexpr std::int64_t kLastPort = 65535;
  const std::int64_t port = arguments.Integer("--port", 0).value_or(0);
  if (port > kLastPort) {
    throw UsageError("--port {}: 0 to {} are allowed", port, kLastPort);
  }
  world::ServeOptions options{.folder = arguments.Text("DIR"),
                              .port = static_cast<int>(port),
                              .speed = PositiveReal(arguments, "--speed", kFastest),
                              .now = StartOfClock(arguments),
                              .match_rate = PositiveReal(arguments, "--match-rate", 1)};
  options.token = arguments.OptionalText("--token").value_or(options.token);
  options.most_bytes = arguments.Integer("--most-bytes", 1).value_or(options.most_bytes);
  if (const auto fields = arguments.OptionalText("--fields")) {
    options.text.fields = NamesIn(*fields);
  }
  options.text.separators =
      arguments.OptionalText("--separators").value_or(options.text.separators);
  if (const std::string fault = world::TextRulesFault(options.text); !fault.empty()) {
    throw UsageError("--{}", fault);
  }
  return options;
}

void Serve(const Arguments& arguments, Services& services) {
  world::ServeWorld(
      ReadServeOptions(arguments),
      [&](const std::string& url) { services.out() << url << "\n"
                                                   << std::flush; },
      services.stop());
}

}  // namespace

Command WorldServeCommand() {
  return {
      .name = "serve",
      .summary = "Be the outside world on 127.0.0.1: the platform's API and a DSP.",
      .details =
          "Prints its address, then answers until Ctrl-C or SIGTERM. The platform: DIR/platform "
          "by\n"
          "GET /segments?page=1&page_size=100 and so on. The DSP: the Batch Segment Service, with\n"
          "its limits and its passive buckets, the folders DIR/dsp/bss-<member>-<region>; what "
          "was\n"
          "uploaded lies in DIR/dsp/uploads. GET /world/held?member_id=N says whom it has.",
      .examples =
          "weir world serve world\n"
          "weir world serve world --port 8080 --token secret --speed 600 --now 2026-01-31",
      .parameters =
          {{.name = "DIR", .help = "a world", .required = true},
           {.name = "--port", .value = "N", .help = "0 (the default): any free one"},
           {.name = "--token",
            .value = "T",
            .help = "that requests must bring as a bearer token (default: world)"},
           {.name = "--speed", .value = "X", .help = "how fast its clock runs (default: 1)"},
           {.name = "--now", .value = "TIME", .help = "when its clock starts (default: now)"},
           {.name = "--match-rate",
            .value = "P",
            .help = "the share of users that the DSP knows (default: 1)"},
           {.name = "--most-bytes", .value = "N", .help = "of an upload (default: 500000000)"},
           {.name = "--fields",
            .value = "LIST",
            .help = "of segments in text files (default: "
                    "SEG_ID,EXPIRATION,VALUE,TIMESTAMP)"},
           {.name = "--separators", .value = "CHARS", .help = "of text files (default: ,;:#^)"}},
      .run = Serve,
  };
}

}  // namespace weir::cli
