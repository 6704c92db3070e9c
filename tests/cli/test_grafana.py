"""The rules, dashboards and runbooks of grafana/: nothing in them that the metrics do not have, nothing that Prometheus does
not take, nothing that differs from what it was made from."""

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest
import yaml

from conftest import BINARY, SOURCE

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from services import Prometheus  # noqa: E402

GRAFANA = SOURCE / "grafana"
RULES = GRAFANA / "prometheus"
DASHBOARDS = sorted((GRAFANA / "dashboards").glob("*.json"))
ALERTS_NAMED_BY_THE_PROJECT = {
    "WsProbeUpgradeRefusedByProxy", "WsProbeUpgradeRefusedByBackend", "WsProbeInvalidTokenAccepted",
    "WsProbeHealthGreenUpgradeBroken", "WsProbeVerdictUndetermined", "WsProbeCertificateExpiry", "WsProbeStale", "WsProbeAbsent",
    "WsProbeFailingFromOneVantage", "WsProbeFailingFromAllVantages", "WsProbeErrorBudgetBurn", "WsProbeDown", "WsProbeProberAtFault"}
# What Prometheus itself and its configuration add to every series.
ADDED_LABELS = {"instance", "job", "vantage", "le"}
ALERT_LABELS = {"alertname", "alertstate", "severity", "category"}


def metric_table():
    """Name to labels, from docs/METRICS.md, which a unit test compares with the program's own table."""
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| ([^|]*) \|", (SOURCE / "docs" / "METRICS.md").read_text(), re.MULTILINE)
    table = {}
    for name, kind, labels in rows:
        words = set(re.findall(r"\w+", labels))
        for suffix in ("_bucket", "_sum", "_count") if kind == "histogram" else ("",):
            table[name + suffix] = words
    assert len(table) > 30
    return table


def rule_groups():
    for file in ("recording.rules.yml", "alerts.rules.yml"):
        yield from yaml.safe_load((RULES / file).read_text())["groups"]


def rules():
    return [rule for group in rule_groups() for rule in group["rules"]]


def alerts():
    return [rule for rule in rules() if "alert" in rule]


def recorded():
    return {rule["record"]: rule["expr"] for rule in rules() if "record" in rule}


def panels(dashboard):
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def dashboard_expressions():
    for file in DASHBOARDS:
        dashboard = json.loads(file.read_text())
        for panel in panels(dashboard):
            for target in panel.get("targets", []):
                yield f"{file.name}: {panel['title']}", target["expr"]
        for annotation in dashboard["annotations"]["list"]:
            yield f"{file.name}: annotation", annotation["target"]["expr"]


def all_expressions():
    yield from ((rule.get("alert") or rule["record"], rule["expr"]) for rule in rules())
    yield from dashboard_expressions()
    for group in yaml.safe_load((GRAFANA / "provisioning" / "alerting" / "wsprobe.yml").read_text())["groups"]:
        for rule in group["rules"]:
            yield f"Grafana: {rule['title']}", rule["data"][0]["model"]["expr"]


def names_in(expression):
    """Metrics, and labels that are matched or grouped by."""
    bare = re.sub(r'"[^"]*"', '""', expression)
    metrics = set(re.findall(r"\b(?:wsprobe_|probe_|wsprobe:)[\w:]+", bare))
    labels = set()
    for braces in re.findall(r"\{([^}]*)\}", bare):
        labels |= set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", braces))
    for listed in re.findall(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)", bare):
        labels |= set(re.findall(r"\w+", listed))
    return metrics, labels


def labels_of(metric, table, records):
    if metric in table:
        return table[metric]
    inner, _ = names_in(records[metric])
    return set().union(*(labels_of(name, table, records) for name in inner))


def problems_of(where, expression, table, records):
    """What the expression uses that nothing provides."""
    metrics, labels = names_in(expression)
    unknown = {name for name in metrics if name not in table and name not in records}
    known = set().union(ADDED_LABELS, *(labels_of(name, table, records) for name in metrics - unknown))
    if "ALERTS" in expression:
        known |= ALERT_LABELS
    return [f"{where}: {name}" for name in sorted(unknown) + sorted(labels - known)]


def test_every_metric_and_label_is_one_that_wsprobe_has():
    table, records = metric_table(), recorded()
    assert [problem for where, expression in all_expressions() for problem in problems_of(where, expression, table, records)] == []


def test_the_check_itself_finds_what_is_not_there():
    table, records = metric_table(), recorded()
    assert problems_of("x", "wsprobe_scenario_sucess", table, records) == ["x: wsprobe_scenario_sucess"]
    assert problems_of("x", 'wsprobe_scenario_success{stpe="a"}', table, records) == ["x: stpe"]
    assert problems_of("x", "sum by (phase) (wsprobe_scenario_success)", table, records) == ["x: phase"]
    assert problems_of("x", "wsprobe:nothing", table, records) == ["x: wsprobe:nothing"]


def test_labels_in_texts_are_those_of_the_alert():
    """A template that names a label which the alert cannot have prints nothing."""
    table, records = metric_table(), recorded()
    for rule in alerts():
        metrics, _ = names_in(rule["expr"])
        known = set().union(ADDED_LABELS, *(labels_of(name, table, records) for name in metrics))
        for text in rule["annotations"].values():
            assert set(re.findall(r"\$labels\.(\w+)", text)) <= known, rule["alert"]
    for where, expression in dashboard_expressions():
        assert "$labels" not in expression, where


def substituted(expression):
    for variable, value in {"$__rate_interval": "2m", "$__range": "1h", "$scenario": ".*", "$instance": ".*", "$vantage": ".*"}.items():
        expression = expression.replace(variable, value)
    return expression


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory):
    directory = tmp_path_factory.mktemp("prometheus")
    configuration = {"rule_files": [str(RULES / "recording.rules.yml"), str(RULES / "alerts.rules.yml")]}
    with Prometheus(directory, configuration) as running:
        yield running


def test_every_expression_evaluates_in_prometheus(prometheus):
    expressions = list(all_expressions())
    assert len(expressions) > 60
    for where, expression in expressions:
        assert "$" not in substituted(expression).replace('"$1"', ""), where  # of label_replace
        prometheus.query(substituted(expression))


def test_prometheus_takes_the_rules(prometheus):
    loaded = json.loads(prometheus.text("/api/v1/rules"))["data"]["groups"]
    assert sum(len(group["rules"]) for group in loaded) == len(rules())


def test_promtool_is_content():
    files = [str(RULES / "recording.rules.yml"), str(RULES / "alerts.rules.yml")]
    done = subprocess.run(["promtool", "check", "rules", "--lint-fatal", *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    tests = sorted(map(str, (RULES / "tests").glob("*.yml")))
    done = subprocess.run(["promtool", "test", "rules", *tests], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tested_and_has_its_texts():
    tests = "".join(file.read_text() for file in (RULES / "tests").glob("*.yml"))
    names = {rule["alert"] for rule in alerts()}
    assert names >= ALERTS_NAMED_BY_THE_PROJECT
    for rule in alerts():
        assert rule["alert"] in tests, rule["alert"]
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert {"summary", "description", "runbook_url"} <= set(rule["annotations"])
        runbook = SOURCE / "docs" / "runbooks" / rule["annotations"]["runbook_url"].rpartition("/")[2]
        assert runbook.read_text().startswith(f"# {rule['alert']}\n")
    assert {file.stem for file in (SOURCE / "docs" / "runbooks").glob("WsProbe*.md")} == names


def test_what_is_generated_is_up_to_date():
    """Runbooks and remedies are the words of `wsprobe explain`."""
    done = subprocess.run([sys.executable, GRAFANA / "generate.py", "--check", BINARY], capture_output=True, text=True,
                          check=False, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    assert done.returncode == 0, "run grafana/generate.py with the wsprobe you built:\n" + done.stdout + done.stderr


def test_grafana_has_the_same_alerts_as_prometheus():
    provisioned = yaml.safe_load((GRAFANA / "provisioning" / "alerting" / "wsprobe.yml").read_text())
    found = [rule for group in provisioned["groups"] for rule in group["rules"]]
    assert len(found) == len(alerts())
    assert [rule["data"][0]["model"]["expr"] for rule in found] == [rule["expr"] for rule in alerts()]
    for group in provisioned["groups"]:
        titles = [rule["title"] for rule in group["rules"]]
        assert len(set(titles)) == len(titles)
    uids = [rule["uid"] for rule in found]
    assert len(set(uids)) == len(uids) and all(re.fullmatch(r"[a-zA-Z0-9_-]{1,40}", uid) for uid in uids)
    datasource = yaml.safe_load((GRAFANA / "provisioning" / "datasources" / "prometheus.yml").read_text())["datasources"][0]
    assert {rule["data"][0]["datasourceUid"] for rule in found} == {datasource["uid"]}


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: file.stem)
def test_dashboards_are_laid_out_and_refer_to_what_is_there(file):
    dashboard = json.loads(file.read_text())
    seen, cells = set(), set()
    for panel in panels(dashboard):
        assert panel["id"] not in seen
        seen.add(panel["id"])
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24 and panel["title"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert (x, y) not in cells, panel["title"]
                cells.add((x, y))
        assert panel["type"] == "row" or panel["targets"]
    variables = {variable["name"] for variable in dashboard["templating"]["list"]}
    text = file.read_text()
    used = set(re.findall(r"\$\{?(\w+)", text)) - {"__rate_interval", "__range", "__field", "__url_time_range", "__value", "__all"}
    assert used <= variables
    uids = {json.loads(other.read_text())["uid"] for other in DASHBOARDS}
    assert set(re.findall(r"/d/([\w-]+)", text)) <= uids
