#include "cli/identity/judged_ids.h"

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "identity/union_find.h"
#include "sql/quote.h"

namespace weir::cli {
namespace {

using Pair = std::pair<std::uint64_t, std::uint64_t>;

// What stands in a cell of text.
std::string Cell(const std::vector<sql::Value>& row, std::size_t column) {
  return std::get<std::string>(row[column]);
}

class TruthReader {
 public:
  TruthReader(lake::QuerySession& session, std::filesystem::path truth)
      : session_(session), truth_(std::move(truth)) {}

  void ReadPairs() {
    Read(fmt::format("SELECT DISTINCT party_a || ':' || id_a, party_b || ':' || id_b FROM {} WHERE "
                     "NOT noise ORDER BY ALL",
                     File("edges.parquet")),
         [&](const auto& row) { pairs_.emplace_back(Number(Cell(row, 0)), Number(Cell(row, 1))); });
  }

  void ReadMapping(const std::string& region) {
    Read(
        fmt::format("SELECT party || ':' || user_id, universal_id, calls FROM metastore.mapping_{} "
                    "ORDER BY ALL",
                    region),
        [&](const auto& row) {
          const std::uint64_t person = NumberIn(persons_, region + " " + Cell(row, 1));
          const std::pair<std::int64_t, std::uint64_t> mapped(std::get<std::int64_t>(row[2]),
                                                              person);
          const auto [known, is_new] = mapped_.try_emplace(Number(Cell(row, 0)), mapped);
          if (!is_new && known->second.first < mapped.first) {
            known->second = mapped;
          }
        });
  }

  std::vector<identity::JudgedId> Judged() {
    std::vector<std::optional<std::uint64_t>> owners = Owners();
    identity::UnionFind components(numbers_.size());
    for (const auto& [one, other] : pairs_) {
      components.Unite(static_cast<std::uint32_t>(one), static_cast<std::uint32_t>(other));
    }
    std::map<Pair, std::uint64_t> groups;
    std::vector<identity::JudgedId> judged;
    for (std::uint64_t id = 0; id < owners.size(); ++id) {
      if (owners[id]) {
        const Pair group(components.Find(static_cast<std::uint32_t>(id)), *owners[id]);
        const auto mapped = mapped_.find(id);
        judged.push_back(
            {.person = mapped == mapped_.end() ? persons_.size() + id : mapped->second.second,
             .owner = *owners[id],
             .group = groups.try_emplace(group, groups.size()).first->second});
      }
    }
    return judged;
  }

 private:
  template <typename Take>
  void Read(const std::string& sql, const Take& take) {
    sql::Result result = session_.Run(sql);
    for (const auto& row : result.Rows()) {
      take(row);
    }
  }

  std::string File(const char* name) const {
    const std::filesystem::path path = truth_ / name;
    if (!std::filesystem::exists(path)) {
      throw UserError("{} isn't there; --truth is the folder 'truth' of a generated world",
                      path.string());
    }
    return fmt::format("read_parquet({})", sql::QuoteText(path.string()));
  }

  // By id: the one who owns it; absent for ids of several people or of nobody known.
  std::vector<std::optional<std::uint64_t>> Owners() {
    std::vector<std::optional<std::uint64_t>> owners(numbers_.size());
    std::unordered_map<std::string, std::uint64_t> people;
    Read(fmt::format("SELECT party || ':' || user_id, min(person)::VARCHAR FROM {} GROUP BY ALL "
                     "HAVING count(DISTINCT person) = 1 ORDER BY ALL",
                     File("people.parquet")),
         [&](const auto& row) {
           const auto number = numbers_.find(Cell(row, 0));
           if (number != numbers_.end()) {
             owners[number->second] = NumberIn(people, Cell(row, 1));
           }
         });
    return owners;
  }

  static std::uint64_t NumberIn(std::unordered_map<std::string, std::uint64_t>& numbers,
                                const std::string& name) {
    return numbers.try_emplace(name, numbers.size()).first->second;
  }
  std::uint64_t Number(const std::string& id) { return NumberIn(numbers_, id); }

  lake::QuerySession& session_;
  std::filesystem::path truth_;
  std::unordered_map<std::string, std::uint64_t> numbers_;  // by "party:id"
  std::unordered_map<std::string, std::uint64_t> persons_;  // by region and universal id
  std::vector<Pair> pairs_;
  std::unordered_map<std::uint64_t, std::pair<std::int64_t, std::uint64_t>>
      mapped_;  // calls, person
};

}  // namespace

std::vector<identity::JudgedId> ReadJudgedIds(lake::QuerySession& session,
                                              const std::vector<std::string>& regions,
                                              const std::filesystem::path& truth) {
  TruthReader reader(session, truth);
  reader.ReadPairs();
  for (const std::string& region : regions) {
    reader.ReadMapping(region);
  }
  return reader.Judged();
}

}  // namespace weir::cli
