"""A chart as a picture of its own: its finding above the drawing, its source below."""

from __future__ import annotations

import html
import re
import textwrap

import altair as alt

from analysis.show.charts.drawing import drawable
from analysis.show.charts.figure import Spec, name_of, svg, title_lines
from analysis.show.charts.opening import without_links

# outside a page there is no text colour to take over
INK, PAPER = "#222222", "#ffffff"
MARGIN_PX, LINE_PX = 16, 19
FONT = 'font-family="system-ui, sans-serif"'
PX_PER_CHARACTER = 8.6  # of the title, which is the largest


def picture(chart: alt.TopLevelMixin) -> str:
    """The chart as an SVG file of its own, in the widest of the widths."""
    spec = chart.to_dict()
    return with_title(svg(spec, "wide", name_of(spec)), spec)


def with_title(drawing: str, spec: Spec) -> str:
    """A drawing with the title, the subtitle and the source of its chart around it, in ink on
    paper.
    """
    width, height = _size(drawing := without_links(drawing))
    source = spec.get("usermeta", {}).get("source", "")
    above = [(line, 16, 700) for line in _wrapped(title_lines(spec), width)]
    above += [(line, 13, 400) for line in _wrapped(title_lines(spec, "subtitle"), width)]
    below = [(line, 12, 400) for line in _wrapped([f"Source: {source}"] if source else [], width)]
    top = MARGIN_PX + LINE_PX * len(above) + 8
    bottom = top + height + 8
    texts = _texts(above, MARGIN_PX) + _texts(below, bottom)
    whole_width, whole_height = width + 2 * MARGIN_PX, bottom + LINE_PX * len(below) + MARGIN_PX
    inner = drawing.replace("<svg ", f'<svg x="{MARGIN_PX}" y="{top:g}" ', 1)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole_width:g}"'
        f' height="{whole_height:g}" viewBox="0 0 {whole_width:g} {whole_height:g}">'
        f'<rect width="100%" height="100%" fill="{PAPER}"/>{texts}{inner}</svg>'
    ).replace("currentColor", INK)


def _size(drawing: str) -> tuple[float, float]:
    width, height = re.findall(r'(?:width|height)="([\d.]+)"', drawing)[:2]
    return float(width), float(height)


def _wrapped(lines: list[str], width_px: float) -> list[str]:
    return textwrap.wrap(" ".join(lines), int(width_px / PX_PER_CHARACTER))


def _texts(lines: list[tuple[str, int, int]], top_px: float) -> str:
    return "".join(
        f'<text x="{MARGIN_PX}" y="{top_px + LINE_PX * number + 14:g}" {FONT} font-size="{size}"'
        f' font-weight="{weight}" fill="{INK}">{html.escape(drawable(line))}</text>'
        for number, (line, size, weight) in enumerate(lines)
    )
