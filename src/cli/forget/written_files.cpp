#include "cli/forget/written_files.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/failpoint.h"
#include "cli/forget/files_below.h"
#include "cli/forget/json_texts.h"
#include "cli/forget/objects_at.h"
#include "connectors/files/described_file.h"
#include "connectors/files/file_error.h"
#include "connectors/files/local_path.h"
#include "connectors/files/temporary_target.h"
#include "project/substitution.h"
#include "sql/quote.h"

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
std::vector<std::string> PlacesOfStep(const jobs::JobInstance& instance,
                                      const project::Step& step) {
  std::vector<std::string> places;
  if (step.kind != project::StepKind::kConnector || !step.with.is_object()) {
    return places;
  }
  for (const char* setting : {"path", "journal"}) {
    const auto named = step.with.find(setting);
    if (named != step.with.end() && named->is_string()) {
      places.push_back(project::FillText(WithoutDays(named->get<std::string>()), instance.values));
    }
  }
  return places;
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

bool EndsInOneOf(const fs::path& path, std::initializer_list<std::string_view> suffixes) {
  const std::string name = path.filename().string();
  return std::ranges::any_of(suffixes,
                             [&](std::string_view suffix) { return name.ends_with(suffix); });
}

// How the rows of a file that name an id are found, and how the others are written again.
struct FileRows {
  std::string all;    // SQL in FROM
  std::string where;  // of the rows that go
  std::string rest;   // SELECT of the others, in their order
  std::string format;
};

std::optional<FileRows> ParquetRows(const fs::path& path, const ScratchIds& ids,
                                    sql::Connection& connection) {
  const std::string file =
      fmt::format("read_parquet({}, hive_partitioning = false)", sql::QuoteText(path.string()));
  const auto rows = FindPersonalRows(connection.Describe("FROM " + file), ids);
  if (!rows || !rows->empty_column.empty()) {
    return std::nullopt;
  }
  return FileRows{.all = file,
                  .where = rows->where,
                  .rest = fmt::format("SELECT * FROM {} WHERE NOT {}", file, rows->where),
                  .format = "FORMAT parquet, COMPRESSION zstd"};
}

// Fields stand between tabs and the marks that formats of texts have.
FileRows LineRows(const fs::path& path, const ScratchIds& ids) {
  const std::string lines = connectors::LinesOf(path.string());
  const std::string where = fmt::format(
      "coalesce(list_has_any(string_split_regex(line, '[\\t,;:#^\"]'), (SELECT list(text) FROM "
      "{})), "
      "false)",
      ids.texts());
  const char* compression = EndsInOneOf(path, {".gz"})    ? "gzip"
                            : EndsInOneOf(path, {".zst"}) ? "zstd"
                                                          : "none";
  return {.all = lines,
          .where = where,
          .rest = fmt::format("SELECT line FROM {} WHERE NOT {} ORDER BY number", lines, where),
          .format = fmt::format("FORMAT csv, HEADER false, DELIMITER '\t', QUOTE '', ESCAPE '', "
                                "COMPRESSION {}",
                                compression)};
}

std::optional<FileRows> FileRowsOf(const fs::path& path, const ScratchIds& ids,
                                   sql::Connection& connection) {
  if (EndsInOneOf(path, {".parquet"})) {
    return ParquetRows(path, ids, connection);
  }
  const bool has_lines =
      EndsInOneOf(path, {".gz", ".zst", ".tsv", ".csv", ".ndjson", ".jsonl", ".txt"});
  return has_lines ? std::optional(LineRows(path, ids)) : std::nullopt;
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
    if (!EndsInOneOf(entry.path(), {"_SUCCESS", ".json"})) {
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
  FileEraser(Workspace& workspace, const ScratchIds& ids)
      : database_(workspace.lakes().own().database()),
        work_folder_(workspace.project().folder / ".weir" / "work" / "forget"),
        store_(workspace.lakes().own().store()),
        connection_(workspace.lakes().own().connection()),
        ids_(ids),
        texts_(Texts()) {}

  // Those that hold ids.
  std::vector<ErasedFile> Find(const FileFolders& folders) {
    std::vector<fs::path> paths = FilesBelow(folders.written);
    for (StoredObject& object : ObjectsAt(database_, folders.written_urls)) {
      if (!EndsInOneOf(object.url, {".json"})) {
        paths.emplace_back(object.url);
        objects_.emplace(object.url, std::move(object));
      }
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
        RewriteObject(object->second);
        Failpoint("forget:after-file");
        continue;
      }
      Rewrite(file.path);
      Failpoint("forget:after-file");
      TellManifests(file.path, connection_);
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
  std::vector<std::string> Texts() const {
    std::vector<std::string> texts;
    for (const auto& row : connection_.Query("SELECT text FROM " + ids_.texts()).Rows()) {
      texts.push_back(std::get<std::string>(row.at(0)));
    }
    return texts;
  }

  // Rows, or of JSON texts, that name an id.
  std::int64_t CountIn(const fs::path& path) {
    if (EndsInOneOf(path, {".json"})) {
      OrderedJson json = connectors::ReadJsonFile(path);
      return TakeTextsOut(json, texts_);
    }
    const auto rows = FileRowsOf(path, ids_, connection_);
    return rows ? connection_.QueryInteger(
                      fmt::format("SELECT count(*) FROM {} WHERE {}", rows->all, rows->where))
                : 0;
  }

  void Rewrite(const fs::path& path) {
    if (EndsInOneOf(path, {".json"})) {
      OrderedJson json = connectors::ReadJsonFile(path);
      TakeTextsOut(json, texts_);
      connectors::TemporaryTarget target(path, "forget");
      connectors::WriteJsonFile(target.path(), json, -1);
      target.Publish();
      return;
    }
    connectors::TemporaryTarget target(path, "forget");
    if (CopyRest(path, target.path())) {
      target.Publish();
    }
  }

  // By way of a file of this machine, which is gone when it returns. Nothing tells of objects as
  // manifests do of files.
  void RewriteObject(const StoredObject& object) {
    const connectors::TemporaryTarget target(work_folder_ / "object", "forget");
    if (CopyRest(object.url, target.path())) {
      object.store->PutFile(object.key, target.path());
    }
  }

  // Copies the rows that name no id; false if it isn't known how.
  bool CopyRest(const fs::path& from, const fs::path& to) {
    const auto rows = FileRowsOf(from, ids_, connection_);
    if (rows) {
      connection_.Run(fmt::format("COPY ({}) TO {} ({}, USE_TMP_FILE false)", rows->rest,
                                  sql::QuoteText(to.string()), rows->format));
    }
    return rows.has_value();
  }

  sql::Database& database_;
  fs::path work_folder_;
  std::map<std::string, StoredObject> objects_;  // that may be rewritten, by URL
  storage::ObjectStore& store_;
  sql::Connection& connection_;
  const ScratchIds& ids_;
  std::vector<std::string> texts_;
};

}  // namespace

FileFolders FoldersOf(const Workspace& workspace) {
  FileFolders folders;
  for (const jobs::JobInstance& instance : workspace.instances()) {
    for (const project::Step& step : instance.job->steps) {
      // Lines of a topic have numbers that others count by: whoever writes one leaves it to time.
      const bool is_left = step.in.empty() || step.what == "topic";
      for (const std::string& place : PlacesOfStep(instance, step)) {
        if (connectors::IsS3Url(place)) {
          (is_left ? folders.read_urls : folders.written_urls).push_back(place);
        } else if (IsOnThisMachine(place)) {
          (is_left ? folders.read : folders.written)
              .push_back(connectors::LocalPath(workspace.project().folder, place));
        }
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
    FileEraser eraser(workspace, ids);
    if (!only_count) {
      eraser.Finish();
    }
    std::vector<ErasedFile> found = eraser.Find(folders);
    if (!only_count && !found.empty()) {
      eraser.Erase(found);
    }
    return found;
  });
}

}  // namespace weir::cli
