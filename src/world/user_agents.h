#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace weir::world {

enum class DeviceType : std::uint8_t { kDesktop, kPhone, kTablet, kTv, kConsole };
constexpr std::size_t kNumDeviceTypes = 5;

// What browsers of people send.
struct UserAgent {
  std::string_view text;
  DeviceType type = DeviceType::kDesktop;
  std::uint32_t weight = 0;  // among those of its type
};

std::span<const UserAgent> UserAgents();

// What crawlers send: each is known to crawler-user-agents or to uap-core as a spider.
std::span<const std::string_view> CrawlerUserAgents();

// The index in UserAgents() of one of `type`, by weight; `draw` is uniform over 32 bits.
std::uint8_t PickUserAgent(DeviceType type, std::uint32_t draw);

}  // namespace weir::world
