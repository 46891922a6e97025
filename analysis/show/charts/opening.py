"""Marks and labels of charts that lead to what stands behind them, as figures in a text do.

A frame has a column `opens`, which Vega-Lite draws as a link around the mark or the label; here the
links of a drawing become figures with the row that they rest on.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

import altair as alt
import pandas as pd

from analysis.data.facts import Row
from analysis.show.links import MARK_OF, counted_row, row_of

OPENS, ROW = "opens", "row"
HREF = alt.Href(f"{OPENS}:N")  # where a mark leads, by the column of that name
_LINK = re.compile(r'<a xlink:href="[^"]*?(?:#(\w+) (\w+):([^"]*)|null)"[^>]*>(.*?)</a>', re.S)
_LABEL = re.compile(r"<text [^>]*>(.*?)</text>", re.S)
_WORDS = re.compile(r'(<g class="mark-text role-mark[^"]*")( aria-hidden="true")(>.*?</g>)', re.S)
_AXIS = re.compile(r'(<g class="mark-group role-axis") role="graphics-symbol" aria-[^>]*"(?=>)')
_NAME = re.compile(
    r'<path aria-label="([^"]*)" role="graphics-symbol"( aria-roledescription="\w+")?'
)


def opening(kind: str, row: Row | None) -> str | None:
    """What the column `opens` says of a mark: how it is known, and the row that it rests on."""
    return None if row is None else f"#{MARK_OF[kind]} {row.table}:{row.id}"


def opens_at(
    table: str, frame: pd.DataFrame, kind: str | Iterable[str], ids: str = "id", field: str = ""
) -> list[str | None]:
    """That of each row of a frame with a column of ids of a table, or its `field`; `kind` is one,
    or one for each. A frame that says in `row` what each opens to, `TABLE:ID`, needs no table.
    Where the frame has neither column, nothing opens.
    """
    if ROW in frame and not field:
        kinds = [kind] * len(frame) if isinstance(kind, str) else kind
        return [opening(known, row_of(row)) for known, row in zip(kinds, frame[ROW], strict=True)]
    names = frame.get(ids, pd.Series(None, index=frame.index, dtype=object))
    rows = [None if pd.isna(name) else Row(table, f"{name}{field}") for name in names]
    kinds = [kind] * len(rows) if isinstance(kind, str) else kind
    return [opening(known, row) for known, row in zip(kinds, rows, strict=True)]


def counted_in(chart: str, says: Iterable[str], place: str, kind: str) -> list[str | None]:
    """That of figures which no row holds, of the chart of a name: `book/computed.toml` says at
    `chart.PLACE` how they come about.
    """
    address = f"#fig-{chart}"
    return [opening(kind, counted_row(f"chart.{place}", one, address)) for one in says]


def linked(chart: alt.Chart, frame: pd.DataFrame | object) -> alt.Chart:
    """The marks of a chart as links, where its frame says what they open."""
    known = isinstance(frame, pd.DataFrame) and OPENS in frame
    return chart.encode(href=HREF) if known else chart


def as_figures(drawing: str, labels: dict[str, str] | None = None) -> str:
    """A drawing with its links as figures; of its marks the first alone is reached by Tab, the
    others by arrows. `labels` are names of an axis, and what each opens.
    """
    marks = iter(range(len(drawing)))

    def figure(found: re.Match[str]) -> str:
        mark, table, name, inner = found.groups()
        if mark is None:
            return inner
        named = _NAME.search(inner)
        words = f' aria-label="{named[1]}"' if named else ""
        later = ' tabindex="-1"' if named and next(marks) else ""
        inner = _NAME.sub('<path aria-hidden="true"', inner).replace(
            '<text aria-hidden="true"', "<text"
        )
        return f'<a class="figure {mark}"{words}{later} data-row="{table}:{name}">{inner}</a>'

    drawing = _WORDS.sub(_shown, _LINK.sub(figure, drawing))
    drawing = _AXIS.sub(r"\1", drawing) if labels else drawing
    for words, opens in (labels or {}).items():
        drawing = _with_label(drawing, words, opens)
    return drawing


def opened(drawn: str, opens: str) -> str:
    """A part of a drawing as a figure that opens something."""
    if not opens:
        return drawn
    mark, _, row = opens.removeprefix("#").partition(" ")
    key = html.escape(row, quote=True)
    return f'<a class="figure {mark}" pointer-events="auto" data-row="{key}">{drawn}</a>'


def is_linked(drawing: str) -> bool:
    """Whether a drawing has figures that open."""
    return '<a class="figure' in drawing


def without_links(drawing: str) -> str:
    """The drawing for a file of its own, where nothing opens."""
    return re.sub(r"</?a\b[^>]*>", "", drawing)


def _shown(words: re.Match[str]) -> str:
    """Labels that are links are read aloud."""
    before, hidden, after = words.groups()
    return f"{before}{'' if is_linked(after) else hidden}{after}"


def _with_label(drawing: str, words: str, opens: str) -> str:
    """The name of an axis that opens something, as a figure."""

    def wrapped(label: re.Match[str]) -> str:
        said = " ".join(re.sub("<[^>]*>", " ", label[1]).split())
        return opened(label[0], opens if html.unescape(said) == " ".join(words.split()) else "")

    return _LABEL.sub(wrapped, drawing)
