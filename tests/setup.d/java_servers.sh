#!/bin/sh
# Installs the Java servers that development certificates are tried on: Tomcat 9 and Jetty 9.4 as Debian's jars, Spring Boot
# into tests/.cache/spring-boot. Spring Boot itself is on neither Debian nor PyPI; a wheel on PyPI carries a program made with
# it, of which only the jars that Spring Boot consists of are kept (Apache License, one EPL). Needs Python 3 with venv (on
# Debian the package python3-venv). No service is started. Running it again is harmless.
set -eu
cache=$(cd "$(dirname "$0")/.." && pwd)/.cache
spring=$cache/spring-boot
wheel='atoti-server==0.9.16'

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
[ -e /usr/share/java/tomcat9-catalina.jar ] || missing="$missing libtomcat9-java"
[ -e /usr/share/java/jetty9-server.jar ] || missing="$missing libjetty9-java"
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

if [ "$(cat "$spring/wanted" 2>/dev/null)" = "$wheel" ]; then
    exit 0
fi
mkdir -p "$cache"
if [ ! -x "$cache/pip/bin/pip" ]; then
    python3 -m venv "$cache/pip"
fi
work=$(mktemp -d "$cache/.spring-XXXXXX")
trap 'rm -rf "$work"' EXIT
"$cache/pip/bin/pip" download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$work" "$wheel"
"$cache/pip/bin/python" - "$work" <<'PYTHON'
import pathlib, re, sys, zipfile

wanted = re.compile(
    r"BOOT-INF/lib/((spring-(boot|boot-autoconfigure|core|jcl|context|beans|aop|expression|web)"
    r"|tomcat-embed-(core|el)|jakarta\.annotation-api|micrometer-(commons|observation))-[0-9][^/]*\.jar)"
)
work = pathlib.Path(sys.argv[1])
jars = work / "jars"
jars.mkdir()
(wheel,) = work.glob("*.whl")
with zipfile.ZipFile(wheel) as outer, outer.open("_atoti_server/__resources__/server.jar") as file:
    with zipfile.ZipFile(file) as inner:
        for name in inner.namelist():
            if found := wanted.fullmatch(name):
                (jars / found[1]).write_bytes(inner.read(name))
PYTHON
echo "$wheel" >"$work/jars/wanted"
rm -rf "$spring"
mv "$work/jars" "$spring"
