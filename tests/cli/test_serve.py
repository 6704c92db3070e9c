"""The daemon: its schedule, its endpoints, its reload and its end."""

import contextlib
import itertools
import json
import re
import signal
import socket
import statistics
import subprocess
import threading
import time

import pytest
from conftest import TOKEN, start, wsprobe
from serve import serving, trusting


@pytest.fixture
def closed_port():
    """Nothing listens there, and nobody else gets it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def every_second(file):
    file.write_text(file.read_text() + "every: 1s\n")
    return file


def test_runs_scenarios_and_exports_their_metrics(application, write_scenario):
    scenario = every_second(write_scenario(application.port))
    with serving(scenario) as daemon:
        runs = 'wsprobe_scenario_runs_total{scenario="scenario"}'
        assert daemon.wait_for_metric(runs, 2) >= 2
        assert daemon.metric('wsprobe_scenario_success{scenario="scenario"}') == 1
        assert daemon.metric('wsprobe_step_success{scenario="scenario",step="valid-token"}') == 1
        assert daemon.metric("wsprobe_config_last_reload_successful") == 1
        assert daemon.stop() == 0
    marks = {line for line, _ in application.requests if "wsprobe-invalid-" in line}
    assert len(marks) >= 2, "the invalid token is another one in every run"


def test_series_are_there_before_the_first_run(silent_port, write_scenario):
    with serving(write_scenario(silent_port)) as daemon:
        assert daemon.metric('wsprobe_scenario_runs_total{scenario="scenario"}') == 0
        assert daemon.metric('wsprobe_step_success{scenario="scenario",step="health"}') == 0


def test_log_has_one_line_a_change(application, write_scenario):
    scenario = every_second(write_scenario(application.port))
    with serving(scenario) as daemon:
        daemon.wait_for_metric('wsprobe_scenario_runs_total{scenario="scenario"}', 3)
        daemon.stop()
    assert len([line for line in daemon.log if line and "scenario passes" in line]) == 1
    assert not [line for line in daemon.log if line and TOKEN in line]


def test_json_log_is_json(application, write_scenario):
    process = start("serve", "--web.listen-address", "127.0.0.1:0", "--log.format", "json",
                    write_scenario(application.port), env={"WSPROBE_TEST_TOKEN": TOKEN})
    lines = [json.loads(process.stderr.readline()) for _ in range(2)]
    process.terminate()
    lines += [json.loads(line) for line in process.communicate(timeout=20)[1].splitlines()]
    assert [line["msg"] for line in lines][:2] == ["listening", "started"]
    assert all({"ts", "level", "msg"} <= line.keys() for line in lines)


def test_a_failure_is_kept_and_shown(closed_port, write_scenario):
    with serving(every_second(write_scenario(closed_port))) as daemon:
        line = daemon.wait_for('msg="scenario fails"')
        assert "cause=tcp_refused" in line
        reports = json.loads(daemon.get("/api/v1/reports?outcome=fail&limit=1"))["reports"]
        assert reports[0]["cause"] == "tcp_refused"
        whole = json.loads(daemon.get(f"/api/v1/reports/{reports[0]['id']}"))
        assert whole["schema"] == "wsprobe.report/1"
        assert daemon.get("/api/v1/reports?outcome=pass").count('"id"') == 0
        page = daemon.get("/scenario/scenario")
        assert "failing" in page and f"/incident/{reports[0]['id']}" in page
        incident = daemon.get(f"/incident/{reports[0]['id']}")
        assert "tcp_refused" in incident and "What to do" in incident
        assert TOKEN not in page + incident


def test_pages(application, write_scenario):
    with serving(write_scenario(application.port)) as daemon:
        daemon.wait_for_metric('wsprobe_scenario_runs_total{scenario="scenario"}', 1)
        status, fields, text = daemon.request("/")
        assert status == 200 and "passing" in text and 'href="/scenario/scenario"' in text
        assert "default-src 'none'" in fields["Content-Security-Policy"]
        assert "unsafe" not in fields["Content-Security-Policy"]
        assert not re.search(r"(src|href)=\"(https?:)?//", text), "nothing comes from elsewhere"
        assert not re.search(r"<[^>]* (style|on[a-z]+)=", text), "the policy forbids it"
        page = daemon.get("/scenario/scenario")
        assert 'class="waterfall"' in page and "valid-token" in page
        assert daemon.request("/scenario/other")[0] == 404
        assert daemon.request("/incident/99")[0] == 404
        assert "passing" in daemon.get("/badge/scenario.svg")
        for asset in ("/style.css", "/live.js", "/icon.svg"):
            assert daemon.get(asset)


def test_live_feed_tells_what_ran(application, write_scenario):
    with serving(every_second(write_scenario(application.port))) as daemon:
        with socket.create_connection(("127.0.0.1", daemon.port), timeout=20) as stream:
            stream.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            heard = b""
            while b"event: ran\ndata: scenario\n\n" not in heard:
                piece = stream.recv(4096)
                assert piece, heard
                heard += piece
            daemon.process.send_signal(signal.SIGTERM)
            while stream.recv(4096):
                pass
        assert daemon.process.wait(timeout=20) == 0


def test_reload_takes_what_is_good_and_refuses_what_is_bad(application, write_scenario, tmp_path):
    every_second(write_scenario(application.port))
    config = tmp_path / "wsprobe.yml"
    config.write_text("scenarios: ['*.yaml']\n")
    with serving("--config.file", config) as daemon:
        runs = 'wsprobe_scenario_runs_total{scenario="scenario"}'
        daemon.wait_for_metric(runs, 1)
        # Another one comes; the first keeps its counters.
        second = write_scenario(application.port, name="second.yaml")
        assert daemon.request("/-/reload", "POST")[0] == 200
        daemon.wait_for_metric('wsprobe_scenario_runs_total{scenario="second"}', 1)
        assert daemon.metric(runs) >= 1
        # A bad one: what was good goes on.
        second.write_text("scenario: second\ntarget: {edge: nonsense}\n")
        daemon.process.send_signal(signal.SIGHUP)
        assert "second.yaml:1:1" in daemon.wait_for("the old one stays")
        assert daemon.metric("wsprobe_config_last_reload_successful") == 0
        assert daemon.request("/-/reload", "POST")[0] == 500
        daemon.wait_for_metric(runs, daemon.metric(runs) + 1)
        # It goes: so do its series.
        second.unlink()
        assert daemon.request("/-/reload", "PUT")[0] == 200
        assert daemon.metric('wsprobe_scenario_runs_total{scenario="second"}') is None
        assert daemon.metric("wsprobe_config_last_reload_successful") == 1
        assert daemon.request("/-/reload", "GET")[0] == 405
        assert daemon.request("/-/reload", "POST", {"Origin": "https://evil.example"})[0] == 403


def test_watches_its_files(application, write_scenario):
    scenario = every_second(write_scenario(application.port))
    with serving("--config.auto-reload-interval", "100ms", scenario) as daemon:
        scenario.write_text(scenario.read_text().replace("scenario: scenario", "scenario: renamed"))
        daemon.wait_for("msg=reloaded")
        daemon.wait_for_metric('wsprobe_scenario_runs_total{scenario="renamed"}', 1)


def test_sigterm_lets_what_is_running_end(silent_port, write_scenario):
    with serving(write_scenario(silent_port, timeout="2s")) as daemon:
        until = time.monotonic() + 10
        while daemon.metric('wsprobe_schedule_lag_seconds_count') == 0:
            assert time.monotonic() < until
        daemon.process.send_signal(signal.SIGTERM)
        assert "running=1" in daemon.wait_for("msg=stopping")
        assert daemon.process.wait(timeout=20) == 0
        assert daemon.wait_for("scenario fails") and daemon.wait_for("msg=stopped")


def test_a_second_sigterm_ends_it_at_once(silent_port, write_scenario):
    with serving(write_scenario(silent_port, timeout="60s")) as daemon:
        daemon.process.send_signal(signal.SIGTERM)
        daemon.wait_for("msg=stopping")
        before = time.monotonic()
        assert daemon.stop() == 0
        assert time.monotonic() - before < 5


def make_certificate(folder, name):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                    folder / "server.key", "-out", folder / "server.crt"], check=True, capture_output=True)


@contextlib.contextmanager
def trickling(streams):
    """Each of them gets one more byte of a request ten times a second."""
    done = threading.Event()

    def feed():
        for byte in itertools.cycle(b"GET /metrics HTTP/1.1\r\nX: y"):
            for stream in streams:
                with contextlib.suppress(OSError):
                    stream.send(bytes([byte]))
            if done.wait(0.1):
                return

    feeder = threading.Thread(target=feed)
    feeder.start()
    try:
        yield
    finally:
        done.set()
        feeder.join()


@pytest.mark.parametrize("transport", ["plain", "tls"])
@pytest.mark.parametrize("count", [200, 600], ids=["with places left", "with none left"])
def test_silent_and_slow_connections_do_not_keep_others_waiting(application, write_scenario, tmp_path, transport, count):
    arguments, context = [], None
    if transport == "tls":
        make_certificate(tmp_path, "silence")
        (tmp_path / "web.yml").write_text("tls_server_config: {cert_file: server.crt, key_file: server.key}\n")
        arguments, context = ["--web.config.file", tmp_path / "web.yml"], trusting(tmp_path / "server.crt")
    with serving(*arguments, write_scenario(application.port)) as daemon, contextlib.ExitStack() as stack:
        streams = [stack.enter_context(socket.create_connection(("127.0.0.1", daemon.port))) for _ in range(count)]
        if context:
            with contextlib.suppress(OSError):  # the first of too many were sent away
                streams[-1:] = [stack.enter_context(context.wrap_socket(streams[-1], server_hostname="127.0.0.1"))]
        stack.enter_context(trickling(streams[::2]))
        times = []
        for _ in range(9):
            before = time.monotonic()
            assert "wsprobe_build_info" in daemon.get("/metrics", context=context)
            times.append(time.monotonic() - before)
        assert statistics.median(times) < 0.1


def test_history_survives_kill_9(application, write_scenario, tmp_path):
    scenario = every_second(write_scenario(application.port))
    storage = tmp_path / "history"
    with serving("--storage.path", storage, scenario) as daemon:
        daemon.wait_for_metric('wsprobe_scenario_runs_total{scenario="scenario"}', 2)
        before = json.loads(daemon.get("/api/v1/reports"))["reports"]
        assert len(before) == 1, "the first run is a change, the others are only lines"
        daemon.process.kill()
        daemon.process.wait()
    with serving("--storage.path", storage, scenario) as daemon:
        after = json.loads(daemon.get("/api/v1/reports"))["reports"]
        assert before[0] in after
        assert json.loads(daemon.get(f"/api/v1/reports/{before[0]['id']}"))["outcome"] == "pass"


def test_probe_is_a_scrape_of_one_scenario(application, write_scenario):
    with serving(write_scenario(application.port)) as daemon:
        text = daemon.get("/probe?module=scenario")
        assert re.search(r"^probe_success 1$", text, re.MULTILINE)
        debug = daemon.get("/probe?module=scenario&debug=true")
        assert "Log of the probe" in debug and "probe_success 1" in debug
        assert TOKEN not in text + debug
        same = daemon.get(f"/probe?module=scenario&target=ws://127.0.0.1:{application.port}/anything")
        assert re.search(r"^probe_success 1$", same, re.MULTILINE)


@pytest.mark.parametrize("query, status", [
    ("", 400), ("?module=other", 400), ("?module=scenario&target=", 400), ("?module=scenario&target=ftp://x", 400),
    ("?module=scenario&target=https://evil.example", 403), ("?module=scenario&target=ws://127.0.0.1:1", 403),
    ("?module=scenario&target=http://169.254.169.254/latest", 403),
])
def test_probe_goes_nowhere_else(application, write_scenario, query, status):
    with serving(write_scenario(application.port)) as daemon:
        assert daemon.request("/probe" + query)[0] == status


def test_a_token_goes_to_its_own_hosts_alone(application, reflecting_application, write_scenario, tmp_path):
    write_scenario(application.port)
    other = f"ws://127.0.0.1:{reflecting_application.port}"
    config = tmp_path / "wsprobe.yml"
    config.write_text(f"scenarios: [scenario.yaml]\nprobe_targets: ['{other}']\n")
    with serving("--config.file", config) as daemon:
        status, _, text = daemon.request(f"/probe?module=scenario&target={other}")
        assert status == 403 and "credentials" in text
    assert not reflecting_application.requests


def test_users_need_their_password(application, write_scenario, tmp_path):
    hashed = subprocess.run(["htpasswd", "-nbBC", "5", "prometheus", "s3cret"], capture_output=True, text=True,
                            check=True).stdout.strip().partition(":")[2]
    web = tmp_path / "web.yml"
    web.write_text(f"basic_auth_users:\n  prometheus: {hashed}\n")
    with serving("--web.config.file", web, write_scenario(application.port)) as daemon:
        assert daemon.request("/metrics")[0] == 401
        good = {"Authorization": "Basic cHJvbWV0aGV1czpzM2NyZXQ="}
        assert daemon.request("/metrics", headers=good)[0] == 200
        assert daemon.request("/metrics", headers={"Authorization": "Basic cHJvbWV0aGV1czpzM2NyZXR0"})[0] == 401


def test_tls_takes_a_renewed_certificate_by_itself(application, write_scenario, tmp_path):
    make_certificate(tmp_path, "first")
    web = tmp_path / "web.yml"
    web.write_text("tls_server_config: {cert_file: server.crt, key_file: server.key}\n")
    with serving("--web.config.file", web, write_scenario(application.port)) as daemon:
        first = trusting(tmp_path / "server.crt")
        assert daemon.get("/-/healthy", context=first)
        make_certificate(tmp_path, "second")
        second = trusting(tmp_path / "server.crt")
        until = time.monotonic() + 20
        while True:
            try:
                assert daemon.get("/-/healthy", context=second)
                break
            except OSError:
                assert time.monotonic() < until
        daemon.wait_for("the web configuration was read again")


def test_config_check_says_what_is_wrong(application, write_scenario, tmp_path):
    scenario = write_scenario(application.port)
    env = {"WSPROBE_TEST_TOKEN": TOKEN}
    good = wsprobe("serve", "--config.check", scenario, env=env)
    assert (good.returncode, good.stdout) == (0, "1 scenarios: nothing is wrong\n")
    config = tmp_path / "wsprobe.yml"
    for text, wanted in [
        ("scenarois: [a.yaml]\n", "wsprobe.yml:1:1: error: the configuration has no key `scenarois`"),
        ("scenarios: [nothing*.yaml]\n", "matches no file"),
        ("scenarios: [scenario.yaml, scenario.yaml]\n", "the scenario `scenario` is already in"),
        ("limits: {concurrency: 5}\n", "there is no scenario to run"),
        ("scenarios: [scenario.yaml]\nweb: {config_file: web.yml}\n", "web.yml: error: No such file"),
    ]:
        config.write_text(text)
        bad = wsprobe("serve", "--config.check", "--config.file", config, env=env)
        assert bad.returncode == 2 and wanted in bad.stderr, bad.stderr


def test_tells_systemd(application, write_scenario, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)
        with serving(write_scenario(application.port), env={"NOTIFY_SOCKET": str(tmp_path / "notify")}) as daemon:
            assert manager.recv(4096).startswith(b"READY=1")
            daemon.process.send_signal(signal.SIGHUP)
            assert manager.recv(4096).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
            assert manager.recv(4096) == b"READY=1"
            daemon.process.send_signal(signal.SIGTERM)
            assert manager.recv(4096) == b"STOPPING=1"


def test_an_address_in_use_is_an_error(silent_port, application, write_scenario):
    taken = wsprobe("serve", "--web.listen-address", f"127.0.0.1:{silent_port}", write_scenario(application.port),
                    env={"WSPROBE_TEST_TOKEN": TOKEN})
    assert taken.returncode == 3 and "in use" in taken.stderr
