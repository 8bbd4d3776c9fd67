#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "world/server/bss_file.h"

namespace weir::world {

struct ServeOptions {
  std::filesystem::path folder;  // of the world: `platform/`; gets `dsp/`
  int port = 0;                  // of 127.0.0.1; 0: any free one
  std::string token = "world";   // that requests must bring
  double speed = 1;              // how many seconds pass in one
  Micros now = 0;                // when its clock starts
  double match_rate = 1;
  std::int64_t most_bytes = 500'000'000;
  TextRules text{};
};

// The world outside as a server: the platform's API (platform_pages.h), the Batch Segment Service
// (batch_segments.h), and its passive buckets, the folders `dsp/bss-<member>-<region>/` with
// `submitted/`, `done/` and `failed/`. Of its own:
//   GET /world/held?member_id=   what a member's segments hold
//   GET /world/counters          uploads, lines, refusals by code
//   POST /world/clock?now=       sets the clock (ISO-8601)
// `announce` gets the address before the first request is answered. Ends with a stop. Throws
// UserError for a folder without `platform/`, ExternalError for a port that can't be had.
void ServeWorld(const ServeOptions& options,
                const std::function<void(const std::string& url)>& announce, std::stop_token stop);

}  // namespace weir::world
