#!/usr/bin/env bash
# Prints the table of bench/identity/README.md: `bench/identity/run.sh [--pairs N] [--without-rival]`; with `kernel` as the first word
# the kernel's stages, with `shapes` integer edges beside other libraries, with `increment` a day beside a rebuild.
set -euo pipefail
source "$(dirname "$0")/../release.sh"

what=${1:-}
case $what in
  kernel)
    build_release identity_kernel_bench
    exec build/release/bench/identity/identity_kernel_bench strings "${2:-10000000}" ;;
  shapes)
    build_release identity_kernel_bench
    exec "$python" bench/identity/shapes.py "${@:2}" ;;
esac
if [ -z "${WEIR:-}" ]; then build_release weir; fi
if [ "$what" = increment ]; then exec "$python" bench/identity/increment.py "${@:2}"; fi
exec "$python" bench/identity/identity.py "$@"
