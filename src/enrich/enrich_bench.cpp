// Measures the kernels of URLs and user agents, in processor time a call:
//
//   enrich_bench USER_AGENTS      (a file with one User-Agent a line)
#include <ctime>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/process.h"
#include "enrich/bots.h"
#include "enrich/public_suffix.h"
#include "enrich/url.h"
#include "enrich/user_agent.h"
#include "enrich/user_agent_cache.h"
#include "enrich/words.h"

namespace weir::enrich {
namespace {

using Texts = std::vector<std::string>;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// URLs of about 80 bytes as news sites and shops have them, all different.
Texts MakeUrls() {
  const Texts hosts = {"www.bbc.co.uk",   "edition.cnn.com", "www.lemonde.fr",
                       "shop.example.de", "medium.com",      "blog.somebody.github.io",
                       "www.nytimes.com"};
  const Texts paths = {"/news/world-europe-", "/2026/01/05/technology/artificial-intelligence-",
                       "/sport/football/premier-league-results-", "/recipes/best-chocolate-cake-",
                       "/products/running-shoes-men-blue-"};
  Texts urls;
  for (int i = 0; i < 20'000; ++i) {
    urls.push_back(fmt::format("https://{}{}{}.html?id={}",
                               hosts[static_cast<std::size_t>(i) % hosts.size()],
                               paths[static_cast<std::size_t>(i) % paths.size()], i * 7919, i));
  }
  return urls;
}

// Prints the processor time of one call of `work`, which is given each text `rounds` times.
template <typename Work>
void Measure(const char* what, const Texts& texts, int rounds, const Work& work) {
  std::size_t bytes = 0;
  const std::clock_t begin = std::clock();
  for (int round = 0; round < rounds; ++round) {
    for (const std::string& text : texts) {
      bytes += work(text);
    }
  }
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  const double calls = static_cast<double>(texts.size()) * rounds;
  std::cout << fmt::format("{:<44} {:>10.0f} ns a call   ({} calls, check {})\n", what,
                           seconds * 1e9 / calls, calls, bytes);
}

void MeasureUrls(const PublicSuffixList& list) {
  const Texts urls = MakeUrls();
  const WordSplitter splitter(list);
  UrlParser parser;
  Texts hosts;
  std::vector<std::string> words;
  std::size_t bytes = 0;
  for (const std::string& url : urls) {
    hosts.emplace_back(parser.Parse(url).value().host);
    bytes += url.size();
  }
  std::cout << fmt::format("URLs of {} bytes on average\n", bytes / urls.size());
  Measure("URL", urls, 50,
          [&](const std::string& url) { return parser.Parse(url).value().path.size(); });
  Measure("registrable domain", hosts, 50,
          [&](const std::string& host) { return list.RegistrableDomain(host).size(); });
  Measure("URL and words", urls, 50, [&](const std::string& url) {
    splitter.Split(parser.Parse(url).value(), words);
    return words.size();
  });
  Measure("URL, domain and words", urls, 50, [&](const std::string& url) {
    const ParsedUrl parsed = parser.Parse(url).value();
    splitter.Split(parsed, words);
    return words.size() + list.RegistrableDomain(parsed.host).size();
  });
}

void MeasureUserAgents(const Texts& agents) {
  const std::clock_t begin = std::clock();
  const UserAgentParser parser(ReadFile(WEIR_DEPS "/uap-core/regexes.yaml"));
  const BotPatterns bots(ReadFile(WEIR_DEPS "/crawler-user-agents/crawler-user-agents.json"));
  std::cout << fmt::format("rules read in {} ms\n", (std::clock() - begin) * 1000 / CLOCKS_PER_SEC);
  Measure("user agent, first", agents, 1,
          [&](const std::string& text) { return parser.Parse(text).os.size(); });
  Measure("user agent, again", agents, 3,
          [&](const std::string& text) { return parser.Parse(text).os.size(); });
  Measure("bot patterns, first", agents, 1,
          [&](const std::string& text) { return bots.Matches(text) ? 1 : 0; });
  Measure("bot patterns, again", agents, 3,
          [&](const std::string& text) { return bots.Matches(text) ? 1 : 0; });
  UserAgentCache cache(parser, bots, 1 << 16);
  Measure("user agent and bots through an empty cache", agents, 1,
          [&](const std::string& text) { return cache.Look(text).agent.os.size(); });
  Measure("user agent and bots, cached", agents, 100,
          [&](const std::string& text) { return cache.Look(text).agent.os.size(); });
}

}  // namespace
}  // namespace weir::enrich

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: enrich_bench USER_AGENTS\n";
    return 2;
  }
  std::vector<std::string> agents;
  std::ifstream file(arguments[1]);
  for (std::string line; std::getline(file, line);) {
    agents.push_back(line);
  }
  const weir::enrich::PublicSuffixList list(
      weir::enrich::ReadFile(WEIR_DEPS "/public-suffix-list/public_suffix_list.dat"));
  weir::enrich::MeasureUrls(list);
  weir::enrich::MeasureUserAgents(agents);
  std::cout << fmt::format("peak RSS {} MiB\n", weir::PeakResidentBytes() >> 20);
  return 0;
}
