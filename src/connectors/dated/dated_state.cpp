#include "connectors/dated/dated_state.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <set>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/percent.h"
#include "connectors/files/described_file.h"
#include "connectors/files/sorted_rows.h"
#include "connectors/files/temporary_target.h"
#include "sql/quote.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr auto kSuccess = "_SUCCESS";
constexpr auto kManifest = "_MANIFEST.json";
constexpr auto kLatest = "latest";

void WriteDurably(const fs::path& path, const std::string& text, const std::string& run_id) {
  TemporaryTarget target(path, run_id);
  std::ofstream(target.path(), std::ios::binary) << text;
  target.Publish();
}

class StateWriter {
 public:
  StateWriter(const DatedState& state, sql::Connection& connection)
      : state_(state),
        connection_(connection),
        dated_(state.root / state.day / state.partition),
        latest_(state.root / kLatest / state.partition) {}

  std::int64_t Write(const std::string& relation) {
    const SortedRows rows(connection_, "dated_files", relation, state_.sort_by);
    WriteDay(rows);
    Failpoint("dated:after-day");
    if (MovesLatest()) {
      MoveLatest();
    }
    RemoveOldDays();
    return rows.size();
  }

 private:
  // The folder takes its place whole, so `_SUCCESS` is never beside other files than its own.
  void WriteDay(const SortedRows& rows) {
    TemporaryTarget folder(dated_, state_.run_id);
    fs::create_directories(folder.path());
    const std::int64_t files =
        std::max<std::int64_t>(1, (rows.size() + state_.rows_of_file - 1) / state_.rows_of_file);
    for (std::int64_t file = 0; file < files; ++file) {
      const fs::path path = folder.path() / fmt::format("part-{:05}.parquet", file);
      connection_.Run(
          fmt::format("COPY ({}) TO {} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)",
                      rows.Select(file * state_.rows_of_file, (file + 1) * state_.rows_of_file),
                      sql::QuoteText(path.string())));
      parts_.push_back(path.filename().string());
      Failpoint("dated:after-part");
    }
    std::ofstream(folder.path() / kSuccess).close();
    Failpoint("dated:before-day");
    folder.Publish();
  }

  // A day that is written again after later ones leaves `latest` alone.
  bool MovesLatest() const {
    const nlohmann::ordered_json manifest = ReadJsonFile(latest_ / kManifest);
    return !manifest.is_object() || manifest.value("day", "") <= state_.day;
  }

  void MoveLatest() {
    fs::create_directories(latest_);
    Json files = Json::array();
    std::set<std::string> names{kManifest};
    for (const std::string& part : parts_) {
      const std::string name = LatestName(part);
      Link(dated_ / part, latest_ / name);
      files.push_back({{"name", name}, {"bytes", fs::file_size(latest_ / name)}});
      names.insert(name);
      Failpoint("dated:after-link");
    }
    MakeDurable(latest_);
    const Json manifest{{"format", 1},
                        {"day", state_.day},
                        {"partition", state_.partition},
                        {"run", state_.run_id},
                        {"files", files}};
    WriteDurably(latest_ / kManifest, manifest.dump(2) + "\n", state_.run_id);
    Failpoint("dated:after-manifest");
    for (const fs::path& path : EntriesOf(latest_)) {
      if (!names.contains(path.filename().string())) {
        fs::remove_all(path);
        Failpoint("dated:after-removal");
      }
    }
  }

  // "part-00000.<run>.parquet".
  std::string LatestName(const std::string& part) const {
    const fs::path path(part);
    return fmt::format("{}.{}{}", path.stem().string(), PercentEncode(state_.run_id),
                       path.extension().string());
  }

  // The same bytes under another name; a copy where the file system can't do that.
  static void Link(const fs::path& from, const fs::path& to) {
    fs::remove(to);
    std::error_code refused;
    fs::create_hard_link(from, to, refused);
    if (refused) {
      fs::copy_file(from, to);
      MakeDurable(to);
    }
  }

  static std::vector<fs::path> EntriesOf(const fs::path& folder) {
    std::vector<fs::path> entries;
    for (const auto& entry : fs::directory_iterator(folder)) {
      entries.push_back(entry.path());
    }
    std::ranges::sort(entries);
    return entries;
  }

  void RemoveOldDays() {
    std::vector<fs::path> days;
    for (const fs::path& path : EntriesOf(state_.root)) {
      if (ParseDate(path.filename().string()) && fs::exists(path / state_.partition)) {
        days.push_back(path);
      }
    }
    for (std::int64_t old = 0; old < std::ssize(days) - state_.keep; ++old) {
      const fs::path& day = days[static_cast<std::size_t>(old)];
      fs::remove(day / state_.partition / kSuccess);
      Failpoint("dated:in-old-day");
      for (const fs::path& path : EntriesOf(day)) {
        const std::string name = path.filename().string();
        if (name == state_.partition || name.starts_with("." + state_.partition + ".")) {
          fs::remove_all(path);
        }
      }
      std::error_code still_used;
      fs::remove(day, still_used);
    }
  }

  const DatedState& state_;
  sql::Connection& connection_;
  fs::path dated_;
  fs::path latest_;
  std::vector<std::string> parts_;
};

}  // namespace

std::int64_t WriteDatedState(const DatedState& state, sql::Connection& connection,
                             const std::string& relation) {
  return WithFileErrors([&] { return StateWriter(state, connection).Write(relation); });
}

}  // namespace weir::connectors
