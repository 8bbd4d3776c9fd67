"""Merge 1 % changed keys into a table of 100 files: weir against delta-rs merge.

Clustered: the keys are neighbours, in one file or two. Scattered: every hundredth key, so that all
files are hit. One in a hundred of the source's keys is new. Both read the source from a Parquet file.
"""
import sys

import data
from measure import Claim, measured


def source_file(num_rows, kind):
    num_keys = num_rows // 100
    key = f"{num_rows // 2} + i" if kind == "clustered" else "i * 100 + 37"
    changed = f"""
      SELECT * REPLACE (score + 1 AS score, 'changed' AS kind)
      FROM ({data.rows_sql(0, num_rows)}) WHERE id IN (SELECT {key} FROM range(0, {num_keys}) keys(i))"""
    new = data.rows_sql(num_rows, num_rows + num_keys // 100)
    return data.made(f"merge-{num_rows}-{kind}.parquet", lambda path: data.connect().execute(
        f"COPY ({changed} UNION ALL {new}) TO '{path}' (FORMAT parquet)"))


def claims(size):
    num_rows = size.rows
    start = data.delta_table(num_rows, 100)

    def claim(kind):
        source = source_file(num_rows, kind)

        def table(side):
            return data.folder() / "work" / f"merge-{kind}-{side}"

        return Claim(work=f"merge 1 % of {num_rows:,} rows, 100 files, {kind}", rival_name="delta-rs merge", aim=2,
                     weir=lambda: ["table", "import", table("weir"), "--from", source, "--mode", "merge", "--keys", "id",
                                   "--threads", "2"],
                     rival=lambda: [__file__, table("rival"), source],
                     prepare=lambda side: data.fresh_copy(start, f"merge-{kind}-{side}"),
                     check=lambda side: check(table(side), num_rows))

    return [claim("clustered"), claim("scattered")]


def check(table, num_rows):
    import deltalake

    files = deltalake.DeltaTable(str(table)).file_uris()
    num_keys = num_rows // 100
    found = data.connect().execute("SELECT count(*), count(*) FILTER (kind = 'changed') FROM read_parquet(?)", [files]).fetchone()
    assert found == (num_rows + num_keys // 100, num_keys), f"{table}: {found}"


def main(table, source):
    import deltalake
    import pyarrow.parquet

    def merge():
        (deltalake.DeltaTable(table)
         .merge(pyarrow.parquet.read_table(source), predicate="t.id = s.id", source_alias="s", target_alias="t")
         .when_matched_update_all().when_not_matched_insert_all().execute())

    measured(merge)


if __name__ == "__main__":
    main(*sys.argv[1:])
