#!/usr/bin/env bash
# Sets up, builds with sanitizers and runs every test; ends with `N passed, N failed`.
#
#   scripts/test.sh          what CI runs: at most 25 minutes on two cores, from clean
#   scripts/test.sh --long [PART…]
#                            before an issue is closed: ten times the random rounds (asan), the promised sizes (sized),
#                            every peer (peers), thread sanitizer (tsan), each file by itself and without warnings (dev;
#                            all else joins files), lint of every file (tidy), the bench (bench), and both commands on a
#                            fresh machine (fresh-demo, fresh-test). A part that passed is not run again for the same
#                            files, so that it can be resumed.
#
# Whole chains, and tests that do the same at one point after another, take turns in the short run: the seed draws one in
# ten of them.
# Random tests take WEIR_TEST_SEED (a fresh one if not set) and run WEIR_TEST_ROUNDS rounds.
set -euo pipefail
cd "$(dirname "$0")/.."

results=$PWD/build/results
python=.deps/venv/bin/python
skip=77 # the exit code of a part that can't run here
unset WEIR_FAILPOINT
WEIR_TEST_SEED=${WEIR_TEST_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
export WEIR_TEST_SEED

main() {
  echo "WEIR_TEST_SEED=$WEIR_TEST_SEED"
  scripts/setup.sh --test-build
  rm -rf "$results" && mkdir -p "$results"
  touch "$results/parts.txt"
  case ${1:-} in
    '') run_short ;;
    --long) scripts/setup.sh && run_long "${@:2}" ;;
    *) echo "usage: scripts/test.sh [--long [PART…]]" >&2 && exit 2 ;;
  esac
  scripts/count_tests.py "$results"
}

run_short() {
  export WEIR_TEST_ROUNDS=${WEIR_TEST_ROUNDS:-20}
  scripts/setup.sh >"$results/setup.log" 2>&1 & # what the tests need beside the program, while that is built
  local setup=$!
  check format scripts/format.sh --check
  check build build asan
  wait "$setup" || { cat "$results/setup.log" && exit 1; }
  test_programs asan --timeout 120 -LE '^long$' -E "$(left_out asan)"
  check tidy scripts/tidy.sh --limit 12
  test_peers tests/python -m short
}

run_long() {
  export WEIR_TEST_ROUNDS=${WEIR_TEST_ROUNDS:-200}
  local parts=("$@") part
  ((${#parts[@]})) || parts=(asan sized peers tsan dev tidy bench fresh-demo fresh-test)
  check format scripts/format.sh --check
  check build build asan
  for part in "${parts[@]}"; do once "$part"; done
}

# One part of the long run.
run_part() {
  case $1 in
    asan) test_programs asan --timeout 900 ;;
    sized) test_sized ;;
    peers) test_peers tests/python ;;
    tsan) test_threads ;;
    dev) check dev build dev ;;
    tidy) check tidy scripts/tidy.sh --all ;;
    bench) check bench run_if_there bench/run.sh ;;
    fresh-demo) check fresh-demo on_fresh_machine ./scripts/demo.sh ;;
    fresh-test) check fresh-test on_fresh_machine ./scripts/test.sh ;;
    *) check "$1" no_part "$1" ;;
  esac
}

no_part() {
  echo "test.sh: the long run has no part $1" >&2
  return 1
}

# Runs one part and notes whether it passed. What fails doesn't stop the others, but for a build.
check() {
  local name=$1 start=$SECONDS outcome=passed
  shift
  echo "== $name"
  "$@" || outcome=$([[ $? == "$skip" ]] && echo skipped || echo failed)
  echo "$outcome $name" >>"$results/parts.txt"
  echo "== $name $outcome after $((SECONDS - start)) s"
  if [[ $name == build && $outcome == failed ]]; then scripts/count_tests.py "$results" || exit 1; fi
}

# Says why a part can't run here, to check.
skip() {
  echo "skipped: $*"
  return "$skip"
}

build() {
  cmake --preset "$1" >"$results/cmake-$1.log" || { cat "$results/cmake-$1.log" && return 1; }
  cmake --build --preset "$1" "${@:2}"
}

# ctest with the results in XML, the cases inside each program too.
test_programs() {
  local preset=$1
  shift
  echo "== tests ($preset)"
  mkdir -p "$results/gtest/$preset"
  GTEST_OUTPUT="xml:$results/gtest/$preset/" ctest --preset "$preset" --output-junit "$results/ctest-$preset.xml" "$@" || true
  [[ -s $results/ctest-$preset.xml ]] || echo "failed ctest" >>"$results/parts.txt"
}

# A pattern of the tests that take turns and don't come this time. The seed draws which; the long run has them all.
left_out() {
  local names
  mapfile -t names < <(ctest --preset "$1" -N -L '^turn$' | sed -n 's/^ *Test *#[0-9]*: //p' |
    shuf --random-source=<(yes "$WEIR_TEST_SEED") | awk 'NR % 10')
  echo "left out this time: ${names[*]}" >&2
  (IFS='|' && echo "^(${names[*]})\$")
}

# At the sizes that are promised, without sanitizers; rounds are those of the long form.
test_sized() {
  check build build sized
  (unset WEIR_TEST_ROUNDS && test_programs sized -L '^sized$')
}

# The layers whose own code runs on several threads (cmake/weir_module.cmake names them).
test_threads() {
  check build build tsan --target thread_tests
  test_programs tsan --timeout 900 -L '^threads$'
}

# Other readers and writers of Delta tables against the sanitized program. Their whole matrix takes longer than the
# short run may, so that has what is marked `short`.
test_peers() {
  if [[ ! -x $python ]]; then
    check peers skip "no $python"
    return
  fi
  ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=0:malloc_context_size=2:max_malloc_fill_size=0:quarantine_size_mb=16 LSAN_OPTIONS=suppressions=$PWD/scripts/sanitizers/lsan.supp:print_suppressions=0 \
    UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 WEIR=${WEIR:-build/asan/weir} \
    "$python" -m pytest -q --durations=10 -p no:cacheprovider --junitxml="$results/pytest.xml" "$@" ||
    [[ $? == 1 ]] || echo "failed pytest" >>"$results/parts.txt" # 1: tests failed, and the XML says which
}

run_if_there() {
  if [[ -x $1 ]]; then "$@"; else skip "no $1"; fi
}

on_fresh_machine() {
  if [[ -x ../shared/tools/fresh-machine.sh && $EUID == 0 ]]; then
    ../shared/tools/fresh-machine.sh "$@"
  else
    skip "no tool for a fresh machine here"
  fi
}

# Runs a part of the long run unless it passed before with the files as they are now.
once() {
  local stamp=build/long/$1 state before after
  state=$(git rev-parse HEAD^{tree})-$({ git diff HEAD && git ls-files -o --exclude-standard | xargs -r sha256sum; } | sha256sum | cut -c1-12)
  if [[ -f $stamp && $(<"$stamp") == "$state" ]]; then
    echo "== $1 passed before, for the same files"
    echo "passed $1 (before)" >>"$results/parts.txt"
    return
  fi
  before=$(not_passed)
  run_part "$1"
  after=$(not_passed)
  mkdir -p build/long
  [[ $before != "$after" ]] || echo "$state" >"$stamp"
}

not_passed() {
  { scripts/count_tests.py "$results" || true; } | grep -c ^FAILED || true
  grep -c ^skipped "$results/parts.txt" || true
}

main "$@"
