#include "jobs/graph/selection.h"

#include "jobs/graph/graph_fixture.h"

namespace weir::jobs {
namespace {

using Names = std::vector<std::string>;

class SelectionTest : public GraphTest {
 protected:
  // raw_a -> clean_b -> report_c; raw_x -> report_c; other.
  SelectionTest() {
    Load(
        {{"jobs/in/raw_a/job.yaml", Job("raw_a", "", "s.a", ", interface: true") + "tags: [night]"},
         {"jobs/in/raw_x/job.yaml", Job("raw_x", "", "s.x", ", interface: true")},
         {"jobs/mid/clean_b/job.yaml",
          Job("clean_b", "a: s.a", "s.b", ", interface: true") + "tags: [night, core]"},
         {"jobs/out/report_c/job.yaml", Job("report_c", "b: s.b, x: s.x", "s.c")},
         {"jobs/out/other/job.yaml", Job("other", "", "s.o")}});
    graph_ = Build();
  }

  Names Select(const Names& words) { return NamesOf(SelectJobs(graph_, words)); }

  std::string Refusal(const std::string& word) {
    try {
      SelectJobs(graph_, {word});
    } catch (const UserError& problem) {
      return problem.what();
    }
    return "";
  }

  Graph graph_;
};

TEST_F(SelectionTest, OfNoWordsIsAllInOrder) {
  EXPECT_EQ(Select({}), (Names{"other", "raw_a", "clean_b", "raw_x", "report_c"}));
}

TEST_F(SelectionTest, NamesOnlyWhatItNames) {
  EXPECT_EQ(Select({"clean_b"}), Names{"clean_b"});
  EXPECT_EQ(Select({"raw_*"}), (Names{"raw_a", "raw_x"}));
  EXPECT_EQ(Select({"*_?", "clean_b"}), (Names{"raw_a", "clean_b", "raw_x", "report_c"}));
  EXPECT_EQ(Select({"tag:night"}), (Names{"raw_a", "clean_b"}));
  EXPECT_EQ(Select({"domain:out"}), (Names{"other", "report_c"}));
}

TEST_F(SelectionTest, PlusAddsUpstreamOrDownstream) {
  EXPECT_EQ(Select({"+clean_b"}), (Names{"raw_a", "clean_b"}));
  EXPECT_EQ(Select({"clean_b+"}), (Names{"clean_b", "report_c"}));
  EXPECT_EQ(Select({"+clean_b+"}), (Names{"raw_a", "clean_b", "report_c"}));
  EXPECT_EQ(Select({"+domain:out"}), (Names{"other", "raw_a", "clean_b", "raw_x", "report_c"}));
  EXPECT_EQ(Select({"tag:core+"}), (Names{"clean_b", "report_c"}));
}

TEST_F(SelectionTest, RefusesWordsThatNameNothing) {
  EXPECT_EQ(Refusal("clean_c"),
            "no job is called 'clean_c'; there are: clean_b, other, raw_a, raw_x, report_c; did "
            "you mean 'clean_b'?");
  EXPECT_EQ(Refusal("tag:nigth"),
            "no tag is called 'nigth'; there are: core, night; did you mean 'night'?");
  EXPECT_EQ(Refusal("domain:x*"), "no domain is called 'x*'; there are: in, mid, out");
}

}  // namespace
}  // namespace weir::jobs
