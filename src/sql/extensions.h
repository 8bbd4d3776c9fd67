#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

namespace weir::sql {

// Where weir's shipped DuckDB extensions may lie, the first choice first: WEIR_EXTENSION_DIR, the
// installed program's lib/weir/extensions, and .deps/duckdb/extensions of a source tree that
// `program_folder` is in.
std::vector<std::filesystem::path> ExtensionFolders(const std::filesystem::path& program_folder);

// The file of extension `name`. Throws ExternalError with the folders that were tried.
std::filesystem::path FindExtension(std::string_view name,
                                    const std::vector<std::filesystem::path>& folders);

}  // namespace weir::sql
