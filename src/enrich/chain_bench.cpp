// Measures the chain on made lines of about 300 bytes, link by link and whole, on one thread:
//
//   chain_bench [LINES [REPETITIONS [chain]]]    (CPU nanoseconds an event, the least of the
//                                                 repetitions; `chain` leaves the single links out)
#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <string>

#include <fmt/format.h>

#include "enrich/chain.h"
#include "enrich/json_fields.h"
#include "enrich/junk_id.h"
#include "enrich/referrer_domains.h"
#include "enrich/timestamp.h"
#include "enrich/url.h"
#include "enrich/user_agent_cache.h"
#include "enrich/words.h"

namespace weir::enrich {
namespace {

constexpr Micros kNow = 1767700000000000;
constexpr std::size_t kNumAgents = 2000;
constexpr std::size_t kNumHosts = 5000;

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

double CpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

// Lines of a few days: people with addresses and agents of their own on sites of skewed popularity.
std::vector<std::string> MakeLines(std::size_t count) {
  static constexpr std::string_view kWords[] = {"world",  "sport", "news",   "garden", "review",
                                                "travel", "music", "europe", "health", "cooking"};
  std::mt19937_64 random(1);
  const auto skewed = [&](std::size_t most) { return random() % (random() % most + 1); };
  const auto word = [&] { return kWords[random() % std::size(kWords)]; };
  std::vector<std::string> lines;
  for (std::size_t number = 0; number < count; ++number) {
    const std::size_t person = skewed(200000);
    const std::size_t host = skewed(kNumHosts);
    lines.push_back(fmt::format(
        R"({{"ts":"2026-01-{:02}T{:02}:{:02}:{:02}.{:03}Z","uid":"{:016x}","url":"https://www.{}{}.com/{}/{}-{}-{}","referrer":"https://{}{}.org/","ua":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.{}.0 Safari/537.36","ip":"8.{}.{}.{}","event":"page_view"}})",
        random() % 3 + 3, random() % 24, random() % 60, random() % 60, random() % 1000,
        person * 0x9e3779b97f4a7c15ULL, kWords[host % 10], host, word(), word(), word(),
        random() % 100000, kWords[host % 7], skewed(kNumHosts), person % 40 + 90,
        person % kNumAgents, person / 256 % 256, person % 256, person % 250 + 1));
  }
  return lines;
}

class Bench {
 public:
  Bench(std::size_t lines, int repetitions) : lines_(MakeLines(lines)), repetitions_(repetitions) {
    std::size_t bytes = 0;
    for (const std::string& line : lines_) {
      bytes += line.size();
    }
    fmt::print("{} lines of {} bytes\n", lines_.size(), bytes / lines_.size());
  }

  void MeasureLinks();
  void MeasureChain();

 private:
  // Prints what one event costs if `work` is done for all lines.
  void Measure(std::string_view name, const std::function<void()>& work) const {
    double least = 1e9;
    for (int repetition = 0; repetition < repetitions_; ++repetition) {
      const double start = CpuSeconds();
      work();
      least = std::min(least, CpuSeconds() - start);
    }
    fmt::print("{:<28} {:8.1f} ns\n", name, least * 1e9 / static_cast<double>(lines_.size()));
  }
  template <typename Work>
  void MeasureEach(std::string_view name, const std::vector<std::string>& texts, Work work) const {
    Measure(name, [&] {
      for (const std::string& text : texts) {
        work(text);
      }
    });
  }

  std::vector<std::string> lines_;
  int repetitions_;
  PublicSuffixList suffixes_{ReadFile(WEIR_DEPS "/public-suffix-list/public_suffix_list.dat")};
  UserAgentParser user_agents_{ReadFile(WEIR_DEPS "/uap-core/regexes.yaml")};
  BotPatterns bots_{ReadFile(WEIR_DEPS "/crawler-user-agents/crawler-user-agents.json")};
  IpRanges bot_addresses_;
  GeoDatabase places_{WEIR_DEPS "/geo/geo-whois-asn-country.mmdb"};
  Regions regions_{"country\tregion\nUS\tamer\n", "regions.tsv"};
  SuppressedIds suppressed_;
};

void Bench::MeasureLinks() {
  std::vector<std::string> times;
  std::vector<std::string> uids;
  std::vector<std::string> urls;
  std::vector<std::string> referrers;
  std::vector<std::string> agents;
  std::vector<std::string> addresses;
  LineParser parser({.format = LineFormat::kRawEvent, .party = "af", .base_url = {}}, kNow);
  RawLine raw;
  for (const std::string& line : lines_) {
    parser.Parse(line, raw);
    times.push_back(line.substr(7, 24));
    uids.emplace_back(raw.uid);
    urls.emplace_back(raw.url);
    referrers.emplace_back(raw.referrer);
    agents.emplace_back(raw.user_agent);
    addresses.emplace_back(raw.ip);
  }
  MeasureEach("parse the line", lines_, [&](const auto& line) { parser.Parse(line, raw); });
  MeasureEach("  of that the timestamp", times, [](const auto& time) { ParseTimestampText(time); });
  UrlParser url_parser;
  MeasureEach("URL", urls, [&](const auto& url) { url_parser.Parse(url); });
  EventIds ids;
  MeasureEach("event id", urls, [&](const auto& url) {
    ids.Of({.party = "af",
            .uid = uids[0],
            .ts = 1,
            .url = url,
            .event = "page_view",
            .pixel_id = {},
            .order_id = {}});
  });
  MeasureEach("junk id", uids, [](const auto& uid) { IsJunkId(uid); });
  UserAgentCache cache(user_agents_, bots_, 1U << 15U);
  MeasureEach("user agent and bots, cached", agents, [&](const auto& agent) { cache.Look(agent); });
  GeoLookup lookup(places_);
  MeasureEach("IP and country", addresses,
              [&](const auto& address) { lookup.Find(*ParseIp(address)); });
  const WordSplitter splitter(suffixes_);
  std::vector<std::string> words;
  MeasureEach("URL and words", urls,
              [&](const auto& url) { splitter.Split(*url_parser.Parse(url), words); });
  HostDomains hosts(suffixes_);
  MeasureEach("URL and domain", urls,
              [&](const auto& url) { hosts.Find(url_parser.Parse(url)->host); });
  ReferrerDomains domains(hosts);
  MeasureEach("referrer's domain", referrers, [&](const auto& url) { domains.Find(url); });
  Measure("deduplication", [&] {
    std::mt19937_64 random(1);
    std::vector<DayId> day_ids(lines_.size());
    for (DayId& id : day_ids) {
      id = {.day = static_cast<std::int32_t>(random() % 3), .id = {random(), random()}};
    }
    std::vector<std::uint8_t> is_new(day_ids.size());
    DuplicateIndex seen;
    for (std::int32_t day = 0; day < 3; ++day) {
      seen.Hold(day);
    }
    seen.Insert(day_ids, is_new);
  });
}

void Bench::MeasureChain() {
  ChainSettings settings;
  settings.lines.party = "af";
  settings.source = "ingested-af";
  settings.now = kNow;
  Chain chain(settings, {.suffixes = suffixes_,
                         .user_agents = user_agents_,
                         .bots = bots_,
                         .bot_addresses = bot_addresses_,
                         .places = places_,
                         .regions = regions_,
                         .suppressed_ids = suppressed_});
  constexpr std::size_t kLinesOfBatch = 65536;
  const std::vector<std::string_view> views(lines_.begin(), lines_.end());
  std::int64_t good = 0;
  Measure("the whole chain", [&] {
    DuplicateIndex seen;
    good = 0;
    for (std::size_t first = 0; first < views.size(); first += kLinesOfBatch) {
      const std::size_t count = std::min(kLinesOfBatch, views.size() - first);
      const std::vector<SourceLines> sources = {
          {.partition = "2026/01/05/part-00001.ndjson.gz",
           .first_offset = static_cast<std::int64_t>(first) + 1,
           .lines = std::span(views).subspan(first, count)}};
      ParsedLines parsed = chain.Parse(sources);
      for (const std::int32_t day : parsed.days()) {
        seen.Hold(day);
      }
      for (const SourceCounts& counts : chain.Enrich(std::move(parsed), seen).counts) {
        good += counts.by_verdict[0];
      }
    }
  });
  fmt::print("{} good\n", good);
}

}  // namespace
}  // namespace weir::enrich

int main(int argc, char** argv) {
  const std::size_t lines = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 500000;
  weir::enrich::Bench bench(lines, argc > 2 ? std::atoi(argv[2]) : 3);
  if (argc <= 3) {
    bench.MeasureLinks();
  }
  bench.MeasureChain();
}
