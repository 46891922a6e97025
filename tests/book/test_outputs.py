"""What code in the open prints on a page is written for people: no representation of Python's."""

import re

import pytest
from bs4 import BeautifulSoup

from tests.book.conftest import PAGES

RAW = {
    "a column of pandas": r"\bdtype:",
    "a power of ten as Python writes it": r"\d[eE][+-]?0\d",
}
RAW_OUTPUT = RAW | {
    "an array": r"\barray\(",
    "what is not a number": r"\b(?:nan|NaN|None|NaT)\b",
    "a text in quotes": r"^\s*'[^']*'\s*$",
    "a list": r"^\s*\[.*\]\s*$",
    "an object": r"<\w+(?:\.\w+)* object at |\bnamespace\(",
}
READ = "script, style, .cell_input, pre.code, .highlight-python, .highlight-console, dl.py, svg"


def raw(html: str) -> list[str]:
    """What a page shows that only Python would write so; code and drawings are not read."""
    article = BeautifulSoup(html, "html.parser").select_one("article")
    found = ["a frame of pandas" for _ in article.select("table.dataframe")]
    for node in article.select(READ):
        node.decompose()
    printed = [output.get_text() for output in article.select(".cell_output pre")]
    texts = [(text, RAW_OUTPUT) for text in printed] + [(article.get_text(" "), RAW)]
    return found + [
        f"{what}: {text[max(0, match.start() - 40) : match.end() + 40]}"
        for text, patterns in texts
        for what, pattern in patterns.items()
        for match in re.finditer(pattern, text)
    ]


@pytest.mark.parametrize("page", PAGES)
def test_no_page_shows_a_raw_output(edition, page):
    assert raw((edition / f"{page}.html").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "output",
    [
        "<pre>label\nV3   2664000.0\nName: disclosed, dtype: float64</pre>",
        '<table class="dataframe"><tr><td>2.899272</td></tr></table>',
        "<pre>2.899272e+06</pre>",
        "<pre>array([49., 30.])</pre>",
        "<pre>'5,662 GPU-hours'</pre>",
        "<pre>['price_usd_per_gpu_hour']</pre>",
        "<pre>nan GPU-hours</pre>",
    ],
)
def test_a_raw_output_is_told_from_one_for_people(output):
    page = '<article><div class="cell"><div class="cell_output">{}</div></div></article>'
    assert raw(page.format(output))
    assert raw(page.format("<pre>5,662 GPU-hours, the reader's; 2 of 3 [1]</pre>")) == []
