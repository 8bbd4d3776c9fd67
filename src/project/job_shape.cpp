#include "project/file_shapes.h"
#include "project/formats.h"

namespace weir::project {
namespace {

Shape Relation() { return Text(Identifier()); }

Shape ColumnList() {
  Shape columns = List(Text(ColumnName()));
  columns.ignores_case = true;
  return columns;
}

Shape Columns() { return OneOf({Text(ColumnName()), ColumnList()}); }

Shape SomeColumns() {
  Shape columns = ColumnList();
  columns.least = 1;
  return OneOf({Text(ColumnName()), columns});
}

Shape CommandShape() {
  Shape words = List(Text());
  words.least = 1;
  words.may_repeat = true;
  return OneOf({Text(), words});
}

Variant StepVariant(Key kind, bool has_columns) {
  Variant variant{
      .keys = {std::move(kind),
               {"in", OneOf({Relation(), List(Relation()), Dictionary(Relation(), Identifier())}),
                "the relations that it reads, perhaps by argument"},
               {"with", Dictionary(Any(), ColumnName()), "its settings"}}};
  if (has_columns) {
    variant.keys.push_back({"columns", Dictionary(Text(), Identifier()),
                            "of each relation that it gives: \"name TYPE, …\""});
  }
  return variant;
}

Key OutKey() { return {"out", TextList(Relation()), "the relations that it defines"}; }

Variant SqlStep() {
  return {.keys = {{"sql", Text(SqlFile()), "a file with one SELECT"}, OutKey()}};
}

Variant WithOut(Variant variant) {
  variant.keys.insert(variant.keys.begin() + 2, OutKey());
  return variant;
}

Shape RowsShape() {
  return Record({{"min", Integer(0), "the fewest rows"},
                 {"max", Integer(0), "the most rows"},
                 {"change", Number(0), "how far from the mean of the last runs: 0.5 is 50 %"},
                 {"last", Integer(1), "how many runs that mean is of; 7 by default"}});
}

Shape AcceptedShape() {
  Shape values = List(Scalar());
  values.least = 1;
  Shape columns = Dictionary(values, ColumnName());
  columns.least = 1;
  return columns;
}

Shape ReferencesShape() {
  return Record({{"columns", SomeColumns(), "the columns that refer", true},
                 {"table", Text(TableName()), "the table that is referred to", true},
                 {"to", SomeColumns(), "its columns; the same names by default"}});
}

Shape FreshnessShape() {
  return Record({{"column", Text(ColumnName()), "the column with the time", true},
                 {"max_age", Text(DurationText()),
                  "the greatest distance of its newest value from the interval's end", true}});
}

std::vector<Key> ScheduleKeys() {
  return {
      {"schedule", Text(ScheduleText()),
       "hourly, daily, weekly, monthly, a cron line or manual; daily by default"},
      {"time_zone", Text(TimeZoneText()), "the zone of its days; the project's by default"},
      {"start", Text(DayOrTime()), "its first day; by default the first that its inputs hold"},
      {"end", Text(DayOrTime()), "the day from which it doesn't run any more"},
      {"wait", Text(DurationText()), "how long after an interval's end it waits for its inputs"},
      {"due", Words({"complete", "wait"}),
       "run when the inputs are complete (default), or 'wait' after the interval's end, complete "
       "or not"},
      {"late", Text(DurationText()), "as in weir.yaml, for this job"},
      {"catch_up", Words({"all", "last"}), "run all missed intervals (default) or the last"},
  };
}

std::vector<Key> JobKeys() {
  std::vector<Key> keys = {
      {"job", Text(PlainName()), "the job's name, that of its folder", true},
      {"doc", AnyText(), "what it is for"},
      {"tags", TextList(Text(PlainName())), "names to select it by"},
      {"kind", Words({"job", "stream", "service"}),
       "job (default), stream (appends batch by batch) or service"},
      {"batch", Text(SizeText()),
       "of a stream: how much new input one run takes, as stored, '256 MB' by default"},
      {"per", Text(Identifier()), "a list of partitions of weir.yaml: one run for each"},
  };
  const std::vector<Key> schedule = ScheduleKeys();
  keys.insert(keys.end(), schedule.begin(), schedule.end());
  const std::vector<Key> rest = {
      {"reads", ReadsShape(), "its inputs, by the names that SQL calls them"},
      {"steps", StepsShape(), "what it does, in order"},
      {"writes", WritesShape(), "the tables that it writes"},
      {"checks", ChecksShape(), "what must hold before anything is written"},
      {"views",
       List(Record({{"name", Text(TableName()), "schema.name", true},
                    {"sql", Text(), "a SELECT, or a file with one", true}})),
       "views of the project that it defines"},
      {"effects", Words({"none", "external"}), "external: it sends something outside"},
      {"retries", Integer(0), "of each step after an external error; 2 by default"},
      {"time_limit", Text(TimeLimitText()), "how long a run may take"},
      {"deterministic", Boolean(), "false: results may differ from run to run, on purpose"},
      {"seed", Integer(0), "of operators that draw numbers; 0 by default"},
      {"alerts", TextList(Text()), "who of weir.yaml is told of a failure"},
  };
  keys.insert(keys.end(), rest.begin(), rest.end());
  return keys;
}

}  // namespace

Shape ColumnsShape() {
  const Shape column = Record({
      {"type", Text(), "the type, as SQL declares it", true},
      {"nullable", Boolean(), "false: null is refused"},
      {"personal", Boolean(), "whether it tells who somebody is"},
      {"doc", AnyText(), "what it holds"},
  });
  return Dictionary(OneOf({Text(), column}), ColumnName());
}

Shape ReadsShape() {
  const Shape input = Record({
      {"table", Text(TableName()), "schema.name of a table or view", true},
      {"where", Text(), "SQL over its columns: which rows are read"},
      {"window", Text(WindowText()), "how far back from the interval's end; 'all': everything"},
      {"previous", Boolean(), "the state before this interval"},
      {"optional", Boolean(), "a table that isn't there is empty"},
      {"watch", Boolean(), "false: what changes in it makes no interval stale"},
      {"columns", ColumnsShape(), "what an optional table would hold"},
  });
  return Dictionary(OneOf({Text(TableName()), input}), Identifier());
}

Shape StepsShape() {
  Shape step = Record({
      {"name", Text(Identifier()), "what the step is called"},
      {"time_limit", Text(TimeLimitText()), "how long it may take"},
      {"retries", Integer(0), "after an external error; the job's by default"},
      {"deterministic", Boolean(), "false: its result may differ from run to run, on purpose"},
  });
  step.noun = "a step";
  step.variants = {
      SqlStep(),
      WithOut(StepVariant({"operator", Text(PlainName()), "native code by name"}, false)),
      WithOut(StepVariant({"connector", Text(PlainName()), "a source or sink by name"}, true)),
      WithOut(StepVariant({"command", CommandShape(), "a program with its arguments"}, true))};
  return List(step);
}

Shape WritesShape() {
  return List(Record({
      {"table", Text(TableName()), "schema.name", true},
      {"from", Relation(), "the relation whose rows are written", true},
      {"mode", Words({"append", "overwrite", "replace", "merge", "delete"}),
       "how; replace (the rows of the interval) by default"},
      {"partition_by", Columns(), "its partition columns; ds among them for replace"},
      {"partition", Dictionary(Scalar(), ColumnName()),
       "constant values of partition columns, where several jobs write one table"},
      {"sort_by", Columns(), "the order of rows in files"},
      {"keys", Columns(), "of merge and delete: the columns that say which row"},
      {"delete_absent", OneOf({Boolean(), Text()}),
       "of merge: delete rows that aren't in the relation; a condition limits which"},
      {"columns", ColumnsShape(), "the table's columns: a contract"},
      {"keep", Text(DurationText()),
       "how long the rows of a day stay, counted back from the newest one; for ever by default"},
      {"personal", Boolean(), "whether it holds personal data"},
      {"interface", OneOf({Boolean(), List(Text(PlainName()))}),
       "true, or the domains that may read it besides its own"},
      {"doc", AnyText(), "what a row is"},
  }));
}

Shape ChecksShape() {
  Shape check = Record({
      {"relation", Relation(), "what is written now"},
      {"table", Text(TableName()), "the table as it will be"},
      {"severity", Words({"error", "warn"}), "error (default): nothing is written"},
      {"name", Text(), "what the check is called"},
  });
  check.noun = "a check";
  check.variants = {
      {.keys = {{"not_null", SomeColumns(), "columns without nulls"}}},
      {.keys = {{"unique", SomeColumns(), "columns that say which row"}}},
      {.keys = {{"accepted", AcceptedShape(), "a column and the values that it may have"}}},
      {.keys = {{"references", ReferencesShape(), "rows that must stand in another table"}}},
      {.keys = {{"rows", RowsShape(), "how many rows there may be"}}},
      {.keys = {{"freshness", FreshnessShape(), "how old the newest row may be"}}},
      {.keys = {{"sql", Text(SqlFile()), "a SELECT that must give no rows"},
                {"expect", Words({"no_rows"}), "what it must give"}}}};
  return List(check);
}

const Shape& JobShape() {
  static const Shape kShape = Record(JobKeys());
  return kShape;
}

}  // namespace weir::project
