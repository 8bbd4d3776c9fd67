#!/usr/bin/env bash
# Prints what ingestion takes: `bench/ingest/run.sh [--people N] [--days N] [-n RUNS]`. WEIR and
# CHAIN_BENCH name other programs than those of the release build, which is made otherwise.
set -euo pipefail
source "$(dirname "$0")/../release.sh"

if [ -z "${WEIR:-}" ] || [ -z "${CHAIN_BENCH:-}" ]; then build_release weir chain_bench; fi
export CHAIN_BENCH="${CHAIN_BENCH:-$PWD/build/release/src/enrich/chain_bench}"
exec "$python" bench/ingest/ingest.py "$@"
