"""The index that search reads: what every page says, in one script, for a folder has no server.

A row of a table keeps its cells, and a text that stands in several of them is written once.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from analysis.publish.pages import CELL, Line, PageText

SHORTEST_SHARED = 4  # characters; the number of a shorter text is no shorter

Entry = str | list[str | int]


def write_index(pages: Iterable[PageText], target: Path) -> None:
    """Write the index as a script that puts it on the window.

    A page is `[name, title, sections]`, a section `[anchor, heading, lines]`, a line its text, or
    for a row of a table `[anchor, cell, …]`, a cell its text or its place among the shared texts.
    """
    pages = list(pages)
    shared = _shared(pages)
    places = {text: place for place, text in enumerate(shared)}
    content = {"shared": shared, "pages": [_page(page, places) for page in pages]}
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    target.write_text(f"window.traincostPages = {text};\n", encoding="utf-8")


def _shared(pages: Iterable[PageText]) -> list[str]:
    """The texts of more than one cell, the most frequent first."""
    sections = chain.from_iterable(page.sections for page in pages)
    lines = chain.from_iterable(section.lines for section in sections)
    cells = chain.from_iterable(line.text.split(CELL) for line in lines if line.anchor)
    counts = Counter(cell for cell in cells if len(cell) >= SHORTEST_SHARED)
    return [cell for cell, count in counts.most_common() if count > 1]


def _page(page: PageText, places: dict[str, int]) -> list[object]:
    sections = [
        [section.anchor, section.heading, [_entry(line, places) for line in section.lines]]
        for section in page.sections
    ]
    return [page.name, page.title, sections]


def _entry(line: Line, places: dict[str, int]) -> Entry:
    if not line.anchor:
        return line.text
    return [line.anchor, *(places.get(cell, cell) for cell in line.text.split(CELL))]
