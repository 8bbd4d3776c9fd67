#include "operators/refuse_mistakes.h"

#include <string>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file_mistakes.h"
#include "operators/fields.h"

namespace weir::operators {
namespace {

constexpr auto kFoundMistakes = "mistakes";
constexpr auto kCheckedRows = "rows";
constexpr auto kSound = "sound";

Schema MistakesSchema() {
  return {
      {TextField("file"), LongField("line", true), TextField("field", true), TextField("text")}};
}

std::string TextOfCell(const sql::Value& cell) {
  return sql::IsNull(cell) ? "" : std::get<std::string>(cell);
}

class RefuseMistakes final : public Operator {
 public:
  const Declaration& declaration() const override {
    static const Declaration kDeclaration{
        .name = "refuse_mistakes",
        .doc = "Fails with all mistakes that SQL found in files, each with file, line and field.",
        .version = 1,
        .arguments =
            {{.name = kFoundMistakes, .columns = MistakesSchema().fields, .doc = "a row a mistake"},
             {.name = kCheckedRows, .doc = "what they are mistakes of, or what comes of it"}},
        .outputs = {kSound},
        .settings = {}};
    return kDeclaration;
  }

  std::vector<Schema> Outputs(const nlohmann::json& /*settings*/,
                              const std::map<std::string, Schema>& inputs) const override {
    return {inputs.at(kCheckedRows)};
  }

  Split SplitOf(const nlohmann::json& /*settings*/) const override {
    return {.how = Splitting::kWhole};
  }

  void Run(OperatorContext& context) const override {
    const std::vector<FileMistake> mistakes = Mistakes(context);
    if (!mistakes.empty()) {
      throw UserError("{}", ToText(mistakes));
    }
    auto rows =
        std::make_shared<sql::Result>(context.Query("FROM " + *context.Relation(kCheckedRows)));
    context.Pipe(kSound, rows->schema(), [rows] { return rows->NextBatch(); });
  }

 private:
  static std::vector<FileMistake> Mistakes(OperatorContext& context) {
    std::vector<FileMistake> mistakes;
    sql::Result rows = context.Query(
        fmt::format("SELECT file, line::BIGINT, field, text FROM {} ORDER BY ALL NULLS FIRST",
                    *context.Relation(kFoundMistakes)));
    for (const auto& row : rows.Rows()) {
      mistakes.push_back({.file = TextOfCell(row.at(0)),
                          .line = sql::IsNull(row.at(1)) ? 0 : std::get<std::int64_t>(row.at(1)),
                          .field = TextOfCell(row.at(2)),
                          .text = TextOfCell(row.at(3))});
    }
    return mistakes;
  }
};

}  // namespace

std::unique_ptr<Operator> MakeRefuseMistakes() { return std::make_unique<RefuseMistakes>(); }

}  // namespace weir::operators
