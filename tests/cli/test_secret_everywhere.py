"""The marked token against every way out at once: formats, levels of the log, endpoints, the process list, a crash, files."""

import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from urllib.parse import quote

import pytest
from conftest import BINARY, SOURCE, TOKEN, environment, start, wsprobe
from serve import serving
from test_secret_places import PAGE, Recorder, kept_in, redirecting

sys.path.insert(0, str(SOURCE / "tests" / "support"))

from services import Pushgateway  # noqa: E402

AS_SEEN = (TOKEN, TOKEN.replace("-", "%2D"), TOKEN.replace("-", "\\u002d"))
CRASHES = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL)


def hides(text):
    return not any(form in text for form in AS_SEEN)


@pytest.fixture
def refused(reflecting_application, write_scenario):
    """A scenario whose token is refused, and sent back in the refusal."""
    file = write_scenario(reflecting_application.port)
    file.write_text(file.read_text().replace('query: {token: "${valid}"}, expect: accepted', 'query: {other: "${valid}"}, expect: accepted'))
    return file


@pytest.mark.parametrize("verbose", [[], ["-v"]], ids=["brief", "verbose"])
@pytest.mark.parametrize("output", ["human", "json", "junit", "nagios", "prometheus"])
def test_every_format_the_textfile_and_the_push(refused, tmp_path, output, verbose):
    textfile, file = tmp_path / "wsprobe.prom", tmp_path / "report"
    login = tmp_path / "login"
    login.write_text(f"user:{TOKEN}\n")
    login.chmod(0o600)
    with Pushgateway() as gateway:
        result = wsprobe("run", refused, "--format", output, *verbose, "--textfile", textfile, "--push", gateway.url,
                         "--push-user-file", login, "-o", file, env={"WSPROBE_TEST_TOKEN": TOKEN})
        shown = [result.stdout, result.stderr, file.read_text(), textfile.read_text(), gateway.text("/metrics")]
    assert result.returncode == (2 if output == "nagios" else 1), result.stderr
    assert "scenario" in shown[2] and 'probe_success{' in shown[3] + shown[4]
    assert [text for text in shown if not hides(text)] == []


def test_a_saved_report_that_is_judged_again(refused, tmp_path):
    report = tmp_path / "report.json"
    wsprobe("run", refused, "--format", "json", "-o", report, env={"WSPROBE_TEST_TOKEN": TOKEN})
    again = wsprobe("explain", report)
    assert again.returncode in (0, 1) and "scenario" in again.stdout, again.stderr
    assert hides(again.stdout + again.stderr)


@pytest.mark.parametrize("log_format", ["logfmt", "json"])
@pytest.mark.parametrize("level", ["debug", "info", "warn", "error"])
def test_every_level_of_the_log(refused, level, log_format):
    refused.write_text(refused.read_text() + "every: 1s\n")
    # Where it listens is told at info: without that line the port has to be given.
    port = free_port()
    process = start("serve", "--web.listen-address", f"127.0.0.1:{port}", "--log.level", level, "--log.format", log_format, refused,
                    env={"WSPROBE_TEST_TOKEN": TOKEN})
    try:
        wait_for_runs(port, 2)
        process.send_signal(signal.SIGHUP)
        wait_for_runs(port, 3)
    finally:
        process.terminate()
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert hides(out + err)
    assert (err != "") == (level != "error"), "the failures are told as warnings"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for_runs(port, count):
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
                found = re.search(r'(?m)^wsprobe_scenario_runs_total\{scenario="scenario"\} (\d+)$', answer.read().decode())
        except (urllib.error.URLError, ConnectionError):
            found = None
        if found and int(found[1]) >= count:
            return
        threading.Event().wait(0.05)
    raise AssertionError(f"{count} runs did not come")


def test_every_endpoint(refused, tmp_path):
    refused.write_text(refused.read_text() + "every: 1s\n")
    routes = set()
    for file in ("endpoints.cpp", "page_endpoints.cpp"):
        routes |= set(re.findall(r'add(?:_asset)?\((?:"\w+", )?"(/[^"]*)"', (SOURCE / "probe" / "app" / file).read_text()))
    with serving(refused, "--storage.path", tmp_path / "history") as daemon:
        daemon.wait_for_metric('wsprobe_scenario_failures_total{scenario="scenario"}', 2)
        report = json.loads(daemon.get("/api/v1/reports"))["reports"][0]["id"]
        pages = {
            "/": [""], "/metrics": [""], "/probe": ["?module=scenario", "?module=scenario&debug=true", "?module=" + TOKEN,
                                                     f"?module=scenario&target=ws://127.0.0.1:1/{TOKEN}"],
            "/api/v1/reports": ["", "?scenario=scenario&outcome=fail"], "/api/v1/reports/": [str(report), f"{report}?format=text", "999999"],
            "/api/v1/scenarios": [""], "/-/reload": [""], "/-/healthy": [""], "/-/ready": [""], "/scenario/": ["scenario"],
            "/incident/": [str(report)], "/badge/": ["scenario.svg"], "/style.css": [""], "/live.js": [""], "/icon.svg": [""],
        }
        assert routes - {"/events"} == set(pages), "an endpoint that this test does not know"
        for route, rests in pages.items():
            for rest in rests:
                status, fields, text = daemon.request(route + rest)
                assert status < 500, (route, text)
                assert hides(text + str(fields)), route + rest
        assert hides(events_of(daemon))
        assert daemon.request("/-/reload", "POST")[0] == 200


def events_of(daemon):
    """What /events says within the first run."""
    with socket.create_connection(("127.0.0.1", daemon.port)) as connection:
        connection.sendall(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.settimeout(10)
        said = b""
        while said.count(b"data:") < 1:
            more = connection.recv(65536)
            assert more, said
            said += more
    return said.decode()


@pytest.mark.parametrize("given", [["-H", f"Authorization: Bearer {TOKEN}"], ["--header", f"X-Key: {TOKEN}"], [f"-HX-Key: {TOKEN}"],
                                   [f"--header=X-Key: {TOKEN}"]], ids=["-H", "--header", "-Hx", "--header="])
def test_the_process_list_has_no_header_values(silent_port, given):
    process = start("diagnose", f"ws://127.0.0.1:{silent_port}/api/ws", "--timeout", "2s", *given)
    try:
        for _ in range(400):  # it is blanked as soon as it has been read
            shown = open(f"/proc/{process.pid}/cmdline", encoding="utf-8").read()
            if "diagnose" in shown and hides(shown):
                break
            threading.Event().wait(0.005)
        assert "diagnose" in shown and "****" in shown and hides(shown), shown
    finally:
        process.kill()
        process.communicate(timeout=30)


def with_cores():
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@pytest.mark.parametrize("how", CRASHES, ids=lambda how: how.name)
def test_a_crash_of_a_run_says_nothing_and_leaves_no_core(silent_port, tmp_path, how):
    """Ended in the middle of an exchange that carries the token."""
    with_limits = resource.getrlimit(resource.RLIMIT_CORE)[1] == resource.RLIM_INFINITY
    process = subprocess.Popen([BINARY, "diagnose", f"ws://127.0.0.1:{silent_port}/api/ws", "--token-env", "T", "--timeout", "20s"],
                               env=environment(T=TOKEN), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               preexec_fn=with_cores if with_limits else None)
    until_connected(process)
    process.send_signal(how)
    out, err = process.communicate(timeout=30)
    assert process.returncode == -how
    assert hides(out + err)
    assert list(tmp_path.iterdir()) == [], "a core, or something else"


def until_connected(process):
    for _ in range(2000):
        descriptors = os.listdir(f"/proc/{process.pid}/fd")
        if any(is_socket(process.pid, one) for one in descriptors):
            return
        threading.Event().wait(0.005)
    raise AssertionError("it does not connect")


def is_socket(pid, descriptor):
    try:
        return os.readlink(f"/proc/{pid}/fd/{descriptor}").startswith("socket:")
    except OSError:
        return False


def test_a_crash_of_the_daemon_leaves_no_token_in_its_files_and_log(refused, tmp_path):
    refused.write_text(refused.read_text() + "every: 1s\n")
    storage = tmp_path / "history"
    with serving(refused, "--storage.path", storage, "--log.level", "debug") as daemon:
        while not json.loads(daemon.get("/api/v1/reports"))["reports"]:
            threading.Event().wait(0.05)
        daemon.process.send_signal(signal.SIGABRT)
        assert daemon.process.wait(30) == -signal.SIGABRT
        daemon.reader.join()
        assert hides("".join(line for line in daemon.log if line))
    kept = kept_in(storage)
    assert "redacted" in "".join(kept) and all(hides(text) for text in kept)


@pytest.mark.parametrize("mode, warned", [(0o600, False), (0o644, True)])
def test_a_private_key_that_others_can_read_is_warned_about(application, write_scenario, tmp_path, mode, warned):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "9", "-subj", "/CN=x",
                    "-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "certificate.pem"], cwd=tmp_path, check=True,
                   capture_output=True)
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    key.chmod(mode)
    file = write_scenario(application.port)
    url = f"ws://127.0.0.1:{application.port}/api/ws"
    for result in (wsprobe("run", file, "-E", certificate, "--key", key, env={"WSPROBE_TEST_TOKEN": TOKEN}),
                   wsprobe("diagnose", url, "--token-env", "T", "-E", certificate, "--key", key, env={"T": TOKEN})):
        assert result.returncode == 0, result.stderr
        assert ("every user of this machine can read" in result.stderr) == warned, result.stderr
    web = tmp_path / "web.yml"
    web.write_text("tls_server_config: {cert_file: certificate.pem, key_file: key.pem}\n")
    with serving(file, "--web.config.file", web) as daemon:
        assert daemon.stop() == 0
    assert any("every user of this machine can read" in line for line in daemon.log if line) == warned


@pytest.mark.parametrize("target", ["http://localhost:{other}", "ws://127.0.0.1:{other}", "ws://127.0.0.1:{port}@127.0.0.1:{other}",
                                    "ws://127.0.0.1:{other}#127.0.0.1:{port}", "127.0.0.1:{other}", "file:///etc/passwd",
                                    "ws://127.1:{other}", "ws://[::ffff:127.0.0.1]:{other}", "ws://0x7f.1:{other}"])
def test_probe_reaches_nobody_else(application, reflecting_application, write_scenario, target):
    place = target.format(port=application.port, other=reflecting_application.port)
    with serving(write_scenario(application.port)) as daemon:
        status, _, _ = daemon.request("/probe?module=scenario&target=" + quote(place, safe=""))
    assert status in (400, 403)
    assert reflecting_application.requests == []


def test_probe_follows_no_redirection_with_the_token(write_scenario):
    with Recorder(PAGE) as elsewhere, Recorder(redirecting(elsewhere.port)) as first:
        with serving(write_scenario(first.port)) as daemon:
            daemon.get("/probe?module=scenario&debug=true")
        assert not all(hides(request) for request in first.seen), "the token did go where it belongs"
    assert elsewhere.seen == []
