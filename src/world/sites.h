#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "world/options.h"
#include "world/topics.h"

// The open web of the world: sites by popularity, Zipf with exponent 1, and the pages on them.
namespace weir::world {

constexpr std::uint8_t kEveryTopic = 255;  // of portals

struct Site {
  std::string domain;            // registrable, unique
  std::string_view host_prefix;  // "www.", "news." or nothing
  std::uint8_t topic = kEveryTopic;
  Language language = Language::kEnglish;
  bool st_sees = false;
  bool tt_sees = false;
};

// An advertiser: its site has the first-party pixels.
struct Advertiser {
  std::string name;
  std::string domain;
  std::uint8_t topic = 0;
  // Platform ids: 100 + index; pixels 2 × id for visits and the next one for conversions.
  std::int32_t id = 0;
  std::int32_t visit_pixel = 0;
  std::int32_t conversion_pixel = 0;
};

// Which partners see a page view.
enum class Sight : std::uint8_t { kSt, kTt, kBoth };
constexpr std::size_t kNumSights = 3;

// Immutable after construction; thread-safe.
class Sites {
 public:
  explicit Sites(const WorldOptions& options);

  std::span<const Site> sites() const { return sites_; }
  std::span<const Advertiser> advertisers() const { return advertisers_; }

  // What a page view is drawn for.
  struct Wish {
    std::uint8_t topic = 0;
    Language language = Language::kEnglish;
    Sight sight = Sight::kBoth;
  };
  // A site with pages of the topic that the partners see, by popularity; `draw` is uniform over
  // 32 bits.
  std::uint32_t PickSite(Wish wish, std::uint32_t draw) const;
  // An advertiser with pages of the topic.
  std::uint32_t PickAdvertiser(std::uint8_t topic, std::uint32_t draw) const;

 private:
  struct Choice {
    std::uint64_t end = 0;  // of its stretch, the weights laid end to end
    std::uint32_t site = 0;
  };
  static std::size_t TableIndex(const Wish& wish);
  void MakeSites(const WorldOptions& options);
  void MakeAdvertisers(const WorldOptions& options);
  void AddChoices(std::uint32_t index);

  std::vector<Site> sites_;
  std::vector<Advertiser> advertisers_;
  std::array<std::vector<Choice>, kNumTopics * kNumLanguages * kNumSights> choices_;
};

// The path of page number `page` about `topic` on a site, with query, from its first '/' on.
// `site` is an index that makes the page the site's own.
struct Page {
  std::uint32_t site = 0;
  std::uint32_t number = 0;
  std::uint8_t topic = 0;
  Language language = Language::kEnglish;
  bool in_section = false;  // of a portal: its topic is the first part of the path
};
void AppendPath(const Page& page, std::string& out);

}  // namespace weir::world
