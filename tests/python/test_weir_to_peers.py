"""Tables that weir writes, read by delta-rs and by Spark."""
import dataclasses
import functools

import pyarrow
import pytest

import all_types
import peers
from same_rows import assert_same_rows, canonical, rows_of
from short_run import short, short_of


@dataclasses.dataclass
class Reader:
    """A peer: what it reads, how many rows match conditions when it skips files, and its constants."""

    read: object  # (path, version) -> Arrow table
    counts: object  # (path, conditions) -> numbers
    timestamp_sql: str
    text_sql: object
    num_constants: int = 100  # of a column that it is asked to compare with; few where it is slow


# Not CAST, which goes through nanoseconds, and those don't reach the year 1.
DELTA_RS = Reader(peers.read_with_delta_rs, peers.counts_with_delta_rs, """arrow_cast('{}', 'Timestamp(Microsecond, Some("UTC"))')""",
                  lambda text: "'" + text.replace("'", "''") + "'")


@pytest.fixture(params=short_of(["delta-rs", "spark"], "delta-rs"))
def reader(request):
    if request.param == "delta-rs":
        request.getfixturevalue("delta_rs")
        return DELTA_RS
    spark = request.getfixturevalue("spark")
    return Reader(functools.partial(peers.read_with_spark, spark), functools.partial(peers.counts_with_spark, spark),
                  "CAST('{}' AS timestamp)", lambda text: "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'", num_constants=2)


@pytest.fixture(scope="module")
def all_types_table(module_weir):
    """One file a batch, so that bounds differ between files."""
    for batch in all_types.BATCHES:
        module_weir.write("t.all_types", batch)
    return module_weir.table_path("t.all_types")


@pytest.fixture(scope="module")
def partitioned_tables(module_weir):
    for name in all_types.PRIMITIVES:
        module_weir.write(f"t.by_{name}", all_types.partitioned_by(name), "--partition-by", "p")
    return {name: module_weir.table_path(f"t.by_{name}") for name in all_types.PRIMITIVES}


def conditions(rows, name, reader):
    """Comparisons with the values of a column, and how many rows match each."""
    values = rows.column(name).to_pylist()
    yield f"{name} IS NULL", sum(value is None for value in values)
    yield f"{name} IS NOT NULL", sum(value is not None for value in values)
    if name in ("binary", "boolean"):
        return
    # Whether NaN is above all numbers or beside them is each program's own choice.
    constants = sorted({canonical(value): value for value in values if value is not None and value == value}.values())
    for constant in constants[::max(1, len(constants) // reader.num_constants)]:
        literal = all_types.sql_literal(name, constant, reader.timestamp_sql, reader.text_sql)
        numbers = [value for value in values if value is not None and value == value]
        yield f"{name} = {literal}", sum(value == constant for value in numbers)
        yield f"{name} < {literal}", sum(value < constant for value in numbers)
        if len(numbers) == sum(value is not None for value in values):
            yield f"{name} > {literal}", sum(value > constant for value in numbers)


@short
def test_every_type_is_read_equal(all_types_table, reader):
    assert_same_rows(reader.read(all_types_table), all_types.ALL)


def test_every_version_is_read_equal(all_types_table, reader):
    for version in range(len(all_types.BATCHES)):
        wanted = pyarrow.concat_tables(all_types.BATCHES[:version + 1])
        assert_same_rows(reader.read(all_types_table, version), wanted, f"version {version}")


@pytest.mark.parametrize("name", ["id", *all_types.PRIMITIVES])
def test_skipping_by_our_statistics_loses_no_row(all_types_table, reader, name):
    wanted = dict(conditions(all_types.ALL, name, reader))
    assert dict(zip(wanted, reader.counts(all_types_table, wanted))) == wanted


@pytest.mark.parametrize("name", short_of(all_types.PRIMITIVES, "string", "binary", "timestamp", "dec38"))
def test_partitions_of_every_type_are_read_equal(partitioned_tables, reader, name):
    found = reader.read(partitioned_tables[name])
    assert_same_rows(found, all_types.partitioned_by(name))


@pytest.mark.parametrize("name", ["string", "timestamp", "dec18", "date", "integer"])
def test_skipping_by_partition_loses_no_row(partitioned_tables, reader, name):
    rows = all_types.partitioned_by(name)
    renamed = rows.rename_columns(["id", name, "text"])
    wanted = {"p" + condition.removeprefix(name): number for condition, number in conditions(renamed, name, reader)}
    assert dict(zip(wanted, reader.counts(partitioned_tables[name], wanted))) == wanted


@short
def test_an_empty_string_partition_is_null(weir, delta_rs):
    rows = pyarrow.table({"id": [1, 2], "p": ["", "x"]})
    weir.write("t.empty", rows, "--partition-by", "p")
    wanted = pyarrow.table({"id": [1, 2], "p": [None, "x"]}, schema=rows.schema)
    assert_same_rows(peers.read_with_delta_rs(weir.table_path("t.empty")), wanted)
    assert_same_rows(weir.read("t.empty"), wanted)


@pytest.fixture(scope="module")
def life(module_weir):
    """The rows of every version of t.life: a table after a commit of each kind, with a checkpoint at 10."""
    weir = module_weir

    def rows(first, last, text):
        ids = list(range(first, last))
        return pyarrow.table({"id": pyarrow.array(ids, pyarrow.int64()), "day": [f"d {i % 3}" if i % 4 else None for i in ids],
                              "text": [f"{text} {i}" for i in ids]})

    versions = []

    def wrote(table):
        versions.append(table)

    weir.write("t.life", rows(0, 20, "first"), "--partition-by", "day", "--sort-by", "id")
    wrote(rows(0, 20, "first"))
    for i in range(5):
        weir.write("t.life", rows(20 + i * 10, 30 + i * 10, "appended"))
        wrote(pyarrow.concat_tables([versions[-1], rows(20 + i * 10, 30 + i * 10, "appended")]))
    weir.write("t.life", rows(15, 25, "merged"), "--keys", "id", mode="merge")
    kept = [row for row in versions[-1].to_pylist() if not 15 <= row["id"] < 25]
    wrote(pyarrow.concat_tables([pyarrow.Table.from_pylist(kept, versions[0].schema), rows(15, 25, "merged")]))
    replaced = rows(60, 64, "replaced")
    weir.write("t.life", replaced, mode="replace")
    days = set(replaced.column("day").to_pylist())
    kept = [row for row in versions[-1].to_pylist() if row["day"] not in days]
    wrote(pyarrow.Table.from_pylist(kept + replaced.to_pylist(), versions[0].schema))
    weir.write("t.life", rows(100, 130, "overwritten"), mode="overwrite")
    wrote(rows(100, 130, "overwritten"))
    weir.write("t.life", rows(120, 140, "inserted"), "--keys", "id", mode="merge")
    wrote(pyarrow.concat_tables([rows(100, 120, "overwritten"), rows(120, 140, "inserted")]))
    for i in range(3):
        weir.write("t.life", rows(200 + i * 10, 210 + i * 10, "appended"))
        wrote(pyarrow.concat_tables([versions[-1], rows(200 + i * 10, 210 + i * 10, "appended")]))
    weir.run("table", "optimize", "t.life")
    wrote(versions[-1])
    weir.run("table", "restore", "t.life", "--version", "6")
    wrote(versions[6])
    return versions


def test_every_version_of_a_tables_life_is_read_equal(module_weir, life, reader):
    path = module_weir.table_path("t.life")
    for version, wanted in enumerate(life):
        assert_same_rows(reader.read(path, version), wanted, f"version {version}")


@short
def test_the_end_of_a_tables_life_is_read_equal(module_weir, life, reader):
    path = module_weir.table_path("t.life")
    assert (path / "_delta_log" / "_last_checkpoint").exists()
    assert_same_rows(reader.read(path), life[-1])


@short
def test_weir_reads_every_version_of_its_own(module_weir, life):
    for version, wanted in enumerate(life):
        assert_same_rows(module_weir.read(f"t.life@v{version}"), wanted, f"version {version}")


@short
def test_rows_of_all_types_survive_merge_and_optimise(weir, reader):
    for batch in all_types.BATCHES:
        weir.write("t.merged", batch)
    weir.write("t.merged", all_types.rows(10, all_types.ODD, all_types.NESTED_ROWS), "--keys", "id", mode="merge")
    weir.run("table", "optimize", "t.merged")
    wanted = pyarrow.concat_tables([all_types.BATCHES[0], all_types.rows(10, all_types.ODD, all_types.NESTED_ROWS),
                                    *all_types.BATCHES[2:]])
    assert_same_rows(reader.read(weir.table_path("t.merged")), wanted)


def test_a_column_added_by_a_later_import_is_null_before(weir, reader):
    weir.write("t.wider", pyarrow.table({"id": [1]}))
    weir.write("t.wider", pyarrow.table({"id": [2], "more": ["x"]}))
    wanted = pyarrow.table({"id": [1, 2], "more": [None, "x"]})
    assert_same_rows(reader.read(weir.table_path("t.wider")), wanted)
    assert_same_rows(weir.read("t.wider"), wanted)


def test_spark_reads_after_our_vacuum(weir, spark):
    weir.write("t.vacuumed", pyarrow.table({"id": [1, 2]}))
    weir.write("t.vacuumed", pyarrow.table({"id": [3]}), mode="overwrite")
    weir.run("table", "vacuum", "t.vacuumed")
    assert rows_of(peers.read_with_spark(spark, weir.table_path("t.vacuumed")))[1] == [(3,)]
