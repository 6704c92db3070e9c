"""The status page as a person meets it: in Chromium, by mouse and by keyboard, light and dark, wide and narrow, with and
without JavaScript.

WSPROBE_SCREENSHOTS=DIRECTORY keeps pictures of every page.
"""

import json
import os
import pathlib
import socket
import sys

import pytest
from conftest import STEPS, TOKEN, _Application, _Server, running
from serve import serving

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from chromium import Chromium  # noqa: E402

PAGES = {"overview": "/", "failing": "/scenario/refused", "passing": "/scenario/healthy", "waiting": "/scenario/silent",
         "incident": "/incident/{incident}", "nothing": "/scenario/none"}
SHAPES = {"wide": (1280, 800), "narrow": (390, 800)}
# Of WCAG 2.1, level AA, for text that is not large.
LEAST_CONTRAST = 4.5


class Switchable(_Application):
    """Refuses everything while its server is told to."""

    def respond(self, status, body):
        refuses = self.server.refuses
        super().respond("403 Forbidden" if refuses else status, b"" if refuses else body)

    def accept(self, key):
        if self.server.refuses:
            self.respond("403 Forbidden", b"")
        else:
            super().accept(key)


def switchable(refuses):
    server = _Server(reflects=False)
    server.RequestHandlerClass = Switchable
    server.refuses = refuses
    return server


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def application():
    with running(switchable(refuses=False)) as server:
        yield server


def scenario_file(directory, name, port, every, more=""):
    file = directory / f"{name}.yaml"
    file.write_text(f"""scenario: {name}
target: {{edge: "ws://127.0.0.1:{port}"}}
every: {every}
timeout: 1s
{more}credentials:
  valid: {{env: WSPROBE_TEST_TOKEN}}
{STEPS}""")
    return file


@pytest.fixture(scope="module")
def daemon(files, application):
    with running(switchable(refuses=True)) as refusing, socket.create_server(("127.0.0.1", 0)) as silent:
        scenarios = [scenario_file(files, "healthy", application.port, "1s"),
                     scenario_file(files, "refused", refusing.port, "1s"),
                     scenario_file(files, "silent", silent.getsockname()[1], "1h",
                                   'labels: {team: "<b>realtime</b>"}\n')]
        with serving(*scenarios) as running_daemon:
            for name in ("healthy", "refused"):
                running_daemon.wait_for_metric(f'wsprobe_scenario_runs_total{{scenario="{name}"}}', 3)
            running_daemon.wait_for('scenario=silent')
            yield running_daemon


@pytest.fixture(scope="module")
def browser(files):
    with Chromium(files) as chromium:
        yield chromium


@pytest.fixture
def page(browser):
    opened = browser.new_page()
    yield opened
    browser.close_page(opened)


def address(daemon, path):
    return f"http://127.0.0.1:{daemon.port}{path}"


def path_of(daemon, name):
    reports = json.loads(daemon.get("/api/v1/reports?scenario=refused&outcome=fail&limit=1"))["reports"]
    return PAGES[name].format(incident=reports[0]["id"])


def keep(page, name):
    if directory := os.environ.get("WSPROBE_SCREENSHOTS"):
        page.screenshot(pathlib.Path(directory) / f"{name}.png")


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_whole(daemon, page, name):
    page.goto(address(daemon, path_of(daemon, name)))
    for shape, (width, height) in SHAPES.items():
        page.set_viewport(width, height)
        for colours in ("light", "dark"):
            page.prefer(color_scheme=colours)
            keep(page, f"{name}-{shape}-{colours}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page scrolls sideways"
            assert contrasts_below(page) == []
    assert page.evaluate("document.querySelectorAll('h1').length") == 1
    assert TOKEN not in page.evaluate("document.documentElement.outerHTML")
    assert all(url.startswith(address(daemon, "/")) for url in page.requests)
    if name != "nothing":  # whose answer is a 404, which Chromium tells
        assert page.complaints == []


def contrasts_below(page):
    """Texts whose colour is too near to what is behind them, as "ratio text"."""
    return page.evaluate("""(() => {
      const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
      const luminance = ([r, g, b]) => [r, g, b].map((c) => c / 255)
        .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
      const behind = (element) => {
        for (; element; element = element.parentElement) {
          const colour = parts(getComputedStyle(element).backgroundColor);
          if (colour.length === 3 || colour[3] > 0) return colour;
        }
        return [255, 255, 255];
      };
      const low = [];
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const text = walker.currentNode.data.trim(), element = walker.currentNode.parentElement;
        if (!text || element.closest("script, title, svg") || !element.getClientRects().length) continue;
        const [a, b] = [luminance(parts(getComputedStyle(element).color)), luminance(behind(element))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < %s) low.push(ratio.toFixed(2) + " " + text);
      }
      return low;
    })()""" % LEAST_CONTRAST)


def test_dark_and_light_differ(daemon, page):
    page.goto(address(daemon, "/"))
    grounds = []
    for colours in ("light", "dark"):
        page.prefer(color_scheme=colours)
        grounds.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert grounds[0] != grounds[1]


def test_from_the_overview_to_the_evidence_by_mouse(daemon, page):
    page.goto(address(daemon, "/"))
    assert page.evaluate("document.title") == "(2 failing) wsprobe"
    assert page.evaluate("document.querySelector('tbody tr th').textContent").startswith("refused"), "what fails stands first"
    page.follow("a[href='/scenario/refused']")
    assert page.evaluate("document.querySelector('h1').textContent") == "refused ✗ failing"
    assert page.evaluate("document.querySelector('.remedy').textContent").strip()
    assert page.evaluate("document.querySelectorAll('.waterfall').length") == 3, "one for every step"
    assert page.evaluate("document.querySelectorAll('.strip .bad').length") >= 3
    assert page.evaluate("document.querySelector('#reasons li').checkVisibility()") is False
    page.click("#reasons summary")
    assert page.evaluate("document.querySelector('#reasons li').checkVisibility()") is True
    page.follow("a[href^='/incident/']")
    assert "valid-token" in page.evaluate("document.querySelector('main pre').textContent")
    page.follow("a[href^='/api/v1/reports/']")
    assert json.loads(page.evaluate("document.body.textContent"))["schema"] == "wsprobe.report/1"


def test_one_outage_is_one_row(daemon, page):
    daemon.wait_for_metric('wsprobe_scenario_failures_total{scenario="refused"}', 4)
    page.goto(address(daemon, "/scenario/refused"))
    rows = page.evaluate("[...document.querySelectorAll('tbody tr th')].map((row) => row.textContent)")
    assert len(rows) == 1 and " runs in " in rows[0]


def test_what_peers_and_files_say_is_text(daemon, page):
    page.goto(address(daemon, "/scenario/silent"))
    assert page.evaluate("document.querySelector('main').textContent").count("team=<b>realtime</b>") == 1
    assert page.evaluate("document.querySelectorAll('main b').length") == 0


def test_a_change_shows_itself(daemon, page, application):
    page.goto(address(daemon, "/scenario/healthy"))
    page.wait_until("document.getElementById('live').textContent === 'live'")
    page.evaluate("window.sameDocument = true")
    page.click("#reasons summary")
    application.refuses = True
    page.wait_until("document.querySelector('h1').textContent === 'healthy ✗ failing'")
    assert page.evaluate("document.title").startswith("✗ ")
    assert page.evaluate("document.querySelector('#reasons').open"), "what was opened stays open"
    application.refuses = False
    page.wait_until("document.querySelector('h1').textContent === 'healthy ✓ passing'")
    assert page.evaluate("window.sameDocument"), "the page was never loaded anew"
    assert page.complaints == []


def test_without_javascript_everything_is_there(daemon, page):
    page.disable_scripts()
    page.goto(address(daemon, "/"))
    page.follow("a[href='/scenario/refused']")
    page.follow("a[href^='/incident/']")
    nodes = {node["name"]["value"] for node in page.accessible() if node.get("name", {}).get("value")}
    assert {"What to do", "Evidence", "the whole report"} <= nodes
    assert not [url for url in page.requests if url.endswith("/live.js")]


@pytest.mark.parametrize("name", ["overview", "failing", "incident"])
def test_the_keyboard_reaches_everything(daemon, page, name):
    page.goto(address(daemon, path_of(daemon, name)))
    expected = page.evaluate("document.querySelectorAll('a[href], summary, [tabindex]').length")
    reached = []
    for _ in range(expected):
        page.press("Tab", 9)
        seen = page.evaluate("""(() => {
          const element = document.activeElement, style = getComputedStyle(element), box = element.getBoundingClientRect();
          return [element.tagName, element.textContent.slice(0, 20), style.outlineStyle !== 'none' && box.width > 0 && box.x >= 0];
        })()""")
        assert seen[2], f"{seen} has the focus and does not show it"
        reached.append(seen[:2])
    assert reached[0] == ["A", "Skip to the content"]
    assert ["BODY", ""] not in reached
    assert len(reached) == expected


def test_a_screen_reader_is_told_what_is_drawn(daemon, page):
    page.goto(address(daemon, "/scenario/refused"))
    names = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in page.accessible()]
    drawings = [text for role, text in names if role in ("image", "img")]
    assert sum(text.startswith("phases: ") for text in drawings) == 3
    assert any(text.startswith("the last ") and "failed" in text for text in drawings)
    assert any(text.startswith("how long the last ") for text in drawings)
    assert {"main", "banner", "navigation", "contentinfo", "status"} <= {role for role, _ in names}
    assert not [role for role, text in names if role in ("link", "image", "img") and not text]


def test_badges_are_pictures(daemon, page):
    page.goto(address(daemon, "/"))
    for name, word in (("healthy", "passing"), ("refused", "failing"), ("silent", "failing")):
        assert word in daemon.get(f"/badge/{name}.svg")
        page.evaluate(f"""new Promise((done, failed) => {{
          const image = new Image(); image.onload = () => done(image.width); image.onerror = failed;
          image.src = '/badge/{name}.svg'; }})""")
