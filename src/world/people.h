#pragma once

#include <array>
#include <cstdint>

#include "world/countries.h"
#include "world/identifiers.h"
#include "world/options.h"
#include "world/user_agents.h"

namespace weir::world {

// People with numbers 4n … 4n + 3 live together.
constexpr std::uint32_t kHouseholdSize = 4;
constexpr std::size_t kMaxOwnDevices = 4;
constexpr std::size_t kMaxSharedDevices = 3;

enum class ConsentKind : std::uint8_t { kGrants, kRefuses, kAbsent, kMalformed };

struct Device {
  CookieKind kind = CookieKind::kOwn;  // kOwn or kShared
  std::uint32_t owner = 0;             // the person or the household
  std::uint8_t index = 0;              // among its owner's
  std::uint8_t user_agent = 0;
  bool mapped = false;
  std::uint32_t cookie_days = 0;  // between deletions
  std::uint32_t cookie_phase = 0;

  // The cookies on a day of the world.
  CookieSet CookiesOn(std::uint32_t day) const {
    return {.owner = owner,
            .generation = static_cast<std::uint16_t>((day + cookie_phase) / cookie_days),
            .kind = kind,
            .device = index};
  }
};

struct Person {
  std::uint32_t number = 0;
  std::uint32_t archetype = 0;
  std::uint8_t country = 0;        // the household's
  std::uint32_t home_address = 0;  // random bits for the household's address
  bool home_has_ipv6 = false;
  ConsentKind consent = ConsentKind::kGrants;
  std::uint8_t consent_string = 0;  // among those of its kind
  bool logs_in = false;
  bool erased = false;
  std::uint64_t sessions = 0;  // a day, on average, in units of 2^-16
  std::uint8_t num_own = 0;
  std::uint8_t num_devices = 0;  // own ones first
  std::array<Device, kMaxOwnDevices + kMaxSharedDevices> devices;

  std::uint32_t household() const { return number / kHouseholdSize; }
};

// A person, always the same for the same options and number.
Person MakePerson(const WorldOptions& options, std::uint32_t number);

}  // namespace weir::world
