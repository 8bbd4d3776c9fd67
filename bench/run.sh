#!/usr/bin/env bash
# Prints the table of bench/README.md: `bench/run.sh [--quick] [-n RUNS] [claim…]`. WEIR names another
# program than the release build, WEIR_BENCH_DATA another folder for the data (about 3 GB).
set -euo pipefail
source "$(dirname "$0")/release.sh"

if [ -z "${WEIR:-}" ]; then build_release weir; fi
exec "$python" bench/run.py "$@"
