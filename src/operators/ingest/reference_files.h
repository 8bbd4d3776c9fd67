#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace weir::operators {

// A file of reference data that weir ships ("uap-core/regexes.yaml"): in the folder
// WEIR_REFERENCE_DIR, below `share/weir/reference` beside an installed weir, or in `.deps` above
// the program. Throws ExternalError naming what was tried.
std::filesystem::path ReferenceFile(std::string_view name);

// All of a file. Throws UserError naming it if it can't be read.
std::string ReadReference(const std::filesystem::path& file);

}  // namespace weir::operators
