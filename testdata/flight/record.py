#!/usr/bin/env python3
"""Records the first flights of servers of each kind into this folder, and flights.tsv, which says what is in them.

What the table says comes from elsewhere than the flights: the chain from the files the servers were given, version and suite
from Python's ssl module (OpenSSL), which finishes a handshake of its own with each server. Needs what tests/setup.sh installs.
Usage: testdata/flight/record.py
"""
import glob, hashlib, os, re, socket, ssl, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
LDAP = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"
POSTGRES = b"\0\0\0\x08\x04\xd2\x16\x2f"


def sh(home, line):
    subprocess.run(line, shell=True, check=True, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make(home):
    """A root, a leaf of each kind of key, an OCSP response, a keystore."""
    sh(home, "openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj '/O=Corp/CN=Flight Root' -keyout ca.key -out ca.pem")
    for name, key in [("rsa", "rsa:2048"), ("ec", "ec -pkeyopt ec_paramgen_curve:P-256")]:
        sh(home, f"openssl req -newkey {key} -nodes -subj /CN=localhost -keyout {name}.key -out {name}.csr && openssl x509 -req "
                 f"-in {name}.csr -CA ca.pem -CAkey ca.key -days 3650 -out {name}.pem && cat {name}.pem ca.pem >{name}-chain.pem")
    serial = subprocess.check_output(["openssl", "x509", "-in", "rsa.pem", "-noout", "-serial"], cwd=home, text=True)
    with open(f"{home}/index", "w") as index:
        index.write(f"V\t491231235959Z\t\t{serial.strip().split('=')[1]}\tunknown\t/CN=localhost\n")
    sh(home, "openssl ocsp -index index -CA ca.pem -rsigner ca.pem -rkey ca.key -issuer ca.pem -cert rsa.pem -ndays 3650 "
             "-respout ocsp.der -noverify")
    sh(home, "openssl pkcs12 -export -in rsa-chain.pem -inkey rsa.key -passout pass:changeit -name server -out server.p12")


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def openssl(*flags, key="rsa"):
    def start(home, port):
        return ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", f"{key}.pem", "-key", f"{key}.key", "-cert_chain",
                "ca.pem", "-quiet", *flags]
    return start


def gnutls(priority, *flags):
    def start(home, port):
        return ["gnutls-serv", "--quiet", "--http", "--port", str(port), "--x509certfile", "rsa-chain.pem", "--x509keyfile",
                "rsa.key", "--priority", priority, *flags]
    return start


def nginx(lines, key="rsa"):
    def start(home, port):
        temporary = "".join(f"{kind}_temp_path {home}/t;" for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
        with open(f"{home}/nginx.conf", "w") as conf:
            conf.write(f"daemon off; pid {home}/pid; error_log {home}/error.log crit; events {{}} http {{ access_log off; {temporary}"
                       f"server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {home}/{key}-chain.pem; "
                       f"ssl_certificate_key {home}/{key}.key; {lines} }} }}")
        return ["nginx", "-c", f"{home}/nginx.conf", "-e", f"{home}/error.log"]
    return start


def slapd(home, port):
    with open(f"{home}/slapd.conf", "w") as conf:
        conf.write(f"include /etc/ldap/schema/core.schema\npidfile {home}/slapd.pid\nTLSCertificateFile {home}/rsa-chain.pem\n"
                   f"TLSCertificateKeyFile {home}/rsa.key\n")
    return ["/usr/sbin/slapd", "-d", "0", "-f", f"{home}/slapd.conf", "-h", f"ldap://127.0.0.1:{port}/"]


def postgres(home, port):
    binaries = max(glob.glob("/usr/lib/postgresql/*/bin"))
    nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"] if os.getuid() == 0 else []
    sh(home, "mkdir pg && cp rsa-chain.pem rsa.key pg/ && chmod 600 pg/rsa.key && chmod 711 .")
    if nobody:
        sh(home, "chown -R nobody pg")
    subprocess.run([*nobody, f"{binaries}/initdb", "-D", f"{home}/pg/data", "-U", "test", "-A", "trust", "--no-sync"], check=True,
                   stdout=subprocess.DEVNULL, cwd="/")
    return [*nobody, f"{binaries}/postgres", "-D", f"{home}/pg/data", "-h", "127.0.0.1", "-p", str(port), "-c", "ssl=on", "-c",
            f"ssl_cert_file={home}/pg/rsa-chain.pem", "-c", f"ssl_key_file={home}/pg/rsa.key", "-c", "unix_socket_directories="]


def jsse(home, port):
    with open(f"{home}/Serve.java", "w") as source:
        source.write("""
import java.io.FileInputStream; import java.net.InetSocketAddress; import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory; import javax.net.ssl.SSLContext;
import com.sun.net.httpserver.HttpsConfigurator; import com.sun.net.httpserver.HttpsServer;
public class Serve { public static void main(String[] args) throws Exception {
  KeyStore store = KeyStore.getInstance("PKCS12");
  store.load(new FileInputStream(args[0]), "changeit".toCharArray());
  KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509"); keys.init(store, "changeit".toCharArray());
  SSLContext context = SSLContext.getInstance("TLS"); context.init(keys.getKeyManagers(), null, null);
  HttpsServer server = HttpsServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[1])), 0);
  server.setHttpsConfigurator(new HttpsConfigurator(context)); server.start(); } }
""")
    return ["java", f"{home}/Serve.java", f"{home}/server.p12", str(port)]


ANY = "ALL:@SECLEVEL=0"
SERVERS = [  # name, server, what is said before TLS, octets of the answer to it, key, traits
    ("openssl-tls10", openssl("-tls1", "-cipher", ANY), None, 0, "rsa", ""),
    ("openssl-tls11", openssl("-tls1_1", "-cipher", ANY), None, 0, "rsa", ""),
    ("openssl-rsa-exchange", openssl("-tls1_2", "-cipher", "AES256-GCM-SHA384"), None, 0, "rsa", ""),
    ("openssl-dhe", openssl("-tls1_2", "-cipher", "DHE-RSA-AES128-GCM-SHA256"), None, 0, "rsa", ""),
    ("openssl-stapled", openssl("-tls1_2", "-status_file", "ocsp.der"), None, 0, "rsa", "stapled"),
    ("openssl-asks", openssl("-tls1_2", "-verify", "2", "-CAfile", "ca.pem"), None, 0, "rsa", "asks"),
    ("openssl-asks-tls10", openssl("-tls1", "-cipher", ANY, "-verify", "2", "-CAfile", "ca.pem"), None, 0, "rsa", "asks"),
    ("openssl-ecdsa", openssl("-tls1_2", key="ec"), None, 0, "ec", ""),
    ("openssl-tls13-alone", openssl("-tls1_3"), None, 0, "rsa", ""),
    ("gnutls-tls12", gnutls("NORMAL:-VERS-TLS1.3", "--disable-client-cert"), None, 0, "rsa", ""),
    ("gnutls-tls10", gnutls("NORMAL:-VERS-ALL:+VERS-TLS1.0", "--disable-client-cert"), None, 0, "rsa", ""),
    ("gnutls-dhe", gnutls("NORMAL:-VERS-TLS1.3:-KX-ALL:+DHE-RSA", "--disable-client-cert"), None, 0, "rsa", ""),
    ("gnutls-tls13-alone", gnutls("NORMAL:-VERS-ALL:+VERS-TLS1.3"), None, 0, "rsa", ""),
    ("nginx-tls12", nginx("ssl_protocols TLSv1.2;"), None, 0, "rsa", ""),
    ("nginx-asks", nginx("ssl_protocols TLSv1.2; ssl_verify_client optional; ssl_client_certificate ca.pem;", "ec"), None, 0, "ec", "asks"),
    ("jsse", jsse, None, 0, "rsa", ""),
    ("slapd", slapd, LDAP, 14, "rsa", ""),
    ("postgresql", postgres, POSTGRES, 1, "rsa", ""),
]


def connect(port, before, answer):
    """A connection where the server waits for a hello."""
    stream = socket.create_connection(("127.0.0.1", port), timeout=10)
    if before:
        stream.sendall(before)
        got = b""
        while len(got) < answer:
            got += stream.recv(answer - len(got))
    return stream


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    made.minimum_version, made.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_2
    made.set_ciphers(ANY)
    return made


def hello():
    """OpenSSL's, of TLS 1.2 and anything older, with a wish for a stapled response."""
    inside, outside = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        context().wrap_bio(inside, outside).do_handshake()
    except ssl.SSLWantReadError:
        pass
    octets = outside.read()
    # status_request cannot be asked for from Python: it is put in front of the other extensions.
    wish = b"\0\5\0\5\1\0\0\0\0"
    record, body = octets[:5], octets[9:]
    at = 34 + 1 + body[34]
    at += 2 + int.from_bytes(body[at:at + 2], "big")
    at += 1 + body[at]
    extensions = wish + body[at + 2:]
    body = body[:at] + len(extensions).to_bytes(2, "big") + extensions
    message = b"\1" + len(body).to_bytes(3, "big") + body
    return record[:3] + len(message).to_bytes(2, "big") + message


def flight(stream):
    """What comes until the server waits for us or hangs up."""
    got = b""
    stream.settimeout(1)
    try:
        while piece := stream.recv(65536):
            got += piece
    except (TimeoutError, ConnectionResetError):
        pass
    return got


def negotiated(port, before, answer):
    names = dict(reversed(line.split()[:3:2]) for line in subprocess.check_output(
        ["openssl", "ciphers", "-stdname", ANY], text=True).splitlines())
    try:
        with context().wrap_socket(connect(port, before, answer)) as done:
            return done.version(), names[done.cipher()[0]], None
    except ssl.SSLError as refusal:  # such as SSLV3_ALERT_HANDSHAKE_FAILURE
        return "-", "-", refusal.reason.lower().split("_alert_")[1]


def record(name, server, before, answer, key, traits):
    with tempfile.TemporaryDirectory() as home:
        make(home)
        port = free_port()
        command = server(home, port)
        process = subprocess.Popen(command, cwd=home, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=10).close()
                    break
                except ConnectionRefusedError:
                    if process.poll() is not None:
                        sys.exit(f"{name}: {command} ended")
                    time.sleep(0.05)
            with connect(port, before, answer) as stream:
                stream.sendall(hello())
                octets = flight(stream)
            version, suite, alert = negotiated(port, before, answer)
            certificates = open(f"{home}/{key}.pem").read() + open(f"{home}/ca.pem").read()
            blocks = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", certificates, re.S)
            prints = [hashlib.sha256(ssl.PEM_cert_to_DER_cert(block)).hexdigest() for block in blocks]
            chain, traits = ("-", f"alert {alert}") if alert else (",".join(prints), traits)
        finally:
            process.terminate()
            process.wait()
    with open(f"{HERE}/{name}.bin", "wb") as file:
        file.write(octets)
    return f"{name}\t{version}\t{suite}\t{chain}\t{traits or '-'}\n"


def main():
    lines = [record(*server) for server in SERVERS]
    with open(f"{HERE}/flights.tsv", "w") as table:
        table.writelines(lines)
    print(f"{len(lines)} flights")


main()
