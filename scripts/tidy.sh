#!/usr/bin/env bash
# Lints C++ files with clang-tidy-19: those changed in the last commit and in the working tree, or with --all every one.
# At most --limit N files, drawn by WEIR_TEST_SEED, so that the short test run stays short. Takes the compile commands of --build DIR; without it, of build/dev, which it configures.
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
    build=build/dev
    cmake --preset dev >/dev/null
  fi
  mapfile -t files < <("${which}_files" | sort -u)
  count=${#files[@]}
  if ((count > limit)); then
    mapfile -t files < <(printf '%s\n' "${files[@]}" | shuf -n "$limit" --random-source=<(yes "${WEIR_TEST_SEED:-0}"))
  fi
  echo "tidy: ${#files[@]} of $count files ($which)"
  ((${#files[@]} == 0)) ||
    printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(nproc)" nice clang-tidy-19 -p "$build" --quiet --warnings-as-errors='*' 2>&1 |
    { grep -vE '^[0-9]+ warnings? (generated|treated)|^Suppressed|^Use -header-filter|^$' || true; }
}

all_files() {
  find src -name '*.cpp' | while read -r file; do built "$file"; done
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
