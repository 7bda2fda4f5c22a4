#!/usr/bin/env bash
# Compiles the program into dist/: ./compile.sh [TARGET]
#
#   windows        icinga-warden.exe
#   windows-arm64  icinga-warden-arm64.exe; nobody has run it yet
#   linux          icinga-warden
#   all            those for Windows on x86-64 and for Linux (default)
#
#   DENO         the deno command to compile with (default: deno on the path, else the version in .deno-version, by npx)
#   SIGN_COMMAND signs the Windows exe in place: it is called with the file's path (default: the exe is not signed)
#   DENORT_BIN   the base runtime to build upon (default: Deno downloads its own); it serves one target alone
set -euo pipefail
cd "$(dirname "$0")"

target=${1:-all}
case $target in
  windows | windows-arm64 | linux) targets=$target ;;
  all) targets="windows linux" ;;
  *)
    echo "compile.sh: unknown target '$target'; expected windows, windows-arm64, linux or all" >&2
    exit 2
    ;;
esac
if [[ $targets == *" "* && -n ${DENORT_BIN:-} ]]; then
  echo "compile.sh: DENORT_BIN is the base runtime of one platform; name the target, windows, windows-arm64 or linux" >&2
  exit 2
fi

if [[ -n ${DENO:-} ]]; then
  read -ra deno <<<"$DENO"
elif command -v deno >/dev/null; then
  deno=(deno)
else
  deno=(npx -y "deno@$(<.deno-version)")
fi

mkdir -p dist
commit=$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
[[ -z $(git status --porcelain 2>/dev/null) ]] || commit+=-modified
printf '{ "commit": "%s" }\n' "$commit" >dist/build.json

# A package.json above the checkout must not draw its node_modules into the exe.
export DENO_NO_PACKAGE_JSON=1
# Behind a proxy with a certificate of its own the system's certificates count too.
export DENO_TLS_CA_STORE=${DENO_TLS_CA_STORE:-system,mozilla}
"${deno[@]}" run --quiet --frozen -A tools/bundle.ts dist
"${deno[@]}" run --quiet --frozen -A tools/types.ts dist/types.json

# An agent runs for months and does little: V8's smaller heaps, and one compiler less for the code that runs at its
# start, save 4 MB and more for each daemon. What runs hot is still compiled by TurboFan.
v8_flags=--optimize-for-size,--no-maglev

# What 'icinga-warden docs' prints.
pages=()
for page in README.md docs/*.md docs/*.schema.json; do pages+=(--include "$page"); done

# Without --no-config Deno 2.9 takes the import map of the checkout, and the packages as a whole, instead of the bundles.
mapfile -t unstable < <(sed -n 's/^ *"unstable": \[\(.*\)\],$/\1/p' deno.json | grep -o '[a-z-]*' | sed 's/^/--unstable-/')

# Without --no-code-cache the exe would run compiled code from a file in the folder for temporary files, which under the
# account LocalSystem any user can put there first.
compile() { # <target triple> <file>
  "${deno[@]}" compile --quiet --no-check -A --no-prompt --no-code-cache --v8-flags="$v8_flags" \
    --no-config --import-map dist/deno.json "${unstable[@]}" --target "$1" --output "$2" \
    --include dist/thread/worker.js --include lib/registry/probe_worker.ts --include lib/testing/worker.ts \
    --include lib/daemon/author.ts --include lib/testing/author.ts \
    "${pages[@]}" \
    --include lib/windows/service_thread.ts --include lib/page --include dist/build.json --include dist/types.json main.ts
}

# The signature covers all else.
finish() { # <exe for Windows>
  "${deno[@]}" run --quiet --frozen -A tools/resources.ts "$1" "$commit"
  "${deno[@]}" run --quiet --frozen -A tools/image_size.ts "$1"
  [[ -z ${SIGN_COMMAND:-} ]] || { read -ra sign <<<"$SIGN_COMMAND" && "${sign[@]}" "$1"; }
}

explain() { # <log>
  if [[ -z ${DENORT_BIN:-} ]] && grep -qE 'denort|dl\.deno' "$1"; then
    echo "compile.sh: cannot fetch Deno's base runtime: Deno's download host is out of reach from here." >&2
    echo "compile.sh: set DENORT_BIN to a denort of the same Deno version and the target's platform (docs/building.md)." >&2
  else
    cat "$1" >&2
  fi
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
for name in $targets; do
  case $name in
    windows) triple=x86_64-pc-windows-msvc file=dist/icinga-warden.exe ;;
    windows-arm64) triple=aarch64-pc-windows-msvc file=dist/icinga-warden-arm64.exe ;;
    linux) triple=x86_64-unknown-linux-gnu file=dist/icinga-warden ;;
  esac
  compile "$triple" "dist/new/${file#dist/}" >"$log" 2>&1 || { explain "$log"; exit 1; }
  [[ $name == linux ]] || finish "dist/new/${file#dist/}"
  mv "dist/new/${file#dist/}" "$file"
  printf '%s  %s bytes  sha256 %s\n' "$file" "$(wc -c <"$file")" "$(sha256sum "$file" | cut -d' ' -f1)"
done
