#!/usr/bin/env bash
# Runs every fuzzer for SECONDS (default 20) on what is kept in tests/fuzz/corpus and what earlier
# runs found (build/fuzz/corpus). A crash leaves its input in build/fuzz/ and ends with status 1.
#
#   scripts/fuzz.sh [SECONDS]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-20}

cmake -S . -B build/fuzz -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DWEIR_FUZZ=ON \
  -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 \
  -DWEIR_SANITIZE="address;undefined" --log-level=WARNING
cmake --build build/fuzz --target fuzzers

status=0
for name in log_entry schema_json intent words user_agent line tsv consent ip timestamp; do
  mkdir -p "build/fuzz/corpus/$name"
  echo "== $name, $seconds s"
  "build/fuzz/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -max_len=65536 -timeout=10 \
    -verbosity=0 -print_final_stats=1 -artifact_prefix="build/fuzz/$name-" \
    "build/fuzz/corpus/$name" "tests/fuzz/corpus/$name" > "build/fuzz/$name.log" 2>&1 ||
    { status=1; tail -50 "build/fuzz/$name.log"; }
  grep number_of_executed_units "build/fuzz/$name.log" || true
done
exit $status
