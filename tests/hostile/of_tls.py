"""TLS: what is no TLS, handshakes that hang or break off, certificates that are wrong in one way each."""

from __future__ import annotations

import contextlib
import functools
import ssl
import struct
from collections.abc import Callable
from pathlib import Path

from behaviour_table import Row
from certificates import Authority, Certificate
from peers import Connection, Script
from scripts import OK, closing

HOST = "tls.hostile.test"
EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
LATER = "20980101000000Z"
SERVER = "basicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\n"


class Certificates:
    """An authority that is trusted, and certificates of it and of others, each made when it is asked for."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir()
        self.trusted = Authority(directory / "trusted", "The authority of the hostile corpus")
        self.foreign = Authority(directory / "foreign", "An authority nobody trusts")

    def leaf(self, label: str, *, authority: Authority | None = None, name: str = HOST, alternative: str | None = f"DNS:{HOST}",
             extensions: str = SERVER, key: tuple[str, ...] = EC, digest: str = "sha256", begins: str = "", ends: str = LATER,
             chain: bool = False) -> Certificate:
        made = authority or self.trusted
        text = extensions + (f"subjectAltName={alternative}\n" if alternative else "")
        (made.directory / f"{label}.ext").write_text(text)
        made.openssl("req", "-new", *key, "-nodes", "-subj", f"/CN={name}", "-keyout", f"{label}.key", "-out", f"{label}.csr")
        dates = (["-startdate", begins] if begins else []) + ["-enddate", ends]
        made.openssl("ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", "root.pem", "-keyfile", "root.key", "-md", digest,
                     "-extfile", f"{label}.ext", "-in", f"{label}.csr", "-out", f"{label}.pem", *dates)
        return Certificate(made.directory / f"{label}.pem", made.directory / f"{label}.key")

    def below(self, label: str, extensions: str) -> Authority:
        """An authority of its own below the trusted one."""
        issued = self.leaf(label, name=label, alternative=None, extensions=extensions)
        directory = self.directory / label
        directory.mkdir()
        (directory / "root.pem").write_bytes(issued.chain.read_bytes())
        (directory / "root.key").write_bytes(issued.key.read_bytes())
        (directory / "ca.cnf").write_text((self.trusted.directory / "ca.cnf").read_text())
        (directory / "index.txt").touch()
        made = Authority.__new__(Authority)
        made.directory, made.root = directory, directory / "root.pem"
        return made

    @functools.cached_property
    def good(self) -> Certificate:
        return self.leaf("good")

    def with_chain(self, leaf: Certificate, *others: Path) -> Certificate:
        whole = leaf.chain.with_suffix(".chain.pem")
        whole.write_bytes(b"".join(path.read_bytes() for path in (leaf.chain, *others)))
        return Certificate(whole, leaf.key)

    def self_signed(self) -> Certificate:
        self.trusted.openssl("req", "-x509", *EC, "-nodes", "-days", "9", "-subj", f"/CN={HOST}", "-addext",
                             f"subjectAltName=DNS:{HOST}", "-keyout", "self.key", "-out", "self.pem")
        return Certificate(self.trusted.directory / "self.pem", self.trusted.directory / "self.key")


AUTHORITY = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
Make = Callable[[Certificates], Certificate]


def issued(label: str, **options: object) -> Make:
    return lambda made: made.leaf(label, **options)  # type: ignore[arg-type]


def below(label: str, extensions: str, *, shown: bool = True) -> Make:
    def make(made: Certificates) -> Certificate:
        middle = made.below(label, extensions)
        leaf = made.leaf("leaf", authority=middle)
        return made.with_chain(leaf, middle.root) if shown else leaf

    return make


def long_chain(made: Certificates) -> Certificate:
    leaf = made.leaf("long")
    return made.with_chain(leaf, *[made.trusted.root] * 300)


CERTIFICATES: list[tuple[str, Make, str]] = [
    ("expired", issued("expired", begins="20200101000000Z", ends="20200201000000Z"), "tls_expired"),
    ("expired a moment ago", issued("just", begins="20200101000000Z", ends="20261101000000Z"), "tls_expired"),
    ("not valid yet", issued("early", begins="20970101000000Z"), "tls_not_yet_valid"),
    ("of another host", issued("other", alternative="DNS:other.hostile.test"), "tls_wrong_host"),
    ("with the name in its subject alone", issued("subject", alternative=None), "tls_wrong_host"),
    ("with a wildcard too high", issued("high", alternative="DNS:*.test"), "tls_wrong_host"),
    ("with a wildcard of everything", issued("star", alternative="DNS:*"), "tls_wrong_host"),
    ("with two wildcards", issued("two", alternative="DNS:*.*.test"), "tls_wrong_host"),
    ("with a wildcard inside a label", issued("inside", alternative="DNS:t*.hostile.test"), "tls_wrong_host"),
    ("of the address alone", issued("address", alternative="IP:127.0.0.1"), "tls_wrong_host"),
    ("with the name in an e-mail address", issued("mail", alternative=f"email:x@{HOST}"), "tls_wrong_host"),
    ("signed by itself", lambda made: made.self_signed(), "tls_self_signed"),
    ("of an authority nobody trusts", lambda made: made.leaf("strange", authority=made.foreign), "tls_untrusted"),
    ("without its intermediate", below("hidden", AUTHORITY, shown=False), "tls_untrusted"),
    ("of an issuer that is no authority", below("nobody", SERVER), "tls_not_a_ca"),
    ("of an issuer without the right to sign", below("idle", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,cRLSign\n"),
     "tls_not_a_ca"),
    ("that its issuer's constraints forbid", below("narrow", AUTHORITY + "nameConstraints=critical,permitted;DNS:elsewhere.test\n"),
     "tls_name_constraint"),
    ("for clients", issued("client", extensions="basicConstraints=CA:FALSE\nextendedKeyUsage=clientAuth\n"), "tls_wrong_purpose"),
    ("for signing code", issued("code", extensions="basicConstraints=CA:FALSE\nextendedKeyUsage=codeSigning\n"), "tls_wrong_purpose"),
    ("with a critical extension that nobody knows", issued("critical", extensions=SERVER + "1.2.3.4.5=critical,ASN1:UTF8String:x\n"),
     "tls_bad_certificate"),
    ("with a key of 1024 bits", issued("short", key=("-newkey", "rsa:1024")), "tls_weak_key"),
    ("signed with SHA-1", issued("old", digest="sha1"), "tls_weak_digest"),
    ("that demands a staple", issued("staple", extensions=SERVER + "tlsfeature=status_request\n"), "tls_ocsp_missing"),
    ("and three hundred more", long_chain, "tls_bad_record"),
]


def serving(certificate: Certificate | None, configure: Callable[[ssl.SSLContext], None] = lambda context: None) -> Script:
    """A TLS server of that certificate, which then is silent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    if certificate:
        context.load_cert_chain(certificate.chain, certificate.key)
    configure(context)

    def script(connection: Connection) -> None:
        with contextlib.suppress(ssl.SSLError), context.wrap_socket(connection.socket, server_side=True) as secured:
            while secured.recv(65536):
                pass

    return script


def old_version(context: ssl.SSLContext) -> None:
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1


def anonymous(context: ssl.SSLContext) -> None:
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ADH:@SECLEVEL=0")


def without_cipher(context: ssl.SSLContext) -> None:
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("eNULL:@SECLEVEL=0")


def demanding(version: ssl.TLSVersion) -> Callable[[ssl.SSLContext], None]:
    def configure(context: ssl.SSLContext) -> None:
        context.maximum_version = version
        context.verify_mode = ssl.CERT_REQUIRED

    return configure


def refusing_the_name(context: ssl.SSLContext) -> None:
    context.sni_callback = lambda *_: ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME


PROTOCOLS: list[tuple[str, Callable[[ssl.SSLContext], None], str]] = [
    ("TLS 1.1 at most", old_version, "tls/tls_protocol_version"),
    ("anonymous ciphers alone", anonymous, "tls/tls_handshake_alert"),
    ("NULL ciphers alone", without_cipher, "tls/tls_handshake_alert"),
    ("a client certificate is demanded, TLS 1.2", demanding(ssl.TLSVersion.TLSv1_2), "tls/tls_client_certificate"),
    ("a client certificate is demanded, TLS 1.3", demanding(ssl.TLSVersion.TLSv1_3), "tls/tls_client_certificate"),
    ("the name is not served", refusing_the_name, "tls/tls_unrecognized_name"),
]


def hello(then: Callable[[Connection], None]) -> Script:
    """Reads what the client says first, and then ..."""

    def script(connection: Connection) -> None:
        connection.socket.recv(65536)
        then(connection)

    return script


def says(data: bytes, then: Callable[[Connection], None] = Connection.wait) -> Script:
    return hello(lambda connection: (connection.send(data), then(connection)))


def alert(description: int, level: int = 2) -> bytes:
    return b"\x15\x03\x03\x00\x02" + bytes([level, description])


def record(kind: int, payload: bytes, length: int | None = None) -> bytes:
    return bytes([kind, 3, 3]) + struct.pack("!H", len(payload) if length is None else length) + payload


NOT_A_HANDSHAKE: list[tuple[str, Script, str, bool]] = [
    ("silence", Connection.wait, "tls/timeout_tls", False),
    ("silence in a record", says(record(22, b"\x02", 80)), "tls/timeout_tls", False),
    ("a record, a byte at a time", hello(lambda connection: connection.trickle(record(22, b"\x02\0\0\x50" + bytes(80)), 0.03)),
     "tls/timeout_tls", False),
    ("closed", hello(closing), "tls/tls_closed_in_handshake", False),
    ("reset", hello(Connection.reset), "tls/tls_reset_in_handshake", False),
    ("plain HTTP", says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "tls/tls_plain_http", False),
    ("SSH", says(b"SSH-2.0-OpenSSH_9.2p1\r\n"), "tls/tls_not_tls", False),
    ("zeros", says(bytes(64)), "tls/tls_not_tls", False),
    ("a handshake failure", says(alert(40)), "tls/tls_handshake_alert", False),
    ("a protocol version alert", says(alert(70)), "tls/tls_protocol_version", False),
    ("an unrecognized name alert", says(alert(112)), "tls/tls_unrecognized_name", False),
    ("an internal error alert", says(alert(80)), "tls/tls_handshake_alert", False),
    ("an alert that nobody knows", says(alert(222)), "tls/tls_handshake_alert", False),
    ("a close_notify", says(alert(0, 1)), "tls/tls_error", False),
    ("a record too long", says(record(22, bytes(20000))), "tls/tls_bad_record", False),
    ("application data first", says(record(23, bytes(32))), "tls/tls_bad_record", False),
    ("a hello of rubbish", says(record(22, b"\x02\0\0\x20" + bytes(32))), "tls/tls_bad_record", False),
    ("warnings without end", hello(lambda connection: connection.flood(alert(90, 1) * 1000)),
     "tls/tls_error", True),
    ("empty records without end", hello(lambda connection: connection.flood(record(22, b"") * 1000)),
     "tls/tls_bad_record", True),
]


def certified(name: str, make: Make, outcome: str) -> Row:
    reasons = " ".join(f"tls/{reason}" for reason in outcome.split())
    return Row(f"a certificate {name}", None, reasons, host=HOST, scheme="wss", certificate=lambda made: serving(make(made)))


def configured(name: str, configure: Callable[[ssl.SSLContext], None], outcome: str) -> Row:
    return Row(f"TLS: {name}", None, outcome, host=HOST, scheme="wss",
               certificate=lambda made: serving(made.good, configure))


def cut(made: Certificates) -> Script:
    """A response that ends without a close_notify, which an attacker could have cut."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.good.chain, made.good.key)

    def script(connection: Connection) -> None:
        with contextlib.suppress(ssl.SSLError), context.wrap_socket(connection.socket, server_side=True) as secured:
            secured.recv(65536)
            secured.sendall(f'{OK}\r\n{{"status": "ok", "ws": {{"available": true}}}}'.encode())

    return script


ROWS = [
    *[Row(f"TLS: {name}", script, outcome, host=HOST, scheme="wss", noisy=noisy) for name, script, outcome, noisy in NOT_A_HANDSHAKE],
    *[configured(*one) for one in PROTOCOLS],
    *[certified(*one) for one in CERTIFICATES],
    Row("TLS: cut without a close_notify", None, "response/closed_truncated", "health", HOST, "wss", cut),
]
