"""Headless Chromium, driven by the DevTools protocol over a pipe: no port, no driver, no package.

    with Chromium(directory, host_rules="MAP * 127.0.0.1") as browser:
        page = browser.new_page()
        page.goto("http://app.test:8080/")
        page.click("a.more")
        page.screenshot(directory / "more.png")

Messages are JSON objects that end in a NUL byte, on descriptor 3 (to Chromium) and 4 (from it). Answers carry the number of
their question, events the session of their page. Every wait is bounded; what waits too long raises Late.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PATIENCE = 30.0  # seconds
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
    "--no-default-browser-check", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-extensions", "--disable-default-apps", "--disable-domain-reliability", "--metrics-recording-only", "--mute-audio",
    "--disable-features=OptimizationHints,MediaRouter,DialMediaRouteProvider,Translate", "--force-color-profile=srgb",
    "--hide-scrollbars", "--remote-debugging-pipe",
)

Message = dict[str, Any]


class Late(AssertionError):
    """Something did not happen in time."""


class Refused(AssertionError):
    """Chromium answered a question with an error, or a script threw."""


@dataclass
class Socket:
    """A WebSocket that a page has opened, or tried to."""

    url: str
    status: int = 0  # of the handshake; 0: there was no answer
    error: str = ""
    closed: bool = False


@dataclass
class Events:
    """What a page has told so far."""

    all: list[Message] = field(default_factory=list)

    def of(self, method: str) -> list[Message]:
        return [one["params"] for one in self.all if one["method"] == method]


class Chromium:
    def __init__(self, directory: Path, *, host_rules: str = "", flags: Sequence[str] = (), binary: str = "/usr/bin/chromium"):
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()
        # Above the two numbers that Chromium expects, so that neither is overwritten before it is copied.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (to_read, to_write)]
        command = [binary, *FLAGS, f"--user-data-dir={directory}/profile", *flags]
        if host_rules:
            command.append(f"--host-resolver-rules={host_rules}")

        def place() -> None:
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        self._log = open(directory / "chromium.log", "wb")  # noqa: SIM115, closed with the browser
        self._process = subprocess.Popen([*command, "about:blank"], stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log,
                                         preexec_fn=place, pass_fds=(3, 4), start_new_session=True,  # noqa: PLW1509
                                         env={"PATH": os.environ["PATH"], "HOME": str(directory), "LANG": "C.UTF-8"})
        for end in (to_read, to_write, *ends):
            os.close(end)
        self._changed = threading.Condition()
        self._answers: dict[int, Message] = {}
        self._pages: dict[str, Page] = {}
        self._asked = 0
        self._gone = False
        self._reader = threading.Thread(target=self._read_messages, daemon=True)
        self._reader.start()

    def __enter__(self) -> Chromium:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError, Late, Refused):
            self.ask("Browser.close", {}, patience=5)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # the whole session: renderers, zygotes
        self._process.wait()
        self._reader.join(5)
        os.close(self._write)
        os.close(self._read)
        self._log.close()

    def _read_messages(self) -> None:
        rest = b""
        while piece := os.read(self._read, 1 << 20):
            *whole, rest = (rest + piece).split(b"\0")
            with self._changed:
                for text in whole:
                    self._take(json.loads(text))
                self._changed.notify_all()
        with self._changed:
            self._gone = True
            self._changed.notify_all()

    def _take(self, message: Message) -> None:
        if "id" in message:
            self._answers[message["id"]] = message
        elif page := self._pages.get(message.get("sessionId", "")):
            page.events.all.append(message)

    def wait(self, is_so: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
        """The first true value that the function returns, asked whenever Chromium has said something."""
        until = time.monotonic() + patience
        with self._changed:
            while not (value := is_so()):
                if self._gone:
                    raise Late(f"{what}: Chromium ended with {self._process.poll()}")
                if not self._changed.wait(until - time.monotonic()):
                    raise Late(f"{what}: not within {patience:g} s")
            return value

    def ask(self, method: str, parameters: Message, session: str | None = None, patience: float = PATIENCE) -> Message:
        with self._changed:
            self._asked += 1
            number = self._asked
        message: Message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._write, data):]
        answer = self.wait(lambda: self._answers.pop(number, None), method, patience)
        if "error" in answer:
            raise Refused(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def new_page(self) -> Page:
        context = self.ask("Target.createBrowserContext", {})["browserContextId"]
        target = self.ask("Target.createTarget", {"url": "about:blank", "browserContextId": context})["targetId"]
        session = self.ask("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        page = Page(self, session, context)
        with self._changed:
            self._pages[session] = page
        for domain in ("Page", "Runtime", "Log", "Network", "Audits"):
            page.ask(f"{domain}.enable")
        return page

    def close_page(self, page: Page) -> None:
        """With all that it kept: cookies, storage, connections."""
        self.ask("Target.disposeBrowserContext", {"browserContextId": page.context})
        with self._changed:
            self._pages.pop(page.session)


class Page:
    def __init__(self, browser: Chromium, session: str, context: str):
        self.browser = browser
        self.session = session
        self.context = context
        self.events = Events()

    def ask(self, method: str, **parameters: Any) -> Message:
        return self.browser.ask(method, parameters, self.session)

    def wait_for(self, method: str, is_it: Callable[[Message], bool] = lambda _: True, patience: float = PATIENCE) -> Message:
        """The parameters of the first event of that name for which it is so; events of before count."""
        return self.browser.wait(lambda: next((one for one in self.events.of(method) if is_it(one)), None), method, patience)

    def wait_until(self, expression: str, patience: float = PATIENCE) -> Any:
        """The first true value of a JavaScript expression."""
        until = time.monotonic() + patience
        while not (value := self.evaluate(expression)):
            if time.monotonic() > until:
                raise Late(f"{expression}: not within {patience:g} s")
            threading.Event().wait(0.02)
        return value

    def goto(self, url: str) -> None:
        """Until the page and what belongs to it has been loaded."""
        loaded = len(self.events.of("Page.loadEventFired"))
        problem = self.ask("Page.navigate", url=url).get("errorText")
        if problem:
            raise Refused(f"{url}: {problem}")
        self.browser.wait(lambda: len(self.events.of("Page.loadEventFired")) > loaded, f"loading {url}")

    def evaluate(self, expression: str) -> Any:
        """Its value as JSON has it; promises are waited for."""
        answer = self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise Refused(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def click(self, selector: str) -> None:
        """In the middle of its first line, by the mouse."""
        where = self.evaluate(f"""(() => {{
            const element = document.querySelector({json.dumps(selector)});
            if (!element) return null;
            element.scrollIntoView({{block: 'center', inline: 'center'}});
            const box = element.getClientRects()[0];  // a link over two lines has a gap in its middle
            return {{x: box.x + box.width / 2, y: box.y + box.height / 2}};
        }})()""")
        if where is None:
            raise Refused(f"there is no {selector}")
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **where)

    def follow(self, selector: str) -> None:
        """Clicks a link and waits for its page."""
        loaded = len(self.events.of("Page.loadEventFired"))
        self.click(selector)
        self.browser.wait(lambda: len(self.events.of("Page.loadEventFired")) > loaded, f"loading what {selector} leads to")

    def press(self, key: str, code: int = 0, text: str = "") -> None:
        """"Tab" (9), "Enter" (13, text "\\r"), "Escape" (27): the key and its Windows virtual key code."""
        self.ask("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=code, text=text)
        self.ask("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)

    def screenshot(self, file: Path, whole: bool = True) -> None:
        shot = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        file.write_bytes(base64.b64decode(shot["data"]))

    def set_viewport(self, width: int, height: int, scale: float = 1) -> None:
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False)

    def prefer(self, **features: str) -> None:
        """color_scheme="dark", reduced_motion="reduce"."""
        wanted = [{"name": f"prefers-{name.replace('_', '-')}", "value": value} for name, value in features.items()]
        self.ask("Emulation.setEmulatedMedia", features=wanted)

    def disable_scripts(self) -> None:
        self.ask("Emulation.setScriptExecutionDisabled", value=True)

    @property
    def requests(self) -> list[str]:
        return [one["request"]["url"] for one in self.events.of("Network.requestWillBeSent")]

    @property
    def complaints(self) -> list[str]:
        """Errors and warnings of the console, exceptions, and the issues that Chromium lists (CSP, mixed content)."""
        said = [one["entry"]["text"] for one in self.events.of("Log.entryAdded") if one["entry"]["level"] in ("error", "warning")]
        said += [str(one["args"]) for one in self.events.of("Runtime.consoleAPICalled") if one["type"] in ("error", "warning")]
        said += [one["exceptionDetails"]["text"] for one in self.events.of("Runtime.exceptionThrown")]
        return said + [one["issue"]["code"] for one in self.events.of("Audits.issueAdded")]

    @property
    def sockets(self) -> list[Socket]:
        found: dict[str, Socket] = {}
        for message in list(self.events.all):
            method, about = message["method"], message["params"]
            if method == "Network.webSocketCreated":
                found[about["requestId"]] = Socket(about["url"])
            elif about.get("requestId") not in found:
                continue  # one that the browser refused by itself is closed without having been made
            elif method == "Network.webSocketHandshakeResponseReceived":
                found[about["requestId"]].status = about["response"]["status"]
            elif method == "Network.webSocketFrameError":
                found[about["requestId"]].error = about["errorMessage"]
            elif method == "Network.webSocketClosed":
                found[about["requestId"]].closed = True
        return list(found.values())

    def accessible(self) -> Iterator[Message]:
        """The nodes of the accessibility tree that a screen reader would meet."""
        for node in self.ask("Accessibility.getFullAXTree")["nodes"]:
            if not node.get("ignored"):
                yield node
