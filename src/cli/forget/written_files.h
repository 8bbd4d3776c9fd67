#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/forget/personal_rows.h"
#include "cli/job/workspace.h"
#include "connectors/connector.h"

namespace weir::cli {

// The folders outside of tables that steps of the project write files to, and those of topics,
// whoever writes them, and of other files that steps only read: absolute, sorted, each once.
// Folders below another of the same list aren't named.
struct FileFolders {
  // How texts in a file, a path or a URL, name people: as its innermost folder says. Absent for a
  // file below none.
  std::optional<connectors::NamedPeople> PeopleIn(const std::filesystem::path& path) const;
  // `is_left`: it isn't rewritten.
  void Add(const connectors::WrittenFolder& folder, const std::filesystem::path& project_folder,
           bool is_left);

  std::vector<std::filesystem::path> written;
  std::vector<std::filesystem::path> read;
  // The same of those in stores that aren't on this machine: "s3://bucket/prefix".
  std::vector<std::string> written_urls;
  std::vector<std::string> read_urls;
  std::map<std::string, connectors::NamedPeople> people;  // by path or URL
};
FileFolders FoldersOf(const Workspace& workspace);

struct ErasedFile {
  std::filesystem::path path;  // or an object's URL
  std::int64_t rows = 0;       // that went
};

// Takes the ids out of files that steps wrote: rows of Parquet files whose columns tell whose they
// are, lines of texts, also compressed (file_rows.h), and texts of JSON (json_texts.h). A file
// takes its new bytes whole; what `_SUCCESS` and other manifests beside it say of it is told anew.
// Files that were taken by whoever sends them on are no exception. A call that was killed is
// finished by the next one. With `only_count` nothing is changed. Throws ExternalError for what the
// file system refuses.
std::vector<ErasedFile> EraseFromFiles(Workspace& workspace, const FileFolders& folders,
                                       const ScratchIds& ids, bool only_count);

}  // namespace weir::cli
