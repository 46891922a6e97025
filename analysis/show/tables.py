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
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

import pandas as pd

from analysis.show.columns import Measure, measure, number_text
from analysis.show.links import Html

ROUGH, COMPUTED, PRINTED = 2, 3, 6  # significant figures
_NUMBER = '<span class="table-number"></span>'


@dataclass(frozen=True)
class Cell:
    """What a reader sees in a cell, by what it is sorted, and under which word it is chosen."""

    shown: str
    value: float | str = ""
    choice: str = ""


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

    Examples
    --------
    >>> print(table(pd.DataFrame({"run": ["V3"], "rent": [5.33e6]}), units={"rent": "usd"}))
    ... # doctest: +ELLIPSIS
    <div class="table-room...rent<span class="unit">US$ million</span></th>...>5.33</td>...
    """
    head, units, figures = head or {}, units or {}, figures or {}
    columns = [
        _Column(
            str(column),
            head.get(str(column), str(column).replace("_", " ")),
            measure(units.get(column, ""), frame[column]),
            figures.get(str(column), COMPUTED),
            column in choices,
            any(_is_number(value) for value in frame[column]),
        )
        for column in frame
        if column != anchors
    ]
    heads = "".join(column.head for column in columns)
    rows = "".join(_row(row, columns, row.get(anchors)) for row in frame.to_dict("records"))
    address = f' id="tab-{html.escape(name)}"' if name else ""
    return Html(
        f'<div class="table-room mathjax_ignore tex2jax_ignore"{address}>'
        f'<div class="table-box" tabindex="0" role="group" aria-label="{_said(caption)}">'
        f'<table class="{f"report {classes}".strip()}">'
        f"<caption>{_NUMBER} {html.escape(caption)}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div></div>"
    )


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
    name: str
    words: str
    measure: Measure
    figures: int
    choose: bool
    numeric: bool

    @property
    def label(self) -> str:
        """The head in one line, as a card has it before each cell."""
        return html.escape(", ".join(filter(None, (self.words, self.measure.words))))

    @property
    def head(self) -> str:
        unit = f'<span class="unit">{html.escape(self.measure.words)}</span>'
        choose = " data-choose" if self.choose else ""
        side = ' class="number"' if self.numeric else ""
        inside = f"{html.escape(self.words)}{unit if self.measure.words else ''}"
        return f'<th scope="col"{side}{choose}>{inside}</th>'

    def cell(self, value: Any) -> str:
        """A cell with its label, and what it is sorted by where that is not its text."""
        shown, by, choice = self._parts(value)
        numeric = ' class="number"' if self.numeric and isinstance(by, Real) else ""
        sorted_by = "" if by in ("", None) else f' data-value="{_value(by)}"'
        chosen = f' data-choice="{html.escape(choice)}"' if choice else ""
        return f'<td data-label="{self.label}"{numeric}{sorted_by}{chosen}>{shown}</td>'

    def _parts(self, value: Any) -> tuple[str, float | str, str]:
        if isinstance(value, Cell):
            return _text(value.shown), value.value, value.choice
        if _is_number(value):
            number = float(value)
            return number_text(number, self.measure, self.figures), number, ""
        return _text(value), "", ""


def _row(row: Mapping[Any, Any], columns: list[_Column], anchor: str | None) -> str:
    address = f' id="{html.escape(anchor)}"' if anchor else ""
    cells = "".join(column.cell(row[column.name]) for column in columns)
    return f"<tr{address}>{cells}</tr>"


def _text(value: Any) -> str:
    """What stands in a cell: `Html` as it is, a text escaped, nothing for what is not there."""
    if isinstance(value, Html):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None or value != value else html.escape(str(value))


def _is_number(value: Any) -> bool:
    """Whether a cell is set and sorted as a number."""
    if isinstance(value, Cell):
        return isinstance(value.value, Real)
    return isinstance(value, Real) and not isinstance(value, bool)


def _value(by: float | str) -> str:
    """What a cell is sorted by; what is not a number has an empty value and comes last."""
    if isinstance(by, str):
        return html.escape(by)
    return "" if math.isnan(by) else f"{by:.6g}"


def _said(caption: str) -> str:
    return html.escape(caption or "table")
