#!/usr/bin/env bash
# Prints what a collector takes: durable events a second and the time of a request, with wrk on loopback on the same machine.
#   bench/collector/run.sh [--connections "8 32 64"] [--seconds 15] [--events 100] [--rate N] [--pixels]
# WEIR names another program than the release build; TMPDIR a folder on the disk that is to be measured.
set -euo pipefail
source "$(dirname "$0")/../release.sh"
if [ -z "${WEIR:-}" ]; then build_release weir; fi
command -v wrk >/dev/null || { echo "wrk is missing: apt-get install wrk" >&2; exit 1; }
exec "$python" bench/collector/collector.py "$@"
