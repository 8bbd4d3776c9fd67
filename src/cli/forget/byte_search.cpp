#include "cli/forget/byte_search.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/ascii.h"
#include "cli/forget/files_below.h"
#include "cli/forget/objects_at.h"
#include "connectors/files/file_error.h"
#include "sql/quote.h"

namespace weir::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kShortId = 8;         // bytes; shorter ones stand in other words by chance
constexpr std::size_t kIdsOfPattern = 200;  // of one regular expression
constexpr std::size_t kBlock = 1U << 24U;   // bytes of a file that are searched at a time

constexpr auto kFileColumn = "weir_file";

bool IsWordByte(char byte) {
  const char lower = LowerLetter(byte);
  return IsDigit(byte) || (lower >= 'a' && lower <= 'z');
}

// The searched texts, as regular expressions for SQL and as bytes.
class Needles {
 public:
  explicit Needles(const std::vector<PersonId>& ids) {
    std::set<std::string> texts;
    for (const PersonId& id : ids) {
      texts.insert(id.user_id);
    }
    texts_.assign(texts.begin(), texts.end());
    for (std::size_t begin = 0; begin < texts_.size(); begin += kIdsOfPattern) {
      std::vector<std::string> parts;
      const std::size_t end = std::min(begin + kIdsOfPattern, texts_.size());
      for (std::size_t i = begin; i < end; ++i) {
        parts.push_back(PatternOf(texts_[i]));
      }
      patterns_.push_back(fmt::to_string(fmt::join(parts, "|")));
    }
    for (const std::string& text : texts_) {
      longest_ = std::max(longest_, text.size());
      searchers_.emplace_back(text.begin(), text.end());
    }
  }

  // SQL that is true where the text `value` holds one.
  std::string Condition(const std::string& value) const {
    std::vector<std::string> parts;
    parts.reserve(patterns_.size());
    for (const std::string& pattern : patterns_) {
      parts.push_back(fmt::format("regexp_matches({}, {})", value, sql::QuoteText(pattern)));
    }
    return parts.empty() ? "false" : fmt::to_string(fmt::join(parts, " OR "));
  }

  bool StandIn(std::string_view bytes) const {
    for (std::size_t i = 0; i < texts_.size(); ++i) {
      for (auto at = bytes.begin();;) {
        at = std::search(at, bytes.end(), searchers_[i]);
        if (at == bytes.end()) {
          break;
        }
        if (texts_[i].size() >= kShortId || IsAlone(bytes, at - bytes.begin(), texts_[i].size())) {
          return true;
        }
        ++at;
      }
    }
    return false;
  }

  std::size_t longest() const { return longest_; }

 private:
  static std::string PatternOf(const std::string& text) {
    std::string pattern;
    for (const char byte : text) {
      pattern += IsWordByte(byte) || (static_cast<unsigned char>(byte) & 0x80U) != 0U
                     ? std::string(1, byte)
                     : fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
    }
    return text.size() >= kShortId ? pattern
                                   : fmt::format("(^|[^A-Za-z0-9]){}([^A-Za-z0-9]|$)", pattern);
  }

  static bool IsAlone(std::string_view bytes, std::ptrdiff_t at, std::size_t length) {
    const auto begin = static_cast<std::size_t>(at);
    return (begin == 0 || !IsWordByte(bytes[begin - 1])) &&
           (begin + length == bytes.size() || !IsWordByte(bytes[begin + length]));
  }

  std::vector<std::string> texts_;
  std::vector<std::string> patterns_;
  std::vector<std::boyer_moore_horspool_searcher<std::string::const_iterator>> searchers_;
  std::size_t longest_ = 0;
};

// Where the files of a table's partitions lie together.
fs::path WithoutPartitions(const fs::path& folder) {
  return folder.filename().string().find('=') == std::string::npos
             ? folder
             : WithoutPartitions(folder.parent_path());
}

// A condition that is true for the rows of `from` that hold one; empty if none can.
std::string RowCondition(sql::Connection& connection, const std::string& from,
                         const Needles& needles) {
  std::vector<std::string> conditions;
  for (const Field& field : connection.Describe("FROM " + from).fields) {
    const TypeKind kind = field.type.kind;
    const bool has_bytes =
        kind == TypeKind::kString || kind == TypeKind::kBinary || field.type.IsNested();
    if (has_bytes && field.name != kFileColumn) {
      const std::string name = sql::QuoteName(field.name);
      conditions.push_back(needles.Condition(
          kind == TypeKind::kString ? name : fmt::format("CAST({} AS VARCHAR)", name)));
    }
  }
  return fmt::to_string(fmt::join(conditions, " OR "));
}

// Those of some Parquet files that hold one.
std::vector<fs::path> ParquetFound(sql::Connection& connection, const std::vector<fs::path>& paths,
                                   const Needles& needles) {
  std::vector<std::string> names;
  names.reserve(paths.size());
  for (const fs::path& path : paths) {
    names.push_back(path.string());
  }
  const std::string files = fmt::format(
      "read_parquet({}, hive_partitioning = false, union_by_name = true, filename = {})",
      sql::QuoteTexts(names), sql::QuoteText(kFileColumn));
  std::vector<fs::path> found;
  if (const std::string condition = RowCondition(connection, files, needles); !condition.empty()) {
    for (const auto& row : connection
                               .Query(fmt::format("SELECT DISTINCT {} FROM {} WHERE {}",
                                                  kFileColumn, files, condition))
                               .Rows()) {
      found.emplace_back(std::get<std::string>(row.at(0)));
    }
  }
  return found;
}

bool AvroHolds(sql::Connection& connection, const fs::path& path, const Needles& needles) {
  const std::string file = fmt::format("read_avro({})", sql::QuoteText(path.string()));
  const std::string condition = RowCondition(connection, file, needles);
  return !condition.empty() &&
         connection.QueryInteger(fmt::format(
             "SELECT count(*) FROM (SELECT 1 FROM {} WHERE {} LIMIT 1)", file, condition)) > 0;
}

bool LinesHold(sql::Connection& connection, const fs::path& path, const Needles& needles) {
  return connection.QueryInteger(
             fmt::format("SELECT count(*) FROM (SELECT 1 FROM {} WHERE {} LIMIT 1)",
                         connectors::LinesOf(path.string()), needles.Condition("line"))) > 0;
}

// A file of this machine, or an object of a store.
struct Searched {
  std::string name;  // a path, or a URL that DuckDB opens
  std::int64_t size = 0;
  std::shared_ptr<const storage::ObjectStore> store{};  // of objects
  std::string key{};

  std::string suffix() const { return fs::path(name).extension().string(); }
};

// Blocks overlap, so that an id across two of them is found. `read` gives the bytes from an offset
// on, fewer than asked for at the end alone.
template <typename Read>
bool BlocksHold(const Needles& needles, const Read& read) {
  std::string bytes;
  for (std::size_t offset = 0;; offset += kBlock) {
    const std::size_t kept = std::min(bytes.size(), needles.longest() + 1);
    bytes.erase(0, bytes.size() - kept);
    const std::string block = read(offset);
    bytes += block;
    if (needles.StandIn(bytes)) {
      return true;
    }
    if (block.size() < kBlock) {
      return false;
    }
  }
}

bool BytesHold(const Searched& searched, const Needles& needles) {
  if (searched.store) {
    return BlocksHold(needles, [&](std::size_t offset) {
      return std::cmp_less(offset, searched.size)
                 ? searched.store->GetRange(searched.key, offset, kBlock)
                 : std::string();
    });
  }
  std::ifstream file(searched.name, std::ios::binary);
  return BlocksHold(needles, [&](std::size_t /*offset*/) {
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

// Whether a file that isn't Parquet holds one.
bool Holds(sql::Database& database, sql::Connection& connection, const Searched& searched,
           const Needles& needles) {
  const std::string suffix = searched.suffix();
  if (suffix == ".avro") {
    database.LoadExtension("avro");
    return AvroHolds(connection, searched.name, needles);
  }
  return suffix == ".gz" || suffix == ".zst" ? LinesHold(connection, searched.name, needles)
                                             : BytesHold(searched, needles);
}

}  // namespace

ByteSearch SearchForIds(sql::Database& database, const SearchedPlaces& places,
                        const std::vector<PersonId>& ids) {
  sql::Connection connection = database.Connect();
  const Needles needles(ids);
  ByteSearch search;
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
    } else if (Holds(database, connection, searched, needles)) {
      search.found.emplace_back(searched.name);
    }
  }
  for (const auto& [folder, paths] : tables) {
    std::ranges::move(ParquetFound(connection, paths, needles), std::back_inserter(search.found));
  }
  std::ranges::sort(search.found);
  return search;
}

}  // namespace weir::cli
