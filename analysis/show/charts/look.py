"""The look that all charts share: colours, marks, and the finish.

What is disclosed, what is reconstructed and what is assumed have one colour and one mark each,
everywhere.
"""

from __future__ import annotations

from typing import Any

import altair as alt

from analysis.show.charts.figure import show_charts_as_figures

show_charts_as_figures()

DISCLOSED, RECONSTRUCTED, ASSUMED, CHECK = "#1f83a3", "#d9772b", "#8f8f8f", "#7b5fb5"
PARTS = ["#5b8fb0", "#b9b9b9", "#e8b93a", RECONSTRUCTED, "#4f9d69", "#7b5fb5", "#b3365a"]
TEXT = "currentColor"


def finish(chart: Any, title: str, description: str, height: int) -> Any:
    """The look they share: transparent, as wide as the page, text in the page's own colour."""
    return (
        chart.properties(
            title=alt.TitleParams(title, anchor="start", fontSize=14, fontWeight=600, offset=10),
            description=f"{title}. {description}.",
            width="container",
            height=height,
        )
        .configure(background="transparent", font="system-ui, sans-serif")
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=TEXT,
            titleColor=TEXT,
            domainColor=TEXT,
            tickColor=TEXT,
            gridColor=TEXT,
            gridOpacity=0.15,
            domainOpacity=0.4,
            tickOpacity=0.4,
            labelFontSize=11,
            titleFontSize=11,
            titleFontWeight="normal",
        )
        .configure_title(color=TEXT)
        .configure_text(fontSize=11)
        .configure_legend(labelColor=TEXT, titleColor=TEXT, orient="top", labelFontSize=11)
    )
