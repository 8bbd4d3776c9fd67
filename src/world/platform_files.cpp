#include "world/platform_files.h"

#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "world/compressed_file.h"

namespace weir::world {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMember = 958;
constexpr int kExpirationMinutes = 43200;
constexpr int kFirstDspSegment = 7'000'000;

Json Advertisers(const World& world) {
  Json list = Json::array();
  for (const Advertiser& advertiser : world.sites.advertisers()) {
    list.push_back({{"id", advertiser.id},
                    {"name", advertiser.name},
                    {"domains", {advertiser.domain}},
                    {"status", "active"}});
  }
  return list;
}

Json Campaigns(const World& world) {
  const std::int32_t start = world.options.start_day - 30;
  const std::int32_t end = world.options.start_day + static_cast<std::int32_t>(world.options.days);
  Json list = Json::array();
  for (const Advertiser& advertiser : world.sites.advertisers()) {
    const bool paused = advertiser.id % 7 == 0;
    list.push_back({{"id", 10 * advertiser.id},
                    {"advertiser_id", advertiser.id},
                    {"status", paused ? "inactive" : "active"},
                    {"start", FormatDate(start)},
                    {"end", FormatDate(end + 60)},
                    {"member_id", kMember}});
  }
  return list;
}

Json Pixels(const World& world) {
  Json list = Json::array();
  for (const Advertiser& advertiser : world.sites.advertisers()) {
    list.push_back({{"id", advertiser.visit_pixel},
                    {"advertiser_id", advertiser.id},
                    {"kind", "landing"},
                    {"url_pattern", fmt::format("*.{}/*", advertiser.domain)}});
    list.push_back({{"id", advertiser.conversion_pixel},
                    {"advertiser_id", advertiser.id},
                    {"kind", "conversion"},
                    {"url_pattern", fmt::format("*.{}/checkout/thank-you", advertiser.domain)}});
  }
  return list;
}

struct SegmentHead {
  std::int64_t id = 0;
  std::string name;
  std::string_view type;
  std::int32_t advertiser = 0;
  std::string_view region;
};

Json Segment(const World& world, const SegmentHead& head, Json pixels, Json definition) {
  return {{"id", head.id},
          {"name", head.name},
          {"type", head.type},
          {"advertiser_id", head.advertiser},
          {"region", head.region},
          {"dsp", "xandr"},
          {"member_id", kMember},
          {"dsp_segment_id", kFirstDspSegment + head.id},
          {"min_size", 50},
          {"max_size", std::max(200U, world.options.people / 20)},
          {"expiration_minutes", kExpirationMinutes},
          {"active", true},
          {"pixel_ids", std::move(pixels)},
          {"definition", std::move(definition)}};
}

// Three in four go to the Americas, where most of the people are.
std::string_view RegionOf(std::uint32_t index) { return index % 4 == 3 ? "emeaApac" : "amer"; }

Json LookalikeSegment(const World& world, std::uint32_t index) {
  const Advertiser& advertiser = world.sites.advertisers()[index];
  return Segment(
      world,
      {.id = SegmentId(index),
       .name = fmt::format("Lookalikes of {}", advertiser.name),
       .type = "lookalike",
       .advertiser = advertiser.id,
       .region = RegionOf(index)},
      {advertiser.conversion_pixel},
      {{"event", "conversion"}, {"lookback_days", 30}, {"domains", {advertiser.domain}}});
}

// One each of the other types for the first topics.
void AddOtherSegments(const World& world, Json& list) {
  constexpr std::uint32_t kTopicsWithSegments = 4;
  for (std::uint32_t index = 0; index < kTopicsWithSegments; ++index) {
    const Topic& topic = Topics()[index];
    const Advertiser& advertiser =
        world.sites.advertisers()[index % world.sites.advertisers().size()];
    const auto add = [&](std::int64_t first_id, std::string_view type, Json definition) {
      list.push_back(Segment(world,
                             {.id = first_id + index,
                              .name = fmt::format("{} {}", topic.name, type),
                              .type = type,
                              .advertiser = advertiser.id,
                              .region = RegionOf(index)},
                             Json::array(), std::move(definition)));
    };
    const auto keyword = [](std::string_view word) { return Json{{"keyword", word}}; };
    add(2'000'000, "url",
        {{"any", {keyword(topic.words[0][0]), keyword(topic.words[0][1])}},
         {"all", Json::array()},
         {"none", Json::array({keyword(topic.words[0][2])})},
         {"recency_days", 30},
         {"min_events", 2}});
    add(3'000'000, "category", {{"categories", {topic.category}}, {"min_visits", 3}, {"days", 14}});
    add(4'000'000, "contextual", {{"kind", "keyword"}, {"keywords", {topic.words[0][0]}}});
  }
}

Json Segments(const World& world) {
  Json list = Json::array();
  for (std::uint32_t index = 0; index < world.options.segments; ++index) {
    list.push_back(LookalikeSegment(world, index));
  }
  AddOtherSegments(world, list);
  return list;
}

Json Keywords() {
  Json list = Json::array();
  int id = 1;
  for (const Topic& topic : Topics()) {
    for (const std::string_view word : {topic.words[0][0], topic.words[0][1]}) {
      list.push_back({{"id", id++}, {"keyword", word}});
    }
  }
  return list;
}

void WriteJson(const std::filesystem::path& path, const Json& json) {
  WriteFile(path, json.dump(1) + "\n");
}

}  // namespace

void WritePlatformFiles(const World& world, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  WriteJson(folder / "advertisers.json", Advertisers(world));
  WriteJson(folder / "campaigns.json", Campaigns(world));
  WriteJson(folder / "pixels.json", Pixels(world));
  WriteJson(folder / "segments.json", Segments(world));
  WriteJson(folder / "keywords.json", Keywords());
}

}  // namespace weir::world
