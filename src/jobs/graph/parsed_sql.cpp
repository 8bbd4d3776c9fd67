#include "jobs/graph/parsed_sql.h"

#include <algorithm>
#include <array>
#include <variant>

#include <fmt/format.h>

#include "base/error.h"
#include "sql/quote.h"

namespace weir::jobs {
namespace {

using Json = nlohmann::json;
using project::SubstitutionValue;

// A literal or identifier that takes `length` bytes, at least 3.
std::string FillerOf(const SubstitutionValue& value, std::size_t length) {
  std::string filler;
  switch (value.kind) {
    case SubstitutionValue::Kind::kName:
      filler = sql::QuoteName(value.text);
      break;
    case SubstitutionValue::Kind::kLiteral:
      filler = value.text.size() <= length ? value.text : "1";
      break;
    default:
      filler = "'" + std::string(length - 2, 'x') + "'";
  }
  filler.resize(std::max(length, filler.size()), ' ');
  return filler;
}

// Finds where the tree of a statement names a relation.
class ReadFinder {
 public:
  ReadFinder(const SqlSource& source, const std::vector<std::string>& name)
      : source_(source), name_(name), place_(source.place) {}

  project::Place Find(const Json& node) {
    Visit(node);
    return place_;
  }

 private:
  void Visit(const Json& node) {
    if (found_) {
      return;
    }
    if (node.is_object() && TextOf(node, "type") == "BASE_TABLE" && IsIt(node)) {
      found_ = true;
      place_ = source_.PlaceOf(node.value("query_location", std::size_t{0}));
      return;
    }
    if (node.is_structured()) {
      for (const Json& part : node) {
        Visit(part);
      }
    }
  }

  bool IsIt(const Json& node) const {
    std::vector<std::string> parts;
    for (const char* key : {"catalog_name", "schema_name", "table_name"}) {
      if (std::string part = TextOf(node, key); !part.empty()) {
        parts.push_back(std::move(part));
      }
    }
    return parts == name_;
  }

  const SqlSource& source_;
  const std::vector<std::string>& name_;
  project::Place place_;
  bool found_ = false;
};

std::optional<Json> Tree(const SqlSource& source, const std::string& text,
                         sql::Connection& connection, project::Mistakes& mistakes) {
  const std::array<sql::Value, 1> parameters = {sql::Value(text)};
  const sql::Value cell =
      connection.Query("SELECT json_serialize_sql($1::VARCHAR)", parameters).Cell();
  Json tree = Json::parse(std::get<std::string>(cell));
  if (tree.at("error").get<bool>()) {
    const std::string position = TextOf(tree, "position");
    const bool is_select = TextOf(tree, "error_type") != "not implemented";
    mistakes.Note(position.empty() ? source.place : source.PlaceOf(std::stoull(position)),
                  is_select ? "not SQL: " + TextOf(tree, "error_message")
                            : "one SELECT is needed; other statements aren't allowed");
    return std::nullopt;
  }
  if (tree.at("statements").size() != 1) {
    mistakes.Note(source.place, fmt::format("one SELECT is needed; there are {} statements",
                                            tree.at("statements").size()));
    return std::nullopt;
  }
  return tree.at("statements").front();
}

}  // namespace

std::string TextOf(const Json& node, const char* key) {
  const auto found = node.find(key);
  return found != node.end() && found->is_string() ? found->get<std::string>() : std::string();
}

project::Place SqlSource::PlaceOf(std::size_t offset) const {
  return is_file ? project::PlaceIn(place.file, text, offset) : place;
}

std::string FillInPlace(const std::string& text, const project::Substitutions& values) {
  std::string filled = text;
  for (const project::BracedName& name : project::BracedNames(text)) {
    if (const auto value = values.find(name.name); value != values.end()) {
      const std::size_t length = name.end - name.begin;
      const std::string filler = FillerOf(value->second, length);
      if (filler.size() == length) {
        filled.replace(name.begin, length, filler);
      }
    }
  }
  for (auto at = filled.find("{{"); at != std::string::npos; at = filled.find("{{", at + 2)) {
    filled[at + 1] = ' ';
  }
  return filled;
}

std::optional<ParsedSql> ParseSql(const SqlSource& source, const project::Substitutions& values,
                                  sql::Connection& connection, project::Mistakes& mistakes) {
  ParsedSql parsed{.text = FillInPlace(source.text, values), .tree = {}, .reads = {}};
  auto tree = Tree(source, parsed.text, connection, mistakes);
  if (!tree) {
    return std::nullopt;
  }
  parsed.tree = std::move(*tree);
  for (const std::string& table : connection.TableNames(parsed.text)) {
    const std::vector<std::string> name = sql::SplitName(table);
    parsed.reads.push_back({.name = name, .place = ReadFinder(source, name).Find(parsed.tree)});
  }
  return parsed;
}

}  // namespace weir::jobs
