#include "cli/forget/whole_people.h"

#include <algorithm>
#include <set>
#include <variant>

#include <fmt/format.h>

#include "cli/forget/text_stream.h"
#include "lake/scan.h"
#include "lake/scratch_table.h"

namespace weir::cli {
namespace {

using TextRows = std::vector<std::vector<std::string>>;

class PeopleFinder {
 public:
  PeopleFinder(lake::Warehouse& warehouse, const std::vector<PersonId>& asked)
      : warehouse_(warehouse), ids_(asked.begin(), asked.end()) {}

  WholePeople Find(const std::vector<GraphTables>& graphs) {
    for (const GraphTables& graph : graphs) {
      AddMapped(graph.mapping->table);
    }
    for (const GraphTables& graph : graphs) {
      AddMerged(graph.changes->table);
    }
    AddUnmapped();
    return {.ids = {ids_.begin(), ids_.end()}, .universal_ids = {people_.begin(), people_.end()}};
  }

 private:
  // Calls `take` with the texts of each row of `before`, a table of `asked`, `behind`.
  template <typename Take>
  void ForEach(const std::string& before, const std::vector<std::string>& columns,
               const TextRows& asked, const std::string& behind, const Take& take) {
    sql::Connection& connection = warehouse_.connection();
    const lake::ScratchTable table(connection, TextStreamSql(connection, columns, asked));
    for (const auto& row : connection.Query(before + table.name() + behind).Rows()) {
      take(std::get<std::string>(row.at(0)),
           row.size() > 1 ? std::get<std::string>(row.at(1)) : std::string());
    }
  }

  TextRows AskedPairs() const {
    TextRows rows;
    for (const PersonId& id : ids_) {
      rows.push_back({id.party, id.user_id});
    }
    return rows;
  }

  static TextRows Singles(const std::set<std::string>& texts) {
    TextRows rows;
    for (const std::string& text : texts) {
      rows.push_back({text});
    }
    return rows;
  }

  void AddMapped(const std::string& mapping) {
    const auto scan = lake::NewestScanSql(warehouse_, mapping);
    if (!scan) {
      return;
    }
    std::set<std::string> found;
    ForEach("SELECT DISTINCT m.universal_id FROM (" + *scan + ") AS m JOIN ", {"party", "user_id"},
            AskedPairs(), " AS a ON a.party = m.party AND a.user_id = m.user_id",
            [&](const std::string& person, const std::string&) { found.insert(person); });
    ForEach("SELECT m.party, m.user_id FROM (" + *scan + ") AS m JOIN ", {"universal_id"},
            Singles(found), " AS a ON a.universal_id = m.universal_id",
            [&](const std::string& party, const std::string& user_id) {
              ids_.insert({.party = party, .user_id = user_id});
            });
    people_.insert(found.begin(), found.end());
  }

  void AddMerged(const std::string& changes) {
    const auto scan = lake::NewestScanSql(warehouse_, changes);
    std::set<std::string> newest = scan ? people_ : std::set<std::string>();
    while (!newest.empty()) {
      std::set<std::string> found;
      ForEach("SELECT DISTINCT c.\"from\" FROM (" + *scan + ") AS c JOIN ", {"universal_id"},
              Singles(newest),
              " AS a ON a.universal_id = c.\"into\" WHERE c.kind IN ('merged', 'renamed') AND "
              "c.\"from\" IS NOT NULL",
              [&](const std::string& from, const std::string&) {
                if (people_.insert(from).second) {
                  found.insert(from);
                }
              });
      newest = std::move(found);
    }
  }

  void AddUnmapped() {
    ForEach("SELECT md5(concat(party, ':', user_id)) FROM ", {"party", "user_id"}, AskedPairs(), "",
            [&](const std::string& person, const std::string&) { people_.insert(person); });
  }

  lake::Warehouse& warehouse_;
  std::set<PersonId> ids_;
  std::set<std::string> people_;
};

}  // namespace

WholePeople FindWholePeople(lake::Warehouse& warehouse, const std::vector<GraphTables>& graphs,
                            const std::vector<PersonId>& asked) {
  return PeopleFinder(warehouse, asked).Find(graphs);
}

}  // namespace weir::cli
