#include "jobs/graph/settings_check.h"

#include "jobs/graph/graph_fixture.h"

namespace weir::jobs {
namespace {

class SettingsCheckTest : public GraphTest {
 protected:
  std::string MistakesOf(const std::string& step) {
    Load({{"jobs/d/j/job.yaml", "job: j\nreads: {calls: s.calls}\nsteps:\n  - " + step}});
    const auto operators = operators::BuiltinOperators();
    const auto connectors = connectors::BuiltinConnectors();
    Findings findings;
    CheckSettings(project_, project_.jobs[0], {.operators = operators, .connectors = connectors},
                  findings);
    return folder_.WithoutFolder(findings.mistakes.ToText(project_.folder));
  }
};

TEST_F(SettingsCheckTest, TakesWhatIsDeclared) {
  EXPECT_EQ(MistakesOf("{connector: files, out: x, with: {path: '/in/{ds}/*.csv'}}"), "");
  EXPECT_EQ(
      MistakesOf("{operator: rank_rows, in: {rows: calls}, out: ranked, with: {group_by: [a], "
                 "order_by: [b], as: n}}"),
      "");
}

TEST_F(SettingsCheckTest, NotesWhatIsNotAtTheStep) {
  const std::string unknown = MistakesOf("{connector: files, out: x, with: {paht: /in/x.csv}}");
  const std::string argument =
      MistakesOf("{operator: rank_rows, in: {row: calls}, out: ranked, with: {order_by: [b]}}");

  EXPECT_TRUE(unknown.starts_with("jobs/d/j/job.yaml:4:5: files: ")) << unknown;
  EXPECT_NE(unknown.find("did you mean 'path'?"), std::string::npos) << unknown;
  EXPECT_NE(argument.find("jobs/d/j/job.yaml:4:5: rank_rows: operator 'rank_rows' has no argument "
                          "'row'; allowed: rows; did you mean 'rows'?"),
            std::string::npos)
      << argument;
}

TEST_F(SettingsCheckTest, WantsTwoStepsOfAService) {
  const std::string step = "{connector: files, out: x, with: {path: a.csv}}\n";
  const std::string taking =
      "  - {connector: files, name: kept, in: x, with: {path: b.csv, sort_by: [a]}}\n";

  EXPECT_EQ(MistakesOf(step + taking + "kind: service"), "");
  EXPECT_EQ(MistakesOf(step + "kind: service"),
            "jobs/d/j/job.yaml:1:6: a service has two steps: a connector that answers requests, "
            "with 'out', and one that takes what it accepts, with 'in'");
}

class ConnectionCheckTest : public GraphTest {
 protected:
  static constexpr auto kOtherStep = "{connector: files, out: x, with: {path: a.csv}}";

  std::string MistakesOf(const std::string& connections, const std::string& step = kOtherStep) {
    const Findings findings = FindingsOf(connections, step);
    return folder_.WithoutFolder(findings.mistakes.ToText(project_.folder));
  }

  std::string WarningsOf(const std::string& connections, const std::string& step = kOtherStep) {
    const Findings findings = FindingsOf(connections, step);
    return folder_.WithoutFolder(findings.warnings.ToText(project_.folder));
  }

  Findings FindingsOf(const std::string& connections, const std::string& step) {
    Load({{"jobs/d/j/job.yaml", "job: j\nreads: {calls: s.calls}\nsteps: [" + step + "]"}});
    folder_.Write("weir.yaml", "name: shop\nsecrets: {hush: {env: HUSH}}\nconnections:\n  " +
                                   connections + "\n");
    project_ = folder_.Load();
    const auto operators = operators::BuiltinOperators();
    const auto connectors = connectors::BuiltinConnectors();
    const StepTables tables{.operators = operators, .connectors = connectors};
    Findings findings;
    CheckConnections(project_, tables, findings);
    CheckSettings(project_, project_.jobs[0], tables, findings);
    return findings;
  }
};

constexpr auto kConnection =
    "shop: {kind: postgres, host: db, port: 5432, password: '{secret.hush}', timeout: 5}";

TEST_F(ConnectionCheckTest, TakesWhatIsDeclared) {
  EXPECT_EQ(MistakesOf(kConnection,
                       "{connector: postgres, in: calls, with: {connection: shop, table: t}}"),
            "");
}

TEST_F(ConnectionCheckTest, NamesTheSettingAndTheNearest) {
  EXPECT_EQ(MistakesOf("shop: {kind: postgres, hots: db}"),
            "weir.yaml:4:3: connection 'shop': unknown setting 'hots'; allowed: host, port, "
            "database, user, password, sslmode, timeout; did you mean 'host'?");
  EXPECT_EQ(MistakesOf("shop: {kind: postgres, port: many, sslmode: required}"),
            "weir.yaml:4:3: connection 'shop': setting 'port' is \"many\"; it must be an integer\n"
            "weir.yaml:4:3: connection 'shop': setting 'sslmode' is 'required'; allowed: disable, "
            "allow, prefer, require, verify-ca, verify-full; did you mean 'require'?");
  EXPECT_EQ(MistakesOf("shop: {kind: postgers}"),
            "weir.yaml:4:3: connection 'shop': kind 'postgers': allowed are kafka, mlflow, "
            "onboarding_files, platform, postgres, xandr; did you mean 'postgres'?");
}

TEST_F(ConnectionCheckTest, NamesWhatADestinationCannotWorkWith) {
  const auto found = [&](const std::string& settings) {
    return MistakesOf("x: {" + settings + "}");
  };
  const std::string place = "weir.yaml:4:3: connection 'x': ";
  const std::string either =
      place + "a connection of kind xandr has either a 'url', for the API, or a 'bucket'";
  const std::string xandr = "kind: xandr, url: 'http://x', ";

  EXPECT_EQ(found("kind: xandr, url: 'http://x', bucket: b"), either);
  EXPECT_EQ(found("kind: xandr, token: '{secret.hush}'"), either);
  EXPECT_EQ(found("kind: xandr, bucket: 'ftp://x/y'"),
            place +
                "setting 'bucket' is 'ftp://x/y'; a folder of this machine or "
                "s3://bucket/folder is allowed");
  EXPECT_EQ(found(xandr + "fields: SEG_IDX"),
            place +
                "fields: unknown field 'SEG_IDX'; allowed: SEG_ID, SEG_CODE, EXPIRATION, "
                "TIMESTAMP, VALUE, MEMBER_ID; did you mean 'SEG_ID'?");
  EXPECT_EQ(found(xandr + "separators: ',,:#^'"),
            place +
                "separators ',,:#^': ',' stands twice; only the first and the third may be "
                "equal");
  EXPECT_EQ(found(xandr + "fields: 'SEG_CODE, MEMBER_ID'"),
            place + "fields: SEG_ID isn't among them; segments have ids here, not codes");
  EXPECT_EQ(found(xandr + "fields: SEG_ID, separators: ',;:'"),
            place +
                "separators ',;:': without the field EXPIRATION a fourth is needed, before "
                "removals");
  EXPECT_EQ(found(xandr + "encoding: text, ids: idfa, separators: ',;:#'"),
            place + "separators ',;:#': for ids of devices a fifth is needed, before the domain");
  EXPECT_EQ(found("kind: onboarding_files, path: p, customer: a_b, list: l"),
            place +
                "setting 'customer' is 'a_b'; printable ASCII without '/', '\\' and '_' is "
                "allowed");
  EXPECT_EQ(found("kind: onboarding_files, path: 'gs://p', customer: a, list: l"),
            place +
                "setting 'path' is 'gs://p'; a folder of this machine or s3://bucket/folder is "
                "allowed");
  for (const char* sound :
       {"kind: xandr, url: 'http://x', token: '{secret.hush}'", "kind: xandr, bucket: s3://b/c",
        "kind: xandr, bucket: b, encoding: text, fields: SEG_ID, separators: ',;:#'",
        "kind: onboarding_files, path: s3://b/c, customer: a, list: l"}) {
    EXPECT_EQ(found(sound), "") << sound;
  }
}

TEST_F(ConnectionCheckTest, NamesWhatAnAddressOfKafkaLacks) {
  const auto topic = [](const std::string& path) {
    return "{connector: topic, out: x, with: {path: '" + path + "'}}";
  };
  EXPECT_EQ(MistakesOf("events: {kind: kafka, brokers: 'a:1'}", topic("kafka://events/t")), "");
  EXPECT_EQ(MistakesOf(kConnection, topic("kafka://a:1,b:2/t")), "");
  const std::string unknown =
      MistakesOf("events: {kind: kafka, brokers: 'a:1'}", topic("kafka://evnts/t"));
  const std::string other = MistakesOf(kConnection, topic("kafka://shop/t"));
  const std::string empty = MistakesOf(kConnection, topic("kafka:///t"));

  EXPECT_NE(unknown.find("topic: "), std::string::npos) << unknown;
  EXPECT_NE(unknown.find("did you mean 'events'?"), std::string::npos) << unknown;
  EXPECT_NE(other.find("topic: "), std::string::npos) << other;
  EXPECT_NE(other.find("kafka"), std::string::npos) << other;
  EXPECT_NE(empty.find("kafka://CONNECTION/TOPIC"), std::string::npos) << empty;
}

TEST_F(ConnectionCheckTest, NamesSettingsThatKafkasLibraryDoesNotTake) {
  const auto found = [&](const std::string& settings) {
    return MistakesOf("x: {kind: kafka, brokers: 'a:1', librdkafka: {" + settings + "}}");
  };
  const std::string place = "weir.yaml:4:3: connection 'x': ";

  EXPECT_EQ(found("group.id: y"),
            place +
                "librdkafka's 'group.id' is set by weir; allowed are others, such as "
                "security.protocol");
  EXPECT_EQ(found("nosuch.prop: y"),
            place + "librdkafka: No such configuration property: \"nosuch.prop\"");
  EXPECT_NE(found("socket.timeout.ms: soon"), "");
  EXPECT_EQ(found("socket.timeout.ms: 500, sasl.password: '{secret.hush}'"), "");
}

TEST_F(ConnectionCheckTest, WarnsOfAConnectionThatNobodyUses) {
  const std::string step = "{connector: postgres, in: calls, with: {connection: shop, table: t}}";

  EXPECT_EQ(WarningsOf(kConnection, step), "");
  EXPECT_EQ(
      WarningsOf("shops: {kind: postgres, host: db}", step),
      "weir.yaml:4:3: connection 'shops': no step of any job names it, so nothing goes there");
  EXPECT_EQ(WarningsOf("events: {kind: kafka, brokers: 'b:9092'}",
                       "{connector: topic, out: x, with: {path: 'kafka://events/ingested-af'}}"),
            "");
  EXPECT_NE(WarningsOf("event: {kind: kafka, brokers: 'b:9092'}",
                       "{connector: topic, out: x, with: {path: 'kafka://events/ingested-af'}}"),
            "");
}

TEST_F(ConnectionCheckTest, NamesAConnectionThatIsNotThere) {
  const std::string mistakes = MistakesOf(
      kConnection, "{connector: postgres, in: calls, with: {connection: shpo, table: t}}");

  EXPECT_TRUE(mistakes.starts_with("jobs/d/j/job.yaml:3:9: postgres: ")) << mistakes;
  EXPECT_NE(mistakes.find("did you mean 'shop'?"), std::string::npos) << mistakes;
}

TEST_F(ConnectionCheckTest, LetsAStepSendOnlyWhereItsConnectionIsConfigured) {
  EXPECT_EQ(MistakesOf(kConnection,
                       "{connector: postgres, in: calls, with: {connection: reporting, table: t, "
                       "where_configured: true}}"),
            "");
}

}  // namespace
}  // namespace weir::jobs
