"""The built pages as a reader on a phone, without a network, has them: ``python docs/check.py out/docs``, after the build.

Every page is opened in a Chromium of 420 pixels' width: nothing may be wider than that, nothing may be asked of a network, and no
script may complain. Then words are searched for, in English and in Chinese, and each must be found.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

PATIENCE = 20_000  # milliseconds for a search
PHONE = {"width": 420, "height": 860}
WORDS = {"checkpoint": "memory.html", "sigmoid": "course/en/", "反向传播": "course/zh/"}  # a word, and a page that must be found
WIDE = """() => [...document.querySelectorAll("article *")].filter((e) => {
  const box = e.getBoundingClientRect();
  for (let p = e.parentElement; p; p = p.parentElement)
    if (/auto|scroll|hidden|clip/.test(getComputedStyle(p).overflowX)) return false;
  return box.width && box.right > innerWidth + 1;
}).slice(0, 3).map((e) => `${e.tagName.toLowerCase()} ${(e.textContent || "").trim().slice(0, 40)}`)"""


def chromium() -> str:
    """The path of a Chromium on this machine."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = os.environ.get("CHROMIUM") or next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        raise SystemExit("no browser: apt-get install chromium, or CHROMIUM=/path/to/chrome")
    return found


def faults(site: Path, browser: Any) -> list[str]:
    """What a reader would trip over, in words."""
    found: list[str] = []
    now = {"page": ""}
    page = browser.new_context(viewport=PHONE, offline=True).new_page()
    page.on("pageerror", lambda error: _complained(str(error), now["page"], found))
    page.on("request", lambda request: _asked(request.url, now["page"], found))
    for file in sorted(site.rglob("*.html")):
        now["page"] = str(file.relative_to(site))
        page.goto(file.as_uri())
        found += _wide(page, now["page"])
    for word, wanted in WORDS.items():
        now["page"] = f"search for {word}"
        page.goto(f"{(site / 'search.html').as_uri()}?q={quote(word)}")
        try:
            page.wait_for_selector(f"#search-results li a[href*='{wanted}']", timeout=PATIENCE)
        except Exception:
            found.append(f"the search for {word!r} does not find {wanted}: {page.inner_text('#search-results')[:200]!r}")
        found += _wide(page, now["page"])
    page.context.close()
    return found


def _asked(url: str, page: str, found: list[str]) -> None:
    if not url.startswith(("file:", "data:", "blob:", "about:")):
        found.append(f"{page}: asks for {url}")


def _complained(text: str, page: str, found: list[str]) -> None:
    # From a disk the search lists the pages; the text under each would have to be fetched, which a browser does not do there.
    if not (page.startswith("search for") and "Failed to fetch" in text):
        found.append(f"{page}: a script complains: {text}")


def _wide(page: Any, name: str) -> list[str]:
    width = page.evaluate("document.documentElement.scrollWidth")
    if width <= PHONE["width"]:
        return []
    return [f"{name}: {width} pixels wide on a phone of {PHONE['width']}: {'; '.join(page.evaluate(WIDE))}"]


def main(site: Path) -> int:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        wrong = faults(site.resolve(), browser)
        browser.close()
    print("\n".join(wrong) or "every page fits a phone, and the search works without a network")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
