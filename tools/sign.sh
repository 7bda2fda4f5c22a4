#!/usr/bin/env bash
# Signs an exe or MSI in place with osslsigncode; for SIGN_COMMAND of compile.sh and packaging/msi.sh: tools/sign.sh FILE
#
#   SIGN_PKCS12     the file with the certificate and its key
#   SIGN_PASSWORD   the file with its password
#   SIGN_TIMESTAMP  the address of a timestamp server (default: none; then the signature ends with the certificate)
set -euo pipefail
file=$1
stamp=()
[[ -z ${SIGN_TIMESTAMP:-} ]] || stamp=(-ts "$SIGN_TIMESTAMP")
osslsigncode sign -pkcs12 "$SIGN_PKCS12" -readpass "$SIGN_PASSWORD" -h sha256 -n icinga-warden "${stamp[@]}" \
  -in "$file" -out "$file.signed" >&2
mv "$file.signed" "$file"
