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
TITLE_PX_PER_CHARACTER = 8.8
HIDDEN = ' style="display:none"'


def figure_html(chart: alt.TopLevelMixin) -> str:
    """The chart as an HTML figure."""
    return spec_html(chart.to_dict())


def spec_html(spec: dict[str, Any]) -> str:
    """A specification as an HTML figure: three SVG drawings, its description, itself, its data as
    CSV.
    """
    description = html.escape(spec["description"], quote=True)
    name = hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()[:8]
    drawings = "".join(
        f'<div class="chart-{size}"{"" if size == "wide" else HIDDEN} role="img" aria-label="{description}">'
        f"{svg(spec, width, f'{name}{size}')}</div>"
        for size, width in WIDTHS_PX.items()
    )
    # "</" would end the script element
    script = json.dumps(spec, sort_keys=True).replace("</", "<\\/")
    data = urllib.parse.quote(_largest_dataset(spec).to_csv(index=False, lineterminator="\n"))
    return (
        f'<figure class="chart">{drawings}<script type="application/json" class="chart-spec">{script}</script>'
        f'<figcaption><a class="chart-data" download="chart-{name}.csv" href="data:text/csv;charset=utf-8,{data}">'
        "The data of this chart (CSV)</a></figcaption></figure>"
    )


def svg(spec: dict[str, Any], width_px: int, prefix: str = "") -> str:
    """An SVG drawing of a Vega-Lite specification, `width_px` wide in all, its ids made unique by
    `prefix`.
    """
    sized = copy.deepcopy(spec)
    sized["width"] = width_px
    sized["autosize"] = {"type": "fit-x", "contains": "padding"}
    sized["title"]["text"] = textwrap.wrap(
        sized["title"]["text"], int(width_px / TITLE_PX_PER_CHARACTER)
    )
    drawing = draw(sized)
    # ids count on from drawing to drawing of a process, and would meet those of other drawings on a
    # page
    for number, name in enumerate(dict.fromkeys(re.findall(r'id="(\w+)"', drawing))):
        drawing = re.sub(rf"(id=\"|url\(#){name}\b", rf"\g<1>{prefix}-{number}", drawing)
    return drawing


def show_charts_as_figures() -> None:
    """Let every chart of this process display as such a figure, in JupyterLab and in an executed
    notebook alike.
    """

    def render(spec: dict[str, Any], **_: Any) -> dict[str, str]:
        return {"text/html": spec_html(spec), "text/plain": spec["description"]}

    alt.renderers.register("figure", render)
    alt.renderers.enable("figure")


def _largest_dataset(spec: dict[str, Any]) -> pd.DataFrame:
    return max(
        (pd.DataFrame(rows) for rows in spec.get("datasets", {}).values()),
        key=len,
        default=pd.DataFrame(),
    )
