"""What a page may load and run."""

from __future__ import annotations

import pytest

from analysis.publish.failed import BookFailed
from analysis.publish.policy import KNOWN, set_policy

HASH = "BhWeCd7qSqQosCcdbY95ww66iL0SsqECb9Pth21cMKo="
PAGE = '<!DOCTYPE html><html><head>\n<meta charset="utf-8" />\n<title>x</title>{}</head></html>'


def test_the_policy_stands_before_anything_that_is_loaded_and_allows_the_books_own_lines(tmp_path):
    page = tmp_path / "page.html"
    page.write_text(PAGE.format("<script>DOCUMENTATION_OPTIONS.pagename = 'page';</script>"))
    set_policy(page)
    text = page.read_text()
    assert text.index("Content-Security-Policy") < text.index("<title>")
    # echo -n "DOCUMENTATION_OPTIONS.pagename = 'page';" | openssl dgst -sha256 -binary | base64
    assert f"script-src 'self' 'sha256-{HASH}'" in text
    assert "unsafe-inline" not in text.partition("script-src")[2].partition(";")[0]


@pytest.mark.parametrize(
    "script",
    [
        "<script>alert(1)</script>",
        "<script>DOCUMENTATION_OPTIONS.pagename = 'page'; alert(1);</script>",
        "<SCRIPT>alert(1)</SCRIPT>",
        '<script type="module">alert(1)</script >',
        '<script type="text/javascript">location.replace("x.html" + location.hash)</script>',
        '<script>location.replace("//outside/x.html" + location.hash);</script>',
    ],
)
def test_a_script_that_is_not_the_books_stops_the_build(tmp_path, script):
    page = tmp_path / "page.html"
    page.write_text(PAGE.format(script))
    with pytest.raises(BookFailed, match=r"page\.html holds a script that is not the book's"):
        set_policy(page)


def test_what_is_no_script_is_left_as_it_is(tmp_path):
    page = tmp_path / "page.html"
    held = '<script type="application/ld+json">{"a": 1}</script><script src="x.js"></script>'
    page.write_text(PAGE.format(held))
    set_policy(page)
    assert held in page.read_text()
    assert "sha256" not in page.read_text()
    assert KNOWN
