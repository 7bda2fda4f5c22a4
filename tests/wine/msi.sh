#!/usr/bin/env bash
# Makes dist/icinga-warden.msi, and into dist/windows/ what tests/wine/msi.test.ts installs besides: call it after
# ./compile.sh windows and tests/wine/compile.sh, with the same DENO.
set -euo pipefail
cd "$(dirname "$0")/../.."
read -ra deno <<<"${DENO:-deno}"
[[ dist/icinga-warden.msi -nt dist/icinga-warden.exe ]] || packaging/msi.sh
cp dist/icinga-warden.exe dist/windows/older.exe
"${deno[@]}" run --quiet -A tools/resources.ts dist/windows/older.exe older 0.0.1
packaging/msi.sh dist/windows/older.exe dist/windows/older.msi 0.0.1
packaging/msi.sh dist/windows/broken.exe dist/windows/broken.msi 255.0.0
