#!/usr/bin/env python3
"""Times `trustmend generate` beside mkcert and openssl in one run and prints the table, ratios included.

Runs alternate between the programs, so that a slow minute of the machine hits all of them. Usage: benches/dev_certificates.py [RUNS]
(default 20); needs a release build, mkcert and openssl.
"""
import os, shutil, statistics, subprocess, sys, tempfile, time

RUNS = int(sys.argv[1]) if len(sys.argv) > 1 else 20
TRUSTMEND = os.path.abspath(os.path.join(os.environ.get("CARGO_TARGET_DIR", "target"), "release", "trustmend"))
NAMES = ["localhost", "127.0.0.1", "::1"]


def need(path, what):
    if not path or not os.path.exists(path):
        sys.exit(f"benches/dev_certificates.py: {what} is missing")
    return path


def run(argv, environment):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    if done.returncode != 0:
        sys.exit(f"{' '.join(argv)} failed: {done.stderr.decode(errors='replace')[-300:]}")


def compare(title, programs, environment):
    """programs: name -> a function of the run's new folder that gives the arguments. The first is ours; ratios are to it."""
    times = {name: [] for name in programs}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(RUNS + 1):
            for number, (name, argv) in enumerate(programs.items()):
                place = os.path.join(folder, f"{turn}-{number}")
                os.mkdir(place)
                start = time.perf_counter()
                run(argv(place), environment)
                # The first turn only warms the caches.
                if turn:
                    times[name].append((time.perf_counter() - start) * 1000)
    print(f"\n{title}\n  {'':34}{'min':>9}{'median':>9}{'max':>9} ms   ratio of medians")
    ours = statistics.median(next(iter(times.values())))
    for name, series in times.items():
        median = statistics.median(series)
        print(f"  {name:34}{min(series):9.1f}{median:9.1f}{max(series):9.1f}      {median / ours:9.2f}")


def main():
    need(TRUSTMEND, "target/release/trustmend (cargo build --release)")
    mkcert = need(shutil.which("mkcert"), "mkcert (apt-get install mkcert)")
    openssl = need(shutil.which("openssl"), "openssl")
    with tempfile.TemporaryDirectory() as home:
        environment = {"PATH": os.environ["PATH"], "HOME": home, "CAROOT": f"{home}/mkcert", "TRUSTMEND_AUDIT_LOG": "off"}
        authority = ["--ca-dir", f"{home}/ca"]
        password = f"{home}/password"
        with open(password, "w") as file:
            file.write("changeit\n")
        # Each makes its authority before the clock starts.
        run([TRUSTMEND, "generate", "localhost", *authority, "--out", f"{home}/first"], environment)
        os.mkdir(environment["CAROOT"])
        run([mkcert, "-cert-file", f"{home}/c.pem", "-key-file", f"{home}/k.pem", "localhost"], environment)

        def ours(key, *more):
            def argv(place):
                filled = [word.replace("PLACE", place) for word in more]
                return [TRUSTMEND, "generate", *NAMES, *authority, "--key", key, "--out", f"{place}/out", *filled]
            return argv

        def theirs(*more):
            return lambda place: [mkcert, *more, "-cert-file", f"{place}/c.pem", "-key-file", f"{place}/k.pem", *NAMES]

        def request(*key):
            names = "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"
            return lambda place: [openssl, "req", "-x509", *key, "-nodes", "-days", "90", "-subj", "/CN=localhost", "-addext", names,
                                  "-keyout", f"{place}/k.pem", "-out", f"{place}/c.pem"]

        compare("P-256 leaf, the authority is there (openssl: self-signed)", {
            "trustmend generate": ours("p256"),
            "mkcert -ecdsa": theirs("-ecdsa"),
            "openssl req -x509": request("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
        }, environment)
        compare("RSA-2048 leaf, the authority is there (openssl: self-signed)", {
            "trustmend generate": ours("rsa2048"),
            "mkcert": theirs(),
            "openssl req -x509": request("-newkey", "rsa:2048"),
        }, environment)
        keystore = ["--keystore-password-file", password, "--keystore"]
        compare("P-256 leaf in a keystore", {
            "trustmend generate, PKCS12": ours("p256", *keystore, "PLACE/s.p12"),
            "trustmend generate, JKS": ours("p256", *keystore, "PLACE/s.jks"),
            "mkcert -pkcs12 (RC2, 3DES)": lambda place: [mkcert, "-ecdsa", "-pkcs12", "-p12-file", f"{place}/s.p12", *NAMES],
        }, environment)


main()
