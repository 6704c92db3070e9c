"""The token appears in no output: every command and format, errors included, with a marked token, and a grep.

The peer does its worst: it sends back the token it was given, in every place where an answer has room for text.
"""

from __future__ import annotations

import base64
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import quote

import pytest

from behaviour import SOCKET_PATH
from deployment import Lab
from programs import Nowhere
from peers import Connection, Script, close_frame, frame, is_upgrade, peer
from rows import row
from wsprobe import TOKEN_VARIABLE, Run, Wsprobe

# Every piece of the token holds the mark; the signs are what URLs, JSON, YAML and shells escape.
MARK = "LEAKMARK"
TOKEN = f"{MARK}-7/{MARK}+8=\"{MARK}\\9' {MARK}%${MARK}"
FORMATS = ("human", "json")
STYLES = [(output, verbose) for output in FORMATS for verbose in ((), ("-v",))]


def leaks(text: str | bytes) -> bool:
    data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    encoded = [base64.b64encode(MARK.encode()).rstrip(b"="), MARK.encode().hex().encode(), MARK.encode()[::-1]]
    return any(form.lower() in data.lower() for form in [MARK.encode(), *encoded])


def check_no_leak(run: Run, files: Iterable[Path] = ()) -> None:
    assert not leaks(run.out), run.out
    assert not leaks(run.err), run.err
    for file in files:
        assert not leaks(file.read_bytes()), file.read_text(errors="replace")


def test_the_grep_finds_what_it_looks_for() -> None:
    for form in (TOKEN, TOKEN.lower(), quote(TOKEN, safe=""), f"x{MARK}x", MARK.encode().hex()):
        assert leaks(form)
    assert not leaks("LEAK MARK")


# ---- peers that send it back ----


def token_in(request: str) -> str:
    """What came as the token, as it stood on the wire."""
    return request.split(" ", 2)[1].partition("token=")[2]


def reflecting(write: Callable[[str, str], str]) -> Script:
    """Answers with what `write(raw, decoded)` makes of the token."""

    def script(connection: Connection) -> None:
        request = connection.request()
        connection.send(write(token_in(request), TOKEN if token_in(request) else ""))

    return script


def in_session(*frames: Callable[[str], bytes]) -> Script:
    def script(connection: Connection) -> None:
        request = connection.request()
        if not is_upgrade(request):
            connection.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            return
        connection.accept_upgrade(request)
        for each in frames:
            connection.send(each(TOKEN if token_in(request) else ""))
        connection.socket.recv(65536)

    return script


def page(status: str, body: str, *fields: str) -> str:
    return "\r\n".join([f"HTTP/1.1 {status}", *fields, f"Content-Length: {len(body)}", "", body])


def chunked(body: str, size: int) -> str:
    pieces = [body[at:at + size] for at in range(0, len(body), size)]
    return "HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n" + "".join(
        f"{len(piece):x}\r\n{piece}\r\n" for piece in pieces) + "0\r\n\r\n"


def json_escaped(text: str) -> str:
    return "".join(f"\\u{ord(c):04x}" if c in "\"\\'/%" else c for c in text)


REFLECTIONS: dict[str, Script] = {
    "reason phrase": reflecting(lambda raw, token: page(f"403 {token}", "")),
    "raw reason phrase": reflecting(lambda raw, token: page(f"403 No {raw}", "")),
    "Location": reflecting(lambda raw, token: page("302 Found", "", f"Location: https://login.lab.test/?token={raw}")),
    "decoded Location": reflecting(lambda raw, token: page("302 Found", "", f"Location: /?token={token}")),
    "header value": reflecting(lambda raw, token: page("403 Forbidden", "", f"X-Token: {token}", f"X-Raw: {raw}")),
    "header name": reflecting(lambda raw, token: page("403 Forbidden", "", f"X-{raw or 'none'}: x")),
    "lower-case header": reflecting(lambda raw, token: page("403 Forbidden", "", f"x-token: {token.lower()}")),
    "WWW-Authenticate": reflecting(lambda raw, token: page("401 Unauthorized", "", f'WWW-Authenticate: Basic realm="{raw}"')),
    "Server": reflecting(lambda raw, token: page("403 Forbidden", "", f"Server: {token}")),
    "body": reflecting(lambda raw, token: page("403 Forbidden", f"the token {token} ({raw}) is bad")),
    "JSON body": reflecting(lambda raw, token: page("403 Forbidden", f'{{"detail": "bad token {json_escaped(token)}"}}',
                                                    "Content-Type: application/json")),
    "body, cut by the excerpt": reflecting(lambda raw, token: page("403 Forbidden", "x" * (4096 - 12) + token + "y" * 100)),
    "body, cut by the limit": reflecting(lambda raw, token: page("403 Forbidden", "x" * (65536 - 12) + token + "y" * 100)),
    "chunked body": reflecting(lambda raw, token: chunked(f"the token {token} is bad", 5)),
    "body of a health document": reflecting(lambda raw, token: page("200 OK", f'{{"status": "{raw}"}}')),
    "no HTTP at all": reflecting(lambda raw, token: f"{token} is what you sent\r\n{raw}\r\n"),
    "bad status line": reflecting(lambda raw, token: f"HTTP/1.1 {token}\r\n\r\n"),
    "bad header": reflecting(lambda raw, token: f"HTTP/1.1 403 Forbidden\r\n{raw} {token}\r\n\r\n"),
    "bad chunk": reflecting(lambda raw, token: f"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n{token}\r\n"),
    "interim response": reflecting(lambda raw, token: f"HTTP/1.1 103 {token}\r\nLink: <{raw}>\r\n\r\n" + page("403 Forbidden", "")),
    "after the body": reflecting(lambda raw, token: page("403 Forbidden", "") + token),
    "subprotocol": reflecting(lambda raw, token: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                                 f"Sec-WebSocket-Accept: {raw}\r\nSec-WebSocket-Protocol: {raw}\r\n\r\n"),
    "close reason": in_session(lambda token: close_frame(4401, token.encode()[:120])),
    "close reason, cut by its room": in_session(lambda token: close_frame(4401, b"x" * 110 + token.encode()[:13])),
    "no HTTP, cut by the excerpt": reflecting(lambda raw, token: f"echo: {'x' * 40}{raw}"),
    "bad header, cut by the excerpt": reflecting(lambda raw, token: f"HTTP/1.1 403 Forbidden\r\n{'x' * 60}{raw}\r\n\r\n"),
    "message": in_session(lambda token: frame(1, f'{{"error": "{token}"}}'.encode())),
    "message, fragmented": in_session(lambda token: b"\x01\x05" + token.encode()[:5].ljust(5) + frame(0, token.encode()[5:])),
    "binary message": in_session(lambda token: frame(2, token.encode())),
    "ping": in_session(lambda token: frame(9, token.encode()[:120])),
    "pong": in_session(lambda token: frame(10, token.encode()[:120])),
    "bytes that are no frame": in_session(lambda token: b"\xf3" + token.encode()),
}


@pytest.fixture
def scenario(wsprobe: Wsprobe) -> Callable[[str], Path]:
    """The token in every place where a scenario may carry one, so that each of them is reflected and reproduced."""

    def write(edge: str) -> Path:
        return wsprobe.write("secret.yaml", f"""\
scenario: secret
target: {{edge: {edge}}}
timeout: 2s
credentials: {{valid: {{env: {TOKEN_VARIABLE}}}}}
steps:
  - health: {{path: /api/system/health}}
  - http: {{path: /api/beacon, headers: {{Authorization: "Bearer ${{valid}}"}}, query: {{token: "${{valid}}"}}}}
  - upgrade: {{name: valid-token, path: /api/ws, query: {{token: "${{valid}}"}}, expect: accepted}}
  - upgrade:
      name: valid-message
      path: /api/ws
      query: {{token: "${{valid}}"}}
      messages: [{{send: '{{"token":"${{valid}}"}}', expect: {{regex: never}}}}]
  - upgrade: {{name: invalid-token, path: /api/ws, query: {{token: "${{invalid}}"}}, expect: {{rejected_by: backend}}}}
""")

    return write


@pytest.mark.parametrize("place", REFLECTIONS)
def test_a_reflected_token_is_redacted(wsprobe: Wsprobe, scenario: Callable[[str], Path], place: str) -> None:
    with peer(REFLECTIONS[place]) as running:
        file = scenario(running.edge)
        for output, verbose in STYLES:
            told = wsprobe.diagnose(running.url, "--timeout", "1s", *verbose, token=TOKEN, output=output)
            assert told.exit_code == 1, told.err
            check_no_leak(told)
        for output in FORMATS:
            told = wsprobe.run(file, options=["-v"], token=TOKEN, output=output)
            assert told.exit_code == 1, told.err
            check_no_leak(told)


@pytest.mark.parametrize("options", [
    ["--token-header", "Authorization"], ["--token-header", "X-Api-Key"], ["--token-cookie", "session"],
    ["--token-param", "access"], ["-H", f"X-Api-Key: {MARK}-given-by-hand"], ["-H", f"Authorization: Bearer {MARK}-given-by-hand"],
    ["-H", f"Cookie: a=1; session={MARK}-given-by-hand"],
], ids=lambda options: " ".join(options[:2]).split(":")[0])
def test_a_whole_request_that_is_echoed(wsprobe: Wsprobe, options: list[str]) -> None:
    def script(connection: Connection) -> None:
        connection.send(page("403 Forbidden", connection.request(), "Content-Type: text/plain"))

    token = TOKEN.replace('"', "").replace("\\", "").replace(" ", "")  # what a header or a cookie can carry
    with peer(script) as running:
        for output, verbose in STYLES:
            check_no_leak(wsprobe.diagnose(running.url, *options, *verbose, token=token, output=output))


def test_a_token_as_subprotocol_that_is_echoed(wsprobe: Wsprobe) -> None:
    def script(connection: Connection) -> None:
        connection.send(page("403 Forbidden", connection.request()))

    with peer(script) as running:
        for output, verbose in STYLES:
            for name in ("lab.v1", "token."):
                check_no_leak(wsprobe.diagnose(running.url, "--token-subprotocol", name, *verbose, token=f"{MARK}.{MARK}",
                                               output=output))


# ---- real deployments, and failures before any answer ----


@pytest.mark.parametrize("name", ["healthy", "incident", "denied", "redirect-to-https", "upgrade-stripped", "accepts-anything"])
def test_real_deployments(lab: Lab, wsprobe: Wsprobe, name: str) -> None:
    deployment = lab.deploy(row(name).plan)
    mark = deployment.record.mark()
    for output, verbose in STYLES:
        check_no_leak(wsprobe.diagnose(deployment.socket_url, *verbose, token=TOKEN, output=output))
        check_no_leak(wsprobe.run(wsprobe.scenario(deployment.edge), options=verbose, token=TOKEN, output=output))
    if name == "healthy":
        assert TOKEN in {one.token for one in deployment.record.since(mark)}, "on the wire it has to be, and whole"


def test_failures_without_an_answer(lab: Lab, wsprobe: Wsprobe) -> None:
    nowhere = Nowhere()
    backend = lab.backend().address
    try:
        for url in (f"ws://{nowhere.address}{SOCKET_PATH}", f"wss://{backend}{SOCKET_PATH}",
                    f"ws://nothing.lab.invalid{SOCKET_PATH}"):
            for output, verbose in STYLES:
                told = wsprobe.diagnose(url, "--timeout", "500ms", *verbose, token=TOKEN, output=output)
                assert told.exit_code == 1
                check_no_leak(told)
    finally:
        nowhere.stop()


def test_a_token_from_a_file(lab: Lab, wsprobe: Wsprobe) -> None:
    deployment = lab.deploy(row("denied").plan)
    secret = wsprobe.write("token", TOKEN + "\n")
    for mode in (stat.S_IRUSR, stat.S_IRUSR | stat.S_IROTH):  # the second one deserves a warning, not a quotation
        secret.chmod(mode)
        for output, verbose in STYLES:
            check_no_leak(wsprobe.call("diagnose", deployment.socket_url, "--token-file", str(secret), "--format", output,
                                       *verbose, token=""))


def test_a_report_in_a_file(lab: Lab, wsprobe: Wsprobe) -> None:
    deployment = lab.deploy(row("incident").plan)
    for output, verbose in STYLES:
        file = wsprobe.directory / f"report.{output}"
        told = wsprobe.diagnose(deployment.socket_url, "--output", str(file), *verbose, token=TOKEN, output=output)
        assert told.exit_code == 1
        assert file.stat().st_size > 100
        check_no_leak(told, [file])
        told = wsprobe.diagnose(deployment.socket_url, "--output", "/nowhere/report", *verbose, token=TOKEN, output=output)
        assert told.exit_code == 3
        check_no_leak(told)


def test_demo_and_check(lab: Lab, wsprobe: Wsprobe) -> None:
    good = wsprobe.scenario(f"ws://{lab.nowhere.address}")
    told = wsprobe.call("check", str(good), token=TOKEN)
    assert told.exit_code == 0
    check_no_leak(told)
    for output, verbose in STYLES:
        check_no_leak(wsprobe.call("demo", "try-files", "--format", output, *verbose, token=TOKEN))


BAD_SCENARIOS = {
    "unknown key": "nonsense: 1\nscenario: x\n",
    "token in a path": 'steps: [{upgrade: {path: "/api/${valid}"}}]',
    "token in a name": 'steps: [{upgrade: {name: "${valid}", path: /api/ws}}]',
    "token in an expectation": 'steps: [{upgrade: {path: /api/ws, messages: [{expect: {text: "${valid}"}}]}}]',
    "token as host": 'target: {edge: "ws://${valid}"}',
}


@pytest.mark.parametrize("case", BAD_SCENARIOS)
def test_diagnostics_of_scenario_files(wsprobe: Wsprobe, case: str) -> None:
    file = wsprobe.write("bad.yaml", f"""\
{BAD_SCENARIOS[case]}
credentials: {{valid: {{env: {TOKEN_VARIABLE}}}}}
""")
    for command in ("run", "check"):
        told = wsprobe.call(command, str(file), token=TOKEN)
        assert told.exit_code == 2
        check_no_leak(told)


def test_a_token_pasted_into_the_scenario_file(wsprobe: Wsprobe) -> None:
    """A credential that stands in the file itself is refused without being quoted."""
    for text in (f"credentials: {{valid: {MARK}-token}}", f"credentials: {{valid: {{value: {MARK}-token}}}}",
                 f"credentials:\n  valid: {{env: {MARK}_UNSET}}".replace(f"{MARK}_UNSET", f'"{MARK} is a token"')):
        file = wsprobe.write("pasted.yaml", f"scenario: x\ntarget: {{edge: ws://127.0.0.1:9}}\n{text}\n"
                                            "steps: [{upgrade: {path: /api/ws}}]\n")
        for command in ("run", "check"):
            told = wsprobe.call(command, str(file))
            assert told.exit_code == 2
            check_no_leak(told)


def test_tokens_that_cannot_be_sent(wsprobe: Wsprobe) -> None:
    for token in (f"{MARK}\nX-Injected: 1", f"{MARK}\x01", MARK * 4096, f"{MARK}\udc80"):
        for output in FORMATS:
            told = wsprobe.diagnose("ws://127.0.0.1:9/api/ws", "--timeout", "500ms", token=token, output=output)
            assert told.exit_code in (1, 2)
            check_no_leak(told)


def test_a_token_on_the_command_line_is_refused_without_repeating_it(wsprobe: Wsprobe) -> None:
    for arguments in (["--token", f"{MARK}-typed"], [f"--token={MARK}-typed"]):
        told = wsprobe.call("diagnose", "ws://127.0.0.1:9/api/ws", *arguments)
        assert told.exit_code == 2
        check_no_leak(told)
    told = wsprobe.call("diagnose", f"ws://127.0.0.1:9/api/ws?token={MARK}-typed", "--token-env", TOKEN_VARIABLE)
    assert told.exit_code == 2
    check_no_leak(told)


def test_the_process_list_does_not_show_it(wsprobe: Wsprobe) -> None:
    with peer(Connection.wait) as silent:
        process = wsprobe.start("diagnose", silent.url, "--token-env", TOKEN_VARIABLE, "--timeout", "700ms", token=TOKEN)
        assert silent.accepted.acquire(timeout=20)
        command_line = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        title = Path(f"/proc/{process.pid}/comm").read_bytes()
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.communicate(timeout=30)
    assert not leaks(command_line) and not leaks(title)
    assert children == [], "a child's command line would have to be looked at as well"
