"""Pages that a browser and the probe may read differently: where it is not known what a browser would come to, that is said,
and nobody is blamed."""

import gzip
import json

import pytest
from conftest import TOKEN, serving_http, wsprobe

CONFIG = "window.WS_BASE_URL = 'ws://127.0.0.1:{port}';"
PAGE = "<!doctype html><script src=config.js></script>"


@pytest.fixture
def visit(application):
    """The report's frontend step and verdict for a page with these files; {port} is that of the application."""
    served = {}

    def answer(path, _):
        if path not in served:
            return 404, {"Content-Type": "text/html"}, b"nothing"
        body, fields = served[path]
        return 200, {"Content-Type": "text/html"} | fields, body if isinstance(body, bytes) else body.encode()

    def ask(config="", page=PAGE, page_fields=None, config_fields=None, files=None):
        text = config if isinstance(config, bytes) else (config or CONFIG).replace("{port}", str(application.port))
        script = {"Content-Type": "text/javascript"} | (config_fields or {})
        served.update({"/": (page, page_fields or {}), "/config.js": (text, script)} | (files or {}))
        done = wsprobe("diagnose", f"ws://127.0.0.1:{application.port}/api/ws", "--frontend", f"{server.url}/", "--token-env", "T",
                       "--no-experiments", "--format", "json", env={"T": TOKEN})
        assert done.returncode in (0, 1), done.stderr
        report = json.loads(done.stdout)
        (step,) = [step for step in report["steps"] if step["kind"] == "frontend"]
        return step["frontend"], report["verdict"], done.stdout, server.asked

    with serving_http(answer) as server:
        yield ask


def assert_open(visited, problem):
    facts, verdict, _, _ = visited
    assert facts["browser"]["answer"] == "undetermined", facts
    assert problem in facts["problem"], facts["problem"]
    assert verdict["fault"] != "frontend", verdict


def test_the_page_that_the_others_are_twins_of(visit):
    facts, verdict, _, asked = visit()
    assert (facts["browser"]["answer"], verdict["cause"]) == ("connects", "healthy")
    assert {fields["Accept-Encoding"] for _, fields in asked} == {"identity"}


def test_a_page_that_is_not_html(visit):
    assert_open(visit(page_fields={"Content-Type": "application/json"}), "the page is not HTML: its type is application/json")


def test_a_page_that_is_too_long(visit):
    assert_open(visit(page=PAGE + " " * (3 << 20)), "the page cannot be read: it is too long")


FIRST = "<!doctype html><script>window.WS_BASE_URL = 'ws://wrong.invalid'</script><script src=config.js></script>"


@pytest.mark.parametrize(("config", "fields", "why"), [
    (gzip.compress(CONFIG.encode()), {"Content-Encoding": "gzip"}, "compressed (gzip)"),
    (CONFIG + " " * (5 << 20), {}, "too long"),
    ("window.WS_BASE_URL = 'ws://caf\u00e9.invalid'".encode("latin-1"), {}, "not UTF-8"),
])
def test_a_script_that_browsers_run_and_the_probe_does_not(visit, config, fields, why):
    """What an earlier script has set is not what stays."""
    assert_open(visit(config, FIRST, config_fields=fields), why)


def test_a_script_in_its_own_address(visit):
    assert_open(visit(page=FIRST.replace("src=config.js", "src=\"data:text/javascript,WS_BASE_URL='ws://127.0.0.1'\"")), "data:")


@pytest.mark.parametrize(("fields", "why"), [
    ({}, "window.WS_BASE_URL is undefined"),
    ({"X-Content-Type-Options": "nosniff"}, "none of the page's scripts can be run"),
])
def test_a_script_that_is_the_page_again(visit, fields, why):
    """What a static site answers for a file that is not there."""
    assert_open(visit("<!doctype html><title>app</title>", config_fields={"Content-Type": "text/html"} | fields), why)


def test_a_script_that_is_not_there(visit):
    visited = visit(page=PAGE.replace("config.js", "gone.js"))
    assert_open(visited, "none of the page's scripts can be run")
    assert visited[0]["scripts"][0]["detail"] == "it was answered with 404"


def test_a_base_with_a_part_of_the_path(visit):
    facts, verdict, _, _ = visit(CONFIG.replace("';", "/api';"))
    assert (facts["browser"]["answer"], verdict["cause"]) == ("connects", "healthy"), facts


def test_a_token_in_the_url_is_not_shown(visit):
    facts, _, text, _ = visit("new WebSocket('ws://127.0.0.1:{port}/api/ws?token=pages-0wn-T0ken')")
    assert facts["from"] == "new WebSocket()"
    assert "pages-0wn-T0ken" not in text


def test_a_script_that_needs_a_document_leaves_its_literals(visit):
    visited = visit("const at = document.querySelector('#at').dataset.at;\nwindow.WS_BASE_URL = at || 'ws://127.0.0.1:{port}';")
    assert_open(visited, "document.querySelector")
    assert any("config.js:2" in literal for literal in visited[0]["literals"]), visited[0]


def test_a_long_policy_is_put_right_as_a_whole(visit):
    sources = " ".join(f"https://cdn{number}.x.test" for number in range(60))
    policy = f'<!doctype html>\n<meta http-equiv="Content-Security-Policy" content="img-src {sources}; connect-src {sources}">'
    facts, verdict, _, _ = visit(page=policy + "<script src=config.js></script>")
    assert verdict["cause"] == "frontend_csp_blocks"
    assert "the meta element in line 2 of" in verdict["remedy"]
    assert f"connect-src {sources} {facts['url'].removesuffix('/api/ws')}" in " ".join(verdict["remedy"].split())


def test_a_policy_of_the_page_names_its_line(visit):
    policy = '<!doctype html>\n<head>\n<meta http-equiv="Content-Security-Policy" content="connect-src https://x.test">\n'
    facts, verdict, _, _ = visit(page=policy + "<script src=config.js></script>")
    assert (facts["browser"]["answer"], verdict["cause"]) == ("blocked", "frontend_csp_blocks")
    assert "connect-src https://x.test" in verdict["remedy"] and "line 3 of" in verdict["remedy"]
