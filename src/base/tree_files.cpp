#include "base/tree_files.h"

#include <algorithm>
#include <system_error>

namespace weir {
namespace {

namespace fs = std::filesystem;

class TreeWalk {
 public:
  explicit TreeWalk(const std::function<bool(const std::string& name)>& skips) : skips_(skips) {}

  void Enter(const fs::path& folder) {
    std::error_code problem;
    const fs::path real = fs::canonical(folder, problem);
    if (problem || std::ranges::find(inside_, real) != inside_.end()) {
      return;
    }
    inside_.push_back(real);
    for (fs::directory_iterator entry(folder, problem), end; !problem && entry != end;
         entry.increment(problem)) {
      Take(*entry);
    }
    inside_.pop_back();
  }

  std::vector<fs::path> Sorted() {
    std::ranges::sort(files_);
    return std::move(files_);
  }

 private:
  void Take(const fs::directory_entry& entry) {
    std::error_code problem;
    if (skips_(entry.path().filename().string())) {
      return;
    }
    if (entry.is_directory(problem)) {
      Enter(entry.path());
    } else {
      files_.push_back(entry.path());
    }
  }

  const std::function<bool(const std::string& name)>& skips_;
  std::vector<fs::path> inside_;  // the folders that lead to here, as they really are
  std::vector<fs::path> files_;
};

}  // namespace

std::vector<fs::path> TreeFiles(const fs::path& folder,
                                const std::function<bool(const std::string& name)>& skips) {
  TreeWalk walk(skips);
  walk.Enter(folder);
  return walk.Sorted();
}

}  // namespace weir
