#!/usr/bin/env bash
# Prints the table of bench/identity/README.md: `bench/identity/run.sh [--pairs N] [--without-rival]`.
set -euo pipefail
source "$(dirname "$0")/../release.sh"

if [ -z "${WEIR:-}" ]; then build_release weir; fi
exec "$python" bench/identity/identity.py "$@"
