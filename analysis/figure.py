"""A chart as a figure that stands alone: drawn in two widths, described, with its data to take along.

The static drawing needs no script; the book's own script makes it interactive when a reader reaches for it.
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
import vl_convert

WIDE_PX, NARROW_PX = 720, 350
WIDE_TITLE_CHARACTERS, NARROW_TITLE_CHARACTERS = 92, 44
VEGA_LITE_VERSION = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])


def figure_html(chart: alt.TopLevelMixin) -> str:
    """The chart as an HTML figure: two SVG drawings, its description, its specification, its data as CSV."""
    spec = chart.to_dict()
    description = html.escape(spec["description"], quote=True)
    name = hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()[:8]
    drawings = "".join(
        f'<div class="chart-{size}"{hidden} role="img" aria-label="{description}">{svg(spec, width, f"{name}{size}")}</div>'
        for size, width, hidden in (("wide", WIDE_PX, ""), ("narrow", NARROW_PX, ' style="display:none"'))
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
    """An SVG drawing of a Vega-Lite specification, `width_px` wide in all, its ids made unique by `prefix`."""
    sized = copy.deepcopy(spec)
    sized["width"] = width_px
    sized["autosize"] = {"type": "fit", "contains": "padding"}
    characters = WIDE_TITLE_CHARACTERS if width_px >= WIDE_PX else NARROW_TITLE_CHARACTERS
    sized["title"]["text"] = textwrap.wrap(sized["title"]["text"], characters)
    drawing = vl_convert.vegalite_to_svg(sized, vl_version=VEGA_LITE_VERSION)
    return re.sub(r'(id="|url\(#)(clip|gradient)', rf"\g<1>{prefix}\g<2>", drawing)


def show_charts_as_figures() -> None:
    """Let every chart of this process display as such a figure, in JupyterLab and in an executed notebook alike."""

    def render(spec: dict[str, Any], **_: Any) -> dict[str, str]:
        return {"text/html": figure_html(alt.Chart.from_dict(spec)), "text/plain": spec["description"]}

    alt.renderers.register("figure", render)
    alt.renderers.enable("figure")


def _largest_dataset(spec: dict[str, Any]) -> pd.DataFrame:
    return max((pd.DataFrame(rows) for rows in spec.get("datasets", {}).values()), key=len, default=pd.DataFrame())
