# Read by each run.sh of the bench: goes to the repository and knows its Python and its release build.
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PYTHONPATH=bench PYTHONDONTWRITEBYTECODE=1
python=.deps/venv/bin/python
if [ ! -x "$python" ]; then
  echo "$0: $python is not there: run scripts/setup.sh" >&2
  exit 1
fi

# Makes targets of the release build.
build_release() {
  cmake --preset release >/dev/null
  cmake --build --preset release --target "$@" >/dev/null
}
