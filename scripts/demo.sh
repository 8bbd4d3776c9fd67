#!/usr/bin/env bash
# From a fresh machine to segments: installs what a build needs, builds, links ./weir, and takes a generated world from raw
# lines to lookalike segment files. `scripts/demo.sh PEOPLE DAYS` takes another world than 20,000 people and 7 days.
set -euo pipefail
cd "$(dirname "$0")/.."
people=${1:-20000} days=${2:-7}
project=build/demo

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
run() {
  printf '$ weir %s\n' "$*"
  ./weir "$@"
}

scripts/setup.sh --build-only
cmake --preset release -DWEIR_BUILD_TESTS=OFF -DCMAKE_UNITY_BUILD=ON >/dev/null
cmake --build --preset release --target weir
ln -sfn build/release/weir weir

rm -rf "$project"
say "An ad-tech house: a project from the pack, and a world of $people people for $days days"
run new "$project" --pack adtech
run -C "$project" world generate --pack adtech --out "$project/world" --people "$people" --days "$days" --seed 1

say "Raw lines to segments: everything that is due"
began=$SECONDS
printf '$ weir -C %s run --parallel 2\n' "$project"
if [[ -t 2 ]]; then
  ./weir -C "$project" run --parallel 2 >"$project/run.txt"
else
  ./weir -C "$project" run --parallel 2 >"$project/run.txt" 2>"$project/run.log" || { tail -20 "$project/run.log" >&2 && exit 1; }
fi
tail -1 "$project/run.txt"
printf 'in %d s\n' $((SECONDS - began))
scripts/demo_summary.sh "$project"
