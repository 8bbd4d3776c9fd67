#!/usr/bin/env bash
# Prints the table of bench/activation/README.md: `bench/activation/run.sh [--quick] [--people N]`.
set -euo pipefail
source "$(dirname "$0")/../release.sh"

if [ -z "${WEIR_ACTIVATION_BENCH:-}" ]; then build_release activation_bench; fi
exec "$python" bench/activation/activation.py "$@"
