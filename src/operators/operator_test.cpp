#include "operators/operator.h"

#include <gtest/gtest.h>

#include "base/error_of.h"

namespace weir::operators {
namespace {

using Lines = std::vector<std::string>;

Field Long(std::string name) {
  return {.name = std::move(name), .type = {.kind = TypeKind::kLong, .children = {}}};
}

// Needs a column `id BIGINT` in `people`, and may have `state`.
class Asker final : public Operator {
 public:
  const Declaration& declaration() const override {
    static const Declaration kDeclaration{.name = "asker",
                                          .doc = "",
                                          .version = 1,
                                          .arguments = {{.name = "people", .columns = {Long("id")}},
                                                        {.name = "state", .optional = true}},
                                          .outputs = {"first", "second"},
                                          .settings = {}};
    return kDeclaration;
  }
  std::vector<Schema> Outputs(const nlohmann::json& /*settings*/,
                              const std::map<std::string, Schema>& inputs) const override {
    return {inputs.at("people"), {}};
  }
  Split SplitOf(const nlohmann::json& /*settings*/) const override { return {}; }
  void Run(OperatorContext& /*context*/) const override {}
};

TEST(Operator, TheTableNamesTheNearest) {
  const OperatorTable table = BuiltinOperators();

  EXPECT_EQ(table.Find("rank_rows").declaration().name, "rank_rows");
  EXPECT_EQ(ErrorOf([&] { table.Find("rank_row"); }),
            "unknown operator 'rank_row'; allowed: choose_champions, connected_components, "
            "draw_evaluation, drop_erased, enrich_lines, evaluate_scores, hash_users, rank_rows, "
            "refuse_mistakes, registrable_domains, score_candidates, score_drift, score_people, "
            "select_models; did you mean 'rank_rows'?");
}

TEST(Operator, AStepsMistakesAreAllTold) {
  EXPECT_EQ(StepMistakes(Asker(), {{"x", 1}}, {"peple"}, 3),
            (Lines{"unknown setting 'x'; allowed: none",
                   "operator 'asker' has no argument 'peple'; allowed: people, state; did you mean "
                   "'people'?",
                   "operator 'asker' needs the argument 'people'",
                   "operator 'asker' gives 2: first, second; `out` names 3"}));
  EXPECT_EQ(StepMistakes(Asker(), nullptr, {"people"}, 1), Lines{});
}

TEST(Operator, RequiredColumnsAreThereWithTheirTypes) {
  const Schema good{{Long("id")}};
  const Schema other{{Long("ids")}};
  const Schema text{{{.name = "id", .type = {.kind = TypeKind::kString, .children = {}}}}};

  EXPECT_EQ(Describe(Asker(), nullptr, {{"people", good}}).front(), good);
  EXPECT_EQ(ErrorOf([&] { Describe(Asker(), nullptr, {{"people", other}}); }),
            "operator 'asker' needs column 'id' (BIGINT) in 'people', which has ids; did you mean "
            "'ids'?");
  EXPECT_EQ(ErrorOf([&] { Describe(Asker(), nullptr, {{"people", text}}); }),
            "operator 'asker' needs column 'id' of 'people' as BIGINT; it is VARCHAR");
}

}  // namespace
}  // namespace weir::operators
