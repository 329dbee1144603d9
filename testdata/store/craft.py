"""Stores that no program writes: the traps. Standard library only, an implementation of its own for each format."""
import base64, hashlib, hmac, os, re, struct, subprocess

PASSWORD = "changeit"

def der_of(name):
    return open(f"certificates/{name}.der", "rb").read()

ROOT, OTHER, LEAF = der_of("root"), der_of("other"), der_of("leaf")
NOW = 1_700_000_000_123  # 2023-11-14T22:13:20.123Z

# JKS

def utf(octets):
    return struct.pack(">H", len(octets)) + octets

def counted(octets):
    return struct.pack(">I", len(octets)) + octets

def trusted(alias, der, version=2, kind=b"X.509"):
    alias = alias if isinstance(alias, bytes) else alias.encode()
    return struct.pack(">I", 2) + utf(alias) + struct.pack(">q", NOW) + (utf(kind) if version == 2 else b"") + counted(der)

def jks(name, *entries, version=2, tail=b"", password=PASSWORD):
    body = struct.pack(">III", 0xFEEDFEED, version, len(entries)) + b"".join(entries)
    digest = hashlib.sha1(password.encode("utf-16-be") + b"Mighty Aphrodite" + body).digest()
    open(f"jks/{name}.jks", "wb").write(body + digest + tail)

jks("version1", trusted("corp-root", ROOT, 1), trusted("other", OTHER, 1), version=1)
jks("mixed-case", trusted("CorpRoot", ROOT), trusted("other", OTHER))
jks("duplicates", trusted("corp", OTHER), trusted("Corp", LEAF), trusted("corp", ROOT))
jks("trailing", trusted("corp-root", ROOT), tail=b"garbage")
jks("x509-type", trusted("corp-root", ROOT, kind=b"X509"))
jks("unknown-type", trusted("corp-root", ROOT, kind=b"PGP"), trusted("other", OTHER))
jks("undecodable", trusted("corp-root", ROOT), trusted("broken", b"\x30\x03abc"))
jks("alias-utf8", trusted("\U0001D11E".encode(), ROOT))
jks("alias-cesu", trusted(b"\xed\xa0\xb4\xed\xb4\x9e\xc0\x80", ROOT))
jks("non-ascii-password", trusted("corp-root", ROOT), password="p\u00e4ssw\u00f6rd\U0001D11E")
jks("empty")

# PKCS12

def tlv(tag, *parts):
    content = b"".join(parts)
    n = len(content)
    length = bytes([n]) if n < 128 else bytes([0x80 | (n.bit_length() + 7) // 8]) + n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag]) + length + content

def indefinite(tag, *parts):
    return bytes([tag, 0x80]) + b"".join(parts) + b"\0\0"

def seq(*parts): return tlv(0x30, *parts)
def num(n): return tlv(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))
def octets(b): return tlv(4, b)

def oid(text):
    arcs = [int(a) for a in text.split(".")]
    out = b""
    for arc in [arcs[0] * 40 + arcs[1]] + arcs[2:]:
        part = [arc & 0x7F]
        while arc := arc >> 7:
            part.insert(0, 0x80 | arc & 0x7F)
        out += bytes(part)
    return tlv(6, out)

FRIENDLY, KEY_ID, TRUSTED = "1.2.840.113549.1.9.20", "1.2.840.113549.1.9.21", "2.16.840.1.113894.746875.1.1"

def attribute(kind, *values): return seq(oid(kind), tlv(0x31, *values))
def named(name): return attribute(FRIENDLY, tlv(0x1E, name.encode("utf-16-be")))
ANY = attribute(TRUSTED, oid("2.5.29.37.0"))

def bag(kind, value, *attributes):
    return seq(oid("1.2.840.113549.1.12.10.1." + kind), tlv(0xA0, value), tlv(0x31, *attributes) if attributes else b"")

def cert(der, *attributes, kind="1.2.840.113549.1.9.22.1"):
    return bag("3", seq(oid(kind), tlv(0xA0, octets(der))), *attributes)

def data(content): return seq(oid("1.2.840.113549.1.7.1"), tlv(0xA0, octets(content)))
def safe(*bags): return data(seq(*bags))

def kdf(password, salt, iterations, purpose, length, name="sha1", block=64):
    rep = lambda b: (b * (block // len(b) + 1 + len(b) // block + 1))[: -(-len(b) // block) * block] if b else b""
    i = rep(salt) + rep(password)
    out = b""
    while len(out) < length:
        a = hashlib.new(name, bytes([purpose]) * block + i).digest()
        for _ in range(iterations - 1):
            a = hashlib.new(name, a).digest()
        out += a
        b = int.from_bytes((a * (block // len(a) + 1))[:block], "big") + 1
        i = b"".join(((int.from_bytes(i[j:j + block], "big") + b) % 2 ** (8 * block)).to_bytes(block, "big") for j in range(0, len(i), block))
    return out[:length]

def mac(safes, iterations=1000, password=PASSWORD, bmp=None, salt=bytes(range(8)), name="sha256", length=32, block=64,
        oid_text="2.16.840.1.101.3.4.2.1"):
    bmp = password.encode("utf-16-be") + b"\0\0" if bmp is None else bmp
    key = kdf(bmp, salt, iterations if iterations < 10 ** 6 else 1, 3, length, name, block)
    digest = hmac.new(key, safes, name).digest()
    algorithm = seq(oid(oid_text), tlv(5))
    return seq(seq(algorithm, octets(digest)), octets(salt), num(iterations))

def pbmac1(safes):
    salt = bytes(range(16))
    key = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), salt, 2048, 32)
    digest = hmac.new(key, safes, "sha512").digest()
    prf = seq(oid("1.2.840.113549.2.9"), tlv(5))
    derivation = seq(oid("1.2.840.113549.1.5.12"), seq(octets(salt), num(2048), num(32), prf))
    algorithm = seq(oid("1.2.840.113549.1.5.14"), seq(derivation, seq(oid("1.2.840.113549.2.11"), tlv(5))))
    return seq(seq(algorithm, octets(digest)), octets(b"ignored"), num(1))

def pfx(name, *infos, mac=mac, tail=b""):
    safes = seq(*infos)
    file = seq(num(3), data(safes), mac(safes) if mac else b"") + tail
    open(f"pkcs12/{name}.p12", "wb").write(file)

pfx("mixed-case", safe(cert(ROOT, named("CorpRoot"), ANY), cert(OTHER, named("other"), ANY)))
pfx("duplicates", safe(cert(OTHER, named("Corp"), ANY), cert(LEAF, named("CORP"), ANY), cert(ROOT, named("corp"), ANY)))
pfx("usages", safe(
    cert(ROOT, named("server-only"), attribute(TRUSTED, oid("1.3.6.1.5.5.7.3.1"))),
    cert(OTHER, named("no-usage"), attribute(TRUSTED)),
    cert(LEAF, named("custom"), ANY, attribute("1.3.6.1.4.1.99999.1", octets(b"kept")))))
pfx("unnamed", safe(cert(ROOT, ANY), cert(OTHER, ANY)), mac=None)
pfx("name-utf8", safe(cert(ROOT, attribute(FRIENDLY, tlv(0x0C, b"corp-root")), ANY)))
pfx("name-beyond-bmp", safe(cert(ROOT, named("\U0001D11E"), ANY), cert(OTHER, named(""), ANY)))
pfx("sdsi", safe(cert(ROOT, named("corp-root"), ANY), cert(OTHER, named("sdsi"), ANY, kind="1.2.840.113549.1.9.22.2")))
pfx("undecodable", safe(cert(ROOT, named("corp-root"), ANY), cert(b"\x30\x03abc", named("broken"), ANY)))
key = open("certificates/leaf.pk8", "rb").read()
crl = seq(oid("1.2.840.113549.1.9.23.1"), tlv(0xA0, octets(seq())))
pfx("ignored-bags", safe(
    cert(ROOT, named("corp-root"), ANY), bag("1", key, named("plain-key")), bag("4", crl), bag("99", octets(b"unknown")),
    bag("6", seq(cert(OTHER, named("nested"), ANY))), cert(LEAF, named("stray"))))
pfx("trailing", safe(cert(ROOT, named("corp-root"), ANY)), tail=b"garbage")
pfx("two-safes", safe(cert(ROOT, named("corp-root"), ANY)), safe(cert(OTHER, named("other"), ANY)))
pfx("pbmac1", safe(cert(ROOT, named("corp-root"), ANY)), mac=pbmac1)
pfx("iterations-5000001", safe(cert(ROOT, named("corp-root"), ANY)), mac=lambda safes: mac(safes, 5_000_001))
one = safe(cert(ROOT, named("corp-root"), ANY))
pfx("mac-short-salt", one, mac=lambda safes: mac(safes, salt=b"1234567"))
pfx("mac-md5", one, mac=lambda safes: mac(safes, name="md5", length=16, oid_text="1.2.840.113549.2.5"))
pfx("mac-sha384", one, mac=lambda safes: mac(safes, name="sha384", length=48, block=128, oid_text="2.16.840.1.101.3.4.2.2"))
pfx("mac-sha512-256", one, mac=lambda safes: mac(safes, name="sha512_256", block=128, oid_text="2.16.840.1.101.3.4.2.6"))
pfx("mac-null-password", safe(cert(ROOT, named("corp-root"), ANY)), mac=lambda safes: mac(safes, bmp=b""))
pfx("mac-empty-password", safe(cert(ROOT, named("corp-root"), ANY)), mac=lambda safes: mac(safes, bmp=b"\0\0"))

# BER: lengths left open, octet strings in pieces.
def ber_data(content):
    half = len(content) // 2
    pieces = indefinite(0x24, octets(content[:half]), octets(content[half:]))
    return indefinite(0x30, oid("1.2.840.113549.1.7.1"), indefinite(0xA0, pieces))
bags = indefinite(0x30, cert(ROOT, named("corp-root"), ANY))
safes = indefinite(0x30, ber_data(bags))
open("pkcs12/ber.p12", "wb").write(indefinite(0x30, num(3), ber_data(safes), mac(safes)))

# A key whose password is not the store's: only its shrouded bag is exchanged.
subprocess.run("openssl pkcs8 -topk8 -in certificates/leaf.key -outform DER -passout pass:another -out shrouded.tmp", shell=True, check=True)
shrouded = open("shrouded.tmp", "rb").read()
os.remove("shrouded.tmp")
time = attribute(KEY_ID, octets(b"Time %d" % NOW))
pfx("other-key-password", safe(bag("2", shrouded, named("server"), time)),
    safe(cert(LEAF, named("server"), time), cert(ROOT, named("corp-root"), ANY)))
pfx("chain-through-trusted", safe(bag("2", shrouded, named("server"), time)),
    safe(cert(LEAF, named("server"), time), cert(der_of("intermediate"), named("intermediate"), ANY), cert(ROOT, named("corp-root"), ANY)))
pfx("two-keys-one-id", safe(bag("2", shrouded, named("lost")), bag("2", shrouded, named("kept"), time), bag("2", shrouded)),
    safe(cert(LEAF, time)))

# Which certificate is the key's: by localKeyID, else by name; a lone key needs neither.
key_bag = lambda *attributes: bag("2", shrouded, *attributes)
pfx("key-without-id", safe(key_bag(named("server"))), safe(cert(LEAF), cert(ROOT, named("corp-root"), ANY)))
pfx("key-without-id-last", safe(cert(LEAF), cert(ROOT, named("corp-root"), ANY)), safe(key_bag(named("server"))))
pfx("key-by-name", safe(key_bag(named("server"), time)), safe(cert(ROOT), cert(LEAF, named("SERVER"), attribute(KEY_ID, octets(b"x")))))
pfx("key-by-id-and-name", safe(key_bag(named("server"), time)),
    safe(cert(ROOT, named("other"), time), cert(LEAF, named("server"), time), cert(OTHER, named("server"))))
pfx("key-by-id-twice", safe(key_bag(named("server"), time)), safe(cert(ROOT, named("a"), time), cert(LEAF, named("b"), time)))
pfx("key-named-as-anchor", safe(key_bag(named("corp-root"), time)), safe(cert(LEAF, time), cert(ROOT, named("Corp-Root"), ANY)))
pfx("anchor-named-as-key", safe(cert(ROOT, named("Server"), ANY)), safe(key_bag(named("server"), time), cert(LEAF, time)))

# PEM and other files with certificates.
def pem(name): return open(f"certificates/{name}.pem", "rb").read()
root, other, leaf = pem("root"), pem("other"), pem("leaf")
write = lambda name, content: open(name, "wb").write(content)
write("pem/bundle.pem", b"# Corporate roots\n\nStore Test Root\n===============\n" + root + b"\nbetween\n" + other)
write("pem/crlf.pem", (b"# Corporate roots\n" + root + other).replace(b"\n", b"\r\n"))
write("pem/no-final-newline.pem", root + other.rstrip(b"\n"))
write("pem/one-damaged.pem", root + other.replace(b"M", b"!", 1) + leaf)
write("pem/with-key.pem", leaf + open("certificates/leaf.key", "rb").read())
write("pem/same-name-twice.pem", root + root)
write("source/utf16.pem", b"\xff\xfe" + root.decode().encode("utf-16-le"))
write("source/two.der", ROOT + OTHER)
write("source/garbage.der", ROOT + b"garbage")
write("source/mail.txt", b"Please import this:\r\n\r\n  " + root.replace(b"\n", b"\r\n  ") + b"\r\nregards\r\n" + other)
write("source/config.json", b'{"ca": "' + root.replace(b"\n", b"\\n") + b'"}')
