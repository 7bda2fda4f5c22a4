#!/usr/bin/env bash
# Compiles the programs that tests/wine runs beside the exe, into dist/windows/: call it after ./compile.sh
# windows, whose import map it uses, and with the same DENO and DENORT_BIN.
set -euo pipefail
cd "$(dirname "$0")/../.."
read -ra deno <<<"${DENO:-deno}"
export DENO_NO_PACKAGE_JSON=1
for program in busy_service broken events connections; do
  "${deno[@]}" compile --quiet --no-check -A --no-config --import-map dist/deno.json --unstable-worker-options --unstable-vsock --target x86_64-pc-windows-msvc \
    --include lib/thread/worker.ts --include lib/windows/service_thread.ts \
    --output "dist/windows/$program.exe" "tests/wine/programs/$program.ts"
  "${deno[@]}" run --quiet -A tools/image_size.ts "dist/windows/$program.exe"
done
