"""What a browser refuses on every page of the book."""

from __future__ import annotations

import pytest

from tests.book.conftest import EVERY_PAGE

# each adds to the page what a stranger's text would have to, and marks the page if it ran
TRIED = {
    "a script": "s = document.createElement('script'); s.textContent = 'ran = 1'; add(s)",
    "an image's error": "i = document.createElement('img'); i.src = 'data:,'; "
    "i.setAttribute('onerror', 'ran = 1'); add(i)",
    "a handler": "b = document.createElement('b'); b.setAttribute('onclick', 'ran = 1'); "
    "add(b); b.click()",
    "a frame": "f = document.createElement('iframe'); f.srcdoc = '<script>parent.ran = 1<' + "
    "'/script>'; add(f)",
    "an address": "a = document.createElement('a'); a.href = 'javascript:void(ran = 1)'; "
    "add(a); a.click()",
    "a text that is run": "try { setTimeout('ran = 1', 0) } catch {}",
}
OUTSIDE = {
    "an image": "i = document.createElement('img'); i.src = ADDRESS; add(i)",
    "a script": "s = document.createElement('script'); s.src = ADDRESS; add(s)",
    "a request": "fetch(ADDRESS).catch(() => {})",
    "a style": "l = document.createElement('link'); l.rel = 'stylesheet'; l.href = ADDRESS; add(l)",
}


@pytest.fixture(params=["file", "http"])
def address(request, edition, served):
    return f"file://{edition}" if request.param == "file" else served


def test_every_page_has_a_policy_that_allows_no_script_by_its_text_alone(edition):
    for page in (*EVERY_PAGE, "search"):
        text = (edition / f"{page}.html").read_text(encoding="utf-8")
        rules = text.partition('Content-Security-Policy" content="')[2].partition('"')[0]
        assert rules.startswith("default-src 'none'"), page
        assert "unsafe-eval" not in rules, page
        assert "unsafe-inline" not in rules.partition("script-src")[2], page


@pytest.mark.parametrize("way", TRIED)
def test_what_is_put_into_a_page_does_not_run(visit, address, way):
    with visit("index", address) as (page, _):
        page.evaluate(f"const add = e => document.body.append(e); let s, i, b, f, a; {TRIED[way]}")
        page.wait_for_timeout(100)
        assert page.evaluate("typeof ran") == "undefined"


@pytest.mark.parametrize("way", OUTSIDE)
def test_a_page_asks_no_other_host_even_if_it_is_told_to(visit, served, way):
    """The other host is there and would answer: the same server by its other name."""
    other = served.replace("127.0.0.1", "localhost") + "/_static/favicon.svg"
    with visit("index", served) as (page, trouble):
        answered: list[str] = []
        page.on("requestfinished", lambda request: answered.append(request.url))
        script = OUTSIDE[way].replace("ADDRESS", repr(other))
        page.evaluate(f"const add = e => document.body.append(e); let i, s, l; {script}")
        page.wait_for_timeout(200)
        assert not [url for url in answered if "localhost" in url]
        assert any("Content Security Policy" in line for line in trouble)
