"""The contents of the book: every page has one address and a way to it, old addresses lead on."""

from __future__ import annotations

import pytest

from analysis.data.mistakes import InputError
from analysis.publish.contents import check_addresses, contents, write_moved
from analysis.publish.plan import Page, list_moved, list_pages
from tests.conftest import ROOT

TOC = """
root: index
parts:
- caption: First
  chapters:
  - file: one
    sections: [{file: under_one}]
- caption: Second
  chapters: [{file: two}]
"""
ONE, TWO = Page("one", "One", "one", {}, ()), Page("two", "Two", "two", {}, (), prose="text")


@pytest.fixture
def book(tmp_path):
    """A book of four pages, two of them executed, one with a text."""
    (tmp_path / "parts").mkdir()
    (tmp_path / "_toc.yml").write_text(TOC)
    for name in ("index.md", "under_one.md", "parts/text.md"):
        (tmp_path / name).touch()
    return tmp_path


def test_pages_stand_in_the_readers_order_those_under_a_page_after_it(book):
    assert contents(book).pages == ["index", "one", "under_one", "two"]
    assert [part.pages for part in contents(book).parts] == [["one", "under_one"], ["two"]]


def test_a_whole_book_passes(book):
    check_addresses(book, [ONE, TWO], {"old": "under_one"})
    check_addresses(ROOT / "book", list_pages(ROOT), list_moved(ROOT))


@pytest.mark.parametrize(
    ("file", "text", "executed", "moved", "said"),
    [
        ("", "", [ONE], {}, "_toc.yml names pages that are not there: two"),
        ("lost.md", "", [ONE, TWO], {}, "no way leads to a page that _toc.yml does not name: lost"),
        ("one.md", "", [ONE, TWO], {}, "an address is used twice: one"),
        ("", "", [ONE, ONE, TWO], {}, "an address is used twice: one"),
        ("", "", [ONE, TWO], {"two": "one"}, "an address is used twice: two"),
        ("", "", [ONE, TWO], {"search": "one"}, "an address is used twice: search"),
        ("", "", [ONE, TWO], {"old": "older"}, "pages.toml, moved: leads to no page: older"),
        ("_toc.yml", TOC.replace("two", "one"), [ONE], {}, "_toc.yml names a page twice: one"),
        (
            "_toc.yml",
            TOC.replace("caption", "title"),
            [],
            {},
            "_toc.yml: parts.0.caption is missing",
        ),
        ("_toc.yml", TOC + "part: 1", [], {}, "did you mean parts?"),
        ("_toc.yml", "root: [", [], {}, "_toc.yml: not valid YAML"),
        ("_toc.yml", "", [], {}, "_toc.yml: "),
    ],
)
def test_a_mistake_in_the_contents_is_one_line(book, file, text, executed, moved, said):
    if file:
        (book / file).write_text(text)
    with pytest.raises(InputError) as stopped:
        check_addresses(book, executed, moved)
    assert said in str(stopped.value) and "\n" not in str(stopped.value)


def test_a_text_that_is_not_there_is_named(book):
    (book / "parts" / "text.md").unlink()
    with pytest.raises(InputError, match="no such text in book/parts: text"):
        check_addresses(book, [ONE, TWO], {})


def test_an_old_address_names_the_page_it_leads_to_for_those_without_scripts(tmp_path):
    write_moved(tmp_path, {"old": "one"})
    page = (tmp_path / "old.html").read_text(encoding="utf-8")
    assert '<link rel="canonical" href="one.html">' in page
    assert '<a href="one.html">one.html</a>' in page


def test_no_name_of_a_row_stands_in_two_tables_of_one_page(evidence):
    names = [*evidence["facts"].id, *evidence["arithmetic"].id, *evidence["sources"].source_id]
    assert len(names) == len(set(names))
