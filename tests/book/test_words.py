"""The book's prose is plain: short sentences, no private nouns, commands where they are used.

Tables, charts, code, formulas and titles of sources are data, not prose, and are left out; so is
the line at the top of a page that says which notebook it is and how to run it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

import nbformat
import pytest
from bs4 import BeautifulSoup

from analysis.publish.contents import page_names
from tests.conftest import ROOT

MOST_WORDS = 25
OF_USE = {"rerun", "api", "about", "try"}  # pages where commands and file names belong
GENERATED = {"api"}  # its text is that of docstrings, which have rules of their own
NOT_PROSE = (
    "table, figure, pre, script, style, math, .where-from, .headerlink, .formula, .table-box, "
    ".cell_input, .toctree-wrapper, nav, footer, [data-row^='sources:'], [popover], template"
)
BLOCKS = "p, li, dd, dt, h1, h2, h3, h4, summary, figcaption"
PRIVATE = (
    r"rungs?|boundar(?:y|ies)|miss(?:es)?|(?<!model )cards?|levers?|views?|kinds?|"
    r"from (?:inside|outside)"
)
OF_USE_ONLY = r"editions?"
COMMAND = r"traincost \w|papermill|\bmake (?:book|test|lab|bench|golden)\b"
FOUND = {
    "a private noun": re.compile(rf"\b(?:{PRIVATE})\b", re.I),
    "a word twice": re.compile(r"\b([a-z]+) \1\b", re.I),
    "a per cent sign without its space": re.compile(r"\d%"),
}
ON_OTHER_PAGES = {
    "a command": re.compile(COMMAND),
    "the word edition": re.compile(rf"\b(?:{OF_USE_ONLY})\b", re.I),
}
SHORTENED = ("e.g.", "i.e.", "vs.", "Dr.", "No.", "U.S.", "et al.")


def sentences(text: str) -> list[str]:
    """The sentences of a text; a colon and a semicolon do not end one."""
    text = re.sub(r"\s+", " ", text).strip()
    for word in SHORTENED:
        text = text.replace(word, word.replace(".", "․"))
    ends = r"(?<=[.!?])[\"”’)]*\s+(?=†|[\"“‘(]*[A-Z0-9$])"
    return [one for one in re.split(ends, text) if one]


def wrong(text: str, page: str) -> Iterator[str]:
    """What is wrong with the words of a paragraph."""
    for sentence in sentences(text):
        words = re.findall(r"\S*\w\S*", sentence)
        if len(words) > MOST_WORDS:
            yield f"{len(words)} words: {sentence}"
    checks = FOUND if page in OF_USE else FOUND | ON_OTHER_PAGES
    for what, pattern in checks.items():
        for match in pattern.finditer(text):
            yield f"{what} ({match[0]}): {text[max(0, match.start() - 40) : match.end() + 40]}"


def of_page(html: str) -> Iterator[str]:
    """The paragraphs of a page that are prose."""
    article = BeautifulSoup(html, "html.parser").select_one("article")
    for node in article.select(NOT_PROSE):
        node.decompose()
    for block in article.select(BLOCKS):
        if not block.select(BLOCKS):
            for code in block.select("code"):
                code.replace_with("it")
            yield block.get_text().replace("\N{NO-BREAK SPACE}", "~").replace("~", " ")


def of_notebook(path) -> Iterator[str]:
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            yield from of_markdown(cell.source)


def of_markdown(source: str) -> Iterator[str]:
    """The paragraphs of a text, a role or a name in code standing for one word."""
    source = re.sub(r"^---\n.*?\n---\n", "", source, flags=re.S)
    source = re.sub(r"^(```|:::|\$\$).*?^\1\s*$|\$\$.*?\$\$", "", source, flags=re.S | re.M)
    source = re.sub(r"\{\w+\}`[^`]*`|`[^`]*`|\$[^$\n]+\$", "it", source)
    source = re.sub(r"\[([^\]]*)\]\([^)]*\)|<[^>]*>", r"\1", source)
    source = re.sub(r"^\|.*$|^\(.*\)=$", "", source, flags=re.M)
    for paragraph in re.split(r"\n\s*\n|\n(?=\d+\. |- |: |#)", source):
        yield re.sub(r"^[#\s:>*-]+|^\d+\. |\*\*|\*", "", paragraph)


def of_models() -> Iterator[tuple[str, str]]:
    """What the models' files say on pages."""
    for path in sorted((ROOT / "data" / "models").glob("*.toml")):
        model = tomllib.loads(path.read_text(encoding="utf-8"))
        for phase in model.get("phase", []):
            yield from ((path.stem, phase[name]) for name in ("summary", "explanation"))
            yield from ((path.stem, line) for line in phase["not_known"])
        for line in model.get("boundary", []):
            yield from ((path.stem, line[name]) for name in ("counts", "leaves_out"))


def in_sources() -> Iterator[tuple[str, str]]:
    """Every paragraph that is written for the book, with the page or file it stands in."""
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        yield from ((path.stem, text) for text in of_notebook(path))
    for path in sorted((ROOT / "book").rglob("*.md")):
        if "_build" not in path.parts and path.stem not in GENERATED:
            text = path.read_text(encoding="utf-8")
            yield from ((path.stem, paragraph) for paragraph in of_markdown(text))
    glossary = tomllib.loads((ROOT / "book" / "glossary.toml").read_text(encoding="utf-8"))
    yield from (("glossary", term["says"]) for term in glossary["term"])
    yield from of_models()


def test_what_is_written_for_the_book_is_plain():
    found = [f"{page}: {said}" for page, text in in_sources() for said in wrong(text, page)]
    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize("page", sorted({*page_names(ROOT / "book")} - GENERATED))
def test_the_words_of_a_page_are_plain(page, edition):
    html = (edition / f"{page}.html").read_text(encoding="utf-8")
    paragraphs = list(of_page(html))
    assert len(" ".join(paragraphs).split()) > 20
    found = [said for text in paragraphs for said in wrong(text, page)]
    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"{'One word ' * 13}more.", "27 words"),
        ("Each rung holds the one above.", "a private noun (rung)"),
        ("It holds the the line.", "a word twice (the the)"),
        ("It is 90% sure.", "a per cent sign without its space (0%)"),
        ("Call traincost build for it.", "a command (traincost b)"),
        ("This edition says so.", "the word edition (edition)"),
    ],
)
def test_what_is_not_plain_is_found(text, says):
    assert any(found.startswith(says) for found in wrong(text, "bill"))


def test_plain_words_pass_and_pages_of_use_have_commands():
    assert list(wrong("It costs $5.9M. The rest, e.g. staff, is assumed: 90 % sure.", "bill")) == []
    assert list(wrong("Call traincost build for this edition.", "rerun")) == []
