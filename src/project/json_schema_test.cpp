#include "project/json_schema.h"

#include <random>
#include <regex>

#include <gtest/gtest.h>

#include "base/test_seed.h"
#include "project/file_shapes.h"
#include "project/yaml_file.h"

namespace weir::project {
namespace {

using Json = nlohmann::ordered_json;

// A small validator of its own: the keywords of draft 2020-12 that the schemas use.
bool IsOfType(const nlohmann::json& value, const std::string& type) {
  return (type == "object" && value.is_object()) || (type == "array" && value.is_array()) ||
         (type == "string" && value.is_string()) || (type == "boolean" && value.is_boolean()) ||
         (type == "integer" && value.is_number_integer()) ||
         (type == "number" && value.is_number());
}

bool HasType(const nlohmann::json& value, const Json& types) {
  if (types.is_string()) {
    return IsOfType(value, types);
  }
  return std::ranges::any_of(types, [&](const Json& type) { return IsOfType(value, type); });
}

bool Matches(const std::string& text, const Json& pattern) {
  return std::regex_search(text, std::regex(pattern.get<std::string>(), std::regex::ECMAScript));
}

bool IsValid(const nlohmann::json& value, const Json& schema);

bool IsValidObject(const nlohmann::json& value, const Json& schema) {
  for (const Json& key : schema.value("required", Json::array())) {
    if (!value.contains(key.get<std::string>())) {
      return false;
    }
  }
  const Json properties = schema.value("properties", Json::object());
  for (const auto& [key, part] : value.items()) {
    const Json more = schema.value("additionalProperties", Json(true));
    if (schema.contains("propertyNames") && !Matches(key, schema["propertyNames"]["pattern"])) {
      return false;
    }
    const bool valid = properties.contains(key) ? IsValid(part, properties[key])
                       : more.is_boolean()      ? more.get<bool>()
                                                : IsValid(part, more);
    if (!valid) {
      return false;
    }
  }
  return value.size() >= schema.value("minProperties", std::size_t{0});
}

bool IsValidArray(const nlohmann::json& value, const Json& schema) {
  const auto repeats = [&](std::size_t i) {
    return std::find(value.begin(), value.begin() + static_cast<std::ptrdiff_t>(i), value[i]) !=
           value.begin() + static_cast<std::ptrdiff_t>(i);
  };
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (!IsValid(value[i], schema.value("items", Json::object())) ||
        (schema.value("uniqueItems", false) && repeats(i))) {
      return false;
    }
  }
  return value.size() >= schema.value("minItems", std::size_t{0});
}

bool IsValid(const nlohmann::json& value, const Json& schema) {
  if (schema.contains("anyOf")) {
    return std::ranges::any_of(schema["anyOf"],
                               [&](const Json& part) { return IsValid(value, part); });
  }
  if (schema.contains("type") && !HasType(value, schema["type"])) {
    return false;
  }
  if (schema.contains("enum") &&
      std::ranges::find(schema["enum"], Json(value)) == schema["enum"].end()) {
    return false;
  }
  if (value.is_object()) {
    return IsValidObject(value, schema);
  }
  if (value.is_array()) {
    return IsValidArray(value, schema);
  }
  if (value.is_string()) {
    const std::string text = value;
    return text.size() >= schema.value("minLength", std::size_t{0}) &&
           (!schema.contains("pattern") || Matches(text, schema["pattern"]));
  }
  return !value.is_number() || !schema.contains("minimum") ||
         value.get<double>() >= schema["minimum"].get<double>();
}

constexpr auto kWholeJob = R"(
job: mapper
tags: [a, b]
kind: job
per: region
schedule: 0 5 * * mon
start: 2026-01-05
wait: 6 hours
due: wait
retries: 3
deterministic: false
reads:
  calls: {table: "a.b_{region}", where: "x = {region}", window: 1 day, columns: {id: {type: BIGINT, nullable: false}}}
  edges: a.c
steps:
  - sql: pairs.sql
    out: pairs
  - operator: components
    in: {today: pairs}
    with: {most: 20, deep: {list: [1, two]}}
    out: [one, two]
  - {command: [a, b, b], in: one, out: [x], columns: {x: id BIGINT}, time_limit: 5 min}
  - {connector: files, in: [x], with: {path: /x}}
writes:
  - {table: a.d, from: one, mode: replace, partition_by: [ds], interface: [d]}
  - {table: a.e, from: two, mode: merge, keys: id, delete_absent: true, interface: true, columns: {id: BIGINT}}
checks:
  - {relation: one, not_null: [id]}
  - {table: a.d, accepted: {state: [new, 2]}, severity: warn}
  - {relation: one, rows: {min: 1, change: 0.5}}
  - {sql: none.sql, expect: no_rows}
  - {relation: one, references: {columns: a, table: a.c}, name: x}
  - {relation: one, freshness: {column: at, max_age: 1 day}}
views:
  - {name: a.v, sql: SELECT 1}
alerts: team
)";

constexpr auto kWholeSettings = R"(
name: shop
warehouse: s3://a/b
environments: {dev: {locations: {a: b}, send: true}, production: {read_from: dev}}
stores: {a: {prefixes: [s3://a], credentials: role}, b: {prefixes: s3://b, url_style: virtual, credentials: {access_key: k, secret_key: l}}}
partitions: {region: [amer, emea]}
variables: {a: 1, b: x, c: true}
secrets: {k: {env: K}, l: {file: l}}
connections: {db: {kind: postgres, port: 5432}}
memory: 8GB
late: 2 days
keep_for_replay: 30 days
time_zone: Europe/Paris
)";

YamlValue Parsed(const std::string& text) {
  Mistakes mistakes;
  auto value = ReadYaml(text, "x.yaml", mistakes);
  EXPECT_TRUE(mistakes.empty());
  return value.value_or(YamlValue());
}

bool LoaderTakes(YamlValue value, const Shape& shape) {
  Mistakes mistakes;
  CheckShape(value, shape, "", mistakes);
  return mistakes.empty();
}

TEST(JsonSchema, TakesWhatTheLoaderTakes) {
  ASSERT_TRUE(LoaderTakes(Parsed(kWholeJob), JobShape()));
  ASSERT_TRUE(LoaderTakes(Parsed(kWholeSettings), SettingsShape()));

  EXPECT_TRUE(IsValid(ToJson(Parsed(kWholeJob)), JobJsonSchema()));
  EXPECT_TRUE(IsValid(ToJson(Parsed(kWholeSettings)), SettingsJsonSchema()));
}

TEST(JsonSchema, RefusesBrokenFiles) {
  for (const char* line : {"schedul: daily",
                           "schedule: dayly",
                           "retries: -1",
                           "retries: many",
                           "kind: jop",
                           "writes: [{table: ab, from: x}]",
                           "writes: [{from: x}]",
                           "steps: [{in: a}]",
                           "steps: [{sql: a.txt}]",
                           "checks: [{rows: {min: x}}]",
                           "checks: [{relation: a, unique: []}]",
                           "checks: [{relation: a, not_null: []}]",
                           "reads: {1a: a.b}",
                           "wait: 2 month",
                           "tags: [a, a]",
                           "deterministic: maybe",
                           "steps: {}",
                           "wait: 2",
                           "time_limit: 5",
                           "start: 20260105"}) {
    const std::string text = std::string("job: x\n") + line;
    EXPECT_FALSE(IsValid(ToJson(Parsed(text)), JobJsonSchema())) << line;
    EXPECT_FALSE(LoaderTakes(Parsed(text), JobShape())) << line;
  }
  EXPECT_FALSE(IsValid(ToJson(Parsed("doc: no name")), JobJsonSchema()));
}

TEST(JsonSchema, DescribesEveryKeyAndNamesItsDraft) {
  const Json schema = JobJsonSchema();

  EXPECT_EQ(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
  for (const auto& [key, part] : schema["properties"].items()) {
    EXPECT_FALSE(part["description"].get<std::string>().empty()) << key;
  }
}

// Every value of a tree, by pointer.
void Collect(YamlValue& value, std::vector<YamlValue*>& all) {
  all.push_back(&value);
  for (YamlValue& item : value.items) {
    Collect(item, all);
  }
  for (YamlEntry& entry : value.entries) {
    Collect(entry.value, all);
  }
}

void Mutate(YamlValue& root, std::mt19937_64& random) {
  std::vector<YamlValue*> all;
  Collect(root, all);
  YamlValue& chosen = *all[random() % all.size()];
  YamlValue& other = *all[random() % all.size()];
  switch (random() % 5) {
    case 0:
      chosen.text =
          std::vector<std::string>{"x", "1", "true", "a.b", "1 day", "x.sql"}[random() % 6];
      break;
    case 1:
      if (!chosen.entries.empty()) {
        chosen.entries.erase(chosen.entries.begin() +
                             static_cast<std::ptrdiff_t>(random() % chosen.entries.size()));
      }
      break;
    case 2:
      if (!chosen.entries.empty()) {
        chosen.entries[random() % chosen.entries.size()].key += "x";
      }
      break;
    case 3:
      chosen = YamlValue(other);
      break;
    default:
      chosen.items.clear();
  }
}

// The formats that the schema says less of than the loader, by intent: cron lines, calendars and
// zones. Everything else both must judge the same.
TEST(JsonSchema, JudgesMutatedFilesAsTheLoaderDoes) {
  std::mt19937_64 random(TestSeed());
  int taken = 0;
  int refused = 0;
  for (int round = 0; round < TestRounds() * 20; ++round) {
    YamlValue value = Parsed(kWholeJob);
    for (std::uint64_t i = 0; i <= random() % 3; ++i) {
      Mutate(value, random);
    }
    const bool loader_takes = LoaderTakes(value, JobShape());
    const bool valid = IsValid(ToJson(value), JobJsonSchema());
    EXPECT_TRUE(valid || !loader_takes) << ToJson(value).dump(1);
    const std::string schedule = value.Text("schedule").value_or("");
    if (schedule.find(' ') == std::string::npos && !value.Has("start")) {
      EXPECT_EQ(valid, loader_takes) << ToJson(value).dump(1);
    }
    (loader_takes ? taken : refused) += 1;
  }
  EXPECT_GT(taken, 0);
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace weir::project
