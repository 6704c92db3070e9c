"""explain: words of reports, and saved reports judged again."""

import json

import pytest
from conftest import SOURCE, start, wsprobe

INCIDENTS = ["healthy", "try-files", "wrong-token", "proxy-403", "upgrade-stripped", "backend-down"]
SCHEMA = json.loads((SOURCE / "docs" / "report.schema.json").read_text())["$defs"]


def saved(tmp_path, *arguments, name="report.json", **keywords):
    file = tmp_path / name
    wsprobe(*arguments, "--format", "json", "--output", file, **keywords)
    return file


@pytest.mark.parametrize("incident", INCIDENTS)
def test_demo_is_judged_alike(tmp_path, incident):
    file = saved(tmp_path, "demo", incident)
    result = wsprobe("explain", file, "--format", "json")
    assert result.returncode == 0, result.stdout
    [replay] = json.loads(result.stdout)["replays"]
    report = json.loads(file.read_text())
    assert (replay["equal"], replay["changes"]) == (True, [])
    assert replay["verdict"] == report["verdict"]
    assert [step["verdict"] for step in replay["steps"]] == [step["verdict"] for step in report["steps"]]
    assert ([step["verdict"] for step in replay["experiments"]]
            == [step["verdict"] for step in report["experiments"]])


def test_diagnosis_is_judged_alike(tmp_path, application):
    url = f"ws://127.0.0.1:{application.port}/api/ws"
    assert wsprobe("explain", saved(tmp_path, "diagnose", url)).returncode == 0
    assert wsprobe("explain", saved(tmp_path, "diagnose", url, "--no-experiments")).returncode == 0


def test_run_whose_expectation_is_not_met_is_judged_alike(tmp_path, application, write_scenario):
    scenario = write_scenario(application.port)
    scenario.write_text(scenario.read_text().replace("/status: ok", "/status: green"))
    file = saved(tmp_path, "run", scenario, env={"WSPROBE_TEST_TOKEN": "x"})
    assert wsprobe("explain", file).returncode == 0


def test_unreachable_is_judged_alike(tmp_path):
    assert wsprobe("explain", saved(tmp_path, "diagnose", "ws://127.0.0.1:1/ws")).returncode == 0


def test_says_what_changed(tmp_path):
    file = saved(tmp_path, "demo", "try-files")
    report = json.loads(file.read_text())
    report["verdict"]["cause"] = "rate_limited"
    file.write_text(json.dumps(report))
    result = wsprobe("explain", file)
    assert result.returncode == 1
    assert "CHANGED" in result.stdout
    assert "was   rate_limited\n" in result.stdout
    assert "is    proxy_rewrote_path\n" in result.stdout
    changes = json.loads(wsprobe("explain", file, "--format", "json").stdout)["replays"][0]["changes"]
    assert changes == [{"exchange": None, "part": "cause", "was": "rate_limited", "is": "proxy_rewrote_path"}]


def test_array_on_standard_input(tmp_path):
    reports = [json.loads(saved(tmp_path, "demo", incident).read_text()) for incident in ("healthy", "proxy-403")]
    process = start("explain", "-", "--format", "json", stdin=-1)
    output, _ = process.communicate(json.dumps(reports), timeout=30)
    replays = json.loads(output)["replays"]
    assert [replay["scenario"] for replay in replays] == ["demo healthy", "demo proxy-403"]
    assert process.returncode == 0


def test_without_a_products_signatures(tmp_path):
    file = saved(tmp_path, "demo", "proxy-403")
    result = wsprobe("explain", file, "--without-signatures", "caddy", "--without-signatures", "go", "--format", "json")
    [replay] = json.loads(result.stdout)["replays"]
    assert result.returncode == (0 if replay["equal"] else 1)
    assert replay["verdict"]["emitter"] in ("proxy", "undetermined")


@pytest.mark.parametrize("text, place, message", [
    ("", "1:1", "not JSON"),
    ("[]", "1:1", "there is no report in it"),
    ('{\n  "schema": "wsprobe.report/2"\n}', "2:13", "`wsprobe.report/2` is not a format of this version"),
    ('{"schema": "wsprobe.report/1", "scenario": 5}', "1:44", "`scenario` has to be a string, not number"),
    ('{"schema": "wsprobe.report/1"}', "1:1", "the key `scenario` is missing"),
    ("[" * 100000, "1:1", "nested too deeply"),
    ('{"schema": "\\u001b[2J"}', "1:12", "is not a format of this version"),
])
def test_malformed_file(tmp_path, text, place, message):
    file = tmp_path / "bad.json"
    file.write_text(text)
    result = wsprobe("explain", file)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"{file}:{place}: error: ")
    assert message in result.stderr
    assert "\x1b" not in result.stderr


def test_file_that_is_not_there():
    result = wsprobe("explain", "nothing/here.json")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "nothing/here.json: error: the file cannot be read: No such file or directory\n"


def test_file_that_is_too_large(tmp_path):
    file = tmp_path / "large.json"
    with file.open("wb") as stream:
        stream.truncate(17 * 1024 * 1024)
    result = wsprobe("explain", file)
    assert result.returncode == 2
    assert "larger than 16 MiB" in result.stderr


def words():
    found = set(SCHEMA["verdict"]["properties"]["cause"]["enum"])
    found |= set(SCHEMA["verdict"]["properties"]["emitter"]["enum"])
    found |= set(SCHEMA["verdict"]["properties"]["fault"]["enum"])
    found |= {word for word in SCHEMA["exchange"]["properties"]["experiment"]["enum"] if word}
    return found


def test_every_word_of_a_report_is_explained():
    result = wsprobe("explain", *sorted(words()))
    assert (result.returncode, result.stderr) == (0, "")
    for word in words():
        assert f"\n{word}  (" in "\n" + result.stdout, word


def test_every_word_is_listed():
    result = wsprobe("explain")
    assert result.returncode == 0
    listed = {line.split()[0] for line in result.stdout.splitlines() if line.startswith("  ") and line.strip()}
    assert words() <= listed


@pytest.mark.parametrize("word", ["proxy_rewrote_path", "upgrade_stripped", "upstream_unreachable"])
def test_cause_has_changes_for_products(word):
    text = wsprobe("explain", word).stdout
    for heading in ("How it is recognised", "What to change", "What to check next"):
        assert f"\n{heading}\n" in text
    for product in ("Caddy", "nginx", "HAProxy", "Traefik"):
        assert f"\n  {product}\n" in text


def test_unknown_word():
    result = wsprobe("explain", "proxy_rewrot")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == ("wsprobe: `proxy_rewrot` is neither a word of reports nor a file\n"
                             "  wsprobe explain proxy_rewrot\n"
                             "                  ^^^^^^^^^^^^\n"
                             "  did you mean `proxy_rewrote_path`?\n")


def test_unknown_product():
    result = wsprobe("explain", "--without-signatures", "ngnix", "report.json")
    assert result.returncode == 2
    assert "did you mean `nginx`?" in result.stderr


def test_words_and_reports_do_not_mix(tmp_path):
    assert wsprobe("explain", "healthy", saved(tmp_path, "demo", "healthy")).returncode == 2


def test_other_formats_are_refused(tmp_path):
    result = wsprobe("explain", "healthy", "--format", "junit")
    assert (result.returncode, result.stdout) == (2, "")
