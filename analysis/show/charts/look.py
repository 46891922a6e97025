"""The look that all charts share: colours, the finish, and the sentence where nothing can be drawn.

What is disclosed, what is reconstructed and what is assumed have one colour and one mark each,
everywhere.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from analysis.show.charts.figure import show_charts_as_figures

show_charts_as_figures()

DISCLOSED, RECONSTRUCTED, ASSUMED, CHECK = "#1f83a3", "#d9772b", "#8f8f8f", "#7b5fb5"
ACCENT = "#b3365a"  # what a chart points at
PARTS = ["#5b8fb0", "#b9b9b9", "#e8b93a", RECONSTRUCTED, "#4f9d69", CHECK, ACCENT]
TEXT = "currentColor"
KNOWN_BY = {"from data": RECONSTRUCTED, "assumed": ASSUMED}


def finish(*layers: alt.Chart, title: str, description: str, height: int) -> alt.LayerChart:
    """The layers as one chart: as wide as the page, transparent, text in the page's own colour.

    `title` is the finding; `description`, for those who do not see the chart, follows it;
    `height` [px].
    """
    heading = alt.TitleParams(title, anchor="start", fontSize=14, fontWeight=600, offset=10)
    chart = alt.layer(*layers).properties(
        title=heading, description=f"{title}. {description}.", width="container", height=height
    )
    return (
        chart.configure(background="transparent", font="system-ui, sans-serif")
        .configure_view(stroke=None)
        .configure_axis(**_axis_look())
        .configure_title(color=TEXT)
        .configure_text(fontSize=11)
        .configure_legend(labelColor=TEXT, titleColor=TEXT, orient="top", labelFontSize=11)
    )


def sentence(text: str) -> alt.LayerChart:
    """What stands in the place of a chart that has nothing to draw: a sentence, as its title."""
    nothing = alt.Chart(pd.DataFrame({"says": [text]})).mark_point(opacity=0)
    return finish(nothing, title=text, description="There is nothing to draw", height=1)


def color_by(field: str, colors: dict[str, str], **options: Any) -> alt.Color:
    """A colour for each value of a column, the same for each whatever the frame holds."""
    scale = alt.Scale(domain=list(colors), range=list(colors.values()))
    return alt.Color(f"{field}:N", title=None, scale=scale, **options)


def tips(*names: str, **formats: str) -> list[alt.Tooltip]:
    """What shows when a mark is pointed at: columns of names, then columns of figures with their
    formats.
    """
    return [alt.Tooltip(f"{name}:N", title=_words(name)) for name in names] + [
        alt.Tooltip(f"{field}:Q", format=form, title=_words(field))
        for field, form in formats.items()
    ]


def _words(column: str) -> str:
    return column.replace("_", " ")


def _axis_look() -> dict[str, Any]:
    return {
        "labelColor": TEXT,
        "titleColor": TEXT,
        "domainColor": TEXT,
        "tickColor": TEXT,
        "gridColor": TEXT,
        "gridOpacity": 0.15,
        "domainOpacity": 0.4,
        "tickOpacity": 0.4,
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
    }
