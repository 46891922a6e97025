"""One way to make a table: a frame in, HTML out, nothing in a cell taken for markup but `Html`."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from numbers import Real

import pandas as pd

from analysis.show.links import Html
from analysis.show.numbers import quantity_text, significant


def table(
    frame: pd.DataFrame,
    *,
    units: Mapping[str, str] | None = None,
    head: Mapping[str, str] | None = None,
    caption: str = "",
    classes: str = "",
    anchors: str = "",
) -> Html:
    """A frame as a table that scrolls in its own box on a narrow page.

    Parameters
    ----------
    frame
        A row a line. Texts are escaped, `Html` stands as it is, nothing and NaN are empty.
    units
        Unit of the numbers of a column; they are written as `quantity_text` writes them. Other
        numbers have three figures.
    head
        Words over a column, where they are not its name with blanks.
    classes
        Further classes of the table.
    anchors
        A column that is not shown: the address of each row on its page.

    Examples
    --------
    >>> print(table(pd.DataFrame({"gpu_hours": [5000.0]}), units={"gpu_hours": "gpu_hours"}))
    ... # doctest: +ELLIPSIS
    <div class="table-box"...<th>gpu hours</th>...<td class="number">5K GPU-hours</td>...
    """
    units, head = units or {}, head or {}
    shown = [column for column in frame if column != anchors]
    names = "".join(f"<th>{_name(column, head)}</th>" for column in shown)
    lines = []
    for row in frame.to_dict("records"):
        cells = [_cell(row[column], units.get(column, "")) for column in shown]
        if anchors:
            cells[0] = cells[0].replace("<td", f'<td id="{html.escape(row[anchors])}"', 1)
        lines.append(f"<tr>{''.join(cells)}</tr>")
    title = f"<caption>{html.escape(caption)}</caption>" if caption else ""
    return Html(
        '<div class="table-box" tabindex="0" role="group" aria-label="table">'
        f'<table class="{f"report {classes}".strip()}">{title}<thead><tr>{names}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def _name(column: object, head: Mapping[str, str]) -> str:
    return html.escape(head.get(str(column), str(column).replace("_", " ")))


def _cell(value: object, unit: str) -> str:
    if isinstance(value, Html):
        return f"<td>{value}</td>"
    if isinstance(value, bool):
        return f"<td>{'yes' if value else 'no'}</td>"
    if isinstance(value, Real):
        return f'<td class="number">{html.escape(number_text(float(value), unit))}</td>'
    return f"<td>{'' if value is None else html.escape(str(value))}</td>"


def number_text(value: float, unit: str = "") -> str:
    """A number of a table: with its unit, or to three figures; empty where there is none.

    >>> number_text(0.3894, "ratio"), number_text(1234.5), number_text(float("nan"))
    ('38.9 %', '1,230', '')
    """
    if math.isnan(value):
        return ""
    if unit:
        return quantity_text(value, unit)
    whole = value == round(value) and abs(value) < 1e5
    return f"{value:,.0f}" if whole else f"{significant(value, 3):,.10g}"
