"""--format junit|nagios|prometheus, --textfile and --push, read by the programs they are for."""

import os
import pathlib
import signal
import socket
import sys
import xml.etree.ElementTree

import pytest

from conftest import TOKEN, start, wsprobe
from serve import serving

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lab"))

from certificates import Authority  # noqa: E402
from services import NodeExporter, Prometheus, Pushgateway, check_metrics, until  # noqa: E402


HASH_OF_PASS = "$2b$04$abcdefghijklmnopqrstuufznL8bkzdtHwLhca4To/v9Lo9bA7fR6"  # bcrypt, cost 4


@pytest.fixture
def scenario(tmp_path, application):
    """A function that writes a scenario of that name about the application."""
    def write(name="swarmlet", path="/api/ws"):
        file = tmp_path / f"{name.replace('/', '_')}.yaml"
        file.write_text(f"""\
scenario: {name}
target: {{edge: "ws://127.0.0.1:{application.port}"}}
timeout: 5s
credentials: {{valid: {{env: TOKEN}}}}
steps:
  - health: {{path: /api/system/health}}
  - upgrade: {{name: valid-token, path: {path}, query: {{token: "${{valid}}"}}, expect: accepted, ping: 1}}
  - upgrade: {{name: invalid-token, path: {path}, query: {{token: "${{invalid}}"}}, expect: rejected}}
""")
        return file
    return write


def run(*arguments, **options):
    return wsprobe("run", "--no-experiments", *arguments, env={"TOKEN": TOKEN}, **options)


@pytest.fixture(scope="module")
def gateway():
    with Pushgateway() as running:
        yield running


# ---- formats ----

def test_prometheus_text_is_clean(scenario):
    done = run("--format", "prometheus", scenario())
    assert done.returncode == 0
    assert check_metrics(done.stdout) == ""
    assert 'probe_success{scenario="swarmlet"} 1\n' in done.stdout
    assert 'probe_websocket_connection_upgraded{scenario="swarmlet"} 1\n' in done.stdout


def test_junit_has_a_case_for_each_step(scenario):
    done = run("--format", "junit", scenario(path="/nothing"))
    assert done.returncode == 1
    suites = xml.etree.ElementTree.fromstring(done.stdout)
    assert suites.attrib["tests"] == "3" and suites.attrib["failures"] == "1"
    failure = suites.find("testsuite/testcase[@name='valid-token']/failure")
    assert "expected" in failure.attrib["message"] and failure.text


@pytest.mark.parametrize(("path", "code", "word"), [("/api/ws", 0, "OK"), ("/nothing", 2, "CRITICAL")])
def test_nagios_has_its_own_exit_codes(scenario, path, code, word):
    done = run("--format", "nagios", scenario(path=path))
    assert done.returncode == code
    assert done.stdout.startswith(f"WSPROBE {word} - swarmlet: ")
    assert " | 'time'=" in done.stdout.splitlines()[0]


@pytest.mark.parametrize("arguments", [("run", "--format", "nagios", "no-such-file"),
                                       ("run", "--format=nagios", "--no-such-option", "x"),
                                       ("diagnose", "--format", "nagios", "ws://h/p", "--token-env", "NOT_SET")])
def test_nagios_is_unknown_where_nothing_could_be_asked(arguments):
    done = wsprobe(*arguments)
    assert done.returncode == 3
    assert done.stdout.startswith("WSPROBE UNKNOWN - ") and done.stdout.count("\n") == 1
    assert done.stderr


def test_a_stopped_run_is_unknown_and_leaves_the_textfile_alone(tmp_path):
    """A run that was stopped says nothing about the service."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        process = start("diagnose", f"ws://127.0.0.1:{silent.getsockname()[1]}/ws", "--token-env", "TOKEN", "--format", "nagios",
                        "--textfile", tmp_path / "x.prom", env={"TOKEN": TOKEN})
        silent.accept()[0].recv(1)  # it has asked
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=10)
    assert process.returncode == 3
    assert out.startswith("WSPROBE UNKNOWN")
    assert not (tmp_path / "x.prom").exists()


# ---- textfile ----

def test_node_exporter_reads_the_textfiles(tmp_path, scenario):
    directory = tmp_path / "textfile"
    directory.mkdir()
    for name in ("one", "two"):
        assert run("--textfile", directory / f"{name}.prom", "-o", os.devnull, scenario(name)).returncode == 0
        assert (directory / f"{name}.prom").stat().st_mode & 0o7777 == 0o644
        assert check_metrics((directory / f"{name}.prom").read_text()) == ""
    with NodeExporter(directory) as exporter:
        text = exporter.text("/metrics")
    assert "node_textfile_scrape_error 0\n" in text
    for name in ("one", "two"):
        assert f'probe_success{{scenario="{name}"}} 1\n' in text
        assert f'wsprobe_last_run_timestamp_seconds{{scenario="{name}"}}' in text


def test_a_textfile_that_cannot_be_written_is_exit_code_3(tmp_path, scenario):
    done = run("--textfile", tmp_path / "no" / "such.prom", scenario())
    assert done.returncode == 3
    assert "No such file or directory" in done.stderr
    assert "PASS" in done.stdout  # the report itself came out


def test_a_textfile_that_nobody_would_read_is_refused(tmp_path, scenario):
    done = run("--textfile", tmp_path / "metrics.txt", scenario())
    assert done.returncode == 2
    assert ".prom" in done.stderr


# ---- Pushgateway ----

def test_a_push_replaces_what_was_pushed_before(gateway, scenario):
    assert run("--push", gateway.url, "-o", os.devnull, scenario("replaced")).returncode == 0
    first = gateway.text("/metrics")
    assert 'probe_success{instance="",job="wsprobe",scenario="replaced"} 1\n' in first
    assert 'wsprobe_last_success_timestamp_seconds{instance="",job="wsprobe",scenario="replaced"}' in first
    done = run("--push", gateway.url, "-o", os.devnull, scenario("replaced", path="/nothing"))
    assert done.returncode == 1 and done.stderr == ""
    second = gateway.text("/metrics")
    assert 'probe_success{instance="",job="wsprobe",scenario="replaced"} 0\n' in second
    # A series that is no longer written is gone: PUT, not POST.
    assert 'wsprobe_last_success_timestamp_seconds{instance="",job="wsprobe",scenario="replaced"}' not in second


def test_scenarios_are_groups_of_their_own_and_can_be_deleted(gateway, scenario):
    files = [scenario("kept"), scenario("other")]
    assert run("--push", gateway.url, "-o", os.devnull, *files).returncode == 0
    text = gateway.text("/metrics")
    for name in ("kept", "other"):
        assert f'probe_success{{instance="",job="wsprobe",scenario="{name}"}} 1\n' in text
    assert run("--push", gateway.url, "--push-delete", "-o", os.devnull, files[1]).returncode == 0
    text = gateway.text("/metrics")
    assert 'scenario="kept"' in text and 'scenario="other"' not in text


def test_a_grouping_key_in_the_address_is_kept(gateway, scenario):
    assert run("--push", gateway.url + "/metrics/job/cron/instance/eu-1", "-o", os.devnull, scenario("keyed")).returncode == 0
    assert 'probe_success{instance="eu-1",job="cron",scenario="keyed"} 1\n' in gateway.text("/metrics")


def test_a_gateway_that_refuses_or_is_not_there_is_exit_code_3(gateway, scenario):
    done = run("--push", gateway.url + "/no/such/path", scenario())
    assert done.returncode == 3
    assert "it answered HTTP/1.1 404" in done.stderr
    done = run("--push", "http://127.0.0.1:1", scenario())
    assert done.returncode == 3
    assert "connection refused" in done.stderr
    assert "PASS" in done.stdout


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A gateway with TLS that asks for a user; its password is `pass`."""
    directory = tmp_path_factory.mktemp("guarded")
    authority = Authority(directory / "authority", "gateway")
    certificate = authority.issue("localhost")
    configuration = directory / "web.yml"
    configuration.write_text(f"""\
tls_server_config: {{cert_file: "{certificate.chain}", key_file: "{certificate.key}"}}
basic_auth_users: {{probe: "{HASH_OF_PASS}"}}
""")
    with Pushgateway(web_configuration=configuration, ca=authority.root, credentials="probe:pass") as running:
        running.root = authority.root
        yield running


def test_credentials_are_sent_over_tls_and_never_shown(guarded, scenario, tmp_path):
    secret = tmp_path / "login"
    secret.write_text("probe:pass\n")
    secret.chmod(0o600)
    done = run("--push", guarded.url, "--push-cacert", guarded.root, "--push-user-file", secret, "-o", os.devnull, scenario())
    assert (done.returncode, done.stderr) == (0, "")
    assert 'probe_success{instance="",job="wsprobe",scenario="swarmlet"} 1\n' in guarded.text("/metrics")
    secret.write_text("probe:wrong-password\n")
    done = run("--push", guarded.url, "--push-cacert", guarded.root, "--push-user-file", secret, scenario())
    assert done.returncode == 3
    assert "401" in done.stderr and "wrong-password" not in done.stderr + done.stdout


def test_a_certificate_that_nobody_trusts_is_not_pushed_to(guarded, scenario, tmp_path):
    secret = tmp_path / "token"
    secret.write_text("a-token\n")
    done = run("--push", guarded.url, "--push-token-file", secret, scenario())
    assert done.returncode == 3
    assert "every user of this machine can read" in done.stderr
    assert "cannot push to https://localhost" in done.stderr and "certificate" in done.stderr


@pytest.mark.parametrize(("arguments", "message"), [
    (["--push", "gateway:9091"], "http"),
    (["--push", "http://user:pa55@gateway:9091"], "password"),
    (["--push", "http://gateway:9091/?a=b"], "query"),
    (["--push-delete"], "--push"),
    (["--push", "http://gateway:9091", "--push-user-file", "/no/such/file"], "/no/such/file"),
])
def test_addresses_and_options_that_cannot_be_meant_are_refused(scenario, arguments, message):
    done = run(*arguments, scenario())
    assert done.returncode == 2
    assert message in done.stderr
    assert "pa55" not in done.stderr


def test_a_login_file_without_a_colon_is_exit_code_3(gateway, scenario, tmp_path):
    secret = tmp_path / "login"
    secret.write_text("just-a-word\n")
    done = run("--push", gateway.url, "--push-user-file", secret, scenario())
    assert done.returncode == 3
    assert "USER:PASSWORD" in done.stderr and "just-a-word" not in done.stderr


# ---- the daemon ----

def test_the_daemons_metrics_are_clean(application, write_scenario):
    scenario = write_scenario(application.port)
    scenario.write_text(scenario.read_text() + "every: 1s\n")
    with serving(scenario) as daemon:
        assert check_metrics(daemon.get("/metrics")) == ""
        daemon.wait_for_metric('wsprobe_scenario_runs_total{scenario="scenario"}', 1)
        assert check_metrics(daemon.get("/metrics")) == ""


def test_a_configuration_written_for_blackbox_exporter_works(application, write_scenario, tmp_path):
    """Only the address of the exporter is another one."""
    target = f"ws://127.0.0.1:{application.port}"
    write_scenario(application.port)
    configuration = tmp_path / "wsprobe.yml"
    configuration.write_text(f'scenarios: ["*.yaml"]\nprobe_targets: ["{target}"]\n')
    with serving("--config.file", configuration) as daemon:
        assert check_metrics(daemon.get(f"/probe?module=scenario&target={target}")) == ""
        scrape = {"job_name": "blackbox", "metrics_path": "/probe", "scrape_interval": "1s", "params": {"module": ["scenario"]},
                  "static_configs": [{"targets": [target]}],
                  "relabel_configs": [{"source_labels": ["__address__"], "target_label": "__param_target"},
                                      {"source_labels": ["__param_target"], "target_label": "instance"},
                                      {"target_label": "__address__", "replacement": f"127.0.0.1:{daemon.port}"}]}
        with Prometheus(tmp_path, {"scrape_configs": [scrape]}) as prometheus:
            ((labels, _),) = until(lambda: prometheus.query("probe_success == 1"), "a probe")
            assert labels["instance"] == target
            assert prometheus.query("probe_http_status_code")[0][1] == 200
            assert len(prometheus.query("probe_http_duration_seconds")) == 5
            assert prometheus.query("probe_websocket_status_code")[0][1] == 101
