"""A headless Chromium, spoken to by the WebDriver protocol (W3C) of its driver."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.system.clients import client
from tests.system.network import free_port
from tests.system.process import running
from tests.system.waiting import eventually

_FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
_ENTER = "\ue007"
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the name that the specification gives to the key


class Browser:
    """One window."""

    def __init__(self, driver: str, session: str) -> None:
        self._at = f"{driver}/session/{session}"

    def open(self, url: str) -> None:
        """Go there, and wait until its files are loaded; what was complained of is forgotten."""
        self.complaints()
        ask(f"{self._at}/url", {"url": url})

    def run(self, script: str) -> Any:
        """What `return ...` gives."""
        return ask(f"{self._at}/execute/sync", {"script": script, "args": []})

    def text(self, selector: str) -> str:
        """What a person reads at the first element; empty: there is none."""
        found = self.run(f"return document.querySelector({json.dumps(selector)})?.innerText ?? ''")
        return str(found)

    def write(self, selector: str, text: str) -> None:
        """Write into a field, and press Enter."""
        found = ask(f"{self._at}/element", {"using": "css selector", "value": selector})
        ask(f"{self._at}/element/{found[_ELEMENT]}/value", {"text": text + _ENTER})

    def complaints(self) -> list[str]:
        """What its console has of warnings and errors since it was asked last."""
        said = ask(f"{self._at}/se/log", {"type": "browser"})
        return [one["message"] for one in said if one["level"] in {"WARNING", "SEVERE"}]


def ask(url: str, body: Any = None, method: str = "") -> Any:
    """The value of the driver's answer."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, data, headers, method=method or None)  # noqa: S310 ours
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 as above
        return json.load(answer)["value"]


@contextmanager
def browser(directory: Path) -> Iterator[Browser]:
    """A window of its own. Skips the test where there is no Chromium with its driver."""
    options = {
        "args": [*_FLAGS, f"--user-data-dir={directory / 'profile'}"],
        "binary": client("chromium", "chromium-browser", "google-chrome"),
    }
    wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
    port = free_port()
    driver = f"http://127.0.0.1:{port}"
    with running((client("chromedriver"), f"--port={port}"), directory) as process:
        eventually(lambda: "started successfully" in process.stdout)
        session = ask(f"{driver}/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
        try:
            yield Browser(driver, session)
        finally:
            ask(f"{driver}/session/{session}", method="DELETE")
