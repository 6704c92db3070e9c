"""What Chromium does with `new WebSocket(...)` on pages of every kind, as a table that the unit tests hold wsprobe to.

Each page is really opened and each of its URLs really tried. The table is tests/data/browser/chromium.json;
WSPROBE_UPDATE_GOLDENS=1 writes it anew. What is told of an attempt:

    sent URL       the server was asked, for that URL
    csp            blocked by a Content-Security-Policy that is enforced
    port           blocked without another word
    throws NAME    by `new WebSocket` itself: SyntaxError (the URL), SecurityError (mixed content)
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from chromium import FLAGS, Chromium
from everywhere import Answer, Everywhere

TABLE = Path(__file__).parents[1] / "data" / "browser" / "chromium.json"
# Both schemes are served on every port, so a page of http stays one only where Chromium does not try https first.
NO_UPGRADES = next(flag for flag in FLAGS if flag.startswith("--disable-features=")) + ",HttpsUpgrades"

PLAIN, SECURE = "http://app.test/p/", "https://app.test/p/"
PLAIN_8080, SECURE_8443 = "http://app.test:8080/p/", "https://app.test:8443/p/"
PAGES = (PLAIN, SECURE, PLAIN_8080, SECURE_8443)

PORTS = ["ws://app.test/x", "wss://app.test/x", "ws://app.test:8080/x", "wss://app.test:8080/x", "wss://app.test:8443/x",
         "ws://app.test:443/x", "wss://app.test:80/x", "ws://other.test/x", "wss://other.test/x"]
SOURCES = ["'self'", "*", "http:", "https:", "ws:", "wss:", "app.test", "app.test:80", "app.test:443", "app.test:8080", "app.test:*",
           "https://app.test", "https://app.test:8443", "http://app.test", "http://app.test:8080", "ws://app.test", "ws://app.test:80",
           "ws://app.test:443", "ws://app.test:8080", "ws://app.test:8443", "ws://app.test:*", "wss://app.test", "wss://app.test:80",
           "wss://app.test:443", "wss://app.test:8443", "wss://app.test:*", "*:8443", "*:*", "ws://*", "ws://*:443", "ws://*:80",
           "wss://*:8443", "wss://*:*"]

TARGETS = ["wss://app.test/x", "wss://app.test/", "wss://app.test/api/ws", "wss://app.test/api/ws/", "wss://app.test/api%2Fws",
           "wss://app.test/API/ws", "wss://app.test/api/ws?q=1", "wss://app.test/api;x", "wss://a.app.test/api/ws",
           "wss://a.b.app.test/", "wss://a_b.test/", "wss://app.test:8443/api/ws", "ws://app.test/api/ws", "wss://app.test./x",
           "wss://127.0.0.1/", "wss://[::1]/", "wss://ws/"]
POLICIES = [
    # paths
    "connect-src wss://app.test/api/ws", "connect-src wss://app.test/api/", "connect-src wss://app.test/api",
    "connect-src wss://app.test/", "connect-src wss://app.test//", "connect-src wss://app.test/api/ws?x=1",
    "connect-src wss://app.test/api/ws#f", "connect-src wss://app.test/api%2Fws", "connect-src wss://app.test/%61pi/ws",
    "connect-src wss://app.test/api%ws", "connect-src wss://app.test/api;x", "connect-src wss://app.test:443/api/",
    "connect-src wss://app.test/api/ws,wss://a.app.test/", "connect-src wss://*.test:443/api/ws",
    # hosts
    "connect-src wss://*.app.test", "connect-src *.app.test", "connect-src wss://**.test", "connect-src wss://*app.test",
    "connect-src wss://app.*", "connect-src *.*", "connect-src WSS://APP.TEST", "connect-src wss://app.test.",
    "connect-src wss://*.test./", "connect-src wss://a_b.test", "connect-src wss://[::1]", "connect-src wss://127.0.0.1",
    "connect-src wss://u@app.test", "connect-src wss:/app.test", "connect-src wss:app.test", "connect-src wss:*", "connect-src ws:*",
    "connect-src \"wss://app.test\"", "connect-src wss://app.test:", "connect-src wss://app.test:0", "connect-src wss://app.test:99999",
    "connect-src wss://app.test:00443",
    # keywords
    "connect-src 'SELF'", "connect-src self", "connect-src 'self", "connect-src `self`", "connect-src", "connect-src 'none'",
    "connect-src 'none' 'none'", "CONNECT-SRC 'none' wss:", "connect-src wss://app.test:443 'none'", "connect-src 'unsafe-inline'",
    "connect-src 'nonce-abc'", "connect-src https: 'self'",
    # directives
    "default-src wss://app.test", "default-src 'none'", "default-src 'none'; connect-src *", "connect-src *;default-src 'none'",
    "connect-src *; connect-src 'none'", "connect-src 'none', connect-src *", "default-src *, default-src 'self'", "script-src 'none'",
    "connect-src: wss:", "connect_src 'none'", "connect-src\twss:", "connect-src wss:;;; ;img-src x", "connect-src wss: é",
    "connect-src wss: é; connect-src 'none'", "connect-src wss: é; default-src 'none'", "default-src wss: é; connect-src 'none' é",
    "cönnect-src 'none'; connect-src wss:", "connect-src \x01wss:", "connect-src wss: http://x.test\x7f", "sandbox allow-scripts",
]

# Without spaces in hosts: Chromium escapes them, against the URL Standard, and asks for a name that nobody has.
ADDRESSES = ["http://app.test/x", "https://app.test/x", "//app.test/x", "/x", "x", "?y", "", "https:x", "ws:app.test/x", "wss:app.test/x",
             "WSS:\\\\App.Test\\x", " wss://app.test/x ", "ws://u:p@app.test/x", "wss://app.test:443/x", "ws://app.test:80/x",
             "ftp://app.test/", "javascript:1", "ws://app.test/#f", "ws://app.test/#", "ws://", "ws://app.test:99999/",
             "ws://app.test:8080x/", "ws://1.2.3.4.5/", "ws://[::1/", "ws://app.test:22/", "wss://app.test:6000/",
             "wss://app.test:6566/", "wss://app.test:10080/", "wss://app.test:1/", "ws://localhost:22/",
             "ws://localhost/x", "ws://localhost:81/x", "ws://LOCALHOST./x", "ws://a.localhost/x", "ws://127.0.0.1/x", "ws://127.1/x",
             "ws://0x7f.1/x", "ws://127.1.2.3/x", "ws://[::1]/x", "wss://0.0.0.0/x", "ws://loopback/x", "ws://8.8.8.8/x",
             "ws://172.32.0.1/x", "ws://198.18.0.1/x", "ws://router/x", "ws://foo.internal/x", "ws://[2606:4700::1]/x"]
WAYS = [[], ["upgrade-insecure-requests"], ["upgrade-insecure-requests; connect-src wss:"],
        ["upgrade-insecure-requests; connect-src ws://app.test"], ["block-all-mixed-content"], ["connect-src 'none'"]]
# From a page of https by ws: what becomes of these depends on the browser, its version and the network that it is in.
LOCAL = ["ws://10.0.0.1/x", "ws://100.64.0.1/x", "ws://169.254.1.1/x", "ws://172.16.0.1/x", "ws://192.168.0.1/x", "ws://0.0.0.0/x",
         "ws://[fc00::1]/x", "ws://[fe80::1]/x", "ws://[::]/x", "ws://[::ffff:192.168.1.1]/x", "ws://[::ffff:127.0.0.1]/x",
         "ws://[2001:db8::1]/x", "ws://foo.local/x"]

META = '<!doctype html><html><head><meta http-equiv="Content-Security-Policy" content="{}"></head><body></body></html>'
HEADERS = "Content-Security-Policy", "Content-Security-Policy-Report-Only"
METAS = ["connect-src wss:, connect-src 'none'", "connect-src 'none', connect-src wss:", "upgrade-insecure-requests",
         "sandbox; connect-src wss://app.test/", "connect-src 'self', wss://other.test; img-src *", "connect-src wss:, x"]

ATTEMPTS = """(async addresses => {
    const told = [];
    for (const address of addresses) {
        let violated = false;
        const listener = event => { violated ||= event.disposition == 'enforce' };
        document.addEventListener('securitypolicyviolation', listener);
        try {
            const socket = new WebSocket(address);
            const opened = await new Promise(done => { socket.onopen = () => done(true); socket.onerror = () => done(false) });
            told.push(opened ? 'sent' : violated ? 'csp' : 'port');
            socket.close();
        } catch (error) {
            told.push('throws ' + error.name);
            await new Promise(done => setTimeout(done));  // a report of its violation comes later, and is not the next one's
        }
        document.removeEventListener('securitypolicyviolation', listener);
    }
    return told;
})(%s)"""


def rows() -> list[dict]:
    """Page, header fields, HTML and the URLs to try."""
    def row(page: str, headers: list, html: str, addresses: list[str]) -> dict:
        return {"page": page, "headers": headers, "html": html, "addresses": addresses}

    found = [row(page, [[HEADERS[0], f"connect-src {source}"]], "", PORTS) for page in PAGES for source in SOURCES]
    found += [row(SECURE, [[HEADERS[0], policy]], "", TARGETS) for policy in POLICIES]
    found += [row(page, [[HEADERS[0], text] for text in way], "", ADDRESSES) for page in (PLAIN, SECURE) for way in WAYS]
    found += [row(page, [], META.format(policy), PORTS) for page in (PLAIN, SECURE) for policy in METAS]
    found += [row(page, headers, html, PORTS) for page in (PLAIN, SECURE) for headers, html in [
        ([[HEADERS[1], "connect-src 'none'"]], ""),
        ([[HEADERS[1], "upgrade-insecure-requests"]], ""),
        ([[HEADERS[0], "connect-src 'self'"], [HEADERS[0], "connect-src wss://other.test"]], ""),
        ([[HEADERS[0], "connect-src 'self'"], [HEADERS[1], "connect-src 'none'"]], ""),
        ([[HEADERS[0], "connect-src wss:"]], META.format("connect-src 'self'")),
        ([], META.format("connect-src wss:").replace("Policy", "Policy-Report-Only")),
        ([], "<body>" + META.format("connect-src 'none'")),
    ]]
    return found


@pytest.fixture(scope="module")
def everywhere(tmp_path_factory):
    with Everywhere(tmp_path_factory.mktemp("everywhere")) as everywhere:
        yield everywhere


@pytest.fixture(scope="module")
def browser(everywhere, tmp_path_factory):
    with Chromium(tmp_path_factory.mktemp("chromium"), host_rules=everywhere.host_rules,
                  flags=["--ignore-certificate-errors", NO_UPGRADES]) as browser:
        yield browser


def measured(row: dict, everywhere: Everywhere, page) -> dict:
    """The row with what Chromium did."""
    everywhere.answers[row["page"]] = Answer(row["html"], headers=[tuple(field) for field in row["headers"]])
    page.goto(row["page"])
    assert page.evaluate("location.href") == row["page"]
    everywhere.take_upgrades()
    told = page.evaluate(ATTEMPTS % json.dumps(row["addresses"]))
    arrived = iter(everywhere.take_upgrades())
    told = [f"sent {next(arrived)}" if one == "sent" else one for one in told]
    assert next(arrived, None) is None, "Chromium sent what its page does not know of"
    return {"page": row["page"], "headers": row["headers"], "html": row["html"],
            "attempts": [list(pair) for pair in zip(row["addresses"], told, strict=True)]}


def test_the_table_is_what_chromium_does(everywhere, browser):
    page = browser.new_page()
    table = {"pages": [measured(row, everywhere, page) for row in rows()],
             "undetermined": {"page": SECURE, "addresses": LOCAL}}
    if os.environ.get("WSPROBE_UPDATE_GOLDENS"):
        lines = ",\n".join(json.dumps(one) for one in table["pages"])
        TABLE.parent.mkdir(exist_ok=True)
        TABLE.write_text(f'{{"undetermined": {json.dumps(table["undetermined"])},\n"pages": [\n{lines}\n]}}\n')
    known = json.loads(TABLE.read_text())
    assert sum(len(one["attempts"]) for one in known["pages"]) >= 2000
    for one, other in zip(table["pages"], known["pages"], strict=True):
        assert one == other
    assert table["undetermined"] == known["undetermined"]
