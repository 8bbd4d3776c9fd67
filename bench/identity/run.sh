#!/usr/bin/env bash
# Prints the table of bench/identity/README.md: `bench/identity/run.sh [--pairs N] [--without-rival]`.
set -euo pipefail
cd "$(dirname "$0")/../.."

python=.deps/venv/bin/python
if [ ! -x "$python" ]; then
  echo "bench/identity/run.sh: $python is not there: run scripts/setup.sh" >&2
  exit 1
fi
if [ -z "${WEIR:-}" ]; then
  cmake --preset release >/dev/null
  cmake --build --preset release --target weir >/dev/null
fi
PYTHONDONTWRITEBYTECODE=1 exec "$python" bench/identity/identity.py "$@"
