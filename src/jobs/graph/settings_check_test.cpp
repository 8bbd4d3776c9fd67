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

}  // namespace
}  // namespace weir::jobs
