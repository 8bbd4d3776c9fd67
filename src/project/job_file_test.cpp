#include <string>

#include <gtest/gtest.h>

#include "project/project_names.h"
#include "project/test_project.h"

namespace weir::project {
namespace {

constexpr auto kShop = R"(name: shop
partitions: {region: [amer, emea], size: [s]}
variables: {min_days: 7}
secrets: {key: {env: KEY}}
alerts: {team_mail: {kind: smtp}}
locations: {inbox: /in}
)";

// The job of the design's §6.
constexpr auto kMapper = R"(job: user_ids_mapper
doc: People as connected components of the ids seen together.
per: region                        # a list of partitions declared in weir.yaml
schedule: daily                    # hourly | daily | weekly | monthly | a cron line | manual
reads:
  calls:    {table: reservoir.enriched_mapper, where: "region = {region}", window: 1 day}
  edges:    {table: metastore.identity_edges_{region}, previous: true}
  evidence: {table: metastore.identity_evidence_{region}, previous: true, window: 180 days}
steps:
  - sql: pairs.sql                 # defines relation `pairs`: the day's evidence
  - operator: connected_components
    in: {today: pairs, state: edges, evidence: evidence}
    with: {max_neighbours: 20, max_component: 200}
    out: [edges, mapping, changes, violations]
writes:
  - {table: metastore.identity_evidence_{region}, from: pairs, mode: replace, partition_by: [ds]}
  - {table: metastore.identity_edges_{region}, from: edges, mode: overwrite}
  - {table: metastore.mapping_{region}, from: mapping, mode: overwrite, sort_by: [party, user_id]}
  - {table: metastore.identity_changes_{region}, from: changes, mode: replace, partition_by: [ds]}
  - {table: metastore.identity_violations_{region}, from: violations, mode: replace, partition_by: [ds]}
checks:
  - {relation: mapping, not_null: [universal_id]}       # what is written now
  - {table: metastore.mapping_{region}, unique: [party, user_id]}   # the table as it will be
  - {sql: one_person_per_id.sql, expect: no_rows}
alerts: [team_mail]
)";

TestProject WithJob(const std::string& job_yaml) {
  return TestProject({{"weir.yaml", kShop},
                      {"jobs/ids/user_ids_mapper/job.yaml", job_yaml},
                      {"jobs/ids/user_ids_mapper/pairs.sql", "SELECT * FROM calls"},
                      {"jobs/ids/user_ids_mapper/one_person_per_id.sql", "FROM mapping"}});
}

TEST(JobFile, OfTheDesignIsRead) {
  const Project project = WithJob(kMapper).Load();

  ASSERT_EQ(project.jobs.size(), 1U);
  const Job& job = project.jobs[0];
  EXPECT_EQ(job.name, "user_ids_mapper");
  EXPECT_EQ(job.domain, "ids");
  EXPECT_EQ(job.per, "region");
  EXPECT_EQ(job.schedule, (ScheduleLine{.cadence = Cadence::kDaily, .cron = {}}));
  EXPECT_EQ(job.alerts, std::vector<std::string>{"team_mail"});
  EXPECT_FALSE(job.is_stream);
  ASSERT_EQ(job.reads.size(), 3U);
  EXPECT_EQ(job.reads[0].name, "calls");
  EXPECT_EQ(job.reads[0].where, "region = {region}");
  EXPECT_EQ(job.reads[0].window, std::chrono::hours(24));
  EXPECT_TRUE(job.reads[1].previous);
  EXPECT_EQ(job.reads[2].place, (Place{"jobs/ids/user_ids_mapper/job.yaml", 8, 3}));
  ASSERT_EQ(job.steps.size(), 2U);
  EXPECT_EQ(job.steps[0].out, std::vector<std::string>{"pairs"});
  EXPECT_EQ(job.steps[0].text, "SELECT * FROM calls");
  EXPECT_EQ(job.steps[0].file, "jobs/ids/user_ids_mapper/pairs.sql");
  EXPECT_EQ(job.steps[1].kind, StepKind::kOperator);
  EXPECT_EQ(job.steps[1].in[0], (std::pair<std::string, std::string>{"today", "pairs"}));
  EXPECT_EQ(job.steps[1].with.at("max_component"), 200);
  ASSERT_EQ(job.writes.size(), 5U);
  EXPECT_EQ(job.writes[2].mode, OutputMode::kOverwrite);
  EXPECT_EQ(job.writes[2].sort_by, (std::vector<std::string>{"party", "user_id"}));
  ASSERT_EQ(job.checks.size(), 3U);
  EXPECT_EQ(job.checks[0].name, "not_null(universal_id)");
  EXPECT_EQ(job.checks[2].text, "FROM mapping");
}

TEST(JobFile, ExampleValuesFillItsTexts) {
  const Project project = WithJob(kMapper).Load();

  const Substitutions values = ExampleValues(project, project.jobs[0]);

  EXPECT_EQ(FillName(project.jobs[0].writes[0].table, values), "metastore.identity_evidence_amer");
  EXPECT_EQ(FillSql(project.jobs[0].reads[0].where, values), "region = 'amer'");
  EXPECT_EQ(FillSql("{table.calls} {end} {var.min_days}", values),
            "\"calls\" TIMESTAMPTZ '2026-01-02T00:00:00Z' 7");
  EXPECT_EQ(PartitionsOf(project, project.jobs[0]), (std::vector<std::string>{"amer", "emea"}));
}

constexpr auto kEverything = R"(job: everything
tags: nightly
kind: job
schedule: "0 5 * * mon"
time_zone: Europe/Paris
start: 2026-01-05
end: 2026-06-01T12:00
wait: 6 hours
due: wait
late: 1 day
effects: external
retries: 5
time_limit: 2 hours
deterministic: false
seed: 42
reads:
  calls: shop.calls
  extra: {table: shop.extra, optional: true, columns: {id: BIGINT}, window: all}
  days: {table: shop.days, window: "{var.min_days} days"}
steps:
  - {sql: ../shared/a.sql, out: one, retries: 0, deterministic: false}
  - {connector: files, name: lines, with: {path: "{location.inbox}/{ds}/*.csv", key: "{secret.key}"}, out: lines, columns: {lines: "id BIGINT"}}
  - {command: [python3, score.py, --out, "{ds}"], in: [one, lines], out: scored, columns: {scored: "id BIGINT, score DOUBLE"}, time_limit: 10 min}
  - {connector: postgres, name: publish, in: scored, with: {table: scores}}
writes:
  - {table: shop.a, from: one, mode: merge, keys: id, delete_absent: "day < {ds}", interface: true}
  - table: shop.b
    from: scored
    mode: replace
    partition_by: [ds, kind]
    partition: {kind: B}
    interface: [ids]
    personal: true
    columns: {id: {type: BIGINT, nullable: false, personal: true, doc: who}, score: DOUBLE, kind: VARCHAR}
checks:
  - {relation: one, accepted: {state: [new, 2, true]}, severity: warn, name: states}
  - {table: shop.a, references: {columns: id, table: shop.calls, to: call_id}}
  - {relation: scored, rows: {min: 1, max: 10, change: 0.5, last: 3}}
  - {relation: scored, freshness: {column: at, max_age: 2 days}}
views:
  - {name: shop.newest, sql: "SELECT * FROM shop.a WHERE n > {var.min_days}"}
  - {name: shop.view, sql: ../shared/a.sql}
)";

TEST(JobFile, OfEveryKeyIsRead) {
  const TestProject folder({{"weir.yaml", kShop},
                            {"jobs/ids/everything/job.yaml", kEverything},
                            {"jobs/ids/shared/a.sql", "SELECT 1 AS id"}});
  // Folders without job.yaml that hold SQL are told of; so the shared file lies in one that has
  // one.
  folder.Write("jobs/ids/shared/job.yaml", "job: shared\nsteps: [{sql: a.sql}]\n");

  const Project project = folder.Load();

  const Job& job = project.jobs[0];
  EXPECT_EQ(job.schedule,
            (ScheduleLine{
                .cadence = Cadence::kCron, .cron = "0 5 * * mon", .time_zone = "Europe/Paris"}));
  EXPECT_EQ(job.tags, std::vector<std::string>{"nightly"});
  EXPECT_EQ(job.start, "2026-01-05");
  EXPECT_EQ(job.wait, std::chrono::hours(6));
  EXPECT_EQ(job.due, Due::kWait);
  EXPECT_EQ(job.late, std::chrono::hours(24));
  EXPECT_TRUE(job.external_effects);
  EXPECT_EQ(job.catch_up, CatchUp::kLast);
  EXPECT_EQ(job.time_limit, std::chrono::hours(2));
  EXPECT_FALSE(job.deterministic);
  EXPECT_EQ(job.seed, 42);
  EXPECT_EQ(job.reads[0].table, "shop.calls");
  EXPECT_EQ(job.reads[1].window, kAllTime);
  EXPECT_EQ(job.reads[2].window, std::chrono::hours(7 * 24));
  EXPECT_EQ(job.reads[1].columns[0].type, "BIGINT");
  EXPECT_EQ(job.steps[0].file, "jobs/ids/shared/a.sql");
  EXPECT_EQ(job.steps[0].out, std::vector<std::string>{"one"});
  EXPECT_EQ(job.steps[0].retries, 0);
  EXPECT_EQ(job.steps[1].retries, 5);
  EXPECT_EQ(job.steps[2].what, "python3");
  EXPECT_EQ(job.steps[2].command.size(), 4U);
  EXPECT_EQ(job.steps[2].columns.at("scored"), "id BIGINT, score DOUBLE");
  EXPECT_EQ(job.writes[0].keys, std::vector<std::string>{"id"});
  EXPECT_TRUE(job.writes[0].delete_absent);
  EXPECT_EQ(job.writes[0].delete_absent_where, "day < {ds}");
  EXPECT_TRUE(job.writes[0].is_interface);
  EXPECT_TRUE(job.writes[0].interface_for.empty());
  EXPECT_EQ(job.writes[1].interface_for, std::vector<std::string>{"ids"});
  EXPECT_EQ(job.writes[1].partition.at("kind"), "B");
  EXPECT_FALSE(job.writes[1].columns[0].nullable);
  EXPECT_TRUE(job.writes[1].columns[0].personal);
  EXPECT_EQ(job.checks[0].values, (std::vector<std::string>{"new", "2", "true"}));
  EXPECT_EQ(job.checks[0].severity, Severity::kWarn);
  EXPECT_EQ(job.checks[1].to_columns, std::vector<std::string>{"call_id"});
  EXPECT_EQ(job.checks[2].max_change, 0.5);
  EXPECT_EQ(job.checks[2].last_runs, 3);
  EXPECT_EQ(job.checks[3].max_age, std::chrono::hours(48));
  EXPECT_EQ(job.views[0].text, "SELECT * FROM shop.a WHERE n > {var.min_days}");
  EXPECT_EQ(job.views[1].text, "SELECT 1 AS id");
}

TEST(JobFile, ThatOnlyAppendsIsAStream) {
  const Project project =
      TestProject({{"weir.yaml", kShop},
                   {"jobs/a/s/job.yaml",
                    "job: s\nsteps: [{connector: files, out: [x]}]\n"
                    "writes: [{table: a.x, from: x, mode: append, partition_by: ds}]"}})
          .Load();

  EXPECT_TRUE(project.jobs[0].is_stream);
}

}  // namespace
}  // namespace weir::project
