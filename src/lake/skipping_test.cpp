// Skipping by statistics and partition values gives what full scans give, for every type: files of
// random rows, random conditions, and DuckDB's own filter over all rows as the judge.
#include <algorithm>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "base/test_seed.h"
#include "lake/data_fixture.h"

namespace weir::lake {
namespace {

using Kind = Predicate::Kind;
using Comparison = Predicate::Comparison;

// A value as SQL has it and as a predicate's constant has it.
struct Sample {
  std::string sql;
  std::string constant;
  bool may_be_partition = true;
};

struct Column {
  DataType type;
  std::vector<Sample> samples;
};

Sample Text(const std::string& text) { return {sql::QuoteText(text), text}; }

Sample Number(const std::string& text) { return {"'" + text + "'", text}; }

// Partitions hold the years 0001 to 9999.
Sample Time(std::int64_t micros) {
  const bool is_common = micros >= -62'135'596'800'000'000 && micros <= 253'402'300'799'999'999;
  return {fmt::format("make_timestamp({})", micros), std::to_string(micros), is_common};
}

Sample Day(std::int32_t days) {
  const bool is_common = days >= -719'162 && days <= 2'932'896;
  return {fmt::format("DATE '1970-01-01' + ({})", days), FormatDate(days), is_common};
}

std::string Repeated(const std::string& text, int count) {
  std::string repeated;
  for (int i = 0; i < count; ++i) {
    repeated += text;
  }
  return repeated;
}

std::vector<Column> Columns() {
  const std::string last = "\xF4\x8F\xBF\xBF";
  return {
      {PlainType(TypeKind::kByte), {Number("-128"), Number("0"), Number("127")}},
      {PlainType(TypeKind::kLong),
       {Number("-9223372036854775808"), Number("9007199254740992"), Number("9007199254740993"),
        Number("9223372036854775807")}},
      {DecimalOf(38, 5),
       {Number("-999999999999999999999999999999999.99999"), Number("0.00000"), Number("0.00001"),
        Number("123456789012345678901234567890123.45678"),
        Number("123456789012345678901234567890123.45679")}},
      {PlainType(TypeKind::kFloat),
       {Number("-inf"), Number("-0.0"), Number("0.0"), Number("0.1"), Number("16777216"),
        Number("inf"), Number("nan")}},
      {PlainType(TypeKind::kDouble),
       {Number("-inf"), Number("-1e308"), Number("-0.0"), Number("0.0"), Number("5e-324"),
        Number("0.1"), Number("inf"), Number("nan")}},
      {PlainType(TypeKind::kString),
       {Text("\x01"), Text("A"), Text("a"), Text("'\"\\"), Text("é"), Text(Repeated("é", 32)),
        Text(Repeated("é", 33)), Text(Repeated("é", 32) + last), Text(Repeated(last, 31)),
        Text(Repeated(last, 33)), Text(Repeated(last, 34)), Text(Repeated("a", 31) + "\n"),
        Text(Repeated("a", 32) + "b"), Text(Repeated("a", 32) + "c")}},
      {PlainType(TypeKind::kDate),
       {Day(-800'000), Day(-719'162), Day(-1), Day(0), Day(20'000), Day(2'932'896),
        Day(3'000'000)}},
      {PlainType(TypeKind::kTimestamp),
       {Time(-62'135'596'800'000'001), Time(-1001), Time(-1000), Time(-999), Time(-1), Time(0),
        Time(1), Time(999), Time(1'767'225'600'000'500), Time(253'402'300'799'999'999),
        Time(253'402'300'800'000'000)}},
      {PlainType(TypeKind::kBoolean), {{"'false'", "false"}, {"'true'", "true"}}},
      {PlainType(TypeKind::kBinary), {{"encode('a')", "a"}, {"encode('é')", "é"}}},
  };
}

class SkippingTest : public DataTest {
 protected:
  template <typename T>
  const T& OneOf(const std::vector<T>& values) {
    return values[random_() % values.size()];
  }

  std::string RandomCell(const Column& column) { return CellOf(column, column.samples); }

  std::string RandomPartition(const Column& column) {
    std::vector<Sample> samples = column.samples;
    std::erase_if(samples, [](const Sample& sample) { return !sample.may_be_partition; });
    return CellOf(column, samples);
  }

  std::string CellOf(const Column& column, const std::vector<Sample>& samples) {
    if (random_() % 5 == 0) {
      return "NULL";
    }
    return fmt::format("CAST({} AS {})", OneOf(samples).sql, ToText(column.type));
  }

  // Files of one to four rows of the columns c (plain), s.c (in a struct) and p (a partition).
  std::vector<AddFile> RandomFiles(const Column& column) {
    const bool is_partition = random_() % 2 == 0;
    std::vector<AddFile> files;
    metadata_ = {};
    for (int i = 0; i < 8; ++i) {
      std::string select;
      const std::string partition = is_partition ? RandomPartition(column) : RandomCell(column);
      for (std::size_t rows = random_() % 4 + 1; rows > 0; --rows) {
        const std::string type = ToText(column.type);
        select += fmt::format(
            "{}SELECT {} AS id, CAST({} AS {}) AS c, {{'c': CAST({} AS {})}} AS s, "
            "CAST({} AS {}) AS p",
            select.empty() ? "" : " UNION ALL ", ++last_id_, RandomCell(column), type,
            RandomCell(column), type, partition, type);
      }
      const auto written =
          Write(select, is_partition ? std::vector<std::string>{"p"} : std::vector<std::string>{});
      files.insert(files.end(), written.begin(), written.end());
    }
    return files;
  }

  // A condition as a predicate and as SQL.
  std::pair<Predicate, std::string> RandomCondition(const Column& column) {
    const std::vector<std::vector<std::string>> paths = {{"c"}, {"s", "c"}, {"p"}};
    Predicate predicate{.path = OneOf(paths)};
    const std::string value = fmt::format("{}", fmt::join(predicate.path, "."));
    const Sample& sample = OneOf(column.samples);
    const std::string literal = fmt::format("CAST({} AS {})", sample.sql, ToText(column.type));
    predicate.constants = {{column.type, sample.constant}};
    switch (random_() % 4) {
      case 0:
        predicate.kind = Kind::kIsNull;
        predicate.constants = {};
        return {predicate, value + " IS NULL"};
      case 1:
        predicate.kind = Kind::kIsNotNull;
        predicate.constants = {};
        return {predicate, value + " IS NOT NULL"};
      case 2:
        predicate.kind = Kind::kIn;
        return {predicate, value + " IN (" + literal + ")"};
      default:
        break;
    }
    const std::vector<std::string> signs = {"=", "<", "<=", ">", ">="};
    const std::size_t sign = random_() % signs.size();
    predicate.kind = Kind::kCompare;
    predicate.comparison = static_cast<Comparison>(sign);
    return {predicate, fmt::format("{} {} {}", value, signs[sign], literal)};
  }

  // Ids of the rows that the condition holds for.
  std::vector<std::string> Ids(const std::vector<AddFile>& files, const std::string& condition) {
    return Rows("SELECT id FROM (" + Scan(files) + ") WHERE " + condition);
  }

  std::mt19937_64 random_;
  int last_id_ = 0;
};

TEST_F(SkippingTest, FindsWhatFullScansFind) {
  random_.seed(TestSeed());
  const std::vector<Column> columns = Columns();
  std::size_t skipped = 0;
  for (int round = 0; round < TestRounds(); ++round) {
    const Column& column = columns[static_cast<std::size_t>(round) % columns.size()];
    const std::vector<AddFile> files = RandomFiles(column);
    for (int i = 0; i < 15; ++i) {
      const auto [predicate, condition] = RandomCondition(column);
      const std::vector<AddFile> kept = PruneFiles(SnapshotOf(files), predicate);
      ASSERT_EQ(Ids(kept, condition), Ids(files, condition))
          << ToText(column.type) << " " << condition;
      skipped += files.size() - kept.size();
    }
  }
  EXPECT_GT(skipped, 0U);
}

TEST_F(SkippingTest, SkipsForEachComparableType) {
  for (const Column& column : Columns()) {
    if (column.type.kind == TypeKind::kBoolean || column.type.kind == TypeKind::kBinary) {
      continue;  // the protocol has no bounds for them
    }
    metadata_ = {};
    const Sample& small = column.samples[1];
    const Sample& great = column.samples[2];
    const std::vector<AddFile> files =
        Write(fmt::format("SELECT CAST({} AS {}) AS c", great.sql, ToText(column.type)));
    const Predicate less{.kind = Kind::kCompare,
                         .comparison = Comparison::kLess,
                         .path = {"c"},
                         .constants = {{column.type, small.constant}}};

    EXPECT_TRUE(PruneFiles(SnapshotOf(files), less).empty()) << ToText(column.type);
  }
}

}  // namespace
}  // namespace weir::lake
