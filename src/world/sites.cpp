#include "world/sites.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/int128.h"
#include "base/split_mix.h"
#include "world/philox.h"
#include "world/time_text.h"

namespace weir::world {
namespace {

constexpr std::uint32_t kPortalShare = 25;  // one site in so many has every topic
constexpr std::uint32_t kFirstAnchor = 20;
// A portal's weight is spread over the topics.
constexpr std::uint64_t kPortalSpread = 8;

constexpr std::array<std::array<std::string_view, 6>, kNumLanguages> kSuffixes = {{
    {"com", "com", "org", "net", "co.uk", "com.au"},
    {"de", "de", "de", "at", "ch", "com"},
    {"fr", "fr", "fr", "be", "com", "net"},
    {"es", "com.mx", "com.ar", "com", "cl", "com.co"},
    {"com.br", "com.br", "com.br", "pt", "com", "net.br"},
}};
constexpr std::array<std::array<std::string_view, 6>, kNumLanguages> kEndings = {{
    {"hub", "daily", "zone", "world", "planet", "corner"},
    {"welt", "blatt", "forum", "magazin", "portal", "zeit"},
    {"actu", "mag", "infos", "monde", "passion", "club"},
    {"hoy", "mundo", "diario", "club", "zona", "red"},
    {"hoje", "mundo", "jornal", "clube", "mais", "brasil"},
}};
constexpr std::array<std::array<std::string_view, 6>, kNumLanguages> kPortals = {{
    {"morningherald", "dailycourier", "thebeacon", "metrotribune", "nationdispatch", "openledger"},
    {"morgenkurier", "tagesanzeige", "abendbote", "landespost", "stadtkurier", "rundblick"},
    {"lecourrierdujour", "lagazettedusoir", "lequotidienlibre", "infomatin", "letelegraphe",
     "leveilleur"},
    {"eldiariolibre", "lagacetadehoy", "elheraldo", "latribunadelsur", "elmatutino", "lavozdiaria"},
    {"jornaldamanha", "gazetadodia", "diariolivre", "folhadatarde", "correiodehoje", "vozdopovo"},
}};
constexpr std::array<std::string_view, 4> kHostPrefixes = {"www.", "www.", "", "news."};
// Private suffixes of the public suffix list: each name below is a site of its own.
constexpr std::array<std::string_view, 3> kBlogs = {"blogspot.com", "github.io", "netlify.app"};
constexpr std::array<std::string_view, kNumLanguages> kAccentedParts = {
    "caf%C3%A9", "stra%C3%9Fe", "%C3%A9t%C3%A9", "espa%C3%B1a", "s%C3%A3o-paulo"};

Language LanguageOfSite(std::uint32_t draw) {
  constexpr std::array<std::uint32_t, kNumLanguages> kShares = {60, 10, 9, 12, 9};
  std::uint32_t position = draw;
  std::size_t language = 0;
  while (position >= kShares[language]) {
    position -= kShares[language++];
  }
  return static_cast<Language>(language);
}

std::string NameOf(const Site& site, RandomStream& random) {
  const auto language = static_cast<std::size_t>(site.language);
  const std::string_view suffix = Pick(kSuffixes[language], random);
  if (site.topic == kEveryTopic) {
    return fmt::format("{}.{}", Pick(kPortals[language], random), suffix);
  }
  const auto& words = Topics()[site.topic].words[language];
  const std::string_view word = Pick(words, random);
  if (random.Below(24) == 0) {
    return fmt::format("{}{}.{}", word, Pick(words, random), Pick(kBlogs, random));
  }
  return random.Below(2) == 0
             ? fmt::format("{}{}.{}", word, Pick(kEndings[language], random), suffix)
             : fmt::format("{}{}.{}", word, Pick(words, random), suffix);
}

// The name with a number behind its first label if another site has it already.
std::string UniqueName(const std::string& name, std::set<std::string>& names) {
  std::string unique = name;
  for (int number = 2; !names.insert(unique).second; ++number) {
    unique = name;
    unique.insert(name.find('.'), std::to_string(number));
  }
  return unique;
}

// A well-mixed number of two.
std::uint64_t Mix(std::uint64_t high, std::uint64_t low) {
  return MixedBits(high * kSplitMixStep + low);
}

// Takes the low bits of `bits` as a number below `bound`, at most 64.
std::uint32_t Take(std::uint64_t& bits, std::uint32_t bound) {
  const auto taken = static_cast<std::uint32_t>((bits & 0xFF) * bound >> 8);
  bits >>= 8;
  return taken;
}

void AppendSlug(const Page& page, std::uint64_t bits, std::string& out) {
  const auto& words = Topics()[page.topic].words[static_cast<std::size_t>(page.language)];
  const auto num_words = static_cast<std::uint32_t>(words.size());
  const std::uint32_t length = 2 + Take(bits, 3);
  for (std::uint32_t index = 0; index < length; ++index) {
    if (index > 0) {
      out += '-';
    }
    const std::uint32_t first = Take(bits, num_words * 4 / 3);
    out += first < num_words ? words[first] : GeneralWords()[Take(bits, 32)];
  }
}

}  // namespace

Sites::Sites(const WorldOptions& options) {
  MakeSites(options);
  MakeAdvertisers(options);
}

void Sites::MakeSites(const WorldOptions& options) {
  std::set<std::string> names;
  for (std::uint32_t index = 0; index < options.sites; ++index) {
    RandomStream random(options.seed, {.purpose = Purpose::kSite, .entity = index});
    Site site;
    // One of each language is a portal that everybody sees, so that no wish stays
    // unfulfilled.
    const bool anchor = index >= kFirstAnchor && index < kFirstAnchor + kNumLanguages;
    site.language =
        anchor ? static_cast<Language>(index - kFirstAnchor) : LanguageOfSite(random.Below(100));
    if (!anchor && random.Below(kPortalShare) != 0) {
      site.topic = static_cast<std::uint8_t>(random.Below(kNumTopics));
    }
    site.st_sees = random.Chance(options.rates.st_sites) || anchor;
    site.tt_sees = random.Chance(options.rates.tt_sites) || anchor;
    site.domain = UniqueName(NameOf(site, random), names);
    site.host_prefix = Pick(kHostPrefixes, random);
    sites_.push_back(std::move(site));
    AddChoices(index);
  }
}

void Sites::MakeAdvertisers(const WorldOptions& options) {
  std::set<std::string> names;
  for (std::uint32_t index = 0; index < options.advertisers; ++index) {
    RandomStream random(options.seed, {.purpose = Purpose::kSite, .entity = index, .part = 1});
    Advertiser advertiser;
    advertiser.topic = static_cast<std::uint8_t>(index % kNumTopics);
    const auto& words = Topics()[advertiser.topic].words[0];
    const std::string word(Pick(words, random));
    advertiser.id = 100 + static_cast<std::int32_t>(index);
    advertiser.name = fmt::format("{} Store {}", word, index + 1);
    advertiser.name[0] = static_cast<char>(advertiser.name[0] - 'a' + 'A');
    advertiser.domain = UniqueName(fmt::format("{}-store.com", word), names);
    advertiser.visit_pixel = 2 * advertiser.id;
    advertiser.conversion_pixel = 2 * advertiser.id + 1;
    advertisers_.push_back(std::move(advertiser));
  }
}

std::size_t Sites::TableIndex(const Wish& wish) {
  return (wish.topic * kNumLanguages + static_cast<std::size_t>(wish.language)) * kNumSights +
         static_cast<std::size_t>(wish.sight);
}

void Sites::AddChoices(std::uint32_t index) {
  const Site& site = sites_[index];
  const bool portal = site.topic == kEveryTopic;
  const std::uint64_t weight = kCertain / (index + 1) / (portal ? kPortalSpread : 1);
  const std::array<bool, kNumSights> seen = {site.st_sees, site.tt_sees,
                                             site.st_sees && site.tt_sees};
  for (std::uint8_t topic = 0; topic < kNumTopics; ++topic) {
    for (std::size_t sight = 0; sight < kNumSights; ++sight) {
      if ((portal || topic == site.topic) && seen[sight]) {
        auto& choices = choices_[TableIndex(
            {.topic = topic, .language = site.language, .sight = static_cast<Sight>(sight)})];
        choices.push_back(
            {.end = (choices.empty() ? 0 : choices.back().end) + weight, .site = index});
      }
    }
  }
}

std::uint32_t Sites::PickSite(Wish wish, std::uint32_t draw) const {
  const auto& choices = choices_[TableIndex(wish)];
  const auto position =
      static_cast<std::uint64_t>(static_cast<UnsignedInt128>(draw) * choices.back().end >> 32);
  return std::ranges::upper_bound(choices, position, {}, &Choice::end)->site;
}

std::uint32_t Sites::PickAdvertiser(std::uint8_t topic, std::uint32_t draw) const {
  const auto count = static_cast<std::uint32_t>(advertisers_.size());
  if (topic >= count) {
    return topic % count;
  }
  const std::uint32_t rounds = (count - topic - 1) / kNumTopics + 1;
  return topic + static_cast<std::uint32_t>(std::uint64_t{draw} * rounds >> 32) *
                     static_cast<std::uint32_t>(kNumTopics);
}

void AppendPath(const Page& page, std::string& out) {
  std::uint64_t bits = Mix(std::uint64_t{page.site} << 8 | page.topic, page.number);
  const std::uint64_t slug_bits = Mix(bits, page.number);
  const auto language = static_cast<std::size_t>(page.language);
  out += '/';
  if (page.in_section) {
    out += Topics()[page.topic].name;
    out += '/';
  } else if (Take(bits, 2) == 0) {
    out += Topics()[page.topic].words[language][Take(bits, 4)];
    out += '/';
  }
  if (Take(bits, 16) == 0) {
    out += kAccentedParts[language];
    out += '/';
  }
  AppendSlug(page, slug_bits, out);
  if (Take(bits, 2) == 0) {
    out += '-';
    AppendNumber(10000 + (slug_bits >> 40) % 900000, out);
  }
  constexpr std::array<std::string_view, 4> kEnds = {"", "", "/", ".html"};
  out += kEnds[Take(bits, 4)];
  if (Take(bits, 8) == 0) {
    out += "?utm_source=newsletter&page=1";
  }
}

}  // namespace weir::world
