"""Rows of every Delta type that weir writes, with the values on which formats differ."""
import datetime
import decimal
import math

import pyarrow

UTC = datetime.timezone.utc
DECIMALS = {"dec5": (5, 2), "dec18": (18, 4), "dec38": (38, 10)}

PRIMITIVES = {
    "boolean": pyarrow.bool_(), "byte": pyarrow.int8(), "short": pyarrow.int16(), "integer": pyarrow.int32(),
    "long": pyarrow.int64(), "float": pyarrow.float32(), "double": pyarrow.float64(),
    **{name: pyarrow.decimal128(*digits) for name, digits in DECIMALS.items()},
    "string": pyarrow.string(), "binary": pyarrow.binary(), "date": pyarrow.date32(),
    "timestamp": pyarrow.timestamp("us", "UTC"),
}
NESTED = {
    "integers": pyarrow.list_(pyarrow.int32()),
    "strings": pyarrow.list_(pyarrow.string()),
    "map": pyarrow.map_(pyarrow.string(), pyarrow.int64()),
    "struct": pyarrow.struct([("a", pyarrow.int32()), ("b", pyarrow.string()),
                              ("c", pyarrow.struct([("d", pyarrow.float64()), ("e", pyarrow.list_(pyarrow.date32()))]))]),
    "deep": pyarrow.list_(pyarrow.struct([("k", pyarrow.string()),
                                          ("v", pyarrow.map_(pyarrow.string(), pyarrow.list_(pyarrow.decimal128(18, 4))))])),
}
SCHEMA = pyarrow.schema([("id", pyarrow.int64()), *PRIMITIVES.items(), *NESTED.items()])


def digits(name, text):
    return decimal.Decimal(text).quantize(decimal.Decimal(1).scaleb(-DECIMALS[name][1]),
                                          context=decimal.Context(prec=40))


def largest(name):
    precision, scale = DECIMALS[name]
    return decimal.Decimal(10 ** precision - 1).scaleb(-scale, context=decimal.Context(prec=40))


def at(*parts):
    return datetime.datetime(*parts, tzinfo=UTC)


ORDINARY = {
    "boolean": [True, False], "byte": [1, -7], "short": [300, -2], "integer": [70000, -3], "long": [5_000_000_000, 0],
    "float": [1.5, -2.25], "double": [0.1, -3.7],
    "dec5": [digits("dec5", "1.25"), digits("dec5", "-3.5")],
    "dec18": [digits("dec18", "12345678.9012"), digits("dec18", "-0.0001")],
    "dec38": [digits("dec38", "1234567890123456789.0123456789"), digits("dec38", "-0.0000000001")],
    "string": ["plain", "two words"], "binary": [b"bytes", b"\x01"],
    "date": [datetime.date(2026, 1, 31), datetime.date(1999, 12, 31)],
    "timestamp": [at(2026, 1, 31, 12, 30, 15, 123456), at(2000, 2, 29, 0, 0, 0, 1)],
}
EXTREMES = {
    "boolean": [False, True], "byte": [-128, 127], "short": [-2 ** 15, 2 ** 15 - 1], "integer": [-2 ** 31, 2 ** 31 - 1],
    "long": [-2 ** 63, 2 ** 63 - 1], "float": [-3.4028234663852886e38, 1.401298464324817e-45],
    "double": [1.7976931348623157e308, 5e-324],
    **{name: [largest(name), largest(name).copy_negate()] for name in DECIMALS},
    "string": ["", "\U0010ffff" * 40], "binary": [b"", bytes(range(256))],
    "date": [datetime.date(1, 1, 1), datetime.date(9999, 12, 31)],
    "timestamp": [at(1, 1, 1), at(9999, 12, 31, 23, 59, 59, 999999)],
}
ODD = {
    "boolean": [None, True], "byte": [0, None], "short": [0, None], "integer": [None, 0], "long": [None, 1],
    "float": [math.nan, -math.inf], "double": [-0.0, math.nan],
    **{name: [digits(name, "0"), None] for name in DECIMALS},
    "string": ["Grüße, 世界 \"quoted\"\t\n,", "a" * 31 + "ü" + "b" * 40], "binary": [None, b"\xff\x00\xfe"],
    "date": [datetime.date(1582, 10, 15), datetime.date(1969, 12, 31)],
    "timestamp": [at(1969, 12, 31, 23, 59, 59, 999999), at(1900, 1, 1, 0, 0, 0, 500)],
}
INFINITE = {**{name: [None, None] for name in PRIMITIVES}, "float": [math.inf, -0.0], "double": [math.inf, -math.inf]}
NOTHING = {name: [None, None] for name in PRIMITIVES}

NESTED_ROWS = {
    "integers": [[1, None, -2 ** 31], []],
    "strings": [["", "é", None], None],
    "map": [[("b", 1), ("a", None)], []],
    "struct": [{"a": 1, "b": "x", "c": {"d": -0.0, "e": [datetime.date(2026, 1, 1), None]}},
               {"a": None, "b": "", "c": {"d": math.nan, "e": None}}],
    "deep": [[{"k": "x", "v": [("m", [decimal.Decimal("1.0001"), None]), ("", [])]}, None], [{"k": None, "v": None}]],
}
NESTED_NULLS = {name: [None, None] for name in NESTED}


def rows(first_id, primitives, nested):
    columns = {"id": [first_id, first_id + 1], **primitives, **nested}
    return pyarrow.table({name: columns[name] for name in SCHEMA.names}, schema=SCHEMA)


# What is appended one after the other, so that each becomes a file with bounds of its own.
BATCHES = [rows(0, ORDINARY, NESTED_ROWS), rows(10, EXTREMES, NESTED_NULLS), rows(20, ODD, NESTED_ROWS),
           rows(30, INFINITE, NESTED_NULLS), rows(40, NOTHING, NESTED_NULLS)]
ALL = pyarrow.concat_tables(BATCHES)

# Values of the extremes that Spark can have as partitions.
PARTITIONS = {**EXTREMES, "string": ["x y/%='", "Grüße\n"], "binary": [b"a b%", b"\\u00"]}

# Values for partitions of each type. '' isn't among the strings: as a partition it is null.
PARTITION_VALUES = {name: ORDINARY[name] + [value for value in EXTREMES[name] if value != b""] + [None] for name in PRIMITIVES}
PARTITION_VALUES["string"] = ["plain", "two words", "a/b", "50%", "%2F", "a=b", "Grüße 世界", "x:y?z#w&v+u", "'\"\\", "..", " ",
                              "__HIVE_DEFAULT_PARTITION__x", "{curly}", "line\nbreak", None]
PARTITION_VALUES["binary"] = [b"bytes", b"\x01\x02", b"a b%/=", None]
PARTITION_VALUES["float"] = [1.5, -2.25, 3.4028234663852886e38, math.inf, None]
PARTITION_VALUES["double"] = [0.1, -3.7, 1.7976931348623157e308, 5e-324, -math.inf, math.nan, None]
PARTITION_VALUES["timestamp"] = [at(2026, 1, 31, 12, 30, 15, 123456), at(1969, 12, 31, 23, 59, 59, 999999), at(2026, 1, 31), None]


def partitioned_by(name):
    """Rows with each partition value of a type, two a value."""
    values = [value for value in PARTITION_VALUES[name] for _ in range(2)]
    schema = pyarrow.schema([("id", pyarrow.int64()), ("p", PRIMITIVES[name]), ("text", pyarrow.string())])
    return pyarrow.table({"id": list(range(len(values))), "p": values, "text": [f"row {i}" for i in range(len(values))]},
                         schema=schema)


def sql_literal(name, value, timestamp_sql, text_sql):
    """A primitive value as a constant that DataFusion and Spark read alike, but for those two types."""
    if name == "boolean":
        return str(value).lower()
    if name in ("float", "double"):
        text = "NaN" if math.isnan(value) else repr(value).replace("inf", "Infinity")
        return f"CAST('{text}' AS {name})"
    if name in DECIMALS:
        return f"CAST('{value:f}' AS decimal({DECIMALS[name][0]}, {DECIMALS[name][1]}))"
    if name == "string":
        return text_sql(value)
    if name == "date":
        return f"CAST('{value.isoformat()}' AS date)"
    if name == "timestamp":
        return timestamp_sql.format(f"{value.year:04}{value.strftime('-%m-%d %H:%M:%S.%f')}Z")
    return str(value)


def delta_rs_can_write(name):
    """The rows of partitioned_by() but those that delta-rs itself can't write: it gives '-999.-99' for
    negative decimals, and folders with names longer than a file system has."""
    rows = partitioned_by(name)
    keep = [not (name in DECIMALS and value is not None and value < 0 or name in ("float", "double") and value is not None
                 and value == value and not 1e-30 < abs(value) < 1e30 and not math.isinf(value)) for value in rows.column("p").to_pylist()]
    return rows.filter(pyarrow.array(keep))
