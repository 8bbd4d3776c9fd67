#!/usr/bin/env bash
# Lints C++ files with clang-tidy-19: those changed in the last commit and in the working tree, or with --all every one.
# At most --limit N files, drawn by WEIR_TEST_SEED, so that the short test run stays short. Takes the compile commands of
# --build DIR; without it, of build/dev, or for --all of build/asan, which joins thirty-two files of a module to one: each
# header is read once for all of them.
set -euo pipefail
cd "$(dirname "$0")/.."

which=changed limit=100000 build=
while (($#)); do
  case $1 in
    --all) which=all ;;
    --limit) limit=$2 && shift ;;
    --build) build=$2 && shift ;;
    *) echo "usage: scripts/tidy.sh [--all] [--limit N] [--build DIR]" >&2 && exit 2 ;;
  esac
  shift
done

main() {
  local files count
  if [[ -z $build ]]; then
    build=build/$([[ $which == all ]] && echo asan || echo dev)
    cmake --preset "${build#build/}" >/dev/null
  fi
  export build
  mapfile -t files < <("${which}_files" | sort -u)
  count=${#files[@]}
  if ((count > limit)); then
    mapfile -t files < <(printf '%s\n' "${files[@]}" | shuf -n "$limit" --random-source=<(yes "${WEIR_TEST_SEED:-0}"))
  fi
  echo "tidy: ${#files[@]} of $count files ($which)"
  ((${#files[@]} == 0)) ||
    printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(nproc)" bash -c 'lint "$0"' 2>&1 |
    { grep -vE '^[0-9]+ warnings?( and [0-9]+ errors?)? (generated|treated)|^Suppressed|^Use -header-filter|^$' || true; }
}

# What tests may do: GoogleTest's macros nest and its fixtures are bases of tests; what is made is often made to throw;
# nobody waits for a vector, and their numbers are small.
left_out_of_tests=-readability-function-size,-cppcoreguidelines-virtual-class-destructor,-bugprone-unused-raii
left_out_of_tests+=,-performance-inefficient-vector-operation,-bugprone-narrowing-conversions
left_out_of_tests+=,-bugprone-implicit-widening-of-multiplication-result,-bugprone-misplaced-widening-cast
export left_out_of_tests

lint() {
  local left_out=-bugprone-suspicious-include
  if [[ $1 == *_test.cpp || $1 == *_test.dir/* ]]; then left_out+=,$left_out_of_tests; fi
  nice clang-tidy-19 -p "$build" --quiet --warnings-as-errors='*' --checks="$left_out" \
    --extra-arg=-Wno-unknown-warning-option "$1"
}
export -f lint

all_files() {
  sed -n 's/^ *"file": "\(.*\)",\{0,1\}$/\1/p' "$build/compile_commands.json"
}

# A changed header stands for the source of the same name.
changed_files() {
  { git diff --name-only --diff-filter=d "$(base)" -- src && git ls-files --others --exclude-standard src; } |
    sed -n 's/\.\(cpp\|h\)$/.cpp/p' | while read -r file; do built "$file"; done
}

# Prints the name of a file that the build folder knows; others have no flags to be linted with.
built() {
  if [[ -f $1 ]] && grep -qF "/$1\"" "$build/compile_commands.json"; then echo "$1"; fi
}

base() {
  local empty=4b825dc642cb6eb9a060e54bf8d69288fbee4904 # git's name of the tree without files
  git rev-parse -q --verify HEAD~1 || echo "$empty"
}

main
