"""One link: a figure leads to its source, and in the book to its row."""

import re

import pytest

from analysis.data.facts import Row
from analysis.data.mistakes import InputError
from analysis.show import links
from analysis.show.links import in_book


def test_a_fact_links_to_its_document_and_in_the_book_to_its_row(evidence):
    shown = links.fact(evidence.facts["v3_pretraining_gpu_hours"], evidence)
    assert 'href="https://arxiv.org/abs/2412.19437"' in shown
    book = in_book(shown)
    assert 'href="evidence.html#v3_pretraining_gpu_hours"' in book and "arxiv" not in book
    assert re.sub("<[^>]*>", "", shown) == re.sub("<[^>]*>", "", book)


def test_a_figure_without_a_document_is_no_link_in_a_notebook_and_one_in_the_book():
    shown = links.figure("5", "derived", Row("arithmetic", "sum_usd"))
    assert shown.startswith("<span") and "href" not in shown
    book = in_book(shown)
    assert book == in_book(book)
    assert book == (
        '<a class="figure derived" data-row="arithmetic:sum_usd" href="evidence.html#sum_usd"'
        ' aria-describedby="known-derived">5</a>'
    )


def test_rows_of_other_tables_have_addresses_of_their_own():
    assert links.address(Row("prices", "price_001")) == "evidence.html#prices.price_001"
    assert links.address(Row("hardware", "H100 SXM")) == "evidence.html#hardware.H100-SXM"


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "", "https://x.org/a page", 'https://x.org/"x'],
)
def test_only_addresses_of_the_web_become_links(url):
    assert links.web_address(url) == ""
    assert links.web_address("https://x.org/a?b=1#c") != ""


def test_an_unknown_source_is_named_with_the_nearest(evidence):
    with pytest.raises(InputError, match=r"v3_reprot is not a source; did you mean v3_report\?"):
        links.source("v3_reprot", evidence)
