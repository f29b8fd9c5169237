"""A headless Chromium, asked over the protocol of its developer tools."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from websockets.sync.client import ClientConnection, connect

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_SECONDS = 120
EMPTY = "about:blank"
"""Else the tab begins with a page of the browser's own, which loads and asks beside ours."""
LISTENING = "DevTools listening on "


@dataclass(frozen=True)
class Screen:
    """Its size in CSS pixels."""

    width: int
    height: int
    is_phone: bool = False


class Page:
    """One tab, and everything that it asked for since it was opened."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._number = 0
        self.requested: list[str] = []

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command; its answer."""
        self._number += 1
        self._connection.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            message = self._next()
            if message.get("id") == self._number:
                assert "error" not in message, message
                return dict(message["result"])

    def open(self, address: str, screen: Screen) -> None:
        """Show an address and wait until it has loaded."""
        self.call("Page.enable")
        self.call("Network.enable")
        size = {"width": screen.width, "height": screen.height, "deviceScaleFactor": 1}
        self.call("Emulation.setDeviceMetricsOverride", **size, mobile=screen.is_phone)
        self.call("Page.navigate", url=address)
        while self._next().get("method") != "Page.loadEventFired":
            pass

    def value(self, expression: str) -> Any:
        """What a JavaScript expression gives in the page, whatever its policy forbids its own scripts."""
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def screenshot(self, file: Path) -> None:
        """Write all of the page as a PNG, also what lies below the screen."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(shot["data"]))

    def _next(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._connection.recv(timeout=PATIENCE_SECONDS))
        if message.get("method") == "Network.requestWillBeSent":
            self.requested.append(message["params"]["request"]["url"])
        return message


@contextmanager
def browser_page(profile: Path) -> Iterator[Page]:
    """A browser of its own for the body; `profile` is an empty folder for what it keeps."""
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    assert program, f"no browser on PATH (one of {', '.join(PROGRAMS)}); on Debian: apt-get install chromium"
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", f"--user-data-dir={profile}"]
    with subprocess.Popen([program, *options, EMPTY], stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            told = next((line for line in process.stderr if line.startswith(LISTENING)), None)
            assert told, f"{program} ended with {process.wait()} and listens nowhere"
            where = told.removeprefix(LISTENING).strip().removeprefix("ws://").partition("/")[0]
            with urlopen(f"http://{where}/json/list", timeout=PATIENCE_SECONDS) as answer:
                tab = next(each for each in json.load(answer) if each["type"] == "page")
            with connect(tab["webSocketDebuggerUrl"], max_size=None) as connection:
                yield Page(connection)
        finally:
            process.terminate()
