"""A headless Chromium, driven by the DevTools protocol (https://chromedevtools.github.io/devtools-protocol)."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from urllib.parse import urljoin

from support.required import program

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-pipe"),
)
# What Chromium may take for its next word. It is long: beside it a whole test suite may be running.
_PATIENCE_SECONDS = 60.0

# The protocol's domains that tell what went wrong. A worker has no CSS and no Page.
_DOMAINS = ("Runtime", "Log", "Network", "Debugger")
_PAGE_DOMAINS = ("Page", "DOM", "CSS")
_AUTO_ATTACH = {"autoAttach": True, "waitForDebuggerOnStart": True, "flatten": True}


class Request(NamedTuple):
    """A request. A page and its workers, each a session, may load the same module, each for itself."""

    session: str
    url: str


@dataclass
class Visit:
    """What happened while a page loaded, all that its scripts waited for included."""

    loaded: bool = False
    title: str = ""
    requests: list[Request] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    source_maps: list[str] = field(default_factory=list)
    unfinished: dict[str, str] = field(default_factory=dict)
    received: dict[str, int] = field(default_factory=dict)  # bytes from the network by URL, heads included


def executable() -> str:
    """Return the path of a Chromium.

    Without one the test is skipped, or fails under REQUIRE_BROWSER=1.
    """
    return program("BROWSER", *_NAMES)


# The profile of the browser's user: what pages leave there is found again by the next browser of that user.
USERS = ""


@contextmanager
def chromium(user: Path | None = None) -> Iterator[Browser]:
    """Run a Chromium until the block ends; without a user's directory it has one that is new."""
    command = [executable(), *_FLAGS]
    # What is left of its processes may still write to the profile when the browser has gone.
    with TemporaryDirectory(ignore_cleanup_errors=True) as own:
        profile = user or Path(own)
        log = Path(own) / "log"
        ours, theirs = socket.socketpair()
        with ours, _started([*command, f"--user-data-dir={profile}"], theirs, log) as process:
            browser = Browser(ours, log)
            try:
                yield browser
                browser.call("Browser.close")
                process.wait(_PATIENCE_SECONDS)
            finally:
                process.kill()


def _started(command: list[str], theirs: socket.socket, log: Path) -> subprocess.Popen[bytes]:
    """Start a command that reads from descriptor 3 and writes to descriptor 4, both of them a socket that it takes."""
    number = theirs.fileno()
    redirected = ["bash", "-c", f'exec "$@" 3<&{number} 4>&{number}', "bash", *command]
    env = {**os.environ, "TMPDIR": str(log.parent)}
    with theirs, log.open("wb") as file:
        return subprocess.Popen(
            redirected, pass_fds=[number], env=env, stdin=subprocess.DEVNULL, stdout=file, stderr=file
        )


class Tab(NamedTuple):
    """A page that is open, and what happened in it so far."""

    browser: Browser
    session: str
    visit: Visit

    def run(self, expression: str) -> str:
        """Evaluate JavaScript in the page and return what it is, or what its promise leads to."""
        command = {"expression": expression, "awaitPromise": True}
        answer = self.browser.call("Runtime.evaluate", command, self.session)
        return str(answer["result"].get("value", answer))


class Browser:
    """The protocol: commands and their results, and between them events, which go to the visit that goes on."""

    def __init__(self, connection: socket.socket, log: Path) -> None:
        connection.settimeout(_PATIENCE_SECONDS)
        self._socket = connection
        self._log = log
        self._buffer = b""
        self._number = 0
        self._visit = Visit()

    @contextmanager
    def profile(self) -> Iterator[str]:
        """Yield a profile that keeps what pages leave until the block ends: their caches and service workers."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        try:
            yield context
        finally:
            self.call("Target.disposeBrowserContext", {"browserContextId": context})

    def visit(self, url: str, profile: str | None = None, script: str = "") -> Visit:
        """Load a page, wait for its ``ready``, a promise, and for all it asked for, and close it.

        Without a profile it gets one of its own. A script runs before those of the page, and may set ``ready``.
        """
        if profile is None:
            with self.profile() as own:
                return self.visit(url, own, script)
        with self.tab(url, profile, script) as tab:
            tab.visit.title = tab.run("Promise.resolve(globalThis.ready).then(() => document.title)")
        return tab.visit

    @contextmanager
    def tab(self, url: str, profile: str, script: str = "") -> Iterator[Tab]:
        """Load a page, and close it when the block has ended and all that the page asked for is there."""
        self._visit = visit = Visit()
        page = {"url": "about:blank", **({"browserContextId": profile} if profile != USERS else {})}
        target = self.call("Target.createTarget", page)["targetId"]
        session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        self._watch(session, (*_DOMAINS, *_PAGE_DOMAINS))
        # Once this is answered, so is all that was sent before. What is not by then would be told to the process of
        # the new page too late, when its first requests have gone out.
        self.call("Runtime.runIfWaitingForDebugger", session=session)
        if script:
            self.call("Page.addScriptToEvaluateOnNewDocument", {"source": script}, session)
        self.call("Page.navigate", {"url": url}, session)
        while not visit.loaded:
            self._next_event()
        yield Tab(self, session, visit)
        while visit.unfinished:
            self._next_event()
        self.call("Runtime.evaluate", {"expression": "0"}, session)  # answered when all problems have been told
        self.call("Target.closeTarget", {"targetId": target})

    def call(self, method: str, params: Mapping[str, Any] | None = None, session: str = "") -> dict[str, Any]:
        """Send a command and return its result."""
        number = self._send(method, params, session)
        while (message := self._receive()).get("id") != number:
            self._handle(message)
        assert "error" not in message, (method, message)
        result: dict[str, Any] = message["result"]
        return result

    def _watch(self, session: str, domains: tuple[str, ...]) -> None:
        """Have a page or a worker report to the visit; its own workers wait until they are watched."""
        for domain in domains:
            self._send(f"{domain}.enable", None, session)
        self._send("Target.setAutoAttach", _AUTO_ATTACH, session)

    def _next_event(self) -> None:
        self._handle(self._receive())

    def _handle(self, message: dict[str, Any]) -> None:
        method, params = message.get("method", ""), message.get("params", {})
        if method == "Target.attachedToTarget" and params["waitingForDebugger"]:
            self._watch(params["sessionId"], _DOMAINS)
            self._send("Runtime.runIfWaitingForDebugger", None, params["sessionId"])
        if recorder := _RECORDERS.get(method):
            recorder(self._visit, message.get("sessionId", ""), params)

    def _send(self, method: str, params: Mapping[str, Any] | None, session: str) -> int:
        self._number += 1
        message = {"id": self._number, "method": method, "params": params or {}}
        if session:
            message["sessionId"] = session
        self._socket.sendall(json.dumps(message).encode() + b"\0")
        return self._number

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            try:
                data = self._socket.recv(1 << 16)
            except TimeoutError:
                raise AssertionError(f"the browser has stopped telling anything: {self._visit}") from None
            assert data, f"the browser ended:\n{self._log.read_text(errors='replace')}"
            self._buffer += data
        text, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        return message


def _loaded(visit: Visit, session: str, params: dict[str, Any]) -> None:  # noqa: ARG001 - they share one signature
    visit.loaded = True


def _sent(visit: Visit, session: str, params: dict[str, Any]) -> None:
    url = params["request"]["url"]
    visit.requests.append(Request(session, url))
    visit.unfinished[params["requestId"]] = url


def _answered(visit: Visit, session: str, params: dict[str, Any]) -> None:  # noqa: ARG001
    response = params["response"]
    if response["status"] >= 400:
        visit.problems.append(f"{response['status']} {response['url']}")


def _finished(visit: Visit, session: str, params: dict[str, Any]) -> None:  # noqa: ARG001
    url = visit.unfinished.pop(params["requestId"], None)
    if url is not None:
        visit.received[url] = visit.received.get(url, 0) + int(params["encodedDataLength"])


def _failed(visit: Visit, session: str, params: dict[str, Any]) -> None:  # noqa: ARG001
    url = visit.unfinished.pop(params["requestId"], "?")
    visit.problems.append(f"{params['errorText']} {url}")


def _logged(visit: Visit, session: str, params: dict[str, Any]) -> None:  # noqa: ARG001
    entry = params["entry"]
    if entry["level"] in {"warning", "error"}:
        visit.problems.append(f"{entry['level']}: {entry['text']} {entry.get('url', '')}")


def _printed(visit: Visit, session: str, params: dict[str, Any]) -> None:  # noqa: ARG001
    if params["type"] in {"warning", "error", "assert"}:
        texts = [str(value.get("value", value.get("description"))) for value in params["args"]]
        visit.problems.append(f"console.{params['type']}: {' '.join(texts)}")


def _thrown(visit: Visit, session: str, params: dict[str, Any]) -> None:  # noqa: ARG001
    details = params["exceptionDetails"]
    visit.problems.append(f"{details['text']} {details.get('exception', {}).get('description', '')}")


def _script_parsed(visit: Visit, session: str, params: dict[str, Any]) -> None:  # noqa: ARG001
    if params.get("sourceMapURL"):
        visit.source_maps.append(urljoin(params["url"], params["sourceMapURL"]))


def _style_sheet_added(visit: Visit, session: str, params: dict[str, Any]) -> None:  # noqa: ARG001
    header = params["header"]
    if header.get("sourceMapURL"):
        visit.source_maps.append(urljoin(header["sourceURL"], header["sourceMapURL"]))


_RECORDERS: Mapping[str, Callable[[Visit, str, dict[str, Any]], None]] = {
    "Page.loadEventFired": _loaded,
    "Network.requestWillBeSent": _sent,
    "Network.responseReceived": _answered,
    "Network.loadingFinished": _finished,
    "Network.loadingFailed": _failed,
    "Log.entryAdded": _logged,
    "Runtime.consoleAPICalled": _printed,
    "Runtime.exceptionThrown": _thrown,
    "Debugger.scriptParsed": _script_parsed,
    "CSS.styleSheetAdded": _style_sheet_added,
}
