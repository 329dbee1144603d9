#!/bin/sh
# Installs Python's cryptography in tests/.cache/stores, which reads the PKCS12 stores of tests/it/store_programs.rs. Needs
# Python 3.11 or newer with venv (on Debian the package python3-venv). Running it again is harmless.
set -eu
venv=$(cd "$(dirname "$0")/.." && pwd)/.cache/stores
wanted='cryptography==46.0.3'

if [ "$(cat "$venv/wanted" 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi
rm -rf "$venv"
python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check "$wanted"
echo "$wanted" >"$venv/wanted"
