#include "connectors/postgres/postgres.h"

#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "connectors/optional_connection.h"
#include "connectors/postgres/postgres_session.h"
#include "connectors/postgres/publication.h"
#include "sql/quote.h"

namespace weir::connectors {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kLongestTable = 48;  // of PostgreSQL's 63 bytes

// "a, b" as its names.
std::vector<std::string> ColumnsIn(const std::string& list) {
  std::vector<std::string> columns;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    const std::size_t first = std::min(list.find_first_not_of(' ', begin), end);
    std::size_t last = end;
    while (last > first && list[last - 1] == ' ') {
      --last;
    }
    if (last > first) {
      columns.push_back(list.substr(first, last - first));
    }
    begin = end + 1;
  }
  return columns;
}

// Schema and table.
std::vector<std::string> NamesIn(const std::string& name) {
  std::vector<std::string> parts = sql::SplitName(name);
  if (parts.size() == 1) {
    parts.insert(parts.begin(), "public");
  }
  if (parts.size() != 2 || parts[1].size() > kLongestTable) {
    throw UserError(
        "setting 'table' is '{}'; it must be a name or schema.name, the name of at "
        "most {} bytes",
        name, kLongestTable);
  }
  return parts;
}

Publication PublicationOf(const ConnectorContext& context) {
  const std::vector<std::string> parts = NamesIn(context.settings.at("table").get<std::string>());
  Publication publication{.schema = parts[0],
                          .table = parts[1],
                          .run_id = context.run_id,
                          .keys = context.settings.at("keys"),
                          .indexes = {}};
  for (const std::string list : context.settings.at("indexes")) {
    publication.indexes.push_back(ColumnsIn(list));
  }
  return publication;
}

class Postgres final : public Connector {
 public:
  const Declaration& declaration() const override {
    static const Declaration kDeclaration{
        .name = "postgres",
        .doc = "Publishes a relation as a table of a PostgreSQL database.",
        .version = 1,
        .settings = {{Direction::kOut, Settings()}},
        .effect = Effect::kExternal,
        .connection = PostgresSettings()};
    return kDeclaration;
  }

  void CheckSettings(Direction /*direction*/, const Json& settings) const override {
    if (!settings.contains("table")) {
      return;
    }
    const auto table = settings.at("table").get<std::string>();
    if (table.empty()) {
      throw UserError("setting 'table' is empty");
    }
    NamesIn(table);
  }

  SendReport Send(ConnectorContext& context) const override {
    if (HasNoConnection(context.connections, context.settings)) {
      return NothingSent(context.settings);
    }
    const Publication publication = PublicationOf(context);
    PostgresSession session = Open(context);
    const std::int64_t rows = Publish(session, context.connection, context.relation, publication);
    return {.identity = fmt::format("postgres {} {}.{}",
                                    context.settings.at("connection").get<std::string>(),
                                    publication.schema, publication.table),
            .rows = rows};
  }

 private:
  static std::vector<Setting> Settings() {
    std::vector<Setting> settings = OptionalConnectionSettings("postgres");
    settings.push_back({.name = "table", .required = true, .doc = "name or schema.name"});
    settings.push_back({.name = "keys",
                        .type = SettingType::kTexts,
                        .standard = Json::array(),
                        .doc = "columns of the primary key"});
    settings.push_back({.name = "indexes",
                        .type = SettingType::kTexts,
                        .standard = Json::array(),
                        .doc = "one text an index: the columns with commas between"});
    return settings;
  }

  static PostgresSession Open(const ConnectorContext& context) {
    const auto line =
        context.connections.Find(context.settings.at("connection").get<std::string>(), "postgres");
    return PostgresSession(line.settings, context.stop);
  }
};

}  // namespace

std::unique_ptr<Connector> MakePostgres() { return std::make_unique<Postgres>(); }

}  // namespace weir::connectors
