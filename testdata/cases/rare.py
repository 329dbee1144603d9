#!/usr/bin/env python3
"""Writes rare.tsv, beside what make.py and odd.py write: what only a JVM's own code decides. Numbers of signatures below zero,
DigestInfo of other hashes, keys that cannot sign, rare names, limits with a distance, addresses as people type them.

    python3 rare.py > rare.tsv        needs what make.py needs

Keys are new on every run, so record the JVMs' answers again afterwards: python3 record.py rare.tsv JAVA... > rare-java.tsv
"""
from cryptography.hazmat.primitives.asymmetric import rsa as rsa_module

from odd import *

SHA1, SHA256, SHA3 = "1.3.14.3.2.26", "2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.8"

# Signatures ---------------------------------------------------------------------------------------------------------

class Numbers:
    """An EC key whose signatures are tried until their numbers are as wanted, and then written as wanted."""
    def __init__(self, key, octets, wanted, written):
        self.key, self.spki, self.octets, self.wanted, self.written = key, key.spki, octets, wanted, written
    def algorithm(self, digest, salt=None): return self.key.algorithm(digest)
    def sign(self, message, digest="sha256", salt=None):
        while True:
            numbers = utils.decode_dss_signature(self.key.sign(message, digest))
            tops = [n >> self.octets * 8 - 1 for n in numbers]
            if all(want is None or want == top for want, top in zip(self.wanted, tops)):
                return self.written(*numbers)

def raw(octets): return lambda n: tlv(2, n.to_bytes(octets, "big"))

def numbers():
    for label, curve, size in [("p256", ec.SECP256R1(), 32), ("p384", ec.SECP384R1(), 48)]:
        k, bare = Ec(curve), raw(size)
        digest = {32: "sha256", 48: "sha384"}[size]
        rows = {"r negative": ((1, 0), lambda r, s: seq(bare(r), bare(s))), "s negative": ((0, 1), lambda r, s: seq(bare(r), bare(s))),
                "both negative": ((1, 1), lambda r, s: seq(bare(r), bare(s))),
                "neither": ((0, 0), lambda r, s: seq(bare(r), bare(s))),
                "negative and of another message": ((1, None), lambda r, s: seq(bare(r), integer(s ^ 2))),
                "ff before": ((1, None), lambda r, s: seq(tlv(2, b"\xff", r.to_bytes(size, "big")), integer(s))),
                "long length": ((None, None), lambda r, s: b"\x30\x81" + seq(integer(r), integer(s))[1:] if size == 32 else seq(integer(r), integer(s))),
                "long length inside": ((0, None), lambda r, s: seq(bytes([2, 0x81, size]) + r.to_bytes(size, "big"), integer(s))),
                "indefinite": ((None, None), lambda r, s: b"\x30\x80" + integer(r) + integer(s) + b"\0\0"),
                "empty number": ((None, None), lambda r, s: seq(tlv(2, b""), integer(s))),
                "one number": ((None, None), lambda r, s: seq(integer(r))),
                "no number": ((None, None), lambda r, s: seq()),
                "octets": ((None, None), lambda r, s: seq(octets(r.to_bytes(size, "big")), integer(s))),
                "set": ((None, None), lambda r, s: tlv(0x31, integer(r), integer(s))),
                "cut": ((None, None), lambda r, s: seq(integer(r), integer(s))[:-1]),
                "empty": ((None, None), lambda r, s: b"")}
        for name, (wanted, written) in rows.items():
            below("numbers:%s %s" % (label, name), Numbers(k, size, wanted, written), put("leaf", "digest", digest))

def infos():
    """What stands in the block of an RSA signature."""
    plain = key("rare rsa", 2048)
    h = lambda m, d="sha256": hashlib.new(d, m).digest()
    block = lambda k, info, filler=b"\xff": k.raw(b"\0\1" + filler * (k.octets - len(info) - 3) + b"\0" + info)
    algorithm = lambda which, *parameters: seq(oid(which), *parameters)
    rows = {"null": lambda m: seq(algorithm(SHA256, tlv(5)), octets(h(m))),
            "absent": lambda m: seq(algorithm(SHA256), octets(h(m))),
            "null of one octet": lambda m: seq(algorithm(SHA256, tlv(5, b"\0")), octets(h(m))),
            "null of long length": lambda m: seq(algorithm(SHA256, b"\x05\x81\x00"), octets(h(m))),
            "empty sequence": lambda m: seq(algorithm(SHA256, seq()), octets(h(m))),
            "two nulls": lambda m: seq(algorithm(SHA256, tlv(5), tlv(5)), octets(h(m))),
            "sha1 by name": lambda m: seq(algorithm(SHA1, tlv(5)), octets(h(m))),
            "sha1 by name, absent": lambda m: seq(algorithm(SHA1), octets(h(m))),
            "sha384 by name": lambda m: seq(algorithm("2.16.840.1.101.3.4.2.2", tlv(5)), octets(h(m))),
            "sha384 by name and by hash": lambda m: seq(algorithm("2.16.840.1.101.3.4.2.2", tlv(5)), octets(h(m, "sha384"))),
            "sha1 by name and by hash": lambda m: seq(algorithm(SHA1, tlv(5)), octets(h(m, "sha1"))),
            "unknown by name": lambda m: seq(algorithm("1.3.6.1.4.1.99999.3", tlv(5)), octets(h(m))),
            "hash too short": lambda m: seq(algorithm(SHA256, tlv(5)), octets(h(m)[:-1])),
            "hash too long": lambda m: seq(algorithm(SHA256, tlv(5)), octets(h(m) + b"\0")),
            "third": lambda m: seq(algorithm(SHA256, tlv(5)), octets(h(m)), tlv(5)),
            "behind": lambda m: seq(algorithm(SHA256, tlv(5)), octets(h(m))) + b"\0\0\0",
            "long length": lambda m: b"\x30\x81\x31" + seq(algorithm(SHA256, tlv(5)), octets(h(m)))[2:],
            "bare hash": lambda m: h(m), "bare octets": lambda m: octets(h(m)),
            "bits": lambda m: seq(algorithm(SHA256, tlv(5)), bits(h(m))),
            "other hash": lambda m: seq(algorithm(SHA256, tlv(5)), octets(h(m + b"x")))}
    rsa = seq(oid("1.2.840.113549.1.1.11"), tlv(5))
    for label, info in rows.items():
        below("info:" + label, Named(plain, rsa, made=lambda k, m, info=info: block(k, info(m))))
    right = rows["null"]
    below("info:block of random", Named(plain, rsa, made=lambda k, m: k.raw(b"\0\2" + b"\x7f" * (k.octets - 51 - 3) + b"\0" + right(m))))
    below("info:block without zero", Named(plain, rsa, made=lambda k, m: k.raw(b"\0\1" + b"\xff" * (k.octets - 51 - 2) + right(m))))
    below("info:block of other filler", Named(plain, rsa, made=lambda k, m: block(k, right(m), b"\xfe")))
    below("info:short filler", Named(plain, rsa, made=lambda k, m: k.raw(b"\0\1" + b"\xff" * 8 + b"\0" + right(m) + bytes(k.octets - 62))))
    sha3 = seq(oid("2.16.840.1.101.3.4.3.14"), tlv(5))
    of3 = lambda m: hashlib.new("sha3_256", m).digest()
    below("info:sha3, of another message", Named(plain, sha3, made=lambda k, m: block(k, seq(algorithm(SHA3, tlv(5)), octets(of3(m + b"x"))))))
    for arc, size, digest in [(13, 7, "sha3_224"), (15, 9, "sha3_384"), (16, 10, "sha3_512")]:
        which = "2.16.840.1.101.3.4.2.%d" % size
        below("info:" + digest, Named(plain, seq(oid("2.16.840.1.101.3.4.3.%d" % arc), tlv(5)), digest, which))
    class Long(Rsa):
        """A key whose exponent has sixty bits."""
        @staticmethod
        def numbers(size):
            private = rsa_module.generate_private_key(65537, size).private_numbers()
            phi = (private.p - 1) * (private.q - 1)
            e = next(e for e in iter(lambda: secrets.randbits(60) | 1 << 59 | 1, 0) if math.gcd(e, phi) == 1)
            return private.public_numbers.n, e, pow(e, -1, phi)
    long = Long(2048)
    below("info:exponent of sixty bits", long)
    below("info:exponent of sixty bits, spoilt", long, attribute("leaf_spoil", True))
    k, of = Ec(ec.SECP256R1()), seq(oid("2.16.840.1.101.3.4.3.10"))
    below("info:ec sha3, of another message", NamedEc(k, of, "sha256"))

# Keys ---------------------------------------------------------------------------------------------------------------

class Borrowed:
    """A key whose signatures another one makes."""
    def __init__(self, spki, signer): self.spki, self.signer = spki, signer
    def algorithm(self, digest, salt=None): return self.signer.algorithm(digest, salt)
    def sign(self, message, digest="sha256", salt=None): return self.signer.sign(message, digest, salt)

def strangers():
    """Keys that agree on secrets and sign nothing, in every place."""
    odd = lambda size: secrets.randbits(size) | 1 | 1 << size - 1
    dh = lambda size, *more: seq(oid("1.2.840.113549.1.3.1"), seq(integer(odd(size)), integer(2), *more))
    y = lambda size: bits(integer(secrets.randbits(size - 2) | 4))
    spkis = {"dh 512": seq(dh(512), y(512)), "dh 1024": seq(dh(1024), y(1024)), "dh 2048": seq(dh(2048), y(2048)),
             "dh 2048 with length": seq(dh(2048, integer(256)), y(2048)), "dh 8192": seq(dh(8192), y(8192)), "dh 16384": seq(dh(16384), y(16384)),
             "dh without parameters": seq(seq(oid("1.2.840.113549.1.3.1")), y(2048)),
             "dh of nulls": seq(seq(oid("1.2.840.113549.1.3.1"), tlv(5)), y(2048)),
             "dh rubbish": seq(dh(2048), bits(b"rubbish")), "dh of four": seq(dh(2048, integer(1), integer(1)), y(2048)),
             "dh x9.42": seq(seq(oid("1.2.840.10046.2.1"), seq(integer(odd(2048)), integer(2), integer(odd(256)))), y(2048)),
             "x25519": seq(seq(oid("1.3.101.110")), bits(secrets.token_bytes(32))), "x448": seq(seq(oid("1.3.101.111")), bits(secrets.token_bytes(56))),
             "x25519 short": seq(seq(oid("1.3.101.110")), bits(secrets.token_bytes(31))), "x448 long": seq(seq(oid("1.3.101.111")), bits(secrets.token_bytes(57))),
             "x25519 with null": seq(seq(oid("1.3.101.110"), tlv(5)), bits(secrets.token_bytes(32))),
             "unknown": seq(seq(oid("1.3.6.1.4.1.99999.8")), bits(b"key"))}
    for label, spki in spkis.items():
        damaged = label in ("dh without parameters", "dh of nulls", "dh rubbish", "dh of four", "dh x9.42", "x25519 short", "x448 long")
        for place in ("leaf",) if damaged else ("leaf", "int", "root"):
            chain = Chain()
            setattr(chain, place + "_key", Borrowed(spki, key(place)))
            chain.make("stranger:%s, %s" % (label, place))
    for label in ("dh 2048", "x25519"):
        for name, signer, digest in [("ec", Ec(ec.SECP256R1()), "sha256"), ("ed25519", Edwards(ed25519.Ed25519PrivateKey, 112), None)]:
            below("stranger:%s, signed by %s" % (label, name), Borrowed(spkis[label], signer))
        chain = Chain()
        chain.leaf_key = Borrowed(spkis[label], key("leaf"))
        chain.leaf["usage"] = usage("ka")
        chain.make("stranger:%s, leaf for agreement" % label)
        chain = Chain()
        chain.leaf_key = Borrowed(spkis[label], key("leaf"))
        chain.trust = lambda leaf, int, root: [leaf]
        chain.make("stranger:%s, pinned" % label)

# Names --------------------------------------------------------------------------------------------------------------

def ask(label, san=None, limits=None, host=HOST, subject=None):
    chain = Chain()
    chain.host = host
    chain.leaf["names"] = san
    chain.subjects["leaf"] = subject or dn(HOST)
    if limits:
        chain.int_more = [limits]
    chain.make(label)

def tree(which, *subtrees): return tlv(which, *[seq(*(s if isinstance(s, tuple) else (s,))) for s in subtrees])
def limit(*parts, critical=True): return extension("2.5.29.30", critical, seq(*parts))
PERMITTED, EXCLUDED = 0xA0, 0xA1

def rare_names():
    text = lambda t: tlv(PRINTABLE, t.encode())
    party = lambda t, tag=0x81: tlv(tag, text(t))
    forms = {"edi by the standard": tlv(0xA5, tlv(0xA1, text("Corp"))), "edi by java": tlv(0xA5, party("Corp")),
             "edi of two by java": tlv(0xA5, tlv(0x80, text("Assigner")), party("Corp")),
             "edi of two by the standard": tlv(0xA5, tlv(0xA0, text("Assigner")), tlv(0xA1, text("Corp"))),
             "edi without party": tlv(0xA5, tlv(0x80, text("Assigner"))), "edi of three": tlv(0xA5, party("a"), party("b"), party("c")),
             "edi twice": tlv(0xA5, party("a"), party("b")), "edi empty": tlv(0xA5), "edi primitive": tlv(0x85, party("Corp")),
             "edi text itself": tlv(0xA5, tlv(0x81, b"Corp")),
             "x400": tlv(0xA3, seq()), "x400 of something": tlv(0xA3, seq(text("x")), tlv(0x31)), "x400 empty": tlv(0xA3), "x400 primitive": tlv(0x83, b"x"),
             "rid": general("rid", "1.2.3"), "rid empty": tlv(0x88, b""), "rid cut": tlv(0x88, b"\x2a\x83"), "rid padded": tlv(0x88, b"\x2a\x80\x03"),
             "rid constructed": tlv(0xA8, oid("1.2.3")), "kind 9": tlv(0x89, b"x"), "universal": tlv(IA5, HOST.encode()),
             "dn primitive": tlv(0x84, dn("x")), "dns constructed": tlv(0xA2, tlv(IA5, HOST.encode())),
             "other empty": tlv(0xA0), "other without value": tlv(0xA0, oid("1.2.3")), "other twice": tlv(0xA0, oid("1.2.3"), explicit(0, text("x")), explicit(0, text("y")))}
    dns = general("dns", HOST)
    for label, form in forms.items():
        ask("names:%s alone" % label, raw_san(form))
        ask("names:%s and dns" % label, raw_san(form, dns))
        ask("names:%s critical" % label, raw_san(form, dns, critical=True))
        ask("names:%s permitted" % label, raw_san(dns), limit(tree(PERMITTED, form)))
        ask("names:%s permitted, and there" % label, raw_san(form, dns), limit(tree(PERMITTED, form)))
        ask("names:%s excluded" % label, raw_san(dns), limit(tree(EXCLUDED, form), critical=False))
    edi = forms["edi by java"]
    ask("names:edi excluded, and there", raw_san(edi, dns), limit(tree(EXCLUDED, edi)))
    ask("names:edi excluded, another", raw_san(edi, dns), limit(tree(EXCLUDED, tlv(0xA5, party("Other")))))
    ask("names:rid excluded, and there", raw_san(forms["rid"], dns), limit(tree(EXCLUDED, forms["rid"])))
    ask("names:rid excluded, another", raw_san(general("rid", "1.2.4"), dns), limit(tree(EXCLUDED, forms["rid"])))

def distances():
    dns, base = raw_san(general("dns", HOST)), general("dns", "corp.test")
    minimum, maximum = (lambda *o: tlv(0x80, bytes(o))), (lambda *o: tlv(0x81, bytes(o)))
    rows = {"minimum 0": [minimum(0)], "minimum 1": [minimum(1)], "maximum 0": [maximum(0)], "maximum 9": [maximum(9)], "both": [minimum(0), maximum(2)],
            "minimum 1, maximum 2": [minimum(1), maximum(2)], "minimum negative": [minimum(255)], "maximum negative": [maximum(255)],
            "minimum long": [minimum(1, 0, 0, 0, 0)], "minimum padded": [minimum(0, 0)], "minimum empty": [minimum()], "minimum twice": [minimum(1), minimum(0)],
            "maximum first": [maximum(2), minimum(0)], "minimum explicit": [explicit(0, integer(1))], "kind 2": [tlv(0x82, b"\1")], "bare": [integer(1)]}
    for label, more in rows.items():
        ask("distance:permitted " + label, dns, limit(tree(PERMITTED, (base, *more))))
        ask("distance:permitted %s, not critical" % label, dns, limit(tree(PERMITTED, (base, *more)), critical=False))
        ask("distance:excluded %s" % label, dns, limit(tree(EXCLUDED, (general("dns", "other.test"), *more))))
    ask("distance:of another kind", dns, limit(tree(PERMITTED, (general("mail", "a.test"), minimum(1)))))
    ask("distance:of one of two", dns, limit(tree(PERMITTED, base, (general("dns", "b.test"), maximum(1)))))
    ask("distance:name outside", raw_san(general("dns", "scim.other.test")), limit(tree(PERMITTED, (base, minimum(1)))))
    ca = lambda *others: [basic(True), usage("cert"), *others]
    Deep.make("distance:above", [ca(limit(tree(PERMITTED, (base, minimum(1))))), ca()])
    Deep.make("distance:above, minimum 0", [ca(limit(tree(PERMITTED, (base, minimum(0))))), ca()])
    Deep.make("distance:above, of the self-issued", [ca(limit(tree(PERMITTED, (base, minimum(1))))), ca()], self_issued=[1])
    Deep.make("distance:two levels", [ca(limit(tree(PERMITTED, base))), ca(limit(tree(PERMITTED, (base, maximum(1)))))])
    Deep.make("distance:two levels, above", [ca(limit(tree(PERMITTED, (base, maximum(1))))), ca(limit(tree(PERMITTED, base)))])
    chain = Chain()
    chain.root_more = [limit(tree(PERMITTED, (base, minimum(1))))]
    chain.make("distance:of the root")

def strings():
    kinds = {"bmp": (BMP, "utf-16-be"), "universal": (UNIVERSAL, "utf-32-be"), "t61": (T61, "latin-1"), "ia5": (IA5, "ascii"), "numeric": (NUMERIC, "ascii"),
             "visible": (0x1A, "ascii"), "general": (0x1B, "ascii"), "graphic": (0x19, "ascii"), "octets": (4, "ascii"), "utf8": (UTF8, "utf-8"), "printable": (PRINTABLE, "ascii")}
    def cn(kind, value):
        tag, codec = kinds[kind]
        return seq(tlv(0x31, seq(oid(CN), tlv(tag, value if isinstance(value, bytes) else value.encode(codec)))))
    for kind in kinds:
        ask("strings:%s" % kind, subject=cn(kind, HOST))
        ask("strings:%s, other" % kind, subject=cn(kind, "other.corp.test"))
        ask("strings:%s, limited" % kind, None, constraints(permitted=[("dns", "corp.test")]), subject=cn(kind, HOST))
        ask("strings:%s, limited elsewhere" % kind, None, constraints(permitted=[("dns", "other.test")]), subject=cn(kind, HOST))
        ask("strings:%s, limited by name" % kind, raw_san(general("dns", HOST)), constraints(permitted=[("dn", cn(kind, HOST))]), subject=cn(kind, HOST))
        ask("strings:%s, limited by name in utf8" % kind, raw_san(general("dns", HOST)), constraints(permitted=[("dn", cn("utf8", HOST))]), subject=cn(kind, HOST))
        for label, change in {"weak int": lambda c: setattr(c, "int_key", key("rsa512", 512)), "anchor": lambda c: put("root", "basic", basic(False))(c)}.items():
            chain = Chain()
            chain.subjects["int"] = cn(kind, "Corp Issuing CA, \u00e4\u20ac" if kind in ("bmp", "universal", "utf8") else "Corp Issuing CA, x")
            chain.subjects["root"] = cn(kind, "Corp \"Root\" + CA")
            change(chain)
            chain.make("strings:%s, %s" % (kind, label))
    spoilt = {"utf8 wrong": ("utf8", b"caf\xe9"), "bmp odd": ("bmp", b"\0C\0"), "bmp surrogate": ("bmp", b"\xd8\0"), "universal odd": ("universal", b"\0\0\0C\0"),
              "universal large": ("universal", b"\0\x11\0\0"), "printable high": ("printable", b"caf\xe9"), "ia5 high": ("ia5", b"caf\xe9"), "printable star": ("printable", b"a*b@c_d"),
              "t61 high": ("t61", b"caf\xe9"), "empty": ("utf8", b""), "zero": ("utf8", b"a\0b"), "newline": ("utf8", b"a\nb"), "right to left": ("utf8", "a\u202eb".encode()),
              "control": ("utf8", b"a\x07b\x1b[31m"), "private": ("utf8", "\ue000".encode()), "emoji": ("utf8", "\U0001f600".encode()), "spaces": ("utf8", b"  a   b "), "bmp empty": ("bmp", b"")}
    for label, (kind, value) in spoilt.items():
        chain = Chain()
        chain.subjects["root"] = cn(kind, value)
        chain.root["basic"] = basic(False)
        chain.make("strings:root " + label)
        chain = Chain()
        chain.subjects["int"] = cn(kind, value)
        chain.int_key = key("rsa512", 512)
        chain.make("strings:int " + label)
        ask("strings:leaf " + label, subject=cn(kind, value))
    for kind in kinds:
        chain = Chain()
        chain.subjects["int"], chain.leaf_issuer = cn(kind, "Corp Issuing CA"), cn("utf8", "Corp Issuing CA")
        chain.make("strings:int %s, issuer utf8" % kind)

def typed():
    six = bytes.fromhex("20010db8000000000000000000000001")
    there = alternative(("ip", list(six)), ("ip", [127, 0, 0, 1]), ("ip", [0] * 15 + [1]))
    elsewhere, names = alternative(("ip", [9] * 16), ("dns", HOST)), alternative(("dns", HOST))
    for host in ["2001:db8:0:0:0:0:0:1", "2001:DB8::1", "2001:0db8::0001", "2001:db8::0.0.0.1", "::1", "0:0:0:0:0:0:0:1", "[::1]", "[2001:DB8::1]", "::ffff:127.0.0.1",
                 "::FFFF:7F00:1", "::127.0.0.1", "fe80::1%1", "::1%lo", "127.0.0.1", "127.1", "127.0.1", "2130706433", "0177.0.0.1", "127.0.0.01", "0x7f.0.0.1", "127.0.0.256", "127.0.0.1.",
                 "1.2.3", "256.1", "2001:db8::1::", "2001:db8:::1", "::", "1::2:3:4:5:6:7:8", "12345::1"]:
        ask("typed:%s" % host, there, host=host)
        ask("typed:%s, not there" % host, elsewhere, host=host)
        ask("typed:%s, names alone" % host, names, host=host)
        ask("typed:%s, nothing" % host, None, host=host, subject=dn(host))

if __name__ == "__main__":
    numbers()
    infos()
    strangers()
    KEYS.update((label, Ec(ec.SECP256R1())) for label in ["leaf", "int", "root", *("deep%d" % n for n in range(6))])
    rare_names()
    distances()
    strings()
    typed()
    print("\n".join(CASES))
    print(len(CASES), "cases", file=sys.stderr)
