#include "sql/spill_folder.h"

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/log.h"
#include "base/run_id.h"

namespace weir::sql {
namespace {

template <typename Number>
bool ReadNumber(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// Cuts the text before the next '_' off `rest`.
std::string_view NextPart(std::string_view& rest) {
  const std::size_t end = rest.find('_');
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return part;
}

// The process in a name that SpillFolderName() made; absent for any other name.
std::optional<ProcessIdentity> OwnerOf(std::string_view name) {
  ProcessIdentity owner;
  if (NextPart(name) != "spill" || !ReadNumber(NextPart(name), owner.pid) ||
      !ReadNumber(NextPart(name), owner.start)) {
    return std::nullopt;
  }
  owner.boot = NextPart(name);
  NextPart(name);
  owner.host = name;
  return owner;
}

void RemoveFolder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  if (error) {
    LogWarning("spill folder {} can't be removed: {}", folder.string(), error.message());
  }
}

void RemoveLeftovers(const std::filesystem::path& shared) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(shared, error)) {
    const auto owner = OwnerOf(entry.path().filename().string());
    if (owner && LivenessOf(*owner) == Liveness::kDead) {
      RemoveFolder(entry.path());
    }
  }
}

}  // namespace

SpillFolder::SpillFolder(const std::filesystem::path& shared) {
  if (shared.empty()) {
    return;
  }
  std::error_code error;
  std::filesystem::create_directories(shared, error);
  if (error) {
    throw ExternalError("spill folder {} can't be made: {}", shared.string(), error.message());
  }
  RemoveLeftovers(shared);
  path_ = std::filesystem::absolute(shared) / SpillFolderName(CurrentProcess(), NewUuid());
}

SpillFolder::~SpillFolder() {
  if (!path_.empty()) {
    RemoveFolder(path_);
  }
}

std::string SpillFolderName(const ProcessIdentity& process, const std::string& unique) {
  return fmt::format("spill_{}_{}_{}_{}_{}", process.pid, process.start, process.boot, unique,
                     process.host);
}

}  // namespace weir::sql
