#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace weir {

// The files below a folder, sorted by path; links to folders are gone through, but for one that
// leads back to a folder that it lies in. What a link leads nowhere with is among them. `skips`
// says of a name that it is left out, a folder with all that is in it. Nothing for a folder that
// isn't there or can't be read.
std::vector<std::filesystem::path> TreeFiles(
    const std::filesystem::path& folder, const std::function<bool(const std::string& name)>& skips);

}  // namespace weir
