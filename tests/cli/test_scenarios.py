"""run and check: scenario files, good and bad."""

import json
import socket

from conftest import SOURCE, TOKEN, wsprobe

TOKEN_SET = {"WSPROBE_TEST_TOKEN": TOKEN}


def test_check_counts_the_steps(write_scenario):
    file = write_scenario(9)
    result = wsprobe("check", file, env=TOKEN_SET)
    assert (result.returncode, result.stdout, result.stderr) == (0, f"{file}: ok (3 steps)\n", "")


def test_check_shows_where_a_file_is_wrong(tmp_path):
    file = tmp_path / "bad.yaml"
    file.write_text("scenario: bad\ntarget: {edge: ws://127.0.0.1}\nsteps:\n  - health: {pth: /x}\n")
    result = wsprobe("check", file)
    assert (result.returncode, result.stdout) == (2, "")
    assert f"{file}:4:" in result.stderr
    assert "^" in result.stderr and "`path`" in result.stderr


def test_missing_credential_names_the_variable(write_scenario):
    result = wsprobe("check", write_scenario(9))
    assert result.returncode == 2
    assert "WSPROBE_TEST_TOKEN" in result.stderr


def test_check_may_go_without_credentials(write_scenario):
    assert wsprobe("check", "--without-credentials", write_scenario(9)).returncode == 0


def test_shipped_scenarios_are_right():
    files = sorted((SOURCE / "scenarios").glob("*.yaml"))
    assert files
    result = wsprobe("check", "--without-credentials", *files)
    assert result.returncode == 0, result.stderr


def test_missing_file(tmp_path):
    for command in ["run", "check"]:
        result = wsprobe(command, tmp_path / "none.yaml")
        assert result.returncode == 2
        assert str(tmp_path / "none.yaml") in result.stderr


def test_run_passes_on_a_healthy_application(application, write_scenario):
    result = wsprobe("run", write_scenario(application.port), env=TOKEN_SET)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.startswith("✔ PASS  scenario  ws://127.0.0.1:")
    assert result.stderr == ""


def test_run_fails_where_the_token_is_refused(application, write_scenario):
    result = wsprobe("run", "--format", "json", write_scenario(application.port), env={"WSPROBE_TEST_TOKEN": "other-token"})
    assert result.returncode == 1
    report = json.loads(result.stdout)
    assert report["outcome"] == "fail"
    steps = {step["name"]: step for step in report["steps"]}
    assert steps["health"]["as_expected"]
    assert (steps["valid-token"]["outcome"], steps["valid-token"]["status"]) == ("rejected", 403)
    assert not steps["valid-token"]["as_expected"]


def test_run_fails_where_nothing_listens(write_scenario):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    result = wsprobe("run", "--format", "json", write_scenario(port), env=TOKEN_SET)
    assert result.returncode == 1
    assert json.loads(result.stdout)["steps"][0]["failure"]["reason"] == "tcp_refused"


def test_run_of_several_files_is_an_array_and_the_worst_counts(application, write_scenario, tmp_path):
    good = write_scenario(application.port, "good.yaml")
    bad = tmp_path / "bad.yaml"
    bad.write_text(good.read_text().replace("/api/system/health", "/nothing-here"))
    result = wsprobe("run", "--format", "json", good, bad, env=TOKEN_SET)
    assert result.returncode == 1
    assert [report["outcome"] for report in json.loads(result.stdout)] == ["pass", "fail"]


def test_nothing_is_sent_where_one_file_is_wrong(application, write_scenario, tmp_path):
    broken = tmp_path / "broken.yaml"
    broken.write_text("scenario: [")
    result = wsprobe("run", write_scenario(application.port), broken, env=TOKEN_SET)
    assert (result.returncode, result.stdout) == (2, "")
    assert application.requests == []


def test_headers_are_sent_with_every_request(application, write_scenario):
    wsprobe("run", "--no-experiments", "-H", "X-Room: blue", write_scenario(application.port), env=TOKEN_SET)
    assert len(application.requests) >= 3
    assert all(fields.get("x-room") == "blue" for _, fields in application.requests)


def test_timeout_bounds_the_run(silent_port, write_scenario):
    result = wsprobe("run", "--format", "json", "--timeout", "300ms", write_scenario(silent_port), env=TOKEN_SET)
    assert result.returncode == 1
    report = json.loads(result.stdout)
    assert report["duration_seconds"] < 0.55
    assert report["steps"][0]["failure"]["reason"] == "timeout_first_byte"


def test_connect_to_and_resolve(application, write_scenario, tmp_path):
    file = tmp_path / "named.yaml"
    file.write_text(write_scenario(application.port).read_text().replace("127.0.0.1", "app.invalid"))
    for options in (["--resolve", f"app.invalid:{application.port}:127.0.0.1"],
                    ["--connect-to", f"app.invalid:{application.port}:127.0.0.1:{application.port}"]):
        result = wsprobe("run", *options, file, env=TOKEN_SET)
        assert result.returncode == 0, result.stdout
