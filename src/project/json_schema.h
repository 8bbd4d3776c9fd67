#pragma once

#include <nlohmann/json.hpp>

namespace weir::project {

// JSON Schema (draft 2020-12) of weir.yaml, job.yaml and tests/*.yaml, written from what the loader
// checks by, so that editors complete and check while one types. Files that the loader takes are
// valid by it; the loader sees more: names that nobody defines, SQL, files that aren't there.
nlohmann::ordered_json SettingsJsonSchema();
nlohmann::ordered_json JobJsonSchema();
nlohmann::ordered_json UnitTestsJsonSchema();

}  // namespace weir::project
