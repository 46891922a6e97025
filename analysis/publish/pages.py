"""What a built page says, as a reader meets it: its title, its sections, and their sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import NamedTuple

CELL = " · "  # between the cells of a row
LONGEST = 200  # characters of a description
FEWEST = 6  # words after the first, in what it begins with
_DRAWN = re.compile(r"<(svg|script|style|template)\b.*?</\1>", re.S)
_SENTENCE_ENDS = re.compile(r"(?<=[.!?])(?<!^\d\.)[\"”’)]?\s+(?=[\"“(]?[A-Z0-9$])")
_BLANKS = re.compile(r"[ \t\r\n\f]+")  # a blank that holds a figure together stays
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_BLOCKS = ("p", "li", "tr", "dt", "dd", "figcaption", "caption", "div", "section", "article")
_CELLS = ("td", "th")
_WITHOUT_END = ("br", "img", "hr", "input", "wbr", "col", "source", "meta", "link")
_LEFT_OUT = ("thead", "pre", "nav", "button", "form", "select", "dialog", "math", "datalist")
# code cells, signs and buttons, and what stands on many pages and says nothing of this one
_CLASSES_LEFT_OUT = {
    *("cell_input", "headerlink", "where-from", "marks", "first-line", "second-hand"),
    *("chart-number", "chart-files", "table-number", "visually-hidden"),
}
_OF_A_CHART = {"chart-title", "chart-subtitle", "chart-source"}


class Line(NamedTuple):
    """A sentence, or a row of a table, which may have an address of its own."""

    text: str
    anchor: str = ""


@dataclass
class Section:
    """A heading with its address, and the lines below it."""

    anchor: str
    heading: str
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class PageText:
    """What a page says; `name` is its file's without suffix."""

    name: str
    sections: list[Section]

    @property
    def title(self) -> str:
        """Its first heading."""
        return self.sections[0].heading

    @property
    def description(self) -> str:
        """Its first sentence or sentences, as far as a preview has room."""
        words = ""
        for line in (line.text for section in self.sections for line in section.lines):
            if words and len(words) + len(line) >= LONGEST:
                break
            if words or line.count(" ") >= FEWEST:
                words = f"{words} {line}".strip()
        words = words or self.title
        return words if len(words) <= LONGEST else f"{words[:LONGEST].rpartition(' ')[0]} …"


def texts_of(pages: Mapping[str, str]) -> list[PageText]:
    """Title, sections and sentences of built pages, HTML by name; their code, drawings and menus
    are left out.
    """
    return [_text_of(name, html) for name, html in pages.items()]


def _text_of(name: str, html: str) -> PageText:
    article = html.partition("<article")[2].partition("</article>")[0]
    reader = _Reader()
    reader.feed(_DRAWN.sub(" ", f"<article{article}"))
    reader.close()
    reader.end_block()
    return PageText(name, reader.sections)


class _Reader(HTMLParser):
    """Sections and sentences of an article."""

    def __init__(self) -> None:
        super().__init__()
        self.sections = [Section("", "")]
        self._anchors: list[str] = []  # of the sections that are open
        self._left_out = 0  # how deep in what is left out
        self._heading = False
        self._row, self._cell = "", False  # the address of the row that is open; in a cell
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        classes = set((found.get("class") or "").split())
        folded = tag == "details" and self._cell
        if self._left_out or folded or tag in _LEFT_OUT or classes & _CLASSES_LEFT_OUT:
            self._left_out += tag not in _WITHOUT_END
            return
        if tag in _BLOCKS or tag in _HEADINGS:
            self.end_block()
        anchor = found.get("id") or ""
        if tag == "section":
            self._anchors.append(anchor)
        elif anchor and tag in ("figure", "tr", *_CELLS, "dt"):
            self._row = self._row or anchor
        if classes & _OF_A_CHART:
            self._text += CELL
        self._cell = tag in _CELLS or (self._cell and tag != "tr")
        self._heading = tag in _HEADINGS or (self._heading and tag not in _BLOCKS)
        self._text += CELL if tag in _CELLS and self._text.strip() else " " * (tag == "br")

    def handle_endtag(self, tag: str) -> None:
        if self._left_out:
            self._left_out -= tag not in _WITHOUT_END
        elif tag in _HEADINGS:
            self._open_section()
        elif tag in _BLOCKS:
            self.end_block()
            if tag == "section" and self._anchors:
                self._anchors.pop()

    def handle_data(self, data: str) -> None:
        if not self._left_out:
            self._text += data

    def end_block(self) -> None:
        """What was read up to here is whole: lines of the section that is open."""
        text, anchor = self._taken(), self._row
        self._row = ""
        lines = [text] if anchor else _SENTENCE_ENDS.split(text)
        self.sections[-1].lines += [Line(line, anchor) for line in lines if line]

    def _open_section(self) -> None:
        heading, self._heading = self._taken(), False
        if self.sections[0].heading:
            anchor = next(filter(None, reversed(self._anchors)), "")
            self.sections.append(Section(anchor, heading))
        else:
            self.sections[0].heading = heading

    def _taken(self) -> str:
        text, self._text = _BLANKS.sub(" ", self._text).strip(), ""
        return re.sub(r"( ·)+ (?=·)", " ", text).strip(CELL)
