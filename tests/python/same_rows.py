"""What "equal row for row" means: the same multiset of rows, by column name, every value exact."""
import collections
import struct

import pyarrow


def canonical(value):
    """A value that equals another's exactly if the two are the same: -0.0 is not 0.0, NaN is NaN."""
    if isinstance(value, float):
        return "NaN" if value != value else struct.pack(">d", value)
    if isinstance(value, dict):
        return tuple((name, canonical(value[name])) for name in sorted(value))
    if isinstance(value, list):
        return tuple(map(canonical, value))
    if isinstance(value, tuple):  # an entry of a map
        return tuple(map(canonical, value))
    return value


def canonical_column(column):
    """Values of one Arrow column; the entries of maps in the order of their keys."""
    if pyarrow.types.is_map(column.type):
        return [None if entries is None else tuple(sorted((canonical(entry) for entry in entries), key=repr))
                for entries in column.to_pylist()]
    return [canonical(value) for value in column.to_pylist()]


def rows_of(table, without=()):
    names = sorted(name for name in table.column_names if name not in without)
    columns = [canonical_column(table.column(name)) for name in names]
    return names, list(zip(*columns)) if columns else []


def type_name(arrow_type):
    """A type without how a library lays it out in memory."""
    types = pyarrow.types
    if types.is_large_string(arrow_type) or types.is_string_view(arrow_type):
        return "string"
    if types.is_large_binary(arrow_type) or types.is_binary_view(arrow_type) or types.is_fixed_size_binary(arrow_type):
        return "binary"
    if types.is_map(arrow_type):
        return f"map<{type_name(arrow_type.key_type)}, {type_name(arrow_type.item_type)}>"
    if types.is_list(arrow_type) or types.is_large_list(arrow_type) or types.is_list_view(arrow_type):
        return f"list<{type_name(arrow_type.value_type)}>"
    if types.is_struct(arrow_type):
        return "struct<" + ", ".join(f"{field.name}: {type_name(field.type)}" for field in arrow_type) + ">"
    if types.is_timestamp(arrow_type):
        return "timestamp" if arrow_type.tz else "timestamp_ntz"
    if types.is_dictionary(arrow_type):
        return type_name(arrow_type.value_type)
    return str(arrow_type)


def types_of(table):
    return {field.name: type_name(field.type) for field in table.schema}


def assert_same_rows(found, wanted, what=""):
    assert types_of(found) == types_of(wanted), what
    names, found_rows = rows_of(found)
    _, wanted_rows = rows_of(wanted)
    found_rows, wanted_rows = collections.Counter(found_rows), collections.Counter(wanted_rows)
    missing, extra = wanted_rows - found_rows, found_rows - wanted_rows
    assert not missing and not extra, (f"{what}: {missing.total()} rows missing, {extra.total()} too many; columns {names}\n"
                                       f"missing: {list(missing)[:3]}\ntoo many: {list(extra)[:3]}")
