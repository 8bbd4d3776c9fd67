"""The fingerprint of a table, written from docs/fingerprint.md alone."""
import ctypes
import datetime
import struct

import pyarrow


class Hash128(ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]


def load_xxh3():
    """XXH3_128bits of the system's xxHash; OSError where there is none."""
    function = ctypes.CDLL("libxxhash.so.0").XXH3_128bits
    function.argtypes, function.restype = [ctypes.c_char_p, ctypes.c_size_t], Hash128
    return function


def sized(content):
    return struct.pack("<I", len(content)) + content


def signed_128(number):
    return number.to_bytes(16, "little", signed=True)


def lower_ascii(name):
    return "".join(letter.lower() if letter.isascii() else letter for letter in name)


def microseconds(value):
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    if value.tzinfo is None:
        epoch = epoch.replace(tzinfo=None)
    return (value - epoch) // datetime.timedelta(microseconds=1)


def canonical_bytes(value, kind):
    """The canonical bytes of a Python value of an Arrow type."""
    types = pyarrow.types
    if value is None:
        return b"\x00"
    if types.is_boolean(kind):
        return b"\x01" + bytes([value])
    if types.is_integer(kind):
        return b"\x02" + struct.pack("<q", value)
    if types.is_floating(kind):
        if value != value:
            return b"\x03" + bytes.fromhex("7FF8000000000000")[::-1]
        return b"\x03" + struct.pack("<d", 0.0 if value == 0 else value)
    if types.is_decimal(kind):
        sign, digits, exponent = value.as_tuple()
        unscaled = int("".join(map(str, digits))) * 10 ** (kind.scale + exponent)
        return b"\x04" + bytes([kind.scale]) + signed_128(-unscaled if sign else unscaled)
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return b"\x05" + sized(value.encode())
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_binary_view(kind):
        return b"\x06" + sized(value)
    if types.is_date(kind):
        return b"\x07" + struct.pack("<i", (value - datetime.date(1970, 1, 1)).days)
    if types.is_timestamp(kind):
        return (b"\x08" if kind.tz else b"\x09") + struct.pack("<q", microseconds(value))
    if types.is_map(kind):
        entries = [(canonical_bytes(key, kind.key_type), canonical_bytes(item, kind.item_type)) for key, item in value]
        return b"\x0b" + struct.pack("<I", len(entries)) + b"".join(key + item for key, item in sorted(entries))
    if types.is_struct(kind):
        return struct_bytes([(field.name, value[field.name], field.type) for field in kind])
    assert types.is_list(kind) or types.is_large_list(kind), kind
    return b"\x0a" + struct.pack("<I", len(value)) + b"".join(canonical_bytes(item, kind.value_type) for item in value)


def struct_bytes(fields):
    """Of (name, value, type) of each field."""
    fields = sorted((lower_ascii(name).encode(), value, kind) for name, value, kind in fields)
    return b"\x0c" + struct.pack("<I", len(fields)) + b"".join(
        sized(name) + canonical_bytes(value, kind) for name, value, kind in fields)


def fingerprint(table, without=()):
    """32 hex digits of an Arrow table's rows."""
    xxh3 = load_xxh3()
    total = 0
    columns = [(field.name, field.type, table.column(field.name).to_pylist()) for field in table.schema if field.name not in without]
    for row in range(table.num_rows):
        content = struct_bytes([(name, values[row], kind) for name, kind, values in columns])
        hashed = xxh3(content, len(content))
        total += (hashed.high << 64) + hashed.low
    return f"{total % 2 ** 128:032x}"
