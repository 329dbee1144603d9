#!/usr/bin/env python3
"""Writes generated.tsv: chains with one fault, with each pair of faults, and with every kind of name, constraint,
policy and algorithm. Certificates are put together octet by octet, so that anything can be wrong with them.

    python3 make.py > generated.tsv        needs the Python package cryptography (for EC and Edwards keys)

A line is what JavaOracle reads: id, time, name, certificates sent, anchors. Keys are new on every run, so record the
JVMs' answers again afterwards: python3 record.py generated.tsv JAVA... > generated-java.tsv
"""
import base64, hashlib, itertools, math, secrets, sys
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, ed448, padding, rsa, utils

NOW = "2026-11-23T12:00:00Z"
HOST = "scim.corp.test"

# DER ----------------------------------------------------------------------------------------------------------------

def tlv(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    if n < 128:
        return bytes([tag, n]) + body
    size = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body

def seq(*parts): return tlv(0x30, *parts)
def integer(n): return tlv(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))
def octets(b): return tlv(4, b)
def bits(b, unused=0): return tlv(3, bytes([unused]) + b)
def explicit(n, b): return tlv(0xA0 | n, b)

def oid(text):
    arcs = [int(a) for a in text.split(".")]
    body = b""
    for arc in [arcs[0] * 40 + arcs[1]] + arcs[2:]:
        group = [arc & 0x7F]
        while arc > 0x7F:
            arc >>= 7
            group.append(arc & 0x7F | 0x80)
        body += bytes(reversed(group))
    return tlv(6, body)

UTF8, PRINTABLE, T61, IA5 = 0x0C, 0x13, 0x14, 0x16
CN, O, C, MAIL, DC = "2.5.4.3", "2.5.4.10", "2.5.4.6", "1.2.840.113549.1.9.1", "0.9.2342.19200300.100.1.25"

def name(*attributes):
    """Attributes (oid, text[, tag]); a list of them is one multi-valued RDN."""
    rdns = []
    for rdn in attributes:
        rdn = rdn if isinstance(rdn, list) else [rdn]
        rdns.append(tlv(0x31, *sorted(seq(oid(a[0]), tlv(a[2] if len(a) > 2 else UTF8, a[1].encode(
            "latin-1" if len(a) > 2 and a[2] == T61 else "utf-8"))) for a in rdn)))
    return seq(*rdns)

def dn(cn): return name((O, "Corp Test"), (CN, cn))

# Keys ---------------------------------------------------------------------------------------------------------------

class Rsa:
    kind = "rsa"
    def __init__(self, size):
        self.n, self.e, self.d = self.numbers(size)
        self.octets = (self.n.bit_length() + 7) // 8
        self.spki = seq(seq(oid("1.2.840.113549.1.1.1"), tlv(5)), bits(seq(integer(self.n), integer(self.e))))

    @staticmethod
    def numbers(size):
        if size >= 1024:
            private = rsa.generate_private_key(65537, size).private_numbers()
            return private.public_numbers.n, 65537, private.d
        def prime(n):
            while True:
                p = secrets.randbits(n) | 1 | 3 << n - 2
                if math.gcd(p - 1, 65537) == 1 and all(pow(a, p - 1, p) == 1 for a in (2, 3, 5, 7, 11, 13)):
                    return p
        p, q = prime(size // 2), prime(size // 2)
        return p * q, 65537, pow(65537, -1, (p - 1) * (q - 1))

    def raw(self, block): return pow(int.from_bytes(block, "big"), self.d, self.n).to_bytes(self.octets, "big")

    DIGESTS = {"md5": "1.2.840.113549.2.5", "sha1": "1.3.14.3.2.26", "sha224": "2.16.840.1.101.3.4.2.4",
               "sha256": "2.16.840.1.101.3.4.2.1", "sha384": "2.16.840.1.101.3.4.2.2", "sha512": "2.16.840.1.101.3.4.2.3"}
    ALGORITHMS = {"md5": 4, "sha1": 5, "sha256": 11, "sha384": 12, "sha512": 13, "sha224": 14}

    def algorithm(self, digest, salt=None):
        if salt is None:
            return seq(oid("1.2.840.113549.1.1.%d" % self.ALGORITHMS[digest]), tlv(5))
        inner = seq(oid(self.DIGESTS[digest]), tlv(5))
        return seq(oid("1.2.840.113549.1.1.10"), seq(
            explicit(0, inner), explicit(1, seq(oid("1.2.840.113549.1.1.8"), inner)), explicit(2, integer(salt))))

    def sign(self, message, digest="sha256", salt=None):
        if salt is not None:
            return self.pss(message, digest, salt)
        info = seq(seq(oid(self.DIGESTS[digest]), tlv(5)), octets(hashlib.new(digest, message).digest()))
        return self.raw(b"\0\1" + b"\xff" * (self.octets - len(info) - 3) + b"\0" + info)

    def pss(self, message, digest, salt_length):
        h = lambda b: hashlib.new(digest, b).digest()
        salt = secrets.token_bytes(salt_length)
        hashed = h(bytes(8) + h(message) + salt)
        size = self.octets - len(hashed) - 1
        block = bytes(size - salt_length - 1) + b"\1" + salt
        mask = b"".join(h(hashed + i.to_bytes(4, "big")) for i in range(size // len(hashed) + 1))
        masked = bytearray(a ^ b for a, b in zip(block, mask))
        masked[0] &= 0x7F
        return self.raw(bytes(masked) + hashed + b"\xbc")

class Ec:
    kind = "ec"
    ALGORITHMS = {"sha1": "1.2.840.10045.4.1", "sha224": "1.2.840.10045.4.3.1", "sha256": "1.2.840.10045.4.3.2",
                  "sha384": "1.2.840.10045.4.3.3", "sha512": "1.2.840.10045.4.3.4"}
    def __init__(self, curve):
        self.key = ec.generate_private_key(curve)
        self.spki = self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    def algorithm(self, digest, salt=None): return seq(oid(self.ALGORITHMS[digest]))
    def sign(self, message, digest="sha256", salt=None):
        prehashed = hashlib.new(digest, message).digest()
        algorithm = getattr(hashes, digest.upper())()
        return self.key.sign(prehashed, ec.ECDSA(utils.Prehashed(algorithm)))

class Edwards:
    kind = "ed"
    def __init__(self, family, arc):
        self.key, self.arc = family.generate(), arc
        self.spki = self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    def algorithm(self, digest, salt=None): return seq(oid("1.3.101.%d" % self.arc))
    def sign(self, message, digest="sha256", salt=None): return self.key.sign(message)

class Dsa:
    kind = "dsa"
    ALGORITHMS = {"sha1": "1.2.840.10040.4.3", "sha224": "2.16.840.1.101.3.4.3.1", "sha256": "2.16.840.1.101.3.4.3.2",
                  "sha384": "2.16.840.1.101.3.4.3.3", "sha512": "2.16.840.1.101.3.4.3.4"}
    def __init__(self, size):
        self.key = dsa.generate_private_key(size)
        self.spki = self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    def algorithm(self, digest, salt=None): return seq(oid(self.ALGORITHMS[digest]))
    def sign(self, message, digest="sha256", salt=None):
        """As the standard has it, a hash longer than q cut down: the library does not sign with such."""
        numbers = self.key.private_numbers()
        group = numbers.public_numbers.parameter_numbers
        z = int.from_bytes(hashlib.new(digest, message).digest()[:group.q.bit_length() // 8], "big")
        k = secrets.randbelow(group.q - 1) + 1
        r = pow(group.g, k, group.p) % group.q
        return seq(integer(r), integer(pow(k, -1, group.q) * (z + numbers.x * r) % group.q))

KEYS = {}
def key(label, size=2048):
    if label not in KEYS:
        KEYS[label] = Rsa(size)
    return KEYS[label]

# Certificates -------------------------------------------------------------------------------------------------------

def extension(which, critical, value):
    return seq(oid(which), *([tlv(1, b"\xff")] if critical else []), octets(value))

def basic(ca, length=None, critical=True):
    parts = [tlv(1, b"\xff")] if ca else []
    return extension("2.5.29.19", critical, seq(*parts, *([integer(length)] if length is not None else [])))

USAGES = ["sig", "nr", "ke", "de", "ka", "cert", "crl", "eo", "do"]
def usage(*names):
    value = sum(1 << 15 - USAGES.index(n) for n in names)
    used = max((USAGES.index(n) + 1 for n in names), default=0)
    body = value.to_bytes(2, "big")[: (used + 7) // 8]
    return extension("2.5.29.15", True, bits(body, -used % 8))

PURPOSES = {"server": "1.3.6.1.5.5.7.3.1", "client": "1.3.6.1.5.5.7.3.2", "any": "2.5.29.37.0",
            "ms": "1.3.6.1.4.1.311.10.3.3", "ns": "2.16.840.1.113730.4.1"}
def purposes(*names, critical=False): return extension("2.5.29.37", critical, seq(*[oid(PURPOSES[n]) for n in names]))

def general(kind, value):
    if kind == "dns": return tlv(0x82, value.encode())
    if kind == "mail": return tlv(0x81, value.encode())
    if kind == "uri": return tlv(0x86, value.encode())
    if kind == "ip": return tlv(0x87, bytes(value))
    if kind == "dn": return tlv(0xA4, value)
    if kind == "rid": return tlv(0x88, oid(value)[2:])
    raise ValueError(kind)

def alternative(*names, critical=False): return extension("2.5.29.17", critical, seq(*[general(*n) for n in names]))

def constraints(permitted=(), excluded=(), critical=True):
    tree = lambda tag, names: [tlv(tag, *[seq(general(*n)) for n in names])] if names else []
    return extension("2.5.29.30", critical, seq(*tree(0xA0, permitted), *tree(0xA1, excluded)))

def key_id(k): return hashlib.sha1(k.spki).digest()
def subject_id(value): return extension("2.5.29.14", False, octets(value))
def authority_id(value=None, issuer=None, serial=None):
    parts = [tlv(0x80, value)] if value is not None else []
    parts += [tlv(0xA1, general("dn", issuer))] if issuer else []
    parts += [tlv(0x82, integer(serial)[2:])] if serial is not None else []
    return extension("2.5.29.35", False, seq(*parts))

SERIAL = itertools.count(1000)
GOOD = ("20260101000000Z", "20280101000000Z")
OVER = ("20250101000000Z", "20260601000000Z")
LATER = ("20270101000000Z", "20280101000000Z")

def certificate(subject, issuer, k, signer, extensions=(), period=GOOD, digest="sha256", salt=None, version=3,
                serial=None, spoil=False):
    serial = next(SERIAL) if serial is None else serial
    algorithm = signer.algorithm(digest, salt)
    time = lambda t: tlv(0x17, t[2:].encode()) if t < "2050" else tlv(0x18, t.encode())
    tbs = seq(*([explicit(0, integer(version - 1))] if version > 1 else []), integer(serial), algorithm, issuer,
              seq(*map(time, period)), subject, k.spki, *([explicit(3, seq(*extensions))] if extensions else []))
    signature = bytearray(signer.sign(tbs, digest, salt))
    if spoil:
        signature[len(signature) // 2] ^= 1
    return seq(tbs, algorithm, bits(bytes(signature)))

CASES = []
def case(identifier, chain, anchors, host=HOST, now=NOW):
    encode = lambda list: ",".join(base64.b64encode(c).decode() for c in list)
    CASES.append("\t".join([identifier, now, host, encode(chain), encode(anchors)]))

# One chain of leaf, issuing authority and root, each part of which can be changed -----------------------------------

class Chain:
    """The parts of a good chain; faults change them before it is made."""
    def __init__(self):
        self.leaf_key, self.int_key, self.root_key = key("leaf"), key("int"), key("root")
        self.leaf = dict(period=GOOD, digest="sha256", usage=usage("sig", "ke"), purposes=purposes("server"),
                         names=alternative(("dns", HOST)), basic=basic(False))
        self.int = dict(period=GOOD, digest="sha256", usage=usage("cert", "crl"), basic=basic(True, 0))
        self.root = dict(period=GOOD, digest="sha256", usage=usage("cert", "crl"), basic=basic(True))
        self.leaf_more, self.int_more, self.root_more = [], [], []
        self.leaf_spoil = self.int_spoil = False
        self.subjects = dict(leaf=dn(HOST), int=dn("Corp Issuing CA"), root=dn("Corp Root CA"))
        self.int_issuer = None
        self.leaf_issuer = None
        self.send = lambda leaf, int, root: [leaf, int]
        self.trust = lambda leaf, int, root: [root]
        self.versions = dict(leaf=3, int=3, root=3)
        self.host = HOST
        self.root_id, self.int_asks = None, None
        self.int_signer = None

    def make(self, identifier):
        def part(which, k, issuer, signer, more, ids, spoil=False):
            settings = getattr(self, which)
            fixed = [settings[e] for e in ("usage", "purposes", "names", "basic") if settings.get(e)]
            extensions = fixed + ids + more if self.versions[which] == 3 else []
            return certificate(self.subjects[which], issuer, k, signer, extensions, settings["period"],
                               settings["digest"], settings.get("salt"), self.versions[which], spoil=spoil)
        root_id = self.root_id or key_id(self.root_key)
        root = part("root", self.root_key, self.subjects["root"], self.root_key, self.root_more, [subject_id(root_id)])
        intermediate = part("int", self.int_key, self.int_issuer or self.subjects["root"], self.int_signer or self.root_key,
                            self.int_more, [subject_id(key_id(self.int_key)), authority_id(self.int_asks or root_id)],
                            self.int_spoil)
        leaf = part("leaf", self.leaf_key, self.leaf_issuer or self.subjects["int"], self.int_key, self.leaf_more,
                    [subject_id(key_id(self.leaf_key)), authority_id(key_id(self.int_key))], self.leaf_spoil)
        case(identifier, self.send(leaf, intermediate, root), self.trust(leaf, intermediate, root), self.host)

def put(part, entry, value):
    def change(chain): getattr(chain, part)[entry] = value
    return change
def more(part, value):
    def change(chain): getattr(chain, part + "_more").append(value)
    return change
def attribute(entry, value):
    def change(chain): setattr(chain, entry, value)
    return change
def version(part, number):
    def change(chain): chain.versions[part] = number
    return change
def other_key(which, label, size):
    def change(chain): setattr(chain, which, key(label, size))
    return change

FAULTS = {
    "leaf-expired": put("leaf", "period", OVER),
    "leaf-later": put("leaf", "period", LATER),
    "leaf-usage": put("leaf", "usage", usage("ke")),
    "leaf-usage-none": put("leaf", "usage", usage()),
    "leaf-purpose": put("leaf", "purposes", purposes("client")),
    "leaf-critical": more("leaf", extension("1.3.6.1.4.1.99999.1", True, tlv(5))),
    "leaf-spoilt": attribute("leaf_spoil", True),
    "leaf-name": put("leaf", "names", alternative(("dns", "other.corp.test"))),
    "leaf-md5": put("leaf", "digest", "md5"),
    "leaf-sha1": put("leaf", "digest", "sha1"),
    "leaf-rsa512": other_key("leaf_key", "rsa512", 512),
    "int-expired": put("int", "period", OVER),
    "int-later": put("int", "period", LATER),
    "int-not-ca": put("int", "basic", basic(False)),
    "int-usage": put("int", "usage", usage("sig")),
    "int-critical": more("int", extension("1.3.6.1.4.1.99999.1", True, tlv(5))),
    "int-spoilt": attribute("int_spoil", True),
    "int-md5": put("int", "digest", "md5"),
    "int-constraint": more("int", constraints(permitted=[("dns", "other.test")])),
    "int-other-key-id": attribute("int_asks", b"x" * 20),
    "int-signed-by-other": attribute("int_signer", key("stranger")),
    "int-v1": version("int", 1),
    "root-expired": put("root", "period", OVER),
    "root-not-ca": put("root", "basic", basic(False)),
    "root-usage": put("root", "usage", usage("sig")),
    "root-v1": version("root", 1),
    "root-rsa512": other_key("root_key", "root512", 512),
    "root-md5": put("root", "digest", "md5"),
    "sent-root": attribute("send", lambda leaf, int, root: [leaf, int, root]),
    "sent-alone": attribute("send", lambda leaf, int, root: [leaf]),
    "sent-mixed": attribute("send", lambda leaf, int, root: [leaf, root, int]),
    "trust-nothing-of-it": attribute("trust", lambda leaf, int, root: [STRANGER]),
    "trust-int": attribute("trust", lambda leaf, int, root: [int]),
    "trust-leaf": attribute("trust", lambda leaf, int, root: [leaf]),
}
STRANGER = certificate(dn("Some Root"), dn("Some Root"), key("stranger"), key("stranger"), [basic(True)])

def combined():
    Chain().make("good")
    for label, fault in FAULTS.items():
        chain = Chain()
        fault(chain)
        chain.make("one:" + label)
    for (first, change), (second, other) in itertools.combinations(FAULTS.items(), 2):
        chain = Chain()
        change(chain)
        other(chain)
        chain.make("two:%s+%s" % (first, second))

# Names --------------------------------------------------------------------------------------------------------------

def names():
    def ask(label, host, san=(), cn=HOST, subject=None, critical=False):
        chain = Chain()
        chain.leaf["names"] = alternative(*san, critical=critical) if san else None
        chain.subjects["leaf"] = subject or dn(cn)
        chain.host = host
        chain.make("name:" + label)
    for template in [HOST, "SCIM.CORP.TEST", "*.corp.test", "sc*.corp.test", "*m.corp.test", "s*m.corp.test", "s*i*.corp.test",
                     "scim.*.test", "*.*.test", "*.test", "*", "*.", "scim.corp.*", "scim.corp.test.", ".corp.test",
                     "**.corp.test", "scim*.corp.test", "x*.corp.test", "*.corp.test.", "scim.corp", "corp.test", "a.scim.corp.test",
                     "scim_1.corp.test", "-scim.corp.test", "scim..corp.test", "xn--scim-.corp.test", "scim.corp.test\0.evil",
                     " scim.corp.test"]:
        try:
            ask("san " + template.replace("\0", "NUL"), HOST, [("dns", template)])
        except UnicodeEncodeError:
            pass
        if template.isprintable():
            ask("cn " + template, HOST, [], template)
    for host in ["scim_srv.corp.test", "localhost", "scim", "xn--bcher-kva.test", "SCIM.corp.TEST", "-bad.corp.test", "bad-.corp.test",
                 "a..b", "x" * 64 + ".corp.test"]:
        ask("host " + host, host, [("dns", host)])
        ask("host-wildcard " + host, host, [("dns", "*.corp.test"), ("dns", "*")])
    four, six, mapped = [127, 0, 0, 1], [0] * 15 + [1], [0] * 10 + [255, 255, 127, 0, 0, 1]
    for host in ["127.0.0.1", "::1", "10.0.0.1"]:
        for label, san in [("v4", [("ip", four)]), ("v6", [("ip", six)]), ("mapped", [("ip", mapped)]), ("dns", [("dns", host)]),
                           ("none", []), ("both", [("dns", HOST), ("ip", four), ("ip", six)]), ("mail", [("mail", "a@b.test")])]:
            ask("ip %s %s" % (host, label), host, san, host)
    ask("ip-only cn right", HOST, [("ip", four)])
    ask("mail-only cn right", HOST, [("mail", "a@corp.test")])
    ask("rid-only cn wrong", HOST, [("rid", "1.2.3")], "other")
    ask("two cn last", HOST, [], subject=name((CN, "other"), (CN, HOST)))
    ask("two cn first", HOST, [], subject=name((CN, HOST), (CN, "other")))
    ask("no cn", HOST, [], subject=name((O, "Corp")))
    ask("empty subject", HOST, [("dns", HOST)], subject=name(), critical=True)
    ask("empty subject, san not critical", HOST, [("dns", HOST)], subject=name())
    ask("empty subject, no san", HOST, [], subject=name())
    ask("printable cn", HOST, [], subject=name((CN, HOST, PRINTABLE)))
    ask("second san", HOST, [("dns", "a.test"), ("dns", HOST)])
    ask("many sans", HOST, [("dns", "h%d.test" % i) for i in range(300)] + [("dns", HOST)])

def chaining():
    """How the issuer's name is written, against how the issuer writes it."""
    pairs = {
        "case": (name((O, "Corp Test"), (CN, "corp ROOT ca")), None),
        "space": (name((O, "Corp Test"), (CN, "  Corp   Root CA ")), None),
        "printable": (name((O, "Corp Test", PRINTABLE), (CN, "Corp Root CA", PRINTABLE)), None),
        "t61": (name((O, "Corp Test"), (CN, "Corp Root CA", T61)), None),
        "order": (name((CN, "Corp Root CA"), (O, "Corp Test")), None),
        "more": (name((C, "DE"), (O, "Corp Test"), (CN, "Corp Root CA")), None),
        "accent": (name((CN, "Ängström CA")), name((CN, "ÄNGSTRÖM ca"))),
        "decomposed": (name((CN, "Ångström CA")), name((CN, "A\u030angstro\u0308m CA"))),
        "mail": (name((MAIL, "ca@corp.test", IA5), (CN, "x")), name((MAIL, "CA@corp.test", IA5), (CN, "x"))),
        "multi": (name([(O, "Corp"), (CN, "x")]), name([(CN, "X"), (O, "corp")])),
        "dc": (name((DC, "corp", IA5), (CN, "x")), name((DC, "CORP", IA5), (CN, "x"))),
        "special": (name((CN, 'a, b+c "d" <e>;f\\#')), name((CN, 'A, B+C "D" <E>;F\\#'))),
        "empty": (name(), name()),
    }
    for label, (issuer, subject) in pairs.items():
        chain = Chain()
        chain.int_issuer = issuer
        chain.subjects["root"] = subject or chain.subjects["root"]
        chain.make("chaining:" + label)
    for label, subject in {"quote": name((CN, 'Corp, "Root" CA')), "plus": name((CN, "a+b=c")), "space": name((CN, " lead")),
                           "uni": name((CN, "Ängström")), "oid": name(("1.2.3.4", "x"), (CN, "y")), "empty value": name((CN, "")),
                           "mail": name((MAIL, "ca@corp.test", IA5), (CN, "x")), "multi": name([(O, "Corp"), (CN, "x")]),
                           "hash": name((CN, "#1")), "many": name((C, "DE", PRINTABLE), ("2.5.4.8", "BE"), ("2.5.4.7", "B"),
                           ("2.5.4.9", "Str 1"), ("2.5.4.5", "12", PRINTABLE), ("2.5.4.12", "T"), ("2.5.4.42", "G"), ("2.5.4.4", "S"),
                           (DC, "x", IA5), ("0.9.2342.19200300.100.1.1", "u"), ("2.5.4.46", "q", PRINTABLE), ("2.5.4.13", "d")),
                           "double space": name((CN, "a  b")), "newline": name((CN, "a\nb")), "trail": name((CN, "a ")),
                           "t61": name((CN, "Über", T61)), "slash": name((CN, "a\\b;c<d>"))}.items():
        chain = Chain()
        chain.subjects["root"] = subject
        chain.root["basic"] = basic(False)
        chain.make("printed:" + label)

# Authorities --------------------------------------------------------------------------------------------------------

def constrained():
    mask = lambda a, m: ("ip", a + m)
    trees = {
        "dns": ("dns", "corp.test"), "dns-host": ("dns", HOST), "dns-dot": ("dns", ".corp.test"), "dns-other": ("dns", "other.test"),
        "dns-suffix": ("dns", "orp.test"), "dns-empty": ("dns", ""), "dns-below": ("dns", "x.scim.corp.test"),
        "ip": mask([127, 0, 0, 0], [255, 0, 0, 0]), "ip-other": mask([10, 0, 0, 0], [255, 0, 0, 0]),
        "ip6": mask([0] * 16, [0] * 16), "mail": ("mail", "corp.test"), "mail-dot": ("mail", ".corp.test"), "mail-box": ("mail", "a@corp.test"),
        "uri": ("uri", ".corp.test"), "uri-host": ("uri", "corp.test"), "dn": ("dn", name((O, "Corp Test"))),
        "dn-other": ("dn", name((O, "Other"))), "dn-case": ("dn", name((O, "CORP test"))), "dn-empty": ("dn", name()),
        "dn-whole": ("dn", dn(HOST)), "dn-longer": ("dn", name((O, "Corp Test"), (CN, HOST), (CN, "x")))}
    sans = {"dns": [("dns", HOST)], "wild": [("dns", "*.corp.test")], "ip": [("dns", HOST), ("ip", [127, 0, 0, 1])],
            "mail": [("dns", HOST), ("mail", "a@corp.test")], "mail-below": [("dns", HOST), ("mail", "a@x.corp.test")],
            "uri": [("dns", HOST), ("uri", "https://x.corp.test:1/")], "none": [], "dn": [("dns", HOST), ("dn", name((O, "Other")))]}
    for (tree, value), (label, san), kind in itertools.product(trees.items(), sans.items(), ["permitted", "excluded"]):
        related = tree.split("-")[0] in (label.split("-")[0], "dn", "dns") or label == "none"
        if not related or (label in ("mail", "mail-below", "uri", "ip") and tree.startswith("dn")):
            continue
        chain = Chain()
        chain.leaf["names"] = alternative(*san) if san else None
        chain.int_more = [constraints(**{kind: [value]})]
        chain.make("constraint:%s %s san %s" % (kind, tree, label))
    chain = Chain()
    chain.subjects["leaf"] = name((O, "Corp Test"), (MAIL, "a@corp.test", IA5), (CN, HOST))
    chain.int_more = [constraints(permitted=[("mail", "other.test")])]
    chain.leaf["names"] = None
    chain.make("constraint:mail in subject")
    chain = Chain()
    chain.root_more = [constraints(permitted=[("dns", "other.test")])]
    chain.make("constraint:of the root")

class Deep:
    """Any number of authorities, top down: lists of extensions."""
    @staticmethod
    def make(identifier, authorities, leaf_more=(), self_issued=(), leaf_basic=None, trust_root=True, host=HOST, extra=()):
        chain, issuer, signer = [], dn("Deep Root"), key("root")
        root = certificate(issuer, issuer, signer, signer, [basic(True), usage("cert")])
        for depth, extensions in enumerate(authorities):
            subject = issuer if depth in self_issued else dn("Deep CA %d" % depth)
            k = key("deep%d" % (depth % 6))
            chain.insert(0, certificate(subject, issuer, k, signer, list(extensions)))
            issuer, signer = subject, k
        leaf = certificate(dn(HOST), issuer, key("leaf"), signer,
                           [alternative(("dns", HOST)), *([leaf_basic] if leaf_basic else []), *leaf_more])
        case(identifier, [leaf, *chain, *extra], [root], host)

def paths():
    ca = lambda length=None, *others: [basic(True, length), usage("cert"), *others]
    for lengths in itertools.product([None, 0, 1, 2], repeat=3):
        Deep.make("length:%s" % (lengths,), [ca(l) for l in lengths])
    Deep.make("length:self-issued", [ca(0), ca(0)], self_issued=[1])
    Deep.make("length:self-issued one more", [ca(0), ca(0), ca()], self_issued=[1])
    Deep.make("length:ca leaf", [ca(0)], leaf_basic=basic(True))
    Deep.make("length:ca leaf with length", [ca(1)], leaf_basic=basic(True, 0))
    Deep.make("length:nine", [ca()] * 9)
    Deep.make("length:no basic constraints", [[usage("cert")]])
    Deep.make("length:no usage", [[basic(True)]])
    Deep.make("length:usage crl only", [[basic(True), usage("crl")]])
    for label, extras in {"ca-any": [purposes("any")], "ca-client": [purposes("client")], "ca-critical": [purposes("client", critical=True)]}.items():
        Deep.make("purpose:" + label, [ca(None, *extras)])
    for label, list in {"any": ["any"], "ms": ["ms"], "ns": ["ns"], "client+server": ["client", "server"], "client": ["client"]}.items():
        Deep.make("purpose:leaf " + label, [ca()], [purposes(*list)])
        Deep.make("purpose:leaf critical " + label, [ca()], [purposes(*list, critical=True)])
    for n in range(9):
        Deep.make("usage:" + USAGES[n], [ca()], [usage(USAGES[n])])
    Deep.make("usage:none", [ca()], [usage()])
    for label, octet, critical in [("ssl server", 0x40, False), ("ssl client", 0x80, False), ("both", 0xC0, False), ("critical", 0x40, True)]:
        Deep.make("netscape:" + label, [ca()], [extension("2.16.840.1.113730.1.1", critical, bits(bytes([octet])))])
    for which in ["2.5.29.14", "2.5.29.35", "2.5.29.31", "2.5.29.18", "1.3.6.1.5.5.7.1.1", "2.5.29.46", "1.3.6.1.5.5.7.1.24", "1.3.6.1.4.1.11129.2.4.3"]:
        values = {"2.5.29.14": octets(b"x"), "2.5.29.35": seq(tlv(0x80, key_id(key("deep0")))), "1.3.6.1.5.5.7.1.24": seq(integer(5)),
                  "2.5.29.31": seq(seq(explicit(0, explicit(0, general("uri", "http://x.test/crl"))))),
                  "2.5.29.46": seq(seq(explicit(0, explicit(0, general("uri", "http://x.test/crl"))))),
                  "2.5.29.18": seq(general("dns", "x.test")), "1.3.6.1.4.1.11129.2.4.3": tlv(5),
                  "1.3.6.1.5.5.7.1.1": seq(seq(oid("1.3.6.1.5.5.7.48.2"), general("uri", "http://x.test/")))}
        Deep.make("critical:" + which, [ca()], [extension(which, True, values[which])])

def policies():
    A, B, ANY = "1.3.6.1.4.1.99999.10", "1.3.6.1.4.1.99999.11", "2.5.29.32.0"
    has = lambda *list, critical=False: extension("2.5.29.32", critical, seq(*[seq(oid(p)) for p in list]))
    require = lambda n: extension("2.5.29.36", True, seq(tlv(0x80, bytes([n]))))
    inhibit = lambda n: extension("2.5.29.36", True, seq(tlv(0x81, bytes([n]))))
    both = lambda n, m: extension("2.5.29.36", True, seq(tlv(0x80, bytes([n])), tlv(0x81, bytes([m]))))
    no_any = lambda n: extension("2.5.29.54", True, integer(n))
    maps = lambda *pairs: extension("2.5.29.33", True, seq(*[seq(oid(a), oid(b)) for a, b in pairs]))
    ca = lambda *others: [basic(True), usage("cert"), *others]
    rows = {
        "none": ([ca(), ca()], []), "critical": ([ca(has(A, critical=True))], [has(A, critical=True)]),
        "mismatch": ([ca(has(A))], [has(B)]),
        "required match": ([ca(has(A), require(0))], [has(A)]), "required mismatch": ([ca(has(A), require(0))], [has(B)]),
        "required absent": ([ca(has(A), require(0))], []), "required none anywhere": ([ca(require(0))], []),
        "required any": ([ca(has(ANY), require(0))], [has(A)]), "required leaf any": ([ca(has(A), require(0))], [has(ANY)]),
        "required later": ([ca(has(A), require(2)), ca()], []), "required one": ([ca(has(A), require(1)), ca()], []),
        "required one match": ([ca(has(A), require(1)), ca(has(A))], [has(A)]), "required by leaf": ([ca()], [require(0)]),
        "required by leaf match": ([ca(has(A))], [has(A), require(0)]),
        "mapped": ([ca(has(A), require(0), maps((A, B)))], [has(B)]), "mapped, old name": ([ca(has(A), require(0), maps((A, B)))], [has(A)]),
        "mapped from any": ([ca(has(ANY), require(0), maps((A, B)))], [has(B)]), "mapped any, old": ([ca(has(ANY), require(0), maps((A, B)))], [has(A)]),
        "mapping inhibited": ([ca(has(A), both(0, 0)), ca(has(A), maps((A, B)))], [has(B)]),
        "mapping inhibited later": ([ca(has(A), both(0, 1)), ca(has(A), maps((A, B)))], [has(B)]),
        "mapping two": ([ca(has(A, B), require(0), maps((A, B)))], [has(B)]),
        "any inhibited": ([ca(has(A), require(0), no_any(0))], [has(ANY)]), "any inhibited ca": ([ca(has(ANY), require(0), no_any(0)), ca(has(ANY))], [has(A)]),
        "any inhibited later": ([ca(has(ANY), require(0), no_any(1)), ca(has(ANY))], [has(A)]),
        "two of three": ([ca(has(A, B), require(0)), ca(has(B))], [has(A, B)]), "gap": ([ca(has(A), require(0)), ca()], [has(A)]),
        "inhibit alone": ([ca(inhibit(0)), ca(has(A), maps((A, B)))], [has(B)]),
        "self-issued": ([ca(has(A), require(0)), ca(has(A))], [has(A)]),
    }
    for label, (authorities, leaf) in rows.items():
        Deep.make("policy:" + label, authorities, leaf)
        Deep.make("policy:self-issued " + label, authorities, leaf, self_issued=[len(authorities) - 1] if len(authorities) > 1 else [])

def topologies():
    ca, leaf_names = [basic(True), usage("cert")], [alternative(("dns", HOST))]
    ids = lambda k, issuer_key: [subject_id(key_id(k)), authority_id(key_id(issuer_key))]
    root_a, root_b, sub, leaf_key = key("root"), key("stranger"), key("int"), key("leaf")
    A, B, SUB = dn("Root A"), dn("Root B"), dn("Sub")
    own = lambda subject, k, period=GOOD, more=(): certificate(subject, subject, k, k, [*ca, *more], period)
    a, b = own(A, root_a), own(B, root_b)
    sub_a, sub_b = certificate(SUB, A, sub, root_a, ca + ids(sub, root_a)), certificate(SUB, B, sub, root_b, ca + ids(sub, root_b))
    sub_a_over = certificate(SUB, A, sub, root_a, ca + ids(sub, root_a), OVER)
    a_by_b, b_by_a = certificate(A, B, root_a, root_b, ca), certificate(B, A, root_b, root_a, ca)
    leaf = certificate(dn(HOST), SUB, leaf_key, sub, leaf_names + ids(leaf_key, sub))
    for label, sent in {"both": [leaf, sub_a, sub_b], "both turned": [leaf, sub_b, sub_a], "over first": [leaf, sub_a_over, sub_b],
                        "over last": [leaf, sub_b, sub_a_over], "over alone": [leaf, sub_a_over], "over and new": [leaf, sub_a_over, sub_a],
                        "bridge": [leaf, sub_a, a_by_b], "bridge and root": [leaf, sub_a, a_by_b, b], "circle": [leaf, sub_a, a_by_b, b_by_a],
                        "circle turned": [leaf, b_by_a, a_by_b, sub_a], "twice": [leaf, leaf, sub_a, sub_a], "root first": [leaf, a, sub_a]}.items():
        for trusted, anchors in {"a": [a], "b": [b], "ab": [a, b], "sub": [sub_b], "cross": [a_by_b], "leaf": [leaf], "over": [sub_a_over]}.items():
            case("topology:%s trust %s" % (label, trusted), sent, anchors)
    for label, ids_here in {"with ids": True, "without ids": False}.items():
        k = key("deep1")
        more = lambda a, b: ids(a, b) if ids_here else []
        new, old = own(A, k, more=more(k, k)), own(A, root_a, more=more(root_a, root_a))
        s = certificate(SUB, A, sub, k, ca + more(sub, k))
        for trusted, anchors in {"old": [old], "new": [new], "both": [old, new], "both turned": [new, old]}.items():
            case("rekeyed:%s trust %s" % (label, trusted), [leaf, s], anchors)
            case("rekeyed:%s trust %s, root sent" % (label, trusted), [leaf, s, new], anchors)
    serial = certificate(SUB, A, sub, root_a, ca + [authority_id(None, A, 77)])
    case("serial:other", [leaf, serial], [a])
    case("serial:right", [leaf, serial], [certificate(A, A, root_a, root_a, ca, serial=77)])
    self_signed = lambda k, more=(), period=GOOD, subject=dn(HOST): certificate(subject, subject, k, k, [*leaf_names, *more], period)
    one, two = self_signed(leaf_key), self_signed(leaf_key)
    case("self:trusted", [one], [one])
    case("self:renewed", [two], [one])
    case("self:rekeyed", [self_signed(sub)], [one])
    case("self:ca renewed", [self_signed(leaf_key, [basic(True)])], [self_signed(leaf_key, [basic(True)])])
    case("self:ca unknown", [self_signed(leaf_key, [basic(True)])], [a])
    case("self:unknown", [one], [a])
    case("self:over, trusted", *[[self_signed(leaf_key, (), OVER)]] * 2)
    case("self:renewed with ids", [self_signed(sub, ids(sub, sub))], [self_signed(leaf_key, ids(leaf_key, leaf_key))])
    case("leaf of another key kind", [certificate(dn(HOST), A, leaf_key, KEYS["p256"], leaf_names)], [a])

def algorithms():
    KEYS.update(p256=Ec(ec.SECP256R1()), p384=Ec(ec.SECP384R1()), p521=Ec(ec.SECP521R1()), p224=Ec(ec.SECP224R1()), p192=Ec(ec.SECP192R1()),
                k256=Ec(ec.SECP256K1()), bp256=Ec(ec.BrainpoolP256R1()), ed25519=Edwards(ed25519.Ed25519PrivateKey, 112), ed448=Edwards(ed448.Ed448PrivateKey, 113))
    for size in (512, 768, 1024, 1536, 3072, 4096):
        key("rsa%d" % size, size)
    small = {"rsa512", "rsa768"}
    for label in [k for k in KEYS if k[:2] in ("p2", "p1", "p3", "p5", "k2", "bp", "ed", "rs")]:
        k = KEYS[label]
        digests = {"rsa": ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"], "ec": ["sha1", "sha224", "sha256", "sha384", "sha512"], "ed": ["sha256"]}[k.kind]
        for digest in digests:
            if label in small and digest in ("sha384", "sha512"):
                continue
            for part in ("int", "leaf"):
                chain = Chain()
                if part == "leaf":
                    if digest != digests[-1]:
                        continue
                    chain.leaf_key = k
                else:
                    chain.int_key, chain.leaf["digest"] = k, digest
                chain.make("algorithm:%s %s %s" % (part, label, digest))
        chain = Chain()
        chain.root_key = k
        chain.make("algorithm:root %s" % label)
        for spoilt in ("leaf_spoil", "int_spoil"):
            chain = Chain()
            chain.int_key = chain.root_key = k
            setattr(chain, spoilt, True)
            chain.make("algorithm:%s %s" % (spoilt, label))
        for signer in ("p256", "ed25519", "rsa1024", "rsa3072", "p384"):
            chain = Chain()
            chain.root_key, chain.int_signer = k, KEYS[signer]
            chain.make("algorithm:root %s, signed by %s" % (label, signer))
    for salt in (0, 32):
        for label in ("rsa1024", "rsa3072", "p256"):
            chain = Chain()
            chain.root_key, chain.int_signer = KEYS[label], key("root")
            chain.int.update(salt=salt)
            chain.make("algorithm:pss under %s salt %d" % (label, salt))
    for digest, salt in itertools.product(["sha1", "sha224", "sha256", "sha384", "sha512"], [0, 20, 32, 64, 100]):
        chain = Chain()
        chain.leaf.update(digest=digest, salt=salt)
        chain.make("algorithm:pss %s salt %d" % (digest, salt))

def with_dsa():
    """DSA in every place and with every hash; a file of its own, because it came later."""
    KEYS.update(("dsa%d" % size, Dsa(size)) for size in (1024, 2048, 3072))
    for label in ("dsa1024", "dsa2048", "dsa3072"):
        k = KEYS[label]
        for digest in k.ALGORITHMS:
            chain = Chain()
            chain.int_key, chain.leaf["digest"] = k, digest
            chain.make("dsa:int %s %s" % (label, digest))
        chain = Chain()
        chain.root_key = k
        chain.make("dsa:root %s" % label)
        chain = Chain()
        chain.leaf_key = k
        chain.make("dsa:leaf %s" % label)
        for spoilt in ("leaf_spoil", "int_spoil"):
            chain = Chain()
            chain.int_key = chain.root_key = k
            setattr(chain, spoilt, True)
            chain.make("dsa:%s %s" % (spoilt, label))
        chain = Chain()
        chain.root_key, chain.int_signer = k, KEYS["dsa2048"] if label != "dsa2048" else KEYS["dsa1024"]
        chain.make("dsa:root %s, signed by another" % label)
    chain = Chain()
    chain.root_key, chain.int_signer = KEYS["dsa2048"], key("root")
    chain.make("dsa:root dsa2048, signed by rsa")

if __name__ == "__main__":
    if sys.argv[1:] == ["dsa"]:
        with_dsa()
        print("\n".join(CASES))
        sys.exit()
    algorithms()
    combined()
    topologies()
    # What does not turn on the kind of key gets short ones.
    KEYS.update((label, Ec(ec.SECP256R1())) for label in ["leaf", "int", "root", "stranger", *("deep%d" % n for n in range(6))])
    names()
    chaining()
    constrained()
    paths()
    policies()
    print("\n".join(CASES))
    print(len(CASES), "cases", file=sys.stderr)
