#include "connectors/postgres/postgres.h"

#include <thread>

#include <fmt/format.h>

#include "connectors/connector_fixture.h"
#include "connectors/postgres/postgres_server.h"
#include "connectors/postgres/postgres_session.h"

namespace weir::connectors {
namespace {

using Lines = std::vector<std::string>;

class PostgresTest : public ConnectorTest {
 protected:
  static void SetUpTestSuite() {
    if (const auto programs = PostgresServer::Programs()) {
      server_ = std::make_unique<PostgresServer>(*programs);
    }
  }
  static void TearDownTestSuite() { server_.reset(); }

  void SetUp() override {
    if (!server_) {
      GTEST_SKIP() << "skipped: no PostgreSQL is installed (scripts/setup.sh installs it)";
    }
    ASSERT_TRUE(server_->ok()) << "the PostgreSQL server didn't start";
    Ask("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  }

  Connections Lines1(std::map<std::string, std::string> settings) {
    return Connections(
        {{.name = "shop", .kind = "postgres", .settings = std::move(settings), .place = {}}},
        secrets_);
  }

  SendReport Publish(const nlohmann::json& more = nlohmann::json::object(),
                     const std::string& run_id = "report.1") {
    return PublishBy(server_->Settings(), more, run_id);
  }

  SendReport PublishBy(const std::map<std::string, std::string>& connection,
                       const nlohmann::json& more, const std::string& run_id) {
    const Connections connections = Lines1(connection);
    ConnectorContext context = ContextOf(connections, more, run_id);
    return table_.Find("postgres").Send(context);
  }

  ConnectorContext ContextOf(const Connections& connections, const nlohmann::json& more,
                             const std::string& run_id) {
    nlohmann::json settings{{"connection", "shop"}, {"table", "public.report"}};
    if (more.is_object()) {
      settings.update(more);
    }
    return {.database = database_,
            .connection = connection_,
            .connections = connections,
            .folder = folder_.path(),
            .settings = CompleteSettings(table_.Find("postgres"), Direction::kOut, settings),
            .relation = "rows",
            .columns = "",
            .run_id = run_id,
            .finished = {},
            .stop = stop_.get_token()};
  }

  // Rows as psql would show them unaligned.
  Lines Ask(const std::string& sql) {
    PostgresSession session(server_->Settings(), {});
    Lines lines;
    for (const auto& row : session.Run(sql)) {
      std::string line;
      for (std::size_t cell = 0; cell < row.size(); ++cell) {
        line += cell == 0 ? "" : "|";
        line += row[cell].value_or("NULL");
      }
      lines.push_back(line);
    }
    return lines;
  }

  static inline std::unique_ptr<PostgresServer> server_;
  std::stop_source stop_;
};

TEST_F(PostgresTest, EveryTypeArrivesExactly) {
  connection_.Run(R"(CREATE TEMP TABLE rows AS SELECT
      true AS b, (-128)::TINYINT AS i1, 32767::SMALLINT AS i2, (-2147483648)::INTEGER AS i4,
      9223372036854775807 AS i8, 0.1::FLOAT AS f4, 'nan'::DOUBLE AS f8, -0.1::DOUBLE AS f9,
      '-12345678901234567890123456789012345.678'::DECIMAL(38,3) AS n,
      concat('a\tb"', chr(9), 'c', chr(10), chr(13), chr(92), 'N é') AS t, '\x00\xFF'::BLOB AS by,
      DATE '2026-01-05' AS d, TIMESTAMPTZ '2026-01-05 01:02:03.000001+00' AS tz,
      TIMESTAMP '1969-12-31 23:59:59.999999' AS ts, 'infinity'::DATE AS inf,
      '0044-03-15 (BC)'::DATE AS bc)");

  Publish();

  EXPECT_EQ(
      Ask("SET timezone = 'UTC'; SELECT * FROM report"),
      Lines{"t|-128|32767|-2147483648|9223372036854775807|0.1|NaN|-0.1|"
            "-12345678901234567890123456789012345.678|a\\tb\"\tc\n\r\\N é|\\x00ff|2026-01-05|"
            "2026-01-05 01:02:03.000001+00|1969-12-31 23:59:59.999999|infinity|0044-03-15 BC"});
  EXPECT_EQ(Ask("SELECT string_agg(format_type(atttypid, atttypmod), ',' ORDER BY attnum) FROM "
                "pg_attribute WHERE attrelid = 'report'::regclass AND attnum > 0"),
            Lines{"boolean,smallint,smallint,integer,bigint,real,double precision,double precision,"
                  "numeric(38,3),text,bytea,date,timestamp with time zone,"
                  "timestamp without time zone,date,date"});
}

TEST_F(PostgresTest, NullsListsAndNestedValuesArriveExactly) {
  connection_.Run(R"(CREATE TEMP TABLE rows AS
      SELECT 1 AS id, ['a"b', NULL, 'c\d', '', 'NULL'] AS texts, [1.50, NULL]::DECIMAL(5,2)[] AS n,
             {'x y': 'q"', 'n': 12345678901234567.89::DECIMAL(30,2), 'l': [[1, NULL], []],
              'd': DATE '2026-01-05', 'f': 'inf'::DOUBLE} AS s,
             MAP {'k': 1.5::DOUBLE} AS m, MAP {2: NULL::INTEGER} AS mi
      UNION ALL SELECT 2, NULL, [], NULL, NULL, MAP {})");

  Publish();

  EXPECT_EQ(
      Ask("SELECT texts[1], texts[2], texts[3], texts[4], texts[5], n::text, s::text, m::text,"
          " mi::text FROM report WHERE id = 1"),
      Lines{"a\"b|NULL|c\\d||NULL|{1.50,NULL}|{\"d\": \"2026-01-05\", \"f\": \"inf\", \"l\": "
            "[[1, null], []], \"n\": 12345678901234567.89, \"x y\": \"q\\\"\"}|{\"k\": 1.5}|"
            "[{\"key\": 2, \"value\": null}]"});
  EXPECT_EQ(Ask("SELECT texts, n::text, s, m, mi::text FROM report WHERE id = 2"),
            Lines{"NULL|{}|NULL|NULL|[]"});
}

TEST_F(PostgresTest, ReplacesTheTableWithKeysIndexesAndGrants) {
  Ask("DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'reader') THEN CREATE ROLE "
      "reader; END IF; END $$");
  connection_.Run(
      "CREATE TEMP TABLE rows AS SELECT i AS id, 'x' AS \"odd \"\"name\" FROM range(3) t(i)");
  const nlohmann::json settings{{"keys", {"id"}}, {"indexes", {"odd \"name, id"}}};
  Publish(settings);
  Ask("GRANT SELECT ON report TO reader");
  connection_.Run(
      "CREATE OR REPLACE TEMP TABLE rows AS SELECT i AS id, 'y' AS \"odd \"\"name\" FROM "
      "range(100000) t(i)");

  EXPECT_EQ(Publish(settings, "report.2").rows, 100000);

  EXPECT_EQ(Ask("SELECT count(*), min(\"odd \"\"name\"), sum(id) FROM report"),
            Lines{"100000|y|4999950000"});
  EXPECT_EQ(Ask("SELECT indexname FROM pg_indexes WHERE tablename = 'report' ORDER BY 1"),
            (Lines{"report_1_idx", "report_pkey"}));
  EXPECT_EQ(Ask("SELECT has_table_privilege('reader', 'report', 'SELECT')"), Lines{"t"});
  EXPECT_EQ(Ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"),
            (Lines{"report", "weir_publications"}));
}

TEST_F(PostgresTest, AFailureLeavesTheOldTableAndNoMarker) {
  connection_.Run("CREATE TEMP TABLE rows AS SELECT 1 AS id");
  Publish({}, "report.1");
  connection_.Run("CREATE OR REPLACE TEMP TABLE rows AS SELECT 1 AS id FROM range(2)");

  const std::string error = ErrorOf([&] { Publish({{"keys", {"id"}}}, "report.2"); });

  EXPECT_NE(error.find("Key (id)=(1) is duplicated"), std::string::npos) << error;
  EXPECT_EQ(Ask("SELECT count(*) FROM report"), Lines{"1"});
  EXPECT_EQ(Ask("SELECT table_name, run_id FROM weir_publications"), Lines{"report|report.1"});
}

TEST_F(PostgresTest, NothingIsSentWhereThereIsNoSuchConnection) {
  const Connections none({}, secrets_);
  ConnectorContext asked = ContextOf(none, {{"where_configured", true}}, "report.1");
  ConnectorContext wrong = ContextOf(none, {}, "report.1");

  EXPECT_EQ(table_.Find("postgres").Send(asked).identity, "nothing, there is no connection 'shop'");
  EXPECT_THROW(table_.Find("postgres").Send(wrong), UserError);
}

TEST_F(PostgresTest, PublishersOfOneTableWaitForEachOther) {
  connection_.Run("CREATE TABLE shared AS SELECT i AS id FROM range(1000) t(i)");
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      sql::Connection connection = database_.Connect();
      const Connections connections = Lines1(server_->Settings());
      ConnectorContext context =
          ContextOf(connections, nlohmann::json::object(), fmt::format("report.{}", thread));
      ConnectorContext own{.database = database_,
                           .connection = connection,
                           .connections = connections,
                           .folder = {},
                           .settings = context.settings,
                           .relation = "shared",
                           .columns = "",
                           .run_id = context.run_id,
                           .finished = {},
                           .stop = {}};
      table_.Find("postgres").Send(own);
    });
  }
  threads.clear();

  EXPECT_EQ(Ask("SELECT count(*) FROM report"), Lines{"1000"});
}

TEST_F(PostgresTest, NoPasswordIsEverShown) {
  connection_.Run("CREATE TEMP TABLE rows AS SELECT 1 AS id");
  auto settings = server_->Settings();
  settings["password"] = "planted-wrong";
  auto nowhere = server_->Settings();
  nowhere["host"] = "/nowhere/planted-s3cret";
  const auto failure = [&](const std::map<std::string, std::string>& connection) -> std::string {
    try {
      PublishBy(connection, nlohmann::json::object(), "r");
    } catch (const ExternalError& error) {
      return error.what();
    }
    return "nothing was thrown";
  };

  const std::string refused = failure(settings);
  EXPECT_NE(refused.find("password authentication failed"), std::string::npos) << refused;
  EXPECT_EQ(refused.find("planted"), std::string::npos) << refused;
  EXPECT_NE(failure(nowhere).find("No such file"), std::string::npos);
}

TEST_F(PostgresTest, APermissionThatLacksIsAnExternalError) {
  connection_.Run("CREATE TEMP TABLE rows AS SELECT 1 AS id");
  Ask("DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'guest') THEN CREATE ROLE "
      "guest LOGIN PASSWORD 'g'; END IF; END $$");
  auto settings = server_->Settings();
  settings["user"] = "guest";
  settings["password"] = "g";

  EXPECT_THROW(PublishBy(settings, nlohmann::json::object(), "r"), ExternalError);
}

TEST_F(PostgresTest, AStopEndsAWaitingPublication) {
  connection_.Run("CREATE TEMP TABLE rows AS SELECT 1 AS id");
  Publish();
  PostgresSession blocker(server_->Settings(), {});
  blocker.Run("BEGIN; LOCK TABLE report");
  std::jthread stopper([&](const std::stop_token& waited) {
    while (!waited.stop_requested() &&
           Ask("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") ==
               Lines{"0"}) {
    }
    stop_.request_stop();
  });

  EXPECT_THROW(Publish({}, "report.2"), CancelledError);
}

TEST_F(PostgresTest, UnknownSettingsOfAConnectionAreNamed) {
  EXPECT_EQ(ErrorOf([&] { PostgresSession({{"pasword", "x"}}, {}); }),
            "unknown setting 'pasword' of a postgres connection; allowed: host, port, database, "
            "user, password, sslmode, timeout; did you mean 'password'?");
}

}  // namespace
}  // namespace weir::connectors
