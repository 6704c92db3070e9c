"""WebSocket over HTTP/2: edges that offer it, edges that offer it and cannot do it, and edges that do not offer it.

What an edge says of itself is asked by another client, Node's; what reached the application is in its own record; and
what a browser does is asked of a browser, Chromium.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from behaviour import GOOD_TOKEN, SOCKET_PATH, Record, Seen
from certificates import Authority, Certificate
from daemon import Daemon
from deployment import Lab
from http2_edges import Edge, Plan
from wsprobe import Run, Wsprobe

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from chromium import Chromium, Page  # noqa: E402
from services import until  # noqa: E402

HOST = "edge.lab.test"

# `http-request` rules run for every version; req.ver tells them apart.
NOT_OVER_HTTP_2 = f"\thttp-request deny deny_status 404 if {{ req.ver 2.0 }} {{ path {SOCKET_PATH} }}"
NOT_OVER_HTTP_1 = f"\thttp-request deny deny_status 403 if {{ req.ver 1.1 }} {{ path {SOCKET_PATH} }}"
NOT_ADVERTISED = "\th2-workaround-bogus-websocket-clients"
CURED = Plan("haproxy", NOT_OVER_HTTP_2, settings=NOT_ADVERTISED)

WORKING = {
    "haproxy": Plan("haproxy"),
    "nghttpx": Plan("nghttpx"),
    "node": Plan("node", "accept"),
}
WITHOUT = {
    "nginx": Plan("nginx", "http2"),
    "caddy": Plan("caddy"),
    "apache": Plan("apache"),
    "haproxy": Plan("haproxy", settings=NOT_ADVERTISED),
}
HTTP_1 = {
    "haproxy": Plan("haproxy", alpn="http/1.1"),
    "nginx": Plan("nginx"),
}
# The way over HTTP/2 is broken: whose fault it is can be told where the application is known to be elsewhere.
BROKEN = {
    "haproxy-denied": (Plan("haproxy", NOT_OVER_HTTP_2), "undetermined", "rejected"),
    "node-refuses": (Plan("node", "refuse"), "undetermined", "rejected"),
    "node-as-a-get": (Plan("node", "plain"), "upgrade_stripped", "rejected"),
    "node-resets": (Plan("node", "reset"), "protocol_error", "failed"),
}


@pytest.fixture(scope="module")
def authority(lab: Lab) -> Authority:
    return Authority(lab.directory / "http2", "The lab's authority")


@pytest.fixture(scope="module")
def certificate(authority: Authority) -> Certificate:
    issued = authority.issue(HOST)
    issued.key.chmod(0o644)
    return issued


@pytest.fixture(scope="module")
def deploy(lab: Lab, certificate: Certificate) -> Iterator[Callable[[Plan], Edge]]:
    edges: dict[str, Edge] = {}

    def start(plan: Plan) -> Edge:
        if str(plan) not in edges:
            edges[str(plan)] = Edge(plan, lab.fresh_directory(plan.kind), certificate, lab.backend().address)
        return edges[str(plan)]

    yield start
    for edge in edges.values():
        edge.stop()


@pytest.fixture
def diagnose(wsprobe: Wsprobe, authority: Authority) -> Callable[..., Run]:
    def run(edge: Edge, *options: str, output: str = "json") -> Run:
        address = edge.address
        return wsprobe.diagnose(f"wss://{HOST}:{address.port}{SOCKET_PATH}", "--cacert", str(authority.root),
                                "--resolve", f"{HOST}:{address.port}:{address.host}", *options, output=output)

    return run


@pytest.fixture
def record_of(lab: Lab) -> Callable[[Edge], Record]:
    return lambda edge: edge.record if edge.plan.is_the_application else lab.backend().record


def settings_of(edge: Edge, authority: Authority) -> dict[str, object]:
    """As another client sees them."""
    done = subprocess.run(["/usr/bin/node", str(HERE / "http2_settings.js"), edge.address.host, str(edge.address.port),
                           str(authority.root)], capture_output=True, text=True, timeout=30, check=True)
    return json.loads(done.stdout)


def over_http2(run: Run) -> dict:
    (experiment,) = [made for made in run.report["experiments"] if made["experiment"] == "http2_websocket"]
    return experiment


def upgrades_of(record: list[Seen]) -> list[Seen]:
    """Those of the step and of the same over HTTP/2; experiments ask for other paths."""
    return [seen for seen in record if seen.upgrade and seen.path == SOCKET_PATH and seen.token == GOOD_TOKEN]


def check_offer(experiment: dict, edge: Edge, authority: Authority) -> dict[str, object]:
    """What the report says the edge offers is what another client sees."""
    truth = settings_of(edge, authority)
    http2 = experiment["http2"]
    told = {"alpn": experiment["tls"]["alpn"] or "", "enableConnectProtocol": bool(http2 and http2["connect_protocol"])}
    assert told == truth
    return truth


@pytest.mark.parametrize("name", WORKING)
def test_both_ways_work(name, deploy, diagnose, record_of, authority):
    edge = deploy(WORKING[name])
    record = record_of(edge)
    before = record.mark()
    run = diagnose(edge)
    made = over_http2(run)
    assert check_offer(made, edge, authority)["enableConnectProtocol"]
    assert (run.exit_code, run.report["verdict"]["cause"]) == (0, "healthy"), run.report["verdict"]
    assert (made["outcome"], made["status"], len(made["session"]["ping_seconds"])) == ("completed", 200, 1)
    assert made["session"]["close"]["echoed"]
    let_in = upgrades_of(record.since(before))
    assert len(let_in) == 2, "one upgrade by HTTP/1.1 and one by HTTP/2 reached the application"
    text = diagnose(edge, output="human").out
    assert "WebSocket over it, which Chromium will use: 200 accepted, ping" in " ".join(text.split())


@pytest.mark.parametrize("name", WITHOUT)
def test_http2_without_websocket_is_said_and_asked_no_further(name, deploy, diagnose, record_of, authority):
    edge = deploy(WITHOUT[name])
    record = record_of(edge)
    before = record.mark()
    run = diagnose(edge)
    made = over_http2(run)
    assert check_offer(made, edge, authority) == {"alpn": "h2", "enableConnectProtocol": False}
    assert (run.exit_code, run.report["verdict"]["cause"]) == (0, "healthy"), run.report["verdict"]
    assert (made["outcome"], made["response"], made["as_expected"]) == ("completed", None, True)
    assert len(upgrades_of(record.since(before))) == 1
    assert "not WebSocket over it" in diagnose(edge, output="human").out


@pytest.mark.parametrize("name", HTTP_1)
def test_an_edge_without_http2(name, deploy, diagnose, authority):
    edge = deploy(HTTP_1[name])
    run = diagnose(edge)
    made = over_http2(run)
    assert check_offer(made, edge, authority)["alpn"] != "h2"
    assert (run.exit_code, made["outcome"], made["http2"]) == (0, "completed", None)
    assert "HTTP/2" not in diagnose(edge, output="human").out


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_advertised_and_does_not_work_fails_the_run(name, deploy, diagnose, record_of, authority):
    plan, cause, outcome = BROKEN[name]
    edge = deploy(plan)
    record = record_of(edge)
    before = record.mark()
    run = diagnose(edge)
    made = over_http2(run)
    assert check_offer(made, edge, authority)["enableConnectProtocol"]
    assert all(step["as_expected"] for step in run.report["steps"]), "over HTTP/1.1 all is well"
    assert (run.exit_code, made["outcome"], made["as_expected"]) == (1, outcome, False)
    verdict = run.report["verdict"]
    assert (verdict["cause"], verdict["fault"]) == (cause, "undetermined")
    assert "Over HTTP/1.1 the WebSocket is accepted; over HTTP/2" in verdict["summary"]
    assert "Chromium" in verdict["summary"]
    assert "h2-workaround-bogus-websocket-clients" in verdict["remedy"]
    # Where the application was asked at all, it was not by a WebSocket that it let in.
    asked = [seen for seen in record.since(before) if seen.method == "CONNECT"]
    assert bool(asked) == plan.is_the_application


def test_junit_counts_it(deploy, diagnose):
    """A run that fails because of it has a test that failed; one that passes has a test that passed."""
    suite = ElementTree.fromstring(diagnose(deploy(BROKEN["haproxy-denied"][0]), output="junit").out)
    (case,) = [one for one in suite.iter("testcase") if one.find("failure") is not None]
    assert (case.get("name"), suite.get("failures"), suite.get("tests")) == ("http2_websocket", "1", "4")
    suite = ElementTree.fromstring(diagnose(deploy(WORKING["haproxy"]), output="junit").out)
    assert "http2_websocket" in [one.get("name") for one in suite.iter("testcase")]
    assert suite.get("failures") == "0"


def test_a_saved_report_is_judged_the_same(deploy, diagnose, wsprobe):
    for plan in (WORKING["haproxy"], WITHOUT["caddy"], BROKEN["haproxy-denied"][0], BROKEN["node-as-a-get"][0]):
        run = diagnose(deploy(plan))
        again = wsprobe.call("explain", str(wsprobe.write("saved.json", run.out)))
        assert again.exit_code == 0, again.out


def test_the_fault_is_the_proxys_where_the_application_is_elsewhere(deploy, diagnose, lab):
    edge = deploy(BROKEN["haproxy-denied"][0])
    verdict = diagnose(edge, "--direct", f"ws://{lab.backend().address}").report["verdict"]
    assert verdict["fault"] == "proxy"


def test_what_works_over_http2_alone_is_said(deploy, diagnose, lab):
    edge = deploy(Plan("haproxy", NOT_OVER_HTTP_1))
    run = diagnose(edge, "--direct", f"ws://{lab.backend().address}")
    made = over_http2(run)
    assert (run.exit_code, made["outcome"], made["status"]) == (1, "completed", 200)
    verdict = run.report["verdict"]
    assert "Over HTTP/2, which the edge offers as well, the same upgrade is accepted" in verdict["summary"]
    assert verdict["fault"] == "proxy"


def test_the_remedy_of_haproxy_cures(deploy, diagnose):
    """The option that the verdict names, beside the rule that broke it."""
    broken = deploy(BROKEN["haproxy-denied"][0])
    assert "h2-workaround-bogus-websocket-clients" in diagnose(broken).report["verdict"]["remedy"]
    run = diagnose(deploy(CURED))
    assert (run.exit_code, over_http2(run)["http2"]["connect_protocol"]) == (0, False)


def test_the_token_is_in_no_output(deploy, diagnose):
    for plan in (WORKING["nghttpx"], BROKEN["haproxy-denied"][0]):
        for output in ("json", "human"):
            run = diagnose(deploy(plan), "-v", output=output)
            assert GOOD_TOKEN not in run.out + run.err


def test_a_scenario_asks_for_it_and_no_experiments_means_none(deploy, wsprobe, authority):
    edge = deploy(WORKING["haproxy"])
    file = wsprobe.scenario(f"wss://{HOST}:{edge.address.port}")
    options = ["--cacert", str(authority.root), "--resolve", f"{HOST}:{edge.address.port}:{edge.address.host}"]
    kinds = lambda run: [made["experiment"] for made in run.report["experiments"]]  # noqa: E731
    assert "http2_websocket" not in kinds(wsprobe.run(file, options=options))
    file.write_text(file.read_text() + "http2: true\n")
    run = wsprobe.run(file, options=options)
    assert "http2_websocket" in kinds(run)
    assert (run.exit_code, over_http2(run)["status"]) == (0, 200)
    assert kinds(wsprobe.run(file, options=[*options, "--no-experiments"])) == []


def test_a_daemon_keeps_asking_and_experiments_little(deploy, wsprobe, authority, lab):
    """The way over HTTP/2 is asked in every run. What else tells is asked as long as it is news."""
    edge = deploy(BROKEN["haproxy-denied"][0])
    file = wsprobe.scenario(f"wss://{HOST}:{edge.address.port}", name="broken")
    file.write_text(file.read_text() + "http2: true\nevery: 1s\n")
    before = lab.backend().record.mark()
    daemon = Daemon(wsprobe, file, "--cacert", str(authority.root),
                    "--resolve", f"{HOST}:{edge.address.port}:{edge.address.host}")
    try:
        until(lambda: [line for line in daemon.metrics("wsprobe_scenario_runs_total") if float(line.split()[-1]) >= 4],
              "the fourth run")
        (success,) = daemon.metrics("wsprobe_scenario_success")
        (verdict,) = [line for line in daemon.metrics("wsprobe_verdict_info") if line.endswith(" 1")]
    finally:
        daemon.stop()
    assert success.endswith(" 0")
    assert 'cause="undetermined"' in verdict
    seen = lab.backend().record.since(before)
    assert len(upgrades_of(seen)) >= 4, "the runs themselves"
    plain = [one for one in seen if one.method == "GET" and not one.upgrade and one.path == SOCKET_PATH]
    assert len(plain) == 1, "the plain GET of the first run"


# ---- as a browser does ----

FOR_BROWSERS = {
    **{f"works-{name}": plan for name, plan in WORKING.items()},
    **{f"without-{name}": plan for name, plan in WITHOUT.items()},
    **{f"http1-{name}": plan for name, plan in HTTP_1.items()},
    **{f"broken-{name}": plan for name, (plan, _, _) in BROKEN.items()},
    "http2-alone": Plan("haproxy", NOT_OVER_HTTP_1),
    "cured": CURED,
}
OPENING = """new Promise(tell => {
    const socket = new WebSocket(URL);
    socket.onopen = () => { tell('open'); socket.close(); };
    socket.onerror = () => tell('error');
})"""


@pytest.fixture(scope="module")
def chromium(deploy, tmp_path_factory) -> Iterator[Chromium]:
    addresses = [deploy(plan).address for plan in FOR_BROWSERS.values()]
    rules = ",".join(f"MAP {HOST}:{address.port} {address}" for address in addresses)
    with Chromium(tmp_path_factory.mktemp("chromium"), host_rules=rules, flags=["--ignore-certificate-errors"]) as browser:
        yield browser


def open_socket(page: Page, edge: Edge) -> tuple[str, int]:
    """What became of it, and the status: 101 by HTTP/1.1, 200 by HTTP/2."""
    url = f"wss://{HOST}:{edge.address.port}{SOCKET_PATH}?token={GOOD_TOKEN}"
    became = page.evaluate(OPENING.replace("URL", json.dumps(url)))
    return became, page.sockets[-1].status


@pytest.mark.parametrize("name", FOR_BROWSERS)
def test_chromium_fares_as_it_is_said_to(name, deploy, diagnose, chromium):
    """A page of that host has a connection to it, over HTTP/2 where that is offered; a page from elsewhere has none."""
    edge = deploy(FOR_BROWSERS[name])
    made = over_http2(diagnose(edge))
    over_http1 = next(step for step in diagnose(edge, "--no-experiments").report["steps"] if step["name"] == "valid-token")
    offered = made["http2"] is not None and made["http2"]["connect_protocol"]

    page = chromium.new_page()
    page.goto(f"https://{HOST}:{edge.address.port}/")
    became, status = open_socket(page, edge)
    said = made if offered else over_http1
    assert became == ("open" if said["outcome"] == "completed" else "error")
    if became == "open":
        assert status == (200 if offered else 101)
    chromium.close_page(page)

    page = chromium.new_page()
    became, status = open_socket(page, edge)
    assert became == ("open" if over_http1["outcome"] == "completed" else "error")
    if became == "open":
        assert status == 101
    chromium.close_page(page)
