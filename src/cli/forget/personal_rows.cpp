#include "cli/forget/personal_rows.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/forget/text_stream.h"

namespace weir::cli {
namespace {

std::string IdsSql(sql::Connection& connection, const std::vector<PersonId>& ids,
                   operators::UserKeys& keys) {
  std::vector<std::vector<std::string>> rows;
  for (const PersonId& id : ids) {
    rows.push_back({id.party, id.user_id, keys.Of(id.party, id.user_id)});
  }
  return TextStreamSql(connection, {"party", "user_id", "user_key"}, rows);
}

// An id stands in a line of JSON as it is, or escaped.
std::string TextsSql(sql::Connection& connection, const std::vector<PersonId>& ids) {
  std::vector<std::vector<std::string>> rows;
  for (const PersonId& id : ids) {
    const std::string quoted =
        nlohmann::json(id.user_id).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    rows.push_back({id.user_id});
    rows.push_back({quoted.substr(1, quoted.size() - 2)});
  }
  return TextStreamSql(connection, {"text"}, rows);
}

std::string PeopleSql(sql::Connection& connection, const std::vector<std::string>& universal_ids) {
  std::vector<std::vector<std::string>> rows;
  for (const std::string& person : universal_ids) {
    rows.push_back({person});
  }
  return TextStreamSql(connection, {"universal_id"}, rows);
}

bool HasAll(const Schema& schema, std::initializer_list<const char*> columns) {
  return std::ranges::all_of(columns,
                             [&](const char* column) { return schema.Find(column) != nullptr; });
}

bool IsList(const Schema& schema, const char* column) {
  const Field* field = schema.Find(column);
  return field != nullptr && field->type.kind == TypeKind::kArray;
}

}  // namespace

ScratchIds::ScratchIds(sql::Connection& connection, const std::vector<PersonId>& ids,
                       operators::UserKeys& keys, const std::vector<std::string>& universal_ids)
    : ids_(connection, IdsSql(connection, ids, keys)),
      texts_(connection, TextsSql(connection, ids)),
      people_(connection, PeopleSql(connection, universal_ids)) {}

std::optional<PersonalRows> FindPersonalRows(const Schema& schema, const ScratchIds& ids) {
  std::vector<std::string> conditions;
  const auto add_pair = [&](const char* party, const char* id) {
    if (HasAll(schema, {party, id})) {
      conditions.push_back(
          fmt::format("({}, {}) IN (SELECT (party, user_id) FROM {})", party, id, ids.ids()));
    }
  };
  const auto add_one = [&](const char* column, const char* of, const std::string& table) {
    if (HasAll(schema, {column})) {
      conditions.push_back(fmt::format("{} IN (SELECT {} FROM {})", column, of, table));
    }
  };
  add_pair("party", "user_id");
  add_pair("neighbour_party", "neighbour_id");
  add_pair("party_a", "id_a");
  add_pair("party_b", "id_b");
  if (IsList(schema, "ids")) {
    conditions.push_back(fmt::format(
        "list_has_any(ids, (SELECT list({{'party': party, 'id': user_id}}) FROM {}))", ids.ids()));
  }
  add_one("user_key", "user_key", ids.ids());
  add_one("dsp_user_id", "user_id", ids.ids());
  add_one("universal_id", "universal_id", ids.people());
  if (!conditions.empty()) {
    return PersonalRows{.where = fmt::format("coalesce({}, false)", fmt::join(conditions, " OR ")),
                        .empty_column = ""};
  }
  const auto named_in = [&](const char* text) {
    return fmt::format("EXISTS (SELECT 1 FROM {} AS t WHERE contains({}, t.text))", ids.texts(),
                       text);
  };
  if (HasAll(schema, {"source_partition", "source_offset", "reason", "line"})) {
    return PersonalRows{
        .where = named_in("line"), .empty_column = "line", .rest = "CAST(NULL AS VARCHAR)"};
  }
  if (IsList(schema, "error_log_lines")) {
    return PersonalRows{
        .where = named_in("array_to_string(error_log_lines, chr(10))"),
        .empty_column = "error_log_lines",
        .rest = fmt::format(
            "(SELECT coalesce(list(said ORDER BY place), []) FROM (SELECT unnest(error_log_lines) "
            "AS said, generate_subscripts(error_log_lines, 1) AS place) WHERE NOT {})",
            named_in("said"))};
  }
  return std::nullopt;
}

}  // namespace weir::cli
