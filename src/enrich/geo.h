#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "enrich/ip_address.h"

struct MMDB_s;

namespace weir::enrich {

// Where an address is; a text is empty where the database doesn't know.
struct Place {
  std::string country;      // ISO 3166 alpha-2
  std::string subdivision;  // ISO 3166-2 without the country, or its name
  std::string city;         // English name

  friend bool operator==(const Place&, const Place&) = default;
};

// An IP database in MaxMind's format, mapped into memory: the layout of MaxMind's own files
// (country.iso_code, subdivisions, city.names.en) or of ip-location-db (country_code, state1,
// city). Immutable, may be shared by threads.
class GeoDatabase {
 public:
  // Throws UserError with the path if it is no such database.
  explicit GeoDatabase(const std::filesystem::path& file);
  GeoDatabase(const GeoDatabase&) = delete;
  GeoDatabase& operator=(const GeoDatabase&) = delete;
  ~GeoDatabase();

 private:
  friend class GeoLookup;
  std::unique_ptr<MMDB_s> database_;
  std::string file_;
};

// Looks addresses up, and remembers what it found: one per thread.
class GeoLookup {
 public:
  // `database` must outlive the lookup.
  explicit GeoLookup(const GeoDatabase& database);

  // Special-purpose addresses are nowhere, whatever the database says. Throws ExternalError if the
  // database is corrupt. The place lives as long as the lookup.
  const Place& Find(const IpAddress& address);

 private:
  // The result for all addresses of one block of 256.
  struct Block {
    std::uint32_t number = 0;  // the address without its last octet
    const Place* place = nullptr;
  };

  // The place, and how many bits of the address decide it.
  const Place* Search(const IpAddress& address, int& bits);

  const GeoDatabase& database_;
  Place nowhere_;
  std::unordered_map<std::uint32_t, Place> places_;  // by the record's offset in the database
  std::vector<Block> blocks_;
};

}  // namespace weir::enrich
