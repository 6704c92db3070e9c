#!/usr/bin/python3
"""Writes what follows from something else, so that nothing is said twice by hand:

  dashboards/*.json                        from dashboards.py
  prometheus/alerts.rules.yml              the annotation `remedy`, from `wsprobe explain`
  provisioning/alerting/wsprobe.yml        the same alerts for Grafana's own alerting
  ../packaging/kubernetes/rules.yaml       the same rules for the Prometheus operator
  ../docs/runbooks/*.md                    what each cause means, from `wsprobe explain`

    grafana/generate.py WSPROBE            writes them
    grafana/generate.py --check WSPROBE    says which differ; exit code 1 if one does
"""

import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import yaml

import dashboards

HERE = Path(__file__).resolve().parent
RULES = HERE / "prometheus"
RUNBOOKS = HERE.parent / "docs" / "runbooks"
DATASOURCE = "wsprobe-prometheus"
NOTICE = "# Written by grafana/generate.py from grafana/prometheus/; do not change it here.\n"


class Explained:
    """What `wsprobe explain` says, each word asked for once."""

    def __init__(self, binary):
        self.binary = binary
        self.texts = {}

    def _ask(self, *words):
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}
        return subprocess.run([self.binary, "explain", *words], env=environment, check=True, capture_output=True,
                              text=True, timeout=30).stdout

    def text(self, cause):
        if cause not in self.texts:
            self.texts[cause] = self._ask(cause)
        return self.texts[cause]

    def causes(self):
        """The causes with an answer; those without one are as many as there are reasons."""
        section = re.search(r"^Causes\n(.*?)\n\s*\n", self._ask(), re.MULTILINE | re.DOTALL).group(1)
        words = re.findall(r"^  ([a-z_]+)\s", section, re.MULTILINE)
        return [word for word in words if word != "healthy"]

    def remedy(self, cause):
        """What to change in any product, with its line ends: some of the lines are configuration."""
        section = re.search(r"^What to change\n(.*?)(?=^What to check next)", self.text(cause), re.MULTILINE | re.DOTALL)
        general = section and re.search(r"^  In any case\n((?:(?:    .*)?\n)*)", section.group(1), re.MULTILINE)
        return textwrap.dedent(general.group(1)).strip() if general else ""


# ---- alerts ----

def remedy_template(explained):
    """A template that picks the remedy by the label `cause`."""
    lines, word = [], "{{ if"
    for cause in explained.causes():
        text = explained.remedy(cause).replace("{{", '{{ "{{" }}')
        if text:
            lines += [f'{word} eq $labels.cause "{cause}" -}}}}', *text.splitlines()]
            word = "{{- else if"
    return lines + ["{{- else -}}", "See `wsprobe explain {{ $labels.cause }}`.", "{{- end }}"]


def with_remedy(text, template):
    indent = " " * 10
    block = "".join(f"{indent}  {line}".rstrip() + "\n" for line in template)
    return re.sub(r" *# generated: remedy\n(?: *remedy: &remedy.*?)?(?= *# end of generated)",
                  lambda _: f"{indent}# generated: remedy\n{indent}remedy: &remedy |-\n{block}", text, flags=re.DOTALL)


def for_grafana(rule):
    """A rule for Grafana's alerting: it fires where the expression gives a number, whichever."""
    name = rule["alert"] + ("" if rule["labels"]["severity"] == "critical" else "Warning")
    query = {"refId": "A", "expr": rule["expr"], "instant": True, "range": False, "intervalMs": 1000, "maxDataPoints": 43200,
             "datasource": {"type": "prometheus", "uid": DATASOURCE}}
    condition = {"refId": "B", "type": "math", "expression": "is_number($A)",
                 "datasource": {"type": "__expr__", "uid": "__expr__"}}
    window = {"from": 600, "to": 0}
    annotations = {key: re.sub(r"\$value\b", "$values.A.Value", value) for key, value in rule["annotations"].items()}
    return {"uid": re.sub(r"(?<!^)([A-Z])", r"-\1", name).lower()[:40], "title": name, "condition": "B",
            "data": [{"refId": "A", "relativeTimeRange": window, "datasourceUid": DATASOURCE, "model": query},
                     {"refId": "B", "relativeTimeRange": window, "datasourceUid": "__expr__", "model": condition}],
            "noDataState": "OK", "execErrState": "Error", "for": rule.get("for", "0s"),
            "labels": rule["labels"], "annotations": annotations}


class Plain(yaml.SafeDumper):
    """No anchors: not every reader of these files follows them."""

    def ignore_aliases(self, data):
        return True


def dump(document):
    return NOTICE + yaml.dump(document, Dumper=Plain, sort_keys=False, width=4096, allow_unicode=True)


def grafana_alerting(alerts):
    groups = [{"orgId": 1, "name": group["name"], "folder": "wsprobe", "interval": "30s",
               "rules": [for_grafana(rule) for rule in group["rules"]]} for group in alerts["groups"]]
    return dump({"apiVersion": 1, "groups": groups})


def operator_rules(recording, alerts):
    return dump({"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule",
                 "metadata": {"name": "wsprobe", "labels": {"app.kubernetes.io/name": "wsprobe"}},
                 "spec": {"groups": recording["groups"] + alerts["groups"]}})


# ---- runbooks ----

def with_explanations(text, explained):
    def section(match):
        blocks = "".join(f"\n## `{cause}`\n\n```text\n{explained.text(cause).rstrip()}\n```\n"
                         for cause in match.group(1).split())
        return f"<!-- wsprobe explain: {match.group(1)} -->\n{blocks}\n<!-- end of explain -->"
    return re.sub(r"<!-- wsprobe explain: (.*?) -->\n.*?<!-- end of explain -->", section, text, flags=re.DOTALL)


# ---- all of it ----

def everything(explained):
    """Path and text of every generated file."""
    for name, dashboard in dashboards.all_dashboards().items():
        yield HERE / "dashboards" / name, json.dumps(dashboard, indent=2, ensure_ascii=False) + "\n"
    alerts_file = RULES / "alerts.rules.yml"
    alerts_text = with_remedy(alerts_file.read_text(encoding="utf-8"), remedy_template(explained))
    yield alerts_file, alerts_text
    alerts = yaml.safe_load(alerts_text)
    recording = yaml.safe_load((RULES / "recording.rules.yml").read_text(encoding="utf-8"))
    yield HERE / "provisioning" / "alerting" / "wsprobe.yml", grafana_alerting(alerts)
    yield HERE.parent / "packaging" / "kubernetes" / "rules.yaml", operator_rules(recording, alerts)
    for runbook in sorted(RUNBOOKS.glob("WsProbe*.md")):
        yield runbook, with_explanations(runbook.read_text(encoding="utf-8"), explained)


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--check"]
    if len(arguments) != 1:
        sys.exit(__doc__)
    differing = []
    for path, text in everything(Explained(arguments[0])):
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        differing.append(path.relative_to(HERE.parent))
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for path in differing:
        print(f"{path}: {'differs from what it follows from' if '--check' in sys.argv else 'written'}")
    return 1 if differing and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
