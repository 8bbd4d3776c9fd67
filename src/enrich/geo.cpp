#include "enrich/geo.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <initializer_list>

#include <maxminddb.h>
#include <netinet/in.h>

#include "base/error.h"

namespace weir::enrich {
namespace {

constexpr std::size_t kNumBlocks = 1U << 14U;

// The text at a path inside a record; empty if there is none.
std::string TextAt(MMDB_entry_s entry, std::initializer_list<const char*> path) {
  std::array<const char*, 4> keys{};
  std::ranges::copy(path, keys.begin());
  MMDB_entry_data_s data{};
  const int error = MMDB_aget_value(&entry, &data, keys.data());
  const bool is_text =
      error == MMDB_SUCCESS && data.has_data && data.type == MMDB_DATA_TYPE_UTF8_STRING;
  return is_text ? std::string(data.utf8_string, data.data_size) : std::string();
}

std::string FirstOf(const std::string& first, const std::string& second) {
  return first.empty() ? second : first;
}

Place ReadPlace(const MMDB_entry_s& entry) {
  return {
      .country = FirstOf(TextAt(entry, {"country", "iso_code"}), TextAt(entry, {"country_code"})),
      .subdivision =
          FirstOf(TextAt(entry, {"subdivisions", "0", "iso_code"}), TextAt(entry, {"state1"})),
      .city = FirstOf(TextAt(entry, {"city", "names", "en"}), TextAt(entry, {"city"}))};
}

MMDB_lookup_result_s LookUp(const MMDB_s& database, const IpAddress& address, int& error) {
  if (address.is_v4) {
    sockaddr_in socket{};
    socket.sin_family = AF_INET;
    std::memcpy(&socket.sin_addr, address.bytes.data(), 4);
    return MMDB_lookup_sockaddr(&database, reinterpret_cast<const sockaddr*>(&socket), &error);
  }
  sockaddr_in6 socket{};
  socket.sin6_family = AF_INET6;
  std::memcpy(&socket.sin6_addr, address.bytes.data(), 16);
  return MMDB_lookup_sockaddr(&database, reinterpret_cast<const sockaddr*>(&socket), &error);
}

// The address without its last octet; 0 for IPv6, which isn't remembered.
std::uint32_t BlockNumber(const IpAddress& address) {
  return address.is_v4 ? static_cast<std::uint32_t>(address.bytes[0]) << 16U |
                             static_cast<std::uint32_t>(address.bytes[1]) << 8U | address.bytes[2]
                       : 0;
}

}  // namespace

GeoDatabase::GeoDatabase(const std::filesystem::path& file)
    : database_(std::make_unique<MMDB_s>()), file_(file.string()) {
  if (const int error = MMDB_open(file_.c_str(), MMDB_MODE_MMAP, database_.get());
      error != MMDB_SUCCESS) {
    throw UserError("{} can't be read as an IP database (MMDB): {}", file_, MMDB_strerror(error));
  }
}

GeoDatabase::~GeoDatabase() { MMDB_close(database_.get()); }

GeoLookup::GeoLookup(const GeoDatabase& database) : database_(database), blocks_(kNumBlocks) {}

const Place& GeoLookup::Find(const IpAddress& address) {
  if (IsSpecialPurpose(address)) {
    return nowhere_;
  }
  const std::uint32_t number = BlockNumber(address);
  Block& block = blocks_[(number ^ number >> 10U) % kNumBlocks];
  if (address.is_v4 && block.place != nullptr && block.number == number) {
    return *block.place;
  }
  int bits = 0;
  const Place* const place = Search(address, bits);
  if (address.is_v4 && bits <= 24) {
    block = {.number = number, .place = place};
  }
  return *place;
}

const Place* GeoLookup::Search(const IpAddress& address, int& bits) {
  const MMDB_s& database = *database_.database_;
  if (!address.is_v4 && database.metadata.ip_version == 4) {
    bits = 0;
    return &nowhere_;
  }
  int error = MMDB_SUCCESS;
  const MMDB_lookup_result_s result = LookUp(database, address, error);
  if (error != MMDB_SUCCESS) {
    throw ExternalError("{}: looking up {} failed: {}", database_.file_, ToText(Truncated(address)),
                        MMDB_strerror(error));
  }
  // In a database of both families an IPv4 address stands 96 bits below the root.
  const bool is_inside_v6 = address.is_v4 && database.metadata.ip_version == 6;
  bits = std::max(0, static_cast<int>(result.netmask) - (is_inside_v6 ? 96 : 0));
  if (!result.found_entry) {
    return &nowhere_;
  }
  const auto [found, is_new] = places_.try_emplace(result.entry.offset);
  if (is_new) {
    found->second = ReadPlace(result.entry);
  }
  return &found->second;
}

}  // namespace weir::enrich
