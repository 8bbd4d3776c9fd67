#include "connectors/postgres/publication.h"

#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/nearest_name.h"
#include "connectors/postgres/copy_text.h"
#include "data/cells.h"
#include "sql/quote.h"

namespace weir::connectors {
namespace {

constexpr auto kMarkers = "weir_publications";

std::string Names(const std::vector<std::string>& names) {
  std::vector<std::string> quoted;
  quoted.reserve(names.size());
  for (const std::string& name : names) {
    quoted.push_back(PgName(name));
  }
  return fmt::to_string(fmt::join(quoted, ", "));
}

class Publisher {
 public:
  Publisher(PostgresSession& session, const Publication& publication)
      : session_(session),
        publication_(publication),
        schema_(PgName(publication.schema)),
        table_(Qualified(publication.table)),
        staging_(Qualified(publication.table + "__weir_new")) {}

  std::int64_t Publish(sql::Connection& connection, const std::string& relation) {
    const Schema columns = connection.Describe("FROM " + sql::QuoteName(relation));
    CheckColumns(columns);
    session_.Run("BEGIN");
    LockTable();
    MakeStaging(columns);
    const std::int64_t rows = CopyRows(connection, relation, columns);
    MakeIndexes();
    Swap();
    Mark();
    session_.Run("COMMIT");
    return rows;
  }

 private:
  std::string Qualified(const std::string& name) const {
    return fmt::format("{}.{}", schema_, PgName(name));
  }
  std::string IndexName(std::size_t index) const {
    return index == 0 ? publication_.table + "_pkey"
                      : fmt::format("{}_{}_idx", publication_.table, index);
  }

  void CheckColumns(const Schema& columns) const {
    std::vector<std::vector<std::string>> lists = publication_.indexes;
    lists.push_back(publication_.keys);
    for (const auto& list : lists) {
      for (const std::string& name : list) {
        if (columns.Find(name) == nullptr) {
          throw UserError("connector 'postgres': no column '{}'; there are {}{}", name,
                          fmt::to_string(fmt::join(columns.names(), ", ")),
                          DidYouMean(name, columns.names()));
        }
      }
    }
  }

  // The second lock is for those who make the table of markers at the same moment.
  void LockTable() {
    session_.Run(fmt::format("SELECT pg_advisory_xact_lock(hashtextextended({}, 0))",
                             PgText("weir " + table_)));
    session_.Run(fmt::format("SELECT pg_advisory_xact_lock(hashtextextended({}, 0))",
                             PgText("weir markers " + schema_)));
    if (session_.Cell(fmt::format("SELECT to_regclass({})", PgText(Qualified(kMarkers))))) {
      return;
    }
    session_.Run(
        fmt::format("CREATE TABLE {} (table_name text PRIMARY KEY, run_id text NOT NULL, "
                    "published_at timestamptz NOT NULL)",
                    Qualified(kMarkers)));
  }

  void MakeStaging(const Schema& columns) {
    std::vector<std::string> declared;
    declared.reserve(columns.fields.size());
    for (const Field& field : columns.fields) {
      declared.push_back(fmt::format("{} {}", PgName(field.name), PostgresType(field.type)));
    }
    session_.Run(fmt::format("DROP TABLE IF EXISTS {}; CREATE TABLE {} ({})", staging_, staging_,
                             fmt::to_string(fmt::join(declared, ", "))));
  }

  std::int64_t CopyRows(sql::Connection& connection, const std::string& relation,
                        const Schema& columns) {
    sql::Result lines = connection.Query(
        fmt::format("SELECT {} FROM {}", CopyLine(columns), sql::QuoteName(relation)));
    std::int64_t rows = 0;
    session_.BeginCopy(fmt::format("COPY {} FROM STDIN", staging_));
    while (const auto batch = lines.NextBatch()) {
      const ArrowArray& column = *batch->get()->children[0];
      std::string text;
      for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
        text += BytesAt(column, row);
      }
      session_.Copy(text);
      rows += batch->num_rows();
    }
    session_.EndCopy();
    return rows;
  }

  // Under names that are free while the old table still has its own.
  void MakeIndexes() {
    if (!publication_.keys.empty()) {
      session_.Run(fmt::format("ALTER TABLE {} ADD CONSTRAINT {} PRIMARY KEY ({})", staging_,
                               PgName(IndexName(0) + "__weir_new"), Names(publication_.keys)));
    }
    for (std::size_t index = 0; index < publication_.indexes.size(); ++index) {
      session_.Run(fmt::format("CREATE INDEX {} ON {} ({})",
                               PgName(IndexName(index + 1) + "__weir_new"), staging_,
                               Names(publication_.indexes[index])));
    }
    session_.Run("ANALYZE " + staging_);
  }

  void Swap() {
    if (session_.Cell(fmt::format("SELECT to_regclass({})", PgText(table_)))) {
      CopyGrants();
      session_.Run("DROP TABLE " + table_);
    }
    session_.Run(fmt::format("ALTER TABLE {} RENAME TO {}", staging_, PgName(publication_.table)));
    const std::size_t first = publication_.keys.empty() ? 1 : 0;
    for (std::size_t index = first; index <= publication_.indexes.size(); ++index) {
      session_.Run(fmt::format("ALTER INDEX {} RENAME TO {}",
                               Qualified(IndexName(index) + "__weir_new"),
                               PgName(IndexName(index))));
    }
  }

  void CopyGrants() {
    const auto grants = session_.Run(fmt::format(
        "SELECT format('GRANT %s ON {} TO %s%s', privilege_type, CASE grantee WHEN 0 THEN 'PUBLIC' "
        "ELSE quote_ident(pg_get_userbyid(grantee)) END, CASE WHEN is_grantable THEN ' WITH GRANT "
        "OPTION' ELSE '' END) FROM pg_class, aclexplode(relacl) WHERE oid = {}::regclass AND "
        "grantee <> relowner ORDER BY 1",
        DoubledPercents(staging_), PgText(table_)));
    for (const auto& row : grants) {
      session_.Run(row.at(0).value());
    }
  }

  // For a text inside of format('…').
  static std::string DoubledPercents(const std::string& name) {
    std::string doubled;
    for (const char letter : name) {
      doubled += letter;
      if (letter == '%' || letter == '\'') {
        doubled += letter;
      }
    }
    return doubled;
  }

  void Mark() {
    session_.Run(fmt::format(
        "INSERT INTO {} VALUES ({}, {}, now()) ON CONFLICT (table_name) DO UPDATE SET run_id = "
        "excluded.run_id, published_at = excluded.published_at",
        Qualified(kMarkers), PgText(publication_.table), PgText(publication_.run_id)));
  }

  PostgresSession& session_;
  const Publication& publication_;
  std::string schema_;
  std::string table_;
  std::string staging_;
};

}  // namespace

std::int64_t Publish(PostgresSession& session, sql::Connection& connection,
                     const std::string& relation, const Publication& publication) {
  return Publisher(session, publication).Publish(connection, relation);
}

}  // namespace weir::connectors
