#!/bin/sh
# Installs a real SCIM server from PyPI (scim2-server under gunicorn) into tests/.cache/venv, for tests/it/scim_server.rs.
# Needs Python 3.11 or newer with venv (on Debian the package python3-venv). Running it again is harmless.
set -eu
venv=$(cd "$(dirname "$0")/.." && pwd)/.cache/venv
wanted='scim2-server==0.8.3 gunicorn==27.0.1'

if [ "$(cat "$venv/wanted" 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi
rm -rf "$venv"
python3 -m venv "$venv"
# shellcheck disable=SC2086 # a list of packages
"$venv/bin/pip" install --quiet --disable-pip-version-check $wanted
echo "$wanted" >"$venv/wanted"
