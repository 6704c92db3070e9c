"""No false green: whether an output calls a run healthy, and whether all that it says agrees; for the lab and the hostile corpus."""

from __future__ import annotations

import json
import re
import subprocess
import xml.etree.ElementTree as xml
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

RULES = Path(__file__).resolve().parents[2] / "grafana" / "prometheus"
NAGIOS_OK = 0
SERIES = re.compile(r"(?m)^(wsprobe_\w+(?:\{.*\})?) (\S+)$")


class Ended(Protocol):
    """A run that is over."""

    @property
    def exit_code(self) -> int: ...

    @property
    def out(self) -> str: ...


def success_in(text: str) -> bool:
    found = re.findall(r"(?m)^probe_success(?:\{[^}]*\})? ([01])$", text)
    assert len(found) == 1, text[:200]
    return found[0] == "1"


def json_is_green(result: Ended) -> bool:
    report = json.loads(result.out)
    told = {report["outcome"] == "pass", report["verdict"]["cause"] == "healthy", result.exit_code == 0,
            all(made["as_expected"] for made in report["steps"] + report["experiments"])}
    assert len(told) == 1, f"the report disagrees with itself: {result.out[:500]}"
    return told.pop()


def junit_is_green(result: Ended) -> bool:
    root = xml.fromstring(result.out.encode())
    told = {root.get("failures") == root.get("errors") == "0", not list(root.iter("failure")) + list(root.iter("error")), result.exit_code == 0}
    assert len(told) == 1, result.out[:500]
    return told.pop()


def nagios_is_green(result: Ended) -> bool:
    told = {result.exit_code == NAGIOS_OK, result.out.startswith("WSPROBE OK")}
    assert len(told) == 1, result.out[:500]
    return told.pop()


def prometheus_is_green(result: Ended) -> bool:
    told = {success_in(result.out), re.search(r"(?m)^probe_failure_info\{.*\} 1$", result.out) is None, result.exit_code == 0}
    assert len(told) == 1, result.out[-900:]
    return told.pop()


def human_is_green(result: Ended) -> bool:
    told = {re.match(r"\W*PASS", result.out) is not None, result.exit_code == 0}
    assert len(told) == 1, result.out[:500]
    return told.pop()


FORMATS: dict[str, Callable[[Ended], bool]] = {
    "json": json_is_green, "junit": junit_is_green, "nagios": nagios_is_green, "prometheus": prometheus_is_green, "human": human_is_green,
}


def badge_is_green(svg: str) -> bool:
    (state,) = re.findall(r"<title>.*: (passing|failing)</title>", svg)
    return state == "passing"


# ---- alerts ----


def check_alerts(directory: Path, exposed: Iterable[str], green: Iterable[str], red: Iterable[str]) -> None:
    """What daemons exposed, each of them for one scenario, and stayed at: the project's rules alert about the red ones alone."""
    series = [{"series": name, "values": f"{value}x40"} for text in exposed for name, value in SERIES.findall(text)]
    about = "|".join([*green, *red])
    asked = {"expr": f'group by (scenario) (ALERTS{{alertstate="firing", scenario=~"{about}"}})', "eval_time": "10m",
             "exp_samples": [{"labels": f'{{scenario="{name}"}}', "value": 1} for name in red]}
    order = re.findall(r"(?m)^ *- name: (\S+)", (RULES / "recording.rules.yml").read_text() + (RULES / "alerts.rules.yml").read_text())
    test = {"rule_files": [str(RULES / "recording.rules.yml"), str(RULES / "alerts.rules.yml")], "evaluation_interval": "30s",
            "group_eval_order": order, "tests": [{"interval": "30s", "input_series": series, "promql_expr_test": [asked]}]}
    file = directory / "agreement_test.yml"
    file.write_text(json.dumps(test))  # JSON is YAML
    done = subprocess.run(["promtool", "test", "rules", file], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[:3000]
