#include <string>

#include <gtest/gtest.h>

#include "project/test_project.h"

// Every kind of mistake that the loader knows, with the text that users see.
namespace weir::project {
namespace {

constexpr auto kShopSettings = R"(name: shop
partitions: {region: [amer, emea], size: [s]}
variables: {min_days: 7}
secrets: {key: {env: KEY}}
alerts: {team_mail: {kind: smtp}}
locations: {inbox: /in}
)";

// What is wrong with a job `j` of these lines, without the file's name.
std::string JobMistakes(const std::string& lines, const LoadOptions& options = {}) {
  const TestProject project({{"weir.yaml", kShopSettings},
                             {"jobs/d/j/job.yaml", "job: j\n" + lines},
                             {"jobs/d/j/one.sql", "SELECT 1 AS id"},
                             {"jobs/d/j/two.sql", "SELECT 2 AS id"},
                             {"jobs/d/j/empty.sql", " \n"}});
  std::string message = project.Mistakes(options);
  const std::string file = "jobs/d/j/job.yaml:";
  for (auto at = message.find(file); at != std::string::npos; at = message.find(file)) {
    message.erase(at, file.size());
  }
  return message;
}

constexpr auto kStep = "steps: [{sql: one.sql}]\n";

TEST(JobMistakes, OfKeysAndKinds) {
  const std::string with_step = kStep;
  EXPECT_EQ(
      JobMistakes(with_step + "schedul: daily"),
      "3:1: unknown key 'schedul'; allowed: job, doc, tags, kind, batch, per, schedule, time_zone, "
      "start, end, wait, due, late, catch_up, reads, steps, writes, checks, views, effects, "
      "retries, time_limit, deterministic, seed, alerts; did you mean 'schedule'?");
  EXPECT_EQ(JobMistakes(with_step + "kind: jop"),
            "3:7: unknown kind 'jop'; allowed: job, stream, service; did you mean 'job'?");
  EXPECT_EQ(JobMistakes(with_step + "retries: -1\nseed: x\ndeterministic: 'true'\ndoc: [a]"),
            "3:10: retries '-1': a whole number, at least 0 is needed\n"
            "4:7: seed 'x': a whole number, at least 0 is needed\n"
            "5:16: 'deterministic' must be true or false\n"
            "6:6: 'doc' must be a text");
  EXPECT_EQ(JobMistakes(with_step + "time_limit: 0 s"),
            "3:13: time_limit '0 s': a number and a unit: ms, s, min, hours, days or weeks is "
            "needed, more than 0");
  EXPECT_EQ(JobMistakes(with_step + "tags: [a, a, b c]"),
            "3:11: 'a' stands in 'tags' twice\n"
            "3:14: tags 'b c': only letters, digits, '-' and '_' are allowed");
  EXPECT_EQ(JobMistakes(with_step + "reads: [a]\nwrites: {}\nper:"),
            "3:8: 'reads' must be a map\n4:9: 'writes' must be a list\n5:1: 'per' must be a text");
  EXPECT_EQ(JobMistakes("doc: nothing"), "1:1: a job needs 'steps', 'writes' or 'views'");
}

TEST(JobMistakes, OfItsNameAndFolder) {
  const TestProject project({{"weir.yaml", kShopSettings},
                             {"jobs/d/j/job.yaml", "job: other\nsteps: [{sql: one.sql}]"},
                             {"jobs/d/j/one.sql", "SELECT 1"},
                             {"jobs/d/k/job.yml", "job: k"},
                             {"jobs/d/l/left.sql", "SELECT 1"},
                             {"jobs/d/m/deep/job.yaml", "job: deep"},
                             {"jobs/d/m/job.yaml", "steps: [{operator: x, out: y}]"},
                             {"jobs/d/job.yaml", "job: d"},
                             {"jobs/e e/f/job.yaml", "job: f\nsteps: [{operator: x, out: y}]"}});

  EXPECT_EQ(project.Mistakes(),
            "jobs/d/j/job.yaml:1:6: job 'other' lies in the folder 'j'; both must have the same "
            "name\n"
            "jobs/d/job.yaml:1:1: a job's file lies at jobs/<domain>/<job>/job.yaml\n"
            "jobs/d/k/job.yml:1:1: the file must be called job.yaml\n"
            "jobs/d/l:1:1: there are SQL files, but no job.yaml that uses them\n"
            "jobs/d/m/deep/job.yaml:1:1: a job's file lies at jobs/<domain>/<job>/job.yaml\n"
            "jobs/d/m/job.yaml:1:1: the key 'job' is missing: the job's name, that of its folder\n"
            "jobs/e e:1:1: domain 'e e': only letters, digits, '-' and '_' are allowed");
}

TEST(JobMistakes, OfNamesThatTwoDomainsHave) {
  const std::string step = "\nsteps: [{operator: x, out: y}]\n";
  const TestProject project(
      {{"weir.yaml", kShopSettings},
       {"jobs/a/j/job.yaml",
        "job: j" + step + "writes: [{table: s.t, from: y, mode: overwrite, interface: [cc, b]}]"},
       {"jobs/b/j/job.yaml", "job: j" + step + "views: [{name: s.t, sql: SELECT 1}]"}});

  EXPECT_EQ(project.Mistakes(),
            "jobs/a/j/job.yaml:3:10: interface: unknown domain 'cc'; there are: a, b\n"
            "jobs/b/j/job.yaml:1:6: job 'j' is also in the domain a; a job's name stands once in a "
            "project\n"
            "jobs/b/j/job.yaml:3:9: view 's.t' is already a table that j writes");
}

TEST(JobMistakes, OfSchedules) {
  const std::string with_step = kStep;
  EXPECT_EQ(JobMistakes(with_step + "schedule: dayly"),
            "3:11: schedule 'dayly': allowed: hourly, daily, weekly, monthly, manual or a cron "
            "line of five fields; did you mean 'daily'?");
  EXPECT_EQ(JobMistakes(with_step + "schedule: 0 25 * * *"),
            "3:11: schedule '0 25 * * *': '25' is no hour: 0..23, *, ranges, steps and lists are "
            "allowed");
  EXPECT_EQ(JobMistakes(with_step + "start: 2026-02-30\nend: soon"),
            "3:8: start '2026-02-30': a day such as 2026-01-05 or a time such as 2026-01-05T13:00 "
            "is needed\n"
            "4:6: end 'soon': a day such as 2026-01-05 or a time such as 2026-01-05T13:00 is "
            "needed");
  EXPECT_EQ(JobMistakes(with_step + "start: 2026-02-03\nend: 2026-02-03"),
            "4:6: end '2026-02-03': it must be later than the start, 2026-02-03");
  EXPECT_EQ(JobMistakes(with_step + "due: wait"),
            "3:6: due 'wait': the key 'wait' is missing: how "
            "long");
  EXPECT_EQ(JobMistakes(with_step + "wait: 2 month"),
            "3:7: wait '2 month': a number and a unit: ms, s, min, hours, days or weeks is needed");
}

TEST(JobMistakes, OfListsAndAlerts) {
  const std::string with_step = kStep;
  EXPECT_EQ(JobMistakes(with_step + "per: regio\nalerts: [team_mial]"),
            "3:6: per 'regio': 'partitions' of weir.yaml has no such list; it has: region, size; "
            "did you mean 'region'?\n"
            "4:9: unknown alert 'team_mial'; 'alerts' of weir.yaml has: team_mail; did you mean "
            "'team_mail'?");
}

TEST(JobMistakes, OfReads) {
  const std::string with_step = kStep;
  EXPECT_EQ(JobMistakes(with_step + "reads: {calls: calls, 2nd: a.b, Edges: a.b, edges: a.c}"),
            "3:16: calls 'calls': a table is schema.name, each of letters, digits, '_' and names "
            "in braces, and no '_' in front\n"
            "3:23: name '2nd' in 'reads': only letters, digits and '_' are allowed, and no digit "
            "in front\n"
            "3:45: input 'edges' and 'Edges' differ in letter case only, which SQL ignores");
  EXPECT_EQ(
      JobMistakes(with_step + "reads: {a: {table: a.b, window: 0 days, previus: true}, b: {}}"),
      "3:33: window '0 days': 'all' or a number and a unit: ms, s, min, hours, days or weeks "
      "is needed, more than 0\n"
      "3:41: unknown key 'previus'; allowed: table, where, window, previous, optional, "
      "watch, columns; did you mean 'previous'?\n"
      "3:60: the key 'table' is missing: schema.name of a table or view");
  EXPECT_EQ(JobMistakes(with_step +
                        "reads: {a: {table: a.b, window: \"{var.min_day} days\"}, b: {table: a.c, "
                        "window: \"{var.min_days}\"}}"),
            "3:33: unknown name {var.min_day}; allowed: var.min_days; did you mean "
            "'var.min_days'?\n"
            "3:80: window '7': 'all' or a number and a unit: ms, s, min, hours, days or weeks is "
            "needed, more than 0");
}

TEST(JobMistakes, OfSubstitutedNames) {
  const std::string with_step = kStep;
  EXPECT_EQ(
      JobMistakes(with_step + "per: region\nreads:\n  a: s.t_{regoin}\n  b: s.t_{ds}\n  c: {table: "
                              "s.t_{size}, where: 'd = {sd}'}\n"),
      "5:6: unknown name {regoin}; allowed: region, var.min_days; did you mean 'region'?\n"
      "6:6: unknown name {ds}; allowed: region, var.min_days\n"
      "7:14: {size} is known only in jobs with 'per: size'\n"
      "7:33: unknown name {sd}; allowed: ds, start, end, region, var.min_days, "
      "location.inbox, table.a, table.b, table.c; did you mean 'ds'?");
  EXPECT_EQ(JobMistakes("reads: {in: a.b}\nsteps:\n"
                        "  - {connector: files, out: x, with: {a: '{hour}', b: ['{secret.kye}', "
                        "'\\p{L} {unknown_thing} {{var.none}']}}\n"),
            "4:42: {hour} is known in jobs that run several times a day, each in another hour; "
            "{start} and {end} are known in all\n"
            "4:56: unknown name {secret.kye}; allowed: ds, start, end, var.min_days, "
            "location.inbox, table.in, secret.key; did you mean 'secret.key'?");
  const TestProject sql({{"weir.yaml", kShopSettings},
                         {"jobs/d/j/job.yaml", "job: j\nsteps: [{sql: a.sql}]"},
                         {"jobs/d/j/a.sql", "-- {ds}\nSELECT {a: 1},\n  {var.min_day}"}});
  EXPECT_EQ(sql.Mistakes(),
            "jobs/d/j/a.sql:3:3: unknown name {var.min_day}; allowed: ds, start, end, "
            "var.min_days, location.inbox; did you mean 'var.min_days'?");
}

TEST(JobMistakes, OfStepKinds) {
  EXPECT_EQ(JobMistakes("steps: [{in: a}, {sql: one.sql, operator: x}, {sql: two.sql, in: [one]}]"),
            "2:9: a step needs exactly one of the keys sql, operator, connector, command\n"
            "2:18: a step has one kind; here 'sql' and 'operator' stand together\n"
            "2:62: unknown key 'in'; allowed: sql, out, name, time_limit, retries, deterministic");
  EXPECT_EQ(JobMistakes("steps: [{operator: sumup, out: x}, {connector: fils, out: y}]",
                        {.operators = {"sum_up"}, .connectors = {"files", "postgres"}}),
            "2:20: unknown operator 'sumup'; allowed: sum_up; did you mean 'sum_up'?\n"
            "2:48: unknown connector 'fils'; allowed: files, postgres; did you mean 'files'?");
}

TEST(JobMistakes, OfSqlFiles) {
  EXPECT_EQ(JobMistakes("steps:\n  - sql: onee.sql\n  - sql: empty.sql\n  - sql: /etc/x.sql\n"
                        "  - sql: one.txt\n  - sql: ../../../../y.sql\n"),
            "jobs/d/j/empty.sql:1:1: the file is empty; one SELECT is needed\n"
            "3:10: sql 'onee.sql': there is no file jobs/d/j/onee.sql; did you mean 'one.sql'?\n"
            "5:10: sql '/etc/x.sql': a file of the project that ends in .sql is needed, relative "
            "to the job's folder\n"
            "6:10: sql 'one.txt': a file of the project that ends in .sql is needed, relative to "
            "the job's folder\n"
            "7:10: sql '../../../../y.sql': the file must lie in the project");
}

TEST(JobMistakes, OfEachStepThatIsThereAlreadyOnce) {
  EXPECT_EQ(JobMistakes("steps:\n"
                        "  - {operator: f, out: x}\n"
                        "  - {operator: f, out: y}\n"
                        "  - {operator: f, out: z}\n"),
            "4:5: step 'f' stands here twice; 'name' tells them apart\n"
            "5:5: step 'f' stands here twice; 'name' tells them apart");
}

TEST(JobMistakes, OfRelationsBetweenSteps) {
  EXPECT_EQ(JobMistakes("reads: {calls: a.b, more: a.c}\nsteps:\n"
                        "  - {operator: f, in: [cals, late], out: [calls, x]}\n"
                        "  - {sql: one.sql, out: [late, later]}\n"
                        "  - {operator: f, out: y}\n"
                        "  - {operator: g}\n"
                        "  - {connector: files}\n"
                        "  - {sql: two.sql, out: X}\n"
                        "  - {sql: two.sql, name: third, out: More}\n"
                        "  - {operator: h, out: y}\n"),
            "4:23: relation 'cals' is neither an input nor made by a step before this one; there "
            "are: calls, more; did you mean 'calls'?\n"
            "4:23: relation 'late' is neither an input nor made by a step before this one; there "
            "are: calls, more\n"
            "5:25: an SQL step defines one relation; 'out' names 2\n"
            "6:5: step 'f' stands here twice; 'name' tells them apart\n"
            "7:16: the key 'out' is missing: the relations that the operator defines\n"
            "8:17: a connector needs 'out', what it brings in, or 'in', what it sends\n"
            "9:25: relation 'X' is there already, of a step before; another name is needed\n"
            "10:38: relation 'More' is an input already; an SQL step needs another name\n"
            "11:24: relation 'y' is there already, of a step before; another name is needed");
  EXPECT_EQ(
      JobMistakes("steps:\n  - {command: [a, b, b], out: [x, y], columns: {x: id BIGINT, z: id "
                  "BIGINT}}\n  - command: []\n"),
      "3:31: columns of 'y' are missing: a command's relations are declared, such as "
      "columns: {y: \"id BIGINT\"}\n"
      "3:63: columns 'z': 'out' has no such relation; it has: x, y; did you mean 'x'?\n"
      "4:14: 'command' is empty");
}

TEST(JobMistakes, OfWrites) {
  const std::string with_step = kStep;
  EXPECT_EQ(
      JobMistakes(with_step + "writes:\n"
                              "  - {table: a.b, from: on, mode: replase}\n"
                              "  - {table: a.c, from: on}\n"
                              "  - {table: a.d, from: one, mode: replace, partition_by: day}\n"
                              "  - {table: a.e, from: one, mode: merge}\n"
                              "  - {table: a.f, from: one, mode: overwrite, keys: id, "
                              "delete_absent: true}\n"
                              "  - {table: a.f, from: one, mode: overwrite}\n"
                              "  - {table: weir.runs, from: one, mode: overwrite}\n"),
      "4:34: unknown mode 'replase'; allowed: append, overwrite, replace, merge, delete; did "
      "you mean 'replace'?\n"
      "5:13: mode 'replace' needs 'ds', the interval's day, in partition_by; a table without "
      "intervals takes mode: overwrite\n"
      "5:24: relation 'on' is neither an input nor made by a step; there are: one; did you "
      "mean 'one'?\n"
      "6:58: mode 'replace' needs 'ds', the interval's day, in partition_by; a table without "
      "intervals takes mode: overwrite\n"
      "7:35: mode 'merge': the key 'keys' is missing: the columns that say which row\n"
      "8:52: 'keys' belongs to the modes merge and delete; here it is overwrite\n"
      "8:71: 'delete_absent' belongs to the mode merge; here it is overwrite\n"
      "9:13: table 'a.f' is written here twice\n"
      "10:13: table 'weir.runs': the schema weir is weir's own; another is needed");
}

TEST(JobMistakes, OfKeeping) {
  const std::string with_step = kStep;
  EXPECT_EQ(
      JobMistakes(with_step + "writes:\n"
                              "  - {table: a.a, from: one, partition_by: [ds], keep: 3}\n"
                              "  - {table: a.b, from: one, partition_by: [ds], keep: 3 hours}\n"
                              "  - {table: a.c, from: one, mode: overwrite, keep: 3 days}\n"
                              "  - {table: a.d, from: one, partition_by: [ds], keep: 3 days}\n"),
      "4:55: keep '3': a number and a unit: ms, s, min, hours, days or weeks is needed\n"
      "5:55: 'keep' is shorter than a day\n"
      "6:52: 'keep' belongs to the modes replace and append: a state has no days");
}

TEST(JobMistakes, OfColumnsOfWrites) {
  const std::string with_step = kStep;
  EXPECT_EQ(JobMistakes(with_step + "writes: [{table: a.b, from: one, mode: merge, keys: idd, "
                                    "columns: {id: BIGINT, x: {nullable: no}}}]"),
            "3:83: the key 'type' is missing: the type, as SQL declares it\n"
            "3:94: 'nullable' must be true or false");
  EXPECT_EQ(JobMistakes(with_step + "writes: [{table: a.b, from: one, partition_by: [ds, kind], "
                                    "partition: {kin: B}, sort_by: idd, columns: {id: BIGINT}}]"),
            "3:48: partition_by 'kind': 'columns' has no such column; it has: id\n"
            "3:72: partition 'kin': it must be one of partition_by: ds, kind; did you mean "
            "'kind'?\n"
            "3:90: sort_by 'idd': 'columns' has no such column; it has: id; did you mean 'id'?");
}

TEST(JobMistakes, OfWritesPerPartitionAndHour) {
  const std::string with_step = kStep;
  EXPECT_EQ(JobMistakes(with_step + "per: region\nschedule: hourly\nwrites:\n"
                                    "  - {table: a.b, from: one, mode: overwrite}\n"
                                    "  - {table: a.c, from: one, partition_by: [region, ds]}\n"
                                    "  - {table: 'a.d_{region}', from: one, partition_by: [ds, "
                                    "hour]}\n"),
            "6:13: table 'a.b': the runs per region would write the same rows; {region} is needed "
            "in its name, or 'region' first in partition_by\n"
            "7:43: mode 'replace' of an hourly job needs 'hour' in partition_by, behind 'ds'");
}

TEST(JobMistakes, OfCronLinesThatNeverFire) {
  for (const char* never : {"0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "0 5 30-31 feb *"}) {
    EXPECT_EQ(JobMistakes(kStep + ("schedule: '" + std::string(never) + "'")),
              fmt::format("3:11: schedule '{0}': '{0}' never fires: none of its months has one of "
                          "its days",
                          never));
  }
  for (const char* ever : {"0 0 29 2 *", "0 0 31 4,5 *", "0 0 30 2 mon", "0 0 28-31 2 *"}) {
    EXPECT_EQ(JobMistakes(kStep + ("schedule: '" + std::string(ever) + "'")), "") << ever;
  }
}

TEST(JobMistakes, OfCronLinesWhoseRunsWouldReplaceEachOther) {
  const auto mistakes = [](const std::string& schedule, const std::string& columns) {
    return JobMistakes(kStep + ("schedule: '" + schedule + "'") +
                       "\nwrites: [{table: a.b, from: one, partition_by: [" + columns + "]}]\n");
  };

  for (const char* once_a_day : {"30 5 * * *", "0 0 1 * *", "5-5 7/17 * * mon", "0 0 */2 * *"}) {
    EXPECT_EQ(mistakes(once_a_day, "ds"), "") << once_a_day;
  }
  for (const char* more : {"0 6,18 * * *", "30 8-17 * * mon-fri", "0 0/12 * * *", "0 * * * *"}) {
    EXPECT_EQ(mistakes(more, "ds"),
              fmt::format("4:48: mode 'replace': '{}' fires several times a day, so 'hour' is "
                          "needed in partition_by, behind 'ds'",
                          more));
    EXPECT_EQ(mistakes(more, "ds, hour"), "") << more;
  }
  for (const char* faster : {"*/15 * * * *", "0,30 6 * * *", "10-12 * * * *"}) {
    EXPECT_EQ(mistakes(faster, "ds, hour"),
              fmt::format("4:48: mode 'replace': '{}' fires several times an hour, and 'ds' and "
                          "'hour' don't tell its intervals apart; a job that runs so often takes "
                          "mode: merge or overwrite",
                          faster));
  }
  EXPECT_EQ(mistakes("0 */2 * * *'\ntime_zone: 'Europe/Berlin", "ds, hour"),
            "5:48: mode 'replace': '0 */2 * * *' may fire twice in an hour where the clocks of "
            "Europe/Berlin go back; hours as a list (0,6,12), schedule: hourly or time_zone: UTC "
            "don't");
}

TEST(JobMistakes, OfStreams) {
  const std::string with_step = kStep;
  EXPECT_EQ(JobMistakes(with_step + "kind: stream\nwrites:\n"
                                    "  - {table: a.b, from: one, mode: overwrite}\n"
                                    "  - {table: a.c, from: one, mode: append}\n"),
            "5:5: table 'a.b': a stream only appends; mode: append is needed\n"
            "5:5: a stream appends what is new in files or topics, and no step of this job reads "
            "any; mode: replace writes an interval's rows\n"
            "6:13: mode 'append' needs 'ds', the interval's day, in partition_by");
  EXPECT_EQ(JobMistakes(with_step + "kind: job\nwrites: [{table: a.c, from: one, mode: append, "
                                    "partition_by: [ds]}]"),
            "4:10: table 'a.c': only streams append, whose writes all do; mode: replace writes an "
            "interval's rows");
  EXPECT_EQ(JobMistakes(with_step + "writes: [{table: a.c, from: one, mode: append, "
                                    "partition_by: [ds]}]"),
            "3:10: a stream appends what is new in files or topics, and no step of this job reads "
            "any; mode: replace writes an interval's rows");
}

TEST(JobMistakes, OfChecks) {
  const std::string head =
      std::string(kStep) + "writes: [{table: a.b, from: one, mode: overwrite}]\n";
  EXPECT_EQ(JobMistakes(head + "checks:\n"
                               "  - {relation: on, not_null: id}\n"
                               "  - {table: a.c, unique: id}\n"
                               "  - {unique: id}\n"
                               "  - {relation: one, table: a.b, unique: id}\n"
                               "  - {relation: one}\n"
                               "  - {relation: one, unique: id, not_null: id}\n"
                               "  - {relation: one, sql: one.sql}\n"
                               "  - {sql: one.sql, expect: rows}\n"),
            "5:16: unknown relation 'on'; there are: one; did you mean 'one'?\n"
            "6:13: the job doesn't write the table 'a.c'; there are: a.b; did you mean 'a.b'?\n"
            "7:5: a check needs 'relation', what is written now, or 'table', the table as it will "
            "be\n"
            "8:5: a check is about one of 'relation' and 'table'; here are both\n"
            "9:5: a check needs exactly one of the keys not_null, unique, accepted, references, "
            "rows, freshness, sql\n"
            "10:5: a check has one kind; here 'not_null' and 'unique' stand together\n"
            "11:16: a check of kind sql names relations and tables in its file; no 'relation' or "
            "'table' is allowed\n"
            "12:28: unknown expect 'rows'; allowed: no_rows");
}

TEST(JobMistakes, OfChecksWithoutColumns) {
  const std::string head = std::string(kStep) +
                           "reads: {c: s.calls}\n"
                           "writes: [{table: a.b, from: one, mode: overwrite}]\n";
  EXPECT_EQ(JobMistakes(head + "checks:\n"
                               "  - {relation: one, not_null: []}\n"
                               "  - {relation: one, unique: []}\n"
                               "  - {relation: one, references: {columns: [], table: s.calls}}\n"
                               "  - {relation: one, references: {columns: a, table: s.calls, to: "
                               "[]}}\n"),
            "6:31: 'not_null' is empty\n"
            "7:29: 'unique' is empty\n"
            "8:43: 'columns' is empty\n"
            "9:66: 'to' is empty");
}

TEST(JobMistakes, OfDetailsOfChecks) {
  const std::string head = std::string(kStep) +
                           "reads: {c: s.calls}\n"
                           "writes: [{table: a.b, from: one, mode: overwrite}]\n";
  EXPECT_EQ(
      JobMistakes(head + "checks:\n"
                         "  - {relation: one, accepted: {a: [1], b: [2]}}\n"
                         "  - {relation: one, accepted: {}}\n"
                         "  - {relation: one, rows: {last: 3}}\n"
                         "  - {relation: one, rows: {min: 3, max: 2}, name: other}\n"
                         "  - {relation: one, rows: {change: 1, last: 1001}, name: long}\n"
                         "  - {relation: one, references: {columns: [a, b], table: s.cals, to: "
                         "[a]}}\n"
                         "  - {relation: one, freshness: {column: at}}\n"
                         "  - {relation: one, unique: id, severity: fatal}\n"
                         "  - {relation: one, not_null: id}\n"
                         "  - {relation: one, not_null: id}\n"),
      "6:31: a check of accepted values is of one column; here are 2\n"
      "7:31: 'accepted' is empty\n"
      "8:27: a check of rows needs one of the keys min, max, change\n"
      "8:27: 'last' belongs to 'change', which is missing\n"
      "9:27: min 3 is more than max 2\n"
      "10:27: 'last' is 1001; at most 1000 runs are looked back on\n"
      "11:33: 'columns' names 2 and 'to' 1; as many are needed\n"
      "11:33: table 's.cals' must be among those that the job reads or writes: s.calls, a.b; "
      "did you mean 's.calls'?\n"
      "12:32: the key 'max_age' is missing: the greatest distance of its newest value from "
      "the interval's end\n"
      "13:43: unknown severity 'fatal'; allowed: error, warn\n"
      "15:5: check 'not_null(id)' stands here twice; 'name' tells them apart");
}

TEST(JobMistakes, OfViews) {
  EXPECT_EQ(
      JobMistakes("views: [{name: x, sql: SELECT 1}, {name: 'a.v_{ds}', sql: missing.sql}, {name: "
                  "a.w, sql: 'SELECT {ds}'}, {name: a.w, sql: SELECT 2}]"),
      "2:16: name 'x': a table is schema.name, each of letters, digits, '_' and names in "
      "braces, and no '_' in front\n"
      "2:42: unknown name {ds}; allowed: var.min_days\n"
      "2:59: sql 'missing.sql': there is no file jobs/d/j/missing.sql\n"
      "2:90: unknown name {ds}; allowed: var.min_days, location.inbox\n"
      "2:106: view 'a.w' is already a view of j");
  EXPECT_EQ(JobMistakes("per: region\nviews:\n  - {name: a.v, sql: 'FROM a.t_{region}'}\n"
                        "  - {name: 'a.w_{region}', sql: 'FROM a.t_{region}'}"),
            "4:5: view 'a.v' reads {region}: its name needs it, too");
}

TEST(JobMistakes, OfAllFilesAreToldAtOnceByFileAndLine) {
  const TestProject project({{"weir.yaml", "name: x\nmemroy: 8GB\n"},
                             {"jobs/b/j/job.yaml", "job: j\nsteps: [\n"},
                             {"jobs/a/k/job.yaml", "job: k\nsteps: [{sql: x.sql}]\nseed: a\n"}});

  const std::string message = project.Mistakes();

  EXPECT_TRUE(
      message.starts_with("jobs/a/k/job.yaml:2:15: sql 'x.sql': there is no file jobs/a/k/x.sql\n"
                          "jobs/a/k/job.yaml:3:7: seed 'a': a whole number, at least 0 is needed\n"
                          "jobs/b/j/job.yaml:3:1: not YAML: "))
      << message;
  EXPECT_NE(message.find("weir.yaml:2:1: unknown key 'memroy'"), std::string::npos) << message;
}

}  // namespace
}  // namespace weir::project
