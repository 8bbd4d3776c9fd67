#include "jobs/steps/code_hash.h"

#include <fstream>
#include <functional>
#include <set>

#include <gtest/gtest.h>

#include "base/test_folder.h"

namespace weir::jobs {
namespace {

class CodeHashTest : public testing::Test {
 protected:
  CodeHashTest() {
    job_.name = "mapper";
    job_.folder = folder_.path();
    job_.reads = {{.name = "calls", .table = "s.calls", .where = "region = {region}"}};
    project::Step sql;
    sql.name = "pairs";
    sql.out = {"pairs"};
    sql.text = "SELECT id, {var.limit} AS n FROM calls WHERE ds = {ds} AND t < {end}";
    project::Step rank;
    rank.kind = project::StepKind::kOperator;
    rank.what = "rank_rows";
    rank.name = "rank";
    rank.in = {{"rows", "pairs"}};
    rank.out = {"ranked"};
    rank.with = {{"order_by", {"id"}}};
    job_.steps = {sql, rank};
    project::Output output;
    output.table = "s.ranked";
    output.from = "ranked";
    output.partition_by = {"ds"};
    job_.writes = {output};
    constants_["var.limit"] = {.kind = project::SubstitutionValue::Kind::kLiteral, .text = "20"};
    constants_["var.other"] = {.kind = {}, .text = "x"};
    constants_["region"] = {.kind = {}, .text = "amer"};
  }

  std::string Hash() { return CodeHash(job_, {operators_, connectors_, connection_, constants_}); }

  // Whether a change of the job or its values changes the hash; takes it back.
  bool Counts(const std::function<void()>& change) {
    const std::string before = Hash();
    const project::Job job = job_;
    const project::Substitutions constants = constants_;
    change();
    const std::string after = Hash();
    job_ = job;
    constants_ = constants;
    EXPECT_EQ(Hash(), before);
    return after != before;
  }
  void Write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder_.path() / name).parent_path());
    std::ofstream(folder_.path() / name) << text;
  }

  TestFolder folder_;
  sql::Database database_{{.memory_bytes = 1ULL << 30U, .threads = 1, .spill_folder = {}}};
  sql::Connection connection_ = database_.Connect();
  operators::OperatorTable operators_ = operators::BuiltinOperators();
  connectors::ConnectorTable connectors_ = connectors::BuiltinConnectors();
  project::Job job_;
  project::Substitutions constants_;
};

TEST_F(CodeHashTest, LayoutCommentsAndDocsAreNoCode) {
  EXPECT_FALSE(Counts([&] {
    job_.steps[0].text =
        "-- pairs\nselect id,\n  {var.limit} as n /* n */ from calls\nwhere ds = {ds} and t < "
        "{end};";
  }));
  EXPECT_FALSE(Counts([&] { job_.doc = "x"; }));
  EXPECT_FALSE(Counts([&] { job_.tags = {"x"}; }));
  EXPECT_FALSE(Counts([&] { job_.writes[0].sort_by = {"id"}; }));
  EXPECT_FALSE(Counts([&] { job_.writes[0].doc = "x"; }));
  EXPECT_FALSE(Counts([&] { job_.checks.resize(1); }));
  EXPECT_FALSE(Counts([&] { job_.schedule.cadence = project::Cadence::kHourly; }));
  EXPECT_FALSE(Counts([&] { job_.steps[0].retries = 9; }));
  EXPECT_FALSE(Counts([&] { job_.reads[0].where = "region={region} -- x"; }));
  EXPECT_FALSE(Counts([&] { job_.steps[1].with["as"] = "rank"; }));  // the default
  EXPECT_FALSE(Counts([&] { constants_["var.other"].text = "y"; }));
}

TEST_F(CodeHashTest, WhatMakesOtherRowsIsCode) {
  EXPECT_TRUE(Counts([&] { job_.steps[0].text += " AND id > 0"; }));
  EXPECT_TRUE(Counts([&] { constants_["var.limit"].text = "21"; }));
  EXPECT_TRUE(Counts([&] { constants_["region"].text = "emea"; }));
  EXPECT_TRUE(Counts([&] { job_.reads[0].where = "region <> {region}"; }));
  EXPECT_TRUE(Counts([&] { job_.reads[0].window = std::chrono::hours(24); }));
  EXPECT_TRUE(Counts([&] { job_.reads[0].previous = true; }));
  EXPECT_TRUE(Counts([&] { job_.steps[1].with["order_by"] = {"id desc"}; }));
  EXPECT_TRUE(Counts([&] { job_.writes[0].partition_by = {"ds", "hour"}; }));
  EXPECT_TRUE(Counts([&] { job_.writes[0].keys = {"id"}; }));
  EXPECT_TRUE(Counts([&] { job_.writes[0].mode = project::OutputMode::kMerge; }));
  EXPECT_TRUE(Counts([&] { job_.writes[0].table = "s.other"; }));
  EXPECT_TRUE(Counts([&] { job_.seed = 1; }));
}

TEST_F(CodeHashTest, AProjectThatMovesIsTheSameCode) {
  job_.steps[0].text = "SELECT {location.files} AS path FROM calls";
  const auto hash = [&](const std::string& location, const std::string& root) {
    constants_["location.files"].text = location;
    return CodeHash(job_, {.operators = operators_,
                           .connectors = connectors_,
                           .connection = connection_,
                           .constants = constants_,
                           .root = root});
  };

  EXPECT_EQ(hash("/a/shop/in", "/a/shop"), hash("/b/store/in", "/b/store"));
  EXPECT_NE(hash("/a/shop/in", "/a/shop"), hash("/a/shop/out", "/a/shop"));
  EXPECT_NE(hash("/a/shop/in", "/a/shop"), hash("/a/shops/in", "/a/shop"));
  EXPECT_NE(hash("/c/in", "/a/shop"), hash("/c/in2", "/a/shop"));
}

TEST_F(CodeHashTest, SqlThatIsNoSelectIsHashedByItsWords) {
  job_.steps[0].text = "PIVOT calls ON id USING count(*) -- x";

  EXPECT_FALSE(Counts([&] { job_.steps[0].text = "pivot  calls on id using COUNT(*)"; }));
  EXPECT_TRUE(Counts([&] { job_.steps[0].text = "pivot calls on id using sum(n)"; }));
}

TEST_F(CodeHashTest, FilesCountForCommandsAlone) {
  const std::string without = Hash();
  Write("lib/score.py", "print(1)");
  EXPECT_EQ(Hash(), without);

  job_.steps[1].kind = project::StepKind::kCommand;
  job_.steps[1].with = nullptr;
  job_.steps[1].command = {"python3", "lib/score.py"};
  const std::string with = Hash();
  for (const char* name : {"job.yaml", "pairs.sql", "README.md", ".hidden", "__pycache__/x.pyc"}) {
    Write(name, "x");
    EXPECT_EQ(Hash(), with) << name;
  }
  Write("lib/score.py", "print(2)");
  EXPECT_NE(Hash(), with);
}

TEST_F(CodeHashTest, FilesBehindALinkToAFolderCountOnce) {
  job_.steps[1].kind = project::StepKind::kCommand;
  job_.steps[1].with = nullptr;
  job_.steps[1].command = {"python3", "shared/score.py"};
  const TestFolder elsewhere;
  std::ofstream(elsewhere.path() / "score.py") << "print(1)";
  const std::string without = Hash();

  std::filesystem::create_directory_symlink(elsewhere.path(), job_.folder / "shared");
  const std::string with = Hash();
  std::filesystem::create_directory_symlink(job_.folder, elsewhere.path() / "round");
  const std::string round = Hash();
  std::ofstream(elsewhere.path() / "score.py") << "print(2)";

  EXPECT_NE(with, without);
  EXPECT_EQ(round, with);
  EXPECT_NE(Hash(), with);
}

}  // namespace
}  // namespace weir::jobs
