#!/bin/sh
# Makes an agent's trust store hold a CA, now and after upgrades. For the %post of a package or an installer: no terminal, no
# questions, safe to run again.
#
#   install-agent-trust.sh --ca FILE --sha256 HEX --reason TEXT --store STORE
#                          [--service UNIT [--service-manager systemd|sysv|none]] [--check URL] [--manifest FILE]
#
# Writes the manifest (default /etc/trustmend/trust.toml) unless it is there, puts the CA beside it, and runs
# `trustmend sync`; with --service the service is restarted, and everything put back if it does not come up again. TRUSTMEND
# names the program (default: trustmend). Ends with 0 when the store is as declared, changed or not; otherwise with the code
# of `trustmend sync`.
set -eu

fail() {
    echo "install-agent-trust: $*" >&2
    exit 2
}

program=${TRUSTMEND:-trustmend}
manifest=/etc/trustmend/trust.toml
ca='' sha256='' reason='' store='' service='' manager=systemd url=''
while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || fail "$1 needs a value"
    case $1 in
    --ca) ca=$2 ;;
    --sha256) sha256=$2 ;;
    --reason) reason=$2 ;;
    --store) store=$2 ;;
    --service) service=$2 ;;
    --service-manager) manager=$2 ;;
    --check) url=$2 ;;
    --manifest) manifest=$2 ;;
    *) fail "unknown option $1" ;;
    esac
    shift 2
done
command -v "$program" >/dev/null || fail "there is no $program"

# A value as a TOML string. What would need escaping has no business in one of these.
quoted() {
    case $1 in
    *[\"\\]* | *"
"*) fail "this value cannot be written down: $1" ;;
    esac
    printf '"%s"' "$1"
}

if [ ! -e "$manifest" ]; then
    [ -n "$ca" ] && [ -n "$sha256" ] && [ -n "$reason" ] && [ -n "$store" ] ||
        fail "there is no $manifest, so --ca, --sha256, --reason and --store are needed"
    folder=$(dirname "$manifest")
    umask 022
    mkdir -p "$folder"
    name=$(basename "$ca")
    [ "$ca" -ef "$folder/$name" ] 2>/dev/null || cp "$ca" "$folder/$name"
    draft=$manifest.$$
    trap 'rm -f "$draft"' EXIT
    {
        echo 'version = 1'
        echo
        echo '[[certificate]]'
        echo "file = $(quoted "$name")"
        echo "sha256 = $(quoted "$sha256")"
        echo "reason = $(quoted "$reason")"
        echo
        echo '[[store]]'
        echo 'name = "agent"'
        echo "store = $(quoted "$store")"
        if [ -n "$service" ]; then
            echo 'services = ["agent"]'
            echo
            echo '[[service]]'
            echo 'name = "agent"'
            echo "unit = $(quoted "$service")"
            echo "manager = $(quoted "$manager")"
        fi
        if [ -n "$url" ]; then
            echo
            echo '[[check]]'
            echo "url = $(quoted "$url")"
        fi
    } >"$draft"
    # Nothing stays behind that cannot be carried out.
    "$program" sync "$draft" --dry-run --quiet >&2 </dev/null
    mv "$draft" "$manifest"
    trap - EXIT
fi

if [ -n "$service" ]; then
    set -- --restart
else
    set --
fi
exec "$program" sync "$manifest" "$@" </dev/null
