"""What `weir sql` prints, read by Python's own csv and json modules."""
import csv
import datetime
import decimal
import io
import json
import math

import pytest

import all_types
from short_run import short

pytestmark = short

AWKWARD = ["", "plain", "a,b", 'say "so"', "two\nlines", "carriage\rreturn", "\r\n", " spaces ", "tab\t", "Grüße 世界 🎈",
           "'", "\\", "\\n", "NULL", "null", "\x01\x1f", "\x7f", None]


def literal(value):
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


def rows_as_csv(weir, sql):
    # Without newline="" the reader would not see line breaks within fields as they are.
    return list(csv.reader(io.StringIO(weir.run("sql", sql, "--format", "csv"), newline=""), strict=True))


def rows_as_json(weir, sql):
    return json.loads(weir.run("sql", sql, "--format", "json"), parse_float=decimal.Decimal)


AWKWARD_SQL = "SELECT * FROM (VALUES " + ", ".join(f"({i}, {literal(value)})" for i, value in enumerate(AWKWARD)) + \
              ") t(id, \"the, \"\"text\"\"\") ORDER BY id"


def test_csv_keeps_every_text(module_weir):
    header, *rows = rows_as_csv(module_weir, AWKWARD_SQL)
    assert header == ["id", 'the, "text"']
    assert [row[1] for row in rows] == ["" if value is None else value for value in AWKWARD]


def test_json_keeps_every_text(module_weir):
    rows = rows_as_json(module_weir, AWKWARD_SQL)
    assert [row['the, "text"'] for row in rows] == AWKWARD


def test_no_rows_are_a_header_or_an_empty_list(module_weir):
    assert rows_as_csv(module_weir, "SELECT 1 AS a, 2 AS b WHERE false") == [["a", "b"]]
    assert rows_as_json(module_weir, "SELECT 1 AS a WHERE false") == []


@pytest.fixture(scope="module")
def all_types_table(module_weir):
    module_weir.write("t.all_types", all_types.ALL)
    return "t.all_types"


EXACT = [name for name in all_types.PRIMITIVES if name not in ("float", "double", "binary", "timestamp", "boolean")]


@pytest.mark.parametrize("name", EXACT)
def test_values_of_exact_types_are_the_same(module_weir, all_types_table, name):
    wanted = dict(zip(all_types.ALL.column("id").to_pylist(), all_types.ALL.column(name).to_pylist()))
    sql = f"SELECT id, {name} FROM {all_types_table}"
    from_csv = {int(key): text for key, text in rows_as_csv(module_weir, sql)[1:]}
    assert from_csv == {key: "" if value is None else text_of(value) for key, value in wanted.items()}
    for row in rows_as_json(module_weir, sql):
        value = wanted[row["id"]]
        found = row[name]
        if isinstance(value, datetime.date):
            value = value.isoformat()
        elif isinstance(value, decimal.Decimal):
            found = decimal.Decimal(found)
        assert found == value


def text_of(value):
    return f"{value:f}" if isinstance(value, decimal.Decimal) else str(value)


def test_booleans(module_weir):
    sql = "SELECT true AS yes, false AS no, NULL::BOOLEAN AS unknown"
    assert rows_as_csv(module_weir, sql)[1] == ["true", "false", ""]
    assert rows_as_json(module_weir, sql) == [{"yes": True, "no": False, "unknown": None}]


@pytest.mark.parametrize("name", ["float", "double"])
def test_floating_numbers_come_back_the_same(module_weir, all_types_table, name):
    wanted = dict(zip(all_types.ALL.column("id").to_pylist(), all_types.ALL.column(name).to_pylist()))
    for key, text in rows_as_csv(module_weir, f"SELECT id, {name} FROM {all_types_table}")[1:]:
        value = wanted[int(key)]
        assert same_number(None if text == "" else float(text), value, name), (key, text, value)
    text = module_weir.run("sql", f"SELECT id, {name} FROM {all_types_table}", "--format", "json")

    def no_constant(constant):
        raise AssertionError(f"{constant} is no JSON")

    for row in json.loads(text, parse_constant=no_constant):
        found = float(row[name]) if isinstance(row[name], str) else row[name]
        assert same_number(found, wanted[row["id"]], name), row


def same_number(found, wanted, name):
    if wanted is None or found is None:
        return found is wanted
    if math.isnan(wanted):
        return math.isnan(found)
    if name == "float":
        import numpy

        found = float(numpy.float32(found))
    return found == wanted and math.copysign(1, found) == math.copysign(1, wanted)


def test_timestamps_are_iso_8601_in_utc(module_weir, all_types_table):
    wanted = dict(zip(all_types.ALL.column("id").to_pylist(), all_types.ALL.column("timestamp").to_pylist()))
    sql = f"SELECT id, timestamp FROM {all_types_table}"
    texts = {int(key): text or None for key, text in rows_as_csv(module_weir, sql)[1:]}
    assert texts == {row["id"]: row["timestamp"] for row in rows_as_json(module_weir, sql)}
    for key, text in texts.items():
        if text is not None:
            assert text.endswith("Z") and "T" in text
            text = datetime.datetime.fromisoformat(text)
        assert text == (None if wanted[key] is None else wanted[key].astimezone(datetime.timezone.utc)), key


def test_nested_values_are_json(module_weir):
    sql = "SELECT [1, NULL] AS list, MAP {'a': 1, 'b': NULL} AS map, {'x': 'say \"so\"', 'y': [{'z': DATE '2026-01-31'}]} AS struct"
    wanted = {"list": [1, None], "map": {"a": 1, "b": None}, "struct": {"x": 'say "so"', "y": [{"z": "2026-01-31"}]}}
    assert rows_as_json(module_weir, sql) == [wanted]
    header, row = rows_as_csv(module_weir, sql)
    assert dict(zip(header, map(json.loads, row))) == wanted


def test_a_long_result_is_whole(module_weir):
    sql = "SELECT i, 'text ' || i AS text FROM range(100000) rows(i) ORDER BY i"
    assert rows_as_csv(module_weir, sql)[1:] == [[str(i), f"text {i}"] for i in range(100_000)]
    assert rows_as_json(module_weir, sql) == [{"i": i, "text": f"text {i}"} for i in range(100_000)]
