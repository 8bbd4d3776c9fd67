#include "cli/identity/import_mapping.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/ascii.h"
#include "base/error.h"
#include "base/run_id.h"
#include "cli/forget/suppression_list.h"
#include "cli/forget/text_stream.h"
#include "enrich/junk_id.h"
#include "enrich/suppressed_ids.h"
#include "lake/scan.h"
#include "lake/scratch_table.h"
#include "lake/write_table.h"
#include "sql/quote.h"

namespace weir::cli {
namespace {

// Of a row of evidence, as PairsSql() makes it: one call, at the beginning of its day.
constexpr auto kIsImported =
    "calls = 1 AND first_ts = last_ts AND first_ts = CAST(ds AS TIMESTAMP) AT TIME ZONE 'UTC'";

constexpr auto kColumnsNeeded = "columns universal_id, party and user_id";

class MappingImport {
 public:
  MappingImport(Workspace& workspace, const GraphTables& graph, std::string day)
      : workspace_(workspace),
        graph_(graph),
        warehouse_(workspace.lakes().own()),
        connection_(warehouse_.connection()) {
    done_.partition = graph.instance->partition;
    done_.day = std::move(day);
  }

  ImportedMapping Run(const std::filesystem::path& folder) {
    CheckThatNobodyWasFound();
    CheckFiles(folder);
    const lake::ScratchTable given(connection_, GivenSql(folder));
    CheckGiven(given.name(), folder);
    const lake::ScratchTable left_out(connection_, LeftOutSql(given.name()));
    CheckOwners(given.name(), left_out.name(), folder);
    const lake::ScratchTable members(connection_, MembersSql(given.name(), left_out.name()));
    Count(members.name());
    Commit(members.name());
    return done_;
  }

 private:
  // Later ones would have other names for people that readers know already.
  void CheckThatNobodyWasFound() {
    if (warehouse_.Open(warehouse_.FolderOf(graph_.mapping->table)).exists()) {
      throw UserError("{} is there: people are imported before '{}' runs for the first time",
                      graph_.mapping->table, graph_.instance->job->name);
    }
    const lake::TableFolder evidence = warehouse_.FolderOf(graph_.evidence->table);
    const lake::Snapshot snapshot = warehouse_.Open(evidence);
    if (snapshot.exists() &&
        connection_.QueryInteger(fmt::format("SELECT count(*) FROM ({}) AS e WHERE NOT ({})",
                                             lake::ScanSql(evidence, snapshot), kIsImported)) > 0) {
      throw UserError(
          "{} has pairs of days that were run: people are imported before '{}' runs "
          "for the first time",
          graph_.evidence->table, graph_.instance->job->name);
    }
  }

  // Each file by itself, so that the error names it. Throws UserError.
  void CheckFiles(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() == ".parquet") {
        files.push_back(entry.path());
      }
    }
    if (files.empty()) {
      throw UserError("{} has no Parquet file; {} are needed, in files *.parquet", folder.string(),
                      kColumnsNeeded);
    }
    std::ranges::sort(files);
    for (const std::filesystem::path& file : files) {
      CheckFile(file);
    }
  }

  void CheckFile(const std::filesystem::path& file) {
    std::vector<std::string> missing{"universal_id", "party", "user_id"};
    std::vector<std::string> found;
    try {
      sql::Result rows = connection_.Query(
          fmt::format("SELECT * FROM read_parquet({}) LIMIT 0", sql::QuoteText(file.string())));
      for (const Field& field : rows.schema().fields) {
        found.push_back(field.name);
        std::erase(missing, LowerCase(field.name));
      }
    } catch (const UserError& error) {
      throw UserError("{} can't be read as Parquet with {}: {}", file.string(), kColumnsNeeded,
                      error.what());
    }
    if (!missing.empty()) {
      throw UserError("{} has no column {}; {} are needed, and it has {}", file.string(),
                      fmt::join(missing, ", "), kColumnsNeeded, fmt::join(found, ", "));
    }
  }

  static std::string GivenSql(const std::filesystem::path& folder) {
    return fmt::format(
        "SELECT DISTINCT CAST(universal_id AS VARCHAR) AS universal_id, CAST(party AS VARCHAR) AS "
        "party, CAST(user_id AS VARCHAR) AS user_id FROM read_parquet({})",
        sql::QuoteText((folder / "*.parquet").string()));
  }

  // Throws for the first of the rows of `condition`.
  void Refuse(const std::string& given, const std::filesystem::path& folder,
              const std::string& condition, const std::string& what) {
    const auto rows =
        connection_
            .Query(fmt::format("SELECT coalesce(universal_id, 'null'), coalesce(party, 'null') || "
                               "':' || coalesce(user_id, 'null') FROM {} WHERE {} ORDER BY ALL "
                               "LIMIT 1",
                               given, condition))
            .Rows();
    if (!rows.empty()) {
      throw UserError("{}: {} of person '{}' {}", folder.string(),
                      std::get<std::string>(rows[0][1]), std::get<std::string>(rows[0][0]), what);
    }
  }

  void CheckGiven(const std::string& given, const std::filesystem::path& folder) {
    Refuse(given, folder,
           "universal_id IS NULL OR NOT regexp_full_match(universal_id, '[0-9a-f]{32}')",
           "has a universal_id that isn't 32 lower-case hex digits");
    Refuse(given, folder, "coalesce(party, '') = '' OR coalesce(user_id, '') = ''",
           "has no party or no user_id");
  }

  // Of ids that stay.
  void CheckOwners(const std::string& given, const std::string& left_out,
                   const std::filesystem::path& folder) {
    Refuse(given, folder,
           fmt::format("(party, user_id) IN (SELECT (party, user_id) FROM {} GROUP BY party, "
                       "user_id HAVING count(*) > 1) AND (party, user_id) NOT IN (SELECT (party, "
                       "user_id) FROM {})",
                       given, left_out),
           "is another person's, too");
  }

  // The given ids that are on the list of erased ones, or are junk, which the graph drops: as a
  // link between others it would take them along.
  std::string LeftOutSql(const std::string& given) {
    const enrich::SuppressedIds erased = ErasedIds();
    std::vector<std::vector<std::string>> left_out;
    for (const auto& row :
         connection_.Query("SELECT DISTINCT party, user_id FROM " + given).Rows()) {
      const auto& party = std::get<std::string>(row[0]);
      const auto& user_id = std::get<std::string>(row[1]);
      const bool is_junk = enrich::IsJunkId(user_id);
      if (is_junk || erased.Contains(party, user_id)) {
        ++(is_junk ? done_.junk : done_.erased);
        left_out.push_back({party, user_id});
      }
    }
    return TextStreamSql(connection_, {"party", "user_id"}, left_out);
  }

  enrich::SuppressedIds ErasedIds() {
    std::vector<Hash128> hashes;
    const lake::TableFolder list = warehouse_.FolderOf(graph_.erased_list);
    const lake::Snapshot snapshot = warehouse_.Open(list);
    if (!snapshot.exists()) {
      return {};
    }
    for (const auto& row :
         connection_.Query(fmt::format("SELECT hash FROM ({})", lake::ScanSql(list, snapshot)))
             .Rows()) {
      hashes.emplace_back(ParseHash(std::get<std::string>(row[0])).value_or(Hash128()));
    }
    return {workspace_.steps().connections.secrets().Value(kErasureSalt), std::move(hashes)};
  }

  // Ids of each person, numbered from 0: those that live long first, so that what expires hangs at
  // the tree's end.
  std::string MembersSql(const std::string& given, const std::string& left_out) const {
    std::vector<std::string> short_lived;
    const auto expiry = graph_.step->with.find("expiry");
    if (expiry != graph_.step->with.end() && expiry->is_object()) {
      for (const auto& [party, days] : expiry->items()) {
        short_lived.push_back(sql::QuoteText(party));
      }
    }
    short_lived.emplace_back("''");
    return fmt::format(
        "SELECT *, row_number() OVER (PARTITION BY universal_id ORDER BY party IN ({}), party, "
        "user_id) - 1 AS place, count(*) OVER (PARTITION BY universal_id) AS size FROM {} WHERE "
        "(party, user_id) NOT IN (SELECT (party, user_id) FROM {})",
        fmt::to_string(fmt::join(short_lived, ", ")), given, left_out);
  }

  void Count(const std::string& members) {
    done_.people = connection_.QueryInteger("SELECT count(*) FROM " + members +
                                            " WHERE place = 0 AND size > 1");
    done_.ids = connection_.QueryInteger("SELECT count(*) FROM " + members + " WHERE size > 1");
    done_.alone = connection_.QueryInteger("SELECT count(*) FROM " + members + " WHERE size = 1");
  }

  // Each id but the first with one before it, four at most with the same.
  std::string PairsSql(const std::string& members) const {
    return fmt::format(
        "SELECT least(a, b).party AS party_a, least(a, b).id AS id_a, greatest(a, b).party AS "
        "party_b, greatest(a, b).id AS id_b, CAST(1 AS BIGINT) AS calls, CAST({0} AS TIMESTAMP) AT "
        "TIME ZONE 'UTC' AS first_ts, CAST({0} AS TIMESTAMP) AT TIME ZONE 'UTC' AS last_ts, {0} AS "
        "ds FROM (SELECT {{'party': c.party, 'id': c.user_id}} AS a, {{'party': p.party, 'id': "
        "p.user_id}} AS b FROM {1} AS c JOIN {1} AS p ON p.universal_id = c.universal_id AND "
        "p.place = (c.place - 1) // 4 WHERE c.place > 0)",
        sql::QuoteText(done_.day), members);
  }

  static std::string NamesSql(const std::string& members) {
    return fmt::format(
        "SELECT universal_id, party, user_id FROM (SELECT *, row_number() OVER (PARTITION BY "
        "universal_id ORDER BY party, user_id) AS rank FROM {} WHERE size > 1) WHERE rank = 1",
        members);
  }

  // In place of all that was imported before, on whatever day: its evidence would join people whom
  // these files tell apart.
  void Commit(const std::string& members) {
    lake::CommitInfo origin;
    origin.run_id = NewRunId();
    origin.attempt = 1;
    origin.job = "import mapping";
    std::vector<lake::TableChanges> parts;
    const auto add = [&](const std::string& table, lake::WriteRequest request) {
      const lake::TableFolder folder = warehouse_.FolderOf(table);
      lake::Snapshot base = warehouse_.Open(folder);
      request.origin = origin;
      lake::Changes changes =
          lake::PlanWrite(warehouse_, {.folder = folder, .snapshot = base}, request);
      parts.push_back({.table = table, .base = std::move(base), .changes = std::move(changes)});
    };
    add(graph_.evidence->table, {.select = PairsSql(members),
                                 .mode = lake::WriteMode::kOverwrite,
                                 .partition_by = graph_.evidence->partition_by,
                                 .sort_by = graph_.evidence->sort_by});
    add(graph_.imported, {.select = NamesSql(members),
                          .mode = lake::WriteMode::kOverwrite,
                          .sort_by = {"party", "user_id"}});
    warehouse_.CommitTogether(origin.run_id, std::move(parts));
  }

  Workspace& workspace_;
  const GraphTables& graph_;
  lake::Warehouse& warehouse_;
  sql::Connection& connection_;
  ImportedMapping done_;
};

}  // namespace

ImportedMapping ImportMapping(Workspace& workspace, const GraphTables& graph,
                              const std::filesystem::path& folder, const std::string& day) {
  return MappingImport(workspace, graph, day).Run(folder);
}

}  // namespace weir::cli
