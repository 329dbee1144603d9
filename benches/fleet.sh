#!/bin/sh
# 200 simulated hosts (local connections, a store and an agent each) with --forks 20: all right after the first run, none
# touched by the second. Needs what tests/setup.d/fleet.sh installs. Usage: benches/fleet.sh [HOSTS [FORKS]]; TRUSTMEND names
# the program (default: target/release/trustmend).
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
program=${TRUSTMEND:-$root/target/release/trustmend}
hosts=${1:-200} forks=${2:-20}
venv=$root/tests/.cache/ansible
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
export HOME="$home" ANSIBLE_COLLECTIONS_PATH="$home/collections" ANSIBLE_PIPELINING=1 LC_ALL=C.UTF-8 TRUSTMEND_AUDIT_LOG=off
mkdir -p "$home/collections/ansible_collections/trustmend"
ln -s "$root/contrib/ansible" "$home/collections/ansible_collections/trustmend/fleet"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 900 -subj '/CN=Fleet CA' \
    -addext keyUsage=critical,keyCertSign -keyout "$home/ca.key" -out "$home/ca.pem" 2>/dev/null
sha256=$(openssl x509 -in "$home/ca.pem" -noout -fingerprint -sha256 | cut -d= -f2)
"$program" convert mozilla: "$home/shipped.jks" --quiet >/dev/null
{
    echo "[all:vars]"
    echo "ansible_connection=local"
    echo "ansible_python_interpreter=$venv/bin/python"
    echo "[all]"
    i=0
    while [ "$i" -lt "$hosts" ]; do
        mkdir -p "$home/hosts/h$i"
        cp "$home/shipped.jks" "$home/hosts/h$i/trust.jks"
        echo "h$i folder=$home/hosts/h$i"
        i=$((i + 1))
    done
} >"$home/inventory"
cat >"$home/play.yml" <<PLAY
- hosts: all
  gather_facts: false
  tasks:
    - trustmend.fleet.trust:
        store: "{{ folder }}/trust.jks"
        executable: "$program"
        audit_log: "off"
        certificates:
          - {src: "$home/ca.pem", sha256: ["$sha256"], reason: "CHG-4711"}
      notify: restart
  handlers:
    - name: restart
      ansible.builtin.raw: "echo restart >>{{ folder }}/calls"
PLAY

play() {
    start=$(date +%s)
    "$venv/bin/ansible-playbook" -i "$home/inventory" --forks "$forks" "$home/play.yml" >"$home/said" ||
        { cat "$home/said"; exit 1; }
    end=$(date +%s)
    echo "$1: $((end - start)) s for $hosts hosts, $(grep -c "changed=$2 .*failed=0" "$home/said") as expected"
    [ "$(grep -c "changed=$2 .*failed=0" "$home/said")" = "$hosts" ]
}
play 'first run' 2
cat "$home"/hosts/*/trust.jks | sha256sum >"$home/before"
play 'second run' 0
cat "$home"/hosts/*/trust.jks | sha256sum | cmp - "$home/before"
[ "$(cat "$home"/hosts/*/calls | wc -l)" = "$hosts" ]
for store in "$home"/hosts/h0 "$home/hosts/h$((hosts - 1))"; do
    "$program" list "$store/trust.jks" | grep -q 'Fleet CA'
done
echo "all right, none touched twice"
