#include "cli/forget/text_stream.h"

#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "data/column_builder.h"

namespace weir::cli {

std::string TextStreamSql(sql::Connection& connection, const std::vector<std::string>& columns,
                          const std::vector<std::vector<std::string>>& rows) {
  constexpr auto kStream = "weir_asked_ids";
  std::vector<TextColumn> texts(columns.size());
  for (const std::vector<std::string>& row : rows) {
    for (std::size_t column = 0; column < columns.size(); ++column) {
      texts[column].Append(row[column]);
    }
  }
  Schema schema;
  std::vector<Batch> parts;
  for (std::size_t column = 0; column < columns.size(); ++column) {
    schema.fields.push_back(
        {.name = columns[column], .type = PlainType(TypeKind::kString), .nullable = false});
    parts.push_back(texts[column].Finish());
  }
  auto batch =
      std::make_shared<std::optional<Batch>>(StructOfColumns(rows.size(), std::move(parts)));
  connection.RegisterStream(kStream, schema, [batch] { return std::exchange(*batch, {}); });
  return fmt::format("SELECT DISTINCT * FROM {}", kStream);
}

}  // namespace weir::cli
