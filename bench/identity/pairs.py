"""Pairs of ids as a day's calls show them: people of six ids of 36 characters, ten pairs each, and one pair in a thousand
that joins two people. Parquet; the same rows for the same size."""
import pathlib

import duckdb

IDS_OF_PERSON = 6
PAIRS_OF_PERSON = 10
PARTIES = ["af", "an", "st", "tt", "xx", "yy"]


def make(file, pairs):
    file = pathlib.Path(file)
    if file.exists():
        return file
    file.parent.mkdir(parents=True, exist_ok=True)
    database = duckdb.connect(config={"threads": 2})
    people = pairs // PAIRS_OF_PERSON
    database.execute("CREATE MACRO hex(i) AS md5(i::VARCHAR)")
    database.execute("CREATE MACRO id(i) AS hex(i)[1:8] || '-' || hex(i)[9:12] || '-' || hex(i)[13:16] || '-' || hex(i)[17:20]"
                     " || '-' || hex(i)[21:32]")
    database.execute(f"CREATE MACRO party(i) AS {PARTIES}[1 + i % {IDS_OF_PERSON}]")
    # Pair k of person p: the first five join one id with the next, so that the person is one; the others skip one or two.
    pair = (f"SELECT p * {IDS_OF_PERSON} + k % 5 AS i, p * {IDS_OF_PERSON} + (k % 5) + CASE WHEN k < 5 THEN 1 ELSE 2 + k % 2 END "
            f"AS j, p, k FROM range({people}) AS people(p), range({PAIRS_OF_PERSON}) AS each(k)")
    ids = people * IDS_OF_PERSON
    rows = (f"SELECT i, CASE WHEN hash(p, k, 7) % 1000 = 0 THEN (hash(p, k, 8) % {ids})::BIGINT ELSE "
            f"least(j, p * {IDS_OF_PERSON} + 5) END AS j, hash(p, k, 9) AS shuffled FROM ({pair})")
    ordered = "(party(i), id(i)) < (party(j), id(j))"
    database.execute(
        f"COPY (SELECT CASE WHEN {ordered} THEN party(i) ELSE party(j) END AS party_a, CASE WHEN {ordered} THEN id(i) ELSE id(j) END "
        f"AS id_a, CASE WHEN {ordered} THEN party(j) ELSE party(i) END AS party_b, CASE WHEN {ordered} THEN id(j) ELSE id(i) END AS id_b, "
        "1::BIGINT AS calls, TIMESTAMPTZ '2026-01-05 12:00:00+00' AS first_ts, TIMESTAMPTZ '2026-01-05 12:00:00+00' AS last_ts "
        f"FROM ({rows}) WHERE i <> j ORDER BY shuffled) TO '{file}' (FORMAT parquet, COMPRESSION zstd)")
    return file
