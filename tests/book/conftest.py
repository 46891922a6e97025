"""A real browser to open the book in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Page

from analysis.publish.contents import page_names
from analysis.publish.plan import list_pages
from benchmarks.browser import CHROMIUM, browser
from tests.conftest import ROOT

EVERY_PAGE = page_names(ROOT / "book")
ACCOUNTS = [page.page for page in list_pages(ROOT) if page.notebook == "account"]
# one account stands for those that the same notebook makes; `make soak` opens the others too
PAGES = [page for page in EVERY_PAGE if page not in ACCOUNTS[1:]]
PHONE, WIDE = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
Visit = Callable[..., AbstractContextManager[tuple[Page, list[str]]]]
Look = Callable[..., tuple[Page, list[str]]]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Debian's chromium-headless-shell is not installed")
    with browser() as opened:
        yield opened


@pytest.fixture(scope="session")
def served(edition) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(edition)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="session")
def visit(chromium, edition) -> Visit:
    """Open a page, from its folder unless an address is given; yields it with all that goes wrong:
    failed and outside requests, errors on the console.
    """

    @contextmanager
    def visit(page: str, address: str = f"file://{edition}", anchor: str = "", **context: object):
        opened = chromium.new_context(**{"viewport": WIDE} | context).new_page()
        trouble = watched(opened, address)
        arrive(opened, f"{address}/{page}.html#{anchor}".rstrip("#"))
        yield opened, trouble
        opened.context.close()

    return visit


@pytest.fixture(scope="session")
def look(chromium, edition) -> Look:
    """Open a page in the window in which others before it were looked at, and touched by nobody: a
    new window takes as long as a page. Gives it with all that goes wrong.
    """
    windows: dict[str, tuple[Page, list[str]]] = {}

    def look(page: str, address: str = f"file://{edition}", **context: object):
        key = f"{address} {context}"
        if key not in windows:
            opened = chromium.new_context(viewport=WIDE, **context).new_page()
            windows[key] = opened, watched(opened, address)
        opened, trouble = windows[key]
        trouble.clear()
        wide_by_day(opened)
        arrive(opened, f"{address}/{page}.html")
        return opened, trouble

    return look


@pytest.fixture(scope="session", params=PAGES)
def opened_once(look, request) -> tuple[Page, list[str]]:
    return look(request.param)


@pytest.fixture
def shown(opened_once) -> tuple[Page, list[str]]:
    """Each page in turn, as it opens on a wide screen by day, and what goes wrong: opened once for
    all tests that look at it and touch nothing.
    """
    wide_by_day(opened_once[0])
    return opened_once


def wide_by_day(opened: Page) -> None:
    opened.set_viewport_size(WIDE)
    opened.emulate_media(media="screen", color_scheme="light")


def arrive(opened: Page, address: str) -> None:
    """Open an address, and wait until all of its page is there."""
    opened.goto(address, wait_until="load")
    opened.evaluate("document.fonts.ready")


def watched(opened: Page, address: str) -> list[str]:
    """A list to which a page adds what goes wrong on it."""
    trouble: list[str] = []

    def asked(url: str) -> None:
        if not url.startswith((address, "data:")):
            trouble.append(f"outside: {url}")
        if "fontawesome" in url or url.endswith((".woff", ".woff2", ".ttf")):
            trouble.append(f"a font of icons: {url}")

    opened.on("request", lambda request: asked(request.url))
    opened.on("requestfailed", lambda request: trouble.append(f"failed: {request.url}"))
    opened.on(
        "response",
        lambda response: (
            trouble.append(f"{response.status}: {response.url}") if response.status >= 400 else None
        ),
    )
    opened.on(
        "console", lambda message: trouble.append(message.text) if message.type == "error" else None
    )
    opened.on("pageerror", lambda error: trouble.append(str(error)))
    return trouble


def wait_until(opened: Page, condition: str) -> None:
    """Wait until a condition holds on a page; playwright's own way runs text, which the policy of
    the pages refuses.
    """
    opened.evaluate(
        f"""new Promise((resolve, reject) => {{
            const stop = Date.now() + 10_000;
            (function look() {{
                if ({condition}) resolve();
                else if (Date.now() > stop) reject(Error("waited for 10 s"));
                else setTimeout(look, 10);
            }})();
        }})"""
    )
