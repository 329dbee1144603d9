#!/bin/sh
# Installs the servers that the tests of connections meet: OpenLDAP's slapd, PostgreSQL, nginx, Apache httpd, GnuTLS's gnutls-serv and
# tinyproxy. The tests run them themselves, in folders of their own; no service is started or kept. Running it again is
# harmless.
set -eu

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
services=
need() { # need PACKAGE FILE [SERVICE]: the package, unless the file it brings is there
    if [ ! -e "$2" ]; then
        missing="$missing $1"
        services="$services ${3:-}"
    fi
}
need slapd /usr/sbin/slapd slapd.service
need nginx-light /usr/sbin/nginx nginx.service
need tinyproxy-bin /usr/bin/tinyproxy
need gnutls-bin /usr/bin/gnutls-serv
need apache2-bin /usr/sbin/apache2
set -- /usr/lib/postgresql/*/bin/postgres
need postgresql "$1" postgresql.service
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "No apt-get here; install what Debian calls:$missing" >&2
    exit 1
fi
as_root apt-get -o DPkg::Lock::Timeout=600 update -q
# A policy of 101 keeps packages from starting their services; it goes again.
policy=/usr/sbin/policy-rc.d
made=
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
    made=yes
fi
status=0
# shellcheck disable=SC2086 # a list of names
as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -o DPkg::Lock::Timeout=600 install -q -y --no-install-recommends $missing || status=$?
[ -z "$made" ] || as_root rm -f "$policy"
for service in $services; do
    as_root systemctl --no-reload disable "$service" >/dev/null 2>&1 || true
done
exit "$status"
