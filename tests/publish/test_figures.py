"""Figures of pages have numbers, addresses of their own and files."""

from __future__ import annotations

import json
import re
from functools import cache

import altair as alt
import pandas as pd
import pytest

from analysis.publish.failed import BookFailed
from analysis.publish.figures import MOST_REPORTED, publish_figures
from analysis.publish.pictures import place_pictures
from analysis.show import charts
from analysis.show.charts.figure import figure_html
from analysis.show.charts.look import finish
from tests.show import frames


@cache
def one() -> str:
    return figure_html(charts.bill_ladder(frames.lines()).properties(usermeta={"name": "one"}))


@cache
def two() -> str:
    parts = charts.where_the_time_goes(frames.parts())
    return figure_html(parts.properties(usermeta={"name": "two"}))


def published(folder, said=None, **pages):
    for page, figures in pages.items():
        text = "<p>before</p>".join(["", *figures, "after"])
        (folder / f"{page}.html").write_text(text, encoding="utf-8")
    report = (said if said is not None else []).append
    place_pictures(publish_figures(folder, pages, report), {})
    return {page: (folder / f"{page}.html").read_text(encoding="utf-8") for page in pages}


def test_figures_are_numbered_on_each_page_in_order(tmp_path):
    pages = published(tmp_path, a=[two(), one()], b=[one()], c=[])
    assert pages["a"].index("Figure 1</span>") < pages["a"].index("60 % of the hours")
    assert pages["a"].index("Figure 2</span>") < pages["a"].index("The reported")
    assert "Figure 1</span>" in pages["b"] and "Figure 2" not in pages["b"]
    assert pages["c"] == "<p>before</p>after"


def test_a_figure_leads_to_its_files_which_hold_it(tmp_path):
    page = published(tmp_path, a=[one()])["a"]
    for kind in ("png", "svg", "csv", "json"):
        assert f'href="figures/one.{kind}"' in page
    files = tmp_path / "figures"
    assert list(pd.read_csv(files / "one.csv").label) == frames.NAMES
    assert json.loads((files / "one.json").read_text())["usermeta"] == {"name": "one"}
    assert "The reported" in (files / "one.svg").read_text(encoding="utf-8")
    assert (files / "one.png").read_bytes().startswith(b"\x89PNG")
    assert "chart-spec" not in page and "data:text/csv" not in page
    assert page.endswith("after")


def test_a_name_used_twice_stops_the_build(tmp_path):
    with pytest.raises(BookFailed, match="a: a figure of a has the name one already"):
        published(tmp_path, a=[one(), one()])


def test_a_name_of_two_figures_stops_the_build(tmp_path):
    other = two().replace("fig-two", "fig-one")
    with pytest.raises(BookFailed, match="b: a figure of a has the name one already"):
        published(tmp_path, a=[one()], b=[other])


def test_a_text_that_touches_another_is_reported_and_the_figure_published(tmp_path):
    frame = pd.DataFrame({"x": [1.0, 1.001], "text": ["the one", "the other"]})
    texts = alt.Chart(frame).mark_text().encode(x="x:Q", y=alt.value(20), text="text:N")
    chart = finish(texts, title="Two texts", description="Two", height=40, name="crowd")
    said = []
    published(tmp_path, said, a=[figure_html(chart)])
    assert 'a, figure crowd: in its narrow drawing "the one" touches "the other"' in said
    assert (tmp_path / "figures" / "crowd.svg").is_file()


def test_of_many_touching_texts_a_few_are_reported(tmp_path):
    frame = pd.DataFrame({"x": [1.0 + 0.001 * number for number in range(9)], "text": "a word"})
    texts = alt.Chart(frame).mark_text().encode(x="x:Q", y=alt.value(20), text="text:N")
    chart = finish(texts, title="Texts", description="Texts", height=40, name="crowd")
    said = []
    published(tmp_path, said, a=[figure_html(chart)])
    assert len(said) == MOST_REPORTED + 1
    assert re.fullmatch(r"a, figure crowd: and \d+ more like it", said[-1])


def test_nothing_is_reported_of_a_figure_without_touching_texts(tmp_path):
    said = []
    published(tmp_path, said, a=[one(), two()])
    assert said == []
