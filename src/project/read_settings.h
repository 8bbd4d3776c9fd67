#pragma once

#include "project/mistakes.h"
#include "project/project.h"
#include "project/yaml_value.h"

namespace weir::project {

// Fills `project`, whose folder is set, from a weir.yaml that CheckShape() has looked at, and notes
// what only a look at several lines shows: secrets and environments that nobody defines.
void ReadSettings(const YamlValue& root, Project& project, Mistakes& mistakes);

// Makes the environment of that name the project's; of an empty name "dev". Throws UserError for
// one that isn't there.
void ChooseEnvironment(Project& project, const std::string& name);

}  // namespace weir::project
