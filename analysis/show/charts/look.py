"""The look that all charts share: colours, the finish, and the sentence where nothing can be drawn.

What is disclosed, what is reconstructed and what is assumed have one colour and one mark each,
everywhere; what is assumed is hatched. The colours are those of the book's style sheet, which has
others for a dark page.
"""

from __future__ import annotations

import functools
from typing import Any

import altair as alt
import pandas as pd

from analysis.show.charts.figure import CHARACTERS, ROOM, show_charts_as_figures
from analysis.show.charts.hatching import HATCHED as HATCHED
from analysis.show.charts.opening import OPENS

show_charts_as_figures()

DISCLOSED, RECONSTRUCTED, ASSUMED = "#1f5f7a", "#b8651b", "#6b6b6b"
ACCENT = "#c42f4c"  # the subject, which a chart points at
OTHERS = "#9b9b9b"  # what stands beside it
TEXT = "currentColor"
FONT, TEXT_PX = "system-ui, sans-serif", 13


def finish(
    *layers: alt.Chart,
    title: str,
    description: str,
    height: int | dict[str, int],
    subtitle: str = "",
    name: str = "",
    source: str = "",
    labels: dict[str, str] | None = None,
) -> alt.LayerChart:
    """The layers as one chart: as wide as its column, transparent, text in the page's own colour.

    `title` is the finding, under 12 words; `subtitle` says what is measured: unit, price basis,
    date; `description`, for those who do not see the chart, follows the title; `height` [px], one
    or one of each width; `name` is the chart's address `#fig-NAME` and that of its files, once on a
    page; `source` is where its data come from; `labels` are names of an axis, and what each opens.
    """
    heights = height if isinstance(height, dict) else dict.fromkeys(("wide",), height)
    known = {"name": name, "source": source, "heights": heights, OPENS: labels}
    heading = alt.TitleParams(title, subtitle=subtitle) if subtitle else alt.TitleParams(title)
    # all at once: each call on a chart copies the whole of it
    return alt.LayerChart(
        layer=[*layers],
        title=heading,
        description=f"{title}. {description}.",
        width="container",
        height=heights["wide"],
        usermeta={key: value for key, value in known.items() if value},
        params=[alt.VariableParameter(name=ROOM, value=CHARACTERS["wide"])],
        config=_look(),
    )


@functools.cache
def _look() -> alt.Config:
    """Transparent, with text and lines in the page's own colour, and a legend above."""
    return alt.Config(
        background="transparent",
        font=FONT,
        padding=2,
        view=alt.ViewConfig(stroke=None),
        axis=_axis_look(),
        axisX=alt.AxisConfig(labelOverlap="greedy"),
        axisY=alt.AxisConfig(domain=False, ticks=False),
        title=alt.TitleConfig(color=TEXT, anchor="start"),
        text=alt.MarkConfig(fontSize=TEXT_PX, color=TEXT, aria=False),
        line=alt.LineConfig(aria=False),
        area=alt.AreaConfig(aria=False),
        rule=alt.MarkConfig(aria=False),
        legend=alt.LegendConfig(
            labelColor=TEXT, titleColor=TEXT, orient="top", labelFontSize=TEXT_PX
        ),
    )


def sentence(text: str) -> alt.LayerChart:
    """What stands in the place of a chart that has nothing to draw: a sentence."""
    nothing = alt.Chart(pd.DataFrame({"says": [text]})).mark_point(opacity=0)
    chart = finish(nothing, title=text, description="There is nothing to draw", height=1)
    return chart.properties(usermeta={"sentence": text})


def color_by(field: str, colors: dict[str, str], **options: Any) -> alt.Color:
    """A colour for each value of a column, the same for each whatever the frame holds."""
    scale = alt.Scale(domain=list(colors), range=list(colors.values()))
    return alt.Color(f"{field}:N", title=None, scale=scale, **options)


def _axis_look() -> alt.AxisConfig:
    return alt.AxisConfig(
        labelColor=TEXT,
        titleColor=TEXT,
        domainColor=TEXT,
        tickColor=TEXT,
        gridColor=TEXT,
        gridOpacity=0.12,
        domainOpacity=0.4,
        tickOpacity=0.4,
        labelFontSize=TEXT_PX,
        titleFontSize=TEXT_PX,
        titleFontWeight="normal",
        labelLimit=0,
        titleLimit=0,
        labelSeparation=8,
    )
