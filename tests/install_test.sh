#!/usr/bin/env bash
# Installs a build folder, moves the result and runs it with an empty environment: tests/install_test.sh build/release
set -euo pipefail
build=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

cmake --install "$build" --prefix "$tmp/installed" >"$tmp/log" || { cat "$tmp/log" && exit 1; }
mv "$tmp/installed" "$tmp/moved away"
weir="$tmp/moved away/bin/weir"

fail() {
  echo "failed: $*" >&2
  exit 1
}

# An empty environment; a build with sanitizers gets their settings.
run() {
  env -i "${sanitizers[@]}" "$weir" "$@"
}
mapfile -t sanitizers < <(env | grep -E '^(A|L|T|UB)SAN_OPTIONS=' || true)

cd "$tmp"
foreign=$(env -i ldd "$weir" | grep '=> /' | grep -vF "=> $tmp/" | grep -vE '/lib(c|m|dl|rt|pthread|resolv)\.so' || true)
[[ -z $foreign ]] || fail "libraries from outside the folder:"$'\n'"$foreign"
run version | grep -q '^weir ' || fail "weir version"
[[ $(run sql "select 42 as answer" --format csv | tr -d '\r') == $'answer\n42' ]] || fail "weir sql"
run doctor || fail "weir doctor"
# The delta extension is found beside the program: it reads what weir wrote.
run new shop >/dev/null
run -C shop sql "COPY (SELECT range AS id FROM range(10)) TO 'ids.parquet' (FORMAT parquet)" >/dev/null
run -C shop table import a.ids --from ids.parquet --mode append >/dev/null
[[ $(run -C shop sql "SELECT sum(id) AS s FROM a.ids" --format csv | tr -d '\r') == $'s\n45' ]] || fail "a table"
echo "installed, moved and run"
