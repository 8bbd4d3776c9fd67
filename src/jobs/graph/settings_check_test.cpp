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

class ConnectionCheckTest : public GraphTest {
 protected:
  static constexpr auto kOtherStep = "{connector: files, out: x, with: {path: a.csv}}";

  std::string MistakesOf(const std::string& connections, const std::string& step = kOtherStep) {
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
    return folder_.WithoutFolder(findings.mistakes.ToText(project_.folder));
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
