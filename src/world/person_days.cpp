#include "world/person_days.h"

#include <algorithm>
#include <bit>

#include "base/int128.h"
#include "world/conversions.h"
#include "world/event_difficulties.h"

// A day of a person: sessions by the hour of the day, the day of the week and the person's
// activity; in each, page views whose topics follow the person's archetype alone, so that what is
// known of the archetype after seeing them is exact (evidence.h). No two events have one event id:
// a person's times differ by a second or more; the milliseconds differ between the people of a
// household, who share devices, and between days late and on time; junk ids bring a query of their
// own (line_writer.cpp).
namespace weir::world {
namespace {

constexpr std::uint32_t kSecondsOfDay = 86400;

// Shares of a day's sessions by local hour, in thousandths.
constexpr std::array<std::uint32_t, 24> kHours = {18, 10, 7,  6,  7,  12, 24, 38, 46, 50, 51, 52,
                                                  55, 53, 50, 49, 50, 52, 56, 64, 71, 72, 61, 46};
// Days of the week from Monday, in percent of the mean.
constexpr std::array<std::uint32_t, 7> kWeekdays = {100, 100, 98, 98, 96, 102, 106};

// Who sees a page view, in percent: an advertiser, st alone, tt alone, else st and tt.
constexpr std::uint32_t kSeenByAdvertiser = 8;
constexpr std::uint32_t kSeenBySt = 45;
constexpr std::uint32_t kSeenByTt = 30;

// A conversion for other advertisers than those with segments: one in so many visits.
constexpr std::uint32_t kOtherConversions = 50;
constexpr std::uint32_t kPagesOfSite = 240;
// Pairs that a cookie set usually shows: what the rate of noise is measured by.
constexpr std::uint64_t kPairsOfCookieSet = 4;
constexpr std::uint32_t kKiosks = 2;  // in each region
constexpr std::uint32_t kFirstCrawler = 0x80000000;

// One person's or crawler's day in the making.
class DayMaker {
 public:
  DayMaker(const World& world, const Person& person, std::uint32_t day,
           std::vector<RawEvent>& events)
      : world_(world),
        person_(person),
        day_(day),
        random_(world.options.seed,
                {.purpose = Purpose::kDay, .entity = person.number, .part = day}),
        events_(events) {}

  void MakeSessions();
  void MakeCrawl();

 private:
  // A browser at work: its device, its cookies and where it is.
  struct Session {
    const Device* device = nullptr;
    CookieSet cookies = {};
    AddressKind address_kind = AddressKind::kIpv4;
    std::uint32_t address = 0;
  };

  Probability SessionChance(std::uint32_t hour) const;
  Session StartSession(std::uint32_t hour);
  void MakeSession(std::uint32_t hour);
  void MakeConversion(const Conversion& conversion);
  void Advance(std::uint32_t seconds) { second_ += std::max(seconds, 1U); }
  bool IsOver() const { return second_ >= kSecondsOfDay; }

  RawEvent Begin(const Session& session, Feed feed);
  // `erased`: one of its ids is of somebody else who asked for erasure.
  void Finish(RawEvent event, bool erased = false);
  void AddPageView(const Session& session);
  void AddVisit(const Session& session, std::uint8_t topic);
  void AddView(const Session& session, std::uint8_t topic, Sight sight);
  void AddSync(const Session& session);
  void AddNoise(const Session& session);
  void AddIds(const Session& session, RawEvent& event);

  const World& world_;
  const Person& person_;
  std::uint32_t day_;
  RandomStream random_;
  std::vector<RawEvent>& events_;
  std::uint32_t second_ = 0;  // of the day; grows from event to event
  std::uint32_t millisecond_ = 0;
  std::uint16_t sequence_ = 0;  // of the next event
};

void DayMaker::MakeSessions() {
  const std::vector<Conversion> conversions = ConversionsOf(world_, person_);
  for (std::uint32_t hour = 0; hour < 24; ++hour) {
    for (const Conversion& conversion : conversions) {
      if (conversion.day == day_ && conversion.hour == hour) {
        MakeConversion(conversion);
      }
    }
    if (random_.Chance(SessionChance(hour))) {
      MakeSession(hour);
    }
  }
}

Probability DayMaker::SessionChance(std::uint32_t hour) const {
  const int local = static_cast<int>(hour) + Countries()[person_.country].hours_ahead + 24;
  const std::int64_t days = world_.options.start_day + std::int64_t{day_};
  const auto weekday = static_cast<std::size_t>((days % 7 + 7 + 3) % 7);  // day 0 was a Thursday
  const std::uint64_t share =
      std::uint64_t{kHours[static_cast<std::size_t>(local % 24)]} * kWeekdays[weekday];
  constexpr Probability kGreatest = kCertain / 20 * 19;
  return std::min(kGreatest, person_.sessions * share * (kCertain >> 16) / 100'000);
}

DayMaker::Session DayMaker::StartSession(std::uint32_t hour) {
  second_ = std::max(second_ + 1, hour * 3600 + random_.Below(3600));
  const std::uint32_t draw = random_.Below(100);
  const std::uint32_t choice = draw < 55 ? 0 : random_.Below(person_.num_devices);
  Session session = {.device = &person_.devices[choice]};
  session.cookies = session.device->CookiesOn(day_);
  if (random_.Chance(world_.options.rates.private_browsing)) {
    session.cookies = {.owner = person_.number,
                       .generation = static_cast<std::uint16_t>(day_),
                       .kind = CookieKind::kPrivate,
                       .device = static_cast<std::uint8_t>(hour)};
  }
  const bool away = random_.Below(4) == 0 && choice < person_.num_own;
  session.address = away ? random_.Next() : person_.home_address;
  if (!away && person_.home_has_ipv6) {
    session.address_kind = AddressKind::kIpv6;
  } else if (random_.Below(200) == 0) {
    session.address_kind = AddressKind::kMapped;
  }
  return session;
}

void DayMaker::MakeSession(std::uint32_t hour) {
  const Session session = StartSession(hour);
  const bool may_sync = session.device->mapped && session.cookies.kind != CookieKind::kPrivate;
  const bool syncs = may_sync && random_.Chance(world_.options.rates.syncs);
  // Geometric with mean 4: each page is followed by another one in three of four cases.
  std::uint32_t pages = 1;
  while (pages < 60 && random_.Below(4) != 0) {
    ++pages;
  }
  for (std::uint32_t page = 0; page < pages && !IsOver(); ++page) {
    AddPageView(session);
    if (page == 0 && syncs) {
      AddSync(session);
      AddNoise(session);
    }
    const std::uint32_t draw = random_.Next();
    Advance(3 + ((draw & 0xFF) * (draw >> 8 & 0xFF) >> 8) + (draw >> 16 & 0x1F));
  }
}

void DayMaker::MakeConversion(const Conversion& conversion) {
  Session session = StartSession(conversion.hour);
  session.device = person_.devices.data();
  session.cookies = session.device->CookiesOn(day_);
  if (IsOver()) {
    return;
  }
  const Advertiser& advertiser = world_.sites.advertisers()[conversion.segment];
  RawEvent event = Begin(session, Feed::kAf);
  event.kind = EventKind::kConversion;
  event.by_advertiser = true;
  event.site = conversion.segment;
  event.topic = advertiser.topic;
  event.pixel = advertiser.conversion_pixel;
  event.order = (std::uint64_t{person_.number} << 16 | day_) << 8 | (sequence_ & 0xFF);
  Finish(event);
  Advance(1);
}

RawEvent DayMaker::Begin(const Session& session, Feed feed) {
  RawEvent event;
  // The remainder by 64 tells household members and, times four, days of lateness apart.
  event.time = world_.StartOf(day_) + std::int64_t{second_} * 1000 +
               std::int64_t{millisecond_} * 64 + person_.number % kHouseholdSize;
  event.person = person_.number;
  event.day = static_cast<std::uint16_t>(day_);
  event.sequence = sequence_++;
  event.feed = feed;
  event.user_agent = session.device->user_agent;
  event.cookies = session.cookies;
  event.address_kind = session.address_kind;
  event.country = person_.country;
  event.address = session.address;
  event.consent = person_.consent;
  event.consent_string = person_.consent_string;
  event.crawler = person_.number >= kFirstCrawler;
  return event;
}

void DayMaker::Finish(RawEvent event, bool erased) {
  const bool own_erased = person_.erased && event.cookies.kind != CookieKind::kShared;
  AddDifficulties(world_, erased || own_erased, random_, event);
  events_.push_back(event);
}

void DayMaker::AddPageView(const Session& session) {
  millisecond_ = random_.Below(14);
  const std::uint8_t topic =
      world_.archetypes.TopicAt(person_.archetype, random_.Below(kTopicSlots));
  std::uint32_t seer = random_.Below(100);
  if (seer < kSeenByAdvertiser) {
    AddVisit(session, topic);
    return;
  }
  seer -= kSeenByAdvertiser;
  AddView(session, topic,
          seer < kSeenBySt               ? Sight::kSt
          : seer < kSeenBySt + kSeenByTt ? Sight::kTt
                                         : Sight::kBoth);
}

void DayMaker::AddVisit(const Session& session, std::uint8_t topic) {
  RawEvent event = Begin(session, Feed::kAf);
  event.by_advertiser = true;
  event.topic = topic;
  event.site = world_.sites.PickAdvertiser(topic, random_.Next());
  event.page = random_.Below(40);
  const Advertiser& advertiser = world_.sites.advertisers()[event.site];
  event.pixel = advertiser.visit_pixel;
  if (event.site >= world_.options.segments && random_.Below(kOtherConversions) == 0) {
    event.kind = EventKind::kConversion;
    event.pixel = advertiser.conversion_pixel;
    event.order = (std::uint64_t{person_.number} << 16 | day_) << 8 | (event.sequence & 0xFF);
  }
  Finish(event);
}

void DayMaker::AddView(const Session& session, std::uint8_t topic, Sight sight) {
  constexpr std::array<EventKind, 16> kKinds = {EventKind::kSearch, EventKind::kShare,
                                                EventKind::kClick, EventKind::kClick};
  const Language own = Countries()[person_.country].language;
  const Language language = random_.Below(8) == 0 ? Language::kEnglish : own;
  const std::uint32_t site =
      world_.sites.PickSite({.topic = topic, .language = language, .sight = sight}, random_.Next());
  const std::uint32_t page = random_.Below(1 + random_.Below(kPagesOfSite));
  const std::uint32_t kind = random_.Below(2 * kKinds.size());
  for (const Feed feed : {Feed::kSt, Feed::kTt}) {
    if ((feed == Feed::kSt && sight == Sight::kTt) || (feed == Feed::kTt && sight == Sight::kSt)) {
      continue;
    }
    RawEvent event = Begin(session, feed);
    event.kind = kind < kKinds.size() ? kKinds[kind] : EventKind::kPageView;
    event.topic = topic;
    event.site = site;
    event.page = page;
    Finish(event);
  }
}

// The ids that a sync shows: the advertisers' pixel starts it, so theirs is among them, and one
// or more partners'.
void DayMaker::AddIds(const Session& session, RawEvent& event) {
  const auto add = [&](Party party, const CookieSet& cookies) {
    event.ids[event.num_ids++] = {.party = party, .cookies = cookies};
  };
  const std::uint32_t draw = random_.Below(100);
  add(Party::kAf, session.cookies);
  if (draw < 85) {
    add(Party::kAn, session.cookies);
  }
  if (draw % 20 < 16 || draw >= 85) {
    add(Party::kSt, session.cookies);
  }
  if (draw % 4 != 0) {
    add(Party::kTt, session.cookies);
  }
  const bool own = session.cookies.kind == CookieKind::kOwn;
  if (own && person_.logs_in && person_.num_own > 1 && random_.Below(2) == 0) {
    const std::uint32_t other =
        (session.cookies.device + 1 + random_.Below(person_.num_own - 1U)) % person_.num_own;
    add(Party::kAf, person_.devices[other].CookiesOn(day_));
  }
}

void DayMaker::AddSync(const Session& session) {
  Advance(1);
  if (IsOver()) {
    return;
  }
  RawEvent event = Begin(session, Feed::kMapping);
  AddIds(session, event);
  Finish(event);
}

// A cookie set is noisy or it isn't: then its syncs show one and the same stranger's id.
void DayMaker::AddNoise(const Session& session) {
  const CookieSet& cookies = session.cookies;
  RandomStream random(world_.options.seed,
                      {.purpose = Purpose::kNoise,
                       .entity = cookies.owner,
                       .part = std::uint32_t{cookies.generation} << 16 |
                               static_cast<std::uint32_t>(cookies.kind) << 8 | cookies.device});
  const Probability noisy = std::min(kCertain, kPairsOfCookieSet * world_.options.rates.noise);
  if (!random.Chance(noisy)) {
    return;
  }
  Advance(1);
  const auto region = static_cast<std::uint32_t>(Countries()[person_.country].region);
  CookieSet stranger = {.owner = region * kKiosks + random.Below(kKiosks),
                        .kind = CookieKind::kKiosk};
  bool erased = false;
  const std::uint32_t next_household = (person_.household() + 1) * kHouseholdSize;
  if (random.Below(10) == 0 && next_household < world_.options.people) {
    const std::uint32_t other =
        next_household + random.Below(world_.options.people - next_household);
    const Person person = MakePerson(world_.options, other);
    stranger = person.devices[0].CookiesOn(0);
    erased = person.erased;
  }
  if (IsOver()) {
    return;
  }
  RawEvent event = Begin(session, Feed::kMapping);
  event.noise = true;
  event.num_ids = 2;
  event.ids[0] = {.party = Party::kAf, .cookies = cookies};
  event.ids[1] = {.party = Party::kSt, .cookies = stranger};
  Finish(event, erased);
}

// Pages all day long at even distances, of all topics alike.
void DayMaker::MakeCrawl() {
  constexpr std::uint32_t kPages = 36;
  const Session session = {.device = person_.devices.data(),
                           .cookies = {.owner = person_.number, .kind = CookieKind::kBot},
                           .address = person_.home_address};
  for (std::uint32_t page = 0; page < kPages; ++page) {
    second_ = page * (kSecondsOfDay / kPages) + random_.Below(kSecondsOfDay / kPages - 10);
    AddPageView(session);
    if (page == 0) {
      AddSync(session);
    }
  }
}

Person MakeCrawler(const World& world, std::uint32_t number) {
  RandomStream random(world.options.seed, {.purpose = Purpose::kBot, .entity = number});
  Person crawler;
  crawler.number = kFirstCrawler + number;
  crawler.archetype = random.Below(kNumArchetypes);
  crawler.country = CountryAt(random.Below(TotalCountryWeight()));
  crawler.home_address = random.Next();
  crawler.consent = random.Below(2) == 0 ? ConsentKind::kAbsent : ConsentKind::kGrants;
  crawler.num_own = 1;
  crawler.num_devices = 1;
  crawler.devices[0].user_agent = static_cast<std::uint8_t>(
      random.Below(static_cast<std::uint32_t>(CrawlerUserAgents().size())));
  return crawler;
}

}  // namespace

void AppendPersonDay(const World& world, const Person& person, std::uint32_t day,
                     std::vector<RawEvent>& events) {
  DayMaker(world, person, day, events).MakeSessions();
}

void AppendCrawlerDay(const World& world, const CrawlerBlock& crawlers, std::uint32_t day,
                      std::vector<RawEvent>& events) {
  // A person causes about 5.6 lines a day, a crawler about 44.
  constexpr std::uint64_t kLinesOfPerson = 56;
  constexpr std::uint64_t kLinesOfCrawler = 440;
  const Probability rate = world.options.rates.bots;
  const auto expected_of = [rate](std::uint32_t people) {
    return static_cast<std::uint64_t>(static_cast<UnsignedInt128>(people) * kLinesOfPerson * rate *
                                      kCertain /
                                      (UnsignedInt128{kLinesOfCrawler} * (kCertain - rate)));
  };
  const std::uint64_t expected = expected_of(crawlers.people);
  const std::uint64_t most = (expected_of(world.options.people_per_file) >> kFixedBits) + 1;
  RandomStream random(world.options.seed,
                      {.purpose = Purpose::kBot, .entity = crawlers.block, .part = day + 1});
  const std::uint64_t number =
      (expected >> kFixedBits) + (random.Chance(expected & (kCertain - 1)) ? 1 : 0);
  for (std::uint64_t index = 0; index < number; ++index) {
    const auto crawler = static_cast<std::uint32_t>(crawlers.block * most + index);
    DayMaker(world, MakeCrawler(world, crawler), day, events).MakeCrawl();
  }
}

std::size_t FirstRepeatable(const std::vector<RawEvent>& events, std::size_t first) {
  const auto found = std::find_if(events.begin() + static_cast<std::ptrdiff_t>(first), events.end(),
                                  [](const RawEvent& event) { return !IsBad(event.outcome); });
  return static_cast<std::size_t>(found - events.begin());
}

}  // namespace weir::world
