#include "world/people.h"

#include <algorithm>

#include "base/int128.h"

namespace weir::world {
namespace {

constexpr std::uint64_t kQuarters = 4;

// The least number of sessions a day; the mean of a Pareto variable of index 2 is twice as much.
constexpr std::uint64_t kLeastSessions = 39000;  // 0.595 in units of 2^-16
constexpr std::uint64_t kGreatestActivity = 40;  // times the least

// How long cookies live, in quarters of 1 / churn, with shares in percent: the deletions a day
// average to churn.
struct Lifetime {
  std::uint64_t quarters;
  std::uint32_t share;
};
constexpr std::array<Lifetime, 5> kLifetimes = {{{1, 5}, {2, 15}, {4, 30}, {8, 30}, {16, 20}}};

std::uint32_t CookieDays(Probability churn, RandomStream& random) {
  constexpr std::uint64_t kNever = 1 << 30;
  std::uint32_t position = random.Below(100);
  std::size_t index = 0;
  while (position >= kLifetimes[index].share) {
    position -= kLifetimes[index++].share;
  }
  const std::uint64_t days =
      churn == 0 ? kNever : kLifetimes[index].quarters * kCertain / (kQuarters * churn);
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(days, 1, kNever));
}

DeviceType TypeOfDevice(std::uint32_t index, RandomStream& random) {
  constexpr std::array<std::array<std::uint32_t, kNumDeviceTypes>, 2> kShares = {
      {{40, 55, 4, 0, 1}, {35, 30, 25, 7, 3}}};  // the first device, and others
  const auto& shares = kShares[std::min(index, 1U)];
  std::uint32_t position = random.Below(100);
  std::size_t type = 0;
  while (position >= shares[type]) {
    position -= shares[type++];
  }
  return static_cast<DeviceType>(type);
}

Device MakeDevice(const WorldOptions& options, CookieKind kind, std::uint32_t owner,
                  std::uint8_t index) {
  const auto part = static_cast<std::uint32_t>(kind) << 8 | index;
  RandomStream random(options.seed, {.purpose = Purpose::kDevice, .entity = owner, .part = part});
  Device device = {.kind = kind, .owner = owner, .index = index};
  device.user_agent = PickUserAgent(TypeOfDevice(index, random), random.Next());
  device.cookie_days = CookieDays(options.rates.churn, random);
  device.cookie_phase = random.Below(device.cookie_days);
  device.mapped = kind == CookieKind::kShared && random.Chance(options.rates.mapped);
  return device;
}

std::uint8_t NumOwnDevices(RandomStream& random) {
  const std::uint32_t position = random.Below(100);
  return position < 50 ? 1 : position < 80 ? 2 : position < 95 ? 3 : 4;
}

// So many that, of all devices, the wanted share is shared: a person has 1.75 of its own.
std::uint32_t NumSharedDevices(Probability shared, RandomStream& random) {
  constexpr std::uint64_t kOwnOfHousehold = 7;
  const auto expected = static_cast<std::uint64_t>(static_cast<UnsignedInt128>(kOwnOfHousehold) *
                                                   shared * kCertain / (kCertain - shared));
  const auto number = static_cast<std::uint32_t>(expected >> kFixedBits) +
                      (random.Chance(expected & (kCertain - 1)) ? 1U : 0U);
  return std::min<std::uint32_t>(number, kMaxSharedDevices);
}

ConsentKind KindOfConsent(Probability without, RandomStream& random) {
  if (!random.Chance(without)) {
    return ConsentKind::kGrants;
  }
  const std::uint32_t position = random.Below(10);
  return position < 6   ? ConsentKind::kRefuses
         : position < 9 ? ConsentKind::kAbsent
                        : ConsentKind::kMalformed;
}

void AddOwnDevices(const WorldOptions& options, RandomStream& random, Person& person) {
  person.num_own = NumOwnDevices(random);
  const bool mapped = random.Chance(options.rates.mapped);
  for (std::uint8_t index = 0; index < person.num_own; ++index) {
    person.devices[index] = MakeDevice(options, CookieKind::kOwn, person.number, index);
    person.devices[index].mapped = mapped;
  }
  person.num_devices = person.num_own;
}

// What the household has together: country, address and shared devices, each with two or more
// users.
void AddHousehold(const WorldOptions& options, Person& person) {
  const std::uint32_t household = person.household();
  RandomStream random(options.seed, {.purpose = Purpose::kHousehold, .entity = household});
  person.country = CountryAt(random.Below(TotalCountryWeight()));
  person.home_address = random.Next();
  person.home_has_ipv6 = Countries()[person.country].prefix != 0 && random.Below(6) == 0;
  const std::uint32_t num_shared = NumSharedDevices(options.rates.shared, random);
  constexpr std::array<std::uint32_t, 6> kUsers = {0b0011, 0b1100, 0b0111, 0b1110, 0b1111, 0b1010};
  for (std::uint32_t index = 0; index < num_shared; ++index) {
    const std::uint32_t users = kUsers[random.Below(6)];
    if ((users >> person.number % kHouseholdSize & 1) != 0) {
      person.devices[person.num_devices++] =
          MakeDevice(options, CookieKind::kShared, household, static_cast<std::uint8_t>(index));
    }
  }
}

}  // namespace

Person MakePerson(const WorldOptions& options, std::uint32_t number) {
  RandomStream random(options.seed, {.purpose = Purpose::kPerson, .entity = number});
  Person person;
  person.number = number;
  person.archetype = random.Below(400);
  person.consent = KindOfConsent(options.rates.no_consent, random);
  person.consent_string = static_cast<std::uint8_t>(random.Below(128));
  person.logs_in = random.Chance(options.rates.login);
  person.erased = random.Chance(options.rates.erased);
  const std::uint64_t activity = InverseSquareRoot(random.Next());
  person.sessions = std::min(activity, kGreatestActivity << 16) * kLeastSessions >> 16;
  AddOwnDevices(options, random, person);
  AddHousehold(options, person);
  return person;
}

}  // namespace weir::world
