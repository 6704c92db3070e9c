"""TLS in front of the same deployment: Caddy with certificates of the lab's own authority.

The good site shows a whole run over TLS; each broken one is a failure with its own name, exit 1, and the facts of the
certificate that was seen.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import peers
from behaviour import SOCKET_PATH
from certificates import Authority, Certificate
from deployment import Lab
from programs import Address
from proxies import Caddy, Site
from rows_caddy import HIDE_SERVER, PLAIN
from verdict_checks import check_report
from wsprobe import Run, Wsprobe

GOOD = "api.lab.test"
EXPIRED = "expired.lab.test"
EARLY = "early.lab.test"
FOREIGN = "foreign.lab.test"
SELF_SIGNED = "alone.lab.test"
UNSERVED = "nobody.lab.test"


@dataclass(frozen=True)
class Secured:
    """The sites, all on one address, and the authority that a client has to trust."""

    address: Address
    root: Path


def certificate_site(host: str, certificate: Certificate, values: dict[str, object], text: str = PLAIN) -> Site:
    return Site(f"\ttls {certificate.chain} {certificate.key}\n{text}", values, scheme="https", name=host)


def self_signed(authority: Authority, host: str) -> Certificate:
    authority.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "9",
                      "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}", "-keyout", "alone.key",
                      "-out", "alone.pem")
    return Certificate(authority.directory / "alone.pem", authority.directory / "alone.key")


@pytest.fixture(scope="module")
def secured(lab: Lab) -> Iterator[Secured]:
    ours = Authority(lab.directory / "ours", "The lab's authority")
    theirs = Authority(lab.directory / "theirs", "An authority nobody trusts")
    proxy = lab.proxy("caddy")
    assert isinstance(proxy, Caddy)
    values: dict[str, object] = {"upstream": lab.backend().address}
    proxy.serve([
        certificate_site(GOOD, ours.issue(GOOD), values, HIDE_SERVER + PLAIN),
        certificate_site(EXPIRED, ours.issue(EXPIRED, begins="20200101000000Z", ends="20200201000000Z"), values),
        certificate_site(EARLY, ours.issue(EARLY, begins="20980101000000Z", ends="20990101000000Z"), values),
        certificate_site(FOREIGN, theirs.issue(FOREIGN), values),
        certificate_site(SELF_SIGNED, self_signed(ours, SELF_SIGNED), values),
    ])
    yield Secured(proxy.address, ours.root)


def diagnose(wsprobe: Wsprobe, secured: Secured, host: str, *options: str) -> Run:
    address = secured.address
    return wsprobe.diagnose(f"wss://{host}:{address.port}{SOCKET_PATH}", "--resolve", f"{host}:{address.port}:{address.host}",
                            *options)


def trusting(secured: Secured) -> list[str]:
    return ["--cacert", str(secured.root)]


def verify_message(secured: Secured, host: str, *, trusts: bool = True) -> str:
    """What OpenSSL itself, asked by Python, says of a site's certificate; empty: it verifies."""
    context = ssl.create_default_context(cafile=str(secured.root) if trusts else None)
    try:
        with socket.create_connection((secured.address.host, secured.address.port), timeout=10) as connection:
            context.wrap_socket(connection, server_hostname=host).close()
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    return ""


def test_the_sites_are_what_they_are_called(secured: Secured) -> None:
    assert verify_message(secured, GOOD) == ""
    assert verify_message(secured, GOOD, trusts=False) == "unable to get local issuer certificate"
    assert verify_message(secured, FOREIGN) == "unable to get local issuer certificate"
    assert verify_message(secured, SELF_SIGNED) == "self-signed certificate"
    assert verify_message(secured, EXPIRED) == "certificate has expired"
    assert verify_message(secured, EARLY) == "certificate is not yet valid"


def test_a_private_authority_that_is_trusted(secured: Secured, wsprobe: Wsprobe) -> None:
    run = diagnose(wsprobe, secured, GOOD, *trusting(secured))
    assert run.exit_code == 0, run.out
    check_report(run.report)
    assert run.report["verdict"]["cause"] == "healthy"
    for name in ("health", "valid-token", "invalid-token"):
        tls = run.step(name)["tls"]
        assert tls["verified"] is True
        assert tls["version"] == "TLSv1.3"
        assert tls["alpn"] == "http/1.1"
        assert tls["names"] == [GOOD]
        assert tls["not_after"].endswith("Z")
        assert run.step(name)["phases"]["tls"] > 0


def test_the_same_scenario_by_run(secured: Secured, wsprobe: Wsprobe) -> None:
    file = wsprobe.scenario(f"wss://{GOOD}:{secured.address.port}")
    reach = ["--resolve", f"{GOOD}:{secured.address.port}:{secured.address.host}"]
    assert wsprobe.run(file, options=[*reach, *trusting(secured)]).exit_code == 0


BROKEN = {
    "untrusted": (GOOD, False, {"tls_untrusted", "tls_self_signed"}),
    "foreign authority": (FOREIGN, True, {"tls_untrusted"}),
    "self-signed": (SELF_SIGNED, True, {"tls_self_signed"}),
    "expired": (EXPIRED, True, {"tls_expired"}),
    "not yet valid": (EARLY, True, {"tls_not_yet_valid"}),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_certificate_that_does_not_verify_has_its_name(secured: Secured, wsprobe: Wsprobe, case: str) -> None:
    host, trusted, reasons = BROKEN[case]
    run = diagnose(wsprobe, secured, host, *(trusting(secured) if trusted else []))
    assert run.exit_code == 1
    check_report(run.report)
    assert run.report["verdict"]["emitter"] == "none"
    assert run.report["verdict"]["cause"] in reasons
    for step in run.report["steps"]:
        failure = step["failure"]
        assert (failure["phase"], failure["kind"]) == ("tls", "tls")
        assert failure["reason"] in reasons
        assert step["tls"]["verified"] is False, "the certificate's facts are wanted also when it does not verify"
        assert step["tls"]["names"] == [host]
        assert step["tls"]["not_after"]


def test_a_name_that_no_site_has(secured: Secured, wsprobe: Wsprobe) -> None:
    run = diagnose(wsprobe, secured, UNSERVED, *trusting(secured))
    assert run.exit_code == 1
    reasons = {step["failure"]["reason"] for step in run.report["steps"]}
    assert reasons == {"tls_handshake_alert"}, "Caddy answers an unknown name with the alert internal_error"


def test_a_default_certificate_for_another_host(lab: Lab, wsprobe: Wsprobe) -> None:
    authority = Authority(lab.directory / "default", "The lab's authority")
    certificate = authority.issue(GOOD)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.chain, certificate.key)

    def script(connection: peers.Connection) -> None:
        with context.wrap_socket(connection.socket, server_side=True) as secure:
            secure.recv(1)

    with peers.peer(script) as peer:
        port = peer.address.port
        run = wsprobe.diagnose(f"wss://other.lab.test:{port}{SOCKET_PATH}", "--resolve", f"other.lab.test:{port}:127.0.0.1",
                               "--cacert", str(authority.root))
    assert run.exit_code == 1
    assert run.report["verdict"]["cause"] == "tls_wrong_host"
    assert GOOD in run.step("valid-token")["tls"]["names"]


def test_connect_to_keeps_the_name(secured: Secured, wsprobe: Wsprobe) -> None:
    """The connection goes elsewhere; SNI, Host and the name that is verified stay."""
    run = wsprobe.diagnose(f"wss://{GOOD}{SOCKET_PATH}", "--connect-to", f"{GOOD}:443:{secured.address.host}:{secured.address.port}",
                           *trusting(secured))
    # Caddy knows its site under the port it listens on, so it is the name that is looked at here, not the answer.
    assert run.step("valid-token")["tls"]["verified"] is True
    assert run.step("valid-token")["tls"]["server_name"] == GOOD


def test_insecure_goes_on_and_says_so(secured: Secured, wsprobe: Wsprobe) -> None:
    run = diagnose(wsprobe, secured, EXPIRED, "--insecure")
    assert run.exit_code == 0, run.out
    assert run.step("valid-token")["tls"]["verified"] is False


def test_plain_http_on_a_tls_url(lab: Lab, wsprobe: Wsprobe) -> None:
    address = lab.backend().address
    run = wsprobe.diagnose(f"wss://{address}{SOCKET_PATH}")
    assert run.exit_code == 1
    assert run.report["verdict"]["cause"] == "tls_plain_http"


def test_a_plain_url_on_a_tls_port_is_no_verdict_on_the_backend(secured: Secured, wsprobe: Wsprobe) -> None:
    run = wsprobe.diagnose(f"ws://{secured.address}{SOCKET_PATH}")
    assert run.exit_code == 1
    verdict = run.report["verdict"]
    assert verdict["emitter"] in ("proxy", "undetermined")
    assert verdict["cause"] in ("redirected", "proxy_denied", "undetermined")
