"""A chart as a figure that stands alone: drawn in three widths, described, with its data to take
along.

The static drawing needs no script; the book's own script makes it interactive when a reader reaches
for it.
"""

from __future__ import annotations

import copy
import hashlib
import html
import json
import re
import textwrap
import urllib.parse
from typing import Any

import altair as alt
import pandas as pd

from analysis.show.charts.drawing import draw

# Three drawings, so that text keeps its size: a page picks the one that fits its column.
WIDTHS_PX = {"wide": 720, "middle": 520, "narrow": 340}
AS_WIDE_AS_THE_PAGE = "container"
TITLE_PX_PER_CHARACTER = 8.8
# outside a page there is no text colour to take over: a grey that reads on light and dark
READABLE_ANYWHERE = "#777777"
NO_FORMULAS = "mathjax_ignore"  # JupyterLab reads what stands between two dollar signs as a formula
# in the style of the element, for where the book's own style sheet is not (JupyterLab, nbconvert)
HIDDEN, FITTING = ' style="display:none"', 'style="max-width:100%;height:auto"'


def figure_html(chart: alt.TopLevelMixin) -> str:
    """The chart as an HTML figure."""
    return spec_html(chart.to_dict())


def spec_html(spec: dict[str, Any]) -> str:
    """A specification as an HTML figure: its drawings, its description, itself, its data as CSV.

    A chart as wide as the page is drawn in three widths, of which a page without the book's style
    sheet shows the first; any other once, as it is.
    """
    text = json.dumps(spec, sort_keys=True)
    name = hashlib.sha256(text.encode()).hexdigest()[:8]
    sizes = WIDTHS_PX if spec.get("width") == AS_WIDE_AS_THE_PAGE else {"wide": None}
    drawings = "".join(
        f'<div class="chart-{size} {NO_FORMULAS}"{HIDDEN if number else ""} role="img"'
        f' aria-label="{html.escape(description_of(spec))}">'
        f"{svg(spec, width, f'{name}{size}').replace('<svg ', f'<svg {FITTING} ', 1)}</div>"
        for number, (size, width) in enumerate(sizes.items())
    )
    script = text.replace("<", "\\u003c")  # nothing in it may end the script element
    return (
        f'<figure class="chart">{drawings}<script type="application/json" class="chart-spec">'
        f"{script}</script>{_data_link(spec, name)}</figure>"
    )


def svg(spec: dict[str, Any], width_px: int | None, prefix: str = "") -> str:
    """An SVG drawing of a Vega-Lite specification, its ids made unique by `prefix`.

    `width_px` is its width in all [px]; None: as the specification has it.
    """
    drawing = draw(spec if width_px is None else _fitted(spec, width_px))
    # ids count on from drawing to drawing of a process, and would meet those of other drawings on a
    # page
    for number, name in enumerate(dict.fromkeys(re.findall(r'id="(\w+)"', drawing))):
        drawing = re.sub(rf"(id=\"|url\(#){name}\b", rf"\g<1>{prefix}-{number}", drawing)
    return drawing


def picture(chart: alt.TopLevelMixin) -> str:
    """The chart as an SVG file of its own, in the widest of the widths."""
    drawing = svg(chart.to_dict(), WIDTHS_PX["wide"])
    return drawing.replace("currentColor", READABLE_ANYWHERE)


def description_of(spec: dict[str, Any]) -> str:
    """What a chart says of itself for those who do not see it; its title where it says nothing."""
    return str(spec.get("description") or " ".join(_title_lines(spec)) or "a chart")


def show_charts_as_figures() -> None:
    """Let every chart of this process display as such a figure, in JupyterLab and in an executed
    notebook alike.
    """

    def render(spec: dict[str, Any], **_: Any) -> dict[str, str]:
        return {"text/html": spec_html(spec), "text/plain": description_of(spec)}

    alt.renderers.register("figure", render)
    alt.renderers.enable("figure")


def _fitted(spec: dict[str, Any], width_px: int) -> dict[str, Any]:
    """The specification in a width, its title broken into lines that fit."""
    sized = copy.deepcopy(spec)
    sized |= {"width": width_px, "autosize": {"type": "fit-x", "contains": "padding"}}
    if lines := _title_lines(spec):
        title = sized["title"] if isinstance(sized["title"], dict) else {}
        characters = int(width_px / TITLE_PX_PER_CHARACTER)
        sized["title"] = title | {"text": textwrap.wrap(" ".join(lines), characters)}
    return sized


def _title_lines(spec: dict[str, Any]) -> list[str]:
    title = spec.get("title", "")
    text = title.get("text", "") if isinstance(title, dict) else title
    return [text] if isinstance(text, str) and text else list(text)


def _data_link(spec: dict[str, Any], name: str) -> str:
    """The largest data set of the chart as a file to take along, where the chart holds its data."""
    tables = [pd.DataFrame(rows) for rows in spec.get("datasets", {}).values()]
    if not tables:
        return ""
    data = urllib.parse.quote(max(tables, key=len).to_csv(index=False, lineterminator="\n"))
    return (
        f'<figcaption><a class="chart-data" download="chart-{name}.csv"'
        f' href="data:text/csv;charset=utf-8,{data}">The data of this chart (CSV)</a></figcaption>'
    )
