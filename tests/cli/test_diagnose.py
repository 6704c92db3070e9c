"""diagnose: a URL, a token from outside the command line, a report."""

import json

import pytest
from conftest import TOKEN, wsprobe


def diagnose(port, *options, path="/api/ws", **keywords):
    result = wsprobe("diagnose", f"ws://127.0.0.1:{port}{path}", "--format", "json", *options, **keywords)
    return result.returncode, json.loads(result.stdout)


def test_token_from_the_environment(application):
    code, report = diagnose(application.port, "--token-env", "T", env={"T": TOKEN})
    assert code == 0, report["verdict"]
    assert report["target"] == f"ws://127.0.0.1:{application.port}/api/ws"
    assert [step["outcome"] for step in report["steps"]] == ["completed", "completed", "rejected"]
    assert [step["credential"] for step in report["steps"]] == ["none", "valid", "invalid"]


def test_token_from_a_file(application, tmp_path):
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    assert diagnose(application.port, "--token-file", file)[0] == 0


def test_without_a_token_the_report_says_so(application):
    _, report = diagnose(application.port)
    assert [step["name"] for step in report["steps"]] == ["health", "no-token", "invalid-token"]
    assert any("No valid token was given" in note for note in report["notes"])


def test_invalid_token_is_random_and_marked(application):
    diagnose(application.port, "--no-experiments")
    diagnose(application.port, "--no-experiments")
    marks = {line.split("token=")[1].split(" ")[0] for line, _ in application.requests if "token=" in line}
    assert len(marks) == 2
    assert all(mark.startswith("wsprobe-invalid-") for mark in marks)


def test_no_experiments_sends_the_steps_alone(application):
    _, report = diagnose(application.port, "--no-experiments", env={})
    assert report["experiments"] == []
    assert len(application.requests) == 3


@pytest.mark.parametrize("options, field, value", [
    (["--token-header", "Authorization"], "authorization", f"Bearer {TOKEN}"),
    (["--token-header", "X-Token"], "x-token", TOKEN),
    (["--token-cookie", "sid"], "cookie", f"sid={TOKEN}"),
    (["--token-subprotocol", "bearer"], "sec-websocket-protocol", f"bearer, {TOKEN}"),
])
def test_token_goes_where_the_application_looks(application, options, field, value):
    diagnose(application.port, "--token-env", "T", "--no-experiments", *options, env={"T": TOKEN})
    assert value in [fields.get(field) for _, fields in application.requests]


def test_health_path(application):
    _, report = diagnose(application.port, "--health-path", "/none", "--no-experiments")
    assert report["steps"][0]["status"] == 404
    assert not report["steps"][0]["as_expected"]


def test_origin_is_sent_with_upgrades(application):
    diagnose(application.port, "--origin", "https://example.com", "--no-experiments")
    upgrades = [fields for _, fields in application.requests if "upgrade" in fields]
    assert len(upgrades) == 2
    assert all(fields["origin"] == "https://example.com" for fields in upgrades)


# ---- the proxy's configuration ----

RISKY = "http://127.0.0.1 {\n\ttry_files {path} /index.html\n\treverse_proxy backend:8000\n}\n"


def test_a_configuration_that_the_probe_shows_harmless(application, tmp_path):
    file = tmp_path / "Caddyfile"
    file.write_text(RISKY)
    code, report = diagnose(application.port, "--token-env", "T", "--proxy-config", file, "-H", "Host: 127.0.0.1", env={"T": TOKEN})
    assert code == 0
    (finding,) = report["configuration"]["findings"]
    assert (finding["state"], finding["at"]["line"]) == ("cleared", 2)
    shown = wsprobe("diagnose", f"ws://127.0.0.1:{application.port}/api/ws", "--token-env", "T", "--proxy-config", file,
                    "-H", "Host: 127.0.0.1", env={"T": TOKEN}).stdout
    assert f"{file}:2:2: cleared: " in " ".join(shown.split())


def test_a_configuration_of_a_named_kind(application, tmp_path):
    file = tmp_path / "site"
    file.write_text("server { listen 80; location / { return 403; } }\n")
    _, report = diagnose(application.port, "--proxy-config", f"nginx={file}")
    assert report["configuration"]["sources"] == [{"name": str(file), "kind": "nginx", "from": "file"}]


@pytest.mark.parametrize("text, says", [
    ("http://a {\n", "1:10: error: "),
    ("what is this?\n", "--proxy-config KIND=FILE"),
    (None, "No such file"),
])
def test_a_configuration_that_cannot_be_read_is_a_usage_error(tmp_path, text, says):
    file = tmp_path / ("Caddyfile" if text and text.startswith("http") else "thing")
    if text is not None:
        file.write_text(text)
    result = wsprobe("diagnose", "ws://127.0.0.1:1/api/ws", "--proxy-config", file)
    assert result.returncode == 2
    assert says in result.stderr


def test_the_token_in_a_configuration_is_not_shown(application, tmp_path):
    file = tmp_path / "nginx.conf"
    file.write_text(f"server {{\n    listen 80;\n    location / {{\n        if ($arg_token != {TOKEN}) {{ return 403; }}\n"
                    "        proxy_pass http://app:8000;\n    }\n}\n")
    for output in ("human", "json"):
        shown = wsprobe("diagnose", f"ws://127.0.0.1:{application.port}/api/ws", "--token-env", "T", "--proxy-config", file,
                        "--format", output, "-v", env={"T": TOKEN}).stdout
        assert TOKEN not in shown and "nginx" in shown
