#include <chrono>
#include <iostream>
#include <limits>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "cli/services.h"
#include "cli/units.h"
#include "cli/world/world_commands.h"
#include "world/generate.h"

namespace weir::cli {
namespace {

constexpr auto kDefaultStart = "2026-01-05";

std::uint32_t Count(const Arguments& arguments, std::string_view flag, std::uint32_t fallback) {
  const std::int64_t given = arguments.Integer(flag, 0).value_or(fallback);
  if (given > std::numeric_limits<std::uint32_t>::max()) {
    throw UsageError("{} {}: that is too many", flag, given);
  }
  return static_cast<std::uint32_t>(given);
}

std::string RateFlag(const world::RateName& name) { return fmt::format("--rate.{}", name.name); }

world::Rates ReadRates(const Arguments& arguments) {
  world::Rates rates = world::DefaultRates();
  for (const world::RateName& name : world::RateNames()) {
    const std::string flag = RateFlag(name);
    if (const auto text = arguments.OptionalText(flag)) {
      rates.*name.rate = world::ParseProbability(flag, *text);
    }
  }
  return rates;
}

std::int32_t ReadStart(const Arguments& arguments) {
  const std::string text = arguments.OptionalText("--start").value_or(kDefaultStart);
  const auto day = ParseDate(text);
  constexpr std::chrono::year_month_day kFirst{std::chrono::year(2001) / 1 / 1};
  constexpr std::chrono::year_month_day kLast{std::chrono::year(2089) / 12 / 31};
  const auto number = [](const std::chrono::sys_days& date) {
    return date.time_since_epoch().count();
  };
  if (!day || *day < number(kFirst) || *day > number(kLast)) {
    throw UsageError("--start '{}': allowed are days from 2001-01-01 to 2089-12-31", text);
  }
  return *day;
}

// Throws UsageError for days whose events the enrichment chain would refuse: it takes none of more
// than a day ahead.
void CheckDays(const world::WorldOptions& options) {
  const std::int64_t end = std::int64_t{options.start_day} + options.days;
  if (end * kDay > Now() + kDay) {
    throw UsageError("--start '{}' and --days {}: the last day ends more than a day ahead of {}",
                     FormatDate(options.start_day), options.days, FormatTimestamp(Now()));
  }
}

world::WorldOptions ReadOptions(const Arguments& arguments, int threads) {
  const world::WorldOptions fallback;
  const int processors = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  return {
      .folder = arguments.Text("--out"),
      .people = Count(arguments, "--people", fallback.people),
      .days = Count(arguments, "--days", fallback.days),
      .seed = static_cast<std::uint64_t>(arguments.Integer("--seed", 0).value_or(1)),
      .start_day = ReadStart(arguments),
      .sites = Count(arguments, "--sites", fallback.sites),
      .advertisers = Count(arguments, "--advertisers", fallback.advertisers),
      .segments = Count(arguments, "--segments", fallback.segments),
      .people_per_file = Count(arguments, "--people-per-file", fallback.people_per_file),
      .compression = world::ParseCompression(arguments.OptionalText("--compress").value_or("none")),
      .partners = arguments.Has("--partners"),
      .rates = ReadRates(arguments),
      .threads = threads > 0 ? threads : processors,
  };
}

// One line a stage that is written over on a terminal; in a log one at the end of each stage.
void ShowProgress(const world::Progress& progress) {
  static const bool kIsTerminal = isatty(STDERR_FILENO) != 0;
  const bool is_last = progress.done == progress.total;
  if (kIsTerminal || is_last) {
    std::cerr << fmt::format("{}{}: {} of {}{}", kIsTerminal ? "\r" : "", progress.stage,
                             progress.done, progress.total, is_last ? "\n" : "")
              << std::flush;
  }
}

void Generate(const Arguments& arguments, Services& services) {
  const world::WorldOptions options = ReadOptions(arguments, services.options().threads);
  CheckDays(options);
  const world::WorldSummary summary = world::GenerateWorld(options, services.stop(), ShowProgress);
  services.out() << fmt::format("{}: {} people, {} days, {} lines in {} files\n",
                                options.folder.string(), FormatCount(options.people),
                                FormatCount(options.days),
                                FormatCount(static_cast<std::int64_t>(summary.lines)),
                                FormatCount(static_cast<std::int64_t>(summary.files)));
}

std::vector<Parameter> GenerateParameters() {
  std::vector<Parameter> parameters = {
      {.name = "--out", .value = "DIR", .help = "a new or empty folder", .required = true},
      {.name = "--pack",
       .value = "PACK",
       .help = "whose world: adtech (the default)",
       .choices = {"adtech"}},
      {.name = "--people", .value = "N", .help = "how many people (default: 20000)"},
      {.name = "--days", .value = "N", .help = "how many days (default: 7)"},
      {.name = "--seed", .value = "S", .help = "what everything follows from (default: 1)"},
      {.name = "--start", .value = "DAY", .help = "the first day (default: 2026-01-05)"},
      {.name = "--sites", .value = "N", .help = "sites of the open web (default: 5000)"},
      {.name = "--advertisers", .value = "N", .help = "advertisers with pixels (default: 60)"},
      {.name = "--segments",
       .value = "N",
       .help = "lookalike segments, of the first advertisers (default: 12)"},
      {.name = "--people-per-file",
       .value = "N",
       .help = "people of one file, a multiple of 4 (default: 5000)"},
      {.name = "--compress",
       .value = "HOW",
       .help = "raw files: none (the default), gz or zstd",
       .choices = {"none", "gz", "zstd"}},
      {.name = "--partners", .help = "also write ShareThis and 33Across files, as they deliver"},
  };
  for (const world::RateName& name : world::RateNames()) {
    parameters.push_back({.name = RateFlag(name),
                          .value = "P",
                          .help = fmt::format("{} (default: {})", name.help, name.fallback)});
  }
  return parameters;
}

}  // namespace

Command WorldGenerateCommand() {
  return {
      .name = "generate",
      .summary = "Write a world: raw events, platform files and the truth about every line.",
      .details =
          "DIR gets raw/ingested-{af,st,tt,mapping}/DAY/part-NNNNN.ndjson, platform/*.json,\n"
          "truth/*.parquet and, last, world.json with all options. Equal options give equal\n"
          "bytes, whatever --threads is. Rates are shares from 0 to 1.",
      .examples =
          "weir world generate --pack adtech --out world --people 20000 --days 7 --seed 1\n"
          "weir world generate --out hard --rate.bad 0.05 --rate.duplicates 0.1 --compress gz",
      .parameters = GenerateParameters(),
      .run = Generate,
  };
}

}  // namespace weir::cli
