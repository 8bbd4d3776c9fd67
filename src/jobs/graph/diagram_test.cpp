#include "jobs/graph/diagram.h"

#include "jobs/graph/graph_fixture.h"

namespace weir::jobs {
namespace {

class DiagramTest : public GraphTest {
 protected:
  DiagramTest() {
    Load({{"jobs/in/load/job.yaml",
           "job: load\nsteps:\n"
           "  - {connector: files, out: rows, with: {path: '/in/*.csv'}}\n"
           "  - {connector: kafka, out: more, with: {topic: events}}\n"
           "writes: [{table: raw.orders, from: rows, mode: overwrite, interface: true}]"},
          {"jobs/shop/totals/job.yaml",
           "job: totals\nper: region\nreads: {orders: raw.orders, rates: ext.rates, old: {table: "
           "mart.totals_{region}, previous: true}}\nsteps:\n  - {operator: f, in: orders, out: "
           "rows}\n  - {connector: postgres, in: rows, with: {table: totals}}\n"
           "writes: [{table: mart.totals_{region}, from: rows, mode: overwrite}]"},
          {"jobs/shop/api/job.yaml",
           "job: api\nkind: service\nreads: {t: mart.totals_amer}\nsteps: "
           "[{operator: serve, in: t, out: x}]"}});
    graph_ = Build();
  }

  Graph graph_;
};

TEST_F(DiagramTest, OfADomainHasEveryShape) {
  EXPECT_EQ(ToMermaid(DrawJobs(graph_, JobsOfDomain(graph_, "in"))),
            "flowchart LR\n"
            "  job_load[\"load\"]\n"
            "  topic_events>\"events\"]\n"
            "  files__in___csv[/\"/in/*.csv\"/]\n"
            "  subgraph schema_raw[\"raw\"]\n"
            "    table_raw_orders[\"raw.orders\"]\n"
            "  end\n"
            "  files__in___csv --> job_load\n"
            "  job_load --> table_raw_orders\n"
            "  topic_events --> job_load\n");
  EXPECT_EQ(ToMermaid(DrawJobs(graph_, JobsOfDomain(graph_, "shop"))),
            "flowchart LR\n"
            "  external_ext_rates((\"ext.rates\"))\n"
            "  job_totals[\"totals\"]\n"
            "  service_api{\"api\"}\n"
            "  api_totals[(\"totals\")]\n"
            "  subgraph schema_mart[\"mart\"]\n"
            "    table_mart_totals__region_[\"mart.totals_{region}\"]\n"
            "  end\n"
            "  subgraph schema_raw[\"raw\"]\n"
            "    table_raw_orders[\"raw.orders\"]\n"
            "  end\n"
            "  external_ext_rates --> job_totals\n"
            "  job_totals --> api_totals\n"
            "  job_totals --> table_mart_totals__region_\n"
            "  table_mart_totals__region_ -. previous .-> job_totals\n"
            "  table_mart_totals__region_ --> service_api\n"
            "  table_raw_orders --> job_totals\n");
}

TEST_F(DiagramTest, OfATableHasTheJobsAroundIt) {
  EXPECT_EQ(NamesOf(JobsAroundTable(graph_, "raw.orders")),
            (std::vector<std::string>{"load", "totals"}));
  EXPECT_EQ(NamesOf(JobsAroundTable(graph_, "mart.totals_amer")),
            (std::vector<std::string>{"api", "totals"}));
  try {
    JobsAroundTable(graph_, "raw.order");
    FAIL();
  } catch (const UserError& problem) {
    EXPECT_STREQ(problem.what(),
                 "no job writes or reads a table 'raw.order'; did you mean 'raw.orders'?");
  }
}

TEST_F(DiagramTest, IsJsonToo) {
  const auto json = ToJson(DrawJobs(graph_, JobsAroundTable(graph_, "raw.orders")));

  EXPECT_EQ(json["nodes"].size(), 8U);
  EXPECT_EQ(json["edges"].size(), 8U);
  EXPECT_EQ(json["nodes"][1],
            (nlohmann::ordered_json{
                {"id", "job_load"}, {"kind", "job"}, {"label", "load"}, {"domain", "in"}}));
}

}  // namespace
}  // namespace weir::jobs
