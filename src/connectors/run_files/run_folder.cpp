#include "connectors/run_files/run_folder.h"

#include <algorithm>
#include <set>
#include <system_error>
#include <tuple>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/ascii.h"
#include "base/failpoint.h"
#include "base/percent.h"
#include "connectors/files/described_file.h"
#include "connectors/files/sorted_rows.h"
#include "connectors/files/temporary_target.h"
#include "sql/quote.h"
#include "storage/local_store.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;
using OrderedJson = nlohmann::ordered_json;

constexpr auto kPointerFile = "latest.json";
constexpr auto kLatestFolder = "latest";
constexpr auto kRunManifest = "_MANIFEST.json";
constexpr auto kLockFile = ".lock";

std::string FieldText(const OrderedJson& json, const char* name) {
  return json.is_object() && json.contains(name) && json[name].is_string()
             ? json[name].get<std::string>()
             : "";
}

// RFC 6901.
std::string JsonPointer(const std::string& key) {
  std::string pointer = "/";
  for (const char letter : key) {
    pointer += letter == '~' ? "~0" : letter == '/' ? "~1" : std::string(1, letter);
  }
  return pointer;
}

// A folder that holds a run's files, by its own manifest.
struct KeptFolder {
  std::string day;
  std::string run_id;
  fs::path path;

  // Runs of one interval differ in the number at the end of their ids.
  auto age() const { return std::tuple(day, run_id.size(), run_id); }
};

class RunWriter {
 public:
  RunWriter(const RunFolder& run, sql::Connection& connection)
      : run_(run),
        connection_(connection),
        folder_(run.root / PercentEncode(run.run_id)),
        latest_(run.latest.empty() ? run.root / kLatestFolder : run.latest) {
    latest_ =
        latest_.has_filename() ? latest_ : latest_.parent_path();  // without a slash at its end
  }

  std::optional<std::int64_t> Write() {
    if (FieldText(ReadJsonFile(run_.root / kPointerFile), "ds") > run_.day) {
      return std::nullopt;
    }
    RemoveLeftovers();
    const std::int64_t rows = WriteFolder();
    Failpoint("run_files:after-folder");
    WritePointer();
    Failpoint("run_files:after-pointer");
    WriteLatest();
    Failpoint("run_files:after-latest");
    RemoveOldRuns();
    return rows;
  }

 private:
  // Of writers that were killed; none is at work besides this one.
  void RemoveLeftovers() const {
    RemoveLeftovers(run_.root, "");
    if (latest_.parent_path() != run_.root && fs::is_directory(latest_.parent_path())) {
      RemoveLeftovers(latest_.parent_path(), latest_.filename().string());
    }
  }

  // Those for targets whose names begin with `target`.
  static void RemoveLeftovers(const fs::path& folder, const std::string& target) {
    for (const auto& path : EntriesOf(folder)) {
      const std::string name = path.filename().string();
      if (name.starts_with("." + target) && name.find(".weir-") != std::string::npos) {
        fs::remove_all(path);
      }
    }
  }

  std::int64_t WriteFolder() {
    TemporaryTarget folder(folder_, run_.run_id);
    fs::create_directories(folder.path());
    std::int64_t rows = 0;
    OrderedJson files = OrderedJson::array();
    for (const auto& [name, relation] : run_.relations) {
      const fs::path path = folder.path() / (name + ".tsv");
      rows += WriteFile(relation, path);
      files.push_back(DescribedFile(path, LinesIn(path), connection_));
      Failpoint("run_files:after-file");
    }
    manifest_ = OrderedJson{{"format", 1},
                            {"folder", folder_.filename().string()},
                            {"ds", run_.day},
                            {"run_id", run_.run_id},
                            {"files", std::move(files)}};
    WriteJsonFile(folder.path() / kRunManifest, manifest_);
    Failpoint("run_files:before-folder");
    folder.Publish();
    return rows;
  }

  std::int64_t WriteFile(const std::string& relation, const fs::path& path) {
    const SortedRows rows(connection_, "run_files", relation, {});
    connection_.Run(
        fmt::format("COPY ({}) TO {} (FORMAT csv, HEADER true, DELIMITER '\t', USE_TMP_FILE false)",
                    Spread(rows), sql::QuoteText(path.string())));
    return rows.size();
  }

  // The rows; with the keys of the column `spread`, where they have it, as columns of their own
  // behind the others.
  std::string Spread(const SortedRows& rows) {
    std::string select = rows.Select(0, rows.size());
    const std::set<std::string> columns = ColumnsOf(rows.name());
    if (!columns.contains(LowerCase(run_.spread))) {
      return select;
    }
    const std::string spread = sql::QuoteName(run_.spread);
    std::string more;
    sql::Result keys = connection_.Query(fmt::format(
        "SELECT DISTINCT unnest(json_keys({})) AS key FROM {} ORDER BY key", spread, rows.name()));
    for (const auto& row : keys.Rows()) {
      const auto& key = std::get<std::string>(row[0]);
      const std::string name = columns.contains(LowerCase(key)) ? run_.spread + "_" + key : key;
      more += fmt::format(", json_extract_string({}, {}) AS {}", spread,
                          sql::QuoteText(JsonPointer(key)), sql::QuoteName(name));
    }
    return fmt::format("SELECT * EXCLUDE ({}){} FROM ({})", spread, more, select);
  }

  // In lower case.
  std::set<std::string> ColumnsOf(const std::string& table) {
    std::set<std::string> names;
    for (const auto& row :
         connection_.Query(fmt::format("SELECT lower(column_name) FROM (DESCRIBE {})", table))
             .Rows()) {
      names.insert(std::get<std::string>(row[0]));
    }
    return names;
  }

  // Also those within quoted fields.
  std::int64_t LinesIn(const fs::path& path) {
    return std::get<std::int64_t>(
        connection_
            .Query(fmt::format("SELECT octet_length(content) - octet_length(encode(replace("
                               "decode(content), chr(10), ''))) FROM read_blob({})",
                               sql::QuoteText(path.string())))
            .Cell());
  }

  void WritePointer() const {
    TemporaryTarget target(run_.root / kPointerFile, run_.run_id);
    WriteJsonFile(target.path(), manifest_);
    Failpoint("run_files:before-pointer");
    target.Publish();
  }

  void WriteLatest() const {
    fs::create_directories(latest_.parent_path());
    TemporaryTarget target(latest_, run_.run_id);
    fs::copy(folder_, target.path());
    Failpoint("run_files:before-latest");
    target.Publish();
  }

  // A folder's manifest goes last, so that a removal that was cut short goes on.
  void RemoveOldRuns() const {
    std::vector<KeptFolder> runs = KeptFolders();
    const std::ptrdiff_t surplus = std::ssize(runs) - run_.keep;
    for (std::ptrdiff_t old = 0; old < surplus; ++old) {
      const fs::path& folder = runs[static_cast<std::size_t>(old)].path;
      const OrderedJson manifest = ReadJsonFile(folder / kRunManifest);
      for (const OrderedJson& file : manifest.at("files")) {
        fs::remove(folder / fs::path(FieldText(file, "name")).filename());
        Failpoint("run_files:in-old-run");
      }
      fs::remove(folder / kRunManifest);
      std::error_code not_empty;
      fs::remove(folder, not_empty);
    }
  }

  // Those of runs, the oldest first.
  std::vector<KeptFolder> KeptFolders() const {
    std::vector<KeptFolder> runs;
    for (const fs::path& path : EntriesOf(run_.root)) {
      const OrderedJson manifest = ReadJsonFile(path / kRunManifest);
      const bool is_own = FieldText(manifest, "folder") == path.filename().string();
      if (is_own && manifest.contains("files") && manifest["files"].is_array()) {
        runs.push_back({FieldText(manifest, "ds"), FieldText(manifest, "run_id"), path});
      }
    }
    std::ranges::sort(runs, {}, &KeptFolder::age);
    return runs;
  }

  static std::vector<fs::path> EntriesOf(const fs::path& folder) {
    std::vector<fs::path> entries;
    for (const auto& entry : fs::directory_iterator(folder)) {
      entries.push_back(entry.path());
    }
    return entries;
  }

  const RunFolder& run_;
  sql::Connection& connection_;
  fs::path folder_;
  fs::path latest_;
  OrderedJson manifest_;
};

}  // namespace

std::optional<std::int64_t> WriteRunFolder(const RunFolder& run, sql::Connection& connection) {
  return WithFileErrors([&] {
    fs::create_directories(run.root);
    storage::LocalStore store(run.root);
    const auto lock = store.Lock(kLockFile);
    return RunWriter(run, connection).Write();
  });
}

}  // namespace weir::connectors
