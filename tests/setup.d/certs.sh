#!/bin/sh
# Installs what judges the certificates that `generate` makes, on Debian: GnuTLS's certtool and NSS's certutil, for
# tests/it/generate_life.rs. Needs root. Running it again is harmless.
set -eu
missing=
[ -e /usr/bin/certtool ] || missing="$missing gnutls-bin"
[ -e /usr/bin/certutil ] || missing="$missing libnss3-tools"
[ -e /usr/sbin/update-ca-certificates ] || missing="$missing ca-certificates"
[ -n "$missing" ] || exit 0
# shellcheck disable=SC2086 # a list of packages
DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install -q -y --no-install-recommends $missing
