#include "base/run_id.h"

#include <cstdint>
#include <random>

#include <fmt/format.h>

#include "base/clock.h"

namespace weir {
namespace {

std::uint64_t RandomBits() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

}  // namespace

std::string NewRunId() {
  const Micros now = Now();
  std::string time = FormatTimestamp(now - now % 1'000'000);
  std::erase_if(time, [](char letter) { return letter == '-' || letter == ':' || letter == 'Z'; });
  return fmt::format("{}{:06}-{:016x}", time, now % 1'000'000, RandomBits());
}

std::string NewUuid() {
  const std::uint64_t high = (RandomBits() & ~0xF000ULL) | 0x4000ULL;
  const std::uint64_t low = (RandomBits() & ~(3ULL << 62)) | (2ULL << 62);
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xFFFF,
                     high & 0xFFFF, low >> 48, low & 0xFFFFFFFFFFFFULL);
}

}  // namespace weir
