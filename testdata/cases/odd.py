#!/usr/bin/env python3
"""Writes odd.tsv, beside what make.py writes: algorithms, keys, names, constraints and forms that few certificates have.

    python3 odd.py > odd.tsv        needs what make.py needs

Keys are new on every run, so record the JVMs' answers again afterwards: python3 record.py odd.tsv JAVA... > odd-java.tsv
"""
from make import *

BMP, UNIVERSAL, NUMERIC = 0x1E, 0x1C, 0x12

# Algorithms ---------------------------------------------------------------------------------------------------------

class Named(Rsa):
    """An RSA key whose signatures call themselves something."""
    def __init__(self, key, algorithm, digest=None, info=None, made=None):
        self.n, self.e, self.d, self.octets, self.spki = key.n, key.e, key.d, key.octets, key.spki
        self.name, self.hash, self.info, self.made = algorithm, digest, info, made
    def algorithm(self, digest, salt=None): return self.name
    def sign(self, message, digest="sha256", salt=None):
        if self.made:
            return self.made(self, message)
        info = seq(seq(oid(self.info), tlv(5)), octets(hashlib.new(self.hash, message).digest()))
        return self.raw(b"\0\1" + b"\xff" * (self.octets - len(info) - 3) + b"\0" + info)

class NamedEc(Ec):
    def __init__(self, key, algorithm, digest, made=None):
        self.key, self.spki, self.name, self.hash, self.made = key.key, key.spki, algorithm, digest, made
    def algorithm(self, digest, salt=None): return self.name
    def sign(self, message, digest="sha256", salt=None):
        kinds = {"sha3_256": hashes.SHA3_256(), "sha256": hashes.SHA256()}
        signature = self.key.sign(hashlib.new(self.hash, message).digest(), ec.ECDSA(utils.Prehashed(kinds[self.hash])))
        return self.made(signature) if self.made else signature

def below(identifier, signer, change=None):
    """A leaf below an authority with this key."""
    chain = Chain()
    chain.int_key = signer
    if change:
        change(chain)
    chain.make(identifier)

def signatures():
    plain, p256 = key("odd rsa", 2048), Ec(ec.SECP256R1())
    rsa_oid = lambda n: seq(oid("1.2.840.113549.1.1.%d" % n), tlv(5))
    for label, arc, digest, info in [("sha512/224", 15, "sha512_224", "2.16.840.1.101.3.4.2.5"), ("sha512/256", 16, "sha512_256", "2.16.840.1.101.3.4.2.6")]:
        below("signed:rsa %s" % label, Named(plain, rsa_oid(arc), digest, info))
    below("signed:rsa sha3-256", Named(plain, seq(oid("2.16.840.1.101.3.4.3.14"), tlv(5)), "sha3_256", "2.16.840.1.101.3.4.2.8"))
    below("signed:ec sha3-256", NamedEc(p256, seq(oid("2.16.840.1.101.3.4.3.10")), "sha3_256"))
    for label, arc in [("md2", 2), ("md4", 3), ("unknown", 99)]:
        below("signed:rsa %s" % label, Named(plain, rsa_oid(arc), made=lambda k, m: bytes(k.octets)))
    below("signed:unknown algorithm", Named(plain, seq(oid("1.3.6.1.4.1.99999.5")), made=lambda k, m: b"x"))
    below("signed:rsa without parameters", Named(plain, seq(oid("1.2.840.113549.1.1.11")), "sha256", "2.16.840.1.101.3.4.2.1"))
    below("signed:ec with null", NamedEc(p256, seq(oid("1.2.840.10045.4.3.2"), tlv(5)), "sha256"))
    sha256 = "2.16.840.1.101.3.4.2.1"
    right = lambda k, m: b"\0\1" + b"\xff" * (k.octets - 51 - 3) + b"\0" + seq(seq(oid(sha256), tlv(5)), octets(hashlib.sha256(m).digest()))
    bare = lambda k, m: b"\0\1" + b"\xff" * (k.octets - 49 - 3) + b"\0" + seq(seq(oid(sha256)), octets(hashlib.sha256(m).digest()))
    below("signed:rsa one octet more", Named(plain, rsa_oid(11), made=lambda k, m: b"\0" + k.raw(right(k, m))))
    below("signed:rsa one octet less", Named(plain, rsa_oid(11), made=lambda k, m: k.raw(right(k, m))[1:]))
    below("signed:rsa empty", Named(plain, rsa_oid(11), made=lambda k, m: b""))
    below("signed:rsa too large", Named(plain, rsa_oid(11), made=lambda k, m: b"\xff" * k.octets))
    below("signed:rsa digest without null", Named(plain, rsa_oid(11), made=lambda k, m: k.raw(bare(k, m))))
    low = seq(oid("1.2.840.10045.4.3.2"))
    def numbers(change):
        def made(signature):
            r, s = utils.decode_dss_signature(signature)
            return change(r, s)
        return made
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    padded = lambda n: tlv(2, b"\0\0" + n.to_bytes(32, "big"))
    for label, change in {"high s": lambda r, s: seq(integer(r), integer(order - s)), "padded": lambda r, s: seq(padded(r), padded(s)),
                          "zero": lambda r, s: seq(integer(0), integer(s)), "behind": lambda r, s: seq(integer(r), integer(s)) + b"\0",
                          "third": lambda r, s: seq(integer(r), integer(s), integer(1)), "order": lambda r, s: seq(integer(r), integer(order))}.items():
        below("signed:ec " + label, NamedEc(p256, low, "sha256", numbers(change)))

def pss():
    plain = key("odd rsa", 2048)
    MGF1, PSS = "1.2.840.113549.1.1.8", "1.2.840.113549.1.1.10"
    of = {"sha1": "1.3.14.3.2.26", "sha256": "2.16.840.1.101.3.4.2.1", "sha384": "2.16.840.1.101.3.4.2.2", "sha512_256": "2.16.840.1.101.3.4.2.6"}
    sizes = {"sha1": 20, "sha256": 32, "sha384": 48, "sha512_256": 32}
    def encode(k, message, digest, mask, salt_length):
        h = lambda b: hashlib.new(digest, b).digest()
        salt = secrets.token_bytes(salt_length)
        hashed = h(bytes(8) + h(message) + salt)
        size = k.octets - len(hashed) - 1
        block = bytes(size - salt_length - 1) + b"\1" + salt
        flow = b"".join(hashlib.new(mask, hashed + i.to_bytes(4, "big")).digest() for i in range(size // sizes[mask] + 1))
        masked = bytearray(a ^ b for a, b in zip(block, flow))
        masked[0] &= 0x7F
        return k.raw(bytes(masked) + hashed + b"\xbc")
    hash_of = lambda d: explicit(0, seq(oid(of[d]), tlv(5)))
    mask_of = lambda d: explicit(1, seq(oid(MGF1), seq(oid(of[d]), tlv(5))))
    salt_of = lambda n: explicit(2, integer(n))
    parameters = lambda d, m, n: seq(hash_of(d), mask_of(m), salt_of(n))
    rows = {
        "defaults": (seq(oid(PSS), seq()), "sha1", "sha1", 20), "no parameters": (seq(oid(PSS)), "sha1", "sha1", 20),
        "null": (seq(oid(PSS), tlv(5)), "sha1", "sha1", 20),
        "two hashes": (seq(oid(PSS), parameters("sha256", "sha384", 32)), "sha256", "sha384", 32),
        "mask of sha1": (seq(oid(PSS), parameters("sha256", "sha1", 32)), "sha256", "sha1", 32),
        "sha512/256": (seq(oid(PSS), parameters("sha512_256", "sha512_256", 32)), "sha512_256", "sha512_256", 32),
        "salt by default": (seq(oid(PSS), seq(hash_of("sha256"), mask_of("sha256"))), "sha256", "sha256", 20),
        "hash by default": (seq(oid(PSS), seq(salt_of(32))), "sha1", "sha1", 32),
        "trailer": (seq(oid(PSS), seq(hash_of("sha256"), mask_of("sha256"), salt_of(32), explicit(3, integer(1)))), "sha256", "sha256", 32),
        "trailer two": (seq(oid(PSS), seq(hash_of("sha256"), mask_of("sha256"), salt_of(32), explicit(3, integer(2)))), "sha256", "sha256", 32),
        "other salt": (seq(oid(PSS), parameters("sha256", "sha256", 32)), "sha256", "sha256", 30),
        "other hash": (seq(oid(PSS), parameters("sha256", "sha256", 32)), "sha384", "sha384", 32),
    }
    for label, (algorithm, digest, mask, salt) in rows.items():
        below("pss:" + label, Named(plain, algorithm, made=lambda k, m: encode(k, m, digest, mask, salt)))
    # Keys that are for RSASSA-PSS alone, in every place.
    inner = bits(seq(integer(plain.n), integer(plain.e)))
    right = seq(oid(PSS), parameters("sha256", "sha256", 32))
    by_pss = Named(plain, right, made=lambda k, m: encode(k, m, "sha256", "sha256", 32))
    for label, spki in {"any": seq(seq(oid(PSS)), inner), "sha256": seq(seq(oid(PSS), parameters("sha256", "sha256", 32)), inner),
                        "sha384": seq(seq(oid(PSS), parameters("sha384", "sha384", 48)), inner),
                        "longer salt": seq(seq(oid(PSS), parameters("sha256", "sha256", 40)), inner),
                        "shorter salt": seq(seq(oid(PSS), parameters("sha256", "sha256", 20)), inner)}.items():
        for place in ("leaf", "int", "root"):
            k = Named(plain, right, made=by_pss.made)
            k.spki = spki
            chain = Chain()
            setattr(chain, place + "_key", k)
            chain.make("pss:key for %s, %s" % (label, place))
        if label == "any":
            k = Named(plain, seq(oid("1.2.840.113549.1.1.11"), tlv(5)), "sha256", of["sha256"])
            k.spki = spki
            below("pss:key for any, pkcs1", k)

class Bare:
    """A key that signs nothing."""
    def __init__(self, spki): self.spki = spki

def keys():
    """Kinds and sizes of keys, first where they sign nothing."""
    numbers = lambda n, e: seq(seq(oid("1.2.840.113549.1.1.1"), tlv(5)), bits(seq(integer(n), integer(e))))
    odd = lambda size: secrets.randbits(size) | 1 | 1 << size - 1
    good = key("odd rsa", 2048)
    ec_oid, p256_oid = "1.2.840.10045.2.1", "1.2.840.10045.3.1.7"
    point = Ec(ec.SECP256R1()).key.public_key()
    raw = lambda form: point.public_bytes(serialization.Encoding.X962, form)
    full, short = raw(serialization.PublicFormat.UncompressedPoint), raw(serialization.PublicFormat.CompressedPoint)
    p, b = 2**256 - 2**224 + 2**192 + 2**96 - 1, 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    generator = bytes.fromhex("046B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C2964FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5")
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    domain = seq(integer(1), seq(oid("1.2.840.10045.1.1"), integer(p)),
                 seq(octets((p - 3).to_bytes(32, "big")), octets(b.to_bytes(32, "big"))), octets(generator), integer(order), integer(1))
    spkis = {"rsa 384": numbers(odd(384), 65537), "rsa 511": numbers(odd(511), 65537), "rsa 1023": numbers(odd(1023), 65537),
             "rsa 2047": numbers(odd(2047), 65537), "rsa 16384": numbers(odd(16384), 65537), "rsa 16385": numbers(odd(16385), 65537),
             "rsa exponent 1": numbers(good.n, 1), "rsa exponent 3": numbers(good.n, 3), "rsa exponent 4": numbers(good.n, 4),
             "rsa exponent 64 bits": numbers(odd(4096), odd(64)), "rsa exponent 65 bits": numbers(odd(4096), odd(65)),
             "rsa exponent 65 bits, 3072": numbers(odd(3072), odd(65)), "rsa even": numbers(good.n - 1, 65537),
             "rsa without null": seq(seq(oid("1.2.840.113549.1.1.1")), bits(seq(integer(good.n), integer(good.e)))),
             "rsa negative": seq(seq(oid("1.2.840.113549.1.1.1"), tlv(5)), bits(seq(tlv(2, good.n.to_bytes(256, "big")), integer(good.e)))),
             "rsa rubbish": seq(seq(oid("1.2.840.113549.1.1.1"), tlv(5)), bits(b"rubbish")),
             "ec compressed": seq(seq(oid(ec_oid), oid(p256_oid)), bits(short)), "ec explicit": seq(seq(oid(ec_oid), domain), bits(full)),
             "ec off the curve": seq(seq(oid(ec_oid), oid(p256_oid)), bits(full[:-1] + bytes([full[-1] ^ 1]))),
             "ec implicit": seq(seq(oid(ec_oid), tlv(5)), bits(full)), "ec unknown curve": seq(seq(oid(ec_oid), oid("1.3.6.1.4.1.99999.9")), bits(full)),
             "ec short": seq(seq(oid(ec_oid), oid(p256_oid)), bits(full[:-1])),
             "x25519": seq(seq(oid("1.3.101.110")), bits(secrets.token_bytes(32))), "x448": seq(seq(oid("1.3.101.111")), bits(secrets.token_bytes(56))),
             "unknown": seq(seq(oid("1.3.6.1.4.1.99999.8")), bits(b"key")), "ed25519 short": seq(seq(oid("1.3.101.112")), bits(secrets.token_bytes(31)))}
    for label, spki in spkis.items():
        chain = Chain()
        chain.leaf_key = Bare(spki)
        chain.make("key:" + label)
    KEYS.update(bp384=Ec(ec.BrainpoolP384R1()), bp512=Ec(ec.BrainpoolP512R1()))
    for size in (1023, 8192):
        key("rsa%d" % size, size)
    for label, digests in {"bp384": ["sha1", "sha256", "sha384", "sha512"], "bp512": ["sha1", "sha256", "sha384", "sha512"],
                           "rsa8192": ["sha1", "sha256", "sha512"], "rsa1023": ["sha256"]}.items():
        k = KEYS[label]
        for digest in digests:
            below("algorithm:int %s %s" % (label, digest), k, put("leaf", "digest", digest))
        for place in ("leaf", "root"):
            chain = Chain()
            setattr(chain, place + "_key", k)
            chain.make("algorithm:%s %s" % (place, label))
        for spoilt in ("leaf_spoil", "int_spoil"):
            chain = Chain()
            chain.int_key = chain.root_key = k
            setattr(chain, spoilt, True)
            chain.make("algorithm:%s %s" % (spoilt, label))

# Names --------------------------------------------------------------------------------------------------------------

def raw_san(*parts, critical=False): return extension("2.5.29.17", critical, seq(*parts))
OTHER = tlv(0xA0, oid("1.3.6.1.4.1.311.20.2.3"), explicit(0, tlv(UTF8, b"a@corp.test")))

def forms():
    def ask(label, san, cn=HOST, host=HOST, subject=None):
        chain = Chain()
        chain.leaf["names"], chain.host = san, host
        chain.subjects["leaf"] = subject or dn(cn)
        chain.make("form:" + label)
    for label, part in {"other": OTHER, "dn": general("dn", dn("x")), "uri": general("uri", "https://scim.corp.test/"),
                        "rid": general("rid", "1.2.3"), "x400": tlv(0xA3, seq()), "dns empty": tlv(0x82, b""), "dns utf8": tlv(0x82, "ä.test".encode()),
                        "dns space": tlv(0x82, b" "), "ip 5": tlv(0x87, bytes(5)), "ip 8": tlv(0x87, bytes(8)), "ip 0": tlv(0x87, b""),
                        "uri rubbish": tlv(0x86, b"::"), "mail rubbish": tlv(0x81, b"a b")}.items():
        ask(label + " alone", raw_san(part))
        ask(label + " and dns", raw_san(part, general("dns", HOST)))
    ask("none in it", raw_san())
    ask("not critical and critical", alternative(("dns", HOST), critical=True))
    for label, host in {"ip6 long": "2001:db8:0:0:0:0:0:1", "ip6 short": "2001:db8::1", "ip6 upper": "2001:DB8::1", "mapped": "::ffff:127.0.0.1"}.items():
        six = bytes.fromhex("20010db8000000000000000000000001")
        ask("host " + label, alternative(("ip", list(six)), ("ip", [127, 0, 0, 1])), host=host)
        if host not in ("2001:db8:0:0:0:0:0:1", "2001:DB8::1"): # a JVM prints an address as it was typed
            ask("host %s, not there" % label, alternative(("ip", [9] * 16)), host=host)
    ask("host with dot", alternative(("dns", HOST)), host=HOST + ".")
    ask("host with dot, wildcard", alternative(("dns", "*.corp.test")), host=HOST + ".")
    for label, tag, codec in [("bmp", BMP, "utf-16-be"), ("universal", UNIVERSAL, "utf-32-be"), ("t61", T61, "latin-1"), ("ia5", IA5, "ascii")]:
        attribute = lambda text: seq(tlv(0x31, seq(oid(CN), tlv(tag, text.encode(codec)))))
        if tag != UNIVERSAL: # over which JDK 11 falls
            ask("cn " + label, None, subject=attribute(HOST))
            ask("cn %s, other" % label, None, subject=attribute("other.corp.test"))
        for place in ("int", "root"):
            chain = Chain()
            chain.subjects[place] = attribute("Corp CA")
            chain.make("form:%s %s" % (place, label))
    chain = Chain()
    chain.subjects["root"] = seq(tlv(0x31, seq(oid(CN), tlv(BMP, "Corp CA".encode("utf-16-be")))))
    chain.int_issuer = name((CN, "Corp CA"))
    chain.make("form:root bmp, issuer utf8")

def limits():
    """Name constraints of kinds and shapes that are rare."""
    def ask(label, value, san, subject=None):
        chain = Chain()
        chain.leaf["names"] = san
        chain.subjects["leaf"] = subject or dn(HOST)
        chain.int_more = [value] if isinstance(value, bytes) else value
        chain.make("limit:" + label)
    dns = alternative(("dns", HOST))
    tree = lambda tag, *names: tlv(tag, *[seq(n) for n in names])
    subtrees = lambda *parts, critical=True: extension("2.5.29.30", critical, seq(*parts))
    for label, part in {"rid": general("rid", "1.2.3"), "other": OTHER, "x400": tlv(0xA3, seq())}.items():
        for tag, kind in ((0xA0, "permitted"), (0xA1, "excluded")):
            ask("%s %s, san dns" % (kind, label), subtrees(tree(tag, part)), dns)
            ask("%s %s, san the same" % (kind, label), subtrees(tree(tag, part)), raw_san(general("dns", HOST), part))
    ask("empty", subtrees(), dns)
    ask("empty permitted", subtrees(tlv(0xA0)), dns)
    ask("not critical", constraints(permitted=[("dns", "other.test")], critical=False), dns)
    ask("both", constraints(permitted=[("dns", "corp.test")], excluded=[("dns", HOST)]), dns)
    ask("both, other excluded", constraints(permitted=[("dns", "corp.test")], excluded=[("dns", "x.corp.test")]), dns)
    ask("two permitted", constraints(permitted=[("dns", "other.test"), ("dns", "corp.test")]), dns)
    ask("two kinds", constraints(permitted=[("dns", "corp.test"), ("ip", [10, 0, 0, 0, 255, 0, 0, 0])]), dns)
    ask("two kinds, ip outside", constraints(permitted=[("dns", "corp.test"), ("ip", [10, 0, 0, 0, 255, 0, 0, 0])]),
        alternative(("dns", HOST), ("ip", [127, 0, 0, 1])))
    ask("ip hole in mask", constraints(permitted=[("ip", [10, 0, 0, 1, 255, 0, 0, 255])]), alternative(("dns", HOST), ("ip", [10, 9, 9, 1])))
    ask("ip4 permitted, ip6", constraints(permitted=[("ip", [0] * 8)]), alternative(("dns", HOST), ("ip", [0] * 15 + [1])))
    ask("ip of seven", constraints(permitted=[("ip", [0] * 7)]), dns)
    ask("second wrong", constraints(permitted=[("dns", "corp.test")]), alternative(("dns", HOST), ("dns", "other.test")))
    ask("cn outside, san inside", constraints(permitted=[("dns", "corp.test")]), dns, dn("other.test"))
    ask("cn outside, no san", constraints(permitted=[("dns", "corp.test")]), None, dn("other.test"))
    ask("cn no name, no san", constraints(permitted=[("dns", "corp.test")]), None, dn("Some Body"))
    ask("case", constraints(permitted=[("dns", "CORP.test")]), dns)
    two = [constraints(permitted=[("dns", "corp.test")])]
    ca = lambda *others: [basic(True), usage("cert"), *others]
    Deep.make("limit:two levels", [ca(constraints(permitted=[("dns", "test")])), ca(constraints(permitted=[("dns", "corp.test")]))])
    Deep.make("limit:two levels, narrow above", [ca(constraints(permitted=[("dns", "other.test")])), ca(constraints(permitted=[("dns", "corp.test")]))])
    Deep.make("limit:two levels, narrow below", [ca(constraints(permitted=[("dns", "corp.test")])), ca(constraints(permitted=[("dns", "other.test")]))])
    Deep.make("limit:two levels, excluded above", [ca(constraints(excluded=[("dns", "corp.test")])), ca(*two)])
    for label, first, second in [("uri", ("uri", "a.test"), ("uri", "b.test")), ("mail", ("mail", "a.test"), ("mail", "b.test")),
                                 ("dn", ("dn", name((O, "Corp Test"))), ("dn", name((O, "Other")))),
                                 ("ip", ("ip", [10, 0, 0, 0, 255, 0, 0, 0]), ("ip", [11, 0, 0, 0, 255, 0, 0, 0])),
                                 ("dns, one of two", ("dns", "a.test"), ("dns", "b.a.test"))]:
        Deep.make("limit:two levels, " + label, [ca(constraints(permitted=[first])), ca(constraints(permitted=[second]))])
    Deep.make("limit:three levels", [ca(constraints(permitted=[("dns", "test"), ("dns", "other")])), ca(constraints(permitted=[("dns", "corp.test")])),
                                     ca(constraints(permitted=[("dns", "other")]))])
    Deep.make("limit:two levels, self-issued below", [ca(*two), ca()], self_issued=[1])
    Deep.make("limit:dn of an authority", [ca(constraints(permitted=[("dn", name((O, "Other")))])), ca()])
    Deep.make("limit:dn of a self-issued authority", [ca(constraints(permitted=[("dn", name((O, "Corp Test")))])), ca()], self_issued=[1])

# Forms --------------------------------------------------------------------------------------------------------------

def shapes():
    def ask(label, *changes, host=HOST):
        chain = Chain()
        for change in changes:
            change(chain)
        chain.make("shape:" + label)
    ask("leaf is a ca", put("leaf", "basic", basic(True)), put("leaf", "usage", usage("sig", "cert")))
    ask("leaf without basic constraints", put("leaf", "basic", None))
    ask("leaf without usage", put("leaf", "usage", None))
    ask("leaf without purposes", put("leaf", "purposes", None))
    ask("leaf without anything but its name", put("leaf", "basic", None), put("leaf", "usage", None), put("leaf", "purposes", None))
    ask("leaf v1", version("leaf", 1))
    ask("leaf v2", version("leaf", 2))
    ask("int v2", version("int", 2))
    ask("purposes empty", put("leaf", "purposes", extension("2.5.29.37", False, seq())))
    ask("purposes unknown", put("leaf", "purposes", extension("2.5.29.37", False, seq(oid("1.2.3.4")))))
    ask("basic not critical", put("int", "basic", basic(True, critical=False)))
    ask("basic false explicit", put("leaf", "basic", extension("2.5.29.19", True, seq(tlv(1, b"\0")))))
    ask("basic true as 1", put("int", "basic", extension("2.5.29.19", True, seq(tlv(1, b"\1")))))
    ask("length without ca", put("int", "basic", extension("2.5.29.19", True, seq(integer(0)))))
    ask("usage not critical", put("leaf", "usage", extension("2.5.29.15", False, bits(b"\x80", 7))))
    ask("usage two octets", put("leaf", "usage", extension("2.5.29.15", True, bits(b"\x80\x00", 0))))
    ask("unknown not critical", more("leaf", extension("1.3.6.1.4.1.99999.1", False, tlv(5))))
    ask("unknown of the root", more("root", extension("1.3.6.1.4.1.99999.1", True, tlv(5))))
    ask("twice the same extension", more("leaf", extension("1.3.6.1.4.1.99999.1", False, tlv(5))), more("leaf", extension("1.3.6.1.4.1.99999.1", False, tlv(5))))
    ask("twice a name", more("leaf", alternative(("dns", "second.test"))))
    for label, period in {"both generalized": ("20500101000000Z", "20510101000000Z"), "ends 9999": ("20260101000000Z", "99991231235959Z"),
                          "ends before it begins": ("20270101000000Z", "20260101000000Z"), "begins now": ("20261123120000Z", "20280101000000Z"),
                          "ends now": ("20260101000000Z", "20261123120000Z"), "ended a second ago": ("20260101000000Z", "20261123115959Z"),
                          "begins in a second": ("20261123120001Z", "20280101000000Z"), "long ago": ("19700101000000Z", "19800101000000Z")}.items():
        ask("leaf " + label, put("leaf", "period", period))
        ask("int " + label, put("int", "period", period))
        ask("root " + label, put("root", "period", period))
    for which in ("2.5.29.15", "2.5.29.19", "2.5.29.17", "2.5.29.37", "2.5.29.14", "2.5.29.35", "2.5.29.32", "2.5.29.30", "1.3.6.1.5.5.7.1.1", "2.5.29.31"):
        entry = {"2.5.29.15": "usage", "2.5.29.19": "basic", "2.5.29.17": "names", "2.5.29.37": "purposes"}.get(which)
        for critical in (False, True):
            spoilt = extension(which, critical, b"\x05\x00")
            label = "rubbish in %s%s" % (which, ", critical" if critical else "")
            ask(label, put("leaf", entry, spoilt) if entry else more("leaf", spoilt))
    for label, change in {"crl sign alone": usage("crl"), "cert and more": usage("cert", "sig", "ke"), "none": usage()}.items():
        ask("int usage " + label, put("int", "usage", change))
        ask("root usage " + label, put("root", "usage", change))
    ask("server gated, ms", put("leaf", "purposes", purposes("ms")))
    ask("int purposes client", more("int", purposes("client")))
    ask("root purposes client", more("root", purposes("client")))
    ask("root length 0", put("root", "basic", basic(True, 0)))
    ask("root later", put("root", "period", LATER))
    ask("root sent twice", attribute("send", lambda leaf, int, root: [leaf, int, root, root]))
    ask("everything thrice", attribute("send", lambda leaf, int, root: [leaf, int, root] * 3))
    ask("root first", attribute("send", lambda leaf, int, root: [root, int, leaf]))
    ask("int first", attribute("send", lambda leaf, int, root: [int, leaf]))
    ask("stranger between", attribute("send", lambda leaf, int, root: [leaf, STRANGER, int]))
    ask("root and its int trusted", attribute("trust", lambda leaf, int, root: [int, root]))
    ask("all trusted", attribute("trust", lambda leaf, int, root: [leaf, int, root]))
    ask("many strangers trusted", attribute("trust", lambda leaf, int, root: [STRANGER, root]))

# Two faults in two places -------------------------------------------------------------------------------------------

def pairs():
    """Names and uses of the leaf against what is wrong above it."""
    leaf = {"name": put("leaf", "names", alternative(("dns", "other.test"))), "no name": put("leaf", "names", None),
            "underscore": lambda chain: (put("leaf", "names", alternative(("dns", "scim_srv.corp.test")))(chain), setattr(chain, "host", "scim_srv.corp.test")),
            "middle wildcard": put("leaf", "names", alternative(("dns", "scim.*.test"))),
            "address": lambda chain: setattr(chain, "host", "127.0.0.1"),
            "agreement": put("leaf", "usage", usage("ka")), "no purposes": put("leaf", "purposes", extension("2.5.29.37", False, seq(oid("1.2.3.4")))),
            "netscape": more("leaf", extension("2.16.840.1.113730.1.1", False, bits(b"\x80")))}
    above = {"md5": lambda chain: (setattr(chain, "root_key", key("odd rsa", 2048)), put("int", "digest", "md5")(chain)), "length": put("root", "basic", basic(True, 0)), "constraint": more("int", constraints(excluded=[("dns", "corp.test")])),
             "policy": more("int", extension("2.5.29.36", True, seq(tlv(0x80, b"\0")))), "root usage": put("root", "usage", usage("crl")),
             "unknown root": attribute("trust", lambda leaf, int, root: [STRANGER]), "pinned": attribute("trust", lambda leaf, int, root: [leaf]),
             "int trusted": attribute("trust", lambda leaf, int, root: [int]), "int expired": put("int", "period", OVER),
             "root first": attribute("send", lambda leaf, int, root: [root, int, leaf]), "int not ca": put("int", "basic", None)}
    for (first, change), (second, other) in itertools.product(leaf.items(), above.items()):
        chain = Chain()
        change(chain)
        other(chain)
        chain.make("pair:%s+%s" % (first, second))

if __name__ == "__main__":
    signatures()
    pss()
    keys()
    KEYS.update((label, Ec(ec.SECP256R1())) for label in ["leaf", "int", "root", *("deep%d" % n for n in range(6))])
    forms()
    limits()
    shapes()
    pairs()
    print("\n".join(CASES))
    print(len(CASES), "cases", file=sys.stderr)
