"""After the build: every link inside leads to a file that is there, and to a place in it that is there."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from sphinx.errors import SphinxError


class _Page(HTMLParser):
    """The links of a page, and the places in it that a link can name."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = {"", "top"}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.links += [found[name] or "" for name in ("href", "src") if name in found]
        self.places |= {found[name] or "" for name in ("id", "name") if name in found}


def check(app: Any, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    root = Path(app.outdir).resolve()
    pages = {path: _Page(path.read_text(encoding="utf-8")) for path in root.rglob("*.html")}
    broken, outside = [], []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme in ("http", "https") or parts.netloc:
                if path.suffix == ".html" and link.endswith((".js", ".css")):
                    outside.append(f"{path.relative_to(root)}: {link}")
                continue
            if parts.scheme:  # data:, mailto:, javascript:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists() or (target in pages and unquote(parts.fragment) not in pages[target].places):
                broken.append(f"{path.relative_to(root)}: {link}")
    if broken or outside:
        raise SphinxError("links that lead nowhere, or need a network:\n" + "\n".join(sorted(set(broken + outside))[:40]))


def setup(app: Any) -> dict[str, Any]:
    app.connect("build-finished", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
