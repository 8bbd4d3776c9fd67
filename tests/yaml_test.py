#!/usr/bin/env python3
"""Every weir.yaml and job.yaml that ships with weir is YAML to others, too: PyYAML, with which houses generate and check such
files, takes less than weir's own reader. `yaml_test.py`."""
import pathlib
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[1]


def mistake_in(path):
    """What is wrong with a file, or None."""
    try:
        found = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        return f"{path.relative_to(ROOT)}: {error}"
    name = "job" if path.name == "job.yaml" else "name"
    if not isinstance(found, dict) or not found.get(name):
        return f"{path.relative_to(ROOT)}: it has no '{name}'"
    return None


def main():
    paths = sorted(path for folder in ("packs", "examples") for name in ("weir.yaml", "job.yaml")
                   for path in (ROOT / folder).rglob(name))
    assert len(paths) > 40, paths
    mistakes = list(filter(None, map(mistake_in, paths)))
    print("\n".join(mistakes) or f"{len(paths)} files are sound")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
