#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/services.h"

// What `weir doctor` looks at; each function is one subject.
namespace weir::cli {

enum class Health : std::uint8_t {
  kGood,
  kOptional,  // isn't there, and only some features need it
  kWarning,
  kBroken,  // weir can't work so: exit code 1
};

struct Finding {
  std::string subject;
  Health health = Health::kGood;
  std::string found;
  std::string remedy = {};  // what to do, where something is to be done
};

using Findings = std::vector<Finding>;

Findings LookAtDatabase(Services& services);
Findings LookAtExtensions(Services& services);
Findings LookAtMachine(Services& services);
Findings LookAtClock(Services& services);
Findings LookAtPrograms(Services& services);
Findings LookAtProject(Services& services);
Findings LookAtStorage(Services& services);
// With `repair` mends what it can.
Findings LookAtLedger(Services& services, bool repair);

}  // namespace weir::cli
