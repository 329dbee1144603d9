#!/usr/bin/env python3
"""Asks many servers on this machine, beside openssl s_client under xargs and sslyze, in one run.

nginx answers on every loopback address at one port, so each target is an address of its own. Checks what is promised:
10,000 targets in 64 MB, time that grows with their number and no faster, a tenth of sslyze's time and a fifth of openssl's
for each target. Usage: benches/targets.py [TARGETS] (default 10000); TRUSTMEND names the program (default:
target/release/trustmend). Needs nginx and openssl (tests/setup.d/servers.sh), GNU time, and pip for sslyze, which is put into
tests/.cache/sslyze.
"""
import os, socket, subprocess, sys, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TARGETS = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
TRUSTMEND = os.environ.get("TRUSTMEND", os.path.join(ROOT, "target/release/trustmend"))
CACHE = os.path.join(ROOT, "tests/.cache/sslyze")
JOBS = 64
CONF = """
worker_processes 2; worker_rlimit_nofile 4096; pid {home}/pid; error_log {home}/error.log crit; daemon off;
events {{ worker_connections 2000; }}
http {{
  access_log off; client_body_temp_path {home}/t; proxy_temp_path {home}/t; fastcgi_temp_path {home}/t;
  uwsgi_temp_path {home}/t; scgi_temp_path {home}/t;
  server {{ listen 0.0.0.0:{port} ssl backlog=4096; ssl_certificate {home}/chain.pem; ssl_certificate_key {home}/key.pem; return 200; }}
}}
"""


def sh(line, **more):
    return subprocess.run(line, shell=True, check=True, **more)


def measured(argv, **more):
    """Wall seconds, CPU seconds and peak MiB, by GNU time: a child of this interpreter would be charged with its memory."""
    with tempfile.NamedTemporaryFile() as told:
        start = time.perf_counter()
        subprocess.run(["/usr/bin/time", "-o", told.name, "-f", "%U %S %M", *argv], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, **more)
        wall = time.perf_counter() - start
        user, system, peak = open(told.name).read().split("\n")[-2].split()
    return wall, float(user) + float(system), int(peak) / 1024


def row(name, count, wall, cpu, peak):
    print(f"  {name:34}{count:7} targets{wall:9.2f} s{wall / count * 1000:9.2f} ms each{cpu / count * 1000:8.2f} ms CPU{peak:8.1f} MiB")
    return wall / count


def main():
    with tempfile.TemporaryDirectory() as home:
        sh(f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=Root -keyout {home}/ca.key "
           f"-out {home}/ca.pem 2>/dev/null && openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=leaf "
           f"-keyout {home}/key.pem -out {home}/csr 2>/dev/null && openssl x509 -req -in {home}/csr -CA {home}/ca.pem "
           f"-CAkey {home}/ca.key -days 30 -out {home}/leaf.pem 2>/dev/null && cat {home}/leaf.pem {home}/ca.pem >{home}/chain.pem")
        with socket.socket() as free:
            free.bind(("0.0.0.0", 0))
            port = free.getsockname()[1]
        open(f"{home}/nginx.conf", "w").write(CONF.format(home=home, port=port))
        nginx = subprocess.Popen(["nginx", "-c", f"{home}/nginx.conf", "-e", f"{home}/error.log"])
        try:
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except ConnectionRefusedError:
                    if nginx.poll() is not None:
                        sys.exit(open(f"{home}/error.log").read())
            compare(home, port)
        finally:
            nginx.terminate()
            nginx.wait()


def compare(home, port):
    def listed(count):
        with open(f"{home}/list{count}", "w") as file:
            file.writelines(f"127.1.{i >> 8 & 255}.{i & 255}:{port}\n" for i in range(count))
        return f"{home}/list{count}"

    def ours(count, *how):
        return measured([TRUSTMEND, "inspect", "--from-file", listed(count), "--jobs", str(JOBS), *how])

    ours(200, "--unordered")  # a run to warm up
    tenth = TARGETS // 10
    few = ours(tenth, "--unordered")
    many = ours(TARGETS, "--unordered")
    ordered = ours(TARGETS, "--json")
    some = min(TARGETS, 500)
    client = (f"xargs -a {listed(some)} -P {JOBS} -I TARGET sh -c 'openssl s_client -connect TARGET -showcerts </dev/null "
              ">/dev/null 2>&1'")
    openssl = measured(["sh", "-c", client])
    print(f"{JOBS} at once")
    each = row("trustmend inspect --unordered", TARGETS, *many)
    row("trustmend inspect --json", TARGETS, *ordered)
    before = row("trustmend inspect --unordered", tenth, *few)
    by_openssl = row("xargs -P openssl s_client", some, *openssl)
    by_sslyze = sslyze(home, listed(200), 200)
    s_time = subprocess.run(["openssl", "s_time", "-connect", f"127.0.0.1:{port}", "-new", "-time", "2"], capture_output=True, text=True)
    print("  openssl s_time: " + next(line for line in s_time.stdout.splitlines() if "connections in" in line))
    print(f"growth from {tenth} to {TARGETS}: {each / before:.2f} of the time for each; openssl {by_openssl / each:.1f} times ours, "
          f"sslyze {by_sslyze / each:.1f} times")
    failed = [what for what, holds in [
        ("64 MB", max(many[2], ordered[2]) <= 64),
        ("linear growth", each / before <= 1.25),
        ("a fifth of openssl", by_openssl / each >= 5),
        ("a tenth of sslyze", by_sslyze / each >= 10),
    ] if not holds]
    if failed:
        sys.exit("not met: " + ", ".join(failed))


def sslyze(home, targets, count):
    program = os.path.join(CACHE, "bin", "sslyze")
    if not os.path.exists(program):
        sh(f"python3 -m venv {CACHE} && {CACHE}/bin/pip install --quiet --disable-pip-version-check sslyze")
    return row("sslyze --certinfo", count, *measured([program, "--certinfo", "--targets_in", targets]))


main()
