// Seconds of the identity kernel's stages on pairs of strings in memory: people of six ids of 36
// characters, ten pairs each, one pair in a thousand joins two people. Prints a line a stage.
//   identity_kernel_bench strings PAIRS
// Or of the components of integer edges, pairs of 32-bit numbers in a file; prints a line of JSON.
//   identity_kernel_bench components FILE NODES
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <sys/resource.h>

#include "identity/components.h"
#include "identity/day_result.h"
#include "identity/hubs.h"
#include "identity/sightings.h"
#include "identity/universal_id.h"

namespace weir {
namespace {

using identity::IdName;
using identity::NamedEdge;

constexpr std::uint64_t kIdsOfPerson = 6;
constexpr std::uint64_t kPairsOfPerson = 10;
constexpr int kThreads = 2;
constexpr std::size_t kIdSize = 36;
constexpr std::size_t kRowsOfBlock = 1 << 18;

// SplitMix64 (Steele et al., 2014).
std::uint64_t Mixed(std::uint64_t number) {
  number += 0x9e37'79b9'7f4a'7c15;
  number = (number ^ (number >> 30U)) * 0xbf58'476d'1ce4'e5b9;
  number = (number ^ (number >> 27U)) * 0x94d0'49bb'1331'11eb;
  return number ^ (number >> 31U);
}

void WriteId(std::uint64_t number, char* to) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<std::uint64_t, 2> bits{Mixed(number), Mixed(~number)};
  for (std::size_t at = 0; at < kIdSize; ++at) {
    if (at == 8 || at == 13 || at == 18 || at == 23) {
      to[at] = '-';
    } else {
      std::uint64_t& word = bits[at < 18 ? 0 : 1];
      to[at] = kDigits[word % 16];
      word /= 16;
    }
  }
}

class Stage {
 public:
  explicit Stage(std::string name) : name_(std::move(name)), cpu_(Cpu()) {}
  double Seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  double CpuSeconds() const { return Cpu() - cpu_; }
  void Print(std::size_t work) const {
    const double cpu = CpuSeconds();
    fmt::print("{:<28} {:7.2f} s {:7.2f} CPU s {:7.2f} M/CPU s   peak {:.2f} GiB\n", name_,
               Seconds(), cpu, static_cast<double>(work) / cpu / 1e6, Peak());
    std::fflush(stdout);
  }

 private:
  static rusage Usage() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage;
  }
  static double Cpu() {
    const rusage usage = Usage();
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  }
  static double Peak() { return static_cast<double>(Usage().ru_maxrss) / (1 << 20); }

  std::string name_;
  double cpu_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// The pairs' ids as numbers, in random order.
std::vector<std::pair<std::uint32_t, std::uint32_t>> MakePairs(std::uint64_t pairs) {
  const std::uint64_t people = pairs / kPairsOfPerson;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> made;
  made.reserve(pairs);
  for (std::uint64_t p = 0; p < people; ++p) {
    for (std::uint64_t k = 0; k < kPairsOfPerson; ++k) {
      const std::uint64_t i = p * kIdsOfPerson + k % 5;
      std::uint64_t j = std::min(p * kIdsOfPerson + k % 5 + (k < 5 ? 1 : 2 + k % 2),
                                 p * kIdsOfPerson + kIdsOfPerson - 1);
      const std::uint64_t dice = Mixed(p * kPairsOfPerson + k + 1'000'000'007);
      if (dice % 1000 == 0) {
        j = (dice >> 20U) % (people * kIdsOfPerson);
      }
      made.emplace_back(i, i == j ? (j + 1) % (people * kIdsOfPerson) : j);
    }
  }
  for (std::size_t i = made.size(); i > 1; --i) {
    std::swap(made[i - 1], made[Mixed(i) % i]);
  }
  return made;
}

void RunStrings(std::uint64_t pairs, int threads) {
  identity::IdDictionary ids;
  for (const char* party : {"af", "an", "st", "tt", "xx", "yy"}) {
    ids.CodeOf(party);
  }
  const auto numbers = MakePairs(pairs);
  std::vector<char> texts(numbers.size() * 2 * kIdSize);
  std::vector<NamedEdge> rows;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    char* const text = texts.data() + i * 2 * kIdSize;
    const auto name = [&](std::uint64_t number, char* to) {
      WriteId(number, to);
      return IdName{.party = static_cast<identity::PartyCode>(number % kIdsOfPerson),
                    .text = {to, kIdSize}};
    };
    rows.push_back({.a = name(numbers[i].first, text),
                    .b = name(numbers[i].second, text + kIdSize),
                    .first_seen = 20'458 * kDay + kHour * 12,
                    .last_seen = 20'458 * kDay + kHour * 12,
                    .calls = 1});
  }
  const identity::Parameters parameters{.max_component = 1'000'000};
  std::vector<identity::Edges> evidence;
  const Stage whole("strings to components");
  {
    const Stage stage("dictionary");
    for (std::size_t begin = 0; begin < rows.size(); begin += kRowsOfBlock) {
      const std::size_t size = std::min(kRowsOfBlock, rows.size() - begin);
      identity::AddEdges(std::span(rows).subspan(begin, size), threads, ids,
                         evidence.emplace_back());
    }
    stage.Print(pairs);
  }
  identity::Edges edges;
  {
    const Stage stage("sightings");
    identity::Sightings sightings(std::move(evidence), ids, parameters, threads);
    edges = std::move(sightings).TakeLiveOn(20'458);
    stage.Print(pairs);
  }
  const identity::Graph graph{.ids = ids, .edges = edges};
  {
    const Stage stage("  of people: facts");
    const auto facts = identity::GatherFacts(graph, threads);
    stage.Print(pairs);
    const Stage hubs("  of people: hubs");
    identity::FindHubs(graph, facts, 20, threads);
    hubs.Print(pairs);
  }
  const Stage stage("people");
  const identity::People people = identity::FindPeople(graph, parameters, threads);
  stage.Print(pairs);
  whole.Print(pairs);
  fmt::print("{} ids, {} edges; stated bound {:.2f} GiB\n", ids.size(), edges.size(),
             static_cast<double>(identity::RebuildBytes(ids, pairs, false)) / (1 << 30));
}

void RunComponents(const std::filesystem::path& file, std::size_t num_nodes) {
  using Ends = std::pair<std::uint32_t, std::uint32_t>;
  std::vector<Ends> edges(std::filesystem::file_size(file) / sizeof(Ends));
  std::ifstream(file, std::ios::binary)
      .read(reinterpret_cast<char*>(edges.data()),
            static_cast<std::streamsize>(edges.size() * sizeof(Ends)));
  const Stage stage("components");
  const auto components = identity::Components(num_nodes, edges.size(), kThreads,
                                               [&](std::size_t i) { return edges[i]; });
  std::size_t roots = 0;
  for (std::size_t node = 0; node < num_nodes; ++node) {
    roots += components[node] == node ? 1 : 0;
  }
  fmt::print("{{\"wall\": {}, \"cpu\": {}, \"components\": {}}}\n", stage.Seconds(),
             stage.CpuSeconds(), roots);
}

int Main(int argc, char** argv) {
  const std::vector<std::string> words(argv, argv + argc);
  if (words.size() == 3 && words[1] == "strings") {
    RunStrings(std::stoull(words[2]), kThreads);
  } else if (words.size() == 4 && words[1] == "components") {
    RunComponents(words[2], std::stoull(words[3]));
  } else {
    fmt::print(stderr, "usage: identity_kernel_bench strings PAIRS | components FILE NODES\n");
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) try {
  return weir::Main(argc, argv);
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
