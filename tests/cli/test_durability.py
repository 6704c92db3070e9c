"""kill -9 at any moment: nothing that was shown is lost, nothing is half written, and it starts again by itself."""

import concurrent.futures
import contextlib
import json
import os
import random
import re
import signal
import socket
import sqlite3
import subprocess
import time

import pytest
from conftest import TOKEN, start, wsprobe
from serve import serving

KILLS = 200
LIVES_AT_ONCE = 2  # each with a history of its own
SCENARIOS = 40
LONGEST_LIFE = 0.2  # seconds, the start of the process included; more where starting takes long
SEED = 20261123

SCENARIO = """\
scenario: {name}
target: {{edge: "ws://127.0.0.1:{port}"}}
every: 1s
timeout: 2s
experiments: false
steps:
  - upgrade: {{name: socket, path: /api/ws, expect: accepted}}
"""


@pytest.fixture
def closed_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def ask(port, path):
    """The body of an answer that came whole, or None where the daemon was gone before."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=10) as stream:
        stream.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        answer = b""
        while piece := stream.recv(65536):
            answer += piece
        head, _, body = answer.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: *(\d+)", head)
        if head.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200")) and length and len(body) == int(length[1]):
            return json.loads(body)
    return None


def live_and_die(storage, config, seconds):
    """One life of that many seconds. The reports that the daemon has shown in it, by their number."""
    process = start("serve", "--web.listen-address", "127.0.0.1:0", "--storage.path", storage, "--config.file", config)
    shown = {}
    ends = time.monotonic() + seconds
    killer = concurrent.futures.ThreadPoolExecutor(1)
    killed = killer.submit(lambda: (killer_waits(process, ends), process.kill()))
    for line in process.stderr:
        if found := re.search(r"msg=listening .*address=[^ ]*:(\d+)", line):
            while (page := ask(int(found[1]), "/api/v1/reports?limit=1000")) is not None:
                shown.update({one["id"]: one for one in page["reports"]})
            break
    killed.result()
    _, rest = process.communicate()
    killer.shutdown()
    assert process.returncode == -signal.SIGKILL, rest
    return shown


def killer_waits(process, until):
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(max(0.0, until - time.monotonic()))


def check_the_database(storage):
    with contextlib.closing(sqlite3.connect(f"file:{storage}/history.db?mode=ro", uri=True)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def seconds_to_start():
    began = time.monotonic()
    assert wsprobe("--version").returncode == 0
    return time.monotonic() - began


def lives(directory, port, count, seed):
    directory.mkdir()
    for number in range(SCENARIOS):
        (directory / f"{number}.yaml").write_text(SCENARIO.format(name=f"s{number}", port=port))
    config = directory / "wsprobe.yml"
    config.write_text("scenarios: ['*.yaml']\nstorage: {path: history}\n")
    storage = directory / "history"
    chance = random.Random(seed)
    longest = max(LONGEST_LIFE, 8 * seconds_to_start())
    shown, productive = {}, 0
    for _ in range(count):
        seen = live_and_die(storage, config, chance.uniform(0, longest))
        assert all(shown.get(number, report) == report for number, report in seen.items()), "a number was given twice"
        productive += bool(seen)
        shown |= seen
    with serving("--storage.path", storage, "--config.file", config) as daemon:
        kept = {}
        before = 1 << 60
        while page := json.loads(daemon.get(f"/api/v1/reports?limit=1000&before={before}"))["reports"]:
            kept |= {one["id"]: one for one in page}
            before = page[-1]["id"]
        lost = [report for number, report in shown.items() if kept.get(number) != report]
        assert not lost, f"{len(lost)} of {len(shown)} were lost, seed {seed}"
        for number in chance.sample(sorted(shown), min(20, len(shown))):
            assert json.loads(daemon.get(f"/api/v1/reports/{number}"))["schema"] == "wsprobe.report/1"
        assert daemon.stop() == 0
    check_the_database(storage)
    assert not list(storage.glob("*.broken-*")), "a database was found broken"
    return shown, productive


def test_no_report_that_was_shown_is_lost(tmp_path, closed_port):
    with concurrent.futures.ThreadPoolExecutor(LIVES_AT_ONCE) as pool:
        worlds = [pool.submit(lives, tmp_path / str(world), closed_port, KILLS // LIVES_AT_ONCE, SEED + world)
                  for world in range(LIVES_AT_ONCE)]
        for world in worlds:
            shown, productive = world.result()
            assert productive > KILLS // LIVES_AT_ONCE // 4, "most were killed before they had done anything"
            assert len(shown) > KILLS // LIVES_AT_ONCE


def test_no_textfile_is_ever_torn(tmp_path, application, write_scenario):
    file = write_scenario(application.port)
    textfile = tmp_path / "wsprobe.prom"
    arguments = ("run", "--no-experiments", "--textfile", textfile, "-o", os.devnull, file)
    began = time.monotonic()
    start(*arguments, env={"WSPROBE_TEST_TOKEN": TOKEN}).communicate(timeout=30)
    usual = time.monotonic() - began
    assert textfile.exists()
    chance = random.Random(SEED)
    killed = 0
    while killed < KILLS:
        process = start(*arguments, env={"WSPROBE_TEST_TOKEN": TOKEN})
        try:
            process.communicate(timeout=chance.uniform(0, usual))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            killed += 1
        text = textfile.read_text()
        assert text.startswith("# HELP probe_success") and text.endswith("\n")
        assert text.count("wsprobe_last_success_timestamp_seconds{") == 1, "the last line of all"
