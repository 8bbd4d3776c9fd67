"""Append ten columns of rows from a query: weir against delta-rs write_deltalake.

The query reads a Parquet file of the rows. weir's time has everything; delta-rs gets its rows once
from the same query (DuckDB, streamed as Arrow) and once as an Arrow table that is in memory before
the clock starts. weir's files are fsynced and compressed by zstd; delta-rs' are neither (snappy).
"""
import sys

import data
from measure import Claim, measured


def claims(size):
    num_rows = size.rows
    rows = data.rows_file(num_rows)

    def table(side):
        return data.folder() / "work" / f"append-{side}"

    def prepare(side):
        data.empty_folder(f"append-{side}")

    def rival(source):
        return lambda: [__file__, rows, table("rival"), source]

    def claim(name, source):
        return Claim(work=f"append {num_rows:,} rows x 10 columns from a query", rival_name=name, aim=1,
                     weir=lambda: ["table", "import", table("weir"), "--from", rows, "--mode", "append", "--threads", "2"],
                     rival=rival(source), prepare=prepare,
                     note=lambda: ", ".join(f"{side} {data.num_bytes(table(side)) / 1e6:.0f} MB" for side in ("weir", "rival")))

    return [claim("write_deltalake, same query", "query"), claim("write_deltalake, rows in memory", "memory")]


def main(rows, table, source):
    import deltalake

    relation = data.connect().read_parquet(rows)
    if source == "memory":
        relation = relation.to_arrow_table()
        measured(lambda: deltalake.write_deltalake(table, relation, mode="append"))
    else:
        measured(lambda: deltalake.write_deltalake(table, relation.to_arrow_reader(100_000), mode="append"))


if __name__ == "__main__":
    main(*sys.argv[1:])
