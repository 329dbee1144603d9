#!/usr/bin/env python3
"""Times trustmend beside keytool and openssl in one run and prints the table, ratios included.

Runs alternate between the programs, so that a slow minute of the machine hits all of them. Usage: benches/peers.py [RUNS] (default 20); needs a release build.
"""
import glob, os, shutil, statistics, subprocess, sys, tempfile, time

RUNS = int(sys.argv[1]) if len(sys.argv) > 1 else 20
TRUSTMEND = os.path.join(os.environ.get("CARGO_TARGET_DIR", "target"), "release", "trustmend")
CACERTS = "/etc/ssl/certs/java/cacerts"
TIME = "/usr/bin/time"


def need(path, what):
    if not path or not os.path.exists(path):
        sys.exit(f"benches/peers.py: {what} is missing")
    return path


def run(argv):
    """Runs a program, which must succeed, and gives its standard error."""
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if done.returncode != 0:
        sys.exit(f"{' '.join(argv)} failed: {done.stderr.decode(errors='replace')[-300:]}")
    return done.stderr.decode(errors="replace")


def timed(setup, argv):
    """Wall milliseconds of one run."""
    setup()
    start = time.perf_counter()
    run(argv)
    return (time.perf_counter() - start) * 1000


def peak(setup, argv):
    """Peak MiB of one run, by GNU time: a child of this interpreter would be charged with its memory."""
    setup()
    return int(run([TIME, "-f", "%M", *argv]).strip().splitlines()[-1]) / 1024


def compare(title, programs):
    """programs: name -> (setup, argv). The first is ours; ratios are to it."""
    times = {name: [] for name in programs}
    memory = {name: peak(*program) for name, program in programs.items()}
    for _ in range(RUNS):
        for name, program in programs.items():
            times[name].append(timed(*program))
    print(f"\n{title}\n  {'':34}{'min':>9}{'median':>9}{'max':>9} ms{'peak':>8} MiB   ratio of medians")
    ours = statistics.median(next(iter(times.values())))
    for name, series in times.items():
        median = statistics.median(series)
        print(f"  {name:34}{min(series):9.1f}{median:9.1f}{max(series):9.1f}   {memory[name]:8.1f}       {median / ours:9.1f}")


def main():
    need(TRUSTMEND, "target/release/trustmend (cargo build --release)")
    need(TIME, "/usr/bin/time (apt-get install time)")
    need(CACERTS, f"{CACERTS} (apt-get install ca-certificates-java)")
    openssl = need(shutil.which("openssl"), "openssl")
    keytools = {}
    for path in sorted(glob.glob("/usr/lib/jvm/*/bin/keytool")):
        keytools.setdefault(os.path.realpath(path), path)
    need(next(iter(keytools.values()), None), "keytool (apt-get install openjdk-17-jdk-headless)")
    names = {path: "keytool " + path.split("/")[4] for path in keytools.values()}
    with tempfile.TemporaryDirectory() as folder:
        store = os.path.join(folder, "cacerts")
        nothing = lambda: None

        def fresh():
            """A new copy, on the disk before the clock starts: it is not the program's to flush."""
            shutil.copy(CACERTS, store)
            os.sync()

        subprocess.run([openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", f"{folder}/key.pem", "-out", f"{folder}/ca.pem", "-subj", "/CN=Bench CA", "-days", "30",
                        "-addext", "subjectAltName=DNS:localhost"], check=True, stderr=subprocess.DEVNULL)
        fresh()
        compare("list, the machine's cacerts", {
            "trustmend list": (nothing, [TRUSTMEND, "list", store]),
            **{names[k]: (nothing, [k, "-list", "-keystore", store, "-storepass", "changeit"]) for k in keytools.values()},
        })
        compare("import one CA into a copy of cacerts", {
            "trustmend import": (fresh, [TRUSTMEND, "import", f"{folder}/ca.pem", "--store", store]),
            **{names[k]: (fresh, [k, "-importcert", "-noprompt", "-alias", "bench", "-file", f"{folder}/ca.pem",
                                  "-keystore", store, "-storepass", "changeit"]) for k in keytools.values()},
        })
        port = "28443"
        server = subprocess.Popen([openssl, "s_server", "-accept", f"127.0.0.1:{port}", "-cert", f"{folder}/ca.pem", "-key",
                                   f"{folder}/key.pem", "-quiet"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        try:
            time.sleep(0.5)
            compare("inspect a loopback server", {
                "trustmend inspect": (nothing, [TRUSTMEND, "inspect", f"127.0.0.1:{port}"]),
                "openssl s_client": (nothing, [openssl, "s_client", "-connect", f"127.0.0.1:{port}", "-showcerts"]),
                **{names[k]: (nothing, [k, "-printcert", "-sslserver", f"127.0.0.1:{port}"]) for k in keytools.values()},
            })
        finally:
            server.kill()
        compare("generate a P-256 leaf with an existing authority", {
            "trustmend generate": (nothing, [TRUSTMEND, "generate", "localhost", "127.0.0.1", "--ca-dir", f"{folder}/authority",
                                             "--out", f"{folder}/leaf", "--force"]),
            "openssl req -x509": (nothing, [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                                            "-nodes", "-keyout", f"{folder}/k.pem", "-out", f"{folder}/c.pem", "-subj",
                                            "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]),
        })


main()
