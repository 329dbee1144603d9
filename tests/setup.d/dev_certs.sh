#!/bin/sh
# Installs what development certificates are judged by: Node and Chromium, the linter pkilint in tests/.cache/pkilint, and
# mkcert for the benches. No service is started. Running it again is harmless.
set -eu
venv=$(cd "$(dirname "$0")/.." && pwd)/.cache/pkilint
wanted='pkilint==0.13.3'

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        sudo "$@"
    else
        echo "Only root can run: $*" >&2
        exit 1
    fi
}

missing=
[ -x /usr/bin/chromium ] || missing="$missing chromium"
[ -x /usr/bin/node ] || missing="$missing nodejs"
[ -x /usr/bin/mkcert ] || missing="$missing mkcert"
if [ -n "$missing" ]; then
    if ! command -v apt-get >/dev/null; then
        echo "No apt-get here; install what Debian calls:$missing" >&2
        exit 1
    fi
    as_root apt-get -o DPkg::Lock::Timeout=600 update -q
    # shellcheck disable=SC2086 # a list of names
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -o DPkg::Lock::Timeout=600 install -q -y --no-install-recommends $missing
fi

if [ "$(cat "$venv/wanted" 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi
rm -rf "$venv"
python3 -m venv "$venv"
# shellcheck disable=SC2086 # a list of packages
"$venv/bin/pip" install --quiet --disable-pip-version-check $wanted
echo "$wanted" >"$venv/wanted"
