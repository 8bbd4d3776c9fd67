"""Rows of random values, written as CSV and JSON by weir and by Python, come back from `weir table import` as they were."""
import csv
import datetime
import decimal
import json
import math
import os
import random
import struct

import pyarrow
import pytest

from short_run import short

pytestmark = short

ROUNDS = 25 if os.environ.get("WEIR_TEST_LONG") == "1" else 2
ROWS = 300
SEED = int(os.environ.get("WEIR_TEST_SEED", random.SystemRandom().randrange(2**32)))

PIECES = ["#", ";", "'", '"', ",", "\n", "\r\n", "\r", "\t", "|", " ", "\\", "0", "007", "1.50", "ä", "世", "🎈", "NULL", "null",
          "nan", "true", "2026-01-02", "{", "}", "[1]", "x", "y", "\x01", "\x7f", "--", "//"]

SCHEMA = pyarrow.schema([
    ("id", pyarrow.int64()), ("text", pyarrow.string()), ("word", pyarrow.string()), ("flag", pyarrow.bool_()),
    ("tiny", pyarrow.int8()), ("whole", pyarrow.int64()), ("single", pyarrow.float32()), ("real", pyarrow.float64()),
    ("price", pyarrow.decimal128(20, 4)), ("large", pyarrow.decimal128(38, 10)), ("day", pyarrow.date32()),
    ("moment", pyarrow.timestamp("us", "UTC")), ("tags", pyarrow.list_(pyarrow.string())),
    ("place", pyarrow.struct([("name", pyarrow.string()), ("seen", pyarrow.date32()), ("cost", pyarrow.decimal128(9, 2))])),
    ("counts", pyarrow.map_(pyarrow.string(), pyarrow.int64()))])


class Values:
    """Makes rows; `empty_texts`: whether '' is among the texts."""

    def __init__(self, seed, empty_texts=True):
        print(f"WEIR_TEST_SEED={seed}")
        self.random = random.Random(seed)
        self.empty_texts = empty_texts

    def text(self):
        least = 0 if self.empty_texts else 1
        return "".join(self.random.choice(PIECES) for _ in range(self.random.randint(least, 5)))

    def decimal(self, digits, scale):
        return decimal.Decimal(self.random.randint(-10**digits + 1, 10**digits - 1)).scaleb(-scale, decimal.Context(prec=60))

    def double(self):
        odd = [0.0, -0.0, 1e300, -1.5, 5e-324, 2.0**53, math.inf, -math.inf, 0.1]
        return self.random.choice(odd) if self.random.random() < .3 else self.random.uniform(-1, 1) * 10**self.random.randint(-20, 20)

    def float(self):
        number = max(-3e38, min(3e38, self.double()))
        return struct.unpack("f", struct.pack("f", number))[0]

    def day(self):
        return datetime.date.fromordinal(self.random.randint(1, datetime.date.max.toordinal()))

    def moment(self):
        micros = self.random.randint(-60_000_000_000_000_000, 250_000_000_000_000_000)
        micros -= self.random.choice([0, micros % 1000, micros % 1_000_000])
        return datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(microseconds=micros)

    def row(self, number):
        pick = self.random
        row = {
            "text": self.text(), "word": pick.choice(["ann", "bob"]), "flag": pick.random() < .5, "tiny": pick.randint(-128, 127),
            "whole": pick.choice([-2**63, 2**63 - 1, pick.randint(-10**18, 10**18), 0]), "single": self.float(),
            "real": self.double(), "price": self.decimal(20, 4), "large": self.decimal(38, 10), "day": self.day(),
            "moment": self.moment(), "tags": [self.text() if pick.random() < .9 else None for _ in range(pick.randint(0, 3))],
            "place": {"name": self.text(), "seen": self.day(), "cost": self.decimal(9, 2)},
            "counts": [(f"{self.text()}{i}", pick.randint(-2**63, 2**63 - 1)) for i in range(pick.randint(0, 2))]}
        row = {name: None if pick.random() < .15 else value for name, value in row.items()}
        return {"id": number, **row}

    def table(self):
        return pyarrow.Table.from_pylist([self.row(number) for number in range(ROWS)], schema=SCHEMA)


def same(found, wanted):
    """Row by row as Python sees them, so that a difference shows; -0.0 is 0.0."""
    found = found.select(wanted.column_names).sort_by("id").to_pylist()
    for one, other in zip(found, wanted.to_pylist(), strict=True):
        assert one == other


def reimport(weir, table, file, schema=SCHEMA):
    weir.write(table, schema.empty_table())
    weir.run("table", "import", table, "--from", file)
    return weir.read(table)


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_what_weir_prints_as_csv_comes_back(module_weir, round_):
    rows = Values(SEED + round_).table()
    module_weir.write(f"t.csv_{round_}", rows)
    file = module_weir.new_file("csv")
    file.write_bytes(module_weir.run("sql", f"FROM t.csv_{round_} ORDER BY id", "--format", "csv").encode())
    same(reimport(module_weir, f"t.csv_again_{round_}", file), rows)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL], ids=["minimal", "all"])
def test_what_python_writes_as_csv_comes_back(module_weir, quoting, line_end):
    """Python writes null and '' alike; with quotes around all, null would be '' of a text, so there is neither."""
    plain = pyarrow.schema([SCHEMA.field(i) for i in range(12)])
    rows = Values(SEED, empty_texts=False).table().select(plain.names)
    if quoting == csv.QUOTE_ALL:
        rows = pyarrow.Table.from_pylist(
            [{**row, "text": row["text"] or "-", "word": row["word"] or "-"} for row in rows.to_pylist()], schema=plain)
    elif line_end == "\n":  # Python puts no quotes around '\r' then, which is no CSV by RFC 4180
        rows = pyarrow.Table.from_pylist(
            [{**row, "text": (row["text"] or "").replace("\r", "") or None} for row in rows.to_pylist()], schema=plain)
    file = module_weir.new_file("csv")
    with open(file, "w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, quoting=quoting, lineterminator=line_end)
        writer.writerow(plain.names)
        writer.writerows(row.values() for row in rows.to_pylist())
    name = f"t.python_{'all' if quoting == csv.QUOTE_ALL else 'minimal'}_{len(line_end)}"
    same(reimport(module_weir, name, file, plain), rows)


def as_json(row):
    """JSON has no decimals, days, moments, infinities: numbers of so many digits go as whole ones, the rest as texts."""
    row = {**row, "counts": None if row["counts"] is None else dict(row["counts"])}
    return {name: value for name, value in row.items() if name not in ("price", "large") and value is not None}


def json_value(value):
    if isinstance(value, decimal.Decimal):
        return float(value)
    return value.isoformat()


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_what_python_writes_as_json_comes_back(module_weir, round_):
    rows = Values(SEED + round_).table()
    file = module_weir.new_file("ndjson")
    with open(file, "w", encoding="utf-8") as out:
        for row in rows.to_pylist():
            row = {name: "Infinity" if value == math.inf else "-Infinity" if value == -math.inf else value
                   for name, value in row.items()}
            out.write(json.dumps(as_json(row), default=json_value, allow_nan=False, ensure_ascii=row["flag"] is True) + "\n")
    found = reimport(module_weir, f"t.json_{round_}", file)
    same(found.drop_columns(["price", "large"]), rows.drop_columns(["price", "large"]))


def test_a_new_table_loses_no_digit_of_a_text(module_weir):
    """Columns of texts that look like numbers here and there: whatever type they get, the text is the value's own."""
    values = Values(SEED, empty_texts=False)
    for number in range(ROUNDS):
        texts = [values.random.choice(["007", "1", "12345678901234567", "+49", "1e5", "x", "0"]) for _ in range(20)]
        texts += ["2", "30"] * 10
        if number % 2 == 0:
            texts = [text for text in texts if text.isdigit() and not text.startswith("0")]
        file = module_weir.new_file("csv")
        file.write_text("id,v\n" + "".join(f"{i},{text}\n" for i, text in enumerate(texts)))
        module_weir.run("table", "import", f"t.new_{number}", "--from", file)
        found = module_weir.read(f"t.new_{number}").sort_by("id").column("v").to_pylist()
        assert [str(value) for value in found] == texts


@pytest.mark.parametrize("columns", [["s"], ["s", "t"]], ids=["one", "two"])
def test_nothing_in_small_files_is_taken_for_another_form(module_weir, columns):
    """A few lines, in which a reader that guesses sees comments, other delimiters and other quotes; '-' stands for null,
    which Python's reader doesn't know."""
    values = Values(SEED, empty_texts=False)
    values.random.seed(SEED + len(columns))
    schema = pyarrow.schema([(name, pyarrow.string()) for name in columns])
    wanted, files = [], []
    for _ in range(30 * ROUNDS):
        piece = values.random.choice(["#", ";", "'", "|", "\t", ":", " "])
        rows = [[f"{values.random.choice(['', piece])}{values.text()}{values.random.choice(['', piece])}" for _ in columns]
                for _ in range(values.random.randint(1, 4))]
        file = module_weir.new_file("csv")
        with open(file, "w", newline="", encoding="utf-8") as out:
            csv.writer(out).writerows([columns, *rows])
        files.append(file)
        with open(file, newline="", encoding="utf-8") as out:
            wanted += list(csv.reader(out, strict=True))[1:]
    name = f"t.small_{len(columns)}"
    module_weir.write(name, schema.empty_table())
    module_weir.run("table", "import", name, "--from", *files)
    found = [list(row.values()) for row in module_weir.read(name).to_pylist()]
    assert sorted(found) == sorted(wanted)
