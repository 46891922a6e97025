"""One way to make a table: a frame in, HTML out, nothing in a cell taken for markup but `Html`.

How a number is rounded: a disclosed one stands as its source prints it (`PRINTED`), what is
computed from such has three significant figures (`COMPUTED`), and what is reconstructed or assumed
has two (`ROUGH`), for its interval is far wider than its third.
"""

from __future__ import annotations

import html
import itertools
import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from numbers import Real
from typing import Any

import pandas as pd

from analysis.data.facts import Row
from analysis.show.columns import Measure, measure, number_text
from analysis.show.links import Html, counted_row, figure, row_of
from analysis.show.numbers import date_text

ALL = "*"  # every column of numbers
ROUGH, COMPUTED, PRINTED = 2, 3, 6  # significant figures
_NUMBER = '<span class="table-number"></span>'


@dataclass(frozen=True)
class Cell:
    """What a reader sees in a cell, by what it is sorted, and under which word it is chosen.

    `shown` is a text, or makes one of the number as its column writes it: a link, or just `str`.
    `figures` is how many significant figures the number has, where its column has others.
    """

    shown: str | Callable[[str], str]
    value: float | str = ""
    choice: str = ""
    figures: int = 0


def day(date: str) -> Cell:
    """A day, a month or a year: in words, sorted by time, chosen by its month."""
    return Cell(date_text(date), date, date[: len("2025-09")])


def code(name: str) -> Html:
    """A name as it is written in code."""
    return Html(f"<code>{html.escape(name)}</code>")


def folded(summary: str, inside: str) -> Html:
    """HTML that is shown on request."""
    said = html.escape(summary)
    return Html(f"<details><summary>{said}</summary>{inside}</details>" if inside else "")


def table(
    frame: pd.DataFrame,
    *,
    units: Mapping[str, str] | None = None,
    head: Mapping[str, str] | None = None,
    caption: str = "",
    classes: str = "",
    anchors: str = "",
    name: str = "",
    figures: Mapping[str, int] | None = None,
    choices: Collection[str] = (),
    bases: Mapping[str, str] | None = None,
    rests: Mapping[str, tuple[str, str]] | None = None,
    place: str = "",
    kind: str = "derived",
) -> Html:
    """A frame as a table; the book's script lets a reader sort and filter one of many rows, and on
    a narrow page each row is a card.

    Parameters
    ----------
    frame
        A row a line. Texts are escaped, `Html` stands as it is, nothing and NaN are empty, a `Cell`
        says by what it is sorted and chosen.
    units
        Unit of the numbers of a column; it stands in the head, with one scale for all of them.
    head
        Words over a column, where they are not its name with blanks.
    caption
        What the table holds; the book numbers it.
    classes
        Further classes of the table.
    anchors
        A column that is not shown: the address of each row on its page.
    name
        The table's own address is `tab-NAME`.
    figures
        How many significant figures the numbers of a column have, where it is not `COMPUTED`.
    choices
        Columns of few values, from which a reader may choose one.
    bases
        Columns that are the same on another basis, each with the words to choose it by; without the
        book's script all of them stand.
    rests
        How the numbers of a column (of all columns: `*`) are known, and the row that they open to:
        `TABLE:COLUMN`, with a column of ids that is not shown, `:COLUMN` where each line has its
        own `TABLE:ID`, or `TABLE:ID` for every line. The
        kind may be a column of kinds, which is shown if it has a head. Other numbers of a table
        with a name, and those of an empty row, open to what `book/computed.toml` says of it.
    place
        What it is called there, where that is not its name.
    kind
        How these other numbers are known.

    Examples
    --------
    >>> print(table(pd.DataFrame({"run": ["V3"], "rent": [5.33e6]}), units={"rent": "usd"}))
    ... # doctest: +ELLIPSIS
    <div class="table-room...rent<span class="unit">US$ million</span></th>...>5.33</td>...
    """
    rests = rests or {}
    hidden = {anchors, *(row.partition(":")[2] for _, row in rests.values())}
    hidden |= {of for of, _ in rests.values()} - {*(head or {})}
    counted = f"counted:{counted_row(f'table.{place or name}', caption, f'#tab-{name}').id}"
    own = (kind, counted) if name else None
    rests = {on: (of, row or counted) for on, (of, row) in rests.items()}
    cells = {
        str(column): _opening(
            [_cell(value) for value in frame[column]],
            frame,
            rests.get(str(column), rests.get(ALL, own)),
        )
        for column in frame
        if column not in hidden
    }
    columns = [
        _Column(
            (head or {}).get(name, name.replace("_", " ")),
            measure((units or {}).get(name, ""), _on_scale(name, cells, units or {})),
            (figures or {}).get(name, COMPUTED),
            name in choices,
            any(_is_known(cell.value) for cell in column),
            (bases or {}).get(name, ""),
        )
        for name, column in cells.items()
    ]
    heads = "".join(column.head for column in columns)
    ids = frame[anchors] if anchors else itertools.repeat("")
    lines = zip(ids, *cells.values(), strict=False)
    rows = "".join(_row(columns, row, anchor) for anchor, *row in lines)
    address = f' id="tab-{html.escape(name)}"' if name else ""
    return Html(
        f'<div class="table-room mathjax_ignore tex2jax_ignore"{address}>'
        f'<div class="table-box" tabindex="0" role="group" aria-label="{_said(caption)}">'
        f'<table class="{f"report {classes}".strip()}">'
        f"<caption>{_NUMBER} {html.escape(caption)}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div></div>"
    )


def _on_scale(
    name: str, cells: Mapping[str, list[Cell]], units: Mapping[str, str]
) -> Iterator[Any]:
    """The values by which a column's scale is chosen: hours of one table have one scale."""
    alike = [other for other in cells if units.get(other) == units.get(name) == "gpu_hours"]
    return (cell.value for other in alike or [name] for cell in cells[other])


def worked(frame: pd.DataFrame, caption: str, name: str, **look: Any) -> Html:
    """What a sum in the open gives, as a table that stands below it and that its numbers open to.

    Examples
    --------
    >>> "5,566" in worked(pd.DataFrame({"so_far": [5_566.0]}), "The bill so far", "sum")
    True
    """
    return table(frame, caption=caption, name=name, place="worked", **look)


def numbered(page: str) -> str:
    """A page of the book with its tables numbered; the number of a table with a name is a link to
    it.
    """
    numbers = itertools.count(1)
    marked = re.compile(rf'(?:id="(tab-[^"]*)">(?:(?!<caption>).)*?)?<caption>{_NUMBER}', re.S)

    def number(found: re.Match[str]) -> str:
        words = f"Table {next(numbers)}"
        link = f'<a class="table-number" href="#{found[1]}">{words}</a>'
        plain = f'<span class="table-number">{words}</span>'
        return found[0].replace(_NUMBER, link if found[1] else plain)

    return marked.sub(number, page)


@dataclass(frozen=True)
class _Column:
    words: str
    measure: Measure
    figures: int
    choose: bool
    numeric: bool
    basis: str = ""

    @property
    def label(self) -> str:
        """The head in one line, as a card has it before each cell."""
        return html.escape(", ".join(filter(None, (self.words, self.measure.words))))

    @property
    def head(self) -> str:
        unit = f'<span class="unit">{html.escape(self.measure.words)}</span>'
        choose = " data-choose" if self.choose else ""
        choose += f' data-basis="{html.escape(self.basis)}"' if self.basis else ""
        side = ' class="number"' if self.numeric else ""
        inside = f"{html.escape(self.words)}{unit if self.measure.words else ''}"
        return f'<th scope="col"{side}{choose}>{inside}</th>'

    def cell(self, cell: Cell) -> str:
        """A cell with its label, and what it is sorted by where that is not its text."""
        attributes = f'data-label="{self.label}"'
        if self.numeric and isinstance(cell.value, Real):
            attributes += ' class="number"'
        if cell.value != "":
            attributes += f' data-value="{_value(cell.value)}"'
        if cell.choice:
            attributes += f' data-choice="{html.escape(cell.choice)}"'
        return f"<td {attributes}>{self._shown(cell)}</td>"

    def _shown(self, cell: Cell) -> str:
        if isinstance(cell.shown, str):
            return _text(cell.shown)
        written = number_text(float(cell.value), self.measure, cell.figures or self.figures)
        return _text(cell.shown(written)) if written else ""


def _row(columns: Sequence[_Column], cells: Sequence[Cell], anchor: str) -> str:
    address = f' id="{html.escape(anchor)}"' if anchor else ""
    shown = "".join(column.cell(cell) for column, cell in zip(columns, cells, strict=True))
    return f"<tr{address}>{shown}</tr>"


def _opening(cells: list[Cell], frame: pd.DataFrame, rest: tuple[str, str] | None) -> list[Cell]:
    """The cells of a column, each number a figure that opens to the row which it rests on."""
    if rest is None:
        return cells
    kinds, (rows, _, ids) = _each(rest[0], frame), rest[1].partition(":")
    before = f"{rows}:" if rows else ""  # else each line names its table too
    return [
        replace(cell, shown=partial(_figure, cell.shown, kind, row_of(f"{before}{name}")))
        if _is_known(cell.value) and not isinstance(cell.shown, Html)
        else cell
        for cell, kind, name in zip(cells, kinds, _each(ids, frame), strict=True)
    ]


def _is_known(value: float | str) -> bool:
    """Whether a cell has a number."""
    return isinstance(value, Real) and not math.isnan(value)


def _each(name: str, frame: pd.DataFrame) -> list[str]:
    """A column of words, or the same word for every line."""
    return [str(word) for word in frame[name]] if name in frame else [name] * len(frame)


def _figure(shown: str | Callable[[str], str], kind: str, row: Row, written: str) -> str:
    text = shown if isinstance(shown, str) else shown(written)
    if isinstance(text, Html) or not re.search(r"\d", text):
        return text  # a figure already, or words
    return figure(text, kind, row)


def _cell(value: Any) -> Cell:
    """What a frame holds as a cell: numbers as such, other things as words."""
    if isinstance(value, Cell):
        return value
    if isinstance(value, bool):
        return Cell("yes" if value else "no")
    if isinstance(value, Real):
        return Cell(str, float(value))
    return Cell("" if value is None else value if isinstance(value, Html) else str(value))


def _text(value: str) -> str:
    return value if isinstance(value, Html) else html.escape(value)


def _value(by: float | str) -> str:
    """What a cell is sorted by; what is not a number has an empty value and comes last."""
    if isinstance(by, str):
        return html.escape(by)
    return "" if math.isnan(by) else f"{by:.6g}"


def _said(caption: str) -> str:
    return html.escape(caption or "table")
