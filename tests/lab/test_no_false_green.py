"""No false green in the lab: about every deployment that is not healthy the exit code, every format, the textfile, the daemon's
endpoints and the project's alert rules say so. promtool judges the rules, by what the daemons exposed."""

from __future__ import annotations

import concurrent.futures
import json
import re
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agreement import FORMATS, badge_is_green, check_alerts, success_in
from daemon import Daemon
from deployment import Lab
from rows import ROWS
from rows_base import Row
from services import until
from wsprobe import Wsprobe


@dataclass
class Exposed:
    """What /metrics of the daemons said, by whether a deployment is healthy."""

    by_green: dict[bool, dict[str, str]] = field(default_factory=lambda: {True: {}, False: {}})


@pytest.fixture(scope="module")
def exposed() -> Exposed:
    return Exposed()


@pytest.fixture(scope="module", autouse=True)
def all_backends(lab: Lab, rows_asked_for: list[Row]) -> None:
    lab.start_backends([(each.plan.backend, each.plan.behaviour) for each in rows_asked_for if each.plan.backend_runs])


def scenario_of(wsprobe: Wsprobe, edge: str, case: Row) -> Path:
    file = wsprobe.scenario(edge, name=case.name, codes=case.refusal_codes)
    text = file.read_text().replace("timeout: 10s", "every: 1s\ntimeout: 10s")
    if case.options:
        assert case.options[0] == "--origin"
        text = text.replace("query:", f'origin: "{case.options[1]}", query:')
    file.write_text(text)
    return file


def told_by_formats(wsprobe: Wsprobe, file: Path, case: Row) -> dict[str, bool]:
    def one(name: str) -> tuple[str, bool]:
        textfile = file.with_suffix(f".{name}.prom")
        run = wsprobe.run(file, options=["--textfile", str(textfile)], token=case.token, output=name)
        green = FORMATS[name](run)
        assert success_in(textfile.read_text()) == green, f"{name} and its textfile"
        return name, green

    with concurrent.futures.ThreadPoolExecutor(len(FORMATS)) as pool:
        return dict(pool.map(one, FORMATS))


def told_by_daemon(wsprobe: Wsprobe, file: Path, case: Row) -> tuple[dict[str, bool], str]:
    """What its endpoints say, and what it exposes."""
    daemon = Daemon(wsprobe, file, token=case.token)

    def get(path: str) -> str:
        with urllib.request.urlopen(f"http://{daemon.address}{path}", timeout=20) as answer:
            return answer.read().decode()

    def value(name: str) -> float | None:
        return next((float(line.rpartition(" ")[2]) for line in daemon.metrics(name)), None)

    try:
        until(lambda: (value("wsprobe_scenario_runs_total") or 0) >= 1, "a run")
        probe = success_in(get(f"/probe?module={case.name}"))
        metrics = get("/metrics")
        (state,) = json.loads(get("/api/v1/scenarios"))["scenarios"]
        (cause,) = re.findall(r'(?m)^wsprobe_verdict_info\{.*cause="(\w+)".*\} 1$', metrics)
        told = {"/probe": probe, "/metrics": value("wsprobe_scenario_success") == 1, "its verdict": cause == "healthy",
                "/api/v1/scenarios": state["outcome"] == "pass", "its badge": badge_is_green(get(f"/badge/{case.name}.svg"))}
    finally:
        daemon.stop()
    return told, metrics


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in ROWS])
def test_everybody_says_the_same(lab: Lab, wsprobe: Wsprobe, exposed: Exposed, case: Row) -> None:
    file = scenario_of(wsprobe, lab.deploy(case.plan).edge, case)
    told = told_by_formats(wsprobe, file, case)
    by_daemon, metrics = told_by_daemon(wsprobe, file, case)
    told |= by_daemon
    if case.passes is False:
        assert not any(told.values()), told
    else:
        assert len(set(told.values())) == 1, told
    exposed.by_green[told["/metrics"]][case.name] = metrics


def test_the_alert_rules_agree(exposed: Exposed, tmp_path: Path) -> None:
    green, red = exposed.by_green[True], exposed.by_green[False]
    assert green or red, "no deployment was asked for"
    check_alerts(tmp_path, [*green.values(), *red.values()], green, red)
    print(f"{len(green)} healthy deployments, {len(red)} others")


def test_the_rules_would_be_seen_to_disagree(tmp_path: Path) -> None:
    text = 'wsprobe_scenario_success{scenario="s"} 1\nwsprobe_verdict_info{scenario="s",emitter="none",fault="none",cause="healthy"} 1\n'
    check_alerts(tmp_path, [text], ["s"], [])
    with pytest.raises(AssertionError):
        check_alerts(tmp_path, [text], [], ["s"])
