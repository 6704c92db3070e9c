"""wsprobe lint: what it reads, what it writes, how it ends. What it finds in which file is the corpus' matter."""

import json
import random
import shutil
import socket
import subprocess
import urllib.parse

import jsonschema
import pytest
from conftest import SOURCE, serving_http, start, wsprobe

ASKED = "wss://app.lab.test/api/ws"
GOOD = "app.lab.test {\n\treverse_proxy backend:8000\n}\n"
BAD = "app.lab.test {\n\ttry_files {path} /index.html\n\treverse_proxy backend:8000\n}\n"
COOLIFY = """\
caddy_0.encode=zstd gzip
caddy_0.handle_path.0_reverse_proxy={{upstreams 8000}}
caddy_0.handle_path=/*
caddy_0.header=-Server
caddy_0.try_files={path} /index.html /index.php
caddy_0=https://app.lab.test
caddy_ingress_network=coolify
"""


@pytest.fixture
def write(tmp_path):
    def write(name, text):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text) if isinstance(text, str) else file.write_bytes(text)
        return file

    return write


def lint(*arguments, **options):
    return wsprobe("lint", *arguments, "--for", ASKED, **options)


def lint_json(*arguments, **options):
    result = lint(*arguments, "--format", "json", **options)
    return result.returncode, json.loads(result.stdout)


# ---- what it says ----


def test_no_errors(write):
    result = lint(write("Caddyfile", GOOD))
    assert result.returncode == 0, result.stderr
    assert "nothing found" in result.stdout
    assert "sent to backend:8000 as /api/ws" in result.stdout


def test_errors_name_the_line_and_what_to_write(write):
    file = write("labels.txt", COOLIFY)
    result = lint(file)
    assert result.returncode == 1, result.stderr
    assert f"{file}:5:1: error:" in result.stdout
    assert "\n    caddy_0.try_files={path} /index.html /index.php\n    ^\n" in result.stdout
    assert f"{file}:2:1: the request is forwarded here" in " ".join(result.stdout.split())
    snippet = "app.lab.test {\n            encode zstd gzip\n            header -Server\n            reverse_proxy backend:8000\n        }\n"
    assert snippet in result.stdout


def test_warnings_are_no_errors(write):
    file = write("Caddyfile", "app.lab.test {\n\treverse_proxy b:1 {\n\t\ttransport http {\n\t\t\tread_timeout 5s\n\t\t}\n\t}\n}\n")
    result = lint(file)
    assert result.returncode == 0
    assert f"{file}:4:4: warning:" in result.stdout


def test_json_follows_its_schema(write):
    schema = json.loads((SOURCE / "docs" / "lint.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    sites = write("sites.caddy", BAD)
    labels = write("labels.txt", COOLIFY)
    adapted = write("caddy.json", adapt(sites))
    for files in ([sites], [labels], [adapted], [labels, sites]):
        code, out = lint_json(*files)
        jsonschema.validate(out, schema, cls=jsonschema.Draft202012Validator)
        assert code == 1
        assert out["asked"] == ASKED
        assert [source["name"] for source in out["sources"]] == [str(file) for file in files]
        assert {source["from"] for source in out["sources"]} == {"file"}
        assert [finding["rule"] for finding in out["findings"]][0] == "rewrite-before-proxy"
        assert out["findings"][0]["cause"] == "proxy_rewrote_path"
        assert out["findings"][0]["state"] == "not_probed"


def test_the_schema_knows_every_rule_and_kind():
    schema = json.loads((SOURCE / "docs" / "lint.schema.json").read_text())
    header = (SOURCE / "probe" / "lint" / "finding.hpp").read_text() + (SOURCE / "probe" / "lint" / "source.hpp").read_text()
    rows = [line for line in header.splitlines() if line.startswith("  X(")]
    words = [row.split('"')[1] for row in rows]
    rules = schema["$defs"]["finding"]["properties"]["rule"]["enum"]
    kinds = schema["$defs"]["source"]["properties"]["kind"]["enum"]
    assert words == rules + kinds
    assert all(word in wsprobe("lint", "--help").stdout for word in kinds)


# ---- SARIF 2.1.0 ----


def check_sarif_location(location):
    assert set(location) <= {"physicalLocation", "logicalLocations", "message"}
    physical = location["physicalLocation"]
    assert set(physical) <= {"artifactLocation", "region"}
    uri = physical["artifactLocation"]["uri"]
    assert uri == urllib.parse.quote(urllib.parse.unquote(uri), safe=":/")
    if "region" in physical:
        region = physical["region"]
        assert set(region) <= {"startLine", "startColumn", "snippet"}
        assert region["startLine"] >= 1
        assert region.get("startColumn", 1) >= 1
    for logical in location.get("logicalLocations", []):
        assert set(logical) == {"fullyQualifiedName"} and logical["fullyQualifiedName"]


def check_sarif(log):
    """What the OASIS standard demands of the parts that are written."""
    assert set(log) == {"$schema", "version", "runs"}
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    for run in log["runs"]:
        assert set(run) == {"tool", "columnKind", "results"}
        assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
        driver = run["tool"]["driver"]
        assert driver["name"] == "wsprobe"
        rules = driver["rules"]
        assert len({rule["id"] for rule in rules}) == len(rules)
        for rule in rules:
            assert rule["shortDescription"]["text"]
        for result in run["results"]:
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
            assert result["level"] in ("none", "note", "warning", "error")
            assert result["message"]["text"]
            assert len(result["locations"]) == 1
            for location in result["locations"] + result.get("relatedLocations", []):
                check_sarif_location(location)
            for location in result.get("relatedLocations", []):
                assert location["message"]["text"]


def test_sarif(write):
    file = write("sites/a site.caddy", BAD)
    result = lint(file, "--format", "sarif")
    assert result.returncode == 1
    log = json.loads(result.stdout)
    check_sarif(log)
    (run,) = log["runs"]
    (found,) = run["results"]
    assert found["ruleId"] == "rewrite-before-proxy" and found["level"] == "error"
    physical = found["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == "file://" + urllib.parse.quote(str(file))
    assert physical["region"] == {"startLine": 2, "startColumn": 2, "snippet": {"text": "\ttry_files {path} /index.html"}}


def test_sarif_of_a_file_in_one_line_and_of_nothing(write):
    log = json.loads(lint(write("caddy.json", adapt(write("Caddyfile", BAD))), "--format", "sarif").stdout)
    check_sarif(log)
    location = log["runs"][0]["results"][0]["locations"][0]
    assert location["logicalLocations"][0]["fullyQualifiedName"].startswith("apps/http/servers/srv0/routes/0/handle/0/")
    empty = json.loads(lint(write("Caddyfile", GOOD), "--format", "sarif").stdout)
    check_sarif(empty)
    assert empty["runs"][0]["results"] == [] and empty["runs"][0]["tool"]["driver"]["rules"] == []


def test_output_goes_to_a_file(write, tmp_path):
    result = lint(write("Caddyfile", BAD), "--format", "sarif", "-o", tmp_path / "out.sarif")
    assert (result.returncode, result.stdout) == (1, "")
    check_sarif(json.loads((tmp_path / "out.sarif").read_text()))


# ---- what it reads ----


def adapt(file):
    done = subprocess.run(["caddy", "adapt", "--config", file, "--adapter", "caddyfile"], capture_output=True, text=True,
                          timeout=30, check=True)
    return done.stdout


def test_standard_input():
    result = lint("-", "--type", "caddyfile", input=BAD)
    assert result.returncode == 1
    assert "-:2:2: error:" in result.stdout
    assert lint("-", input=COOLIFY).returncode == 1  # seen from the text
    assert lint("-", "-", input=COOLIFY).returncode == 1  # read once


def test_the_question_from_a_scenario(write):
    scenario = write("probe.yaml", "scenario: x\ntarget:\n  edge: wss://app.lab.test\nsteps:\n  - upgrade: {name: up, path: /live/ws, expect: accepted}\n")
    file = write("Caddyfile", "app.lab.test {\n\thandle /live/* {\n\t\trespond 403\n\t}\n\treverse_proxy backend:8000\n}\n")
    code = wsprobe("lint", file, "--scenario", scenario, "--format", "json")
    assert json.loads(code.stdout)["asked"] == "wss://app.lab.test/live/ws"
    assert code.returncode == 1
    assert lint(file).returncode == 0


def test_a_changed_path_may_be_meant(write):
    file = write("Caddyfile", "app.lab.test {\n\thandle_path /api/* {\n\t\treverse_proxy backend:8000\n\t}\n}\n")
    assert lint(file).returncode == 1
    assert lint(file, "--upstream-path", "/ws").returncode == 0


@pytest.fixture
def admin():
    """Answers as told."""
    with serving_http(lambda *_: (server.answer[0], {}, server.answer[1])) as server:
        yield server


CADDYFILES = sorted((SOURCE / "tests" / "data" / "lint" / "caddy").glob("*.caddy"))


@pytest.mark.parametrize("file", CADDYFILES, ids=lambda file: file.name)
def test_a_caddyfile_is_read_as_caddy_reads_it(file, tmp_path):
    """What is found in a Caddyfile is found in the JSON that Caddy itself makes of it."""
    try:
        (tmp_path / "caddy.json").write_text(adapt(file))
    except subprocess.CalledProcessError as refusal:
        assert "ambiguous site definition" in refusal.stderr
        return
    ours, caddys = (lint_json(source)[1]["findings"] for source in (file, tmp_path / "caddy.json"))
    # Two definitions become one list of routes, in which nothing is ambiguous any more.
    ours = [finding for finding in ours if finding["rule"] != "ambiguous-site"]
    assert sorted((each["rule"], each["severity"]) for each in ours) == sorted((each["rule"], each["severity"]) for each in caddys)


def test_a_running_configuration(write, admin):
    admin.answer = (200, adapt(write("Caddyfile", BAD)).encode())
    code, out = lint_json(admin.url)
    assert code == 1
    ((path, fields),) = admin.asked
    assert (path, fields["Host"]) == ("/config/", admin.url.removeprefix("http://"))
    assert out["sources"] == [{"name": admin.url + "/", "kind": "caddy-json", "from": "running"}]
    assert out["findings"][0]["at"]["inside"].startswith("apps/http/servers/")


@pytest.mark.parametrize("status, body, says", [
    (404, b"{}", "it answered HTTP/1.0 404"),
    (302, b"", "it answered HTTP/1.0 302"),
    (200, b"{" + b" " * (4 << 20) + b"}", "it is longer than 4 MiB"),
    (200, b"<html>", "not JSON"),
    (200, b'{"apps": {', "not JSON"),
])
def test_a_url_that_gives_no_configuration(admin, status, body, says):
    admin.answer = (status, body)
    result = lint(admin.url)
    assert result.returncode == 2
    assert f"{admin.url}/" in result.stderr and says in result.stderr


def test_the_running_caddy(write, tmp_path):
    """The admin API of a real one, over loopback."""
    with socket.create_server((f"127.{random.randint(1, 254)}.{random.randint(0, 255)}.1", 0)) as server:
        address = "{}:{}".format(*server.getsockname())  # of our own: nothing else takes it meanwhile
    directory = write("caddy/Caddyfile", "{\n\tadmin " + address + "\n\tauto_https off\n}\nhttp://app.lab.test:0 {\n\ttry_files {path} /index.html\n\treverse_proxy 127.0.0.1:9\n}\n").parent
    caddy = subprocess.Popen([shutil.which("caddy"), "run", "--config", directory / "Caddyfile", "--adapter", "caddyfile"],
                             stderr=subprocess.PIPE, text=True,
                             env={"PATH": "/usr/bin", "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)})
    try:
        assert any('"serving initial configuration"' in line for line in caddy.stderr)
        result = wsprobe("lint", f"http://{address}", "--for", "ws://app.lab.test/api/ws", "--format", "json")
        out = json.loads(result.stdout)
        assert out["sources"][0]["from"] == "running"
        assert [finding["rule"] for finding in out["findings"]] == ["rewrite-before-proxy"]
    finally:
        caddy.terminate()
        caddy.communicate(timeout=20)


# ---- what it refuses ----


@pytest.mark.parametrize("name, text, place, says", [
    ("Caddyfile", "app.lab.test {\n\treverse_proxy b:1\n", "1:14", "`{` without its `}`"),
    ("Caddyfile", "app.lab.test {\n}\n}\n", "3:1", "`}` without its `{`"),
    ("caddy.json", '{"apps": {"http": {"servers": {"a": 1,}}}}', "1:39", "not JSON"),
    ("compose.yaml", "services:\n  a:\n    labels: [1\n", None, ""),
    ("labels.txt", "caddy=a.test\ncaddy.respond=200\nwhat is this\n", "3:1", "not a label"),
])
def test_a_file_that_cannot_be_read_as_what_it_is(write, name, text, place, says):
    file = write(name, text)
    result = lint(file)
    assert result.returncode == 2
    assert says in result.stderr
    if place is not None:
        assert result.stderr.startswith(f"{file}:{place}: error: ")
        line = text.splitlines()[int(place.split(":")[0]) - 1]
        assert "^" in result.stderr and line.strip() in result.stderr


@pytest.mark.parametrize("text, says", [
    (b"\x7fELF\0\0", "this is no text"),
    (b"\xff\xfe{\x00", "this is no text"),
    (b"some words\nthat are nothing\n", "whose configuration this is cannot be told"),
    (b"", "whose configuration this is cannot be told"),
    (b"#" * ((4 << 20) + 1), "cannot be read"),
])
def test_what_is_no_configuration(write, text, says):
    result = lint(write("file", text))
    assert result.returncode == 2
    assert says in result.stderr


def test_a_file_that_is_not_there(tmp_path):
    result = lint(tmp_path / "none")
    assert result.returncode == 2 and "none: error: " in result.stderr


def test_too_many_files(write):
    files = [write(f"{number}.caddy", GOOD) for number in range(65)]
    result = lint(*files)
    assert result.returncode == 2 and "more than 64 files" in result.stderr


@pytest.mark.parametrize("arguments, says", [
    ([], "`lint` needs a FILE"),
    (["a", "--type", "caddy"], "allowed: caddy-json, caddyfile"),
    (["a", "--format", "xml"], "allowed: human, json, sarif"),
    (["a", "--for", "https://app.lab.test/"], "--for"),
    (["a", "--upstream-path", "ws"], "--upstream-path"),
    (["a", "--ping-interval", "soon"], "--ping-interval"),
])
def test_a_command_line_that_cannot_be_used(arguments, says):
    result = wsprobe("lint", *arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert says in result.stderr


# ---- bounds and secrets ----


@pytest.mark.parametrize("name, text", [
    ("deep.caddy", "app.lab.test {\n" + "handle {\n" * 5000 + "}\n" * 5000 + "}\n"),
    ("imports.caddy", "(a) {\n\timport b\n\timport b\n}\n(b) {\n\timport a\n\timport a\n}\napp.lab.test {\n\timport a\n}\n"),
    ("wide.caddy", "app.lab.test {\n" + "\trespond /x/* 200\n" * 50000 + "}\n"),
    ("deep.json", "[" * 100000),
    ("wide.json", '{"apps": [' + "1," * 1000000 + "1]}"),
    ("regexp.caddy", "app.lab.test {\n\t@a path_regexp (a*)*(a*)*(a*)*b\n\trespond @a 403\n\treverse_proxy b:1\n}\n"),
    ("deep.labels", "caddy" + ".a" * 100000 + "=b\n"),
])
def test_hostile_files_end_soon(write, name, text):
    result = lint(write(name, text), timeout=20)
    assert result.returncode in (0, 1, 2), result.stderr
    assert len(result.stdout) + len(result.stderr) < 1 << 20


SECRETS = ["s3cr3tPassw0rd", "$2a$14$Zkx19XLiW6VYouLHR5NmfOFU0z2GTNmpkT", "eyJhbGciOiJIUzI1NiJ9.e30.c2ln", "dXNlcjpwYXNzd29yZA=="]


def test_secrets_in_configurations_are_never_printed(write):
    password, digest, token, basic = SECRETS
    sites = write("sites.caddy", f"""\
app.lab.test {{
	basicauth /api/* {{
		alice {digest}
	}}
	request_header Authorization "Bearer {token}"
	respond /api/ws "password={password}" 403
	redir /old https://alice:{password}@app.lab.test/
	reverse_proxy backend:8000 {{
		header_up Authorization "Basic {basic}"
	}}
}}
""")
    adapted = write("caddy.json", adapt(sites))
    labels = write("labels.txt", f"caddy=app.lab.test\ncaddy.respond=/api/ws \"token={password}\" 403\n"
                                 f"caddy.basicauth.alice={digest}\ncaddy.request_header=Authorization \"Bearer {token}\"\n")
    broken = write("broken.caddy", f"app.lab.test {{\n\tbasicauth {{ token={password} {{\n}}\n}}\n}}\n")
    for files in ([sites], [adapted], [labels], [sites, labels], [broken]):
        for form in ("human", "json", "sarif"):
            result = lint(*files, "--format", form)
            for secret in SECRETS:
                assert secret not in result.stdout + result.stderr, (files, form)


def test_nothing_steers_the_terminal(write):
    result = lint(write("Caddyfile", "app.lab.test {\n\trespond \"\x1b[2J\x07\" 403\n}\n"), env={"COLUMNS": "80"})
    assert "\x1b[2J" not in result.stdout and "\x07" not in result.stdout


def test_a_reader_that_goes_away(write):
    process = start("lint", write("Caddyfile", BAD), "--for", ASKED)
    process.stdout.close()
    assert process.wait(timeout=20) in (1, 3)
    process.stderr.close()
