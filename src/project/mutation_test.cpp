#include <algorithm>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_seed.h"
#include "project/test_project.h"

namespace weir::project {
namespace {

constexpr auto kSettings = "name: shop\npartitions: {region: [amer]}\nvariables: {a: 1}\n";

constexpr auto kJob = R"(job: j
doc: "text"
per: region
schedule: daily
reads:
  calls: {table: "a.calls_{region}", where: "x = {region}", window: 1 day}
  edges: a.edges
steps:
  - sql: one.sql
  - operator: components
    in: {today: one, state: edges}
    with: {most: 20, list: [1, two]}
    out: [mapping]
  - {command: [run, "{ds}"], in: mapping, out: [x], columns: {x: id BIGINT}}
writes:
  - {table: "a.m_{region}", from: mapping, mode: replace, partition_by: [ds], columns: {id: BIGINT}}
  - {table: "a.n_{region}", from: x, mode: merge, keys: id, delete_absent: true}
checks:
  - {relation: mapping, not_null: [id]}
  - {table: "a.m_{region}", rows: {min: 1, max: 9}}
views:
  - {name: a.v, sql: "SELECT {var.a}"}
)";

// Bytes and lines that are taken away, doubled, swapped or put in.
std::string Mutated(std::string text, std::mt19937_64& random) {
  const std::vector<std::string> pieces = {"{",  "}", "[", "]", ":",     ": ", "- ", "\n",   "  ",
                                           "\t", "*", "&", "!", "'",     "\"", "#",  "\\",   "{ds}",
                                           "%",  "@", "|", ">", "<<: *", "~",  ",",  "\xff", "é"};
  const auto at = [&] { return text.empty() ? 0 : random() % text.size(); };
  for (std::uint64_t i = 0; i <= random() % 4; ++i) {
    const std::size_t position = at();
    switch (random() % 4) {
      case 0:
        text.insert(position, pieces[random() % pieces.size()]);
        break;
      case 1:
        text.erase(position, 1 + random() % 10);
        break;
      case 2:
        text.insert(position, text.substr(at(), random() % 60));
        break;
      default:
        if (!text.empty()) {
          text[position] = static_cast<char>(random() % 256);
        }
    }
  }
  return text;
}

bool IsLineWithPlace(const std::string& line) {
  const auto colon = line.find(':');
  return line.find("jobs/") == 0 || line.find("weir.yaml") == 0
             ? colon != std::string::npos && line.find_first_of("0123456789", colon) == colon + 1
             : false;
}

TEST(AnyJobFile, IsLoadedOrRefusedWithPlaces) {
  const TestProject project({{"weir.yaml", kSettings},
                             {"jobs/d/j/job.yaml", kJob},
                             {"jobs/d/j/one.sql", "SELECT * FROM calls"}});
  ASSERT_EQ(project.Mistakes(), "");
  std::mt19937_64 random(TestSeed());
  int refused = 0;

  for (int round = 0; round < TestRounds() * 20; ++round) {
    const std::string text = Mutated(kJob, random);
    project.Write("jobs/d/j/job.yaml", text);
    const std::string message = project.Mistakes();
    refused += message.empty() ? 0 : 1;
    EXPECT_TRUE(message.empty() || IsLineWithPlace(message)) << message << "\n----\n" << text;
  }
  EXPECT_GT(refused, TestRounds());
}

TEST(AnySettings, AreLoadedOrRefusedWithPlaces) {
  const TestProject project({{"weir.yaml", kSettings}});
  const std::string text =
      "name: shop\nenvironments: {dev: {locations: {a: b}}, production: {warehouse: x}}\n"
      "stores: {a: {prefixes: [x], credentials: {access_key: k, secret_key: k}}}\nsecrets: {k: "
      "{env: K}}\n"
      "connections: {db: {kind: x, y: '{secret.k}'}}\nlate: 2 days\nmemory: 8GB\n";
  std::mt19937_64 random(TestSeed());

  for (int round = 0; round < TestRounds() * 20; ++round) {
    const std::string mutated = Mutated(text, random);
    project.Write("weir.yaml", mutated);
    const std::string message = project.Mistakes();
    EXPECT_TRUE(message.empty() || IsLineWithPlace(message)) << message << "\n----\n" << mutated;
  }
}

}  // namespace
}  // namespace weir::project
