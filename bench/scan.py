"""Read a lake table by SQL: weir against DuckDB's read_parquet on the same files, both warm.

The aggregate reads two columns of every row; the selective query wants a few neighbouring keys of a
table of 2,000 files, where weir knows from the log which files can hold them. Footers read are
counted as data files opened, by strace, in a run of its own that isn't timed.
"""
import json
import re
import shutil
import subprocess
import sys
import tempfile

import data
from measure import Claim, measured, weir_program

AGGREGATE = """SELECT kind, count(*) AS events, count(DISTINCT user_id) AS users, sum(price) AS price, max(seen_at) AS last_seen
 FROM {source} GROUP BY kind ORDER BY kind"""


def claims(size):
    wide = data.delta_table(size.rows, 100)
    narrow = data.delta_table(size.rows, 2000)
    middle = size.rows // 2
    selective = f"SELECT count(*), sum(score) FROM {{source}} WHERE id BETWEEN {middle} AND {middle + 100}"

    def claim(work, table, query, note=lambda: ""):
        # 1.05 times the rival's time is allowed.
        return Claim(work=work, rival_name="DuckDB read_parquet", aim=1 / 1.05, weir=lambda: weir_words(table, query),
                     rival=lambda: [__file__, table, query], note=note)

    return [claim(f"aggregate {size.rows:,} rows, 100 files", wide, AGGREGATE),
            claim("selective query, 2,000 files", narrow, selective, lambda: opened_files(narrow, selective))]


def weir_words(table, query):
    return ["sql", query.format(source=f"'{table}'"), "--format", "csv", "--threads", "2"]


def opened_files(table, query):
    """How many of the table's data files a run of weir opens."""
    if not shutil.which("strace"):
        return "opened files not counted: no strace"
    with tempfile.NamedTemporaryFile("r") as trace:
        subprocess.run(["strace", "-f", "-e", "trace=open,openat,openat2", "-o", trace.name,
                        weir_program(), *weir_words(table, query)], check=True, stdout=subprocess.DEVNULL)
        opened = set(re.findall(rf'"{re.escape(str(table))}/([^"]*\.parquet)".* = \d', trace.read()))
    data_files = {name for name in opened if not name.startswith("_delta_log")}
    return f"opened {len(data_files)} of {len(list(table.glob('*.parquet')))} data files (aim: 1 %)"


def main(table, query):
    import deltalake

    connection = data.connect()
    files = deltalake.DeltaTable(table).file_uris()
    sql = query.format(source=f"read_parquet({json.dumps(files)})".replace('"', "'"))
    measured(lambda: connection.execute(sql).fetchall())


if __name__ == "__main__":
    main(*sys.argv[1:])
