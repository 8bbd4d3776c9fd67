#include "operators/ingest/hash_users.h"

#include <fmt/format.h>

#include "data/cells.h"
#include "data/column_builder.h"
#include "operators/fields.h"
#include "operators/ingest/user_key.h"

namespace weir::operators {
namespace {

constexpr auto kIds = "ids";
constexpr auto kKeys = "keys";

Batch KeysOf(const ArrowArray& ids, UserKeys& keys) {
  const ArrowArray& parties = *ids.children[0];
  const ArrowArray& user_ids = *ids.children[1];
  TextColumn party;
  TextColumn user_id;
  TextColumn user_key;
  for (std::int64_t row = 0; row < ids.length; ++row) {
    party.Append(BytesAt(parties, row));
    user_id.Append(BytesAt(user_ids, row));
    user_key.Append(keys.Of(BytesAt(parties, row), BytesAt(user_ids, row)));
  }
  const auto num_rows = static_cast<std::size_t>(ids.length);
  TextColumn epoch;
  epoch.AppendRepeated(keys.epoch(), num_rows);
  std::vector<Batch> columns;
  columns.push_back(party.Finish());
  columns.push_back(user_id.Finish());
  columns.push_back(user_key.Finish());
  columns.push_back(epoch.Finish());
  return StructOfColumns(num_rows, std::move(columns));
}

class HashUsers final : public Operator {
 public:
  const Declaration& declaration() const override {
    static const Declaration kDeclaration{
        .name = "hash_users",
        .doc = "The keys that stand for user ids where the ids themselves may not be read.",
        .version = 1,
        .arguments = {{.name = kIds,
                       .columns = {{.name = "party", .type = PlainType(TypeKind::kString)},
                                   {.name = "user_id", .type = PlainType(TypeKind::kString)}},
                       .doc = "ids, each best once"}},
        .outputs = {kKeys},
        .settings = {{.name = "salt",
                      .required = true,
                      .doc = "a secret of 16 bytes or more: {secret.adtech.salt}"}}};
    return kDeclaration;
  }

  std::vector<Schema> Outputs(const nlohmann::json& /*settings*/,
                              const std::map<std::string, Schema>& /*inputs*/) const override {
    return {Schema{
        {TextField("party"), TextField("user_id"), TextField("user_key"), TextField("key_epoch")}}};
  }

  Split SplitOf(const nlohmann::json& /*settings*/) const override {
    return {.how = Splitting::kRows};
  }

  void Run(OperatorContext& context) const override {
    auto keys = std::make_shared<UserKeys>(context.settings().at("salt").get<std::string>());
    auto ids = std::make_shared<sql::Result>(context.Query(
        fmt::format("SELECT party, user_id FROM {} WHERE party IS NOT NULL AND user_id IS NOT NULL",
                    *context.Relation(kIds))));
    const auto next = [ids, keys]() -> std::optional<Batch> {
      const auto batch = ids->NextBatch();
      return batch ? std::optional(KeysOf(*batch->get(), *keys)) : std::nullopt;
    };
    context.Pipe(kKeys, Outputs({}, {}).front(), next);
  }
};

}  // namespace

std::unique_ptr<Operator> MakeHashUsers() { return std::make_unique<HashUsers>(); }

}  // namespace weir::operators
