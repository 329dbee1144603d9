#!/bin/sh
# Makes a service binding of type ca-certificates for images built with Paketo, out of certificates whose fingerprints were
# learnt another way:
#
#   make-binding.sh FOLDER SHA256=FILE...
#
# Mount FOLDER at $SERVICE_BINDING_ROOT/ca-certificates. Paketo takes one PEM certificate from each file.
set -eu
program=${TRUSTMEND:-trustmend}
[ $# -ge 2 ] || { echo "usage: make-binding.sh FOLDER SHA256=FILE..." >&2; exit 2; }
folder=$1
shift
mkdir -p "$folder"
printf 'ca-certificates' >"$folder/type"
for pinned in "$@"; do
    sha256=${pinned%%=*}
    file=${pinned#*=}
    store=$folder/.$sha256.pem
    # Refused unless the certificate has the fingerprint, is a CA and valid.
    "$program" import "$file" --fingerprint "$sha256" --store "$store" --format pem --no-backup --quiet --audit-log off </dev/null >&2
    mv "$store" "$folder/$sha256.pem"
done
