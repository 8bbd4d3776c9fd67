"""Random small projects whose runs really fail: rows, files, programs outside and code can be broken and mended, each
kind in one of the forms that users meet. Which run must fail is known from what was broken, not asked of the program."""
import shop
from shop import day

# What a failed run's error has to say, by what was broken.
TEXTS = {
    "row": "below zero",                                  # a job's SQL raises an error on a row of some days
    "check": "check 'not_null(v)' of rows failed",        # a check of severity error refuses
    "code": "the code is broken",                         # one day, and one partition, of a job
    "program": "ended with exit code 3",
    "retries": "ended with exit code 75",                 # a program asks for another try, each time
    "time limit": "ran past its time limit of 1 s",
    "line": ".csv:2: column 'v': 'twelve' is not BIGINT",  # of an input file
}
# Gives rows on, or does what the file of faults says for the day: ends with a code, or doesn't end.
PASS = """fault=$(sed -n -e "s/^$3 $4 //p" -e "s/^all all //p" "$5" | head -n 1)
case "$fault" in
  "") cp "$1" "$2" ;;
  hang) exec sleep 100 ;;
  *) echo "no rows of $3 today" >&2; exit "$fault" ;;
esac
"""
STATES = ("state", "whole")  # with `previous: true`; without


class Job(shop.Job):
    """Reads tables and, as "line" says, a file a day. `guards`: how it can be made to fail, of TEXTS' keys."""

    def __init__(self, name, kind, inputs, per=False, guards=()):
        super().__init__(name, kind, inputs, per)
        self.guards = set(guards)
        self.all_guards = frozenset(guards)
        self.broken = set()  # (region, day): its code fails there
        self.limited = False
        self.faults_file = None

    def files(self):
        return {**super().files(), **({"pass.sh": PASS} if "program" in self.guards else {})}

    def yaml(self):
        lines = [f"job: {self.name}", f"doc: '{self.comment}'"]
        lines += ["per: region"] if self.per else []
        lines += ["reads:"] if self.inputs or self.kind == "state" else []
        for number, (table, days) in enumerate(self.inputs):
            lines.append(f"  i{number}: {{table: \"{table}\"{f', window: {days} days' if days > 1 else ''}}}")
        if self.kind == "state":
            lines.append(f"  own: {{table: \"{self.table}\", previous: true}}")
        lines += ["steps:"]
        if "line" in self.guards:
            lines += ["  - connector: files", "    out: lines", "    with: {path: \"in/{ds}.csv\"}",
                      "    columns: {lines: \"k VARCHAR, v BIGINT\"}"]
        lines += ["  - sql: rows.sql"]
        written = "passed" if "program" in self.guards else "rows"
        columns = "k: VARCHAR, v: BIGINT, day: VARCHAR"
        if written == "passed":
            region = "{region}" if self.per else "all"
            lines += [f"  - command: [sh, pass.sh, \"{{in.rows}}\", \"{{out.passed}}\", \"{{ds}}\", \"{region}\", "
                      f"\"{self.faults_file}\"]", "    in: rows", "    out: passed", "    retries: 1",
                      "    columns: {passed: \"k VARCHAR, v BIGINT, day VARCHAR\"}"]
            lines += ["    time_limit: 1 s"] if self.limited else []
        mode = f"mode: overwrite, columns: {{{columns}}}" if self.kind in STATES else "partition_by: [ds]"
        lines += ["writes:", f"  - {{table: \"{self.table}\", from: {written}, {mode}}}"]
        lines += ["checks:", "  - {relation: rows, not_null: [v]}"] if "check" in self.guards else []
        return "\n".join(lines) + "\n"

    def sql(self):
        """A state says which day it is of."""
        below = {"row": "CASE WHEN v < 0 THEN CAST('below zero' AS BIGINT) ELSE v END",
                 "check": "CASE WHEN v >= 0 THEN v END"}
        guard = next((guard for guard in below if guard in self.guards), None)
        from_outside = f"SELECT k, {below.get(guard, 'v')} AS v FROM {{}} WHERE v >= 0 OR k = '{guard}'"
        parts = []
        for number, (table, _) in enumerate(self.inputs):
            parts.append((from_outside if table.startswith("raw.") else "SELECT k, v FROM {}").format(f"i{number}"))
        parts += ["SELECT k, v FROM lines"] if "line" in self.guards else []
        parts += ["SELECT k, v FROM own"] if self.kind == "state" else []
        value = f"CAST((sum(v) * {self.factor} + length({{ds}})) % 1000003 AS BIGINT)"
        if self.per:
            value += " + (CASE WHEN {region} = 'amer' THEN 1 ELSE 2 END)"
        for region, number in sorted(self.broken):
            here = f" AND {{region}} = '{region}'" if region else ""
            value += f" + (CASE WHEN {{ds}} = '{day(number)}'{here} THEN error('the code is broken') ELSE 0 END)"
        if "check" in self.guards:
            value = f"CASE WHEN count(*) > count(v) THEN NULL ELSE {value} END"
        rows = " UNION ALL ".join(parts)
        return f"-- {self.comment}\nSELECT k, {value} AS v, {{ds}} AS day\nFROM ({rows}) GROUP BY k\n"

    def regions(self):
        return ["amer", "emea"] if self.per else [""]


def random_jobs(draw, faults_folder):
    """Seven or eight jobs: files by day, two that keep a state, one per region, one with a window; `by_day` reads a state
    by day, `whole` keeps one without reading it and reads another's."""
    tables = ["raw.e0", "raw.e1"]
    guards = [{"row"}, {"check"}, {"program"}, {"row", "program"}]
    draw.shuffle(guards)
    guards.append(set())  # of the sixth job, which not every project has
    jobs = {}

    def add(job):
        job.faults_file = f"{faults_folder}/{job.name}"
        jobs[job.name] = job

    for number in range(5 + draw.randrange(2)):
        kind = "state" if number in (1, 4) else "interval"
        own = {"line"} if number == 0 else guards[(number - 1) % len(guards)]
        days = 1 + (draw.randrange(3) if number != 3 else 1 + draw.randrange(2))
        inputs = [] if number == 0 and draw.random() < 0.5 else [(draw.choice(tables[-3:]), days)]
        if draw.random() < 0.5 or ("row" in own or "check" in own) and not inputs[0][0].startswith("raw."):
            inputs.append((draw.choice(tables[:2]), 1))
        job = Job(f"j{number}", kind, inputs, number == 2, own)
        add(job)
        tables += job.tables() if kind == "interval" else []
    add(Job("by_day", "interval", [(draw.choice(["d.j1", "d.j4"]), 1)]))
    add(Job("whole", "whole", [(draw.choice(["d.j1", "d.j4"]), 1)], guards=draw.choice([(), ("program",)])))
    return jobs


class Outside(shop.Outside):
    """All that isn't the project's: tables, files by day, and what its programs find; and what of it is broken."""

    def __init__(self, draw, jobs, faults_folder):
        super().__init__(draw)
        self.jobs, self.faults_folder = jobs, faults_folder
        self.lines = []              # by day
        self.broken_files = set()    # days
        self.programs = {}           # (job, region, day), or (job, None, None) for all of them → what it does
        for job in jobs.values():
            (faults_folder / job.name).write_text("")

    def new_day(self, project):
        self.lines.append([(f"k{i}", self.draw.randrange(1000)) for i in range(3)])
        self.write_file(project, self.days)
        super().new_day(project)

    def write_file(self, project, number):
        value = "twelve" if number in self.broken_files else None
        rows = "".join(f"{k},{value or v}\n" for k, v in self.lines[number])
        project.write(f"in/{day(number)}.csv", "k,v\n" + rows)

    def change_file(self, project):
        """A file comes again, with one row more: size and rows are others."""
        number = self.draw.randrange(self.days)
        self.lines[number].append((f"k{self.draw.randrange(5)}", self.draw.randrange(1000)))
        self.write_file(project, number)

    def set_row(self, project, table, guard, number, value):
        """The row that only some days have; below zero the jobs of that guard can't use it, and others leave it out."""
        self.content[table][(guard, day(number))] = value
        self.load(project, table, [day(number)])

    def mend_rows(self, project):
        for table, content in self.content.items():
            below = {place: -value for place, value in content.items() if value < 0}
            content.update(below)
            if below:
                self.load(project, table, {ds for _, ds in below})

    def set_program(self, place, what):
        """What the program of a job does at (job, region, day), or with (job, None, None) always; None: its work."""
        self.programs.pop(place, None)
        self.programs.update({place: what} if what else {})
        lines = [f"{'all' if number is None else day(number)} {region or 'all'} {word}\n"
                 for (name, region, number), word in self.programs.items() if name == place[0]]
        (self.faults_folder / place[0]).write_text("".join(lines))

    def load_all(self, project):
        super().load_all(project)
        for number in range(self.days):
            self.write_file(project, number)

    def faults(self, name, region, number):
        """Why this run of a job has to fail, as keys of TEXTS; empty: it must not."""
        job = self.jobs[name]
        found = {"code"} if (region, number) in job.broken else set()
        found |= {"line"} if "line" in job.guards and number in self.broken_files else set()
        for guard in job.guards & {"row", "check"}:
            read = [(table, day(back)) for table, days in job.inputs if table.startswith("raw.")
                    for back in range(number - days + 1, number + 1)]
            found |= {guard} if any(self.content[table].get((guard, ds), 0) < 0 for table, ds in read) else set()
        kinds = {"3": "program", "75": "retries", "hang": "time limit"}
        for place in ((name, None, None), (name, region, number)):
            found |= {kinds[self.programs[place]]} if "program" in job.guards and place in self.programs else set()
        return found
