"""What `wsprobe lint` says of a configuration, against what the proxy does with it.

Every bad twin of the corpus runs in its proxy: what the live probe finds is what the finding says, or less, and
`diagnose --proxy-config` clears nothing. Every good twin lets the WebSocket through, and the file of its bad twin, which
is not what runs, is confirmed in nothing.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lint_worlds import HOST, PRODUCTS, Case, Surroundings, cases_of, running
from programs import Address, NotStarted
from wsprobe import Wsprobe, binary

URL = f"wss://{HOST}/api/ws"
CASES = [case for product in PRODUCTS for case in cases_of(product)]
BAD = [case for case in CASES if case.is_bad]
GOOD = [case for case in CASES if not case.is_bad]
CUT_AFTER = "1s"

# What a live probe may call it, besides `undetermined`, where a file breaks a rule.
SEEN_AS = {
    "rewrite-before-proxy": {"proxy_rewrote_path", "spa_fallback"},  # a page, where the new path is another service's
    "prefix-stripped": {"proxy_rewrote_path"},
    "static-fallback": {"spa_fallback"},
    "upgrade-not-forwarded": {"upgrade_stripped", "protocol_error"},  # of the request, or of the 101
    "http10-upstream": {"upgrade_stripped"},
    "h2-upstream": {"upstream_unreachable"},
    "request-denied": {"proxy_denied"},
    "request-aborted": {"connection_aborted", "timeout_first_byte"},  # left hanging, by some
    "address-list": {"proxy_denied"},
    "auth-in-front": {"proxy_auth_required"},
    "redirected": {"redirected"},
    "rate-limit": {"rate_limited"},
    "idle-timeout": {"idle_timeout", "connection_aborted"},
    "response-held": {"upstream_timeout"},
    "upstream-unresolvable": {"upstream_unreachable"},
    "upstream-disabled": {"upstream_unreachable"},
    "no-route": {"route_missing", "spa_fallback", "upstream_unreachable"},  # HAProxy's 503 is the same for both
    "ambiguous-site": {"proxy_rewrote_path", "spa_fallback"},
}
# A proxy that does not start with the file: it says so itself, and there is nothing to probe.
MAY_NOT_START = {"ambiguous-site", "upstream-unresolvable"}
# The definition that works comes first, and the other one is without effect.
WORKS = {"labels-two-addresses.bad.labels"}
# Debian 12's proxy is older than what these files use.
TOO_NEW = {"caddy-stream-timeout.bad.json", "caddy-stream-timeout.good.json", "caddy-versions.good.json"}


@dataclass
class Outcome:
    """What became of a case: the reports of the probe, in order, or why the proxy did not start."""

    reports: list[dict[str, Any]] = field(default_factory=list)
    refusal: str = ""


def cut_soon(case: Case) -> dict[str, str]:
    """The files with the timeout of each idle-timeout finding made short enough to wait for."""
    files = dict(case.files)
    for name, line, rule, _ in case.expected:
        if rule == "idle-timeout":
            lines = files[name].split("\n")
            lines[line - 1] = re.sub(r"\b\d+(ms|s|m|h|000000000)?\b(?!.*\d)", lambda found: "1000000000" if found[1] == "000000000"
                                     else CUT_AFTER if found[1] else "1", lines[line - 1])
            files[name] = "\n".join(lines)
    return files


def probe(case: Case, around: Surroundings, wsprobe: Wsprobe, directory: Path) -> Outcome:
    rules = {rule for _, _, rule, _ in case.expected} if case.is_bad else set()
    if "http10-upstream" in rules:
        around = around.with_insisting_application()
    files = cut_soon(case) if "idle-timeout" in rules else case.files
    try:
        with running(case, around, directory / case.name, files) as address:
            known = [word for path in case.bad_twin.paths for word in ("--proxy-config", str(path))]
            return Outcome([report(wsprobe, address, around, rules, known) for _ in range(8 if "rate-limit" in rules else 1)])
    except NotStarted as error:
        return Outcome(refusal=str(error))


def report(wsprobe: Wsprobe, address: Address, around: Surroundings, rules: set[str], known: list[str]) -> dict[str, Any]:
    ways = ["--connect-to", f"{HOST}:443:{address}", "--cacert", str(around.authority.root)]
    if "idle-timeout" in rules:
        file = wsprobe.scenario(f"wss://{HOST}", name=f"held-{address.port}-{address.host}", timeout="20s")
        file.write_text(file.read_text().replace("ping: 1, hold: 100ms", "hold: 3500ms"))
        return wsprobe.run(file, options=ways).report
    return wsprobe.diagnose(URL, *ways, *known).report


@pytest.fixture(scope="module")
def outcomes() -> Iterator[dict[str, Outcome]]:
    """Of all cases, several at a time: mostly they wait."""
    # Not below pytest's own directory: where the lab is root's, the proxies' workers are not, and have to read their files.
    with tempfile.TemporaryDirectory(prefix="wsprobe-lint-") as name:
        directory = Path(name)
        directory.chmod(0o755)
        around = Surroundings(directory)
        try:
            wsprobe = Wsprobe(binary(), directory)
            with ThreadPoolExecutor(4) as pool:
                found = pool.map(lambda case: probe(case, around, wsprobe, directory), CASES)
                yield {case.name: outcome for case, outcome in zip(CASES, found, strict=True)}
        finally:
            around.stop()


def upgrade_of(report: dict[str, Any], name: str) -> dict[str, Any]:
    return next(step for step in report["steps"] if step["name"] == name)


def lets_it_through(report: dict[str, Any]) -> bool:
    step = upgrade_of(report, "valid-token")
    return step["status"] == 101 and step["outcome"] == "completed"


def findings_of(report: dict[str, Any]) -> list[dict[str, Any]]:
    return list(report["configuration"]["findings"]) if report["configuration"] else []


def test_the_corpus_is_run() -> None:
    for product in PRODUCTS:
        assert len(cases_of(product)) >= 16, product


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.name)
def test_a_bad_configuration_is_as_bad_as_it_is_said_to_be(case: Case, outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes[case.name]
    rules = {rule for _, _, rule, _ in case.expected}
    if outcome.refusal:
        assert case.name in TOO_NEW or rules & MAY_NOT_START, outcome.refusal
        return
    last = outcome.reports[-1]
    if case.name in WORKS:
        assert lets_it_through(last)
        assert {(finding["severity"], finding["state"]) for finding in findings_of(last)} == {("warning", "undecided")}
        return
    assert not lets_it_through(last), upgrade_of(last, "valid-token")
    if "idle-timeout" in rules:  # it is open before it is cut
        assert upgrade_of(last, "valid-token")["status"] == 101
    if "rate-limit" in rules:
        assert lets_it_through(outcome.reports[0])
    allowed = {"undetermined"}.union(*(SEEN_AS[rule] for rule in rules))
    assert last["verdict"]["cause"] in allowed, last["verdict"]
    for finding in findings_of(last):
        assert finding["state"] in ("confirmed", "fits", "undecided"), finding
        if finding["state"] == "confirmed":
            assert finding["cause"] == last["verdict"]["cause"], finding


def test_where_the_cause_is_seen_the_line_is_named(outcomes: dict[str, Outcome]) -> None:
    """Of the files that break something for certain, most are confirmed, and few are left quite open."""
    states = Counter(finding["state"] for case in BAD for report in outcomes[case.name].reports[-1:]
                     for finding in findings_of(report) if finding["severity"] == "error")
    assert states["confirmed"] > 2 * (states["fits"] + states["undecided"]) or states["confirmed"] > 60, states


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_a_good_configuration_lets_the_websocket_through(case: Case, outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes[case.name]
    if case.name in TOO_NEW:
        assert "unknown field" in outcome.refusal
        return
    assert not outcome.refusal
    (report,) = outcome.reports
    assert lets_it_through(report), upgrade_of(report, "valid-token")
    assert findings_of(report)
    for finding in findings_of(report):  # of its bad twin
        assert finding["state"] in ("cleared", "undecided"), finding
        if finding["severity"] == "error":
            assert finding["state"] == "cleared" or finding["cause"] == "undetermined", finding
    wrong = upgrade_of(report, "invalid-token")
    assert (wrong["outcome"], wrong["status"]) == ("rejected", 403)


def test_what_runs_is_asked_of_caddy_itself(wsprobe: Wsprobe) -> None:
    """The incident's rewrite, read over the admin API: the probe confirms it, and names the place in what runs."""
    case = next(case for case in BAD if case.name == "caddy-try-files.bad.caddy")
    with tempfile.TemporaryDirectory(prefix="wsprobe-lint-") as name:
        directory = Path(name)
        around = Surroundings(directory)
        try:
            with running(case, around, directory / "caddy") as address:
                running_one = f"http://{(directory / 'caddy' / 'admin').read_text()}"
                found = report(wsprobe, address, around, set(), ["--proxy-config", running_one])
        finally:
            around.stop()
    assert found["verdict"]["cause"] == "proxy_rewrote_path"
    configuration = found["configuration"]
    assert configuration["sources"] == [{"name": f"{running_one}/", "kind": "caddy-json", "from": "running"}]
    (finding,) = configuration["findings"]
    assert (finding["rule"], finding["state"]) == ("rewrite-before-proxy", "confirmed")
    assert finding["at"]["inside"].startswith("apps/http/servers/")
