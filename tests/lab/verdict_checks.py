"""What every report has to keep, whatever it says."""

from __future__ import annotations

from typing import Any

EMITTERS = {"proxy", "backend", "cdn", "none", "undetermined"}
FAULTS = {"proxy", "backend", "cdn", "frontend", "client", "network", "none", "undetermined"}
OUTCOMES = {"completed", "rejected", "failed"}
TIMER_NOISE = 1e-6  # seconds; the parts are summed as decimal fractions


def check_verdict(verdict: dict[str, Any]) -> None:
    assert verdict["emitter"] in EMITTERS
    assert verdict["fault"] in FAULTS
    assert 0 <= verdict["confidence"] <= 1
    assert verdict["confidence"] > 0 or verdict["cause"] == "undetermined"
    assert verdict["reasons"], verdict
    for reason in verdict["reasons"]:
        assert reason["fact"].strip() and reason["supports"].strip()
        assert isinstance(reason["weight"], (int, float))


def check_step(step: dict[str, Any]) -> None:
    assert step["outcome"] in OUTCOMES
    assert (step["failure"] is not None) == (step["outcome"] == "failed")
    assert abs(sum(step["phases"].values()) - step["total_seconds"]) < TIMER_NOISE
    if step["verdict"] is not None:
        check_verdict(step["verdict"])


def check_report(report: dict[str, Any]) -> None:
    check_verdict(report["verdict"])
    assert report["verdict"]["summary"].strip()
    assert "\n" not in report["verdict"]["summary"]
    for step in report["steps"] + report["experiments"]:
        check_step(step)
    everything_met = all(step["as_expected"] for step in report["steps"] + report["experiments"])
    assert report["outcome"] == ("pass" if everything_met else "fail")
    if report["verdict"]["fault"] not in ("none", "undetermined"):
        assert report["verdict"]["remedy"].strip(), "somebody is at fault and nothing is to be done"


def told_of(step: dict[str, Any]) -> str:
    """What became of one exchange, in the words of tables: "phase/reason", "rejected:403", "completed"."""
    if step["outcome"] == "failed":
        return f"{step['failure']['phase']}/{step['failure']['reason']}"
    return f"rejected:{step['response']['status_line'].split()[1]}" if step["outcome"] == "rejected" else step["outcome"]
