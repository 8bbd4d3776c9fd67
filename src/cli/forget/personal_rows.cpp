#include "cli/forget/personal_rows.h"

#include <algorithm>

#include <fmt/format.h>
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
                       operators::UserKeys& keys)
    : ids_(connection, IdsSql(connection, ids, keys)),
      texts_(connection, TextsSql(connection, ids)) {}

std::optional<PersonalRows> FindPersonalRows(const Schema& schema, const ScratchIds& ids) {
  const auto pair_is_asked = [&](const char* party, const char* id) {
    return fmt::format("({}, {}) IN (SELECT (party, user_id) FROM {})", party, id, ids.ids());
  };
  if (HasAll(schema, {"party", "user_id"})) {
    const std::string neighbour = HasAll(schema, {"neighbour_party", "neighbour_id"})
                                      ? " OR " + pair_is_asked("neighbour_party", "neighbour_id")
                                      : "";
    return PersonalRows{.where = pair_is_asked("party", "user_id") + neighbour, .empty_column = ""};
  }
  if (IsList(schema, "ids")) {
    constexpr auto kListHasOne =
        "list_has_any(ids, (SELECT list({{'party': party, 'id': user_id}}) FROM {}))";
    return PersonalRows{.where = fmt::format(kListHasOne, ids.ids()), .empty_column = ""};
  }
  if (HasAll(schema, {"party_a", "id_a", "party_b", "id_b"})) {
    return PersonalRows{
        .where = pair_is_asked("party_a", "id_a") + " OR " + pair_is_asked("party_b", "id_b"),
        .empty_column = ""};
  }
  if (HasAll(schema, {"user_key"})) {
    return PersonalRows{.where = fmt::format("user_key IN (SELECT user_key FROM {})", ids.ids()),
                        .empty_column = ""};
  }
  if (HasAll(schema, {"source_partition", "source_offset", "reason", "line"})) {
    return PersonalRows{
        .where =
            fmt::format("EXISTS (SELECT 1 FROM {} AS t WHERE contains(line, t.text))", ids.texts()),
        .empty_column = "line"};
  }
  return std::nullopt;
}

}  // namespace weir::cli
