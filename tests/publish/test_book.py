"""Executed notebooks as pages: under their titles, their figures linked to their rows."""

from __future__ import annotations

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from analysis.publish.failed import BookFailed
from analysis.publish.plan import Page
from analysis.publish.sources import assemble, where_from
from analysis.show.links import STYLE

LINK = '<a class="figure" data-row="facts:one" href="https://x.org/?a=1&amp;b">$2</a>'
ROW = '<a class="figure" data-row="facts:one" href="evidence.html#one">$2</a>'


@pytest.fixture
def assembled(tmp_path):
    """The outputs of a page that is assembled from some outputs."""
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "_toc.yml").write_text("root: index\nparts: []")
    (tmp_path / "book" / "index.md").touch()

    def assemble_one(*outputs, heading="# Notebook"):
        cells = [new_markdown_cell(f"{heading}\nText."), new_code_cell("1", outputs=[*outputs])]
        nbformat.write(new_notebook(cells=cells), tmp_path / "one.ipynb")
        target = tmp_path / "sources"
        pages = [Page("one", "Page", "one", {}, ())]
        assemble(tmp_path / "book", {"one": tmp_path / "one.ipynb"}, pages, target, {})
        page = nbformat.read(target / "one.ipynb", as_version=4)
        assert page.cells[0].source == f"# Page\n\n{where_from(pages[0], {})}\n\nText."
        return page.cells[1].outputs

    return assemble_one


@pytest.mark.parametrize("kind", ["text/html", "text/markdown"])
@pytest.mark.parametrize("how", ["display_data", "execute_result"])
def test_a_figure_of_a_notebook_links_to_its_row(assembled, kind, how):
    text = f"{STYLE}A <b>figure</b>, {LINK}, and <span data-row='x'>1 < 2</span>."
    (output,) = assembled(new_output(how, data={kind: text, "text/plain": LINK}))
    assert output.data[kind] == text.replace(STYLE, "").replace(LINK, ROW)
    assert output.data["text/plain"] == LINK


def test_what_is_printed_stays_as_it_is(assembled):
    (output,) = assembled(new_output("stream", name="stdout", text=LINK))
    assert output.text == LINK


def test_an_error_or_a_notebook_without_a_title_makes_no_page(assembled):
    with pytest.raises(BookFailed, match="one: the executed notebook holds an error: ValueError"):
        assembled(new_output("error", ename="ValueError", evalue="x", traceback=[]))
    with pytest.raises(BookFailed, match="one: the first cell of its notebook has no title"):
        assembled(heading="No title")
    said = "Traceback (most recent call last)\n"
    with pytest.raises(BookFailed, match="one: the executed notebook shows a traceback"):
        assembled(new_output("stream", name="stderr", text=said))
    assert assembled(new_output("stream", name="stdout", text=said))
