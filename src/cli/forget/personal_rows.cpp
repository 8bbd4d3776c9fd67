#include "cli/forget/personal_rows.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/forget/text_stream.h"
#include "sql/quote.h"

namespace weir::cli {
namespace {

std::string IdsSql(sql::Connection& connection, const std::vector<PersonId>& ids,
                   operators::UserKeys& keys) {
  std::vector<std::vector<std::string>> rows;
  rows.reserve(ids.size());
  for (const PersonId& id : ids) {
    rows.push_back({id.party, id.user_id, keys.Of(id.party, id.user_id)});
  }
  return TextStreamSql(connection, {"party", "user_id", "user_key"}, rows);
}

std::vector<std::string> UserIdsOf(const std::vector<PersonId>& ids) {
  std::set<std::string> texts;
  for (const PersonId& id : ids) {
    texts.insert(id.user_id);
  }
  return {texts.begin(), texts.end()};
}

std::string PeopleSql(sql::Connection& connection, const std::vector<std::string>& universal_ids) {
  std::vector<std::vector<std::string>> rows;
  rows.reserve(universal_ids.size());
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

// Of weir.runs: `record` has the same messages as `error`, and those of checks.
PersonalRows RunRows(const IdPatterns& patterns) {
  const auto without = [&](const std::string& message) {
    return patterns.WithoutSql(TextKind::kMessage, message);
  };
  return {
      .where = patterns.Condition(
          TextKind::kMessage,
          "concat_ws(chr(10), error, why, array_to_string(json_extract_string(record, "
          "'$.checks[*].message'), chr(10)))"),
      .rest = {
          {"error", without("error")},
          {"why", without("why")},
          {"record",
           fmt::format(
               "CAST(json_merge_patch(CAST(record AS JSON), json_object('error', {}, 'why', {}, "
               "'checks', list_transform(from_json(json_extract(record, '$.checks'), "
               "'[\"JSON\"]'), lambda said: json_merge_patch(said, "
               "json_object('message', {}))))) AS VARCHAR)",
               without("json_extract_string(record, '$.error')"),
               without("json_extract_string(record, '$.why')"),
               without("json_extract_string(said, '$.message')"))}}};
}

// Of tables whose texts may name somebody.
std::optional<PersonalRows> RowsWithMessages(const Schema& schema, const IdPatterns& patterns) {
  if (HasAll(schema, {"source_partition", "source_offset", "reason", "line"})) {
    return PersonalRows{.where = patterns.Condition(TextKind::kForeignLine, "line"),
                        .rest = {{"line", "CAST(NULL AS VARCHAR)"}}};
  }
  if (HasAll(schema, {"run", "attempt", "error", "record"})) {
    return RunRows(patterns);
  }
  if (HasAll(schema, {"run", "attempt", "subject", "message"})) {
    return PersonalRows{.where = patterns.Condition(TextKind::kMessage, "message"),
                        .rest = {{"message", patterns.WithoutSql(TextKind::kMessage, "message")}}};
  }
  if (IsList(schema, "error_log_lines")) {
    return PersonalRows{.where = patterns.Condition(TextKind::kErrorLine,
                                                    "array_to_string(error_log_lines, chr(10))"),
                        .rest = {{"error_log_lines",
                                  fmt::format("list_filter(error_log_lines, lambda said: NOT {})",
                                              patterns.Condition(TextKind::kErrorLine, "said"))}}};
  }
  return std::nullopt;
}

}  // namespace

ScratchIds::ScratchIds(sql::Connection& connection, const std::vector<PersonId>& ids,
                       operators::UserKeys& keys, IdSurroundings surroundings)
    : ids_(connection, IdsSql(connection, ids, keys)),
      people_(connection, PeopleSql(connection, surroundings.universal_ids)),
      patterns_(UserIdsOf(ids)),
      dsp_parties_(std::move(surroundings.dsp_parties)) {}

std::string ScratchIds::UsersAt(const std::string& dsp) const {
  const auto party = dsp_parties_.find(dsp);
  const std::string all = "SELECT user_id FROM " + ids_.name();
  return party == dsp_parties_.end() ? all
                                     : all + " WHERE party = " + sql::QuoteText(party->second);
}

std::string ScratchIds::IsUser(const std::string& user, const std::string& dsp) const {
  if (dsp_parties_.empty()) {
    return fmt::format("{} IN (SELECT user_id FROM {})", user, ids_.name());
  }
  std::string cases;
  std::vector<std::string> parties;
  for (const auto& [known, party] : dsp_parties_) {
    cases += fmt::format(" WHEN {} THEN {} IN ({})", sql::QuoteText(known), user, UsersAt(known));
    parties.push_back(sql::QuoteText(party));
  }
  return dsp.empty() ? fmt::format("{} IN (SELECT user_id FROM {} WHERE party IN ({}))", user,
                                   ids_.name(), fmt::join(parties, ", "))
                     : fmt::format("CASE {}{} ELSE {} IN (SELECT user_id FROM {}) END", dsp, cases,
                                   user, ids_.name());
}

std::optional<PersonalRows> FindPersonalRows(const Schema& schema, const ScratchIds& ids) {
  std::vector<std::string> conditions;
  std::set<std::string> judged;
  const auto add_pair = [&](const char* party, const char* id) {
    if (HasAll(schema, {party, id})) {
      judged.insert(id);
      conditions.push_back(
          fmt::format("({}, {}) IN (SELECT (party, user_id) FROM {})", party, id, ids.ids()));
    }
  };
  const auto add_one = [&](const char* column, const char* of, const std::string& table) {
    if (HasAll(schema, {column})) {
      judged.insert(column);
      conditions.push_back(fmt::format("{} IN (SELECT {} FROM {})", column, of, table));
    }
  };
  add_pair("party", "user_id");
  add_pair("neighbour_party", "neighbour_id");
  add_pair("party_a", "id_a");
  add_pair("party_b", "id_b");
  if (IsList(schema, "ids")) {
    judged.insert("ids");
    conditions.push_back(fmt::format(
        "list_has_any(ids, (SELECT list({{'party': party, 'id': user_id}}) FROM {}))", ids.ids()));
  }
  add_one("user_key", "user_key", ids.ids());
  if (HasAll(schema, {"dsp_user_id"})) {
    judged.insert("dsp_user_id");
    conditions.push_back(ids.IsUser("dsp_user_id", HasAll(schema, {"dsp"}) ? "dsp" : ""));
  }
  add_one("universal_id", "universal_id", ids.people());
  if (!conditions.empty()) {
    return PersonalRows{.where = fmt::format("coalesce({}, false)", fmt::join(conditions, " OR ")),
                        .judged = std::move(judged)};
  }
  return RowsWithMessages(schema, ids.patterns());
}

}  // namespace weir::cli
