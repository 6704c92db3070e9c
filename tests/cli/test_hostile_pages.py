"""A page whose scripts mean harm, in a run and in the daemon: it is stopped, that is said, and nothing else suffers."""

import json
import time

import pytest
from conftest import TOKEN, serving_http, wsprobe
from serve import serving

SCRIPTS = {
    "loops": ("for (;;) {}", "out_of_time"),
    "allocates": ("const kept = []; for (;;) kept.push(new Array(100000).fill({}))", None),
    "recurses": ("function f() { f() } f()", "threw"),
    "throws": ("throw new Error('no')", "threw"),
    "reads files": ("read('/etc/passwd')", "threw"),
    "calls somebody": ("fetch('http://127.0.0.1:1/')", "needed"),
}


def page(path, _):
    """/NAME/ is a page with that script."""
    name = path.strip("/").replace("%20", " ").removesuffix("/config.js")
    if path.endswith("config.js"):
        return 200, {"Content-Type": "text/javascript"}, SCRIPTS[name][0].encode()
    return 200, {"Content-Type": "text/html"}, b"<!doctype html><script src=config.js></script>"


@pytest.fixture
def pages():
    with serving_http(page) as server:
        yield server


def scenario(tmp_path, name, port, pages_port=None, every=""):
    page = f"  frontend: http://127.0.0.1:{pages_port}\n" if pages_port else ""
    step = f"  - frontend: {{path: \"/{name.replace(' ', '%20')}/\"}}\n" if pages_port else ""
    file = tmp_path / f"{name.replace(' ', '-')}.yaml"
    file.write_text(f"scenario: {name.replace(' ', '-')}\n{every}target:\n  edge: ws://127.0.0.1:{port}\n{page}timeout: 15s\n"
                    "credentials: {valid: {env: T}}\nsteps:\n"
                    "  - upgrade: {name: socket, path: /api/ws, query: {token: \"${valid}\"}, expect: accepted, ping: 1}\n" + step)
    return file


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_stopped_and_the_other_steps_are_not(tmp_path, application, pages, name):
    began = time.monotonic()
    result = wsprobe("run", scenario(tmp_path, name, application.port, pages.server_port), "--format", "json", env={"T": TOKEN})
    assert time.monotonic() - began < 12
    assert result.returncode == 1, result.stderr
    socket, page = json.loads(result.stdout)["steps"]
    assert (socket["outcome"], socket["as_expected"]) == ("completed", True)
    assert page["frontend"]["browser"]["answer"] == "undetermined"
    (script,) = page["frontend"]["scripts"]
    if SCRIPTS[name][1]:
        assert script["end"] == SCRIPTS[name][1]
    else:
        assert script["end"] in ("out_of_memory", "threw") or "ended" in page["frontend"]["problem"]
    assert page["frontend"]["problem"]


def test_beside_them_the_daemon_keeps_its_schedule(tmp_path, application, pages):
    """Healthy scenarios every second, beside pages that loop and allocate without end."""
    every = "every: 1s\n"
    files = [scenario(tmp_path, f"healthy-{number}", application.port, every=every) for number in range(4)]
    files += [scenario(tmp_path, name, application.port, pages.server_port, "every: 3s\n") for name in ("loops", "allocates")]
    with serving(*files, env={"T": TOKEN}) as daemon:
        for name in ("loops", "allocates"):
            daemon.wait_for_metric(runs(name), 2, timeout=60)
        for number in range(4):
            assert daemon.metric(runs(f"healthy-{number}")) >= 4
            assert daemon.metric(f'wsprobe_scenario_success{{scenario="healthy-{number}"}}') == 1
            assert not daemon.metric(f'wsprobe_scenario_failures_total{{scenario="healthy-{number}"}}')
        late = daemon.metric("wsprobe_schedule_lag_seconds_count") - daemon.metric('wsprobe_schedule_lag_seconds_bucket{le="0.5"}')
        assert late == 0
        assert daemon.stop() == 0


def runs(scenario_name):
    return f'wsprobe_scenario_runs_total{{scenario="{scenario_name}"}}'
