#!/usr/bin/env bash
# From a fresh machine to a look at weir: installs what a build needs, builds, links ./weir and shows a tour.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh --build-only
cmake --preset release -DWEIR_BUILD_TESTS=OFF >/dev/null
cmake --build --preset release --target weir
ln -sfn build/release/weir weir
scripts/tour.sh
