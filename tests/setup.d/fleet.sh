#!/bin/sh
# Installs what the tests of fleets are judged by: ansible-core and the parser of prometheus_client in tests/.cache/ansible,
# and sshd from the package openssh-server, whose service is neither started nor kept. Running it again is harmless.
set -eu
venv=$(cd "$(dirname "$0")/.." && pwd)/.cache/ansible
wanted='ansible-core==2.19.4 prometheus_client==0.23.1 PyYAML'

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
[ -x /usr/sbin/sshd ] || missing="$missing openssh-server"
[ -x /usr/bin/ssh ] || missing="$missing openssh-client"
[ -x /usr/bin/systemd-analyze ] || missing="$missing systemd"
if [ -n "$missing" ]; then
    if ! command -v apt-get >/dev/null; then
        echo "No apt-get here; install what Debian calls:$missing" >&2
        exit 1
    fi
    as_root apt-get -o DPkg::Lock::Timeout=600 update -q
    # A policy of 101 keeps the package from starting its service; it goes again.
    policy=/usr/sbin/policy-rc.d
    made=
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
        made=yes
    fi
    # shellcheck disable=SC2086 # a list of names
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -o DPkg::Lock::Timeout=600 install -q -y --no-install-recommends $missing || {
        [ -z "$made" ] || as_root rm -f "$policy"
        exit 1
    }
    [ -z "$made" ] || as_root rm -f "$policy"
    case $missing in
    *openssh-server*) as_root systemctl --no-reload disable ssh.service ssh.socket >/dev/null 2>&1 || true ;;
    esac
fi

if [ "$(cat "$venv/wanted" 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi
rm -rf "$venv"
python3 -m venv "$venv"
# shellcheck disable=SC2086 # a list of packages
"$venv/bin/pip" install --quiet --disable-pip-version-check $wanted
echo "$wanted" >"$venv/wanted"
