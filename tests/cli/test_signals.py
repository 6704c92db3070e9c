"""SIGINT and SIGTERM: stop at once, print what there is, say so in the exit code."""

import json
import os
import pty
import select
import signal
import socket
import time

import pytest
from conftest import start

SCENARIO_TIMEOUT = "20s"


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        yield server


def start_against(listener, *options, **streams):
    """Started, and known to wait for an answer: its request has come."""
    url = f"ws://127.0.0.1:{listener.getsockname()[1]}/api/ws"
    process = start("diagnose", url, "--timeout", SCENARIO_TIMEOUT, *options, **streams)
    connection, _ = listener.accept()
    assert connection.recv(1) == b"G"
    return process, connection


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"])
def test_stops_at_once_and_prints_what_there_is(listener, number, code):
    process, connection = start_against(listener, "--format", "json")
    began = time.monotonic()
    process.send_signal(number)
    output, errors = process.communicate(timeout=10)
    assert time.monotonic() - began < 1
    assert (process.returncode, errors) == (code, "")
    report = json.loads(output)
    assert report["interrupted"] is True
    assert report["steps"][0]["failure"]["reason"] == "cancelled"
    connection.close()


def test_human_report_says_that_it_was_stopped(listener):
    process, connection = start_against(listener)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=10)
    assert output.startswith("STOPPED")
    connection.close()


def test_progress_is_one_line_that_is_erased(listener):
    ours, theirs = pty.openpty()
    process, connection = start_against(listener, stderr=theirs)
    os.close(theirs)
    shown = b""
    while b"health" not in shown:  # it appears after a second
        assert select.select([ours], [], [], 10)[0], "no progress line came"
        shown += os.read(ours, 4096)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=10)
    while select.select([ours], [], [], 0)[0]:
        try:
            shown += os.read(ours, 4096)
        except OSError:
            break
    os.close(ours)
    connection.close()
    assert shown.startswith(b"\r\x1b[K") and shown.endswith(b"\r\x1b[K")
    assert b"\n" not in shown


def test_no_progress_where_nobody_watches(listener):
    process, connection = start_against(listener, "--connect-timeout", "5s", "--timeout", "1500ms")
    assert process.communicate(timeout=10)[1] == ""
    connection.close()
