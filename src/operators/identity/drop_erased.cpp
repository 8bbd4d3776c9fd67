#include "operators/identity/drop_erased.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "data/cells.h"
#include "enrich/suppressed_ids.h"
#include "operators/fields.h"
#include "operators/identity/chosen_rows.h"
#include "operators/identity/graph_columns.h"
#include "operators/ingest/suppressed_list.h"

namespace weir::operators {
namespace {

constexpr auto kPairs = "pairs";
constexpr auto kErasedIds = "erased";
constexpr auto kKept = "kept";

Schema PairsSchema() {
  return {{TextField("party_a"), TextField("id_a"), TextField("party_b"), TextField("id_b"),
           LongField("calls"), TimeField("first_ts"), TimeField("last_ts")}};
}

class DropErased final : public Operator {
 public:
  const Declaration& declaration() const override {
    static const Declaration kDeclaration{
        .name = "drop_erased",
        .doc = "Pairs of ids without those of erased ids.",
        .version = 1,
        .arguments = {{.name = kPairs,
                       .columns = PairsSchema().fields,
                       .doc = "ids seen together: a row a pair"},
                      {.name = kErasedIds,
                       .columns = {TextField("hash"), TextField("key_epoch")},
                       .optional = true,
                       .read_again = true,
                       .doc = "salted hashes of erased ids"}},
        .outputs = {kKept},
        .settings = {
            {.name = "salt", .required = true, .doc = "of the hashes: {secret.adtech.salt}"}}};
    return kDeclaration;
  }

  std::vector<Schema> Outputs(const nlohmann::json& /*settings*/,
                              const std::map<std::string, Schema>& /*inputs*/) const override {
    return {PairsSchema()};
  }

  Split SplitOf(const nlohmann::json& /*settings*/) const override {
    return {.how = Splitting::kRows};
  }

  void Run(OperatorContext& context) const override {
    const Schema schema = PairsSchema();
    auto erased =
        std::make_shared<const enrich::SuppressedIds>(ReadSuppressedIds(context, kErasedIds));
    auto pairs = std::make_shared<sql::Result>(context.Query(fmt::format(
        "SELECT {} FROM {}", fmt::join(schema.names(), ", "), *context.Relation(kPairs))));
    const auto keep = [erased](const ArrowArray& rows, std::int64_t row) {
      return erased->IsEmpty() ||
             (!IsErasedAt(*erased, rows, 0, row) && !IsErasedAt(*erased, rows, 2, row));
    };
    context.Pipe(kKept, schema, [pairs, schema, keep]() -> std::optional<Batch> {
      while (auto batch = pairs->NextBatch()) {
        Batch chosen = ChosenRows(*batch, schema, keep);
        if (chosen.num_rows() > 0) {
          return chosen;
        }
      }
      return std::nullopt;
    });
  }

 private:
  // Whether the id whose party is in the column, and its text in the next, is erased.
  static bool IsErasedAt(const enrich::SuppressedIds& erased, const ArrowArray& rows, int column,
                         std::int64_t row) {
    const ArrowArray& party = *rows.children[column];
    const ArrowArray& text = *rows.children[column + 1];
    return !IsNullAt(party, row) && !IsNullAt(text, row) &&
           erased.Contains(BytesAt(party, row), BytesAt(text, row));
  }
};

}  // namespace

std::unique_ptr<Operator> MakeDropErased() { return std::make_unique<DropErased>(); }

}  // namespace weir::operators
