#!/usr/bin/env python3
"""Within one module of src/ (a folder with a CMakeLists.txt), a name in an anonymous namespace stands for one thing.

The sanitized build compiles several files of a module as one (CMAKE_UNITY_BUILD in CMakePresets.json), so a name that two
files give to different things would be refused there, or worse: an overload of the other file could be taken. And a reader
who knows the name from one file is right about it in the next.

    scripts/check_names.py      prints each name that several files define and exits 1, or says nothing
"""
import collections
import pathlib
import re
import sys

DEFINITION = re.compile(
    r"^(?:template <[^\n]*>\n)?(?!return|using enum|namespace|static_assert)"
    r"(?:(?:struct|class|enum class) (\w+)(?: final)?(?: :[^\n]*)? \{"
    r"|using (\w+) = "
    r"|(?:const|constexpr|inline constexpr) [^\n(=]*?\b(\w+)(?:\[\])?(?: =|\{)"
    r"|[A-Za-z][\w:<>,\*& ]*?[ \*&](\w+)\([^;]*?\) (?:noexcept )?\{)", re.M)
ANONYMOUS = re.compile(r"^namespace \{\n(.*?)^\}  // namespace$", re.M | re.S)


def definitions(path):
    """The names that a file's anonymous namespaces define, with the text that aliases stand for."""
    found = {}
    for body in ANONYMOUS.findall(path.read_text()):
        for match in DEFINITION.finditer(body):
            name = next(group for group in match.groups() if group)
            line = body[match.start():].split("\n", 1)[0]
            found[name] = line if line.startswith("using ") else f"{path}: {line}"
    return found


def module_of(path):
    return next(folder for folder in path.parents if (folder / "CMakeLists.txt").exists())


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    users = collections.defaultdict(dict)
    for path in sorted((root / "src").rglob("*.cpp")):
        if path.stem.endswith(("_fuzz", "_bench")):
            continue
        tests = path.stem.endswith(("_test", "_model"))
        for name, meaning in definitions(path).items():
            users[module_of(path), tests, name].setdefault(meaning, path.relative_to(root))
    clashes = [(name, list(files.values())) for (_, _, name), files in users.items() if len(files) > 1]
    for name, files in clashes:
        print(f"{name}: {', '.join(map(str, files))}")
    return 1 if clashes else 0


if __name__ == "__main__":
    sys.exit(main())
