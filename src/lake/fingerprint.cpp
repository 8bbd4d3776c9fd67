#include "lake/fingerprint.h"

#include <algorithm>

#include <fmt/ranges.h>

#include "base/error.h"
#include "base/nearest_name.h"
#include "lake/extension_scan.h"
#include "lake/read_failure.h"
#include "lake/scan.h"
#include "sql/quote.h"

namespace weir::lake {
namespace {

void CheckColumns(const Schema& schema, const std::vector<std::string>& columns) {
  for (const std::string& column : columns) {
    if (schema.Find(column) == nullptr) {
      throw UserError("there is no column \"{}\" to leave out{}", column,
                      DidYouMean(column, schema.names()));
    }
  }
}

}  // namespace

Fingerprint FingerprintOf(Warehouse& warehouse, const TableAt& table,
                          const std::vector<std::string>& without) {
  EnsureReadable(table.folder, table.snapshot, warehouse.database());
  const Schema schema = NamingBadFiles(warehouse.connection(), table.folder, table.snapshot, [&] {
    return warehouse.connection().Describe(ScanSql(table.folder, table.snapshot));
  });
  CheckColumns(schema, without);
  std::vector<std::string> parts;
  for (const std::string& name : schema.names()) {
    if (std::ranges::none_of(without, [&](const auto& other) { return SameName(other, name); })) {
      parts.push_back(fmt::format("{0} := {0}", sql::QuoteName(name)));
    }
  }
  if (parts.empty()) {
    throw UserError("a fingerprint needs at least one column");
  }
  const std::string select =
      fmt::format("SELECT weir_fingerprint(struct_pack({})), count(*) FROM ({})",
                  fmt::join(parts, ", "), ScanSql(table.folder, table.snapshot));
  const auto row = NamingBadFiles(warehouse.connection(), table.folder, table.snapshot, [&] {
    return warehouse.connection().Query(select).Rows().at(0);
  });
  constexpr std::size_t kDigits = 32;
  return {.digits = sql::IsNull(row[0]) ? std::string(kDigits, '0') : std::get<std::string>(row[0]),
          .num_rows = std::get<std::int64_t>(row[1])};
}

}  // namespace weir::lake
