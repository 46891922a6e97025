"""Links of a drawing as figures that open, and what is said of them to whoever does not see it."""

import re

import pandas as pd
import pytest

from analysis.data.facts import Row
from analysis.show import charts
from analysis.show.charts.figure import csv_of, spec_html, svg
from analysis.show.charts.opening import as_figures, counted_in, opened, opening, opens_at
from analysis.show.charts.picture import with_title
from analysis.show.links import in_book
from tests.show import frames

MARK = '<path aria-label="{}" role="graphics-symbol" aria-roledescription="point" d="M0,0"/>'


def drawing_of(name: str, **columns) -> str:
    frame, arguments = frames.CHARTS[name]
    return svg(getattr(charts, name)(*arguments(frame.assign(**columns))).to_dict(), "wide")


def link(target: str, inner: str) -> str:
    return f'<a xlink:href="https://elsewhere.example/{target}">{inner}</a>'


def test_what_opens_is_a_row_with_the_mark_of_how_it_is_known():
    assert opening("estimated", Row("bill", "a.usd")) == "#reconstructed bill:a.usd"
    assert opening("estimated", None) is None
    frame = pd.DataFrame({"id": ["a", None], "how": ["disclosed", "assumption"]})
    assert opens_at("facts", frame, frame.how) == ["#disclosed facts:a", None]
    assert opens_at("bill", frame[:1], "derived", field=".usd") == ["#derived bill:a.usd"]
    assert opens_at("facts", frame.drop(columns="id"), "derived") == [None, None]
    assert counted_in("bill-1", ["a: 5"], "time", "derived") == [
        "#derived counted:chart.time = a: 5 = #fig-bill-1"
    ]


def test_a_link_of_the_engine_becomes_a_figure_and_one_to_nothing_its_inside():
    text = '<text aria-hidden="true" x="1">$5</text>'
    found = as_figures(link("#derived bill:a.usd", text) + link("null", text))
    figure = '<a class="figure derived" data-row="bill:a.usd"><text x="1">$5</text></a>'
    assert found == figure + text


def test_a_mark_is_named_by_its_words_and_the_first_alone_is_reached_by_tab():
    marks = [link("#derived claims:a", MARK.format(f"claim {n}")) for n in (1, 2)]
    assert re.findall("<a[^>]*>", as_figures("".join(marks))) == [
        '<a class="figure derived" aria-label="claim 1" data-row="claims:a">',
        '<a class="figure derived" aria-label="claim 2" tabindex="-1" data-row="claims:a">',
    ]
    assert 'role="graphics-symbol"' not in as_figures(marks[0])


def test_labels_that_open_are_read_aloud_and_others_stay_as_they_are():
    group = '<g class="mark-text role-mark layer_1_marks" aria-hidden="true">{}</g>'
    text = '<text aria-hidden="true">$5</text>'
    assert "aria-hidden" not in as_figures(group.format(link("#derived bill:a.usd", text)))
    plain = group.format(text)
    assert as_figures(plain) == plain


def test_the_name_of_an_axis_opens_also_where_it_is_broken_into_lines():
    axis = (
        '<g class="mark-group role-axis" role="graphics-symbol" aria-roledescription="axis"'
        ' aria-label="Y-axis"><text x="1"><tspan>all &amp; more:</tspan><tspan>$5</tspan></text>'
        '<text x="2">none</text></g>'
    )
    found = as_figures(axis, {"all & more: $5": "#assumption bill:a.usd"})
    assert found.count("<a ") == 1 and 'data-row="bill:a.usd"><text x="1">' in found
    assert "graphics-symbol" not in found and as_figures(axis) == axis


def test_a_part_of_a_drawing_by_hand_opens_or_stays():
    assert opened("<text/>", "") == "<text/>"
    assert 'data-row="counted:a = &quot;b&quot; = c"' in opened(
        "<text/>", '#derived counted:a = "b" = c'
    )


def test_the_dollars_of_a_bill_lead_to_its_lines():
    drawing = drawing_of("bill_ladder")
    found = re.findall(r'data-row="([^"]+)"><text[^>]*>([^<]+)<', drawing)
    assert found == [
        ("bill:one.added_usd", "$100K"),
        ("bill:two.added_usd", "$200K"),
        ("bill:three.added_usd", "$3.7M"),
    ]
    assert 'href="bill.html#three"' in in_book(drawing)


@pytest.mark.parametrize("name", sorted(set(frames.CHARTS) - {"sweep_summary", "rollout_bounds"}))
def test_a_chart_of_known_rows_has_figures_that_open(name):
    known = frames.COUNTED if len(frames.CHARTS[name][0]) == 3 else "one"
    drawing = drawing_of(name, id=known, fact=known)
    assert '<a class="figure' in drawing
    assert "vega" not in drawing and "xlink:href" not in drawing


def test_a_drawing_with_figures_is_a_group_and_its_file_and_data_have_none():
    spec = charts.bill_ladder(frames.lines()).to_dict()
    assert 'role="group"' in spec_html(spec) and "opens" not in csv_of(spec)
    assert "<a " not in with_title(svg(spec, "wide"), spec)
    unknown = charts.bill_ladder(frames.lines().drop(columns="id")).to_dict()
    assert 'role="img"' in spec_html(unknown)
