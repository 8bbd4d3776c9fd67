#!/usr/bin/env python3
"""Runs text files of commands against the real weir:  tests/e2e/run.py --weir build/dev/weir FILE.e2e…

    # a comment
    $ weir sql "select 42 as answer" --format csv
    answer
    42

A line `$ command` is run by bash; `> more` lines right below go on with it. What follows is its exact stdout,
in which a line `...` stands for any lines (also none) and `...` inside a line for any text. Besides:
    ? 1          the exit code, if it isn't 0
    2> text      stderr has this text in it; as many lines as there is to say
Blank lines at the end of an output don't count. An output line that begins with `#`, `$`, `>`, `?`, `2>` or `\\` is
written with `\\` before it. Each file has a fresh working folder, kept from command to command, and an empty
environment but for PATH (weir is on it), HOME, LANG=C.UTF-8, TZ=UTC and the settings of sanitizers and WEIR_TEST_*.
"""
import argparse
import dataclasses
import difflib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SECONDS = 60  # for one command


@dataclasses.dataclass
class Command:
    line: int
    text: str
    stdout: list = dataclasses.field(default_factory=list)
    stderr: list = dataclasses.field(default_factory=list)
    exit_code: int = 0


def parse(text):
    commands = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("#"):
            continue
        if line.startswith("$ "):
            commands.append(Command(number, line[2:]))
        elif not commands:
            if line:
                raise ValueError(f"line {number}: a file begins with a command, found {line!r}")
        elif line.startswith("> ") or line == ">":
            commands[-1].text += "\n" + line[2:]
        elif line.startswith("? "):
            commands[-1].exit_code = int(line[2:])
        elif line.startswith("2> "):
            commands[-1].stderr.append(line[3:])
        else:
            commands[-1].stdout.append(line)
    if not commands:
        raise ValueError("no command in it")
    return commands


def without_blank_end(lines):
    return lines if not lines or lines[-1] else without_blank_end(lines[:-1])


def pattern(lines):
    """The regular expression for expected lines."""
    def one(line):
        if line == "...":
            return r"(?:.*\n)*"
        literal = line[1:] if line.startswith("\\") else line
        return ".*".join(map(re.escape, literal.split("..."))) + r"\n"
    return re.compile("".join(map(one, lines)))


def complaints(command, stdout, stderr, exit_code):
    """What is not as the file says, as lines for a reader."""
    found = []
    expected = without_blank_end(command.stdout)
    actual = without_blank_end(stdout.split("\n"))
    if not pattern(expected).fullmatch("".join(line + "\n" for line in actual)):
        found += difflib.unified_diff(expected, actual, "expected", "stdout", lineterm="")
    if exit_code != command.exit_code:
        found.append(f"exit code {exit_code}, expected {command.exit_code}")
    found += [f"stderr lacks: {text}" for text in command.stderr if text not in stderr]
    if found and stderr:
        found += ["stderr was:", *stderr.rstrip("\n").split("\n")]
    return found


def environment(weir, folder):
    kept = {name: value for name, value in os.environ.items()
            if re.fullmatch(r"(A|L|T|UB)SAN_OPTIONS|WEIR_TEST_\w+", name)}
    return kept | {"PATH": f"{weir.parent}:/usr/local/bin:/usr/bin:/bin", "HOME": folder, "LANG": "C.UTF-8", "TZ": "UTC"}


def run_file(weir, path):
    """Runs the commands of one file; the first one that is not as expected ends it."""
    with tempfile.TemporaryDirectory(prefix="weir-e2e-") as folder:
        for command in parse(path.read_text()):
            try:
                done = subprocess.run(["bash", "-c", command.text], cwd=folder, env=environment(weir, folder), timeout=SECONDS,
                                      stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace")
                found = complaints(command, done.stdout, done.stderr, done.returncode)
            except subprocess.TimeoutExpired:
                found = [f"still running after {SECONDS} s"]
            if found:
                return [f"{path}:{command.line}: $ {command.text}", *("    " + line for line in found)]
    return []


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weir", type=pathlib.Path, required=True, help="the program, named weir")
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    arguments = parser.parse_args()
    failed = 0
    for path in arguments.files:
        try:
            found = run_file(arguments.weir.resolve(), path)
        except (OSError, ValueError) as error:
            found = [f"{path}: {error}"]
        print("\n".join(found) if found else f"ok {path.name}", flush=True)
        failed += bool(found)
    print(f"{len(arguments.files) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
