#!/bin/sh
# Installs what the tests are judged by, on Debian 12 or newer: a JDK if there is none, Tomcat 10 without its service,
# openssl, GnuTLS's and NSS's certificate tools, curl, acl, strace, Python's venv. As root or through sudo; otherwise it
# prints what is missing and ends with 1. Running it again is harmless. Then runs the scripts of tests/setup.d in order,
# each of which serves tests of one kind.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

missing=
need() { # need PACKAGE FILE: the package, unless the file it brings is there
    [ -e "$2" ] || missing="$missing $1"
}
need tomcat10-user /usr/share/tomcat10/bin/catalina.sh
need libtomcat10-embed-java /usr/share/java/tomcat10-embed-core.jar
need openssl /usr/bin/openssl
need iproute2 /usr/sbin/ip
need acl /usr/bin/setfacl
need curl /usr/bin/curl
need strace /usr/bin/strace
need make /usr/bin/make
need gnutls-bin /usr/bin/certtool
need libnss3-tools /usr/bin/certutil
need ca-certificates /usr/sbin/update-ca-certificates
python3 -c 'import ensurepip' 2>/dev/null || missing="$missing python3-venv"
set -- /usr/lib/jvm/*/bin/javac
[ -e "$1" ] || missing="$missing openjdk-17-jdk-headless"

if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ]; then
        as_root=
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        as_root=sudo
    else
        echo "The tests need these packages, and only root can install them:" >&2
        printf '    %s\n' $missing >&2
        echo "Run: sudo apt-get install --no-install-recommends$missing" >&2
        exit 1
    fi
    if ! command -v apt-get >/dev/null; then
        echo "No apt-get here; install what Debian calls:$missing" >&2
        exit 1
    fi
    $as_root apt-get update -q
    # shellcheck disable=SC2086 # a list of names
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -q -y --no-install-recommends $missing
fi

for script in "$here"/setup.d/*.sh; do
    [ -e "$script" ] || continue
    sh "$script"
done
