"""An application that counts its own errors, and those that browsers report to it, at a page behind a bearer token."""

import json

import pytest
from conftest import TOKEN, serving_http, wsprobe
from serve import serving

SCENARIO = """\
scenario: beacon
target: {{edge: "ws://127.0.0.1:{port}"}}
every: 1s
credentials: {{valid: {{env: WSPROBE_TEST_TOKEN}}}}
steps:
  - http:
      name: errors
      path: /api/ops/errors
      bearer: "${{valid}}"
      values:
        total: /total
        login: {{pointer: /by_kind/login, default: 0}}
        frontend_websocket_errors: {{count: /errors, where: {{/source: frontend, /message: {{regex: WebSocket}}}}}}
      expect:
        values: {{frontend_websocket_errors: {{max: 0}}}}
"""
QUIET = {"total": 3, "by_kind": {"login": 2}, "errors": [
    {"source": "backend", "message": "WebSocket closed by the peer"}, {"source": "frontend", "message": "TypeError"}]}
LOUD = {"total": 5, "errors": [*QUIET["errors"],
                               *[{"source": "frontend", "message": "WebSocket connection to 'wss://wrong' failed"}] * 2]}


def beacon(document):
    def answer(path, fields):
        if path != "/api/ops/errors" or fields.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {}, json.dumps({"you sent": fields.get("Authorization", "nothing")}).encode()
        return 200, {"Content-Type": "application/json"}, json.dumps(document).encode()

    return answer


@pytest.fixture
def run(tmp_path):
    def run(port, *arguments, token=TOKEN):
        file = tmp_path / "beacon.yaml"
        file.write_text(SCENARIO.format(port=port))
        return wsprobe("run", file, *arguments, env={"WSPROBE_TEST_TOKEN": token})

    return run


def test_values_stand_in_the_report(run):
    with serving_http(beacon(QUIET)) as server:
        result = run(server.server_port, "--format", "json")
        text = run(server.server_port)
    step = json.loads(result.stdout)["steps"][0]
    assert (result.returncode, step["as_expected"]) == (0, True)
    assert step["values"] == {"total": 3, "login": 2, "frontend_websocket_errors": 0}
    assert "total 3, login 2, frontend_websocket_errors 0" in text.stdout
    assert TOKEN not in result.stdout + text.stdout


def test_websocket_errors_of_browsers_fail_the_step(run):
    with serving_http(beacon(LOUD)) as server:
        result = run(server.server_port, "--format", "json")
    report = json.loads(result.stdout)
    step = report["steps"][0]
    assert result.returncode == 1
    assert step["unmet"] == ["frontend_websocket_errors is 2, expected at most 0"]
    assert step["values"] == {"total": 5, "login": 0, "frontend_websocket_errors": 2}
    assert "frontend_websocket_errors is 2, expected at most 0" in report["verdict"]["summary"]


@pytest.mark.parametrize("document, sentence", [
    ({"errors": []}, "the value total cannot be read: /total is missing"),
    ({"total": "3", "errors": []}, "the value total cannot be read: /total is no number"),
    ({"total": 3, "errors": {}}, "the value frontend_websocket_errors cannot be read: /errors is no array"),
])
def test_what_the_document_does_not_say_is_no_zero(run, document, sentence):
    with serving_http(beacon(document)) as server:
        result = run(server.server_port, "--format", "json")
    step = json.loads(result.stdout)["steps"][0]
    assert result.returncode == 1
    assert step["unmet"] == [sentence]
    assert None in step["values"].values()


def test_a_refused_bearer_is_said_and_not_shown(run):
    other = "an0ther-token-that-nobody-knows"
    with serving_http(beacon(QUIET)) as server:
        result = run(server.server_port, "--format", "json", token=other)
    step = json.loads(result.stdout)["steps"][0]
    assert step["unmet"] == ["status 401, expected 200"]
    assert set(step["values"].values()) == {None}
    assert other not in result.stdout + result.stderr


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_takes_the_bearer_nowhere(run, status):
    with serving_http(beacon(QUIET)) as elsewhere:
        location = f"http://127.0.0.1:{elsewhere.server_port}/api/ops/errors"
        with serving_http(lambda path, fields: (status, {"Location": location}, b"")) as server:
            result = run(server.server_port, "--format", "json")
            assert len(server.asked) == 1
        assert elsewhere.asked == []
    assert json.loads(result.stdout)["steps"][0]["unmet"] == [f"status {status}, expected 200"]


def test_the_daemon_exports_them(tmp_path):
    file = tmp_path / "beacon.yaml"
    with serving_http(beacon(LOUD)) as server:
        file.write_text(SCENARIO.format(port=server.server_port))
        with serving(file, env={"WSPROBE_TEST_TOKEN": TOKEN}) as daemon:
            labels = 'scenario="beacon",step="errors",value='
            assert daemon.wait_for_metric(f'wsprobe_http_value{{{labels}"frontend_websocket_errors"}}', 2) == 2
            assert daemon.metric(f'wsprobe_http_value{{{labels}"total"}}') == 5
            assert daemon.metric('wsprobe_step_success{scenario="beacon",step="errors"}') == 0
            assert TOKEN not in daemon.get("/metrics")
