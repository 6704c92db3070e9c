"""wsprobe-script-host: what it reads out of scripts, and that scripts which mean harm are stopped within its limits."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from script_host import Script, ask, encode

HOST = os.environ["WSPROBE_SCRIPT_HOST"]
PAGE = "https://app.lab.test/start?x=1#top"


def run(*scripts: str | Script, variable: str = "WS_BASE_URL"):
    given = [script if isinstance(script, Script) else Script(script) for script in scripts]
    asked = ask(HOST, encode(PAGE, given, variable))
    assert asked.code == 0, (asked.code, asked.err)
    return asked.answer


VALUES = {
    "a literal": "window.WS_BASE_URL = 'wss://api.lab.test'",
    "a global variable": "var WS_BASE_URL = 'wss://api.lab.test'",
    "a shared constant": "const WS_BASE_URL = 'wss://api.lab.test'",
    "self and globalThis": "self.WS_BASE_URL = 'wss://' + globalThis.location.hostname.replace('app', 'api')",
    "a conditional": "window.WS_BASE_URL = location.protocol === 'https:' ? 'wss://api.lab.test' : 'ws://api.lab.test'",
    "a URL object": "const u = new URL('/x', location.href); u.protocol = 'wss:'; u.host = 'api.lab.test'; u.pathname = '';"
                    "window.WS_BASE_URL = u.origin === 'null' ? '' : u.href.slice(0, -1)",
    "modern syntax": "class C { #h = 'api'; static #n = 1_0; get h() { return this?.#h ?? '' } static { window.made = C.#n } }"
                     "window.X ??= {a: {b: [1, 2]}}; const {a: {b: [, two]}, ...rest} = window.X;"
                     "window.WS_BASE_URL = `wss://${new C().h}.lab.test${two === 2 ? '' : '/no'}`",
    "base64": "window.WS_BASE_URL = atob('d3NzOi8vYXBpLmxhYi50ZXN0')",
    "JSON": "window.WS_BASE_URL = JSON.parse('{\"u\": \"wss:\\\\/\\\\/api.lab.test\"}').u",
    "an immediately invoked function": "(function (w) { 'use strict'; w.WS_BASE_URL = 'wss://api.lab.test' })(window)",
    "a feature test": "window.WS_BASE_URL = ('WebSocket' in window && typeof fetch === 'function') ? 'wss://api.lab.test' : ''",
    "after an error that is caught": "try { undefinedFunction() } catch { window.WS_BASE_URL = 'wss://api.lab.test' }",
}


@pytest.mark.parametrize("name", VALUES)
def test_a_value(name):
    answer = run(VALUES[name])
    assert (answer.runs[0].end, answer.value) == ("completed", "wss://api.lab.test"), answer


def test_the_place_of_the_assignment():
    answer = run("// one\n", "\n\nwindow.WS_BASE_URL = 'wss://a.test';\n", "window.other = 1")
    assert answer.assigned == (1, 3)


def test_a_member():
    answer = run("window.__CONFIG__ = {ws: {url: 'wss://in.test'}}", variable="__CONFIG__.ws.url")
    assert (answer.value, answer.found) == ("wss://in.test", {"window.__CONFIG__.ws.url": "wss://in.test"})


def test_the_last_script_wins_and_an_exception_ends_only_its_own():
    answer = run("window.WS_BASE_URL = 'wss://one.test'", "throw new Error('no')", "WS_BASE_URL = 'wss://two.test'")
    assert [one.end for one in answer.runs] == ["completed", "threw", "completed"]
    assert answer.runs[1].detail == "Error: no"
    assert answer.value == "wss://two.test"


def test_sockets_that_scripts_open_are_noted_and_not_opened():
    answer = run("new WebSocket('/live'); new WebSocket(location.origin.replace('http', 'ws') + '/api/ws')")
    assert [url for url, *_ in answer.sockets] == ["/live", "wss://app.lab.test/api/ws"]


def test_timers_and_events_run_after_the_scripts():
    answer = run("addEventListener('load', () => setTimeout(() => { window.WS_BASE_URL = 'wss://late.test' }, 100))")
    assert (answer.value, answer.changed_later) == ("wss://late.test", True)


def test_a_script_that_needs_a_document_is_ended_there():
    answer = run("try { document.querySelector('meta').content } finally { window.WS_BASE_URL = 'wss://guessed.test' }")
    assert (answer.runs[0].end, answer.runs[0].detail) == ("needed", "document.querySelector")
    assert answer.value is None


def test_a_script_that_leaves_the_page():
    answer = run("location.href = '/login'")
    assert (answer.runs[0].end, answer.runs[0].detail) == ("left_page", "https://app.lab.test/login")


# ---- scripts that mean harm ----

HARMFUL = {
    "for ever": ("for (;;) {}", "out_of_time"),
    "for ever, and catching": ("for (;;) { try { for (;;) {} } catch {} finally { continue } }", "out_of_time"),
    "promises without end": ("(function again() { Promise.resolve().then(again) })()", None),  # nothing of what follows runs
    "recursion": ("function f() { f() } f()", "threw"),
    "recursion in JSON": ("let a = []; for (let i = 0; i < 1e6; ++i) a = [a]; JSON.stringify(a)", "threw"),
    "a string without end": ("let s = 'x'; for (;;) s += s", "threw"),
    "a typed array": ("new Uint8Array(1e12)", "threw"),
    "an exception": ("throw {toString() { throw 1 }}", "threw"),
    "a proxy as exception": ("throw new Proxy({}, {get() { for (;;) {} }})", None),
    "files by name": ("read('/etc/passwd')", "threw"),
    "a module loader": ("require('fs')", "threw"),
    "os": ("os.system('id')", "threw"),
    "load": ("load('/etc/passwd')", "threw"),
    "import": ("import('/etc/passwd')", "needed"),
    "fetch": ("fetch('file:///etc/passwd')", "needed"),
    "XMLHttpRequest": ("new XMLHttpRequest().open('GET', 'http://127.0.0.1/')", "needed"),
    "a worker": ("new Worker('x.js')", "needed"),
    "storage": ("localStorage.getItem('x')", "needed"),
}


@pytest.mark.parametrize("name", HARMFUL)
def test_harm_ends_within_the_limits_and_is_named(name):
    script, end = HARMFUL[name]
    asked = ask(HOST, encode(PAGE, [Script(script), Script("window.WS_BASE_URL = 'wss://after.test'")]))
    assert asked.processor_seconds < 6
    assert asked.resident < 800 * 1024 * 1024
    assert asked.code == 0, (asked.code, asked.err)
    if end is not None:
        assert asked.answer.runs[0].end == end, asked.answer.runs


@pytest.mark.parametrize("script", [
    "const kept = []; for (;;) kept.push(new Array(100000).fill({}))",
    "const kept = []; for (;;) kept.push(new ArrayBuffer(16 * 1024 * 1024))",
    "const kept = new Map(); for (let i = 0;; ++i) kept.set('key' + i, 'v'.repeat(1000) + i)",
])
def test_allocation_without_end_is_stopped(script):
    asked = ask(HOST, encode(PAGE, [Script(script)]))
    assert asked.processor_seconds < 6
    assert asked.resident < 800 * 1024 * 1024
    ended = asked.answer.runs[0].end if asked.answer else "killed"
    assert ended in ("out_of_memory", "out_of_time", "threw", "killed")


def test_a_regular_expression_that_never_ends_is_ended_by_the_kernel():
    """The engine does not look at its clock inside of one."""
    asked = ask(HOST, encode(PAGE, [Script("/(a+)+$/.test('a'.repeat(60) + 'b')")]))
    assert asked.code < 0 or asked.answer.runs[0].end == "out_of_time"
    assert asked.processor_seconds < 6


@pytest.mark.parametrize("request_bytes", [b"", b"GET / HTTP/1.1\r\n\r\n", b"24:wsprobe script request 1,", b"9" * 1000,
                                           encode(PAGE, [Script("1")])[:-3], encode(PAGE, [Script("1")]) + b"0:,"])
def test_what_is_no_request_is_refused(request_bytes):
    asked = ask(HOST, request_bytes)
    assert (asked.code, asked.raw) == (2, b"")
    assert asked.err.startswith("wsprobe-script-host: ")


def test_any_bytes_are_a_script():
    asked = ask(HOST, encode(PAGE, [Script(b"\xff\xfe\x00'"), Script("window.WS_BASE_URL = 'wss://after.test'")]))
    assert asked.code == 0 and asked.answer.value == "wss://after.test"


# ---- the walls, seen from outside ----

@pytest.fixture(scope="module")
def calls(tmp_path_factory) -> list[str]:
    """The system calls that one run makes after the filter is set, of all its threads."""
    log = tmp_path_factory.mktemp("calls") / "log"
    harmful = "try { read('/etc/passwd') } catch {} const k = []; for (let i = 0; i < 300000; ++i) k.push({i}); new Date().toString()"
    request = encode(PAGE, [Script(harmful), Script("window.WS_BASE_URL = String(Intl.DateTimeFormat)")])
    subprocess.run(["strace", "-f", "-qq", "-o", str(log), HOST], input=request, capture_output=True, check=True, timeout=60, env={})
    lines = [line.split(maxsplit=1)[1] for line in log.read_text().splitlines()]
    begin = next(at for at, line in enumerate(lines) if line.startswith("seccomp("))
    return lines[begin + 1:]


def test_behind_the_walls_nothing_is_opened_and_nobody_is_called(calls):
    assert calls
    forbidden = ("socket", "connect", "execve", "fork", "vfork", "clone", "ptrace", "kill", "unlink", "mkdir", "sendto", "pipe")
    for line in calls:
        name = line.split("(")[0]
        assert name not in forbidden, line
        if name in ("open", "openat"):
            assert "EPERM" in line or "EMFILE" in line, line
        if name == "write":
            assert line.startswith("write(1,"), line
        if name in ("mmap", "mprotect"):
            assert "PROT_EXEC" not in line, line


def test_it_ends_with_its_parent(tmp_path: Path):
    """A probe that is killed leaves nothing behind that computes."""
    program = f"""
import subprocess, sys, os
child = subprocess.Popen([{HOST!r}], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
print(child.pid, flush=True)
sys.stdin.read()
os._exit(0)
"""
    parent = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    state = Path(f"/proc/{child}/status")
    # It has set itself up when it waits for its request.
    while "SigCgt" not in state.read_text() or "wsprobe-script" not in Path(f"/proc/{child}/comm").read_text():
        pass
    parent.kill()
    parent.wait()
    for _ in range(2000):
        if not state.exists() or "State:\tZ" in state.read_text():
            return
        threading.Event().wait(0.005)
    raise AssertionError("it outlived its parent")


def test_many_at_once_on_a_busy_machine():
    """Threads of the engine that come to their beginning only behind the walls do what threads do there."""
    request = encode(PAGE, [Script("window.WS_BASE_URL = 'wss://a.test'")])
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: ask(HOST, request), range(150)))
    assert {(asked.code, asked.answer and asked.answer.value) for asked in answers} == {(0, "wss://a.test")}


def test_it_works_where_limits_are_already_lower():
    def lower() -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (4, 4))
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

    asked = ask(HOST, encode(PAGE, [Script("window.WS_BASE_URL = 'wss://a.test'")]), lower)
    assert (asked.code, asked.answer.value) == (0, "wss://a.test")


def test_descriptors_of_the_parent_are_of_no_use_to_it():
    """What was inherited by mistake cannot be used: the list of calls has no way to."""
    ours, theirs = socket.socketpair()
    os.set_inheritable(theirs.fileno(), True)
    child = subprocess.Popen([HOST], stdin=subprocess.PIPE, stdout=subprocess.PIPE, close_fds=False, env={})
    out, _ = child.communicate(encode(PAGE, [Script("1")]), timeout=30)
    theirs.close()
    assert child.returncode == 0 and out
    assert ours.recv(1) == b""
    ours.close()
