"""A real Chromium for the tests of pages: the system's, driven through Playwright; nothing is downloaded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PROBES = (Path(__file__).parent / "probes.js").read_text(encoding="utf-8").split("\n", 1)[1]
INSTALL = "pip install playwright, and a Chromium: apt-get install chromium, or CHROMIUM=/path/to/chrome"


def chromium() -> str | None:
    """The path of a Chromium on this machine."""
    named = os.environ.get("CHROMIUM")
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"))
    return named or next((path for path in found if path), None)


@contextmanager
def started() -> Iterator[Any]:
    """A browser. Without one the test is skipped, saying how to install it; under REQUIRE_BROWSER=1 it fails."""
    path = chromium()
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        path = None
    if path is None:
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(f"no browser: {INSTALL}")
        pytest.skip(f"no browser: {INSTALL}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


class Opened:
    """A page of a file, with all that it complained of and asked for.

    Attributes:
        complains: whether the page is expected to complain or to ask for something.
    """

    complains = False

    def __init__(self, browser: Any, file: Path, html: str, **options: Any) -> None:
        file.write_text(html, encoding="utf-8")
        self.page = browser.new_page(**{"viewport": {"width": 1400, "height": 900}, **options})
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.errors.append(f"dialog {dialog.message}"), dialog.dismiss()))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(file.as_uri())
        if self.page.evaluate("typeof glassgrad !== 'undefined'"):
            self.page.evaluate(PROBES)

    def ask(self, what: str, *arguments: Any) -> Any:
        """The answer of one of the functions in probes.js."""
        return self.page.evaluate("([what, given]) => probe[what](...given)", [what, list(arguments)])

    def key(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def settled(self) -> Opened:
        """After what was asked for has been painted."""
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return self


def close_all(opened: list[Opened]) -> None:
    """Close the pages. None may have complained or asked for anything, unless that was expected of it."""
    for found in opened:
        if not found.complains:
            assert found.errors == []
            assert [url for url in found.requests if not url.endswith(".html")] == []
        found.page.close()
