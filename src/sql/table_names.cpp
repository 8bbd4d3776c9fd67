#include "sql/table_names.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "data/schema.h"
#include "sql/cell.h"
#include "sql/quote.h"
#include "sql/split_statements.h"
#include "sql/statement.h"

namespace weir::sql {
namespace {

using Json = nlohmann::json;

// Walks the tree that json_serialize_sql() gives and collects base tables, but not the names that a
// WITH around them defines.
class TableCollector {
 public:
  explicit TableCollector(std::set<std::string>& names) : names_(names) {}

  void Visit(const Json& node) {
    if (node.is_array()) {
      for (const Json& element : node) {
        Visit(element);
      }
    } else if (node.is_object()) {
      VisitObject(node);
    }
  }

 private:
  void VisitObject(const Json& node) {
    const std::string type = TextOf(node, "type");
    if (type == "BASE_TABLE") {
      AddTable(node);
    }
    const std::size_t scope = defined_.size();
    if (type == "RECURSIVE_CTE_NODE") {
      defined_.push_back(TextOf(node, "cte_name"));
    }
    if (const auto with = node.find("cte_map"); with != node.end()) {
      VisitWith(*with);
    }
    for (const auto& [key, part] : node.items()) {
      if (key != "cte_map") {
        Visit(part);
      }
    }
    defined_.resize(scope);
  }

  // Each name of a WITH is known to the ones after it.
  void VisitWith(const Json& with) {
    for (const Json& entry : with.at("map")) {
      Visit(entry.at("value"));
      defined_.push_back(entry.at("key").get<std::string>());
    }
  }

  void AddTable(const Json& node) {
    std::vector<std::string> parts;
    for (const char* key : {"catalog_name", "schema_name", "table_name"}) {
      if (std::string part = TextOf(node, key); !part.empty()) {
        parts.push_back(std::move(part));
      }
    }
    const bool is_defined =
        parts.size() == 1 && std::ranges::any_of(defined_, [&](const std::string& name) {
          return SameName(name, parts.front());
        });
    if (!is_defined) {
      names_.insert(JoinName(parts));
    }
  }

  static std::string TextOf(const Json& node, const char* key) {
    const auto found = node.find(key);
    return found != node.end() && found->is_string() ? found->get<std::string>() : std::string();
  }

  std::set<std::string>& names_;
  std::vector<std::string> defined_;
};

// The parse tree of SELECTs; absent for any other statement.
std::optional<Json> ParseTree(Session& session, std::string_view sql) {
  Statements statements(session, "SELECT json_serialize_sql($1::VARCHAR)");
  const OwnedPrepared prepared = statements.Prepare(0);
  BindParameters(prepared.get(), std::array{Value(std::string(sql))});
  OwnedResult result = statements.Start(prepared.get());
  const OwnedDataChunk chunk = FetchChunk(session, result);
  const OwnedLogicalType type(duckdb_column_logical_type(result.get(), 0));
  const Value cell = CellAt(duckdb_data_chunk_get_vector(chunk.get(), 0), type.get(), 0);
  Json tree = Json::parse(std::get<std::string>(cell));
  return tree.at("error").get<bool>() ? std::nullopt : std::optional(std::move(tree));
}

// For statements without a query in them, such as COPY t TO.
void AskDuckdb(Session& session, const std::string& statement, std::set<std::string>& names) {
  const OwnedValue list(duckdb_get_table_names(session.handle(), statement.c_str(), true));
  if (!list) {
    throw UserError("the tables that this statement names can't be told; write it as a SELECT: {}",
                    statement);
  }
  for (idx_t index = 0; index < duckdb_get_list_size(list.get()); ++index) {
    const OwnedValue name(duckdb_get_list_child(list.get(), index));
    names.insert(JoinName(SplitName(TakeText(duckdb_get_varchar(name.get())))));
  }
}

void FindInStatement(Session& session, std::string_view statement, std::set<std::string>& names) {
  if (Statements(session, statement).size() == 0) {
    return;
  }
  std::optional<Json> tree = ParseTree(session, statement);
  if (const std::string_view query = FindQuery(statement); !tree && !query.empty()) {
    tree = ParseTree(session, query);
  }
  if (!tree) {
    AskDuckdb(session, std::string(statement), names);
    return;
  }
  TableCollector(names).Visit(*tree);
}

}  // namespace

std::vector<std::string> FindTableNames(Session& session, std::string_view sql) {
  const Statements parsed(session, sql);  // throws with a caret where the syntax is wrong
  std::set<std::string> names;
  for (const std::string_view statement : SplitStatements(sql)) {
    FindInStatement(session, statement, names);
  }
  return {names.begin(), names.end()};
}

}  // namespace weir::sql
