"""Random small projects for the tests of runs, and what drives the real program over them. Tables from outside are
rewritten in full by one import, so that a project from scratch gets exactly the same rows."""
import csv
import datetime
import json
import os
import pathlib
import random
import shutil
import subprocess

WEIR = os.environ["WEIR"]
FIRST = datetime.date(2026, 1, 5)
COLUMNS = {"value": "columns: {k: VARCHAR, v: BIGINT, ds: VARCHAR}", "state": "columns: {k: VARCHAR, v: BIGINT}"}


def day(number):
    return (FIRST + datetime.timedelta(days=number)).isoformat()


class Failed(Exception):
    pass


class Project:
    """A folder with a project; `jobs` is name → Job."""

    def __init__(self, folder, jobs):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.write("weir.yaml", "name: random\npartitions: {region: [amer, emea]}\n")
        for job in jobs.values():
            self.write_job(job)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def write_job(self, job):
        for name, text in job.files().items():
            self.write(f"jobs/d/{job.name}/{name}", text)

    def weir(self, *words, check=True, failpoint=None, log=None, timeout=120):
        environment = dict(os.environ)
        environment.pop("WEIR_FAILPOINT", None)
        if failpoint:
            environment["WEIR_FAILPOINT"] = failpoint
            environment["WEIR_FAILPOINT_LOG"] = str(log)
        done = subprocess.run([WEIR, "-C", str(self.folder), *words], capture_output=True, text=True,
                              env=environment, timeout=timeout)
        if check and done.returncode != 0:
            raise Failed(f"{words} gave {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def start(self, *words):
        return subprocess.Popen([WEIR, "-C", str(self.folder), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True)

    def plan(self, *words):
        return json.loads(self.weir("plan", "--json", *words).stdout)

    def load(self, table, rows):
        """Puts rows into a table from outside, each by its key and day."""
        path = self.folder / "in.csv"
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["k", "v", "ds"])
            writer.writerows(rows)
        self.weir("table", "import", table, "--from", str(path), "--mode", "merge", "--keys", "k,ds",
                  "--partition-by", "ds")

    def tables(self):
        return sorted(t["name"] for t in json.loads(self.weir("table", "list", "--json").stdout)["tables"])

    def rows(self, tables):
        """Every row of the tables, sorted, by one call."""
        text = "; ".join(f"SELECT '{table}' AS \"table\", * FROM {table} ORDER BY ALL" for table in tables)
        return self.weir("sql", text, "--format", "csv").stdout

    def copy(self, folder):
        """The project with its tables and ledger, somewhere else."""
        shutil.copytree(self.folder, folder)
        other = Project.__new__(Project)
        other.folder = pathlib.Path(folder)
        return other

    def run_until_done(self, *words):
        """Runs until a plan is empty, as a user would."""
        for _ in range(10):
            self.weir("run", "--stale", *words)
            plan = self.plan("--stale")
            if not plan["runs"] and not plan["stale"]:
                return
        raise Failed("plans never end: " + json.dumps(plan))


class Job:
    """Reads tables, writes one: by day ("interval"), or the state of the newest day ("state")."""

    def __init__(self, name, kind, inputs, per=False):
        self.name, self.kind, self.inputs, self.per = name, kind, inputs, per  # inputs: [(table, days)]
        self.factor = 1
        self.comment = ""

    @property
    def table(self):
        return f"d.{self.name}_{{region}}" if self.per else f"d.{self.name}"

    def tables(self):
        return [self.table.replace("{region}", region) for region in ("amer", "emea")] if self.per else [self.table]

    def files(self):
        return {"job.yaml": self.yaml(), "rows.sql": self.sql()}

    def yaml(self):
        lines = [f"job: {self.name}", f"doc: '{self.comment}'"]
        lines += ["per: region"] if self.per else []
        lines += ["reads:"]
        for number, (table, days) in enumerate(self.inputs):
            window = f", window: {days} days" if days > 1 else ""
            lines.append(f"  i{number}: {{table: \"{table}\"{window}}}")
        if self.kind == "state":
            lines.append(f"  own: {{table: \"{self.table}\", previous: true}}")
        lines += ["steps:", "  - sql: rows.sql", "writes:"]
        if self.kind == "state":
            lines.append(f"  - {{table: \"{self.table}\", from: rows, mode: overwrite, {COLUMNS['state']}}}")
        else:
            lines.append(f"  - {{table: \"{self.table}\", from: rows, partition_by: [ds]}}")
        return "\n".join(lines) + "\n"

    def sql(self):
        parts = [f"SELECT k, v FROM i{number}" for number in range(len(self.inputs))]
        factor = f"{self.factor} + (CASE WHEN {{region}} = 'amer' THEN 1 ELSE 2 END)" if self.per else str(self.factor)
        if self.kind == "state":
            parts.append("SELECT k, v FROM own")
        rows = " UNION ALL ".join(parts)
        return (f"-- {self.comment}\nSELECT k, CAST((sum(v) * ({factor}) + length({{ds}})) % 1000003 AS BIGINT) AS v\n"
                f"FROM ({rows}) GROUP BY k\n")


def random_jobs(draw):
    """At least five jobs: one that keeps a state, one per region, one with a window of several days."""
    jobs = {}
    tables = ["raw.e0", "raw.e1"]
    for number in range(5 + draw.randrange(2)):
        kind = "state" if number in (1, 4) else "interval"
        per = number == 2
        inputs = [(draw.choice(tables[-3:]), 1 + (draw.randrange(3) if number != 3 else 1 + draw.randrange(2)))]
        if draw.random() < 0.5:
            inputs.append((draw.choice(tables), 1))
        job = Job(f"j{number}", kind, inputs, per)
        jobs[job.name] = job
        if kind == "interval":  # a state between days is nobody's input here: a chain doesn't commit it
            tables += job.tables()
    return jobs


class Outside:
    """The tables from outside and their whole content."""

    def __init__(self, draw):
        self.draw = draw
        self.content = {"raw.e0": {}, "raw.e1": {}}
        self.days = 0

    def new_day(self, project):
        for table, content in self.content.items():
            content.update({(f"k{i}", day(self.days)): self.draw.randrange(1000) for i in range(3)})
        self.days += 1
        for table in self.content:
            self.load(project, table, [day(self.days - 1)])

    def late(self, project):
        table = self.draw.choice(sorted(self.content))
        late_day = day(self.draw.randrange(self.days))
        self.content[table][(f"k{self.draw.randrange(5)}", late_day)] = self.draw.randrange(1000)
        self.load(project, table, [late_day])

    def load(self, project, table, days):
        project.load(table, [(k, v, ds) for (k, ds), v in sorted(self.content[table].items()) if ds in days])

    def load_all(self, project):
        for table in self.content:
            self.load(project, table, [day(number) for number in range(self.days)])


def seeded(argument):
    seed = int(os.environ.get("WEIR_TEST_SEED") or random.SystemRandom().randrange(2**32)) + argument * 1000
    print(f"WEIR_TEST_SEED={seed}", flush=True)
    return seed
