#!/usr/bin/env bash
# Prints the table of bench/lookalikes/README.md: `bench/lookalikes/run.sh [--quick] [fit] [score] [select]`.
set -euo pipefail
cd "$(dirname "$0")/../.."

python=.deps/venv/bin/python
if [ ! -x "$python" ]; then
  echo "bench/lookalikes/run.sh: $python is not there: run scripts/setup.sh" >&2
  exit 1
fi
if [ -z "${WEIR_LEARN_BENCH:-}" ]; then
  cmake --preset release >/dev/null
  cmake --build --preset release --target learn_bench >/dev/null
fi
PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=2 exec "$python" bench/lookalikes/lookalikes.py "$@"
