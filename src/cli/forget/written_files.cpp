#include "cli/forget/written_files.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/ascii.h"
#include "base/error.h"
#include "base/failpoint.h"
#include "cli/forget/file_rows.h"
#include "cli/forget/files_below.h"
#include "cli/forget/json_texts.h"
#include "cli/forget/objects_at.h"
#include "connectors/files/described_file.h"
#include "connectors/files/file_error.h"
#include "connectors/files/local_path.h"
#include "connectors/files/temporary_target.h"
#include "project/substitution.h"
#include "sql/quote.h"
#include "storage/conditional_put.h"

namespace weir::cli {
namespace {

namespace fs = std::filesystem;
using OrderedJson = nlohmann::ordered_json;

constexpr auto kUnderWay = "_weir/forgetting.json";  // paths of files that are being rewritten

// A path up to the first part that depends on a run's day.
std::string WithoutDays(const std::string& path) {
  std::size_t end = path.size();
  for (const char* name : {"{ds", "{hour", "{start", "{end"}) {
    end = std::min(end, path.find(name));
  }
  return end == path.size() ? path : path.substr(0, path.rfind('/', end) + 1);
}

// The folders, or URLs of stores elsewhere, that a step's settings name.
std::vector<connectors::WrittenFolder> FoldersOfStep(const jobs::JobInstance& instance,
                                                     const project::Step& step,
                                                     const jobs::StepServices& services) {
  std::vector<connectors::WrittenFolder> folders;
  if (step.kind == project::StepKind::kConnector) {
    folders = services.connectors.Find(step.what).WrittenFolders(step.with, services.connections);
  }
  for (connectors::WrittenFolder& folder : folders) {
    folder.path = project::FillText(WithoutDays(folder.path), instance.values);
  }
  return folders;
}

bool IsOnThisMachine(const std::string& place) {
  return place.find("://") == std::string::npos || place.starts_with("file://");
}

bool IsBelow(const fs::path& path, const fs::path& folder) {
  const std::string inner = (path / "").string();
  return inner.starts_with((folder / "").string());
}

std::vector<fs::path> Outermost(std::vector<fs::path> folders) {
  std::ranges::sort(folders);
  std::vector<fs::path> outermost;
  for (const fs::path& folder : folders) {
    if (std::ranges::none_of(outermost,
                             [&](const fs::path& outer) { return IsBelow(folder, outer); })) {
      outermost.push_back(folder);
    }
  }
  return outermost;
}

// JSON of weir's own that has names of runs, files and tables, and never an id.
bool HasNoIds(const fs::path& path) {
  constexpr std::array<std::string_view, 6> kNames = {
      "plan.json", "done.json", "pace.json", "latest.json", "_MANIFEST.json", "registry.json"};
  return std::ranges::find(kNames, path.filename().string()) != kNames.end();
}

// What a manifest says of a file, told anew. False if it says nothing.
bool TellAnew(OrderedJson& json, const fs::path& path, sql::Connection& connection) {
  if (json.is_object() && json.value("name", OrderedJson()) == path.filename().string()) {
    const std::int64_t lines =
        json.contains("lines")
            ? connection.QueryInteger("SELECT count(*) FROM " + connectors::LinesOf(path.string()))
            : 0;
    const OrderedJson now = connectors::DescribedFile(path, lines, connection);
    for (const char* key : {"size", "lines", "sha256"}) {
      if (json.contains(key)) {
        json[key] = now.at(key);
      }
    }
    if (json.contains("bytes")) {
      json["bytes"] = now.at("size");
    }
    return true;
  }
  bool found = false;
  if (json.is_structured()) {
    for (OrderedJson& part : json) {
      found = TellAnew(part, path, connection) || found;
    }
  }
  return found;
}

void TellManifests(const fs::path& path, sql::Connection& connection) {
  for (const auto& entry : fs::directory_iterator(path.parent_path())) {
    if (!EndsInOneOf(entry.path().string(), {"_SUCCESS", ".json"})) {
      continue;
    }
    OrderedJson manifest = connectors::ReadJsonFile(entry.path());
    if (!TellAnew(manifest, path, connection)) {
      continue;
    }
    connectors::TemporaryTarget target(entry.path(), "forget");
    const int indent = entry.path().filename() == "_SUCCESS" ? 1 : 2;
    connectors::WriteJsonFile(target.path(), manifest, indent);
    target.Publish();
    Failpoint("forget:after-manifest");
  }
}

class FileEraser {
 public:
  FileEraser(Workspace& workspace, const FileFolders& folders, const ScratchIds& ids)
      : database_(workspace.lakes().own().database()),
        work_folder_(workspace.project().ScratchFolder() / "work" / "forget"),
        folders_(folders),
        store_(workspace.lakes().own().store()),
        connection_(workspace.lakes().own().connection()),
        ids_(ids) {}

  // Those that hold ids.
  std::vector<ErasedFile> Find() {
    std::vector<fs::path> paths = FilesBelow(folders_.written);
    for (StoredObject& object : ObjectsAt(database_, folders_.written_urls)) {
      paths.emplace_back(object.url);
      objects_.emplace(object.url, std::move(object));
    }
    std::vector<ErasedFile> found;
    for (const fs::path& path : paths) {
      if (const std::int64_t count = CountIn(path); count > 0) {
        found.push_back({.path = path, .rows = count});
      }
    }
    return found;
  }

  void Erase(const std::vector<ErasedFile>& files) {
    OrderedJson paths = OrderedJson::array();
    for (const ErasedFile& file : files) {
      paths.push_back(file.path.string());
    }
    store_.Put(kUnderWay, paths.dump());
    Failpoint("forget:after-journal");
    for (const ErasedFile& file : files) {
      const auto object = objects_.find(file.path.string());
      if (object != objects_.end()) {
        EraseFromObject(object->second);
        Failpoint("forget:after-file");
        continue;
      }
      Rewrite(file.path);
      Failpoint("forget:after-file");
      if (fs::exists(file.path)) {
        TellManifests(file.path, connection_);
      }
    }
    store_.Delete(kUnderWay);
  }

  // What a killed call left.
  void Finish() {
    const auto journal = store_.Get(kUnderWay);
    if (!journal) {
      return;
    }
    for (const OrderedJson& path : OrderedJson::parse(*journal)) {
      if (fs::exists(path.get<std::string>())) {
        TellManifests(path.get<std::string>(), connection_);
      }
    }
    store_.Delete(kUnderWay);
  }

 private:
  connectors::NamedPeople PeopleIn(const fs::path& path) const {
    return folders_.PeopleIn(path).value_or(connectors::NamedPeople::kAnywhere);
  }

  // Of JSON that is more than one value, as files of rows may be, each line is a row.
  std::optional<FileRows> RowsOf(const fs::path& path) {
    return EndsInOneOf(path.string(), {".json"}) && !JsonOf(path)
               ? LineRowsOf(path.string(), ids_, connection_)
               : FileRowsOf(path.string(), PeopleIn(path), ids_, connection_);
  }

  // Rows, or of JSON texts, that name an id.
  std::int64_t CountIn(const fs::path& path) {
    if (std::optional<OrderedJson> json = JsonOf(path)) {
      return TakeTextsOut(*json, PeopleIn(path), ids_.patterns());
    }
    const auto rows = RowsOf(path);
    return rows ? connection_.QueryInteger(
                      fmt::format("SELECT count(*) FROM {} WHERE {}", rows->all, rows->where))
                : 0;
  }

  // Absent if it isn't one JSON value.
  std::optional<OrderedJson> JsonOf(const fs::path& path) {
    std::optional<OrderedJson> json;
    if (!EndsInOneOf(path.string(), {".json"})) {
      return json;
    }
    json.emplace();
    if (HasNoIds(path)) {
      return json;
    }
    const auto object = objects_.find(path.string());
    *json = object == objects_.end()
                ? connectors::ReadJsonFile(path)
                : OrderedJson::parse(object->second.store->Get(object->second.key).value_or(""),
                                     nullptr, false);
    if (json->is_discarded()) {
      json.reset();
    }
    return json;
  }

  void Rewrite(const fs::path& path) {
    if (IsAllGone(path)) {
      fs::remove(path);
      return;
    }
    connectors::TemporaryTarget target(path, "forget");
    if (CopyRest(path, target.path())) {
      target.Publish();
    }
  }

  // Of a file that tells whoever fetches it about people: without any it tells nothing.
  bool IsAllGone(const fs::path& path) {
    const auto rows =
        PeopleIn(path) == connectors::NamedPeople::kByIdentifier ? RowsOf(path) : std::nullopt;
    return rows &&
           connection_.QueryInteger(fmt::format("SELECT count(*) FROM ({})", rows->rest)) == 0;
  }

  // Nothing tells of objects as manifests do of files. Whoever fetches one may take it away while
  // it is read, and it isn't put there again; one that others replace meanwhile is read anew.
  void EraseFromObject(StoredObject object) {
    constexpr int kTries = 5;
    for (int tries = 1; !RewriteObject(object); ++tries) {
      const auto now = object.store->Head(object.key);
      if (!now || CountIn(object.url) == 0) {
        return;
      }
      if (tries == kTries) {
        throw ExternalError("{}: others replaced it each of {} times that it was read", object.url,
                            kTries);
      }
      object.etag = now->etag;
    }
  }

  // By way of a file of this machine, which is gone when it returns. False if the object is another
  // by now, or none.
  bool RewriteObject(const StoredObject& object) {
    if (IsAllGone(object.url)) {
      const auto now = object.store->Head(object.key);
      if (now && now->etag == object.etag) {
        object.store->Delete(object.key);
      }
      return now && now->etag == object.etag;
    }
    const connectors::TemporaryTarget target(work_folder_ / "object", "forget");
    return !CopyRest(object.url, target.path()) ||
           storage::PutFileIfUnchanged(*object.store, object.key, target.path(), object.etag);
  }

  // Copies what names no id; false if it isn't known how.
  bool CopyRest(const fs::path& from, const fs::path& to) {
    if (std::optional<OrderedJson> json = JsonOf(from)) {
      TakeTextsOut(*json, PeopleIn(from), ids_.patterns());
      connectors::WriteJsonFile(to, *json, -1);
      return true;
    }
    const auto rows = RowsOf(from);
    if (rows) {
      connection_.Run(fmt::format("COPY ({}) TO {} ({}, USE_TMP_FILE false)", rows->rest,
                                  sql::QuoteText(to.string()), rows->format));
    }
    return rows.has_value();
  }

  sql::Database& database_;
  fs::path work_folder_;
  const FileFolders& folders_;
  std::map<std::string, StoredObject> objects_;  // that may be rewritten, by URL
  storage::ObjectStore& store_;
  sql::Connection& connection_;
  const ScratchIds& ids_;
};

}  // namespace

std::optional<connectors::NamedPeople> FileFolders::PeopleIn(const fs::path& path) const {
  const std::string text = path.string();
  std::size_t longest = 0;
  std::optional<connectors::NamedPeople> found;
  for (const auto& [place, named] : people) {
    const std::string folder(WithoutEndSlashes(place));
    if ((text == folder || text.starts_with(folder + "/")) && place.size() > longest) {
      longest = place.size();
      found = named;
    }
  }
  return found;
}

void FileFolders::Add(const connectors::WrittenFolder& folder, const fs::path& project_folder,
                      bool is_left) {
  const bool is_stored = connectors::IsS3Url(folder.path);
  if (!is_stored && !IsOnThisMachine(folder.path)) {
    return;
  }
  std::string place = folder.path;
  if (is_stored) {
    (is_left ? read_urls : written_urls).push_back(place);
  } else {
    const fs::path path = connectors::LocalPath(project_folder, folder.path);
    (is_left ? read : written).push_back(path);
    place = path.string();
  }
  const auto known = people.emplace(place, folder.people);
  if (!is_left && known.first->second == connectors::NamedPeople::kAnywhere) {
    known.first->second = folder.people;
  }
}

FileFolders FoldersOf(const Workspace& workspace) {
  FileFolders folders;
  for (const jobs::JobInstance& instance : workspace.instances()) {
    for (const project::Step& step : instance.job->steps) {
      // Lines of a topic have numbers that others count by: whoever writes one leaves it to time.
      const bool is_left = step.in.empty() || step.what == "topic";
      for (const auto& folder : FoldersOfStep(instance, step, workspace.steps())) {
        folders.Add(folder, workspace.project().folder, is_left);
      }
    }
  }
  const auto is_written = [](const auto& written) {
    return [&](const auto& place) { return std::ranges::find(written, place) != written.end(); };
  };
  std::erase_if(folders.read, is_written(folders.written));
  folders.written = Outermost(std::move(folders.written));
  folders.read = Outermost(std::move(folders.read));
  for (std::vector<std::string>* urls : {&folders.written_urls, &folders.read_urls}) {
    std::ranges::sort(*urls);
    urls->erase(std::ranges::unique(*urls).begin(), urls->end());
  }
  std::erase_if(folders.read_urls, is_written(folders.written_urls));
  return folders;
}

std::vector<ErasedFile> EraseFromFiles(Workspace& workspace, const FileFolders& folders,
                                       const ScratchIds& ids, bool only_count) {
  return connectors::WithFileErrors([&] {
    FileEraser eraser(workspace, folders, ids);
    if (!only_count) {
      eraser.Finish();
    }
    std::vector<ErasedFile> found = eraser.Find();
    if (!only_count && !found.empty()) {
      eraser.Erase(found);
    }
    return found;
  });
}

}  // namespace weir::cli
