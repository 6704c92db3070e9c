"""From the deployment to the pager: real Caddy and uvicorn, probed by `wsprobe serve`, scraped by real Prometheus with the
project's own rules, which tells real Alertmanager."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from daemon import Daemon
from deployment import Lab
from proxies import Caddy
from rows import row
from wsprobe import Wsprobe

SOURCE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests" / "support"))

from services import Alertmanager, Prometheus, until  # noqa: E402

RULES = SOURCE / "grafana" / "prometheus"
HEALTHY = "healthy"
INTERVAL = 2.0  # of evaluations, in seconds; runs and scrapes come every second


@dataclass
class Watched:
    prometheus: Prometheus
    manager: Alertmanager

    def firing(self, name: str = "") -> list[dict[str, dict[str, str]]]:
        return [alert for alert in self.prometheus.alerts()
                if alert["state"] == "firing" and name in ("", alert["labels"]["alertname"])]

    def told(self, name: str) -> list[dict[str, object]]:
        return [alert for alert in self.manager.alerts() if alert["labels"]["alertname"] == name]


@pytest.fixture
def watched(lab: Lab, wsprobe: Wsprobe, tmp_path: Path) -> Iterator[Watched]:
    """A healthy deployment under watch; those that follow stand at its address."""
    caddy = lab.proxy("caddy")
    assert isinstance(caddy, Caddy)
    caddy.keeps_its_address = True
    scenario = wsprobe.scenario(lab.deploy(row(HEALTHY).plan).edge, name="swarmlet")
    scenario.write_text(re.sub(r"(?m)^every:.*\n", "", scenario.read_text()) + "every: 1s\n")
    daemon = Daemon(wsprobe, scenario)
    try:
        with Alertmanager(tmp_path, SOURCE / "packaging" / "docker" / "alertmanager.yml") as manager:
            configuration = {
                "global": {"scrape_interval": "1s", "evaluation_interval": f"{INTERVAL:.0f}s"},
                "rule_files": [str(RULES / "recording.rules.yml"), str(RULES / "alerts.rules.yml")],
                "alerting": {"alertmanagers": [{"static_configs": [{"targets": [manager.address]}]}]},
                "scrape_configs": [{"job_name": "wsprobe", "static_configs": [{"targets": [daemon.address]}]}],
            }
            with Prometheus(tmp_path, configuration) as prometheus:
                until(lambda: prometheus.query("wsprobe:upgrade_success == 1"), "a healthy run to be seen")
                yield Watched(prometheus, manager)
    finally:
        daemon.stop()



def verdict_seen(watched: Watched, cause: str) -> float:
    """When Prometheus has the verdict."""
    until(lambda: watched.prometheus.query(f'wsprobe_verdict_info{{cause="{cause}"}} == 1'), f"the verdict {cause}")
    return time.monotonic()


def test_the_incident_alerts_with_its_verdict_and_remedy_and_resolves(lab: Lab, watched: Watched) -> None:
    assert watched.firing() == []
    lab.deploy(row("incident").plan)  # the same Caddy, with the incident's configuration
    seen = verdict_seen(watched, "proxy_rewrote_path")
    (alert,) = until(lambda: watched.firing("WsProbeUpgradeRefusedByProxy"), "the alert")
    assert time.monotonic() - seen < 2 * INTERVAL + 0.5  # two evaluations: one records, one alerts
    labels = alert["labels"]
    assert (labels["emitter"], labels["fault"], labels["cause"]) == ("backend", "proxy", "proxy_rewrote_path")
    assert (labels["scenario"], labels["severity"]) == ("swarmlet", "critical")
    assert "try_files" in alert["annotations"]["remedy"]
    assert "swarmlet" in alert["annotations"]["summary"]
    (told,) = until(lambda: watched.told("WsProbeUpgradeRefusedByProxy"), "Alertmanager to be told")
    assert told["receivers"] == [{"name": "edge"}]
    assert {each["labels"]["alertname"] for each in watched.firing()} == {"WsProbeUpgradeRefusedByProxy"}

    lab.deploy(row(HEALTHY).plan)
    verdict_seen(watched, "healthy")
    until(lambda: not watched.firing("WsProbeUpgradeRefusedByProxy"), "the alert to be over", 4 * INTERVAL)


def test_an_invalid_token_that_is_let_in_alerts_and_resolves(lab: Lab, watched: Watched) -> None:
    lab.deploy(row("accepts-anything").plan)
    seen = verdict_seen(watched, "auth_bypass")
    (alert,) = until(lambda: watched.firing("WsProbeInvalidTokenAccepted"), "the alert")
    assert time.monotonic() - seen < 2 * INTERVAL + 0.5
    assert (alert["labels"]["fault"], alert["labels"]["cause"]) == ("backend", "auth_bypass")
    assert alert["labels"]["emitter"] in ("backend", "undetermined")
    assert alert["labels"]["category"] == "security"
    assert alert["annotations"]["remedy"]
    (told,) = until(lambda: watched.told("WsProbeInvalidTokenAccepted"), "Alertmanager to be told")
    assert told["receivers"] == [{"name": "security"}]
    lab.deploy(row(HEALTHY).plan)
    until(lambda: not watched.firing("WsProbeInvalidTokenAccepted"), "the alert to be over")
