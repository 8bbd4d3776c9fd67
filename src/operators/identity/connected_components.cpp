#include "operators/identity/connected_components.h"

#include <map>
#include <utility>

#include "base/error.h"
#include "operators/fields.h"
#include "operators/identity/day_run.h"
#include "operators/identity/graph_columns.h"

namespace weir::operators {
namespace {

using Json = nlohmann::json;

std::vector<Field> PairColumnsNeeded() {
  return {TextField("party_a"),  TextField("id_a"),    TextField("party_b"), TextField("id_b"),
          TimeField("first_ts"), TimeField("last_ts"), LongField("calls")};
}

class ConnectedComponents final : public Operator {
 public:
  const Declaration& declaration() const override {
    static const Declaration kDeclaration{
        .name = "connected_components",
        .doc = "People as connected components of ids that were seen together, day by day.",
        .version = 3,
        .arguments = Arguments(),
        .outputs = {kEdges, kMapping, kChanges, kViolations, kBasis},
        .settings = Settings()};
    return kDeclaration;
  }

  std::vector<Schema> Outputs(const Json& settings,
                              const std::map<std::string, Schema>& inputs) const override {
    CheckExpiry(settings);
    const bool has_state = inputs.contains(kState);
    if (has_state != inputs.contains(kPeople) || has_state != inputs.contains(kAudit) ||
        has_state != inputs.contains(kBasis)) {
      throw UserError(
          "operator 'connected_components' takes 'state', 'people', 'audit' and 'basis' together: "
          "its outputs '{}', '{}', '{}' and '{}' of the day before",
          kEdges, kMapping, kViolations, kBasis);
    }
    if (!has_state && !inputs.contains(kToday)) {
      throw UserError("operator 'connected_components' needs '{}', or '{}' to erase ids from",
                      kToday, kState);
    }
    return {EdgesSchema(), MappingSchema(), ChangesSchema(), ViolationsSchema(), BasisSchema()};
  }

  Split SplitOf(const Json& /*settings*/) const override { return {}; }

  void Run(OperatorContext& context) const override { RunDay(context); }

 private:
  static std::vector<Argument> Arguments() {
    return {{.name = kToday,
             .columns = PairColumnsNeeded(),
             .optional = true,
             .doc = "ids seen together that day: a row a pair"},
            {.name = kState,
             .columns = EdgesSchema().fields,
             .optional = true,
             .read_again = true,
             .doc = "the edges of the day before"},
            {.name = kPeople,
             .columns = MappingSchema().fields,
             .optional = true,
             .read_again = true,
             .doc = "the mapping of the day before"},
            {.name = kAudit,
             .columns = ViolationsSchema().fields,
             .optional = true,
             .read_again = true,
             .doc = "the violations of the day before"},
            {.name = kBasis,
             .columns = BasisSchema().fields,
             .optional = true,
             .doc = "which day and settings `state` is of"},
            {.name = kEvidence,
             .columns = PairColumnsNeeded(),
             .optional = true,
             .doc = "what was seen on the days before; read where `state` is of other days"},
            {.name = kErased,
             .columns = {TextField("hash"), TextField("key_epoch")},
             .optional = true,
             .read_again = true,
             .doc = "salted hashes of ids that must not come back"},
            {.name = kImported,
             .columns = {TextField("party"), TextField("user_id"), TextField("universal_id")},
             .optional = true,
             .doc = "names of people that come from elsewhere, by the id that founded them"}};
  }

  static std::vector<Setting> Settings() {
    return {{.name = "day", .required = true, .doc = "the day of the run: \"{ds}\""},
            {.name = "max_neighbours",
             .type = SettingType::kInteger,
             .standard = 20,
             .least = 1,
             .most = 1e9,
             .doc = "an id with more distinct ids of one other party is a hub"},
            {.name = "max_component",
             .type = SettingType::kInteger,
             .standard = 200,
             .least = 1,
             .most = 1e9,
             .doc = "a component with more ids is cut"},
            {.name = "expiry_days",
             .type = SettingType::kInteger,
             .standard = 180,
             .least = 1,
             .most = 1e6,
             .doc = "days for which a pair lives without being seen"},
            {.name = "expiry",
             .type = SettingType::kObject,
             .standard = Json::object(),
             .doc = "the same by party, {an: \"18\"}; of a pair the lesser counts"},
            {.name = "salt",
             .standard = "",
             .doc = "of the hashes of erased ids: {secret.adtech.salt}"}};
  }
};

}  // namespace

std::unique_ptr<Operator> MakeConnectedComponents() {
  return std::make_unique<ConnectedComponents>();
}

}  // namespace weir::operators
