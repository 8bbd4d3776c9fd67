#!/usr/bin/env python3
"""Tests of run.py with a stand-in program: above all, that a wrong expectation fails."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

RUN = pathlib.Path(__file__).with_name("run.py")
PROGRAM = """#!/bin/sh
case $1 in
  three) printf 'one\\ntwo\\nthree\\n' ;;
  prompt) printf '$ price\\n' ;;
  secret) echo "[$SECRET]" ;;
  fail) echo 'no table "x"' >&2; exit 1 ;;
esac
"""


class RunTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "weir").write_text(PROGRAM)
        (self.folder / "weir").chmod(0o755)

    def passes(self, text):
        (self.folder / "a.e2e").write_text(text)
        done = subprocess.run([sys.executable, RUN, "--weir", self.folder / "weir", self.folder / "a.e2e"],
                              env={"SECRET": "leaked"}, capture_output=True, text=True)
        self.assertIn("1 passed, 0 failed" if done.returncode == 0 else "0 passed, 1 failed", done.stdout)
        return done.returncode == 0

    def test_exact_output_passes(self):
        self.assertTrue(self.passes("# hello\n$ weir three\none\ntwo\nthree\n\n$ true\n"))

    def test_wrong_output_fails(self):
        self.assertFalse(self.passes("$ weir three\none\ntwo\nfour\n"))
        self.assertFalse(self.passes("$ weir three\none\ntwo\n"))
        self.assertFalse(self.passes("$ weir three\none\ntwo\nthree\nfour\n"))
        self.assertFalse(self.passes("$ weir three\n"))
        self.assertFalse(self.passes("$ weir three\no.e\ntwo\nthree\n"))

    def test_a_later_command_can_fail(self):
        self.assertFalse(self.passes("$ true\n\n$ weir three\n\n$ true\n"))

    def test_wildcards_stand_for_lines_and_text(self):
        self.assertTrue(self.passes("$ weir three\none\n...\nthree\n"))
        self.assertTrue(self.passes("$ weir three\none\ntwo\nthree\n...\n"))
        self.assertTrue(self.passes("$ weir three\no...e\ntwo\nth...\n"))
        self.assertFalse(self.passes("$ weir three\n...\nfour\n"))
        self.assertFalse(self.passes("$ weir three\none\nt...x\nthree\n"))

    def test_exit_code_and_stderr_are_compared(self):
        self.assertTrue(self.passes('$ weir fail\n? 1\n2> table "x"\n'))
        self.assertFalse(self.passes("$ weir fail\n"))
        self.assertFalse(self.passes("$ weir fail\n? 2\n"))
        self.assertFalse(self.passes('$ weir fail\n? 1\n2> table "y"\n'))
        self.assertFalse(self.passes("$ weir three\n? 1\none\ntwo\nthree\n"))

    def test_special_lines_are_written_with_a_backslash(self):
        self.assertTrue(self.passes("$ weir prompt\n\\$ price\n"))

    def test_commands_share_a_folder_and_have_no_environment(self):
        self.assertTrue(self.passes("$ echo 1 > f\n\n$ cat f\n1\n\n$ weir secret\n[]\n"))

    def test_commands_go_on_over_lines(self):
        self.assertTrue(self.passes("$ echo 'a\n> b'\na\nb\n"))

    def test_a_file_without_commands_fails(self):
        self.assertFalse(self.passes("# nothing\n"))
        self.assertFalse(self.passes("hello\n"))


if __name__ == "__main__":
    unittest.main()
