#include "storage/probe_store.h"

#include <filesystem>
#include <functional>
#include <stdexcept>
#include <system_error>

#include "base/error.h"
#include "base/run_id.h"

namespace weir::storage {
namespace {

constexpr auto kText = "weir looks whether this store works";
constexpr auto kOtherText = "a second writer";

class StoreProbe {
 public:
  explicit StoreProbe(ObjectStore& store)
      : store_(store), key_("_weir_probe/" + NewUuid()), absent_key_(key_ + ".absent") {}

  std::vector<StoreAbility> Run() {
    const std::vector<std::filesystem::path> missing = MissingFolders();
    Try("list", "s3:ListBucket", true, [&] { store_.List("_weir_probe/"); });
    const bool writes = Try("write", "s3:PutObject", true, [&] { store_.Put(key_, kText); });
    Try("read", "s3:GetObject", writes, [&] { CheckRead(); });
    const bool puts =
        Try("write if absent", "s3:PutObject with If-None-Match", writes, [&] { CheckAbsent(); });
    Try("delete", "s3:DeleteObject", writes || puts, [&] { CheckDelete(); });
    store_.RemoveEmptyFolders("_weir_probe/");
    for (const std::filesystem::path& folder : missing) {
      std::error_code problem;  // another program may have put something there
      std::filesystem::remove(folder, problem);
    }
    return std::move(abilities_);
  }

 private:
  // Of the root and what it lies in, the innermost first.
  std::vector<std::filesystem::path> MissingFolders() const {
    std::vector<std::filesystem::path> missing;
    if (!store_.is_local()) {
      return missing;
    }
    std::error_code problem;
    std::filesystem::path folder(store_.root());
    if (!folder.has_filename()) {
      folder = folder.parent_path();
    }
    for (; folder.has_relative_path() && !std::filesystem::exists(folder, problem);
         folder = folder.parent_path()) {
      missing.push_back(folder);
    }
    return missing;
  }

  bool Try(const char* name, const char* permission, bool can_be_tried,
           const std::function<void()>& work) {
    StoreAbility ability{.name = name, .permission = permission};
    if (!can_be_tried) {
      ability.problem = "not tried, as nothing could be written";
    } else {
      try {
        work();
        ability.works = true;
      } catch (const std::runtime_error& error) {
        ability.problem = error.what();
      }
    }
    abilities_.push_back(std::move(ability));
    return abilities_.back().works;
  }

  void CheckRead() {
    const auto found = store_.Get(key_);
    if (found != kText || store_.GetRange(key_, 5, 5) != "looks") {
      throw ExternalError("{} isn't read as it was written", store_.Url(key_));
    }
  }

  // Both must hold: the first writer wins, and the second is told.
  void CheckAbsent() {
    if (!store_.PutIfAbsent(absent_key_, kText)) {
      throw ExternalError("{} is refused as if it were there", store_.Url(absent_key_));
    }
    if (store_.PutIfAbsent(absent_key_, kOtherText) || store_.Get(absent_key_) != kText) {
      throw ExternalError(
          "{} is overwritten by a second writer: the server doesn't know If-None-Match, so that "
          "two "
          "commits could both win",
          store_.Url(absent_key_));
    }
  }

  void CheckDelete() {
    store_.Delete(key_);
    store_.Delete(absent_key_);
    if (store_.Head(key_) || store_.Head(absent_key_)) {
      throw ExternalError("{} is still there after it was deleted", store_.Url(key_));
    }
  }

  ObjectStore& store_;
  std::string key_;
  std::string absent_key_;
  std::vector<StoreAbility> abilities_;
};

}  // namespace

std::vector<StoreAbility> ProbeStore(ObjectStore& store) { return StoreProbe(store).Run(); }

}  // namespace weir::storage
