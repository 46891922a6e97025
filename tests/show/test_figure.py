"""A chart displays as a figure that stands alone, with the book's style sheet or without."""

from __future__ import annotations

import html
import io
import json
import re
import subprocess
import sys
import urllib.parse

import altair as alt
import pandas as pd
import pytest

from analysis.show import charts
from analysis.show.charts.figure import WIDTHS_PX, figure_html, slug, spec_html
from analysis.show.charts.look import HATCHED, finish
from analysis.show.charts.picture import picture
from tests.show import frames

DRAWINGS = re.compile("<svg .*?</svg>", re.S)
IMPORTED_ALONE = "from analysis.show import charts; import altair; print(altair.renderers.active)"


@pytest.fixture(scope="module")
def figure() -> str:
    return figure_html(charts.where_the_time_goes(frames.parts()))


@pytest.fixture(scope="module")
def bare() -> alt.Chart:
    """A chart of somebody who only drew one."""
    return alt.Chart(pd.DataFrame({"a": [1, 2]})).mark_point().encode(x="a:Q")


def test_importing_the_charts_is_all_that_a_notebook_needs():
    ran = [sys.executable, "-c", IMPORTED_ALONE]
    assert subprocess.run(ran, capture_output=True, text=True, check=True).stdout == "figure\n"


def test_a_chart_shows_itself_as_a_figure_and_in_words():
    shown = charts.bill_ladder(frames.lines())._repr_mimebundle_(None, None)
    assert shown["text/html"].startswith('<figure class="chart" id="fig-')
    assert shown["text/plain"].startswith(
        "The reported $300K is 8 % of the bill of disclosed hours. first thing: $100K"
    )


def test_without_a_style_sheet_one_of_the_widths_shows(figure):
    drawings = re.findall(
        r'<div class="chart-(\w+) [^"]*"( style="display:none")? role="(?:img|group)"', figure
    )
    assert [name for name, hidden in drawings if not hidden] == ["wide"]
    assert [name for name, _ in drawings] == list(WIDTHS_PX)


def test_a_drawing_shrinks_to_a_narrow_column_without_a_style_sheet(figure):
    drawings = re.findall(r"<svg [^>]*>", figure)
    assert len(drawings) == len(WIDTHS_PX)
    assert all("max-width:100%;height:auto" in drawing for drawing in drawings)


def test_text_has_the_colour_of_the_page_that_it_stands_on(figure):
    texts = re.findall(r"<text [^>]*>", figure)
    assert len(texts) > 10
    assert all('fill="currentColor"' in text for text in texts)
    assert 'fill="white"' not in figure


def test_finding_measure_and_source_stand_as_text():
    chart = finish(
        alt.Chart(pd.DataFrame({"a": [1]})).mark_point().encode(x="a:Q"),
        title="<A> is 1",
        subtitle="of $2 & more",
        description="Nothing else",
        height=20,
        name="One finding",
        source="a <book>",
    )
    shown = figure_html(chart)
    assert shown.startswith('<figure class="chart" id="fig-one-finding">')
    for words in ("&lt;A&gt; is 1</strong>", "of $2 &amp; more</span>", "Source: a &lt;book&gt;"):
        assert words in shown
    assert all(words not in svg for svg in DRAWINGS.findall(shown) for words in ("A> is", "of $2"))


def test_what_is_assumed_is_hatched_in_each_drawing():
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    bars = alt.Chart(frame).mark_bar(color=HATCHED).encode(x="a:Q", y="b:N")
    shown = figure_html(finish(bars, title="Two bars", description="Two", height=40))
    for drawing in DRAWINGS.findall(shown):
        (name,) = re.findall('<pattern id="([^"]+)"', drawing)
        assert drawing.count(f'fill="url(#{name})"') == 2
    assert len(set(re.findall('<pattern id="([^"]+)"', shown))) == len(WIDTHS_PX)


def test_dollars_are_no_formula_where_mathjax_reads_the_page(figure):
    for drawing in figure.split("<svg ")[:-1]:
        assert 'mathjax_ignore"' in drawing.rsplit("<div ", 1)[1]


def test_ids_are_unique_among_all_figures_of_a_page():
    inputs = frames.inputs()
    shown = [charts.sobol_bars(inputs, label) for label in ("One", "Another")]
    page = "".join(figure_html(chart) for chart in shown)
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids)) > len(WIDTHS_PX)
    drawn = {name for name in ids if not name.startswith("fig-")}
    assert set(re.findall(r"url\(#([^)]+)\)", page)) == drawn


def test_the_description_is_read_aloud_for_each_width(figure):
    spoken = re.findall(r'aria-label="(60 % of the hours [^"]*)"', figure)
    assert len(spoken) == len(WIDTHS_PX)


@pytest.mark.parametrize("two", [("推理", "训练"), ("x" * 300 + "a", "x" * 300 + "b"), ("é", "è")])
def test_two_labels_have_two_names_that_files_can_have(two):
    names = {slug(label) for label in two}
    assert len(names) == 2 and all(re.fullmatch("[a-z0-9-]{1,80}", name) for name in names)


def test_nothing_in_the_data_ends_the_script(bare):
    spec = bare.properties(description='</script><!--<script>"&').to_dict()
    found = spec_html(spec)
    script = found.split('class="chart-spec">')[1].split("</script>")[0]
    assert "<" not in script
    assert json.loads(script) == spec
    assert html.escape(spec["description"]) in found


def test_the_data_can_be_taken_along(figure):
    (link,) = re.findall(r'href="data:text/csv;charset=utf-8,([^"]+)"', figure)
    found = pd.read_csv(io.StringIO(urllib.parse.unquote(link)))
    assert list(found.part) == ["waiting", "updates", "overhead"]
    assert list(found.share) == [0.6, 0.3, 0.1]


@pytest.mark.parametrize("title", ["Mine", ["Mine", "too"], {"text": "Mine"}])
def test_a_chart_of_another_shows_with_its_own_title(bare, title):
    shown = spec_html(
        bare.properties(
            title=alt.TitleParams(**title) if isinstance(title, dict) else title
        ).to_dict()
    )
    assert shown.count("<svg") == 1
    assert 'aria-label="Mine' in shown


def test_charts_side_by_side_without_title_or_description_show_too(bare):
    assert spec_html((bare | bare).to_dict()).count("<svg") == 1


def test_a_picture_of_its_own_has_a_colour_of_its_own():
    drawing = picture(charts.where_the_time_goes(frames.parts()))
    assert drawing.startswith("<svg")
    assert "currentColor" not in drawing
    assert "60 % of the hours go into" in drawing
