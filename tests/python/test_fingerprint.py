"""`weir table fingerprint` against an implementation of docs/fingerprint.md in Python."""
import pyarrow
import pytest

import all_types
import peers
from fingerprint import canonical_bytes, fingerprint, load_xxh3
from short_run import short

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(autouse=True)
def xxhash():
    try:
        return load_xxh3()
    except OSError:
        pytest.skip("skipped: no libxxhash.so.0 here; scripts/setup.sh installs it")


def digits_of(weir, table, *words):
    return weir.run("table", "fingerprint", table, *words).split()[-1]


@short
def test_the_example_of_the_document():
    row = canonical_bytes({"a": 1, "B": None}, pyarrow.struct([("a", pyarrow.int64()), ("B", pyarrow.string())]))
    assert row.hex(" ") == "0c 02 00 00 00 01 00 00 00 61 02 01 00 00 00 00 00 00 00 01 00 00 00 62 00"


@pytest.mark.parametrize("column", [*all_types.PRIMITIVES, *all_types.NESTED])
def test_each_type(module_weir, column):
    rows = all_types.ALL.select(["id", column])
    module_weir.write(f"t.only_{column}", rows)
    assert digits_of(module_weir, f"t.only_{column}") == fingerprint(rows)


@short
def test_all_types_together_and_without_some(module_weir):
    module_weir.write("t.all_types", all_types.ALL)
    assert digits_of(module_weir, "t.all_types") == fingerprint(all_types.ALL)
    assert digits_of(module_weir, "t.all_types", "--without", "id,deep") == fingerprint(all_types.ALL, {"id", "deep"})


def test_no_rows(module_weir):
    rows = pyarrow.table({"id": pyarrow.array([], pyarrow.int64())})
    module_weir.write("t.none", rows)
    assert digits_of(module_weir, "t.none") == "0" * 32 == fingerprint(rows)


@short
def test_order_files_and_column_order_do_not_count(module_weir):
    for batch in reversed(all_types.BATCHES):
        module_weir.write("t.reversed", batch.select(sorted(batch.column_names, reverse=True)))
    assert digits_of(module_weir, "t.reversed") == fingerprint(all_types.ALL)


def test_the_same_row_twice_counts_twice(module_weir):
    rows = pyarrow.table({"id": [1, 1, 2]})
    module_weir.write("t.twice", rows)
    assert digits_of(module_weir, "t.twice") == fingerprint(rows) != fingerprint(rows.slice(1))


@short
def test_tables_of_delta_rs_have_it_too(module_weir, delta_rs):
    theirs = module_weir.folder / "theirs"
    delta_rs.write_deltalake(str(theirs), all_types.ALL)
    assert digits_of(module_weir, theirs) == fingerprint(all_types.ALL)


def test_tables_of_spark_have_it_too(module_weir, spark):
    theirs = module_weir.folder / "spark"
    spark.createDataFrame(all_types.ALL).write.format("delta").partitionBy("short").save(str(theirs))
    assert digits_of(module_weir, theirs) == fingerprint(peers.read_with_spark(spark, theirs)) == fingerprint(all_types.ALL)
