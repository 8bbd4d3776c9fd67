#include "project/file_shapes.h"
#include "project/formats.h"

namespace weir::project {
namespace {

// Rows by relation: a list of rows, or where they stand and what their types are.
Shape RowsByRelation() {
  const Shape rows = List(Dictionary(Any(), ColumnName()));
  const Shape detailed = Record(
      {{"rows", rows, "the rows, each a map of columns"},
       {"file", Text(), "a CSV, NDJSON or Parquet file beside the test, instead of `rows`"},
       {"columns", Dictionary(Text(), ColumnName()), "types of columns, as SQL declares them"}});
  return Dictionary(OneOf({rows, detailed}), ColumnName());
}

Shape MakeShape() {
  const Shape test = Record({
      {"name", Text(), "what the test shows", true},
      {"job", Text(), "the job that is tested", true},
      {"on", Text(), "the day of the interval (default: 2026-01-05)"},
      {"partition", Text(), "of a job with `per`; its list's first by default"},
      {"given", RowsByRelation(),
       "rows of inputs, of relations that connectors read, and of tables as they were before"},
      {"expect", RowsByRelation(),
       "rows of relations, or of tables as they will be; only the columns named are compared, in "
       "any order of rows"},
      {"error", Text(), "a part of the message that the job must fail with"},
  });
  return Record({{"tests", List(test), "the tests of this file", true}});
}

}  // namespace

const Shape& UnitTestsShape() {
  static const Shape kShape = MakeShape();
  return kShape;
}

}  // namespace weir::project
