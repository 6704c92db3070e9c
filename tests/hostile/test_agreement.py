"""No false green: of whatever is not healthy, exit code, every format, the daemon, `/probe` and the alert rules say so."""

from __future__ import annotations

import concurrent.futures
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import measured
from agreement import FORMATS, RULES, badge_is_green, success_in
from corpus import Behaviour, Corpus, running_corpus
from watched_daemon import watched
from wsprobe import Wsprobe

from services import Prometheus, until

BINARY = Path(os.environ["WSPROBE_BINARY"])
AT_ONCE = 16


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    with running_corpus(tmp_path_factory.mktemp("corpus"), every="5s") as running:
        yield running


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_its_exit_code_and_the_textfile_of_the_same_run(corpus: Corpus, name: str) -> None:
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", **corpus.environment}

    def one(behaviour: Behaviour) -> str:
        textfile = behaviour.scenario.with_suffix(f".{name}.prom")
        command = [str(BINARY), "run", str(behaviour.scenario), "--format", name, "--textfile", str(textfile), *corpus.options]
        result = measured.run(command, environment, behaviour.scenario.with_suffix(".status"))
        try:
            told = {FORMATS[name](result), success_in(textfile.read_text())}
        except AssertionError as wrong:
            return f"{behaviour}: {wrong}"
        return "" if told == {behaviour.row.healthy_too} else f"{behaviour}: {told}"

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        wrong = [behaviour for behaviour, problem in zip(corpus.behaviours, pool.map(one, corpus.behaviours)) if problem]
    wrong = list(filter(None, map(one, wrong)))  # what the others may have held up is asked again, alone
    assert not wrong, "\n".join(wrong)


def test_the_daemon_its_probe_and_the_alerts(corpus: Corpus, tmp_path: Path) -> None:
    configuration = tmp_path / "wsprobe.yml"
    configuration.write_text(f"scenarios: ['{corpus.behaviours[0].scenario.parent}/h*.yaml']\n")
    green = {behaviour.name for behaviour in corpus.behaviours if behaviour.row.healthy_too}
    red = {behaviour.name for behaviour in corpus.behaviours} - green
    with watched(Wsprobe(BINARY, tmp_path), configuration, corpus.environment, *corpus.options) as daemon:
        scraping = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(RULES / "recording.rules.yml"), str(RULES / "alerts.rules.yml")],
            "scrape_configs": [{"job_name": "wsprobe", "static_configs": [{"targets": [daemon.address]}]}],
        }
        until(lambda: min(daemon.now().by_scenario("wsprobe_scenario_runs_total").values()) >= 1, "every scenario to have run", 60)
        with Prometheus(tmp_path, scraping) as prometheus:
            def alerting() -> set[str]:
                return {alert["labels"].get("scenario", "") for alert in prometheus.alerts()}

            until(lambda: red <= alerting(), lambda: f"alerts about {sorted(red - alerting())}", 60)
            assert not green & alerting()
        metrics = daemon.now()
        success = metrics.by_scenario("wsprobe_scenario_success")
        assert {name for name, value in success.items() if value == 1} == green
        causes = {labels["scenario"]: labels["cause"] for labels, value in metrics.samples("wsprobe_verdict_info") if value == 1}
        assert {name for name, cause in causes.items() if cause == "healthy"} == green
        states = json.loads(daemon.get("/api/v1/scenarios"))["scenarios"]
        assert len(states) == len(corpus.behaviours)
        assert {state["scenario"] for state in states if state["outcome"] == "pass"} == green
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            probed = dict(pool.map(lambda one: (one.name, success_in(daemon.get(f"/probe?module={one.name}"))), corpus.behaviours))
        assert {name for name, passed in probed.items() if passed} == green
        badges = {name: daemon.get(f"/badge/{name}.svg") for name in red}
        assert not [name for name, badge in badges.items() if badge_is_green(badge)]
