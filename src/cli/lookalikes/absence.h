#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/lookalikes/member_facts.h"

namespace weir::cli {

// What the reservoir's days have of a person without a history.
struct SeenEvents {
  std::int64_t events = 0;
  std::int64_t tokens = 0;  // distinct domains and words, before any is left out
};

// The settings that decide who has a history.
struct HistoryLimits {
  std::int64_t min_tokens = 0;
  std::int64_t history_days = 0;
  std::int64_t fire_window = 0;  // minutes
};

// Why a person isn't in a segment: `code` for programs, `text` for people.
struct Absence {
  std::string code;
  std::string text;
};

// Absent for a member. `seen` is needed only of a person without a history.
std::optional<Absence> WhyAbsent(const MemberPlace& place, const MemberFacts& facts,
                                 const SeenEvents& seen, const HistoryLimits& limits);

}  // namespace weir::cli
