"""A chart as a figure that stands alone: its finding and what is measured as text, drawn in three
widths, described, with where its data come from and the data to take along.
"""

from __future__ import annotations

import copy
import hashlib
import html
import json
import re
import urllib.parse
from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from analysis.data.cells import plain_frame
from analysis.show.charts.drawing import draw
from analysis.show.charts.hatching import hatched
from analysis.show.charts.opening import OPENS, as_figures, is_linked

Spec = dict[str, Any]
# Three drawings, so that text keeps its size: a page picks the one that fits its column.
WIDTHS_PX = {"wide": 760, "middle": 520, "narrow": 340}
AS_WIDE_AS_THE_PAGE = "container"
# characters of a line of a name beside its row; a specification breaks names by this parameter
ROOM, CHARACTERS = "room", {"wide": 28, "middle": 20, "narrow": 14}
LONGEST_SLUG = 60  # characters: files are called so
_LOST = re.compile(r"[^\W\x00-\x7f]")
NO_FORMULAS = "mathjax_ignore"  # JupyterLab reads what stands between two dollar signs as a formula
# in the style of the element, for where the book's own style sheet is not (JupyterLab, nbconvert)
HIDDEN, FITTING = ' style="display:none"', 'style="max-width:100%;height:auto"'


def figure_html(chart: alt.TopLevelMixin, phone: alt.TopLevelMixin | None = None) -> str:
    """The chart as an HTML figure; `phone` is drawn in its place where the column is narrow."""
    return spec_html(chart.to_dict(), None if phone is None else phone.to_dict())


def spec_html(spec: Spec, phone: Spec | None = None) -> str:
    """A specification as an HTML figure: finding, drawings, description, itself, its data as CSV.

    A chart as wide as the page is drawn in three widths, of which a page without the book's style
    sheet shows the first; any other once, as it is. One that has nothing to draw is a sentence.
    """
    known = spec.get("usermeta", {})
    if "sentence" in known:
        return f'<p class="chart-sentence">{html.escape(known["sentence"])}.</p>'
    sizes = WIDTHS_PX if spec.get("width") == AS_WIDE_AS_THE_PAGE else ("wide",)
    specs = {size: phone if phone and size == "narrow" else spec for size in sizes}
    name = name_of(spec)
    return framed(spec, {size: svg(found, size, f"{name}-{size}") for size, found in specs.items()})


def framed(spec: Spec, drawings: Mapping[str, str]) -> str:
    """The HTML figure of a specification from its drawings by size: finding, drawings, files."""
    name, known = name_of(spec), spec.get("usermeta", {})
    shown = "".join(_drawing_html(spec, size, drawing) for size, drawing in drawings.items())
    script = json.dumps(spec, sort_keys=True).replace("<", "\\u003c")  # may not end the element
    return (
        f'<figure class="chart" id="fig-{name}">{_caption(spec)}{shown}'
        f'<script type="application/json" class="chart-spec">{script}</script>'
        f'<div class="chart-foot {NO_FORMULAS}">{_source(known)}{_data_link(spec, name)}</div>'
        "</figure>"
    )


def name_of(spec: Spec) -> str:
    """The name that a chart is given, or one made of what it shows."""
    text = json.dumps(spec, sort_keys=True)
    given = str(spec.get("usermeta", {}).get("name", ""))
    return _letters(given) or f"chart-{_hash(text)}"


def slug(text: str) -> str:
    """A text as a part of a name: small letters, figures and dashes. One that is long, or has
    letters that no name has, ends in a hash, for another may be like it.

    >>> slug("R1-Zero: reinforcement learning"), slug("推理")
    ('r1-zero-reinforcement-learning', '132411ba')
    """
    name = _letters(text)
    if len(name) <= LONGEST_SLUG and not _LOST.search(text):
        return name
    return f"{name[:LONGEST_SLUG]}-{_hash(text)}".strip("-")


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def svg(spec: Spec, size: str, prefix: str = "") -> str:
    """An SVG drawing of a Vega-Lite specification in one of the sizes, without its title, its ids
    made unique by `prefix`; one that is not as wide as the page is drawn as it is.
    """
    fitted = _fitted(spec, size) if spec.get("width") == AS_WIDE_AS_THE_PAGE else spec
    drawing = draw(fitted)
    # ids count on from drawing to drawing of a process, and would meet those of other drawings on a
    # page
    for number, name in enumerate(dict.fromkeys(re.findall(r'id="(\w+)"', drawing))):
        drawing = re.sub(rf"(id=\"|url\(#){name}\b", rf"\g<1>{prefix}-{number}", drawing)
    labels = spec.get("usermeta", {}).get(OPENS)
    return as_figures(hatched(drawing, f"{prefix}-hatch"), labels)


def description_of(spec: Spec) -> str:
    """What a chart says of itself for those who do not see it; its title where it says nothing."""
    return str(spec.get("description") or " ".join(title_lines(spec)) or "a chart")


def title_lines(spec: Spec, part: str = "text") -> list[str]:
    """The lines of a chart's title, or of its `subtitle`."""
    title = spec.get("title", "")
    whole: Mapping[str, Any] = title if isinstance(title, dict) else {"text": title}
    text = whole.get(part, "")
    return ([text] if text else []) if isinstance(text, str) else list(text)


def show_charts_as_figures() -> None:
    """Let every chart of this process display as such a figure, in JupyterLab and in an executed
    notebook alike.
    """

    def render(spec: Spec, **_: Any) -> dict[str, str]:
        return {"text/html": spec_html(spec), "text/plain": description_of(spec)}

    alt.renderers.register("figure", render)
    alt.renderers.enable("figure")


def _fitted(spec: Spec, size: str) -> Spec:
    """The specification in a width; its title stands as text on the page."""
    sized = copy.deepcopy(spec)
    heights = spec.get("usermeta", {}).get("heights", {})
    sized |= {"width": WIDTHS_PX[size], "autosize": {"type": "fit-x", "contains": "padding"}}
    sized |= {"height": heights[size]} if size in heights else {}
    for param in sized.get("params", []):
        if param["name"] == ROOM:
            param["value"] = CHARACTERS[size]
    sized.pop("title", None)
    return sized


def _caption(spec: Spec) -> str:
    """Finding and measure, as text; the book puts the figure's number before them."""
    title, subtitle = (
        html.escape(" ".join(title_lines(spec, part))) for part in ("text", "subtitle")
    )
    if not title:
        return ""
    measure = f'<span class="chart-subtitle">{subtitle}</span>' if subtitle else ""
    return (
        f'<figcaption class="{NO_FORMULAS}"><strong class="chart-title">{title}</strong>'
        f"{measure}</figcaption>"
    )


def _drawing_html(spec: Spec, size: str, drawing: str) -> str:
    fitting = drawing.replace("<svg ", f"<svg {FITTING} ", 1)
    role = "group" if is_linked(fitting) else "img"
    return (
        f'<div class="chart-{size} {NO_FORMULAS}"{"" if size == "wide" else HIDDEN} role="{role}"'
        f' aria-label="{html.escape(description_of(spec))}">{fitting}</div>'
    )


def _source(known: Mapping[str, Any]) -> str:
    source = html.escape(str(known.get("source", "")))
    return f'<span class="chart-source">Source: {source}</span> ' if source else ""


def csv_of(spec: Spec) -> str:
    """The largest data set of the chart as CSV; empty where the chart does not hold its data."""
    tables = [pd.DataFrame(rows) for rows in spec.get("datasets", {}).values()]
    if not tables:
        return ""
    largest = max(tables, key=len).drop(columns=OPENS, errors="ignore")
    return plain_frame(largest).to_csv(index=False, lineterminator="\n")


def _data_link(spec: Spec, name: str) -> str:
    """The data as a file to take along; in the book, files of the edition stand in its place."""
    data = urllib.parse.quote(csv_of(spec))
    if not data:
        return '<span class="chart-files"></span>'
    return (
        f'<span class="chart-files"><a download="{name}.csv"'
        f' href="data:text/csv;charset=utf-8,{data}">The data of this chart (CSV)</a></span>'
    )
