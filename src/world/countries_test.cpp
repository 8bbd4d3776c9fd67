#include "world/countries.h"

#include <filesystem>
#include <iostream>
#include <map>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <maxminddb.h>

namespace weir::world {
namespace {

namespace fs = std::filesystem;

// The country that the pinned database gives an address, or nothing.
std::string CountryOf(MMDB_s& database, const std::string& address) {
  int resolve_error = 0;
  int error = 0;
  MMDB_lookup_result_s found =
      MMDB_lookup_string(&database, address.c_str(), &resolve_error, &error);
  MMDB_entry_data_s data;
  if (resolve_error != 0 || error != MMDB_SUCCESS || !found.found_entry ||
      MMDB_get_value(&found.entry, &data, "country_code", nullptr) != MMDB_SUCCESS) {
    return "";
  }
  return {data.utf8_string, data.data_size};
}

TEST(Countries, BlocksLieInTheirCountriesByThePinnedDatabase) {
  const fs::path path = fs::path(WEIR_DEPS) / "geo" / "geo-whois-asn-country.mmdb";
  if (!fs::exists(path)) {
    std::cout << "skipped: " << path << " is missing; scripts/setup.sh brings it\n";
    return;
  }
  MMDB_s database;
  ASSERT_EQ(MMDB_open(path.c_str(), MMDB_MODE_MMAP, &database), MMDB_SUCCESS);

  for (const Country& country : Countries()) {
    for (const AddressBlock& block : country.blocks) {
      for (int third = 0; third < 256; ++third) {
        const std::string address = fmt::format("{}.{}.{}.1", block.first, block.second, third);
        ASSERT_EQ(CountryOf(database, address), country.code) << address;
      }
    }
    for (unsigned group = 0; country.prefix != 0 && group < 0x10000; group += 0x111) {
      const std::string address =
          fmt::format("{:x}:{:x}:{:x}:1::1f", country.prefix >> 16, country.prefix & 0xFFFF, group);
      ASSERT_EQ(CountryOf(database, address), country.code) << address;
    }
  }
  MMDB_close(&database);
}

TEST(Countries, HaveBlocksWeightsAndDifferentCodes) {
  std::map<std::string_view, int> codes;
  std::uint32_t position = 0;

  for (std::size_t index = 0; index < Countries().size(); ++index) {
    const Country& country = Countries()[index];
    EXPECT_EQ(++codes[country.code], 1);
    EXPECT_GE(country.blocks.size(), 2U) << country.code;
    EXPECT_GT(country.weight, 0U);
    EXPECT_EQ(CountryAt(position), index);
    position += country.weight;
    EXPECT_EQ(CountryAt(position - 1), index);
  }

  EXPECT_EQ(position, TotalCountryWeight());
  EXPECT_GE(codes.size(), 40U);
}

}  // namespace
}  // namespace weir::world
