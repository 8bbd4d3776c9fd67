#!/usr/bin/env python3
"""Files of the Batch Segment Service, read back by fastavro and by a text parser of the tests' own: random users, segments
and separators come out as they went in; sizes and limits hold; whatever the format can't say is refused by its message.
`encoders_test.py` with XANDR_ENCODE naming the program that encodes."""
import json
import os
import pathlib
import random
import string
import subprocess
import sys
import tempfile

import fastavro

from xandr_parsers import DOMAINS, EMPTY, read_avro, read_text

SEED = int(os.environ.get("WEIR_TEST_SEED") or random.randrange(1 << 30))
ROUNDS = int(os.environ.get("WEIR_TEST_ROUNDS") or 40)
SCHEMA = pathlib.Path(__file__).resolve().parents[3] / "shared/data/xandr-lld-schema/bss_xandr_schema.avsc"
SEPARATORS = "".join(c for c in string.punctuation if c not in "[](){}$\\/|?*+-")
LATIN = string.ascii_lowercase + "äöüÿñ¡ "
OPTIONS = {"name": "xandr-7", "encoding": "avro", "fields": "SEG_ID,EXPIRATION,VALUE,TIMESTAMP", "separators": ",;:#^",
           "bytes_of_file": 200_000_000, "segments_of_line": 1800}


def encode(folder, users, **options):
    lines = [{**OPTIONS, **options, "folder": str(folder)}, *users]
    return subprocess.run([os.environ["XANDR_ENCODE"]], input="\n".join(map(json.dumps, lines)) + "\n", capture_output=True,
                          text=True, timeout=120)


def encoded(folder, users, **options):
    done = encode(folder, users, **options)
    assert done.returncode == 0, done
    found = json.loads(done.stdout)
    for file in found["files"]:
        assert (folder / file["name"]).stat().st_size == file["bytes"]
    return found


def text_of(uid):
    """What files are sorted by."""
    if isinstance(uid, str):
        return uid
    (kind, of), = uid.items()
    return {"device_id": lambda: f"{of['id']} ({of['domain']})", "eid": lambda: f"{of['id']} (eid of {of['source']})",
            "ifa": lambda: f"{of['id']} (ifa {of['type']})", "hem": lambda: f"{of['hex_encoded']} (hashed mail)",
            "external_id": lambda: f"{of['id']} (of member {of['member_id']})",
            "xfa": lambda: f"{of['ip']} (xfa {of['device_make_id']}.{of['device_model_id']})",
            "aes_encrypted": lambda: f"{bytes(of['ciphertext']).hex()} (encrypted, key {of['key_id']})"}[kind]()


def random_uid(source, avro):
    word = lambda: "".join(source.choices(string.ascii_lowercase + string.digits + "-", k=source.randint(1, 36)))
    kinds = ["number", "device_id"] + (["eid", "ifa", "xfa", "external_id", "aes_encrypted", "hem"] if avro else [])
    kind = source.choice(kinds)
    small = lambda: source.choice((0, 1, source.randrange(1 << 31)))
    if kind == "number":
        return str(source.choice((1, source.randrange(1, 1 << 63), (1 << 63) - 1 if avro else (1 << 64) - 1)))
    return {kind: {"device_id": lambda: {"id": word(), "domain": source.choice(list(DOMAINS.values()))},
                   "eid": lambda: {"source": word(), "id": word()}, "ifa": lambda: {"id": word(), "type": word()},
                   "xfa": lambda: {"device_model_id": small(), "device_make_id": small(), "ip": source.choice(("", "192.0.2.7"))},
                   "external_id": lambda: {"id": word(), "member_id": small()}, "hem": lambda: {"hex_encoded": word()},
                   "aes_encrypted": lambda: {"ciphertext": list(source.randbytes(16)), "iv": list(source.randbytes(16)),
                                             "key_id": small(), "set_name": source.choice((None, "aaid"))}}[kind]()}


def random_segment(source, fields, letters):
    coded = "SEG_CODE" in fields
    number = lambda most: source.choice((0, 1, most, source.randrange(most)))
    return {"id": 0 if coded else 1 + source.randrange(source.choice((20, (1 << 31) - 1))),
            "code": "".join(source.choices(letters, k=source.randint(1, 12))) if coded else "",
            "member_id": 1 + number((1 << 31) - 2) if coded else 0,
            "expiration": source.choice((-1, 0, 1, 1440, 259200)) if "EXPIRATION" in fields else source.choice((0, 0, -1)),
            "timestamp": source.choice((0, 1, 1767657600, 99_999_999_999)) if "TIMESTAMP" in fields else 0,
            "value": number((1 << 31) - 1) if "VALUE" in fields else 0}


def random_users(source, fields, letters, avro):
    users = {}
    for _ in range(source.choice((0, 1, 30))):
        uid = random_uid(source, avro)
        segments = [random_segment(source, fields, letters) for _ in range(source.choice((1, 2, 40)))]
        segments += [dict(source.choice(segments)) for _ in range(source.choice((0, 3)))]  # some twice
        users[text_of(uid)] = {"uid": uid, "segments": segments}
    return [user for _, user in sorted(users.items(), key=lambda pair: pair[0].encode())]


def each_once(segments):
    """The newest of each, of equal ones the last."""
    found = {}
    for segment in segments:
        key = (segment["id"], segment["member_id"], segment["code"])
        if key not in found or segment["timestamp"] >= found[key]["timestamp"]:
            found[key] = segment
    return found


def as_read(uid):
    if isinstance(uid, str):
        return int(uid)
    (kind, of), = uid.items()
    return (kind, *(bytes(value) if isinstance(value, list) else value for value in of.values()))


def check(users, read):
    """`read`: lines in the order of the files; a user's lines follow each other."""
    found = []
    for uid, segments in read:
        if found and found[-1][0] == uid:
            found[-1][1].extend(segments)
        else:
            found.append((uid, list(segments)))
    assert [uid for uid, _ in found] == [as_read(user["uid"]) for user in users], "users are missing, or not sorted"
    for user, (_, segments) in zip(users, found):
        wanted = each_once(user["segments"])
        keys = [(each["id"], each["member_id"], each["code"]) for each in segments]
        assert len(keys) == len(set(keys)), "a segment stands twice"
        assert dict(zip(keys, segments)) == wanted, (user, segments)


def avro_round(folder, source):
    fields = [source.choice(("SEG_ID", "SEG_CODE")), "EXPIRATION", "TIMESTAMP", "VALUE"]
    users = random_users(source, fields, LATIN + "☃", avro=True)
    found = encoded(folder, users)
    check(users, [line for file in found["files"] for line in read_avro(folder / file["name"])])


def text_round(folder, source):
    picked = source.sample(SEPARATORS, 5)
    if source.random() < 0.3:
        picked[2] = picked[0]
    separators = "".join(picked)
    fields = [source.choice(("SEG_ID", "SEG_CODE"))] + source.sample(["EXPIRATION", "TIMESTAMP", "VALUE"], source.randint(0, 3))
    fields += ["MEMBER_ID"] if fields[0] == "SEG_CODE" else source.choice(([], ["MEMBER_ID"]))
    source.shuffle(fields)
    users = random_users(source, fields, LATIN, avro=False)
    most = source.choice((1, 7, 1800))
    found = encoded(folder, users, encoding="text", fields=", ".join(fields), separators=separators, segments_of_line=most)
    lines = [line for file in found["files"] for line in read_text(folder / file["name"], fields, separators)]
    assert all(len(segments) <= most for _, segments in lines)
    check(users, lines)


def rounds(folder):
    for number in range(ROUNDS):
        for work in (avro_round, text_round):
            part = folder / f"{number}-{work.__name__}"
            part.mkdir()
            work(part, random.Random(f"{SEED}-{part.name}"))
    print(f"{ROUNDS} rounds of each format came back as they went in")


def sizes(folder):
    """Files are nearly as large as they may be, and never larger; users stay sorted from file to file."""
    source = random.Random(SEED)
    fields = ["SEG_ID", "EXPIRATION", "VALUE", "TIMESTAMP"]
    numbers = sorted({str(source.randrange(1, 1 << 63)) for _ in range(5000)})
    users = [{"uid": number, "segments": [random_segment(source, fields, LATIN) for _ in range(20)]} for number in numbers]
    for encoding, read in (("avro", read_avro), ("text", lambda path: read_text(path, fields, ",;:#^"))):
        found = encoded(folder, users, encoding=encoding, bytes_of_file=200_000)["files"]
        assert len(found) > 2, found
        assert all(150_000 <= file["bytes"] <= 200_000 for file in found[:-1]) and found[-1]["bytes"] <= 200_000, found
        check(users, [line for file in found for line in read(folder / file["name"])])
        print(f"{encoding}: {[file['bytes'] for file in found]} bytes")


def schema(folder):
    """The schema in a file is the published one, apart from its texts."""
    file = encoded(folder, [])["files"][0]
    with open(folder / file["name"], "rb") as stream:
        found = fastavro.schema.parse_schema(fastavro.reader(stream).writer_schema)
    wanted = fastavro.schema.parse_schema(json.loads(SCHEMA.read_text()) if SCHEMA.exists() else found)
    canonical = fastavro.schema.to_parsing_canonical_form
    assert canonical(found) == canonical(wanted)


def user(segment=None, uid="12345", segments=None):
    return {"uid": uid, "segments": segments if segments is not None else [{**EMPTY, "id": 100, **(segment or {})}]}


def text_lines(folder, users, **options):
    import gzip
    found = encoded(folder, users, encoding="text", **options)
    return "".join(gzip.open(folder / file["name"], "rt", encoding="latin-1").read() for file in found["files"])


def examples(folder):
    """Those of the specification, letter by letter."""
    pair = lambda **more: [{**EMPTY, "id": 100, **more}, {**EMPTY, "id": 101, **more}]
    for wanted, segments, options in (
            ("12345:100;101\n", pair(), {"fields": "SEG_ID"}),
            ("12345:#100;101\n", pair(expiration=-1), {"fields": "SEG_ID"}),
            ("12345:100:1440:123:0;101:1440:123:0\n", pair(expiration=1440, value=123), {"fields": "SEG_ID,EXPIRATION,VALUE,TIMESTAMP"}),
            ("12345:400:car_like;500:bike_like\n", [{**EMPTY, "code": "car_like", "member_id": 400},
                                                    {**EMPTY, "code": "bike_like", "member_id": 500}], {"fields": "MEMBER_ID,SEG_CODE"})):
        found = text_lines(folder, [user(segments=segments)], separators=":;:#^", **options)
        assert found == wanted, (found, wanted)
    found = text_lines(folder, [user(uid="12345678900987654321", segments=[
        {**EMPTY, "id": number, "expiration": minutes} for number, minutes in ((10000, 1440), (10001, 1440), (10002, -1), (10003, -1))])],
        fields="SEG_ID,EXPIRATION")
    assert found == "12345678900987654321,10000:1440;10001:1440;10002:-1;10003:-1\n", found
    device = {"device_id": {"id": "958cba26-f338-43f3-8bb0-ed821582daae", "domain": "aaid"}}
    assert text_lines(folder, [user(uid=device)], fields="SEG_ID") == "958cba26-f338-43f3-8bb0-ed821582daae,100^8\n"
    assert text_lines(folder, [user({"timestamp": 1767657600000}), user(uid="6")], fields="SEG_ID,TIMESTAMP") == "6,100:0\n"


ERRORS = (  # what is given, how the message begins
    ({"fields": "EXPIRATION"}, user(), "fields: neither SEG_ID nor SEG_CODE is among them; one of both is needed"),
    ({"fields": "SEG_ID,SEG_CODE,MEMBER_ID"}, user(), "fields: SEG_ID and SEG_CODE are among them; one of both is allowed"),
    ({"fields": "SEG_CODE"}, user(), "fields: SEG_CODE is among them without MEMBER_ID; a code needs its member"),
    ({"fields": "SEG_ID,SEG_ID"}, user(), "fields: SEG_ID stands twice"),
    ({"fields": "SEG_ID,EXPIRY"}, user(), "fields: unknown field 'EXPIRY'; allowed: SEG_ID, SEG_CODE"),
    ({"separators": ",;,;^"}, user(), "separators ',;,;^': ';' stands twice; only the first and the third may be equal"),
    ({"separators": ",,:"}, user(), "separators ',,:': ',' stands twice"),
    ({"separators": ",;"}, user(), "separators ',;': three to five characters are allowed"),
    ({"separators": ",;:#^!"}, user(), "separators ',;:#^!': three to five characters are allowed"),
    *(({"separators": f",;{bad}#^"}, user(), f"separators ',;{bad}#^': '{bad}' isn't allowed") for bad in "[](){}$\\/|?*+- 0"),
    ({"segments_of_line": 1801}, user(), "segments of a line are 1801; 1 to 1800 are allowed"),
    ({"bytes_of_file": 500_000_001}, user(), "a file of 500000001 bytes: 1 to 500000000 are allowed"),
    ({}, user({"id": 0}), "user 12345: a segment has neither an id nor a code"),
    ({}, user({"id": 0, "expiration": -1}), "user 12345: a segment has neither an id nor a code"),
    ({"fields": "SEG_CODE,MEMBER_ID"}, user({"member_id": 7}), "user 12345: the code of segment 100 is empty, and SEG_CODE"),
    ({}, user({"id": 0, "code": "car", "member_id": 7}), "user 12345: segment 'car' has the id 0, and SEG_ID"),
    ({}, user({"code": "car", "member_id": 7}), "user 12345: segment 100 has the code 'car', too; one of both is allowed"),
    ({"fields": "SEG_CODE,MEMBER_ID"}, user({"id": 0, "code": "car"}), "user 12345: segment 'car' has no member_id"),
    ({}, user({"id": -5}), "user 12345: the id of a segment is -5; 0 to 2147483647 are allowed"),
    ({}, user({"id": 1 << 31}), "user 12345: the id of a segment is 2147483648; 0 to 2147483647 are allowed"),
    ({}, user({"expiration": -2}), "user 12345: expiration is -2; -1 to 259200 are allowed"),
    ({}, user({"expiration": 259201}), "user 12345: expiration is 259201; -1 to 259200 are allowed"),
    ({}, user({"value": -1}), "user 12345: value is -1; 0 to 2147483647 are allowed"),
    ({}, user({"value": 1 << 31}), "user 12345: value is 2147483648; 0 to 2147483647 are allowed"),
    ({}, user({"timestamp": -1}), "user 12345: timestamp is -1; 0 to 9223372036854775807 are allowed"),
    ({}, user(segments=[]), "user 12345: it has no segments; at least one is needed"),
    ({}, user(uid="0"), "user '0': a number from 1 to 18446744073709551615 is allowed"),
    ({}, user(uid="a1"), "user 'a1': a number from 1 to 18446744073709551615 is allowed"),
    ({}, user(uid={"device_id": {"id": "", "domain": "idfa"}}), "user ' (idfa)': its id is empty or 0"),
    ({}, user(uid={"device_id": {"id": "a", "domain": "idfb"}}), "unknown domain 'idfb'; allowed: idfa, sha1udid, md5udid, openudid, "
                                                                 "aaid, windowsadid, rida; did you mean 'idfa'?"),
    ({}, user(uid={"device_id": {"id": "a;b", "domain": "idfa"}}), "user a;b (idfa): 'a;b' holds ';'"),
    ({}, user(uid={"hem": {"hex_encoded": "ab"}}), "user ab (hashed mail): text files have Xandr's own numbers and ids of devices"),
    ({"separators": ",;:#"}, user(uid={"device_id": {"id": "a", "domain": "idfa"}}), "user a (idfa): separators ',;:#' have no fifth one"),
    ({"separators": ",;:", "fields": "SEG_ID"}, user({"expiration": -1}), "user 12345: a removal needs the field EXPIRATION, or a fourth"),
    ({"fields": "SEG_CODE,MEMBER_ID"}, user({"id": 0, "code": "☃", "member_id": 7}), "'☃' has letters that Latin-1 lacks"),
    ({"fields": "SEG_CODE,MEMBER_ID"}, user({"id": 0, "code": "a\nb", "member_id": 7}), "user 12345: 'a\nb' holds '\n'"),
    ({"encoding": "avro"}, user({"expiration": -3}), "user 12345: expiration is -3; -2 to 259200 are allowed"),
    ({"encoding": "avro"}, user(uid=str(1 << 63)), "user 9223372036854775808: Avro has numbers up to 9223372036854775807"),
)


def errors(folder):
    for options, given, wanted in ERRORS:
        done = encode(folder, [given], **{"encoding": "text", **options})
        assert done.returncode == 1 and done.stderr.startswith(wanted), (options, given, done, wanted)
    for users in ([user(uid="2"), user(uid="1")], [user(), user()]):
        done = encode(folder, users)
        assert done.returncode == 1 and "users must be sorted, each once" in done.stderr, done
    print(f"{len(ERRORS)} faults are refused, each by its message")


if __name__ == "__main__":
    print(f"WEIR_TEST_SEED={SEED}", flush=True)
    with tempfile.TemporaryDirectory(prefix="weir-xandr-") as temporary:
        for test in (schema, examples, errors, sizes, rounds):
            part = pathlib.Path(temporary) / test.__name__
            part.mkdir()
            test(part)
    sys.exit()
