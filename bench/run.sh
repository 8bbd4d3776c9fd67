#!/usr/bin/env bash
# Prints the table of bench/README.md: `bench/run.sh [--quick] [-n RUNS] [claim…]`. WEIR names another
# program than the release build, WEIR_BENCH_DATA another folder for the data (about 3 GB).
set -euo pipefail
cd "$(dirname "$0")/.."

python=.deps/venv/bin/python
if [ ! -x "$python" ]; then
  echo "bench/run.sh: $python is not there: run scripts/setup.sh" >&2
  exit 1
fi
if [ -z "${WEIR:-}" ]; then
  cmake --preset release >/dev/null
  cmake --build --preset release --target weir >/dev/null
fi
PYTHONPATH=bench PYTHONDONTWRITEBYTECODE=1 exec "$python" bench/run.py "$@"
