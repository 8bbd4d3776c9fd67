"""Open the newest snapshot of a table with 10,000 commits, without and with a checkpoint.

Both list the log, read it and give the number of live files.
"""
import sys

import data
from measure import Claim, measured


def claims(size):
    def claim(kind, log):
        return Claim(work=f"open a snapshot of {size.commits:,} commits, {kind}", rival_name="delta-rs DeltaTable()", aim=1,
                     weir=lambda: ["table", "show", log, "--json", "--threads", "2"], rival=lambda: [__file__, log])

    return [claim("no checkpoint", data.long_log(size.commits)),
            claim("checkpoint", data.long_log_with_checkpoint(size.commits))]


def main(log):
    import deltalake

    measured(lambda: deltalake.DeltaTable(log).get_add_actions())


if __name__ == "__main__":
    main(*sys.argv[1:])
