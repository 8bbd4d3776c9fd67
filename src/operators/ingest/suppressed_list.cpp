#include "operators/ingest/suppressed_list.h"

#include <optional>
#include <string>

#include <fmt/format.h>

#include "base/error.h"
#include "data/cells.h"
#include "operators/ingest/user_key.h"
#include "sql/quote.h"

namespace weir::operators {
namespace {

void CheckEpoch(OperatorContext& context, const std::string& relation, const std::string& epoch) {
  const std::string others = fmt::format("SELECT DISTINCT key_epoch FROM {} WHERE key_epoch <> {}",
                                         relation, sql::QuoteText(epoch));
  const auto rows = context.Query(others + " ORDER BY key_epoch").Rows();
  if (!rows.empty()) {
    throw UserError(
        "the erased ids were hashed with another salt (key_epoch {}; that of the setting 'salt' "
        "is {}): set it back, or forget them again and drop the old list",
        std::get<std::string>(rows[0][0]), epoch);
  }
}

Hash128 ParsedHash(std::string_view hex) {
  const auto hash = ParseHash(hex);
  if (!hash) {
    throw UserError("'{}' is no hash: 32 hex digits are expected", hex);
  }
  return *hash;
}

}  // namespace

enrich::SuppressedIds ReadSuppressedIds(OperatorContext& context, std::string_view argument) {
  const std::optional<std::string> relation = context.Relation(argument);
  if (!relation) {
    return {};
  }
  const auto salt = context.settings().at("salt").get<std::string>();
  CheckEpoch(context, *relation, UserKeys(salt).epoch());
  return {salt, HashesOf(context.Query("SELECT hash FROM " + *relation))};
}

std::vector<Hash128> HashesOf(sql::Result result) {
  std::vector<Hash128> hashes;
  while (auto batch = result.NextBatch()) {
    const ArrowArray& column = *batch->get()->children[0];
    for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
      hashes.push_back(ParsedHash(BytesAt(column, row)));
    }
  }
  return hashes;
}

}  // namespace weir::operators
