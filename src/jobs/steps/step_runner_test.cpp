#include "jobs/steps/step_runner.h"

#include <chrono>
#include <fstream>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error_of.h"
#include "base/test_folder.h"

namespace weir::jobs {
namespace {

using Lines = std::vector<std::string>;
using project::StepKind;

project::Step Sql(const std::string& name, const std::string& text) {
  project::Step step;
  step.name = name;
  step.out = {name};
  step.text = text;
  return step;
}

project::Output From(const std::string& relation) {
  project::Output output;
  output.table = "s." + relation;
  output.from = relation;
  return output;
}

class StepRunnerTest : public testing::Test {
 protected:
  StepRunnerTest() {
    setenv("WEIR_TEST_PASSWORD", "planted-s3cret", 1);
    job_.name = "job";
    job_.folder = folder_.path();
    connection_.Run(
        "CREATE TEMP TABLE calls AS SELECT i AS id, i % 3 AS team FROM range(1000) t(i)");
  }

  StepServices Services() {
    return {.database = database_,
            .operators = operators_,
            .connectors = connectors_,
            .connections = connections_,
            .log = [this](const std::string& line) { log_.push_back(line); },
            .sleep = [this](std::chrono::milliseconds time,
                            const std::stop_token&) { waited_ += time; }};
  }

  StepSettings Settings() {
    return {.values = values_,
            .project_folder = folder_.path(),
            .work_folder = folder_.path() / "work",
            .run_id = "job.20260105.1",
            .seed = 0,
            .finished = {},
            .stop = stop_.get_token()};
  }

  StepResult Run() {
    const StepServices services = Services();
    return StepRunner(Settings(), services).Run(job_, connection_);
  }
  template <typename Error = UserError>
  std::string ErrorOf() {
    return weir::ErrorOf<Error>([&] { Run(); });
  }
  std::string KindOf(const std::string& relation) {
    return std::get<std::string>(
        connection_
            .Query("SELECT lower(table_type) FROM information_schema.tables WHERE table_name = '" +
                   relation + "'")
            .Cell());
  }

  project::Step Command(const std::string& script) {
    project::Step step;
    step.kind = StepKind::kCommand;
    step.name = "own";
    step.what = "bash";
    step.command = {"bash", "-c", script, "own"};
    return step;
  }
  project::Step Rank(const std::string& in, const std::string& out) {
    project::Step step;
    step.kind = StepKind::kOperator;
    step.what = "rank_rows";
    step.name = "rank";
    step.in = {{"rows", in}};
    step.out = {out};
    step.with = {{"group_by", {"team"}}, {"order_by", {"id desc"}}};
    return step;
  }
  project::Step Connector(const std::string& name, const std::string& path) {
    project::Step step;
    step.kind = StepKind::kConnector;
    step.what = "files";
    step.name = name;
    step.with = {{"path", path}};
    return step;
  }

  TestFolder folder_;
  sql::Database database_{{.memory_bytes = 1ULL << 30U, .threads = 2, .spill_folder = {}}};
  sql::Connection connection_ = database_.Connect();
  operators::OperatorTable operators_ = operators::BuiltinOperators();
  connectors::ConnectorTable connectors_ = connectors::BuiltinConnectors();
  connectors::Secrets secrets_{std::vector<project::SecretLine>{
      {.name = "password", .env = "WEIR_TEST_PASSWORD", .file = "", .place = {}}}};
  connectors::Connections connections_{{}, secrets_};
  project::Substitutions values_{{"ds", {.kind = {}, .text = "2026-01-05"}}};
  std::stop_source stop_;
  project::Job job_;
  Lines log_;
  std::chrono::milliseconds waited_{0};
};

TEST_F(StepRunnerTest, AnSqlStepIsAViewForOneReaderAndATableForMore) {
  job_.steps = {Sql("one", "SELECT id, {ds} AS day FROM calls WHERE id < 10;"),
                Sql("two", "SELECT * FROM one"),
                Sql("three",
                    "SELECT a.id FROM two a JOIN TWO b "
                    "USING (id)")};
  job_.writes = {From("three")};

  const StepResult result = Run();

  EXPECT_EQ(KindOf("one"), "view");
  EXPECT_EQ(KindOf("two"), "local temporary");
  EXPECT_EQ(KindOf("three"), "view");
  EXPECT_EQ(connection_.QueryInteger("SELECT count(*) FROM three"), 10);
  ASSERT_EQ(result.steps.size(), 3U);
  EXPECT_EQ(result.steps[0].rows, -1);
  EXPECT_EQ(result.steps[1].rows, 10);
}

TEST_F(StepRunnerTest, ACheckIsAReader) {
  job_.steps = {Sql("one", "SELECT id FROM calls")};
  job_.writes = {From("one")};
  project::Check check;
  check.relation = "one";
  job_.checks = {check};

  Run();

  EXPECT_EQ(KindOf("one"), "local temporary");
}

TEST_F(StepRunnerTest, AnOperatorsRowsAreThoseOfAWindowFunction) {
  for (const int threads : {1, 2, 8}) {
    connection_.Run(fmt::format("SET threads = {}", threads));
    job_.steps = {Sql("pairs", "SELECT * FROM calls"), Rank("pairs", "ranked"),
                  Sql("again", "SELECT * FROM ranked UNION ALL SELECT * FROM ranked")};
    job_.writes = {From("again")};

    const StepResult result = Run();

    EXPECT_EQ(connection_.QueryInteger(
                  "SELECT count(*) FROM ranked JOIN (SELECT id, row_number() OVER (PARTITION BY "
                  "team ORDER BY id DESC) AS n FROM calls) w USING (id) WHERE rank = w.n"),
              1000);
    EXPECT_EQ(connection_.QueryInteger("SELECT count(*) FROM again"), 2000);
  }
}

TEST_F(StepRunnerTest, KeptRowsGoWithTheResult) {
  job_.steps = {Rank("calls", "ranked")};
  job_.writes = {From("ranked")};
  {
    const StepResult result = Run();
    EXPECT_EQ(
        connection_.QueryInteger("SELECT count(*) FROM duckdb_tables() WHERE schema_name LIKE "
                                 "'weir_steps_%'"),
        1);
  }
  EXPECT_EQ(connection_.QueryInteger("SELECT count(*) FROM duckdb_tables() WHERE schema_name LIKE "
                                     "'weir_steps_%'"),
            0);
}

TEST_F(StepRunnerTest, ErrorsBeginWithTheStepsName) {
  job_.steps = {Sql("pairs", "SELECT idd FROM calls")};
  job_.writes = {From("pairs")};
  EXPECT_EQ(ErrorOf().substr(0, 28), "step 'pairs': Binder Error: ");

  job_.steps = {Sql("pairs", "SELECT 1; SELECT 2")};
  EXPECT_EQ(ErrorOf(), "step 'pairs': there are several SQL statements; a step is one SELECT");
}

TEST_F(StepRunnerTest, ACommandReadsAndWritesParquetFiles) {
  job_.steps = {
      Command("cp \"$1\" \"$2\"; echo \"day $3 in $PLACE\"; basename \"$PWD\" >/dev/null")};
  project::Step& step = job_.steps[0];
  for (const char* argument : {"{in.calls}", "{out.copy}", "{ds}"}) {
    step.command.emplace_back(argument);
  }
  step.in = {{"calls", "calls"}};
  step.out = {"copy"};
  step.columns["copy"] = "team BIGINT, id BIGINT";
  step.with = {{"environment", {{"PLACE", "{ds}!"}}}};
  job_.writes = {From("copy"), From("copy")};
  {
    const StepResult result = Run();
    EXPECT_EQ(connection_.QueryInteger(
                  "SELECT count(*) FROM (FROM copy EXCEPT SELECT team, id FROM calls)"),
              0);
    EXPECT_EQ(connection_.QueryInteger("SELECT count(*) FROM copy"), 1000);
  }
  EXPECT_EQ(log_, Lines{"own: day 2026-01-05 in 2026-01-05!"});
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "work"));
}

TEST_F(StepRunnerTest, ACommandsColumnsAreChecked) {
  const auto error = [&](const std::string& columns) {
    job_.steps = {Command("cp $1 $2")};
    job_.steps[0].command.insert(job_.steps[0].command.end(), {"{in.calls}", "{out.copy}"});
    job_.steps[0].in = {{"calls", "calls"}};
    job_.steps[0].out = {"copy"};
    job_.steps[0].columns["copy"] = columns;
    job_.writes = {From("copy")};
    return ErrorOf();
  };

  EXPECT_EQ(error("id BIGINT, tem BIGINT"),
            "step 'own': the command's relation 'copy' has no column 'tem'; it has id, team; did "
            "you mean 'team'?");
  EXPECT_EQ(error("id BIGINT, team VARCHAR"),
            "step 'own': column 'team' of the command's relation 'copy' is BIGINT; declared is "
            "VARCHAR");
  EXPECT_EQ(error("id BIGINT"),
            "step 'own': the command's relation 'copy' has a column 'team' that is not declared; "
            "declared are id");
}

TEST_F(StepRunnerTest, ACommandThatWritesNothingIsToldSo) {
  job_.steps = {Command("true")};
  job_.steps[0].out = {"copy"};
  job_.steps[0].columns["copy"] = "id BIGINT";

  EXPECT_EQ(
      ErrorOf(),
      "step 'own': the command did not write relation 'copy': there is no file at {out.copy}");
}

TEST_F(StepRunnerTest, AFailingCommandShowsItsLastTwentyLinesWithoutSecrets) {
  job_.steps = {
      Command("for i in $(seq 30); do echo line $i; done; echo \"key $KEY\" >&2; exit 4")};
  job_.steps[0].with = {{"environment", {{"KEY", "{secret.password}"}}}};

  const std::string error = ErrorOf();

  EXPECT_TRUE(error.starts_with("step 'own': the command ended with exit code 4: key ***\n  line "))
      << error;
  EXPECT_EQ(std::ranges::count(error, '\n'), 20);
  EXPECT_NE(error.find("key ***"), std::string::npos) << error;
  EXPECT_EQ(error.find("planted"), std::string::npos) << error;
  EXPECT_EQ(log_.size(), 31U);
  for (const std::string& line : log_) {
    EXPECT_EQ(line.find("planted"), std::string::npos) << line;
  }
}

TEST_F(StepRunnerTest, ATemporaryFailureIsRetriedAndTheLastOneTold) {
  job_.steps = {Command("echo x >> tries; exit 75")};
  job_.steps[0].retries = 2;

  EXPECT_EQ(ErrorOf<ExternalError>(), "step 'own': the command ended with exit code 75");

  std::ifstream tries(folder_.path() / "tries");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(tries), {}), "x\nx\nx\n");
  EXPECT_EQ(waited_, std::chrono::seconds(5));
}

TEST_F(StepRunnerTest, ARetriedCommandGetsTheRowsOfAStreamAgain) {
  std::ofstream(folder_.path() / "a.csv") << "id\n1\n2\n";
  job_.steps = {Connector("read", "*.csv"),
                Command("cp $1 $2; test -e second || { touch second; exit 75; }")};
  job_.steps[0].out = {"raw"};
  job_.steps[1].command.insert(job_.steps[1].command.end(), {"{in.raw}", "{out.copy}"});
  job_.steps[1].in = {{"raw", "raw"}};
  job_.steps[1].out = {"copy"};
  job_.steps[1].columns["copy"] = "id BIGINT";
  job_.writes = {From("copy")};

  const StepResult result = Run();

  EXPECT_EQ(connection_.QueryInteger("SELECT sum(id) FROM copy"), 3);
  EXPECT_EQ(result.steps[1].retries, 1);
}

TEST_F(StepRunnerTest, ATimeLimitEndsCommandsAndQueries) {
  job_.steps = {Command("sleep 1000")};
  job_.steps[0].time_limit = std::chrono::milliseconds(50);
  EXPECT_EQ(ErrorOf(), "step 'own': it ran past its time limit of 50 ms");

  job_.steps = {Sql("slow", "SELECT count(*) AS n FROM range(1000000) a, range(1000000) b")};
  job_.steps[0].time_limit = std::chrono::milliseconds(50);
  job_.writes = {From("slow"), From("slow")};
  EXPECT_EQ(ErrorOf(), "step 'slow': it ran past its time limit of 50 ms");
}

TEST_F(StepRunnerTest, AStopCancelsAtOnce) {
  job_.steps = {Command("echo ready; sleep 1000")};
  std::chrono::steady_clock::time_point asked;
  StepServices services = Services();
  services.log = [&](const std::string&) {
    asked = std::chrono::steady_clock::now();
    stop_.request_stop();
  };

  EXPECT_THROW(StepRunner(Settings(), services).Run(job_, connection_), CancelledError);

  EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(100));
}

TEST_F(StepRunnerTest, ASourceWithTwoReadersIsKeptAndReportsItsFiles) {
  std::ofstream(folder_.path() / "a.csv") << "id\n1\n2\n";
  job_.steps = {Connector("read", "*.csv"), Sql("twice", "FROM raw UNION ALL FROM raw")};
  job_.steps[0].out = {"raw"};
  job_.writes = {From("twice")};

  const StepResult result = Run();

  EXPECT_EQ(connection_.QueryInteger("SELECT sum(id) FROM twice"), 6);
  ASSERT_EQ(result.readings.size(), 1U);
  const auto time = std::filesystem::last_write_time(folder_.path() / "a.csv");
  EXPECT_EQ(result.readings[0].finished,
            Lines{fmt::format("a.csv\tsize=7 modified={}", time.time_since_epoch().count())});
}

TEST_F(StepRunnerTest, AnEffectWaitsUntilItIsRun) {
  job_.steps = {Sql("report", "SELECT id FROM calls WHERE id < 2"), Connector("send", "{ds}.csv")};
  job_.steps[1].in = {{"report", "report"}};
  job_.steps[1].with["sort_by"] = {"id"};
  const StepServices services = Services();
  StepRunner runner(Settings(), services);

  const StepResult result = runner.Run(job_, connection_);

  ASSERT_EQ(result.effects.size(), 1U);
  EXPECT_FALSE(result.effects[0].external);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "2026-01-05.csv"));
  EXPECT_EQ(runner.Describe(result.effects[0]), "send: files to 2026-01-05.csv");
  const auto report = runner.RunEffect(result.effects[0], connection_);
  EXPECT_EQ(report.sent, "send: 2026-01-05.csv");
  EXPECT_EQ(report.record.rows, 2);
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "2026-01-05.csv"));
}

TEST_F(StepRunnerTest, MistakesAreFoundWithoutData) {
  const StepServices services = Services();
  project::Step rank = Rank("calls", "x");
  rank.what = "rank_row";
  project::Step command = Command("true");
  command.out = {"x"};
  command.with = {{"enviroment", 1}};

  EXPECT_EQ(
      StepMistakes(rank, services),
      Lines{"unknown operator 'rank_row'; allowed: choose_champions, connected_components, "
            "draw_evaluation, drop_erased, enrich_lines, evaluate_scores, hash_users, rank_rows, "
            "refuse_mistakes, registrable_domains, score_candidates, score_drift, score_people, "
            "select_models; did you mean 'rank_rows'?"});
  EXPECT_EQ(
      StepMistakes(command, services),
      (Lines{"unknown setting 'enviroment'; allowed: environment, sorted; did you mean "
             "'environment'?",
             "relation 'x' of a command needs its columns: `columns: {x: \"name TYPE, …\"}`"}));
}

}  // namespace
}  // namespace weir::jobs
