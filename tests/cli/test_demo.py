"""Every embedded incident, through the real engine: the verdict and the exit code."""

import json

import pytest
from conftest import wsprobe

VERDICTS = {
    "healthy": (0, "backend", "none", "healthy"),
    "try-files": (1, "backend", "proxy", "proxy_rewrote_path"),
    # The application answers an unknown route as it does a refused token: from outside the two are the same.
    "wrong-token": (1, "backend", "undetermined", "undetermined"),
    "proxy-403": (1, "proxy", "proxy", "proxy_denied"),
    "upgrade-stripped": (1, "backend", "proxy", "upgrade_stripped"),
    "backend-down": (1, "proxy", "backend", "upstream_unreachable"),
}


@pytest.mark.parametrize("incident", VERDICTS)
def test_verdict(incident):
    code, emitter, fault, cause = VERDICTS[incident]
    result = wsprobe("demo", incident, "--format", "json")
    report = json.loads(result.stdout)
    verdict = report["verdict"]
    assert (verdict["emitter"], verdict["fault"], verdict["cause"]) == (emitter, fault, cause), verdict
    assert result.returncode == code
    assert report["outcome"] == ("pass" if code == 0 else "fail")
    assert [step["name"] for step in report["steps"]] == ["health", "valid-token", "invalid-token"]
    assert verdict["reasons"]


@pytest.mark.parametrize("incident", VERDICTS)
def test_report_for_a_person(incident):
    code, *_, cause = VERDICTS[incident]
    result = wsprobe("demo", incident)
    assert result.returncode == code
    assert result.stderr == ""
    assert result.stdout.startswith(f'Demo "{incident}": ')
    if code != 0:
        assert cause in result.stdout
        for title in ("What to do", "Why", "Steps", "See for yourself"):
            assert f"\n{title}" in result.stdout


def test_default_is_the_incident():
    assert wsprobe("demo").stdout.startswith('Demo "try-files": ')
