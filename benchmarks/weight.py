"""What a reader's browser loads for the first page: files, their compressed size, and what is asked
of other hosts.
"""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse

from analysis.publish.plan import checkout
from benchmarks.browser import CHROMIUM, browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def first_page(edition: Path | None = None) -> dict[str, Any]:
    """What the first page loads, in a browser of its own; empty where no chromium or no book is
    there.
    """
    index = (edition or checkout() / "book" / "_build" / "html") / "index.html"
    if CHROMIUM is None or not index.is_file():
        return {}
    with browser() as chromium:
        return loaded_by(chromium, index)


def loaded_by(chromium: Browser, page: Path) -> dict[str, Any]:
    """Requests, megabytes after gzip, and requests to other hosts."""
    asked: list[str] = []
    opened = chromium.new_page(viewport={"width": 1440, "height": 900})
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(page.as_uri(), wait_until="load")
    opened.close()
    files = {Path(unquote(urlparse(url).path)) for url in asked if url.startswith("file:")}
    size = sum(len(gzip.compress(path.read_bytes())) for path in files if path.is_file())
    outside = sum(not url.startswith(("file:", "data:")) for url in asked)
    return {
        "requests": len(files),
        "megabytes_gzip": float(f"{size / 1e6:.3g}"),
        "outside_requests": outside,
    }
