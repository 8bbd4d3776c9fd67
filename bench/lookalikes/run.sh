#!/usr/bin/env bash
# Prints the table of bench/lookalikes/README.md: `bench/lookalikes/run.sh [--quick] [fit] [score] [select]`.
set -euo pipefail
source "$(dirname "$0")/../release.sh"

if [ -z "${WEIR_LEARN_BENCH:-}" ]; then build_release learn_bench; fi
OMP_NUM_THREADS=2 exec "$python" bench/lookalikes/lookalikes.py "$@"
