"""The rows and tables that the claims work on; made once and kept in the bench's folder."""
import json
import os
import pathlib
import shutil
import time
import uuid

from measure import REPOSITORY

COLUMNS = """
  i AS id,
  (hash(i) % 1000000)::INTEGER AS user_id,
  'event-' || (hash(i + 1) % 50) AS kind,
  'https://example.com/page/' || (hash(i + 2) % 20000) AS url,
  TIMESTAMPTZ '2026-01-01 00:00:00+00' + INTERVAL (i % 2592000) SECOND AS seen_at,
  DATE '2026-01-01' + (i % 30)::INTEGER AS day,
  (hash(i + 3) % 100000) / 7.0::DOUBLE AS score,
  ((hash(i + 4) % 10000000) / 100)::DECIMAL(18, 4) AS price,
  hash(i + 5) % 3 = 0 AS is_new,
  CASE WHEN i % 10 = 0 THEN NULL ELSE (hash(i + 6) % 500)::BIGINT END AS referrer"""


def folder():
    path = pathlib.Path(os.environ.get("WEIR_BENCH_DATA", REPOSITORY / "build" / "bench-data"))
    path.mkdir(parents=True, exist_ok=True)
    return path


def rows_sql(first, last):
    """Rows first..last-1 of the ten columns, the same on every machine."""
    return f"SELECT {COLUMNS.strip()} FROM range({first}, {last}) rows(i)"


def connect():
    import duckdb

    connection = duckdb.connect(config={"threads": 2})
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def made(name, make):
    """`name` in the bench's folder, made by `make(path)` if it isn't there yet."""
    path = folder() / name
    if not path.exists():
        unfinished = folder() / f"{name}.unfinished"
        if unfinished.is_dir():
            shutil.rmtree(unfinished)
        make(unfinished)
        unfinished.rename(path)
    return path


def rows_file(num_rows):
    """A Parquet file of the first rows."""
    return made(f"rows-{num_rows}.parquet", lambda path: connect().execute(
        f"COPY ({rows_sql(0, num_rows)}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)"))


def delta_table(num_rows, num_files):
    """A table of `num_files` equal files with clustered ids, written by the rival, so that it has the
    layout and the statistics which that likes."""
    def make(path):
        import deltalake

        connection, each = connect(), num_rows // num_files
        for first in range(0, num_rows, each):
            deltalake.write_deltalake(str(path), connection.sql(rows_sql(first, first + each)).to_arrow_table(),
                                      mode="append")
        deltalake.DeltaTable(str(path)).create_checkpoint()

    return made(f"table-{num_rows}-{num_files}", make)


def fresh_copy(table, name):
    """A table to change: data files are hard links (nobody writes into them), the log is a copy."""
    copy = folder() / "work" / name
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(table, copy, copy_function=os.link, ignore=shutil.ignore_patterns("_delta_log"))
    shutil.copytree(table / "_delta_log", copy / "_delta_log")
    return copy


def num_bytes(table):
    """Of the table's data files."""
    return sum(file.stat().st_size for file in table.glob("*.parquet"))


def empty_folder(name):
    path = folder() / "work" / name
    shutil.rmtree(path, ignore_errors=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def long_log(num_commits):
    """A table's log with one commit a file; the files themselves aren't there, as nobody reads them."""
    def make(path):
        log = path / "_delta_log"
        log.mkdir(parents=True)
        field = {"nullable": True, "metadata": {}}
        schema = {"type": "struct", "fields": [{"name": "id", "type": "long", **field},
                                               {"name": "name", "type": "string", **field}]}
        now = int(time.time() * 1000)
        first = [{"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
                 {"metaData": {"id": str(uuid.uuid4()), "format": {"provider": "parquet", "options": {}},
                               "schemaString": json.dumps(schema), "partitionColumns": [],
                               "configuration": {}, "createdTime": now}}]
        for version in range(num_commits):
            stats = {"numRecords": 1000, "minValues": {"id": version * 1000, "name": "a"},
                     "maxValues": {"id": version * 1000 + 999, "name": "z"}, "nullCount": {"id": 0, "name": 0}}
            add = {"path": f"part-{version:05}-{uuid.uuid4()}.snappy.parquet", "partitionValues": {}, "size": 12345,
                   "modificationTime": now, "dataChange": True, "stats": json.dumps(stats)}
            info = {"timestamp": now, "operation": "WRITE", "operationParameters": {"mode": "Append"}}
            actions = (first if version == 0 else []) + [{"add": add}, {"commitInfo": info}]
            (log / f"{version:020}.json").write_text("\n".join(json.dumps(action) for action in actions) + "\n")

    return made(f"log-{num_commits}", make)


def long_log_with_checkpoint(num_commits):
    """The same with a checkpoint of its last version but four, as a table with one every ten has."""
    def make(path):
        import deltalake

        shutil.copytree(long_log(num_commits), path)
        held_back = [path / "_delta_log" / f"{version:020}.json" for version in range(num_commits - 4, num_commits)]
        texts = [file.read_bytes() for file in held_back]
        for file in held_back:
            file.unlink()
        deltalake.DeltaTable(str(path)).create_checkpoint()
        for file, text in zip(held_back, texts):
            file.write_bytes(text)

    return made(f"log-{num_commits}-checkpoint", make)
