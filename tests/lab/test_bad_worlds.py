"""Peers that hang, break off, talk nonsense or never stop: each is a named outcome, within the timeout, and exit 1.

`run` asks for a health document and makes the two upgrades; the table says what the valid token's upgrade has to be.
"""

from __future__ import annotations

import os
import resource
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from programs import Nowhere
from peers import Connection, Script, accept_of, close_frame, field, frame, is_upgrade, peer
from verdict_checks import check_report
from wsprobe import TOKEN_VARIABLE, Run, Wsprobe

TIMEOUT = 0.6  # seconds
MARGIN = 0.25  # by how much a run may overstay
CPU_LIMIT = 0.5  # seconds
MEMORY_LIMIT = 32 * 1024  # KiB
REJECTED = "rejected"
COMPLETED = "completed"


@dataclass(frozen=True)
class World:
    script: Script
    outcomes: frozenset[str]  # reasons of a failure, or another outcome


def outcomes(words: str) -> frozenset[str]:
    return frozenset(words.split())


# ---- what peers do ----


def answer(text: str | bytes, then: Callable[[Connection], None] = Connection.wait) -> Script:
    """Reads a request, says `text`, and then ..."""

    def script(connection: Connection) -> None:
        connection.request()
        connection.send(text)
        then(connection)

    return script


def closing(connection: Connection) -> None:
    del connection  # closed by whoever called


def ending(connection: Connection) -> None:
    """A FIN and nothing else: closing with unread bytes would be a reset."""
    connection.socket.shutdown(socket.SHUT_WR)
    connection.wait()


def flooding(data: bytes, first: bytes = b"") -> Script:
    return answer(first, lambda connection: connection.flood(data))


def accepted(then: Callable[[Connection], None], *extra: str) -> Script:
    """A correct 101 to the upgrades, and then ...; a plain 404 to everything else."""

    def script(connection: Connection) -> None:
        request = connection.request()
        if not is_upgrade(request):
            connection.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        connection.accept_upgrade(request, *extra)
        then(connection)

    return script


def saying(*frames: bytes) -> Callable[[Connection], None]:
    def then(connection: Connection) -> None:
        connection.send(b"".join(frames))
        connection.wait()

    return then


def endless_fragments(connection: Connection) -> None:
    connection.send(b"\x01\x00")
    connection.flood(b"\x00\x00" * 4096)


def switching(*lines: str) -> Script:
    """A 101 with these header fields; `{accept}` is the right key."""

    def script(connection: Connection) -> None:
        request = connection.request()
        right = accept_of(field(request, "Sec-WebSocket-Key"))
        connection.send("\r\n".join(["HTTP/1.1 101 Switching Protocols", *lines, "", ""]).replace("{accept}", right))
        connection.wait()

    return script


UPGRADE = "Upgrade: websocket"
CONNECTION = "Connection: Upgrade"
ACCEPT = "Sec-WebSocket-Accept: {accept}"
FORBIDDEN = "HTTP/1.1 403 Forbidden\r\n"
OK = "HTTP/1.1 200 OK\r\n"

WORLDS: dict[str, World] = {
    # Silence, in every phase.
    "silent": World(Connection.wait, outcomes("timeout_first_byte")),
    "silent after the request": World(answer(""), outcomes("timeout_first_byte")),
    "silent in the status line": World(answer("HTTP/1.1 4"), outcomes("timeout_response")),
    "silent in the head": World(answer(FORBIDDEN + "Content-Le"), outcomes("timeout_response")),
    "silent in the body": World(answer(FORBIDDEN + "Content-Length: 100\r\n\r\nsome"), outcomes("timeout_response rejected")),
    "silent in a chunk": World(answer(FORBIDDEN + "Transfer-Encoding: chunked\r\n\r\n9\r\nsome"), outcomes("timeout_response rejected")),
    "silent without a length": World(answer(FORBIDDEN + "\r\nsome"), outcomes("timeout_response rejected")),
    "no pong": World(accepted(Connection.wait), outcomes("timeout_message")),
    "a byte at a time": World(answer("", lambda peer: peer.trickle((FORBIDDEN + "X: y\r\n" * 99).encode(), 0.03)),
                              outcomes("timeout_response")),
    # The end too early.
    "closed at once": World(closing, outcomes("closed_before_response closed_in_request reset_before_response")),
    "reset at once": World(Connection.reset, outcomes("reset_before_response closed_in_request tcp_reset")),
    "closed after the request": World(answer("", closing), outcomes("closed_before_response")),
    "reset after the request": World(answer("", Connection.reset), outcomes("reset_before_response")),
    "closed in the head": World(answer(FORBIDDEN + "Content-Le", closing), outcomes("closed_in_head")),
    "reset in the head": World(answer(FORBIDDEN + "Content-Le", Connection.reset),
                               outcomes("reset_in_head reset_before_response")),
    "closed in the body": World(answer(FORBIDDEN + "Content-Length: 100\r\n\r\nsome", closing), outcomes("closed_in_body rejected")),
    "closed in the session": World(accepted(ending), outcomes("closed_without_close_frame")),
    "reset in the session": World(accepted(Connection.reset), outcomes("reset_in_session closed_without_close_frame")),
    # What is not HTTP, or not correct.
    "another protocol": World(answer("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), outcomes("not_http")),
    "bytes at random": World(answer(bytes(range(256)) * 8, closing), outcomes("not_http")),
    "a page without a head": World(answer("<html>hello</html>", closing), outcomes("not_http")),
    "HTTP/2": World(answer(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + b"\x00\x03\x00\x00\x00\x64" * 3), outcomes("not_http")),
    "a TLS alert": World(answer(b"\x15\x03\x01\x00\x02\x02\x46", closing), outcomes("not_http")),
    "a status that is no number": World(answer("HTTP/1.1 abc Forbidden\r\n\r\n"), outcomes("bad_status_line")),
    "a later version": World(answer("HTTP/3.0 200 OK\r\n\r\n"), outcomes("http_version_unsupported bad_status_line")),
    "a field without a colon": World(answer(FORBIDDEN + "nonsense\r\n\r\n"), outcomes("bad_header")),
    "NUL in a field": World(answer(FORBIDDEN + "X: a\0b\r\nContent-Length: 0\r\n\r\n"), outcomes("bad_header")),
    "two lengths": World(answer(FORBIDDEN + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), outcomes("bad_framing")),
    "a length that is none": World(answer(FORBIDDEN + "Content-Length: -1\r\n\r\n"), outcomes("bad_framing")),
    "a chunk that overflows": World(answer(FORBIDDEN + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n"),
                                    outcomes("bad_chunk body_too_large rejected")),
    # Without end.
    "interim responses": World(flooding(b"HTTP/1.1 100 Continue\r\n\r\n" * 200), outcomes("too_many_interim")),
    "an endless field": World(flooding(b"x" * 65536, FORBIDDEN.encode() + b"X: "), outcomes("head_too_large")),
    "endless fields": World(flooding(b"X: y\r\n" * 4096, FORBIDDEN.encode()), outcomes("too_many_fields head_too_large")),
    "an endless status line": World(flooding(b"x" * 65536, b"HTTP/1.1 403 "), outcomes("head_too_large bad_status_line")),
    "an endless body": World(flooding(b"x" * 65536, FORBIDDEN.encode() + b"\r\n"), outcomes("body_too_large rejected")),
    "endless chunks": World(flooding(b"1\r\nx\r\n" * 8192, FORBIDDEN.encode() + b"Transfer-Encoding: chunked\r\n\r\n"),
                            outcomes("body_too_large bad_chunk timeout_response rejected")),
    "a huge length": World(flooding(b"x" * 65536, OK.encode() + b"Content-Length: 9999999999999\r\n\r\n"),
                           outcomes("body_too_large rejected")),
    "endless trailers": World(flooding(b"X: y\r\n" * 4096, OK.encode() + b"Transfer-Encoding: chunked\r\n\r\n0\r\n"),
                              outcomes("too_many_fields head_too_large bad_chunk body_too_large rejected")),
    # Handshakes that are none.
    "accept is wrong": World(switching(UPGRADE, CONNECTION, "Sec-WebSocket-Accept: bm90IHRoZSByaWdodCBrZXkh"), outcomes("accept_wrong")),
    "accept is missing": World(switching(UPGRADE, CONNECTION), outcomes("accept_missing")),
    "accept is there twice": World(switching(UPGRADE, CONNECTION, ACCEPT, ACCEPT), outcomes("accept_repeated")),
    "Upgrade is missing": World(switching(CONNECTION, ACCEPT), outcomes("upgrade_header_bad")),
    "Upgrade is another": World(switching("Upgrade: h2c", CONNECTION, ACCEPT), outcomes("upgrade_header_bad")),
    "Connection is missing": World(switching(UPGRADE, ACCEPT), outcomes("connection_header_bad")),
    "a subprotocol unasked": World(switching(UPGRADE, CONNECTION, ACCEPT, "Sec-WebSocket-Protocol: chat"), outcomes("subprotocol_bad")),
    "an extension unasked": World(switching(UPGRADE, CONNECTION, ACCEPT, "Sec-WebSocket-Extensions: permessage-deflate"),
                                  outcomes("extension_bad")),
    "a body on the switch": World(switching(UPGRADE, CONNECTION, ACCEPT, "Content-Length: 5"), outcomes("body_on_switch")),
    "a page instead of a switch": World(answer(OK + "Content-Type: text/html\r\nContent-Length: 5\r\n\r\n<html"), outcomes("rejected")),
    # Frames that break the protocol.
    "a masked frame": World(accepted(saying(b"\x81\x81abcdX")), outcomes("frame_masked")),
    "reserved bits": World(accepted(saying(b"\xf1\x01x")), outcomes("frame_reserved_bits")),
    "a reserved opcode": World(accepted(saying(b"\x83\x01x")), outcomes("frame_reserved_opcode")),
    "a long ping": World(accepted(saying(b"\x89\x7e\x00\x7e" + b"x" * 126)), outcomes("frame_bad_control")),
    "a fragmented ping": World(accepted(saying(b"\x09\x01x")), outcomes("frame_bad_control")),
    "a continuation of nothing": World(accepted(saying(b"\x80\x01x")), outcomes("frame_bad_continuation")),
    "text that is not UTF-8": World(accepted(saying(frame(1, b"\xff\xfe"))), outcomes("frame_bad_utf8")),
    "a close of one byte": World(accepted(saying(b"\x88\x01x")), outcomes("frame_bad_close")),
    "a close code that cannot be": World(accepted(saying(close_frame(1005))), outcomes("frame_bad_close")),
    "a gigabyte announced": World(accepted(saying(b"\x82\x7f" + (1 << 30).to_bytes(8, "big"))), outcomes("message_too_large")),
    "the wrong pong": World(accepted(saying(frame(10, b"not the payload"))), outcomes("timeout_message")),
    "pings without end": World(accepted(lambda peer: peer.flood(frame(9, b"x" * 100) * 64)),
                               outcomes("session_input_limit session_output_limit timeout_message")),
    "fragments without end": World(accepted(endless_fragments), outcomes("session_input_limit message_too_large timeout_message")),
    "messages without end": World(accepted(lambda peer: peer.flood(frame(1, b"x" * 1000) * 64)),
                                  outcomes("session_input_limit timeout_message")),
}

SCENARIO = """\
scenario: bad-world
target: {{edge: {edge}}}
timeout: {milliseconds}ms
credentials: {{valid: {{env: {variable}}}}}
steps:
  - upgrade: {{name: valid-token, path: /api/ws, query: {{token: "${{valid}}"}}, expect: accepted, ping: 1}}
"""


def probe(wsprobe: Wsprobe, edge: str) -> Run:
    text = SCENARIO.format(edge=edge, milliseconds=int(TIMEOUT * 1000), variable=TOKEN_VARIABLE)
    return wsprobe.run(wsprobe.write("bad-world.yaml", text))


def child_cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def check_in_time(wsprobe: Wsprobe, run: Run) -> None:
    assert run.report["duration_seconds"] <= TIMEOUT + MARGIN
    assert run.seconds <= TIMEOUT + MARGIN + wsprobe.start_up_seconds()


@pytest.mark.parametrize("name", WORLDS)
def test_a_bad_peer_is_a_named_outcome_in_time(wsprobe: Wsprobe, name: str) -> None:
    world = WORLDS[name]
    cpu_before = child_cpu_seconds()
    with peer(world.script) as running:
        run = probe(wsprobe, running.edge)
    cpu = child_cpu_seconds() - cpu_before

    assert run.exit_code == 1, run.err
    check_report(run.report)
    step = run.step("valid-token")
    assert step["as_expected"] is False
    told = step["failure"]["reason"] if step["outcome"] == "failed" else step["outcome"]
    assert told in world.outcomes, step["failure"] or step["response"]
    assert run.report["verdict"]["cause"] != "healthy"
    check_in_time(wsprobe, run)
    assert cpu <= CPU_LIMIT * wsprobe.slowness


@pytest.mark.parametrize("name", WORLDS)
def test_a_bad_peer_does_not_hold_up_a_diagnosis(wsprobe: Wsprobe, name: str) -> None:
    """Health, both upgrades and the experiments together still end in time, by whatever words."""
    with peer(WORLDS[name].script) as running:
        run = wsprobe.diagnose(running.url, "--timeout", f"{int(TIMEOUT * 1000)}ms")
    assert run.exit_code == 1, run.err
    check_report(run.report)
    assert run.report["verdict"]["fault"] != "none"
    check_in_time(wsprobe, run)


def test_refused(wsprobe: Wsprobe) -> None:
    nowhere = Nowhere()
    try:
        run = wsprobe.diagnose(f"ws://{nowhere.address}/api/ws")
    finally:
        nowhere.stop()
    assert run.exit_code == 1
    verdict = run.report["verdict"]
    assert (verdict["emitter"], verdict["cause"]) == ("none", "tcp_refused")
    for step in run.report["steps"]:
        assert (step["failure"]["phase"], step["failure"]["kind"]) == ("connect", "tcp")
    assert run.report["duration_seconds"] < 1


def test_a_name_that_does_not_exist(wsprobe: Wsprobe) -> None:
    """The name server may be out of reach here: any of the words for a failed look-up will do, but in time."""
    run = wsprobe.diagnose("ws://nothing.lab.invalid:9/api/ws", "--timeout", "600ms")
    assert run.exit_code == 1
    for step in run.report["steps"]:
        assert step["failure"]["phase"] == "resolve"
        assert step["failure"]["kind"] in ("dns", "timeout")
    check_in_time(wsprobe, run)


def test_silence_in_the_tls_handshake(wsprobe: Wsprobe) -> None:
    with peer(Connection.wait) as running:
        run = wsprobe.diagnose(f"wss://{running.address}/api/ws", "--timeout", "600ms")
    assert run.exit_code == 1
    assert run.step("valid-token")["failure"]["reason"] == "timeout_tls"
    check_in_time(wsprobe, run)


@pytest.mark.parametrize("text, reason", [
    ("HTTP/1.1 400 Bad Request\r\n\r\n", "tls_plain_http"), ("SSH-2.0-OpenSSH_9.2p1\r\n", "tls_not_tls"),
    (b"\x15\x03\x03\x00\x02\x02\x28", "tls_handshake_alert"), (b"\x15\x03\x03\x00\x02\x02\x46", "tls_protocol_version"),
    (b"\x15\x03\x03\x00\x02\x02\x70", "tls_unrecognized_name"),
])
def test_something_else_than_tls(wsprobe: Wsprobe, text: str | bytes, reason: str) -> None:
    def script(connection: Connection) -> None:
        connection.socket.recv(65536)
        connection.send(text)

    with peer(script) as running:
        run = wsprobe.diagnose(f"wss://{running.address}/api/ws", "--timeout", "600ms")
    assert run.exit_code == 1
    assert run.step("valid-token")["failure"]["reason"] == reason


@pytest.mark.parametrize("then, reason", [(closing, "tls_closed_in_handshake"), (Connection.reset, "tls_reset_in_handshake")])
def test_the_end_in_the_tls_handshake(wsprobe: Wsprobe, then: Script, reason: str) -> None:
    def script(connection: Connection) -> None:
        connection.socket.recv(65536)
        then(connection)

    with peer(script) as running:
        run = wsprobe.diagnose(f"wss://{running.address}/api/ws", "--timeout", "600ms")
    assert run.exit_code == 1
    assert run.step("valid-token")["failure"]["reason"] == reason


def test_a_connect_timeout_is_shorter_than_the_whole(wsprobe: Wsprobe) -> None:
    with peer(Connection.wait) as running:
        run = wsprobe.diagnose(f"wss://{running.address}/api/ws", "--connect-timeout", "200ms", "--no-experiments")
    assert run.step("valid-token")["failure"]["reason"] == "timeout_tls"
    assert run.report["duration_seconds"] < 3


def peak_memory(pid: int) -> int:
    """The most that the process had resident while it lived, in KiB."""
    status = Path(f"/proc/{pid}/status")
    peak = 0
    while True:
        try:
            lines = status.read_text().splitlines()
        except OSError:
            return peak
        high = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
        if not high:  # a zombie has none
            return peak
        peak = max(peak, high[0])
        threading.Event().wait(0.002)


@pytest.mark.parametrize("name", ["an endless body", "endless fields", "pings without end", "messages without end",
                                  "interim responses", "fragments without end"])
def test_a_flood_does_not_fill_the_memory(wsprobe: Wsprobe, name: str) -> None:
    with peer(WORLDS[name].script) as running:
        process = wsprobe.start("diagnose", running.url, "--token-env", TOKEN_VARIABLE, "--timeout", "600ms",
                                "--format", "json", "--output", os.devnull)
        peak = peak_memory(process.pid)
        process.communicate(timeout=30)
    assert process.returncode == 1
    assert 0 < peak <= MEMORY_LIMIT * wsprobe.slowness
