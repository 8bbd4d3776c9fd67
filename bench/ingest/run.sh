#!/usr/bin/env bash
# Prints what ingestion takes: `bench/ingest/run.sh [--people N] [--days N] [-n RUNS]`. WEIR and
# CHAIN_BENCH name other programs than those of the release build, which is made otherwise.
set -euo pipefail
cd "$(dirname "$0")/../.."

python=.deps/venv/bin/python
if [ ! -x "$python" ]; then
  echo "bench/ingest/run.sh: $python is not there: run scripts/setup.sh" >&2
  exit 1
fi
if [ -z "${WEIR:-}" ] || [ -z "${CHAIN_BENCH:-}" ]; then
  cmake --preset release >/dev/null
  cmake --build --preset release --target weir chain_bench >/dev/null
fi
export CHAIN_BENCH="${CHAIN_BENCH:-$PWD/build/release/src/enrich/chain_bench}"
PYTHONPATH=bench PYTHONDONTWRITEBYTECODE=1 exec "$python" bench/ingest/ingest.py "$@"
