"""Runs the weir program in a project of its own."""
import json
import pathlib
import subprocess

import pyarrow
import pyarrow.parquet


class Weir:
    def __init__(self, program, folder):
        self.program = str(program)
        self.folder = pathlib.Path(folder)
        self.num_files = 0
        subprocess.run([self.program, "new", str(self.folder)], check=True, capture_output=True, timeout=60)

    def try_run(self, *words):
        done = subprocess.run([self.program, "-C", str(self.folder), *map(str, words)], capture_output=True, timeout=120)
        # Not text=True, which would change carriage returns.
        done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
        return done

    def run(self, *words):
        """Its standard output; a test fails if it does."""
        done = self.try_run(*words)
        assert done.returncode == 0, f"weir {' '.join(map(str, words))}: exit {done.returncode}\n{done.stderr}"
        return done.stdout

    def refuses(self, *words):
        """What it says when it exits with 1."""
        done = self.try_run(*words)
        assert done.returncode == 1, f"weir {' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stderr

    def table_path(self, name):
        return self.folder / "warehouse" / name.replace(".", "/")

    def new_file(self, suffix):
        self.num_files += 1
        return self.folder / f"file-{self.num_files}.{suffix}"

    def write(self, table, rows, *words, mode="append"):
        """Writes the rows of an Arrow table into a table, by name or path."""
        file = self.new_file("parquet")
        pyarrow.parquet.write_table(rows, file)
        return self.run("table", "import", table, "--from", file, "--mode", mode, *words)

    def read(self, table):
        """All rows of a table, by name or path, or of any FROM clause, as an Arrow table."""
        source = f"'{table}'" if isinstance(table, pathlib.Path) else table
        return self.query(f"SELECT * FROM {source}")

    def query(self, select):
        file = self.new_file("parquet")
        self.run("sql", f"COPY ({select}) TO '{file}' (FORMAT parquet)")
        return pyarrow.parquet.ParquetFile(file).read()

    def count(self, table, where):
        source = f"'{table}'" if isinstance(table, pathlib.Path) else table
        return json.loads(self.run("sql", f"SELECT count(*) AS n FROM {source} WHERE {where}", "--format", "json"))[0]["n"]
