"""A file of a table that is broken: an error, exit 1, that names the file."""
import json
import pathlib
import shutil

import pyarrow
import pytest

from same_rows import rows_of
from short_run import short

pytestmark = short

ROWS = pyarrow.table({"id": pyarrow.array(range(100), pyarrow.int64()), "text": [f"row {i}" for i in range(100)]})


def copy_of(table, weir):
    """A test's own copy of a table, as t.broken."""
    return pathlib.Path(shutil.copytree(table, weir.table_path("t.broken")))


@pytest.fixture(scope="module")
def three_versions(module_weir):
    for _ in range(3):
        module_weir.write("t.three", ROWS)
    return module_weir.table_path("t.three")


@pytest.fixture(scope="module")
def eleven_versions(module_weir):
    """With a checkpoint of version 10."""
    for _ in range(11):
        module_weir.write("t.eleven", ROWS.slice(0, 1))
    return module_weir.table_path("t.eleven")


@pytest.fixture
def table(weir, three_versions):
    return copy_of(three_versions, weir)


def entry(table, version):
    return table / "_delta_log" / f"{version:020}.json"


BREAKS = {
    "no JSON": lambda text: "this is no JSON\n" + text,
    "cut off": lambda text: text[: len(text) // 2],
    "cut in its last line": lambda text: text.rstrip("\n")[:-5],
    "empty": lambda text: "",
    "zeros": lambda text: "\0" * len(text),
    "a line that is a list": lambda text: text + "[1, 2]\n",
    "an add without a path": lambda text: text + '{"add": {"size": 1}}\n',
    "a size that is text": lambda text: text + '{"add": {"path": "x", "size": "big", "partitionValues": {}}}\n',
}


@pytest.mark.parametrize("how", BREAKS)
@pytest.mark.parametrize("version", [0, 1, 2])
def test_a_broken_log_entry_is_named(weir, table, how, version):
    file = entry(table, version)
    file.write_text(BREAKS[how](file.read_text()))
    assert file.name in weir.refuses("sql", "SELECT count(*) FROM t.broken")


def test_a_missing_log_entry_is_named(weir, table):
    entry(table, 1).unlink()
    message = weir.refuses("sql", "SELECT count(*) FROM t.broken")
    assert entry(table, 1).name in message or "version 1" in message


def test_versions_before_a_broken_entry_are_read(weir, table):
    entry(table, 2).write_text("broken")
    assert json.loads(weir.run("sql", "SELECT count(*) AS n FROM t.broken@v1", "--format", "json")) == [{"n": 200}]


def test_an_unknown_action_is_skipped(weir, table):
    with entry(table, 2).open("a") as file:
        file.write('{"somethingNew": {"a": 1}}\n')
    assert len(rows_of(weir.read("t.broken"))[1]) == 300


@pytest.mark.parametrize("break_file", [
    lambda file: file.unlink(),
    lambda file: file.write_bytes(b""),
    lambda file: file.write_bytes(file.read_bytes()[:-20]),
    lambda file: file.write_bytes(b"x" * file.stat().st_size),
], ids=["missing", "empty", "cut off", "overwritten"])
def test_a_broken_data_file_is_named(weir, table, break_file):
    name = json.loads(entry(table, 1).read_text().split('"add":')[1].split("\n")[0][:-1])["path"]
    break_file(table / name)
    assert name in weir.refuses("sql", "SELECT sum(id) FROM t.broken")
    problems = weir.try_run("table", "check", "t.broken")
    assert problems.returncode == 1 and name in problems.stdout + problems.stderr


@pytest.mark.parametrize("break_file", [
    lambda file: file.write_bytes(b""),
    lambda file: file.write_bytes(file.read_bytes()[:-20]),
    lambda file: file.write_bytes(b"x" * file.stat().st_size),
], ids=["empty", "cut off", "overwritten"])
def test_a_broken_checkpoint_is_named(weir, eleven_versions, break_file):
    table = copy_of(eleven_versions, weir)
    checkpoint, = (table / "_delta_log").glob("*.checkpoint.parquet")
    break_file(checkpoint)
    for version in range(10):
        entry(table, version).unlink()
    assert checkpoint.name in weir.refuses("sql", "SELECT count(*) FROM t.broken")


def test_a_broken_pointer_to_the_checkpoint_harms_nobody(weir, eleven_versions):
    table = copy_of(eleven_versions, weir)
    (table / "_delta_log" / "_last_checkpoint").write_text("{broken")
    assert len(rows_of(weir.read("t.broken"))[1]) == 11


def test_a_folder_that_is_no_table_is_named(weir):
    (weir.folder / "nothing").mkdir()
    assert "nothing" in weir.refuses("sql", f"SELECT * FROM '{weir.folder / 'nothing'}'")
