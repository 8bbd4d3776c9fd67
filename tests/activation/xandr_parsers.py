"""Batch Segment Service files as the specification (formats.md §2) has them, read by code of the tests' own: legacy text by
this parser, Avro by fastavro. Both give [(uid, [segment])]; a segment is a dict as in Avro."""
import gzip

DOMAINS = {3: "idfa", 4: "sha1udid", 5: "md5udid", 7: "openudid", 8: "aaid", 9: "windowsadid", 10: "rida"}
EMPTY = {"id": 0, "code": "", "member_id": 0, "expiration": 0, "timestamp": 0, "value": 0}
NAMES = {"SEG_ID": "id", "SEG_CODE": "code", "EXPIRATION": "expiration", "TIMESTAMP": "timestamp", "VALUE": "value",
         "MEMBER_ID": "member_id"}
MOST_SEGMENTS = 1800


class BadLine(Exception):
    pass


def parse_line(line, fields, separators):
    """`line` without its end. (uid, segments), a removal being a segment with expiration -1."""
    first, second, third = separators[:3]
    fourth, fifth = (separators + "\0\0")[3:5] if len(separators) < 5 else separators[3:5]
    domain = None
    if fifth in line:
        line, number = line.rsplit(fifth, 1)
        if not number.isdigit() or int(number) not in DOMAINS:
            raise BadLine(f"unknown domain {number}")
        domain = DOMAINS[int(number)]
    uid, found, rest = line.partition(first)
    if not uid or not found or not rest:
        raise BadLine("no user or no segments")
    if domain is None:
        if not uid.isdigit() or int(uid) == 0:
            raise BadLine(f"user {uid} is no number")
        uid = int(uid)
    else:
        uid = ("device_id", uid, domain)
    added, _, removed = rest.partition(fourth)
    segments = [parse_segment(part, fields, third) for part in added.split(second) if added]
    for part in removed.split(second) if removed else []:
        segments.append({**parse_segment(part, fields, third), "expiration": -1})
    if not 1 <= len(segments) <= MOST_SEGMENTS:
        raise BadLine(f"{len(segments)} segments")
    return uid, segments


def parse_segment(text, fields, separator):
    parts = text.split(separator)
    if len(parts) != len(fields):
        raise BadLine(f"{len(parts)} fields for {len(fields)}")
    segment = dict(EMPTY)
    for name, part in zip(fields, parts):
        segment[NAMES[name]] = part if name == "SEG_CODE" else int(part)
    if not segment["id"] and not segment["code"]:
        raise BadLine("a segment without id and code")
    if not -1 <= segment["expiration"] <= 259200 or not 0 <= segment["value"] < 1 << 31 or segment["timestamp"] >= 10 ** 11:
        raise BadLine(f"out of range: {segment}")
    return segment


def read_text(path, fields, separators):
    with gzip.open(path) as file:
        text = file.read().decode("latin-1")
    assert text == "" or text.endswith("\n"), "the last line has no end"
    return [parse_line(line, fields, separators) for line in text.split("\n")[:-1]]


def read_avro(path):
    import fastavro
    with open(path, "rb") as file:
        reader = fastavro.reader(file, return_record_name=True, return_named_type_override=True)
        assert reader.codec == "deflate", reader.codec
        return [(uid_of(record["uid"]), record["segments"]) for record in reader]


def uid_of(value):
    if isinstance(value, int):
        return value
    name, record = value
    return (name, *record.values())
