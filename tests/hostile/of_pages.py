"""Pages and scripts that mean harm, or never come: a browser's way is left open, and nobody is called healthy for it.

Bounds are those of the probe; the scripts run in a process of its own, with limits of its own, and end with the run.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from behaviour_table import Row
from peers import Connection, Script, is_upgrade
from scripts import CHUNKED, OK, closing, correct_session, ending

PAGE = "<!doctype html><script src=config.js></script>"
GOOD = "window.WS_BASE_URL = location.origin.replace('http', 'ws')"


def text_of(body: str | bytes, kind: str, *fields: str, status: str = "200 OK") -> bytes:
    data = body.encode() if isinstance(body, str) else body
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Type: {kind}", *fields, f"Content-Length: {len(data)}", "Connection: close", "", ""])
    return head.encode("latin-1") + data


def serving(page: str | bytes = PAGE, script: str | bytes = GOOD, *fields: str, then: Callable[[Connection], None] = closing,
            page_says: bytes | None = None, script_says: bytes | None = None) -> Script:
    """The page, its script at whatever path ends with .js, and a healthy socket; after `page_says` or `script_says`, `then`."""

    def serve(connection: Connection) -> None:
        request = connection.request()
        if is_upgrade(request):
            connection.accept_upgrade(request)
            return correct_session(connection)
        wants_script = urlsplit(request.split(" ")[1]).path.endswith(".js")
        special = script_says if wants_script else page_says
        if special is not None:
            connection.send(special)
            return then(connection)
        connection.send(text_of(script, "text/javascript") if wants_script else text_of(page, "text/html", *fields))

    return serve


def redirect(place: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


def flood(data: bytes) -> Callable[[Connection], None]:
    return lambda connection: connection.flood(data)


HTML = (OK + "Content-Type: text/html\r\n\r\n").encode()
SCRIPT = (OK + "Content-Type: text/javascript\r\n\r\n").encode()


def page(name: str, says: bytes, outcome: str, then: Callable[[Connection], None] = closing, *, alone: str = "",
         noisy: bool = False, healthy_too: bool = False) -> Row:
    return Row(f"page: {name}", serving(page_says=says, then=then), outcome, "frontend", alone=("/", alone), noisy=noisy,
               timeout=3.0 if healthy_too else 0.6, healthy_too=healthy_too)


def script(name: str, says: bytes, alone: str = "completed", then: Callable[[Connection], None] = closing, *, noisy: bool = False) -> Row:
    return Row(f"script: {name}", serving(script_says=says, then=then), "completed", "frontend", alone=("/config.js", alone), noisy=noisy)


def running(name: str, text: str) -> Row:
    """It is ended by its limits, or with the run, whatever it does. What it takes until then counts as the probe's."""
    return Row(f"script: {name}", serving(script=text), "completed", "frontend", timeout=0.4, alone=("/config.js", "completed"))


PAGES = [
    page("silent", b"", "first_byte/timeout_first_byte", Connection.wait),
    page("closed", b"", "first_byte/closed_before_response"),
    page("no HTTP", b"SSH-2.0-OpenSSH_9.2p1\r\n", "response/not_http", ending),
    page("cut", HTML.replace(b"\r\n\r\n", b"\r\nContent-Length: 900\r\n\r\n") + b"<scr", "response/closed_in_body"),
    page("without end", HTML, "completed", flood(b"<p>" * 20000), noisy=True),
    page("scripts without end", HTML, "completed", flood(b"<script src=a.js></script>" * 2000), noisy=True),
    page("attributes without end", HTML + b"<p ", "completed", flood(b"a=b " * 10000), noisy=True),
    page("a redirection to itself", redirect("/"), "completed"),
    page("a redirection to a file", redirect("file:///etc/passwd"), "completed"),
    page("a redirection to nowhere", redirect("http://127.0.0.1:1/"), "connect/tcp_refused", alone="completed"),
    page("an error", text_of("no", "text/html", status="500 Internal Server Error"), "completed"),
    page("nothing", text_of("", "text/html"), "completed"),
    page("bytes at random", text_of(bytes(range(256)) * 64, "text/html"), "completed"),
    page("a hundred thousand levels", text_of("<div>" * 100000 + PAGE, "text/html"), "completed", healthy_too=True),
    page("a policy of a megabyte", HTML + b"<meta http-equiv=Content-Security-Policy content=\"connect-src " + b"a.test " * 150000 + b"\">",
         "completed"),
]

SCRIPTS = [
    script("silent", b"", "first_byte/timeout_first_byte", Connection.wait),
    script("closed", b"", "first_byte/closed_before_response"),
    script("not there", text_of("no", "text/html", status="404 Not Found")),
    script("a bad chunk", (OK + "Content-Type: text/javascript\r\n" + CHUNKED).encode() + b"xyz\r\n", "response/bad_chunk"),
    script("without end", SCRIPT, "completed", flood(b"//" * 30000), noisy=True),
    script("a redirection to itself", redirect("/config.js")),
    script("not UTF-8", text_of(b"window.WS_BASE_URL = 'ws://\xff'", "text/javascript")),
    running("that loops", "for (;;) {}"),
    running("that allocates", "const kept = []; for (;;) kept.push(new Array(100000).fill({}))"),
    running("that recurses", "(function f() { f(); })()"),
    running("that backtracks", "/^(a+)+$/.test('a'.repeat(40) + 'b')"),
    running("that makes a string of a gigabyte", "window.WS_BASE_URL = 'ws://' + 'x'.repeat(1 << 29)"),
    running("that waits for ever", "new Promise(() => {}); setInterval(() => {}, 0)"),
    running("whose timers make timers", "(function f() { setTimeout(f, 0); setTimeout(f, 0); })()"),
    running("that throws a getter", "throw {get message() { for (;;) {} }}"),
    running("whose URL is a proxy", "window.WS_BASE_URL = new Proxy({}, {get() { throw 1; }})"),
    running("whose URL turns into text for ever", "window.WS_BASE_URL = {toString() { for (;;) {} }}"),
    running("that leaves no URL", "window.WS_BASE_URL = ''"),
    running("whose URL is no URL", "window.WS_BASE_URL = 'ws://[::'"),
    running("whose URL is javascript", "window.WS_BASE_URL = 'javascript:alert(1)'"),
    running("whose URL has terminal escapes", "window.WS_BASE_URL = 'ws://\\x1b[2J\\x07.test'"),
    running("whose URL breaks labels", "window.WS_BASE_URL = 'ws://x\"} 1\\nevil 1'"),
    running("that spoils what everything is made of", "Object.prototype.toString = Array.prototype.push = () => { throw 1; }; delete window.WebSocket"),
]

ROWS = PAGES + SCRIPTS
