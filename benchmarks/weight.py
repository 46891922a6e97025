"""What a reader's browser loads for the first page: files, their compressed size, and what is asked
of other hosts.
"""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from analysis.publish.plan import checkout


def first_page(edition: Path | None = None) -> dict[str, Any]:
    """Requests, megabytes after gzip, and requests to other hosts; empty where no chromium or no
    book is there.
    """
    from playwright.sync_api import sync_playwright

    index = (edition or checkout() / "book" / "_build" / "html") / "index.html"
    chromium = shutil.which("chromium")
    if chromium is None or not index.is_file():
        return {}
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.on("request", lambda request: asked.append(request.url))
        page.goto(index.as_uri(), wait_until="load")
        browser.close()
    files = {Path(unquote(urlparse(url).path)) for url in asked if url.startswith("file:")}
    size = sum(len(gzip.compress(path.read_bytes())) for path in files if path.is_file())
    outside = sum(not url.startswith(("file:", "data:")) for url in asked)
    return {
        "requests": len(files),
        "megabytes_gzip": float(f"{size / 1e6:.3g}"),
        "outside_requests": outside,
    }
