"""The product's session code against every case of the fuzzing server, over ws and wss.

`make conformance` runs them in full (WSPROBE_CONFORMANCE=all); otherwise large messages are smaller and many are fewer.
"""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from cases import Break, all_cases  # noqa: E402
from peer import TEXT, frame  # noqa: E402
from server import OK, Server  # noqa: E402

CLIENT = os.environ["WSPROBE_CONFORMANCE_CLIENT"]
SCALE = 1 if os.environ.get("WSPROBE_CONFORMANCE") == "all" else 8


def run_client(url: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([CLIENT, url, *options], capture_output=True, text=True, timeout=800, check=False)


def check(server: Server, count: int) -> None:
    wrong = {name: result for name, result in server.results.items() if result != OK}
    assert not wrong
    assert len(server.results) == count
    assert server.reported


def test_the_catalogue_is_whole():
    names = [case.name for case in all_cases(SCALE)]
    assert len(set(names)) == len(names) >= 517
    assert sum(not name.startswith(("12.", "13.")) for name in names) >= 246
    assert {name.split(".")[0] for name in names} == {str(group) for group in (*range(1, 8), 9, 10, 12, 13)}


def test_every_case_over_ws():
    cases = all_cases(SCALE)
    with Server(cases) as server:
        client = run_client(f"ws://127.0.0.1:{server.port}")
        assert client.returncode == 0, client.stderr
        check(server, len(cases))


@pytest.fixture(name="certificate")
def make_certificate(tmp_path: Path) -> tuple[Path, Path]:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )
    return certificate, key


def test_every_case_over_wss(certificate):
    chain, key = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    cases = all_cases(SCALE)
    with Server(cases, context) as server:
        client = run_client(f"wss://127.0.0.1:{server.port}", "--ca", str(chain))
        assert client.returncode == 0, client.stderr
        check(server, len(cases))


def test_what_is_not_as_expected_is_told():
    with Server([Break("no break at all", frame(TEXT, b"Hello"), {1002})]) as server:
        run_client(f"ws://127.0.0.1:{server.port}")
        assert server.results["no break at all"] != OK


def test_a_server_that_is_not_there_is_told():
    with Server([]) as server:
        port = server.port
    client = run_client(f"ws://127.0.0.1:{port}")
    assert client.returncode == 1
    assert "no count of cases" in client.stderr
