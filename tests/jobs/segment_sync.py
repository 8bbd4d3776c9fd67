"""What a DSP shall have, as the specification has it, slow and obvious; and a DSP that takes the files, day by day."""
import gzip
import hashlib
import json

from xxh64 import xxh64

FILES = "warehouse/_files/segment_syncs/combined"
MINUTE = 60


def is_held(segment, person, share):
    """Never sent, so that there is somebody to compare the sent ones with."""
    return xxh64(f"{segment}:{person}".encode(), 4) < share * 2**64


def wanted_members(definitions, scores, ids_of, before, share=0):
    """Without the share that is held back: {(segment, dsp, dsp_segment_id, user): (person, value, expiration_minutes)}. `scores`: segment → people, best
    first, of segments with a model, which may have scored nobody; `ids_of`: (dsp, person) → ids."""
    wanted = {}
    for row in definitions:
        if not row["active"]:
            continue
        place = (row["segment_id"], row["dsp"], row["dsp_segment_id"])
        size = size_of(definitions, row["segment_id"])
        if row["segment_id"] not in scores:  # it keeps whom it has, of those that the mapping knows
            known = {user for (dsp, _), users in ids_of.items() if dsp == row["dsp"] for user in users}
            stay = [(key, member) for key, member in before.items()
                    if key[:3] == place and key[3] in known and not is_held(key[0], member["person"], share)]
            for key, member in sorted(stay, key=lambda each: (-each[1]["value"], each[0][3]))[:size]:
                wanted[key] = (member["person"], member["value"], row["expiration_minutes"])
            continue
        members = []
        for person in (person for person in scores[row["segment_id"]] if not is_held(row["segment_id"], person, share)):
            members += [(person, user) for user in sorted(ids_of.get((row["dsp"], person), ()))]
        members = members[:size]
        people = list(dict.fromkeys(person for person, _ in members))
        for person, user in members:
            value = 1000 * (len(people) - people.index(person)) // len(people)
            wanted[*place, user] = (person, value, row["expiration_minutes"])
    return wanted


def size_of(definitions, segment):
    """The largest of the rows that count: of those that are active, if any."""
    rows = [row for row in definitions if row["segment_id"] == segment]
    return max(row["max_size"] for row in [row for row in rows if row["active"]] or rows)


def sync(before, wanted, end):
    """The lines of a day's files, and the members after it. `end` in Unix seconds."""
    lines, after = [], {}
    for key, (person, value, minutes) in wanted.items():
        old = before.get(key)
        if old and old["until"] - end >= minutes * MINUTE / 3:
            after[key] = old
            continue
        lines.append((key, "renew" if old else "add", minutes, value))
        after[key] = {"person": person, "value": value, "since": old["since"] if old else end, "until": end + minutes * MINUTE}
    lines += [(key, "remove", 0, 0) for key in before if key not in wanted]
    return lines, after


def file_lines(lines, end):
    """As they stand in the files; two DSPs may share a line."""
    return sorted({(user, number, "remove" if what == "remove" else "add", end, minutes, value)
                   for (_, _, number, user), what, minutes, value in lines})


def holdouts(definitions, scores, ids_of, share):
    """{(segment, person)}: those held back who are no worse than the last one who is sent to one of their DSPs."""
    found = set()
    for (segment, dsp, _, _), (last, _, _) in wanted_members(definitions, scores, ids_of, {}, share).items():
        reached = scores[segment][:scores[segment].index(last)]
        found |= {(segment, person) for person in reached if is_held(segment, person, share) and ids_of.get((dsp, person))}
    return found


def sizes(definitions, scores, ids_of, before, lines, share=0):
    """segment → (wanted, scored, mapped, added, removed, renewed, kept, status)."""
    found = {}
    for segment in {row["segment_id"] for row in definitions} | {key[0] for key in before}:
        rows = [row for row in definitions if row["segment_id"] == segment]
        active = [row for row in rows if row["active"]]
        people = scores.get(segment, [])
        mapped = [sum(len(ids_of.get((row["dsp"], person), ())) for person in people if not is_held(segment, person, share))
                  for row in active]
        done = [sum(1 for key, what, _, _ in lines if key[0] == segment and what == wanted) for wanted in ("add", "remove", "renew")]
        had = sum(1 for key in before if key[0] == segment)
        if not active:
            status = "not_active"
        elif segment not in scores:
            status = "no_model"
        else:
            status = "undersized" if min(mapped) < max(row["min_size"] for row in active) else "sent"
        found[segment] = (size_of(definitions, segment) if rows else 0, len(people), sum(mapped), *done,
                          had - done[1] - done[2], status)
    return found


def folder_of(project, region, day):
    return project / FILES / day.replace("-", "/") / f"{region}.lookalikeSegments.gz"


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())} if folder.exists() else {}


def read_folder(folder):
    """The lines of a whole folder, of which all that `_SUCCESS` tells holds; each part sorted by user."""
    success = json.loads((folder / "_SUCCESS").read_text())
    assert sorted(path.name for path in folder.glob("part-*")) == [part["name"] for part in success["parts"]], folder
    lines = []
    for part in success["parts"]:
        packed = (folder / part["name"]).read_bytes()
        text = gzip.decompress(packed)
        assert part["size"] == len(packed) and part["sha256"] == hashlib.sha256(packed).hexdigest(), part
        assert part["lines"] == text.count(b"\n") and (text == b"" or text.endswith(b"\n")), part
        lines += [line.split("\t") for line in text.decode().splitlines()]
    users = [line[0].encode() for line in lines]
    assert users == sorted(users), f"{folder}: not sorted by user"
    return [(user, int(number), action, int(ts), int(minutes), int(value))
            for user, number, action, ts, minutes, value in lines]


class Dsp:
    """Takes lines as they come: who is in which of its segments, and until when."""

    def __init__(self):
        self.until = {}

    def take(self, lines):
        for user, number, action, ts, minutes, _ in lines:
            if action == "add":
                self.until[user, number] = ts + minutes * MINUTE
            else:
                self.until.pop((user, number), None)

    def at(self, time):
        return {key: until for key, until in self.until.items() if until > time}
