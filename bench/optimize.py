"""Pack 1,000 small files into files of 128 MB: weir table optimize against delta-rs optimize.compact."""
import sys

import data
from measure import Claim, measured


def claims(size):
    num_files = 1000
    start = data.delta_table(size.rows // 2, num_files)

    def table(side):
        return data.folder() / "work" / f"optimize-{side}"

    return [Claim(work=f"optimise {num_files:,} files, {size.rows // 2:,} rows", rival_name="delta-rs optimize.compact",
                  aim=1, weir=lambda: ["table", "optimize", table("weir"), "--threads", "2"],
                  rival=lambda: [__file__, table("rival")],
                  prepare=lambda side: data.fresh_copy(start, f"optimize-{side}"),
                  check=lambda side: check(table(side), size.rows // 2))]


def check(table, num_rows):
    import deltalake

    files = deltalake.DeltaTable(str(table)).file_uris()
    found = data.connect().execute("SELECT count(*) FROM read_parquet(?)", [files]).fetchone()[0]
    assert found == num_rows and len(files) < 20, f"{table}: {found} rows in {len(files)} files"


def main(table):
    import deltalake

    measured(lambda: deltalake.DeltaTable(table).optimize.compact(target_size=128 << 20))


if __name__ == "__main__":
    main(*sys.argv[1:])
