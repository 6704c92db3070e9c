"""The incident in full: the page sends browsers to the wrong WebSocket (or forbids them the right one), and behind the right
name the proxy breaks the upgrade. One command names both causes with their remedies. Each remedy, put in place as it is
printed, takes its own finding away and leaves the other.

The page is static files from Caddy on one host; the application is uvicorn behind Caddy on another; both by TLS.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from behaviour import SOCKET_PATH
from certificates import Authority, Certificate
from deployment import Lab
from proxies import Caddy, Site
from rows_caddy import COOLIFY, PLAIN
from test_incident import site_block
from wsprobe import TOKEN_VARIABLE, Run, Wsprobe

APP, API, GONE = "app.lab.test", "api.lab.test", "old.lab.test"

INDEX = """\
<!doctype html>
<html>
<head>
  <title>frontend</title>
  <script src="/config.js"></script>
  <script src="/assets/app.js" defer></script>
</head>
<body><div id="app"></div></body>
</html>
"""
CONFIG = """\
// Written when the container starts.
window.API_BASE_URL = "https://{api}";
window.WS_BASE_URL = "{socket}";
"""
APPLICATION = """\
document.querySelector('#app').textContent = 'loading';
const socket = new WebSocket(`${window.WS_BASE_URL}/api/ws?token=${localStorage.getItem('token')}`);
"""
STATIC = "\troot * $root\n\ttry_files {path} /index.html\n\tfile_server"
BOTH = "\thandle /api/* {\n\t\treverse_proxy $upstream\n\t}\n\thandle {\n" + STATIC + "\n\t}"
SELF_ONLY = "default-src 'self'; connect-src 'self' https://api.lab.test"


@dataclass
class World:
    """A page and an application, each of them as it is now. `put_up` makes it so."""

    caddy: Caddy
    certificate: Certificate
    authority: Path
    upstream: object
    root: Path
    named: str = API  # the host that config.js names
    policy: str = ""
    page: str = STATIC
    application: str = COOLIFY
    pasted: str = ""  # in place of the application's site
    lines: list[str] = field(default_factory=list)  # of config.js, where somebody has changed it

    @property
    def port(self) -> int:
        return self.caddy.address.port

    @property
    def page_url(self) -> str:
        return f"https://{APP}:{self.port}"

    @property
    def socket_url(self) -> str:
        return f"wss://{API}:{self.port}{SOCKET_PATH}"

    def site(self, host: str, text: str) -> Site:
        values = {"upstream": self.upstream, "root": self.root}
        return Site(f"\ttls {self.certificate.chain} {self.certificate.key}\n{text}", values, scheme="https", name=host)

    def put_up(self) -> None:
        config = CONFIG.format(api=f"{API}:{self.port}", socket=f"wss://{self.named}:{self.port}")
        (self.root / "config.js").write_text("\n".join(self.lines) if self.lines else config)
        policy = f'\theader Content-Security-Policy "{self.policy}"\n' if self.policy else ""
        sites = [self.site(APP, policy + self.page)]
        if not self.pasted:
            sites.append(self.site(API, self.application))
        self.caddy.load(self.caddy.caddyfile(sites) + "\n" + self.pasted)

    # ---- remedies, as somebody would follow them ----

    def mend_proxy(self, remedy: str) -> None:
        """The printed site block takes the place of the application's site; only address and upstream are one's own."""
        block = site_block(remedy)
        assert not any("try_files" in line for line in block), block
        body = [re.sub(r"(reverse_proxy\s+).*", rf"\g<1>{self.upstream}", line) for line in block[1:]]
        head = [f"https://{API}:{self.port} {{", f"\tbind {self.caddy.address.host}",
                f"\ttls {self.certificate.chain} {self.certificate.key}"]
        self.pasted = "\n".join([*head, *body, ""])
        self.put_up()

    def mend_script(self, remedy: str) -> None:
        """The file and the line that are named get the line that is printed."""
        place = re.search(r"/config\.js:(\d+)", remedy)
        assert place, remedy
        wanted = re.search(r"^ +(window\.WS_BASE_URL = .*)$", remedy, re.MULTILINE)
        assert wanted, remedy
        lines = (self.root / "config.js").read_text().splitlines()
        assert "WS_BASE_URL" in lines[int(place[1]) - 1]
        lines[int(place[1]) - 1] = wanted[1]
        self.lines = lines
        self.put_up()

    def mend_policy(self, remedy: str) -> None:
        """The directive that is printed takes the place of the one that is there."""
        was, will_be = re.findall(r"^ +(connect-src .*)$", remedy, re.MULTILINE)
        assert was in self.policy
        self.policy = self.policy.replace(was, will_be)
        self.put_up()


@pytest.fixture(scope="module")
def certificate(lab: Lab) -> tuple[Certificate, Path]:
    authority = Authority(lab.directory / "pages", "The lab's authority for pages")
    return authority.issue("*.lab.test"), authority.root


@pytest.fixture
def world(lab: Lab, certificate: tuple[Certificate, Path]) -> Iterator[World]:
    caddy = Caddy(lab.fresh_directory("caddy"))
    caddy.keeps_its_address = True
    root = lab.fresh_directory("page")
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_text(INDEX)
    (root / "assets" / "app.js").write_text(APPLICATION)
    yield World(caddy, certificate[0], certificate[1], lab.backend().address, root)
    caddy.stop()


Ask = Callable[[World], Run]


@pytest.fixture(params=["diagnose", "run"])
def ask(request: pytest.FixtureRequest, wsprobe: Wsprobe) -> Ask:
    def options(world: World) -> list[str]:
        names = [option for host in (APP, API) for option in ("--resolve", f"{host}:{world.port}:{world.caddy.address.host}")]
        return [*names, "--cacert", str(world.authority)]

    def by_url(world: World) -> Run:
        return wsprobe.diagnose(world.socket_url, "--frontend", world.page_url, *options(world))

    def by_scenario(world: World) -> Run:
        file = wsprobe.write("page.yaml", f"""\
scenario: page
target:
  edge: wss://{API}:{world.port}
  frontend: {world.page_url}
credentials:
  valid: {{env: {TOKEN_VARIABLE}}}
steps:
  - health: {{path: /api/system/health, expect: {{status: 200, json: {{/status: ok}}}}}}
  - upgrade: {{name: valid-token, path: {SOCKET_PATH}, query: {{token: "${{valid}}"}}, expect: accepted}}
  - upgrade: {{name: invalid-token, path: {SOCKET_PATH}, query: {{token: "${{invalid}}"}}, expect: {{rejected_by: backend}}}}
  - frontend
""")
        return wsprobe.run(file, options=options(world))

    return by_url if request.param == "diagnose" else by_scenario


def findings(run: Run) -> set[str]:
    """What the valid credential's upgrade and the page are blamed on."""
    causes = {run.step(name)["verdict"]["cause"] for name in ("valid-token", "frontend") if not run.step(name)["as_expected"]}
    # What the steps say is what somebody reads in the end, too.
    verdict = run.report["verdict"]
    for cause in ("frontend_wrong_url", "frontend_csp_blocks"):
        said = verdict["cause"] == cause or f"({cause})" in verdict["remedy"]
        assert said == (cause in causes), (cause, verdict)
    return causes


def assert_healthy(run: Run) -> None:
    assert run.exit_code == 0, run.out
    assert run.report["verdict"]["cause"] == "healthy"
    assert run.step("frontend")["frontend"]["browser"]["answer"] == "connects"


@pytest.mark.parametrize("first", ["proxy", "page"])
def test_the_wrong_url_and_the_broken_upgrade(world: World, ask: Ask, first: str) -> None:
    """config.js names the page's own host, where a static server answers everything with its index.html."""
    world.named = APP
    world.put_up()
    sick = ask(world)
    assert sick.exit_code == 1, sick.err
    assert findings(sick) == {"frontend_wrong_url", "proxy_rewrote_path"}
    page = sick.step("frontend")
    assert (page["verdict"]["fault"], page["frontend"]["browser"]["answer"]) == ("frontend", "refused")
    assert page["frontend"]["place"] == f"{world.page_url}/config.js:3"
    both = sick.report["verdict"]["remedy"]
    assert "try_files" in both and f"wss://{API}:{world.port}" in both

    if first == "proxy":
        world.mend_proxy(both)
        half = ask(world)
        assert (half.exit_code, findings(half)) == (1, {"frontend_wrong_url"})
        assert half.step("valid-token")["outcome"] == "completed"
        world.mend_script(half.report["verdict"]["remedy"])
    else:
        world.mend_script(both)
        half = ask(world)
        assert (half.exit_code, findings(half)) == (1, {"proxy_rewrote_path"})
        assert half.step("frontend")["as_expected"] is True
        world.mend_proxy(half.report["verdict"]["remedy"])
    assert_healthy(ask(world))


@pytest.mark.parametrize("first", ["proxy", "page"])
def test_the_policy_and_the_broken_upgrade(world: World, ask: Ask, first: str) -> None:
    """connect-src allows the application's host, by https alone: that is not wss."""
    world.policy = SELF_ONLY
    world.put_up()
    sick = ask(world)
    assert sick.exit_code == 1, sick.err
    assert findings(sick) == {"frontend_csp_blocks", "proxy_rewrote_path"}
    facts = sick.step("frontend")["frontend"]
    assert (facts["browser"]["answer"], facts["browser"]["why"]) == ("blocked", "csp")
    assert facts["browser"]["directive"] == "connect-src 'self' https://api.lab.test"
    both = sick.report["verdict"]["remedy"]
    assert "try_files" in both and f"wss://{API}:{world.port}" in both

    if first == "proxy":
        world.mend_proxy(both)
        half = ask(world)
        assert (half.exit_code, findings(half)) == (1, {"frontend_csp_blocks"})
        world.mend_policy(half.report["verdict"]["remedy"])
    else:
        world.mend_policy(both)
        half = ask(world)
        assert (half.exit_code, findings(half)) == (1, {"proxy_rewrote_path"})
        world.mend_proxy(half.report["verdict"]["remedy"])
    assert_healthy(ask(world))


def test_a_name_that_is_gone(world: World, ask: Ask) -> None:
    world.named, world.application = GONE, PLAIN
    world.put_up()
    sick = ask(world)
    assert (sick.exit_code, findings(sick)) == (1, {"frontend_wrong_url"})
    assert sick.step("frontend")["frontend"]["browser"]["answer"] == "unreachable"
    world.mend_script(sick.report["verdict"]["remedy"])
    assert_healthy(ask(world))


def test_another_name_that_works_is_no_fault(world: World, ask: Ask) -> None:
    """A service may have two names; without a credential the second one refuses, and nothing more is known."""
    world.named, world.application, world.page = APP, PLAIN, BOTH
    world.put_up()
    told = ask(world)
    page = told.step("frontend")
    assert page["verdict"]["cause"] in ("undetermined", "healthy"), page["verdict"]
    assert page["frontend"]["browser"]["answer"] == "refused"


def test_the_human_report_shows_both_remedies(world: World, wsprobe: Wsprobe) -> None:
    world.named = APP
    world.put_up()
    names = [option for host in (APP, API) for option in ("--resolve", f"{host}:{world.port}:{world.caddy.address.host}")]
    text = wsprobe.diagnose(world.socket_url, "--frontend", world.page_url, "--cacert", str(world.authority), *names, output="human").out
    assert f'window.WS_BASE_URL = "wss://{API}:{world.port}";' in text
    assert "try_files" in text
    assert f"{world.page_url}/config.js:3" in text
