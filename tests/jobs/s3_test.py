#!/usr/bin/env python3
"""A warehouse on S3: the shop gives the rows that it gives on disk, delta-rs reads them, two hosts run no interval twice,
`stores:` are kept apart, files and topics lie in buckets, `weir store check` says what is missing, and `weir forget` leaves no
byte of an id in any bucket that weir wrote. `s3_test.py [forget]`."""
import gzip
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import s3_server
from fingerprints import last_words

WEIR = os.environ["WEIR"]
EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"


def weir(folder, *words, environment=None, expect=0):
    done = subprocess.run([WEIR, "-C", str(folder), *map(str, words)] if folder else [WEIR, *map(str, words)],
                          capture_output=True, text=True, env=environment, timeout=300)
    assert done.returncode == expect, f"{words} gave {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def shop(folder, warehouse):
    shutil.copytree(EXAMPLES / "shop", folder, ignore=shutil.ignore_patterns("data", "warehouse*", ".weir"))
    settings = folder / "weir.yaml"
    settings.write_text(settings.read_text().replace("{warehouse: warehouse}", f"{{warehouse: '{warehouse}'}}"))
    subprocess.run([sys.executable, "make_data.py"], cwd=folder, check=True, capture_output=True)
    return folder


def fingerprints(folder, environment):
    tables = [table["name"] for table in json.loads(weir(folder, "table", "list", "--json",
                                                         environment=environment).stdout)["tables"]]
    out = weir(folder, "table", "fingerprint", *tables, environment=environment).stdout
    return dict(zip(tables, last_words(out), strict=True))


def run_shop(server, folder, environment):
    disk = shop(folder / "disk", "warehouse")
    weir(disk, "run")
    bucket = server.make_bucket("shop")
    remote = shop(folder / "remote", f"{bucket}/lake")
    weir(remote, "run", environment=environment)
    expected = fingerprints(disk, environment)
    assert expected and fingerprints(remote, environment) == expected
    assert not json.loads(weir(remote, "plan", "--json", environment=environment).stdout)["runs"]
    assert not (remote / "warehouse").exists()
    print("the shop on S3:", len(expected), "tables with the fingerprints that they have on disk")
    read_with_delta_rs(server, remote, bucket, expected, environment)
    care_for_tables(remote, sorted(expected)[0], environment)


def read_with_delta_rs(server, project, bucket, tables, environment):
    try:
        import deltalake
        import pyarrow
    except ImportError:
        print("skipped: delta-rs is not installed")
        return
    for table in tables:
        url = f"{bucket}/lake/{table.replace('.', '/')}"
        delta = deltalake.DeltaTable(url, storage_options=server.delta_options())
        names = [field.name for field in delta.schema().fields]
        found = pyarrow.table(deltalake.QueryBuilder().register("t", delta).execute("SELECT * FROM t").read_all())
        path = project / "rows.parquet"
        columns = ", ".join(f'"{name}"' for name in names)
        weir(project, "sql", f"COPY (SELECT {columns} FROM {table}) TO '{path}'", environment=environment)
        import pyarrow.parquet
        own = pyarrow.parquet.read_table(path)
        assert rows_of(found, names) == rows_of(own, names), table
    print("delta-rs reads the same rows from S3")


def rows_of(table, names):
    return sorted(map(str, zip(*(table.column(name).to_pylist() for name in names))))


def care_for_tables(project, table, environment):
    for words in (["show", table], ["history", table], ["check", table], ["optimize", table], ["files", table],
                  ["vacuum", table, "--retention", "0h", "--allow-short-retention"]):
        done = subprocess.run([WEIR, "-C", str(project), "table", *words], capture_output=True, text=True,
                              env=environment)
        assert done.returncode == 0, (words, done.stderr)
    before = fingerprints(project, environment)[table]
    assert weir(project, "sql", f"SELECT count(*) FROM {table}", environment=environment).stdout
    assert fingerprints(project, environment)[table] == before
    print("tables on S3 are shown, checked, packed and vacuumed")


def two_hosts(server, folder, environment, number):
    """Two projects with a cache each on one warehouse, at once."""
    bucket = server.make_bucket(f"hosts{number}")
    hosts = [shop(folder / f"host{number}{name}", f"{bucket}/lake") for name in "ab"]
    shutil.rmtree(hosts[1] / "data")  # files of other times would be other inputs
    (hosts[1] / "data").symlink_to(hosts[0] / "data")
    processes = [subprocess.Popen([WEIR, "-C", str(host), "run"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  text=True, env=environment) for host in hosts]
    for process in processes:
        _, err = process.communicate(timeout=300)
        assert process.returncode == 0 or "held by" in err or "which this commit replaces" in err, err
    weir(hosts[0], "run", environment=environment)  # what was held, and what lost to the other's commits too often
    assert fingerprints(hosts[0], environment) == fingerprints(hosts[1], environment)
    ids = [path.name for path in (server.folder / "root" / f"hosts{number}").rglob("*.end.json")]
    again = [name for name in ids if not name.split(".")[-4] == "1"]
    assert ids and not again, f"intervals were run twice: {again}"
    text = weir(hosts[0], "plan", environment=environment).stdout
    assert "waits for" not in text, text
    # A day of a state that lost to the other host's newer day isn't run any more: what reads that day has the newer one.
    if "moved on" not in text:
        assert fingerprints(hosts[0], environment) == fingerprints(folder / "disk", environment)
    print("two hosts at once: no interval ran twice")


def keep_stores_apart(server, folder):
    """Keys from the project's secrets; a store that is read_only; files and topics in buckets."""
    partner, own = server.make_bucket("partner"), server.make_bucket("own")
    root = server.folder / "root"
    (root / "partner" / "orders").mkdir()
    (root / "partner" / "orders" / "2026-01-05.csv").write_text("id,amount\n1,10\n2,20\n")
    (root / "partner" / "orders" / "2026-01-06.csv").write_text("id,amount\n3,30\n")
    (root / "partner" / "clicks").mkdir()
    (root / "partner" / "clicks" / "a.ndjson").write_text('{"n": 1}\n{"n": 2}\n')
    project = folder / "stores"
    (project / "jobs" / "d" / "orders").mkdir(parents=True)
    (project / "weir.yaml").write_text(f"""name: stores
warehouse: {own}/lake
secrets:
  s3_key: {{env: PLANTED_KEY}}
  s3_secret: {{env: PLANTED_SECRET}}
stores:
  partner: {{prefixes: [{partner}], endpoint: "{server.endpoint}", region: us-east-1, credentials: {{access_key: s3_key, secret_key: s3_secret}}, read_only: true}}
  own: {{prefixes: [{own}/], endpoint: "{server.endpoint}", credentials: {{access_key: s3_key, secret_key: s3_secret}}}}
""")
    (project / "jobs" / "d" / "orders" / "job.yaml").write_text(f"""job: orders
steps:
  - {{connector: files, name: read, with: {{path: "{partner}/orders/{{ds}}.csv"}}, out: lines, columns: {{lines: "id BIGINT, amount BIGINT"}}}}
  - {{sql: rows.sql}}
  - {{connector: files, name: write, in: rows, with: {{path: "{own}/out/{{ds}}.csv", sort_by: [id]}}}}
writes:
  - {{table: d.orders, from: rows, partition_by: [ds]}}
""")
    (project / "jobs" / "d" / "orders" / "rows.sql").write_text("SELECT id, amount, {ds} AS ds FROM lines\n")
    (project / "jobs" / "d" / "clicks").mkdir(parents=True)
    (project / "jobs" / "d" / "clicks" / "job.yaml").write_text(f"""job: clicks
kind: stream
steps:
  - {{connector: topic, with: {{path: "{partner}/clicks"}}, out: lines}}
  - {{sql: rows.sql}}
writes:
  - {{table: d.clicks, from: rows, mode: append, partition_by: [ds]}}
""")
    (project / "jobs" / "d" / "clicks" / "rows.sql").write_text(
        "SELECT source_partition, source_offset, decode(line) AS line, '2026-01-05' AS ds FROM lines\n")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    environment |= {"PLANTED_KEY": s3_server.ACCESS_KEY, "PLANTED_SECRET": s3_server.SECRET_KEY}
    weir(project, "check", environment=environment)
    weir(project, "run", environment=environment)
    rows = weir(project, "sql", "SELECT * FROM d.orders ORDER BY id", "--format", "csv", environment=environment).stdout
    assert rows.split() == ["id,amount,ds", "1,10,2026-01-05", "2,20,2026-01-05", "3,30,2026-01-06"], rows
    out = weir(project, "sql", f"SELECT count(*) AS n FROM '{own}/lake/d/clicks'", "--format", "csv",
               environment=environment).stdout
    assert out.split() == ["n", "2"], out
    assert (root / "own" / "out" / "2026-01-06.csv").read_text().split()[1].startswith("3,30"), "no file on S3"
    with (root / "partner" / "clicks" / "a.ndjson").open("a") as file:
        file.write('{"n": 3}\n')
    weir(project, "run", "clicks", environment=environment)
    out = weir(project, "sql", "SELECT source_offset FROM d.clicks ORDER BY 1", "--format", "csv",
               environment=environment).stdout
    assert out.split() == ["source_offset", "1", "2", "3"], out
    refused = weir(project, "store", "check", partner, environment=environment, expect=1)
    assert "store 'partner' of weir.yaml is read_only" in refused.stdout, refused.stdout
    everything = "".join(path.read_text(errors="replace") for path in project.rglob("*") if path.is_file())
    assert s3_server.SECRET_KEY not in everything + refused.stdout + refused.stderr
    print("stores of a project: its secrets' keys, files and a topic in buckets, read_only refuses")


FORGOTTEN, KEPT = "user-to-forget-0001", "user-to-keep-000002"


def visits_project(folder, partner, own):
    """A table of people, and the same rows as files in another bucket than the warehouse's."""
    job = folder / "jobs" / "d" / "visits"
    job.mkdir(parents=True)
    (folder / "weir.yaml").write_text(f"name: visits\nwarehouse: {own}/lake\nsecrets: {{adtech.salt: {{env: VISITS_SALT, dev: a-salt-of-sixteen-bytes}}}}\n")
    (job / "job.yaml").write_text(f"""job: visits
steps:
  - {{connector: files, name: read, with: {{path: "{partner}/visits/{{ds}}.csv"}}, out: lines, columns: {{lines: "party VARCHAR, user_id VARCHAR, page VARCHAR"}}}}
  - {{sql: rows.sql}}
  - {{connector: files, name: text, in: rows, with: {{path: "s3://given/text/{{ds}}.csv", sort_by: [user_id]}}}}
  - {{connector: files, name: parquet, in: rows, with: {{path: "s3://given/parquet/{{ds}}.parquet", sort_by: [user_id]}}}}
writes:
  - table: d.visits
    from: rows
    partition_by: [ds]
    personal: true
    columns: {{party: VARCHAR, user_id: {{type: VARCHAR, personal: true}}, page: VARCHAR, ds: VARCHAR}}
""")
    (job / "rows.sql").write_text("SELECT party, user_id, page, {ds} AS ds FROM lines\n")
    return folder


def content_of(path):
    """All that an object says, as bytes."""
    if path.suffix == ".parquet":
        import pyarrow.parquet
        return str(pyarrow.parquet.ParquetFile(path).read().to_pylist()).encode()
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def objects_with(server, text, *buckets):
    root = server.folder / "root"
    return sorted(str(path.relative_to(root)) for bucket in buckets for path in (root / bucket).rglob("*")
                  if path.is_file() and text.encode() in content_of(path))


def forget(project, environment, expect=0):
    done = weir(project, "forget", f"af:{FORGOTTEN}", "--json", environment=environment, expect=expect)
    return json.loads(done.stdout), done.stderr


def forget_people(server, folder, environment):
    partner, own = server.make_bucket("givers"), server.make_bucket("house")
    server.make_bucket("given")
    root = server.folder / "root"
    (root / "givers" / "visits").mkdir()
    for day in (5, 6):
        (root / "givers" / "visits" / f"2026-01-{day:02}.csv").write_text(
            f"party,user_id,page\naf,{FORGOTTEN},a\naf,{KEPT},b\nst,{KEPT},c\n")
    project = visits_project(folder / "visits", partner, own)
    weir(project, "run", environment=environment)
    assert len(objects_with(server, FORGOTTEN, "house")) >= 2 and len(objects_with(server, FORGOTTEN, "given")) == 4

    report, _ = forget(project, environment)
    assert not objects_with(server, FORGOTTEN, "house", "given"), objects_with(server, FORGOTTEN, "house", "given")
    assert len(objects_with(server, KEPT, "given")) == 4, "others' rows went, too"
    rows = weir(project, "sql", "SELECT user_id, page FROM d.visits ORDER BY ALL", "--format", "csv", environment=environment).stdout
    assert rows.split() == ["user_id,page"] + [f"{KEPT},b"] * 2 + [f"{KEPT},c"] * 2, rows
    files = [path for bucket in ("house", "given") for path in (root / bucket).rglob("*") if path.is_file() and path.stat().st_size]
    assert report["search"]["files"] >= len(files) - 5 and report["search"]["found"] == [], (report["search"], len(files))
    assert report["sources"] == [f"{partner}/visits/"], report["sources"]
    again, _ = forget(project, environment)
    assert again["files"] == [] and all(table["rows"] == 0 for table in again["tables"]), again

    # What nobody knows how to rewrite is found by the search, in whatever it stands.
    import pyarrow
    import pyarrow.parquet
    planted = root / "house" / "lake" / "_files"
    planted.mkdir(parents=True, exist_ok=True)
    (planted / "a.txt").write_bytes(b"x" * ((1 << 24) - 8) + b" " + FORGOTTEN.encode())  # across two blocks
    (planted / "b.gz").write_bytes(gzip.compress(f"line\n{FORGOTTEN}\n".encode()))
    pyarrow.parquet.write_table(pyarrow.table({"any": ["x", FORGOTTEN]}), planted / "c.parquet")
    (root / "given" / "text-of-others.csv").write_text(FORGOTTEN)  # beside the folder that weir wrote
    _, told = forget(project, environment, expect=1)
    for name in ("a.txt", "b.gz", "c.parquet"):
        assert f"{own}/lake/_files/{name}" in told, told
    assert "text-of-others" not in told, told
    print("forgotten on S3: no byte in", len(files), "objects; what was planted is found")


def check_stores(server, folder, environment):
    bucket = server.make_bucket("probed")
    done = weir(None, "store", "check", f"{bucket}/not/there", "--json", environment=environment)
    abilities = json.loads(done.stdout)["abilities"]
    assert [a["ability"] for a in abilities] == ["list", "write", "read", "write if absent", "delete"]
    assert all(a["works"] for a in abilities), abilities
    left = [path for path in (server.folder / "root" / "probed").iterdir() if not path.name.startswith(".")]  # its own
    assert not left, "the probe stays"
    wrong = dict(environment, AWS_SECRET_ACCESS_KEY="wrong")
    done = weir(None, "store", "check", bucket, environment=wrong, expect=1)
    assert "403 SignatureDoesNotMatch" in done.stdout and "403 SignatureDoesNotMatch" in done.stderr, done.stdout + done.stderr
    assert "s3:ListBucket" not in done.stderr, f"no permission is missing: {done.stderr}"
    weir(None, "store", "check", "s3://No_Bucket", environment=environment, expect=1)
    weir(None, "store", "check", environment=environment, expect=2)
    weir(None, "store", "check", folder / "a" / "folder", environment=environment)
    assert not (folder / "a").exists(), "folders that weren't there stay"
    weir(None, "new", folder / "fresh", "--warehouse", f"{bucket}/w", environment=environment)
    (folder / "one.csv").write_text("id\n1\n")
    weir(folder / "fresh", "table", "import", "s.t", "--from", folder / "one.csv", "--mode", "append",
         environment=environment)
    done = weir(folder / "fresh", "table", "show", f"{bucket}/w/s/t", environment=environment)
    assert "s.t" in done.stdout, done.stdout
    done = weir(None, "table", "show", f"{bucket}/w/s/t", environment=environment)
    assert "id" in done.stdout, done.stdout
    print("weir store check says what works and what is missing; weir new makes a project on S3")


def main():
    if s3_server.program() is None:
        print("skipped: versitygw is not in .deps; scripts/setup.sh puts it there")
        sys.exit(77)
    with s3_server.S3Server() as server, tempfile.TemporaryDirectory(prefix="weir-test-") as name:
        folder = pathlib.Path(name)
        environment = {**os.environ, **server.environment()}
        if sys.argv[1:] == ["forget"]:
            forget_people(server, folder, environment)
            return
        check_stores(server, folder, environment)
        run_shop(server, folder, environment)
        for number in range(5 if os.environ.get("WEIR_TEST_LONG") == "1" else 1):
            two_hosts(server, folder, environment, number)
        keep_stores_apart(server, folder)


main()
