#!/usr/bin/env bash
# Lays out a Windows test bed on Linux: Wine 10 in a Debian trixie chroot, and the programs that the tests need.
#
#   bed.sh [DIR]    DIR: $ICINGA_WARDEN_BED, else ${XDG_CACHE_HOME:-/var/cache}/icinga-warden-bed
#
# What is there already stays; the first time takes about a minute and 900 MB. The way into a bed, from any
# folder of it:
#
#   DIR/enter /bed wine sc.exe query
#
# Exits with 1 and one line that says why when it cannot.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bed=${1:-${ICINGA_WARDEN_BED:-${XDG_CACHE_HOME:-/var/cache}/icinga-warden-bed}}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

cannot() {
  echo "Cannot lay out a Windows test bed: $*" >&2
  exit 1
}

# Runs a command quietly; when it fails, its last line is the reason.
try() {
  "$@" >"$log" 2>&1 </dev/null || cannot "'$1' failed: $(grep -av '^$' "$log" | tail -n 1)"
}

check_machine() {
  [[ $(uname -sm) == "Linux x86_64" ]] || cannot "it needs Linux on x86_64, and this is $(uname -sm)"
  [[ $EUID == 0 ]] || cannot "it needs root, for chroot"
  unshare --mount true 2>/dev/null || cannot "this machine lets root mount nothing (unshare --mount)"
}

# The machine's tools, by way of apt where they are missing.
need_tools() {
  local missing=()
  command -v debootstrap >/dev/null || missing+=(debootstrap)
  command -v x86_64-w64-mingw32-gcc >/dev/null || missing+=(gcc-mingw-w64-x86-64)
  ((${#missing[@]})) || return 0
  command -v apt-get >/dev/null || cannot "${missing[*]} is missing, and there is no apt-get"
  try apt-get update -qq
  try apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

# The Debian mirror that the machine itself uses.
mirror() {
  local format='$(ORIGIN) $(LABEL) $(REPO_URI)'
  apt-get indextargets --format "$format" 'Created-By: Packages' 2>/dev/null |
    awk '$1 == "Debian" && $2 == "Debian" { print $3; exit }'
}

lay_out_debian() {
  local from
  from=$(mirror)
  if [[ -z $from ]]; then
    try apt-get update -qq
    from=$(mirror)
  fi
  [[ -n $from ]] || cannot "the apt sources of this machine name no Debian mirror"
  rm -rf "$bed.partial"
  mkdir -p "$(dirname "$bed")"
  try unshare --mount debootstrap --variant=minbase --include=wine,wine64 trixie "$bed.partial" "$from"
  rm -f "$bed.partial"/var/cache/apt/archives/*.deb
  mv -T "$bed.partial" "$bed"
}

# The way in: its mounts are its own and end with it.
write_enter() {
  mkdir -p "$bed/bed/bin"
  cat >"$bed/enter" <<'ENTER'
#!/bin/sh
# enter FOLDER COMMAND [ARGUMENT...]: runs a command in the bed; FOLDER is a path inside.
bed=$(dirname "$(readlink -f "$0")")
folder=$1
shift
export bed folder
exec unshare --mount sh -c '
  for d in proc dev sys; do mount --rbind "/$d" "$bed/$d" || exit 1; done
  exec chroot "$bed" env -i -C "$folder" PATH=/usr/bin:/bin HOME=/root LC_ALL=C.UTF-8 XDG_RUNTIME_DIR=/tmp \
    WINEDEBUG=-all WINEDLLOVERRIDES=mscoree,mshtml= WINEPREFIX=/bed/prefix "$@"' enter "$@"
ENTER
  chmod +x "$bed/enter"
}

compile_programs() {
  local gcc="x86_64-w64-mingw32-gcc -O2 -municode"
  try $gcc -o "$bed/bed/bin/standin.exe" "$here/standin.c" -ladvapi32
  try $gcc -o "$bed/bed/bin/console.exe" "$here/console.c"
  try $gcc -o "$bed/bed/bin/control.exe" "$here/control.c" -ladvapi32
  try $gcc -o "$bed/bed/bin/hold.exe" "$here/hold.c"
  try $gcc -o "$bed/bed/bin/wevtutil.exe" "$here/wevtutil.c"
}

fetch_nssm() {
  python3 -m pip --version >/dev/null 2>&1 ||
    apt-get install -y -qq --no-install-recommends python3-pip >"$log" 2>&1 </dev/null || true
  "$here/nssm.sh" "$bed/bed/bin" || echo "the tests under NSSM will be skipped"
}

make_prefix() {
  [[ -d $bed/bed/prefix/drive_c ]] || try timeout 200 "$bed/enter" /bed wine wineboot -i
}

check_machine
need_tools
[[ -d $bed/usr ]] || lay_out_debian
write_enter
compile_programs
make_prefix
fetch_nssm
echo "Windows test bed: $bed ($("$bed/enter" /bed wine --version </dev/null))"
