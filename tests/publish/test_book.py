"""Sources of pages: figures of executed notebooks link to the rows that they name."""

from __future__ import annotations

import pytest

from analysis.publish.book import BookFailed, link_rows

PAGES = {"facts": "facts", "prices": "sources"}


@pytest.mark.parametrize(
    ("found", "linked"),
    [
        (
            'a <a class="figure" href="https://x.org/?a=1&amp;b" data-row="facts:one">$2</a>.',
            'a <a href="facts.html#one" class="figure" data-row="facts:one">$2</a>.',
        ),
        (
            '<span data-row="prices:h800"\n title="a  b > c">$2</span>',
            '<a href="sources.html#h800" data-row="prices:h800"\n title="a  b > c">$2</a>',
        ),
        (
            '<span><span data-row="facts:a"><span>1</span> h</span></span>',
            '<span><a href="facts.html#a" data-row="facts:a"><span>1</span> h</a></span>',
        ),
        (
            '<style class="traincost">td > a {color: red}</style>\n<table></table>',
            "<table></table>",
        ),
    ],
    ids=["a_link", "a_span", "spans_in_spans", "style"],
)
def test_what_names_a_row_links_to_it(found, linked):
    assert link_rows(found, PAGES) == linked


@pytest.mark.parametrize(
    "text",
    [
        '<a href="https://x.org"  class=\'b\'>1 < 2</a> <span>x</span></span> & <abbr data-row="y">',
        '<span data-rows="facts:one" x-data-row="facts:one">x</span>',
        "| a | b |\n|---|---|\n| `data-row` | 1 |",
        '<style>td {color: red}</style><script type="application/json">{"a": "\\u003ca>"}</script>',
    ],
)
def test_what_names_no_row_stays_as_it_is(text):
    assert link_rows(text, PAGES) == text


def test_a_row_of_a_table_without_a_page_stops_the_build():
    with pytest.raises(BookFailed, match='data-row="nothing:one": the table nothing has no page'):
        link_rows('<span data-row="nothing:one">1</span>', PAGES)
