"""docs/SCALING.md, every configuration in it, with real Prometheus servers and real daemons: only the addresses are others."""

import contextlib
import json
import pathlib
import re
import socket
import subprocess
import sys

import pytest
import yaml

from conftest import SOURCE, TOKEN, wsprobe
from serve import serving

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from services import Prometheus, until  # noqa: E402

RULES = SOURCE / "grafana" / "prometheus"
EXAMPLES = re.findall(r"```yaml\n(.*?)```", (SOURCE / "docs" / "SCALING.md").read_text(), re.DOTALL)
VANTAGES, REMOTE_WRITE, REPLICA, MODULES, DEALT_OUT, SHARD = EXAMPLES
EVERY_SECOND = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}


def replaced(text, pairs):
    """The configuration with other words, asking every second."""
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    configuration = yaml.safe_load(text)
    configuration["global"] = {**configuration.get("global", {}), **EVERY_SECOND}
    for job in configuration.get("scrape_configs", []):
        job.pop("scrape_interval", None)
        job.pop("scrape_timeout", None)
    return configuration


def with_rules(configuration):
    return {**configuration, "rule_files": [str(RULES / "recording.rules.yml"), str(RULES / "alerts.rules.yml")]}


@pytest.fixture
def folder(tmp_path):
    """A new folder for each server."""
    def make(name):
        (tmp_path / name).mkdir()
        return tmp_path / name
    return make


@pytest.fixture
def closed_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def swarmlet(file, port):
    """The same scenario, from somewhere."""
    file.write_text(f"""scenario: swarmlet
target: {{edge: "ws://127.0.0.1:{port}"}}
every: 1s
credentials: {{valid: {{env: WSPROBE_TEST_TOKEN}}}}
steps:
  - health: {{path: /api/system/health, expect: {{status: 200, json: {{/status: ok}}}}}}
  - upgrade: {{name: valid-token, path: /api/ws, query: {{token: "${{valid}}"}}, expect: accepted}}
""")
    return file


def edges(file, port):
    """A scenario without credentials, which may go to other hosts."""
    file.write_text(f"""scenario: edges
target: {{edge: "ws://127.0.0.1:{port}"}}
every: 1h
steps:
  - health: {{path: /api/system/health, expect: {{status: 200, json: {{/status: ok}}}}}}
  - upgrade: {{name: invalid-token, path: /api/ws, query: {{token: "${{invalid}}"}}, expect: rejected}}
""")
    return file


def replica(folder, application):
    """A daemon with the configuration of every replica: `localhost` and 127.0.0.2 are other hosts than 127.0.0.1."""
    swarmlet(folder / "swarmlet.yaml", application.port)
    edges(folder / "edges.yaml", application.port)
    text = REPLICA.replace("wss://eu.example.com", f"ws://localhost:{application.port}")
    text = text.replace("wss://us.example.com", f"ws://127.0.0.2:{application.port}").replace("0.0.0.0:9808", "127.0.0.1:0")
    (folder / "wsprobe.yml").write_text(text)
    return serving("--config.file", folder / "wsprobe.yml")


def test_the_examples_are_all_there_is_and_promtool_takes_them(tmp_path):
    assert len(EXAMPLES) == len(re.findall("^```", (SOURCE / "docs" / "SCALING.md").read_text(), re.MULTILINE)) / 2
    edges(tmp_path / "edges.yaml", 1)
    swarmlet(tmp_path / "swarmlet.yaml", 1)
    (tmp_path / "wsprobe.yml").write_text(REPLICA)
    done = wsprobe("serve", "--config.check", "--config.file", tmp_path / "wsprobe.yml", env={"WSPROBE_TEST_TOKEN": TOKEN})
    assert done.returncode == 0, done.stderr
    (tmp_path / "targets").mkdir()
    (tmp_path / "targets" / "some.yml").write_text("- targets: ['wss://api.example.com']\n")
    for example in set(EXAMPLES) - {REPLICA}:
        (tmp_path / "prometheus.yml").write_text(example)
        checked = subprocess.run(["promtool", "check", "config", tmp_path / "prometheus.yml"], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_one_label_a_vantage_tells_the_way_from_the_service(application, closed_port, folder):
    with serving(swarmlet(folder("eu") / "swarmlet.yaml", application.port)) as eu, \
            serving(swarmlet(folder("us") / "swarmlet.yaml", closed_port)) as us:
        configuration = replaced(VANTAGES, [("probe-eu.example.com:9808", f"127.0.0.1:{eu.port}"),
                                            ("probe-us.example.com:9808", f"127.0.0.1:{us.port}")])
        with Prometheus(folder("prometheus"), with_rules(configuration)) as prometheus:
            alert = until(lambda: prometheus.query('ALERTS{alertname="WsProbeFailingFromOneVantage"}'), "the alert to be pending")
            assert [(labels["scenario"], labels["vantage"], labels["alertstate"]) for labels, _ in alert] == [
                ("swarmlet", "us", "pending")]
            assert prometheus.query("wsprobe:scenario_failing == 0")[0][0]["vantage"] == "eu"
            assert prometheus.query('ALERTS{alertname="WsProbeFailingFromAllVantages"}') == []


def test_servers_in_several_places_write_to_one_that_alerts(application, closed_port, folder):
    with contextlib.ExitStack() as stack:
        middle = stack.enter_context(Prometheus(folder("middle"), with_rules({"global": EVERY_SECOND}),
                                                "--web.enable-remote-write-receiver"))
        for place, port in (("eu", application.port), ("us", closed_port)):
            daemon = stack.enter_context(serving(swarmlet(folder(f"{place}-probe") / "swarmlet.yaml", port)))
            configuration = replaced(REMOTE_WRITE, [("https://prometheus.example.com", middle.url), ("vantage: eu", f"vantage: {place}")])
            configuration["scrape_configs"] = [{"job_name": "wsprobe", "static_configs": [{"targets": [f"127.0.0.1:{daemon.port}"]}]}]
            stack.enter_context(Prometheus(folder(place), configuration))
        until(lambda: len(middle.query("wsprobe:scenario_failing")) == 2, "both places to be heard of")
        alert = until(lambda: middle.query('ALERTS{alertname="WsProbeFailingFromOneVantage"}'), "the alert to be pending")
        assert [labels["vantage"] for labels, _ in alert] == ["us"]
        assert {labels["vantage"] for labels, _ in middle.query("up == 1")} == {"eu", "us"}
        assert middle.query('{__name__=~"scrape_.+"}') == [], "only what is asked for goes along"


def test_targets_name_their_modules_and_tokens_stay_with_their_own_host(application, folder):
    with replica(folder("replica"), application) as daemon:
        configuration = replaced(MODULES, [
            ("wss://api.example.com", f"ws://127.0.0.1:{application.port}"), ("wss://eu.example.com", f"ws://localhost:{application.port}"),
            ("wss://us.example.com", f"ws://127.0.0.2:{application.port}"), ("wsprobe:9808", f"127.0.0.1:{daemon.port}")])
        with Prometheus(folder("prometheus"), with_rules(configuration)) as prometheus:
            until(lambda: len(prometheus.query("wsprobe:probe_failing")) == 3, "three targets")
            found = {labels["instance"]: labels["module"] for labels, value in prometheus.query("probe_success")}
            assert found == {f"ws://127.0.0.1:{application.port}": "swarmlet", f"ws://localhost:{application.port}": "edges",
                             f"ws://127.0.0.2:{application.port}": "edges"}
            up = {labels["instance"]: value for labels, value in prometheus.query("up")}
            assert up == dict.fromkeys(found, 1.0)
            scenarios = {labels["scenario"] for labels, _ in prometheus.query("wsprobe:probe_failing")}
            assert scenarios == set(found), "what was asked for stands for the scenario's name"


def scrape_addresses(prometheus):
    """Target to the address that is asked about it."""
    active = json.loads(prometheus.text("/api/v1/targets?state=active"))["data"]["activeTargets"]
    return {target["labels"]["instance"]: re.search(r"//([^/]+)/", target["scrapeUrl"])[1] for target in active}


def test_prometheus_deals_the_targets_out_to_two_replicas(application, folder):
    with replica(folder("a"), application) as first, replica(folder("b"), application) as second:
        addresses = [f"127.0.0.1:{first.port}", f"127.0.0.1:{second.port}"]
        own = [f"ws://127.0.0.1:{application.port}", f"ws://localhost:{application.port}", f"ws://127.0.0.2:{application.port}",
               f"127.0.0.1:{application.port}", f"localhost:{application.port}", f"127.0.0.2:{application.port}"]
        configuration = replaced(DEALT_OUT, [("wsprobe-0:9808", addresses[0]), ("wsprobe-1:9808", addresses[1])])
        configuration["scrape_configs"][0]["static_configs"][0]["targets"] = own
        with Prometheus(folder("prometheus"), with_rules(configuration)) as prometheus:
            until(lambda: len(prometheus.query("up == 1")) == len(own), "all targets")
            asked = scrape_addresses(prometheus)
            assert set(asked) == set(own) and set(asked.values()) == set(addresses)


def test_four_servers_share_the_targets_and_ask_about_each_once(application, folder):
    with replica(folder("replica"), application) as daemon, contextlib.ExitStack() as stack:
        own = [f"{scheme}{host}:{application.port}{path}" for scheme in ("ws://", "") for host in ("127.0.0.1", "localhost", "127.0.0.2")
               for path in ("", "/")]
        servers = []
        for number in range(4):
            place = folder(f"server-{number}")
            (place / "targets").mkdir()
            (place / "targets" / "some.yml").write_text(yaml.safe_dump([{"targets": own}]))
            configuration = replaced(SHARD, [('regex: "0"', f'regex: "{number}"'), ("wsprobe:9808", f"127.0.0.1:{daemon.port}")])
            servers.append(stack.enter_context(Prometheus(place, configuration)))
        until(lambda: sum(len(server.query("up == 1")) for server in servers) == len(own), "all targets")
        shares = [set(scrape_addresses(server)) for server in servers]
        assert set().union(*shares) == set(own) and sum(map(len, shares)) == len(own)
        assert sum(1 for share in shares if share) > 1
