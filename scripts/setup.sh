#!/usr/bin/env bash
# Builds .venv from requirements.lock and puts this checkout into it. Run it again at any time: it brings an
# environment up to date in a second, and rebuilds one that was left half made.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

venv=.venv
tools=.venv-tools
stamp=$venv/.complete
unfinished=$venv/.unfinished
# The versions 0.N of uv that this script takes: in each, uv may change what its commands do.
uv_first=8
uv_last=13

say() { printf 'setup: %s\n' "$*" >&2; }

# A name on PATH proves nothing: a pyenv shim is there for every version and runs for few.
is_python310() { "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 10))' >/dev/null 2>&1; }

find_python310() {
  local candidate
  if [[ -n ${PYTHON:-} ]]; then
    is_python310 "$PYTHON" && { command -v "$PYTHON"; return; }
    say "PYTHON is $PYTHON, which is no Python 3.10; looking for another"
  fi
  for candidate in python3.10 "$HOME"/.pyenv/versions/3.10.*/bin/python3.10; do
    is_python310 "$candidate" && { command -v "$candidate"; return; }
  done
  return 1
}

find_any_python() {
  local candidate
  for candidate in "$@" python3 python /usr/bin/python3; do
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 8))' >/dev/null 2>&1 && { echo "$candidate"; return; }
  done
  return 1
}

is_known_uv() {
  [[ $("$1" --version 2>/dev/null) =~ ^uv\ 0\.([0-9]+)\. ]] &&
    (( BASH_REMATCH[1] >= uv_first && BASH_REMATCH[1] <= uv_last ))
}

# uv from PATH, or else a private one. Some distributions ship Python without ensurepip, hence the second try.
find_uv() {
  local python wanted="uv>=0.$uv_first,<0.$((uv_last + 1))"
  if is_known_uv uv; then command -v uv; return; fi
  if ! is_known_uv $tools/bin/uv; then
    python=$(find_any_python "$@") || { say "found neither uv nor a Python of 3.8 or newer; install one of them"; return 1; }
    say "installing $wanted into $tools"
    rm -rf $tools
    { "$python" -m venv $tools && $tools/bin/python -m pip install --quiet "$wanted"; } >&2 ||
      { rm -rf $tools && "$python" -m pip install --quiet --target $tools "$wanted" >&2; } ||
      { say "could not install $wanted with $python -m pip; install it by hand and run this again"; return 1; }
  fi
  echo "$PWD/$tools/bin/uv"
}

# Two at a time would undo each other's work. What an interrupted run left behind may still be writing, too: it holds
# the lock until it ends.
if command -v flock >/dev/null; then
  exec 9<scripts/setup.sh
  flock 9
fi

python=$(find_python310 || true)
uv=$(find_uv ${python:+"$python"})

if [[ -e $unfinished ]] || ! is_python310 $venv/bin/python; then
  if [[ -z $python ]]; then
    say "no Python 3.10 found; uv fetches one"
    "$uv" python install 3.10 || {
      say "uv could not fetch Python 3.10; install it, or name one: PYTHON=/path/to/python3.10 make setup"
      exit 1
    }
    python=3.10
  fi
  say "making $venv"
  "$uv" venv --quiet --clear --python "$python" $venv
fi

rm -f $stamp
touch $unfinished
# The lock is complete, and overrides a pin of lava-dl (overrides.txt): nothing is resolved again here. A file whose
# hash is not in the lock is refused.
say "syncing requirements.lock (the first time fetches some gigabytes)"
# With PYTHONDONTWRITEBYTECODE, as many containers have it, every command would compile torch and Lightning again.
"$uv" pip sync --compile-bytecode --require-hashes --python $venv/bin/python requirements.lock
"$uv" pip install --quiet --python $venv/bin/python --no-deps --editable .
rm $unfinished
touch $stamp
say "done"
