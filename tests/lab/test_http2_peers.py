"""Peers that agree on HTTP/2 and then hang, break off, break the rules or never stop, while over HTTP/1.1 all is well.

Each is a named outcome within the timeout. Where they had offered WebSocket over HTTP/2 the run fails, since browsers
would take that way; where they had not, browsers use HTTP/1.1 and the run passes.
"""

from __future__ import annotations

import os
import resource
from dataclasses import dataclass

import pytest
from behaviour import GOOD_TOKEN, SOCKET_PATH
from certificates import Authority, Certificate
from http2_peers import (
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, INITIAL_WINDOW_SIZE, OFFER, PING, PRIORITY,
    PUSH_PROMISE, RST_STREAM, SETTINGS, STREAM, WINDOW_UPDATE, ENABLE_CONNECT_PROTOCOL, asked, data, field, flooding, head,
    http2_frame, opened_properly, saying, settings, tls,
)
from peers import Connection, Script, close_frame, frame, peer
from verdict_checks import check_report
from wsprobe import TOKEN_VARIABLE, Run, Wsprobe, peak_memory

HOST = "edge.lab.test"
TIMEOUT = 1.0  # seconds
MARGIN = 0.25  # by how much a run may overstay
CPU_LIMIT = 0.8  # seconds
MEMORY_LIMIT = 48 * 1024  # KiB

PING_FRAME = http2_frame(PING, payload=b"12345678")
GOAWAY_CALM = http2_frame(GOAWAY, payload=b"\0\0\0\0" + b"\0\0\0\x0b")
BIG_FIELD = field("name", "v" * 100)


def trickling(pause: float, piece: bytes) -> Script:
    def script(connection: Connection) -> None:
        while not connection.stop.wait(pause):
            connection.send(piece)

    return script


def closing(connection: Connection) -> None:
    del connection  # closed by whoever called


def accepted(then: Script, offer: bytes = OFFER) -> Script:
    """A correct 200, and then ..."""

    def script(connection: Connection) -> None:
        connection.send(head(200))
        then(connection)

    return asked(script, offer)


def bomb() -> bytes:
    """One large field enters HPACK's table, and a byte each names it again."""
    block = field(":status", "200") + b"\x40\x01a\x7f\xa1\x1e" + b"v" * 4000 + b"\xbe" * 8000
    return http2_frame(HEADERS, END_HEADERS, STREAM, block)


def many_fields(count: int) -> bytes:
    return http2_frame(HEADERS, END_HEADERS, STREAM, field(":status", "200") + field("a", "b") * count)


@dataclass(frozen=True)
class World:
    script: Script
    outcomes: str  # reasons of a failure, or another outcome; several where it is a matter of pieces and moments
    offered: bool = True  # WebSocket over HTTP/2, before it goes wrong


WORLDS = {
    # Before the SETTINGS.
    "silence": World(Connection.wait, "timeout_first_byte", False),
    "an end": World(closing, "closed_before_response reset_before_response", False),
    "a reset": World(Connection.reset, "reset_before_response closed_before_response", False),
    "HTTP/1.1 instead": World(saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "http2_error", False),
    "bytes without end": World(flooding(os.urandom(4096)), "http2_error", False),
    "half a SETTINGS": World(saying(OFFER[:11]), "timeout_first_byte", False),
    "SETTINGS cut": World(saying(http2_frame(SETTINGS, payload=b"12345")), "http2_error", False),
    "a SETTINGS of a megabyte": World(saying(b"\x10\0\0" + OFFER[3:9] + bytes(1 << 20)), "http2_error", False),
    "a ping first": World(saying(PING_FRAME), "http2_error", False),
    "GOAWAY first": World(saying(GOAWAY_CALM), "http2_error", False),
    "an offer of 2": World(saying(settings((ENABLE_CONNECT_PROTOCOL, 2))), "http2_error", False),
    # In place of an answer.
    "SETTINGS without end": World(flooding(settings((3, 100)) * 500, OFFER), "http2_limit"),
    "pings without end": World(asked(flooding(PING_FRAME * 500)), "http2_limit"),
    "a ping now and then": World(asked(trickling(0.02, PING_FRAME)), "timeout_first_byte"),
    "priorities without end": World(asked(flooding(http2_frame(PRIORITY, 0, 3, b"\0\0\0\0\x10") * 500)), "http2_limit"),
    "unknown frames without end": World(asked(flooding(http2_frame(0xBB, 0, 0, b"?") * 500)), "http2_limit"),
    "GOAWAY with the SETTINGS": World(saying(OFFER + GOAWAY_CALM), "http2_goaway"),
    "GOAWAY": World(asked(saying(GOAWAY_CALM)), "http2_goaway"),
    "RST_STREAM": World(asked(saying(http2_frame(RST_STREAM, 0, STREAM, b"\0\0\0\x07"))), "http2_reset"),
    "silence instead of an answer": World(asked(Connection.wait), "timeout_first_byte"),
    "an end instead of an answer": World(asked(closing), "closed_before_response"),
    "a reset instead of an answer": World(asked(Connection.reset), "reset_before_response closed_before_response"),
    "CONTINUATION without end": World(
        asked(flooding(http2_frame(CONTINUATION, 0, STREAM, BIG_FIELD) * 100, head(200, flags=0))),
        "http2_error head_too_large"),
    "empty CONTINUATION without end": World(
        asked(flooding(http2_frame(CONTINUATION, 0, STREAM) * 500, head(200, flags=0))), "http2_error http2_limit"),
    "a head that never ends": World(asked(saying(head(200, flags=0))), "timeout_first_byte"),
    "a head of a megabyte in a byte each": World(asked(saying(bomb())), "head_too_large"),
    "too many fields": World(asked(saying(many_fields(300))), "too_many_fields"),
    "interim answers without end": World(asked(flooding(head(103))), "too_many_interim"),
    "101": World(asked(saying(head(101))), "http2_error"),
    "no status": World(asked(saying(http2_frame(HEADERS, END_HEADERS, STREAM, field("a", "b")))), "http2_error"),
    "a push": World(asked(saying(http2_frame(SETTINGS, ACK) + http2_frame(PUSH_PROMISE, END_HEADERS, STREAM, b"\0\0\0\2"))),
                    "http2_error"),
    "DATA before the head": World(asked(saying(data(b"x"))), "http2_error"),
    "the offer taken back": World(asked(saying(settings((ENABLE_CONNECT_PROTOCOL, 0)))), "http2_error"),
    "a window beyond all bounds": World(asked(saying(http2_frame(WINDOW_UPDATE, 0, 0, b"\x7f\xff\xff\xff"))), "http2_error"),
    "a frame beyond its bound": World(asked(saying(b"\x7f\xff\xff" + data(b"")[3:])), "http2_error"),
    # After a 200.
    "no window": World(accepted(Connection.wait, settings((ENABLE_CONNECT_PROTOCOL, 1), (INITIAL_WINDOW_SIZE, 0))),
                       "timeout_message"),
    "accepted and silent": World(accepted(Connection.wait), "timeout_message"),
    "accepted and ended": World(accepted(saying(data(b"", END_STREAM))), "closed_without_close_frame"),
    "accepted and reset": World(accepted(saying(http2_frame(RST_STREAM, 0, STREAM, b"\0\0\0\2"))), "reset_in_session"),
    "accepted and closed": World(accepted(saying(data(close_frame(4401)))), "rejected"),
    "accepted, then a page": World(accepted(saying(data(b"<!doctype html>" * 20))),
                                   "frame_reserved_bits frame_reserved_opcode frame_masked"),
    "accepted, then GOAWAY": World(accepted(saying(GOAWAY_CALM)), "reset_in_session http2_goaway"),
    "empty DATA without end": World(accepted(flooding(data(b"") * 1000)), "http2_limit timeout_message"),
    "messages without end": World(accepted(flooding(data(frame(1, b"x" * 1000)) * 10)),
                                  "http2_error http2_limit session_input_limit timeout_message"),
    "a window of ours that is ignored": World(accepted(flooding(data(b"\x82\x7e\x3f\xf0" + bytes(16368)))), "http2_error"
                                              " http2_limit session_input_limit"),
    # A refusal that does not end.
    "a body without end": World(asked(flooding(data(b"no " * 1000), head(404))), "rejected"),
    "a body that stops": World(asked(saying(head(404) + data(b"no such"))), "rejected"),
}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority") / "http2", "The lab's authority")


@pytest.fixture(scope="module")
def certificate(authority: Authority) -> Certificate:
    return authority.issue(HOST)


def options(address: object, authority: Authority, output: str | None = None) -> list[str]:
    host, port = str(address).split(":")
    told = [f"wss://{HOST}:{port}{SOCKET_PATH}", "--cacert", str(authority.root), "--resolve", f"{HOST}:{port}:{host}",
            "--timeout", f"{int(TIMEOUT * 1000)}ms"]
    return told if output is None else [*told, "--token-env", TOKEN_VARIABLE, "--format", "json", "--output", output]


def cpu_seconds_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def check_in_time(wsprobe: Wsprobe, run: Run) -> None:
    assert run.report["duration_seconds"] <= TIMEOUT + MARGIN
    assert run.seconds <= TIMEOUT + MARGIN + wsprobe.start_up_seconds()


@pytest.mark.parametrize("name", WORLDS)
def test_a_bad_peer_is_a_named_outcome_in_time(wsprobe: Wsprobe, authority: Authority, certificate: Certificate,
                                               name: str) -> None:
    world = WORLDS[name]
    before = cpu_seconds_of_children()
    with peer(tls(certificate, world.script)) as running:
        run = wsprobe.diagnose(*options(running.address, authority))
    cpu = cpu_seconds_of_children() - before

    report = run.report
    assert all(step["as_expected"] for step in report["steps"]), "over HTTP/1.1 all is well"
    (made,) = [one for one in report["experiments"] if one["experiment"] == "http2_websocket"]
    check_report(report)
    told = made["failure"]["reason"] if made["outcome"] == "failed" else made["outcome"]
    assert told in world.outcomes.split(), made["failure"]
    assert made["http2"]["connect_protocol"] == world.offered
    assert run.exit_code == (1 if world.offered else 0), report["verdict"]
    assert (report["verdict"]["cause"] == "healthy") != world.offered
    assert report["verdict"]["fault"] in ("none", "undetermined"), "whether a proxy ends the TLS connection is not known"
    assert GOOD_TOKEN not in run.out + run.err
    check_in_time(wsprobe, run)
    assert cpu <= CPU_LIMIT * wsprobe.slowness


@pytest.mark.parametrize("name", ["SETTINGS without end", "CONTINUATION without end", "empty DATA without end",
                                  "messages without end", "a body without end", "a head of a megabyte in a byte each"])
def test_a_flood_does_not_fill_the_memory(wsprobe: Wsprobe, authority: Authority, certificate: Certificate,
                                          name: str) -> None:
    with peer(tls(certificate, WORLDS[name].script)) as running:
        process = wsprobe.start("diagnose", *options(running.address, authority, os.devnull))
        peak = peak_memory(process.pid)
        process.communicate(timeout=30)
    assert process.returncode == 1
    assert 0 < peak <= MEMORY_LIMIT * wsprobe.slowness


@pytest.mark.parametrize("name, words", [
    ("silence", "agreed on with the edge, whose SETTINGS did not come: failed: timeout_first_byte"),
    ("RST_STREAM", "WebSocket over it, which Chromium will use"),
])
def test_a_person_is_told(wsprobe: Wsprobe, authority: Authority, certificate: Certificate, name: str, words: str) -> None:
    with peer(tls(certificate, WORLDS[name].script)) as running:
        run = wsprobe.diagnose(*options(running.address, authority), output="human")
    assert words in " ".join(run.out.split())


def first(once: Script, then: Script) -> Script:
    """The first connection has a script of its own."""
    scripts = iter([once])
    return lambda connection: next(scripts, then)(connection)


@pytest.mark.parametrize("name", ["GOAWAY", "GOAWAY with the SETTINGS", "a reset instead of an answer",
                                  "an end instead of an answer"])
def test_what_browsers_ask_again_is_asked_again(wsprobe: Wsprobe, authority: Authority, certificate: Certificate,
                                                name: str) -> None:
    """An edge that is reloaded ends its connections; that is no fault."""
    with peer(tls(certificate, first(WORLDS[name].script, opened_properly))) as running:
        run = wsprobe.diagnose(*options(running.address, authority))
    (made,) = [one for one in run.report["experiments"] if one["experiment"] == "http2_websocket"]
    assert (run.exit_code, made["outcome"], made["status"]) == (0, "completed", 200), made["failure"]


SCENARIO = """\
scenario: late
target:
  edge: wss://{host}:{port}
timeout: 1s
http2: true
credentials:
  valid: {{env: {variable}}}
steps:
  - upgrade: {{name: valid-token, path: {path}, query: {{token: "${{valid}}"}}, expect: accepted, ping: 1, hold: 700ms}}
"""


def test_too_little_time_is_no_verdict(wsprobe: Wsprobe, authority: Authority, certificate: Certificate) -> None:
    """The socket is held for so long that the way over HTTP/2, which is silent for whatever reason, has no time left."""
    with peer(tls(certificate, asked(Connection.wait))) as running:
        address = running.address
        file = wsprobe.write("late.yaml", SCENARIO.format(host=HOST, port=address.port, variable=TOKEN_VARIABLE,
                                                          path=SOCKET_PATH))
        run = wsprobe.run(file, options=["--cacert", str(authority.root), "--resolve",
                                         f"{HOST}:{address.port}:{address.host}"])
    (made,) = [one for one in run.report["experiments"] if one["experiment"] == "http2_websocket"]
    assert made["failure"]["reason"] == "timeout_first_byte"
    assert (run.exit_code, made["as_expected"], run.report["verdict"]["cause"]) == (0, True, "healthy")
    assert any("whether it works is open" in reason["fact"] for reason in run.report["verdict"]["reasons"])
    check_in_time(wsprobe, run)
