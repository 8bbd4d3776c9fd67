#include "cli/forget/byte_search.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/forget/file_rows.h"
#include "cli/forget/files_below.h"
#include "cli/forget/json_texts.h"
#include "cli/forget/objects_at.h"
#include "connectors/files/file_error.h"
#include "sql/quote.h"

namespace weir::cli {
namespace {

namespace fs = std::filesystem;
using connectors::NamedPeople;

constexpr std::size_t kBlock = 1U << 24U;  // bytes of a file that are searched at a time

constexpr auto kFileColumn = "weir_file";

// Where the files of a table's partitions lie together.
fs::path WithoutPartitions(const fs::path& folder) {
  return folder.filename().string().find('=') == std::string::npos
             ? folder
             : WithoutPartitions(folder.parent_path());
}

// A condition that is true for the rows of `from` that hold one; empty if none can.
std::string RowCondition(sql::Connection& connection, const std::string& from,
                         const ScratchIds& ids) {
  const Schema schema = connection.Describe("FROM " + from);
  const auto rows = FindPersonalRows(schema, ids);
  std::vector<std::string> conditions;
  if (rows) {
    conditions.push_back(rows->where);
  }
  for (const Field& field : schema.fields) {
    const TypeKind kind = field.type.kind;
    const bool has_bytes =
        kind == TypeKind::kString || kind == TypeKind::kBinary || field.type.IsNested();
    if (has_bytes && field.name != kFileColumn && !(rows && rows->judged.contains(field.name))) {
      const std::string name = sql::QuoteName(field.name);
      conditions.push_back(ids.patterns().Condition(
          TextKind::kBytes,
          kind == TypeKind::kString ? name : fmt::format("CAST({} AS VARCHAR)", name)));
    }
  }
  return fmt::to_string(fmt::join(conditions, " OR "));
}

// Those of some Parquet files that hold one.
std::vector<fs::path> ParquetFound(sql::Connection& connection, const std::vector<fs::path>& paths,
                                   const ScratchIds& ids) {
  std::vector<std::string> names;
  names.reserve(paths.size());
  for (const fs::path& path : paths) {
    names.push_back(path.string());
  }
  const std::string files = fmt::format(
      "read_parquet({}, hive_partitioning = false, union_by_name = true, filename = {})",
      sql::QuoteTexts(names), sql::QuoteText(kFileColumn));
  std::vector<fs::path> found;
  if (const std::string condition = RowCondition(connection, files, ids); !condition.empty()) {
    for (const auto& row : connection
                               .Query(fmt::format("SELECT DISTINCT {} FROM {} WHERE {}",
                                                  kFileColumn, files, condition))
                               .Rows()) {
      found.emplace_back(std::get<std::string>(row.at(0)));
    }
  }
  return found;
}

bool AvroHolds(sql::Connection& connection, const fs::path& path, const ScratchIds& ids) {
  const std::string file = fmt::format("read_avro({})", sql::QuoteText(path.string()));
  const std::string condition = RowCondition(connection, file, ids);
  return !condition.empty() &&
         connection.QueryInteger(fmt::format(
             "SELECT count(*) FROM (SELECT 1 FROM {} WHERE {} LIMIT 1)", file, condition)) > 0;
}

// Lines whose layout is known are judged by that, as they were when they went.
bool LinesHold(sql::Connection& connection, const std::string& name, connectors::NamedPeople people,
               const ScratchIds& ids) {
  const auto rows = FileRowsOf(name, people, ids, connection);
  return rows && connection.QueryInteger(
                     fmt::format("SELECT count(*) FROM (SELECT 1 FROM {} WHERE {} LIMIT 1)",
                                 rows->all, rows->found)) > 0;
}

// A file of this machine, or an object of a store.
struct Searched {
  std::string name;  // a path, or a URL that DuckDB opens
  std::int64_t size = 0;
  std::shared_ptr<const storage::ObjectStore> store{};  // of objects
  std::string key{};

  std::string suffix() const { return fs::path(name).extension().string(); }
};

// Blocks overlap, so that an id across two of them is found. A letter stands for what isn't there
// at a block's beginning and end: what a token begins or ends with is seen with the other block.
// `read` gives the bytes from an offset on, fewer than asked for at the end alone.
template <typename Read>
bool BlocksHold(const IdPatterns& patterns, const Read& read) {
  std::string bytes;
  for (std::size_t offset = 0;; offset += kBlock) {
    bytes.erase(0, bytes.size() - std::min(bytes.size(), patterns.longest()));
    if (!bytes.empty()) {
      bytes.front() = 'a';
    }
    const std::string block = read(offset);
    bytes += block;
    const bool is_last = block.size() < kBlock;
    bytes += is_last ? "" : "a";
    if (patterns.StandIn(TextKind::kBytes, bytes)) {
      return true;
    }
    if (is_last) {
      return false;
    }
    bytes.pop_back();
  }
}

bool BytesHold(const Searched& searched, const ScratchIds& ids) {
  if (searched.store) {
    return BlocksHold(ids.patterns(), [&](std::size_t offset) {
      return std::cmp_less(offset, searched.size)
                 ? searched.store->GetRange(searched.key, offset, kBlock)
                 : std::string();
    });
  }
  std::ifstream file(searched.name, std::ios::binary);
  return BlocksHold(ids.patterns(), [&](std::size_t /*offset*/) {
    std::string block(kBlock, '\0');
    file.read(block.data(), static_cast<std::streamsize>(kBlock));
    block.resize(static_cast<std::size_t>(file.gcount()));
    return block;
  });
}

std::vector<Searched> AllAt(sql::Database& database, const SearchedPlaces& places) {
  std::vector<Searched> all;
  for (const fs::path& path : FilesBelow(places.folders)) {
    all.push_back({.name = path.string(), .size = static_cast<std::int64_t>(fs::file_size(path))});
  }
  for (StoredObject& object : ObjectsAt(database, places.urls)) {
    all.push_back({.name = std::move(object.url),
                   .size = object.size,
                   .store = std::move(object.store),
                   .key = std::move(object.key)});
  }
  return all;
}

std::string BytesOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Whether a message in JSON of ours names one; logs of tables have none.
bool MessagesHold(const Searched& searched, const IdPatterns& patterns) {
  constexpr std::int64_t kMostBytes = 1 << 26;
  if (searched.suffix() != ".json" || searched.size > kMostBytes ||
      searched.name.find("/_delta_log/") != std::string::npos) {
    return false;
  }
  const std::string text = searched.store ? searched.store->GetRange(searched.key, 0, kMostBytes)
                                          : BytesOf(searched.name);
  const auto json = nlohmann::ordered_json::parse(text, nullptr, false);
  return !json.is_discarded() && HasMessageOf(json, patterns);
}

// Whether a file that isn't Parquet holds one.
bool Holds(sql::Database& database, sql::Connection& connection, const Searched& searched,
           const SearchedPlaces& places, const ScratchIds& ids) {
  const std::string suffix = searched.suffix();
  if (suffix == ".avro") {
    database.LoadExtension("avro");
    return AvroHolds(connection, searched.name, ids);
  }
  const auto people = places.written.PeopleIn(searched.name);
  if (suffix == ".gz" || suffix == ".zst") {
    return LinesHold(connection, searched.name, people.value_or(NamedPeople::kAnywhere), ids);
  }
  // Lines whose layout is known are judged by that alone.
  const bool has_layout = people && *people != NamedPeople::kAnywhere &&
                          FileRowsOf(searched.name, *people, ids, connection).has_value();
  return (!has_layout && BytesHold(searched, ids)) || MessagesHold(searched, ids.patterns()) ||
         (people && LinesHold(connection, searched.name, *people, ids));
}

}  // namespace

ByteSearch SearchForIds(lake::Warehouse& warehouse, const SearchedPlaces& places,
                        const ScratchIds& ids) {
  sql::Database& database = warehouse.database();
  sql::Connection& connection = warehouse.connection();
  ByteSearch search{.ordinary = static_cast<std::int64_t>(ids.patterns().num_ordinary())};
  std::map<fs::path, std::vector<fs::path>>
      tables;  // Parquet files of one folder are read together
  for (const Searched& searched : AllAt(database, places)) {
    if (searched.size == 0) {
      continue;
    }
    search.files += 1;
    search.bytes += searched.size;
    if (searched.suffix() == ".parquet") {
      tables[WithoutPartitions(fs::path(searched.name).parent_path())].emplace_back(searched.name);
    } else if (Holds(database, connection, searched, places, ids)) {
      search.found.emplace_back(searched.name);
    }
  }
  for (const auto& [folder, paths] : tables) {
    std::ranges::move(ParquetFound(connection, paths, ids), std::back_inserter(search.found));
  }
  std::ranges::sort(search.found);
  return search;
}

}  // namespace weir::cli
