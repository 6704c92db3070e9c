"""Where else a token could come to light: children, files that others can read, other hosts, what the daemon keeps."""

import contextlib
import json
import shutil
import socket
import sqlite3
import stat
import subprocess
import threading
import zlib

import pytest
from conftest import BINARY, TOKEN, environment, wsprobe
from serve import serving

AS_SEEN = (TOKEN, TOKEN.replace("-", "%2D"))

SPY = """#!/bin/sh
cat /proc/self/environ /proc/self/cmdline > {place}.tmp
printf '%s\\n' "$0" "$@" >> {place}.tmp
mv {place}.tmp {place}
exit 1
"""


def hides(text):
    return not any(form in text for form in AS_SEEN)


@pytest.fixture
def spy(tmp_path):
    """A program that leaves its environment and its arguments, and the file where it leaves them."""
    program, place = tmp_path / "spy", tmp_path / "seen"
    program.write_text(SPY.format(place=place))
    program.chmod(0o755)
    return program, place


def test_a_witness_command_is_given_no_token(application, spy):
    program, place = spy
    url = f"ws://127.0.0.1:{application.port}/api/ws"
    wsprobe("diagnose", url, "--token-env", "T", "--witness-command", f"backend={program}",
            env={"T": TOKEN, "COPY": f"x{TOKEN}x", "HARMLESS": "yes"})
    seen = place.read_text(errors="replace")
    assert "HARMLESS=yes" in seen
    assert hides(seen)


def test_the_script_host_is_given_no_token(application, spy, tmp_path):
    program, place = spy
    binary = tmp_path / "wsprobe"
    shutil.copy(BINARY, binary)
    program.rename(tmp_path / "wsprobe-script-host")  # it is looked for beside the binary first
    with Recorder(PAGE) as page:
        subprocess.run([binary, "diagnose", f"ws://127.0.0.1:{application.port}/api/ws", "--token-env", "T", "--no-experiments",
                        "--frontend", f"http://127.0.0.1:{page.port}/"], env=environment(T=TOKEN), timeout=30, check=False,
                       capture_output=True)
    assert hides(place.read_text(errors="replace"))


@pytest.mark.parametrize("mode, warned", [(0o600, False), (0o640, False), (0o644, True), (0o604, True)])
def test_a_secret_that_others_can_read_is_warned_about(application, write_scenario, tmp_path, mode, warned):
    secret = tmp_path / "token"
    secret.write_text(TOKEN + "\n")
    secret.chmod(mode)
    assert stat.S_IMODE(secret.stat().st_mode) == mode
    file = write_scenario(application.port)
    file.write_text(file.read_text().replace("{env: WSPROBE_TEST_TOKEN}", "{file: token}"))
    diagnosed = wsprobe("diagnose", f"ws://127.0.0.1:{application.port}/api/ws", "--token-file", secret)
    for result in (diagnosed, wsprobe("run", file), wsprobe("check", file)):
        assert result.returncode == 0, result.stderr
        assert ("every user of this machine can read" in result.stderr) == warned, result.stderr
        assert hides(result.stdout + result.stderr)


class Recorder:
    """Answers every request with the same text, and keeps what it was asked."""

    def __init__(self, answer):
        self.answer, self.seen = answer, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(2)
                try:
                    self.seen.append(connection.recv(65536).decode("latin-1"))
                    connection.sendall(self.answer.encode())
                except OSError:
                    self.seen.append("")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()


def redirecting(port):
    return (f"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://localhost:{port}/elsewhere?x=1\r\n"
            "Content-Length: 0\r\nConnection: close\r\n\r\n")


SCRIPT = '<html><script>window.WS_BASE_URL = "ws://127.0.0.1:9"</script></html>'
PAGE = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(SCRIPT)}\r\nConnection: close\r\n\r\n{SCRIPT}"


@pytest.mark.parametrize("place", [[], ["--token-header", "Authorization"], ["--token-cookie", "sid"]], ids=["query", "header", "cookie"])
def test_a_redirection_takes_no_token_elsewhere(place):
    with Recorder(PAGE) as elsewhere, Recorder(redirecting(elsewhere.port)) as first:
        wsprobe("diagnose", f"ws://127.0.0.1:{first.port}/api/ws", "--token-env", "T", *place, "-H", f"X-Key: {TOKEN}",
                "--timeout", "3s", env={"T": TOKEN})
        assert not all(hides(request) for request in first.seen), "the token did go where it belongs"
    assert elsewhere.seen == [], "a redirection of a probe is an answer, and is not followed"


def test_a_page_that_is_elsewhere_is_asked_for_without_the_token():
    with Recorder(PAGE) as elsewhere, Recorder(redirecting(elsewhere.port)) as first:
        wsprobe("diagnose", f"ws://127.0.0.1:{first.port}/api/ws", "--token-env", "T", "-H", f"X-Key: {TOKEN}",
                "--frontend", f"http://127.0.0.1:{first.port}/", "--timeout", "3s", env={"T": TOKEN})
        assert elsewhere.seen, "a page's redirection is followed, as a browser does"
        assert all(hides(request) for request in elsewhere.seen), elsewhere.seen


def kept_in(storage):
    """All that the files of a history hold, and what is compressed in there. Nobody else can read them."""
    files = [path for path in storage.rglob("*") if path.is_file()]
    assert files and all(stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 for path in files), files
    kept = [path.read_bytes() for path in files]
    with contextlib.closing(sqlite3.connect(storage / "history.db")) as database:
        reports = database.execute("SELECT json, text FROM report").fetchall()
    assert reports
    return [data.decode("latin-1") for data in kept + [zlib.decompress(blob) for row in reports for blob in row]]


def test_what_the_daemon_keeps_and_shows(reflecting_application, write_scenario, tmp_path):
    """The application sends the token back in its refusal, and it is in no file, page, report or line of the log."""
    file = write_scenario(reflecting_application.port)
    file.write_text(file.read_text().replace('query: {token: "${valid}"}, expect: accepted', 'query: {other: "${valid}"}, expect: accepted')
                    + "every: 1s\n")
    storage = tmp_path / "history"
    with serving(file, "--storage.path", storage, "--log.level", "debug") as daemon:
        daemon.wait_for_metric('wsprobe_scenario_failures_total{scenario="scenario"}', 2)
        reports = json.loads(daemon.get("/api/v1/reports"))["reports"]
        assert reports
        shown = [daemon.get(path) for path in ("/", "/metrics", "/scenario/scenario", "/api/v1/scenarios", "/badge/scenario.svg",
                                               "/probe?module=scenario&debug=true")]
        shown += [daemon.get(f"/api/v1/reports/{one['id']}") for one in reports[:3]]
        shown += [daemon.get(f"/api/v1/reports/{one['id']}?format=text") for one in reports[:3]]
        assert daemon.stop() == 0
        shown += [line for line in daemon.log if line]
    assert "redacted" in "".join(shown), "it was sent back, and taken out"
    assert all(hides(text) for text in shown)
    kept = kept_in(storage)
    assert "redacted" in "".join(kept) and all(hides(text) for text in kept)
