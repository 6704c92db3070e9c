"""Would a browser on this page connect? What wsprobe says is what Chromium did, page for page, without exception."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from certificates import Authority, Certificate
from chromium import Chromium
from page_server import Answer, Site

WSPROBE = os.environ["WSPROBE_BINARY"]
APP, API = "app.lab.test", "api.lab.test"
HOSTS = (APP, API, "other.lab.test", "sub.lab.test")
PLAIN_PORTS, TLS_PORTS = (80, 8080), (443, 8443)
EDGE = f"wss://{API}/api/ws"


@dataclass
class Case:
    """A page, and what Chromium was seen to do with it. `value` is what the variable gets, as an expression."""

    expected: str
    value: str = "'wss://api.lab.test'"
    csp: list[str] = field(default_factory=list)
    report: list[str] = field(default_factory=list)
    meta: list[str] = field(default_factory=list)
    page: str = f"https://{APP}/"
    base: str = ""
    config: str | None = None  # of its own, in place of an assignment
    html: str | None = None
    type: str = "text/html; charset=utf-8"
    opens: str | None = None  # the page itself calls new WebSocket(...) with this
    variable: str = "window.WS_BASE_URL"
    redirect_from: str | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    files: dict[str, Answer] = field(default_factory=dict)


def plain(expected: str, **more: object) -> Case:
    return Case(expected, page=f"http://{APP}/", **more)


CASES = {
    # ---- hosts, ports, paths ----
    "the right host": Case("connects"),
    "the page's own host": Case("connects", "'wss://app.lab.test'"),
    "computed from location": Case("connects", "location.origin.replace(/^http/, 'ws')"),
    "nobody listens": Case("unreachable", "'ws://127.0.0.1:CLOSED'"),
    "another port": Case("connects", "'wss://api.lab.test:8443'"),
    "a port that is blocked": Case("blocked", "'wss://api.lab.test:6000'"),
    "the port of another protocol": Case("blocked", "'wss://api.lab.test:25'"),
    "refused by the server": Case("refused", opens="'wss://api.lab.test/refuse'"),
    "another path": Case("connects", opens="'wss://api.lab.test/other/path?x=1'"),
    "a relative URL": Case("connects", opens="'/api/ws'"),
    "a relative URL below a base": Case("connects", opens="'ws'", base="https://api.lab.test/api/"),
    "an http URL": Case("connects", opens="'https://api.lab.test/api/ws'"),
    "a fragment": Case("blocked", opens="'wss://api.lab.test/api/ws#top'"),
    "no URL at all": Case("blocked", opens="'wss://'"),
    "another scheme": Case("blocked", opens="'ftp://api.lab.test/api/ws'"),
    "an address that is none": Case("blocked", opens="'wss://[1:2]/api/ws'"),
    "a port too large": Case("blocked", opens="'wss://api.lab.test:99999/'"),
    "capital letters and backslashes": Case("connects", opens="'WSS:\\\\\\\\API.lab.test\\\\api\\\\ws'"),
    "tabs inside": Case("connects", opens="'wss://api.la\\tb.test/api/\\nws'"),
    "a URL object": Case("connects", opens="new URL('wss://api.lab.test/api/ws')"),
    # ---- mixed content ----
    "mixed content": Case("blocked", "'ws://api.lab.test'"),
    "mixed content to localhost": Case("unreachable", "'ws://localhost:CLOSED'"),
    "mixed content to this machine": Case("connects", opens="'ws://127.0.0.1:PLAIN/api/ws'"),
    "mixed content to IPv6 loopback": Case("unreachable", opens="'ws://[::1]:CLOSED/'"),
    "mixed content upgraded": Case("connects", "'ws://api.lab.test'", csp=["upgrade-insecure-requests"]),
    "mixed content upgraded by meta": Case("connects", "'ws://api.lab.test'", meta=["upgrade-insecure-requests"]),
    "mixed content, reported only": Case("blocked", "'ws://api.lab.test'", report=["upgrade-insecure-requests"]),
    "upgraded with a port": Case("connects", "'ws://api.lab.test:8443'", csp=["upgrade-insecure-requests"]),
    "a plain page to a plain socket": plain("connects", value="'ws://api.lab.test'"),
    "a plain page to an encrypted socket": plain("connects"),
    "a plain page on another port": Case("connects", "'ws://api.lab.test:8080'", page=f"http://{APP}:8080/"),
    # ---- connect-src ----
    "self, the own host": Case("connects", "'wss://app.lab.test'", csp=["connect-src 'self'"]),
    "self, another host": Case("blocked", csp=["connect-src 'self'"]),
    "self, another port": Case("blocked", "'wss://app.lab.test:8443'", csp=["connect-src 'self'"]),
    "self on a plain page": plain("connects", value="'ws://app.lab.test'", csp=["connect-src 'self'"]),
    "self on a plain page, encrypted": plain("connects", value="'wss://app.lab.test'", csp=["connect-src 'self'"]),
    "self on a page of another port": Case("connects", "'wss://app.lab.test:8443'", page=f"https://{APP}:8443/", csp=["connect-src 'self'"]),
    "SELF in capitals": Case("connects", "'wss://app.lab.test'", csp=["CONNECT-SRC 'SELF'"]),
    "none": Case("blocked", csp=["connect-src 'none'"]),
    "none beside a host": Case("connects", csp=["connect-src 'none' wss://api.lab.test"]),
    "empty": Case("blocked", csp=["connect-src"]),
    "a star": Case("connects", csp=["connect-src *"]),
    "the scheme": Case("connects", csp=["connect-src wss:"]),
    "the plain scheme": Case("connects", csp=["connect-src ws:"]),
    "the scheme https": Case("blocked", csp=["connect-src https:"]),
    "the scheme http": Case("blocked", csp=["connect-src http:"]),
    "another scheme's": Case("blocked", csp=["connect-src data: blob:"]),
    "the host with wss": Case("connects", csp=["connect-src 'self' wss://api.lab.test"]),
    "the host with ws": Case("connects", csp=["connect-src ws://api.lab.test"]),
    "the host with https": Case("blocked", csp=["connect-src https://api.lab.test"]),
    "the host with http": Case("blocked", csp=["connect-src http://api.lab.test"]),
    "the host alone": Case("blocked", csp=["connect-src api.lab.test"]),
    "the host alone, on a plain page": plain("blocked", value="'ws://api.lab.test'", csp=["connect-src api.lab.test"]),
    "another host": Case("blocked", csp=["connect-src wss://other.lab.test"]),
    "the host in capitals": Case("connects", csp=["connect-src WSS://API.LAB.TEST"]),
    "a wildcard": Case("connects", csp=["connect-src wss://*.lab.test"]),
    "a wildcard that is the host": Case("blocked", csp=["connect-src wss://*.api.lab.test"]),
    "a wildcard without scheme": Case("blocked", csp=["connect-src *.lab.test"]),
    "another port than the listed": Case("blocked", "'wss://api.lab.test:8443'", csp=["connect-src wss://api.lab.test"]),
    "the listed port": Case("connects", "'wss://api.lab.test:8443'", csp=["connect-src wss://api.lab.test:8443"]),
    "any port": Case("connects", "'wss://api.lab.test:8443'", csp=["connect-src wss://api.lab.test:*"]),
    "the default port, written": Case("connects", csp=["connect-src wss://api.lab.test:443"]),
    "port 80 stands for 443": Case("connects", csp=["connect-src ws://api.lab.test:80"]),
    "a path that fits": Case("connects", csp=["connect-src wss://api.lab.test/api/ws"]),
    "a path that does not": Case("blocked", csp=["connect-src wss://api.lab.test/other"]),
    "a folder": Case("connects", csp=["connect-src wss://api.lab.test/api/"]),
    "a path without its slash": Case("blocked", csp=["connect-src wss://api.lab.test/api"]),
    "the root": Case("connects", csp=["connect-src wss://api.lab.test/"]),
    "an escaped path": Case("connects", csp=["connect-src wss://api.lab.test/%61pi/ws"]),
    "a broken source": Case("blocked", csp=["connect-src wss:/api.lab.test"]),
    "a source in quotes": Case("blocked", csp=["connect-src 'wss://api.lab.test'"]),
    "default-src": Case("blocked", csp=["default-src 'self'; script-src * 'unsafe-inline'"]),
    "default-src that allows": Case("connects", csp=["default-src 'self' 'unsafe-inline' wss://api.lab.test"]),
    "connect-src before default-src": Case("connects", csp=["default-src 'none'; script-src * 'unsafe-inline'; connect-src wss:"]),
    "no directive about it": Case("connects", csp=["img-src 'none'; frame-ancestors 'none'"]),
    "the first of two directives": Case("blocked", csp=["connect-src 'self'; connect-src *"]),
    "two policies": Case("blocked", csp=["connect-src *", "connect-src 'self'"]),
    "two policies in one header": Case("blocked", csp=["connect-src *, connect-src 'self'"]),
    "two policies that allow": Case("connects", csp=["connect-src *", "connect-src wss:"]),
    "only reported": Case("connects", report=["connect-src 'self'"]),
    "reported and enforced": Case("blocked", report=["connect-src *"], csp=["connect-src 'self'"]),
    "a meta policy": Case("blocked", meta=["connect-src 'self'"]),
    "a meta policy that allows": Case("connects", meta=["connect-src 'self' wss://api.lab.test"]),
    "a header and a meta policy": Case("blocked", csp=["connect-src wss:"], meta=["connect-src 'self'"]),
    "two in one meta element": Case("blocked", meta=["connect-src *, connect-src 'self'"]),
    "a meta policy that only reports": Case("connects", html="""<!doctype html><html><head>
        <meta http-equiv="Content-Security-Policy-Report-Only" content="connect-src 'self'">
        <script src="/config.js"></script></head><body></body></html>"""),
    "a meta policy in the body": Case("connects", html="""<!doctype html><html><head><script src="/config.js"></script></head>
        <body><p>x</p><meta http-equiv="Content-Security-Policy" content="connect-src 'self'"></body></html>"""),
    "a meta policy in a comment": Case("connects", html="""<!doctype html><html><head>
        <!-- <meta http-equiv="Content-Security-Policy" content="connect-src 'self'"> -->
        <script src="/config.js"></script></head><body></body></html>"""),
    "a meta policy in a template": Case("connects", html="""<!doctype html><html><head><template>
        <meta http-equiv="Content-Security-Policy" content="connect-src 'self'"></template>
        <script src="/config.js"></script></head><body></body></html>"""),
    "a meta policy with references": Case("connects", html="""<!doctype html><html><head>
        <META CONTENT='connect-src &#x77;ss&colon;//api.lab.test' HTTP-EQUIV=content-security-policy>
        <script src="/config.js"></script></head><body></body></html>"""),
    # ---- scripts ----
    "modern syntax": Case("connects", config="""class Config { static #host = 'api'; #scheme = 'wss';
        get url() { return `${this.#scheme}://${Config.#host ?? ''}.lab.test` } }
        const { url, ...rest } = { url: new Config().url, n: 10_000n };
        window.WS_BASE_URL ??= url?.toString(); Object.freeze(rest);"""),
    "an inline script": Case("connects", html="<script>window.WS_BASE_URL = 'wss://api.lab.test'</script>"),
    "an inline script that the policy blocks": Case("undetermined", csp=["script-src 'self'"],
                                                    html="<script>window.WS_BASE_URL = 'wss://api.lab.test'</script>"),
    "an inline script with a nonce": Case("connects", csp=["script-src 'nonce-abc'"],
                                          html="<script nonce=abc>window.WS_BASE_URL = 'wss://api.lab.test'</script>"),
    "a module": Case("connects", html="<script type=module src=/config.js></script>"),
    "a deferred script": Case("connects", html="<script defer src=/config.js></script><script>window.WS_BASE_URL = 'ws://x.test'</script>"),
    "a script that throws before": Case("connects", html="<script>nobody()</script><script src=/config.js></script>"),
    "a script from another host": Case("connects", html=f"<script src=https://{API}/config.js></script>"),
    "a script that is mixed content": Case("undetermined", html=f"<script src=http://{API}/config.js></script>"),
    "a script of the wrong type": Case("undetermined", html="<script src=/typed.js></script>", files={
        "/typed.js": Answer("window.WS_BASE_URL = 'wss://api.lab.test'", "text/html", [("X-Content-Type-Options", "nosniff")])}),
    "a script that is a page": Case("undetermined", html="<script src=/spa.js></script>", files={
        "/spa.js": Answer("<!doctype html><title>app</title>")}),
    "a script after a redirect": Case("connects", html="<script src=/moved.js></script>", files={
        "/moved.js": Answer("", headers=[("Location", "/config.js")], status=302)}),
    "a script that is redirected to another host than the policy's": Case(
        "undetermined", csp=["script-src 'self'"], html="<script src=/moved.js></script>", files={
            "/moved.js": Answer("", headers=[("Location", f"https://{API}/config.js")], status=302)}),
    "a script that is redirected to mixed content": Case(
        "undetermined", html="<script src=/moved.js></script>", files={
            "/moved.js": Answer("", headers=[("Location", f"http://{API}/config.js")], status=302)}),
    "a script of http that the policy upgrades": Case(
        "connects", html=f"<script src=http://{API}/config.js></script>", csp=["upgrade-insecure-requests"]),
    "a module from another host that lets it be had": Case(
        "connects", html=f"<script type=module src=https://{API}/config.js></script>"),
    "a module from another host that does not": Case(
        "undetermined", html=f"<script type=module src=https://{API}/alone.js></script>"),
    "a script that wants consent, which is not there": Case(
        "undetermined", html=f"<script crossorigin src=https://{API}/alone.js></script>"),
    "a script that wants consent, which is there": Case(
        "connects", html=f"<script crossorigin src=https://{API}/config.js></script>"),
    "a page that is text": Case("undetermined", type="text/plain"),
    "a script that is not there": Case("undetermined", html="<script src=/gone.js></script>"),
    "a value that a later script takes away": Case(
        "blocked", "'wss://api.lab.test'", html="<script src=/config.js></script><script>WS_BASE_URL = 'ws://api.lab.test'</script>"),
    "data that is no script": Case("undetermined", html="<script type=application/json>window.WS_BASE_URL = 'wss://api.lab.test'</script>"),
    "a member of an object": Case("connects", config="window.__CONFIG__ = {ws: {url: 'wss://api.lab.test'}}",
                                  variable="window.__CONFIG__.ws.url"),
    "a page behind redirects": Case("connects", "'wss://' + location.host.replace('app', 'api')", redirect_from=f"http://{APP}/go"),
    "a policy of the redirect does not count": Case("connects", redirect_from=f"https://{APP}/go"),
}


class Servers:
    """Everything that a case serves, on two ports."""

    def __init__(self, certificate: Certificate, closed_port: int) -> None:
        self.http, self.https = Site(None), Site(certificate)
        self.closed_port = closed_port

    def stop(self) -> None:
        self.http.stop()
        self.https.stop()

    @property
    def handshakes(self) -> int:
        return len(self.http.handshakes) + len(self.https.handshakes)

    def ports(self) -> list[tuple[int, int]]:
        """Each port that a URL may name, and the one that is meant."""
        return [(port, self.http.port) for port in PLAIN_PORTS] + [(port, self.https.port) for port in TLS_PORTS]

    def fill(self, text: str) -> str:
        return text.replace("CLOSED", str(self.closed_port)).replace("PLAIN", str(self.http.port))

    def serve(self, case: Case) -> str:
        """Puts the page up; its URL, or that which leads there."""
        config = case.config if case.config is not None else f"window.WS_BASE_URL = {case.value};"
        if case.opens is not None:
            config = f"try {{ window.made = new WebSocket({case.opens}) }} catch (error) {{ window.thrown = String(error) }}"
        metas = "".join(f'<meta http-equiv="Content-Security-Policy" content="{text}">' for text in case.meta)
        base = f'<base href="{case.base}">' if case.base else ""
        html = case.html or (f"<!doctype html><html><head>{metas}{base}<title>page</title>"
                             '<script src="https://app.lab.test/config.js"></script></head><body></body></html>')
        if case.page.startswith("http:"):
            html = html.replace("https://app.lab.test/config.js", "/config.js")
        headers = [("Content-Security-Policy", text) for text in case.csp]
        headers += [("Content-Security-Policy-Report-Only", text) for text in case.report]
        answers = {APP + "/": Answer(html, case.type, headers + case.headers),
                   APP + "/config.js": Answer(self.fill(config), "text/javascript"),
                   API + "/config.js": Answer(self.fill(config), "text/javascript", [("Access-Control-Allow-Origin", "*")]),
                   API + "/alone.js": Answer(self.fill(config), "text/javascript")}
        answers |= {APP + path: answer for path, answer in case.files.items()}
        if case.redirect_from:
            answers[APP + "/go"] = Answer("", status=302, headers=[("Location", case.page), ("Content-Security-Policy", "connect-src 'none'")])
        for site in (self.http, self.https):
            site.answers = answers
        return case.redirect_from or case.page


class World:
    """A browser and its servers, and as many for wsprobe, which goes through the pages meanwhile."""

    def __init__(self, directory: Path) -> None:
        authority = Authority(directory / "ca", "The browser's authority")
        self.root = authority.root
        certificate = authority.issue("*.lab.test")
        self.closed = socket.socket()
        self.closed.bind(("127.0.0.1", 0))
        self.for_browser, self.for_wsprobe = (Servers(certificate, self.closed.getsockname()[1]) for _ in range(2))
        rules = ",".join(f"MAP *:{port} 127.0.0.1:{meant}" for port, meant in self.for_browser.ports())
        self.browser = Chromium(directory, host_rules=rules, flags=("--ignore-certificate-errors",))
        self.pool = ThreadPoolExecutor(1)
        self.told = {name: self.pool.submit(self.ask_wsprobe, case) for name, case in CASES.items()}

    def stop(self) -> None:
        self.pool.shutdown(cancel_futures=True)
        self.browser.__exit__(None, None, None)
        self.for_browser.stop()
        self.for_wsprobe.stop()
        self.closed.close()

    def ask_chromium(self, case: Case) -> tuple[str, list[str]]:
        """connects, blocked, refused, unreachable; undetermined where the page leaves no URL."""
        page = self.browser.new_page()
        try:
            before = self.for_browser.handshakes
            page.goto(self.for_browser.serve(case))
            if case.opens is None:
                if not page.evaluate(f"(() => {{ try {{ return typeof {case.variable} }} catch {{ return 'undefined' }} }})()") == "string":
                    return "undetermined", page.complaints
                page.evaluate(f"try {{ window.made = new WebSocket({case.variable} + '/api/ws') }} catch (e) {{ window.thrown = String(e) }}; 1")
            state = page.wait_until("window.thrown ? 'thrown' : !window.made ? 'none' : ['', 'open', '', 'closed'][window.made.readyState]")
            if state == "open":
                return "connects", page.complaints
            sent = [one for one in page.sockets if "ERR_UNSAFE_PORT" not in one.error]
            if state == "thrown" or not sent:
                return "blocked", page.complaints
            arrived = self.for_browser.handshakes > before
            return ("refused" if arrived else "unreachable"), page.complaints + [str(page.sockets)]
        finally:
            self.browser.close_page(page)

    def ask_wsprobe(self, case: Case) -> dict[str, Any]:
        url = self.for_wsprobe.serve(case)
        options = []
        for host in HOSTS:
            for port, meant in self.for_wsprobe.ports():
                options += ["--connect-to", f"{host}:{port}:127.0.0.1:{meant}"]
        done = subprocess.run([WSPROBE, "diagnose", EDGE, "--frontend", url, "--frontend-variable", case.variable,
                               "--cacert", str(self.root), "--no-experiments", "--format", "json", *options],
                              capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode in (0, 1), done.stderr
        (step,) = [step for step in json.loads(done.stdout)["steps"] if step["kind"] == "frontend"]
        assert step["frontend"], step["failure"]
        return dict(step["frontend"])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("browser"))
    yield world
    world.stop()


def test_there_are_enough_pages() -> None:
    assert len(CASES) >= 60
    assert {case.expected for case in CASES.values()} == {"connects", "blocked", "refused", "unreachable", "undetermined"}


@pytest.mark.parametrize("name", CASES)
def test_wsprobe_says_what_chromium_does(name: str, world: World) -> None:
    did, complaints = world.ask_chromium(CASES[name])
    told = world.told[name].result()
    assert told["browser"]["answer"] == did, (told, complaints)
    assert did == CASES[name].expected, complaints
