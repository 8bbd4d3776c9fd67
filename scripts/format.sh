#!/usr/bin/env bash
# Formats the C++ files under src/ with clang-format-19; with --check it only names those that differ, and fails.
set -euo pipefail
cd "$(dirname "$0")/.."
how=(-i)
[[ ${1:-} != --check ]] || how=(--dry-run --Werror)
find src -name '*.cpp' -o -name '*.h' | sort | xargs -r clang-format-19 "${how[@]}"
