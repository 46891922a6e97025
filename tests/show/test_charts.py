"""Every chart draws what is known, and its title is true of it."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.show import charts
from analysis.show.charts.axes import Measure
from analysis.show.charts.bars import MOST_ROWS
from analysis.show.charts.drawing import NOT_DRAWABLE
from analysis.show.charts.figure import WIDTHS_PX, spec_html, svg
from analysis.show.charts.picture import with_title
from analysis.show.charts.touching import touching
from tests.show import frames

NOT_A_FIGURE = re.compile(r"\b(nan|inf|None|NaT)\b")
MAY_BE_UNKNOWN = ["disclosed", "gpu_hours", "share", "usd", "usd_common"]


def empty(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.iloc[:0]


def without_columns(_: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame()


def one_row(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.iloc[:1]


def nothing_disclosed(frame: pd.DataFrame) -> pd.DataFrame:
    """Every figure that a source may leave out is left out."""
    unknown = ["score"] if "score" in frame else frame.columns.intersection(MAY_BE_UNKNOWN)
    return frame.assign(**dict.fromkeys(unknown, np.nan))


def first_not_disclosed(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([nothing_disclosed(frame.iloc[:1]), frame.iloc[1:]])


def no_figures(frame: pd.DataFrame) -> pd.DataFrame:
    """Every figure is missing, as Python writes it."""
    numbers = frame.select_dtypes("number").columns
    return frame.assign(**dict.fromkeys(numbers, None))


CHANGES = [empty, one_row, nothing_disclosed, first_not_disclosed, no_figures]


def spec_of(name, change=lambda frame: frame):
    frame, arguments = frames.CHARTS[name]
    return getattr(charts, name)(*arguments(change(frame))).to_dict()  # held against the schema


def title_of(spec):
    return spec["title"]["text"]


def rows_of(spec, column):
    """The values of a column in whichever data set has it."""
    return [row[column] for data in spec["datasets"].values() for row in data if column in row]


def bold_in(spec):
    """The name that stands out among the rows."""
    for layer in spec["layer"]:
        weight = (layer["encoding"].get("y", {}).get("axis") or {}).get("labelFontWeight")
        if weight:
            return json.loads(weight["condition"]["test"].partition("=== ")[2])
    return None


def test_every_chart_is_tried_here():
    assert set(frames.CHARTS) == set(charts.__all__)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", frames.CHARTS)
def test_a_chart_says_what_is_known_and_nothing_else(name, change):
    spec = spec_of(name, change)
    assert title_of(spec)
    assert spec["description"].startswith(title_of(spec))
    assert not NOT_A_FIGURE.search(spec["description"])


@pytest.mark.parametrize("name", sorted(set(frames.CHARTS) - {"cost_trend"}))
def test_a_chart_of_a_frame_without_columns_is_a_sentence(name):
    spec = spec_of(name, without_columns)
    assert rows_of(spec, "says") == [title_of(spec)]


@pytest.mark.parametrize("name", frames.CHARTS)
def test_a_chart_of_what_is_partly_known_can_be_drawn(name):
    drawing = svg(spec_of(name, first_not_disclosed), "narrow")
    assert drawing.startswith("<svg")
    assert "NaN" not in drawing


HOSTILE = ' \x1b[31m</script><script>alert(1)</script> \' " \u2028\\ data-row="facts:no" x'
OF_STRANGERS = ["label", "title", "model", "developer", "what", "choice", "candidate", "input"]


def hostile(frame: pd.DataFrame) -> pd.DataFrame:
    """Every name may be anything."""
    names = frame.columns.intersection(OF_STRANGERS)
    return frame.assign(**{name: frame[name] + HOSTILE for name in names})


@pytest.mark.parametrize("name", frames.CHARTS)
def test_whatever_a_name_holds_is_drawn_as_text(name):
    spec = spec_of(name, hostile)
    shown = spec_html(spec)
    assert not re.search('<script>|data-row="facts:no', shown)
    for drawing in re.findall("<svg .*?</svg>", shown, re.S):
        file = with_title(drawing, spec)
        assert not NOT_DRAWABLE.search(file)
        ElementTree.fromstring(file)


def test_a_sentence_stands_in_the_place_of_a_chart():
    shown = spec_html(spec_of("bill_ladder", empty))
    assert shown.startswith("<p ") and "no bill to draw.</p>" in shown


def test_a_model_that_discloses_no_hours_still_has_its_intervals():
    spec = spec_of("disclosed_and_reconstructed", nothing_disclosed)
    assert title_of(spec).startswith("No hours are disclosed")
    assert rows_of(spec, "p50") == pytest.approx(list(frames.phases().p50))


def test_phases_without_disclosed_hours_are_not_counted_among_the_hits():
    three = frames.phases().assign(disclosed=[1e5, np.nan, 9e7])
    spec = charts.disclosed_and_reconstructed(three).to_dict()
    assert title_of(spec) == "1 of 2 disclosed figures lie within our intervals"
    assert bold_in(spec) == "third thing"


def test_no_phase_stands_out_where_all_lie_inside():
    spec = spec_of("disclosed_and_reconstructed")
    assert title_of(spec) == "All 3 disclosed figures lie within our intervals"
    assert bold_in(spec) is None


def test_the_ends_of_an_interval_stand_beside_all_marks():
    outside = frames.phases().head(1).assign(disclosed=4e4)  # below the interval
    spec = charts.disclosed_and_reconstructed(outside).to_dict()
    assert rows_of(spec, "least") == [4e4]
    assert rows_of(spec, "low_text") == ["50K"]


@pytest.mark.parametrize("name", ["hours_of_models", "bill_ladder"])
def test_what_is_not_disclosed_keeps_its_row_and_says_so(name):
    spec = spec_of(name, first_not_disclosed)
    assert rows_of(spec, "text").count("not disclosed") == 1
    assert "first thing: not disclosed" in spec["description"]
    assert "not disclosed" in svg(spec, "wide")


def test_the_headline_is_a_share_of_the_whole_bill():
    title = title_of(spec_of("bill_ladder"))
    assert title == "The reported $300K is 8 % of the bill of disclosed hours"


def test_a_bill_of_one_line_names_its_sum():
    assert title_of(spec_of("bill_ladder", one_row)) == "The bill of disclosed hours comes to $100K"


def test_a_bill_of_nothing_is_no_bill():
    spec = spec_of("bill_ladder", lambda frame: frame.assign(usd=0.0, gpu_hours=0.0))
    assert title_of(spec) == "No hours are disclosed, so there is no bill to draw"


def test_each_line_of_a_bill_begins_where_the_one_before_ends():
    spec = spec_of("bill_ladder")
    assert rows_of(spec, "before") == [0.0, 1e5, 3e5]
    assert rows_of(spec, "text") == ["$100K", "$200K", "$3.7M"]
    assert rows_of(spec, "reported") == ["True", "True", "False"]


def test_small_parts_are_drawn_together():
    parts = pd.DataFrame(
        {
            "stage": ["one"] * 4,
            "part": ["waiting", "scoring", "moving", "switching"],
            "share": [0.98, 0.01, 0.006, 0.004],
        }
    )
    spec = charts.where_the_time_goes(parts, "The phase").to_dict()
    assert rows_of(spec, "part") == ["waiting", "scoring", "all else"]
    assert title_of(spec) == "98 % of the hours go into waiting"


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        ("dense", "1 of 2 dense runs reached what The run needs"),
        ("moe", "None of 1 runs with a mixture of experts reached what The run needs"),
    ],
)
def test_a_run_is_compared_with_runs_of_its_kind(kind, title):
    spec = charts.efficiency_of_runs(frames.runs(), 0.35, "The run", kind).to_dict()
    assert title_of(spec) == title
    assert rows_of(spec, "text") == ["The run: 35 %"]


def test_a_run_without_disclosed_hours_has_no_line_among_the_others():
    spec = charts.efficiency_of_runs(frames.runs(), np.nan, "The run", "dense").to_dict()
    assert title_of(spec) == "Other dense runs reach 30 % to 40 %"
    assert rows_of(spec, "text") == []


def test_where_no_run_of_the_kind_is_known_the_title_says_so():
    dense = frames.runs()[lambda runs: runs.kind == "dense"]
    spec = charts.efficiency_of_runs(dense, 0.35, "The run", "moe").to_dict()
    assert title_of(spec).startswith("No runs with a mixture of experts of others are known")


def test_dots_that_would_lie_on_each_other_lie_in_lines():
    crowd = pd.concat([frames.runs().iloc[[0]]] * 5)
    spec = charts.efficiency_of_runs(crowd, 0.35, "The run", "dense").to_dict()
    lines = [row["line"] for rows in spec["datasets"].values() for row in rows if "says" in row]
    assert len(set(lines)) == 6  # five dots, and the line of the run


def test_the_trend_stands_without_own_runs():
    found = frames.trend(frames.runs())
    found.own = empty(found.own)
    spec = charts.cost_trend(found).to_dict()
    assert title_of(spec) == "Compute got 30 % cheaper a year"


def test_a_trend_that_rises_is_not_called_cheaper():
    found = frames.trend(frames.runs(), factor_per_year=1.25)
    assert title_of(charts.cost_trend(found).to_dict()).startswith("Compute got 25 % dearer a year")


def test_a_bill_without_claims_stands_alone():
    spec = charts.ladder_with_claims(frames.lines(), empty(frames.claims())).to_dict()
    assert title_of(spec) == "No claim of dollars is on record: the bill alone"
    assert rows_of(spec, "who") == []


def test_claims_of_what_is_not_on_the_bill_are_left_out():
    claims = frames.claims().assign(boundary=["two", "another bill's", "three"])
    spec = charts.ladder_with_claims(frames.lines(), claims).to_dict()
    assert rows_of(spec, "claim") == ["It cost so much", "It cost more"]
    assert title_of(spec).startswith("1 of 2 claims")


def test_claims_of_the_same_figure_lie_below_each_other():
    spec = spec_of("ladder_with_claims")
    same = [
        row for rows in spec["datasets"].values() for row in rows if row.get("who") == "a paper"
    ]
    assert len({row["line"] for row in same}) == len(same) == 2


def test_contradictions_that_move_nothing_are_no_bars():
    spec = charts.effects_on_the_bill(
        pd.DataFrame({"what": ["a"], "panel": ["b"], "effect_usd": [0.0], "same_publisher": [True]})
    ).to_dict()
    assert title_of(spec) == "No contradiction between sources moves the bill"


def test_the_widest_contradiction_is_named_wherever_it_stands():
    expected = "second thing is the widest disagreement: $5M"
    assert title_of(spec_of("effects_on_the_bill")) == expected


def test_the_sign_of_an_effect_is_kept():
    assert rows_of(spec_of("effects_on_the_bill"), "text") == ["+$5M", "−$2K"]


def test_one_disclosure_sheet_is_named():
    spec = charts.disclosed_fields(frames.fields().iloc[:3]).to_dict()
    assert title_of(spec) == "first thing discloses 90 % of what a bill needs"


def test_a_field_is_disclosed_for_all_phases_for_some_or_for_none():
    spec = spec_of("disclosed_fields")
    inks = dict(zip(rows_of(spec, "says"), rows_of(spec, "ink"), strict=False))
    assert inks["first thing, chips: disclosed"] > inks["second thing, hours: of some phases"]
    assert inks["second thing, hours: of some phases"] > inks["third thing, chips: not disclosed"]
    assert bold_in(spec) == "second thing, 50\N{NO-BREAK SPACE}%"


def test_one_input_alone_is_a_sentence():
    shown = spec_html(spec_of("input_widths", one_row))
    assert shown.startswith("<p ") and "only the first thing is uncertain (assumed)" in shown


def test_the_own_model_stands_among_the_others_by_its_cost():
    """Those whose range meets its own are not said to cost more."""
    spec = spec_of("costs_of_models")
    assert bold_in(spec) == "second thing"
    frame = pd.DataFrame(
        {
            "id": [*"abcde"],
            "model": ["own", "less", "alike", "touching", "more"],
            "developer": ["b", "a", "a", "a", "a"],
            "how": ["estimated", "disclosed", "estimated", "disclosed", "estimated"],
            "p05": [5.0, 4.0, 6.0, 20.0, 21.0],
            "p50": [10.0, 4.0, 12.0, 20.0, 40.0],
            "p95": [20.0, 4.0, 30.0, 20.0, 80.0],
        }
    )
    title = title_of(charts.costs_of_models(frame.assign(usd_common=frame.p50), "b").to_dict())
    assert title == "own cost less than 1 of 4 others; 2 may equal it"
    apart = frame[frame.model.isin(["own", "less"])]
    title = title_of(charts.costs_of_models(apart.assign(usd_common=apart.p50), "b").to_dict())
    assert title == "own cost less than none of 1 others at one day's rents"


def test_each_estimate_is_a_panel_of_its_steps_and_the_one_where_it_parts_has_the_colour():
    spec = spec_of("estimates_apart")
    assert title_of(spec) == "1 of 2 estimates part from ours at one step"
    rows = {row["says"]: row for data in spec["datasets"].values() for row in data if "says" in row}
    found = [(row["title"], row["label"], row["text"], row["line"]) for row in rows.values()]
    assert sorted(found, key=lambda row: row[3]) == [
        ("first thing", "hours", "× 1", 0.0),
        ("first thing", "price", "× 2", 1.0),
        ("first thing", "cost", "× 2", 2.0),
        ("second thing", "hours", "× 1", 4.0),  # a line free for the title
        ("second thing", "cost", "× 1", 5.0),
    ]
    assert [row["label"] for row in rows.values() if row["parts_here"]] == ["price"]


def test_runs_that_are_met_more_closely_are_called_dense_where_all_others_are():
    """Off by 1.1 and 1.2 beside 1.8."""
    assert title_of(spec_of("placebos")).startswith("2 of 2 other dense runs are met more closely")
    mixed = spec_of("placebos", lambda frame: frame.assign(kind=["moe", "dense", "moe"]))
    assert title_of(mixed).startswith("2 of 2 other runs are met more closely")


def test_of_many_disagreements_the_largest_are_drawn_and_the_subtitle_says_how_many():
    def subtitle(many: int) -> str:
        names = [f"what {i}" for i in range(many)]
        frame = pd.DataFrame({"what": names, "effect_usd": 10.0, "same_publisher": True})
        spec = charts.effects_on_the_bill(frame.assign(panel="p")).to_dict()
        return spec["title"]["subtitle"]

    assert f"The {MOST_ROWS} largest of {MOST_ROWS + 3}." in subtitle(MOST_ROWS + 3)
    assert "largest of" not in subtitle(MOST_ROWS)


def test_disagreements_stand_in_a_panel_for_each_group_the_widest_first():
    spec = spec_of("effects_on_the_bill")
    rows = [row for data in spec["datasets"].values() for row in data if "says" in row]
    assert [(row["panel"], row["what"], row["line"]) for row in rows] == [
        ("open questions", "second thing", 0.0),
        ("slips", "first thing", 2.0),
    ]
    drawing = svg(spec, "narrow")
    assert "open questions" in drawing and "slips" in drawing


def test_a_rollout_is_as_many_times_longer_as_its_longest_answer():
    spec = spec_of("rollout_bounds")
    assert title_of(spec) == "The longest answer takes 10 times as long as full speed, on average"


def test_without_a_curve_of_lengths_a_sentence_says_what_is_assumed():
    shown = spec_html(spec_of("answer_lengths", one_row))
    assert "learning: 400 to 600 tokens" in shown


@pytest.mark.parametrize("name", frames.CHARTS)
def test_a_chart_says_what_is_measured_and_has_a_name_in_few_words(name):
    spec = spec_of(name)
    assert len(title_of(spec).split()) <= 14 and "(" not in title_of(spec)
    assert spec["title"]["subtitle"] and spec["usermeta"]["name"]


@pytest.mark.parametrize("size", WIDTHS_PX)
@pytest.mark.parametrize("name", frames.CHARTS)
def test_no_text_of_a_chart_touches_anything(name, size):
    assert touching(svg(spec_of(name), size)) == []


@pytest.mark.parametrize("name", frames.CHARTS)
def test_no_axis_of_bars_is_logarithmic_and_no_axis_has_more_than_five_ticks(name):
    for layer in spec_of(name).get("layer", []):
        x, y = (layer["encoding"].get(channel, {}) for channel in ("x", "y"))
        for axis in (x.get("axis") or {}, y.get("axis") or {}):
            assert len(axis.get("values", [])) <= 5 or "indexof" in axis["labelExpr"]
        interval = "field" in layer["encoding"].get("x2", {})
        if layer["mark"]["type"] == "bar" and not interval:
            assert x["scale"]["type"] == "linear"


def test_names_of_models_and_companies_come_from_the_data_alone(evidence):
    sources = Path(charts.__file__).parent.glob("*.py")
    texts = [path.read_text(encoding="utf-8") for path in sources]
    runs = evidence["training_runs"]
    for name in [*runs.developer.unique(), *runs.model]:
        assert not any(re.search(rf"\b{re.escape(name)}\b", text) for text in texts), name


@pytest.mark.parametrize(
    ("disclosed", "place"),
    [
        (1.5e6, "below the interval of"),
        (2.02e6, "just within the interval of"),
        (3e6, "within the interval of"),
        (8.04e6, "just above the interval of"),
        (9e6, "above the interval of"),
    ],
)
def test_where_disclosed_hours_lie_is_said_as_finely_as_they_are_written(disclosed, place):
    frame, _ = frames.CHARTS["hours_by_view"]
    spec = charts.hours_by_view(frame, disclosed, frame.label.iloc[-1]).to_dict()
    assert title_of(spec) == f"The disclosed hours lie {place} both together"


@pytest.mark.parametrize(
    ("rates", "dates", "near", "finding"),
    [
        ([900, 1400], ["2025-06", "2026-06"], [1, 0], "No rate of others has reached"),
        ([900, 1500], ["2025-06", "2025-10"], [1, 0], "within 10 months, only on other chips"),
        ([1600, 1500], ["2025-01", "2025-10"], [1, 1], "within a month, on like chips"),
        ([1600, 1500], ["2025-11", "2025-10"], [1, 0], "10 months, like chips within 11"),
        ([1600, 1500], ["2024-12", "2025-10"], [1, 0], "by then, like chips by then"),
    ],
)
def test_when_others_reached_the_disclosed_rate_follows_from_rates_months_and_chips(
    rates, dates, near, finding
):
    frame = frames.rates().iloc[[0, 1, 3]]
    own = [1500.0], ["2024-12-26"], [1]
    frame = frame.assign(
        tokens_per_s_per_gpu=[*map(float, rates), *own[0]],
        date=[*(f"{month}-15" for month in dates), *own[1]],
        near=[*near, *own[2]],
    )
    title = title_of(charts.measured_rates(frame).to_dict())
    assert finding in title and len(title.split()) <= 12
    undisclosed = title_of(charts.measured_rates(frame[frame.disclosed == 0]).to_dict())
    assert undisclosed == "2 rates of this architecture are published"


def test_a_rate_has_the_shape_of_its_chip_and_the_disclosed_one_the_diamond():
    spec = spec_of("measured_rates")
    marks = [layer for layer in spec["layer"] if layer["mark"]["type"] == "point"]
    (scale,) = [mark["encoding"]["shape"]["scale"] for mark in marks if "shape" in mark["encoding"]]
    assert scale["domain"] == ["C9", "C2"] and len(set(scale["range"])) == 2
    assert "diamond" not in scale["range"]
    names = dict(zip(rows_of(spec, "text"), rows_of(spec, "shape"), strict=True))
    assert names == {
        "C9 4,000": scale["range"][0],
        "the developer 1,500": "diamond",
        "C2 1,300": scale["range"][1],
    }
    assert {*rows_of(spec, "month")} == {24299, 24305, 24314}  # June 2025: 12 * 2025 + 5
    opened = [row for row in rows_of(spec, "opens") if row]
    assert "#disclosed training_throughput:c" in opened
    assert sum("training_throughput" not in row for row in opened) == 2  # own mark, and its name


def test_chips_for_which_no_shape_is_left_are_drawn_as_one():
    numbers = np.arange(1, 9)
    many = pd.concat([frames.rates().iloc[[1]]] * len(numbers)).assign(
        name=[f"C{number}" for number in numbers],
        tokens_per_s_per_gpu=100.0 * numbers,
        near=numbers == 1,
    )
    spec = charts.measured_rates(many).to_dict()
    names = [text.split()[0] for text in rows_of(spec, "text")]
    assert names == ["C8", "C7", "C6", "C5", "others", "C1"]
    assert len(set(rows_of(spec, "shape"))) == len(names)
    assert touching(svg(spec, "narrow")) == []


def test_months_on_an_axis_begin_parts_of_a_year():
    ticks = Measure("months", 24298.3, 24319.7).x("month").to_dict()["axis"]["values"]
    assert ticks == [24300, 24306, 24312, 24318]  # January and July
    assert Measure("months", 24304.3, 24305.7).x("month").to_dict()["axis"]["values"] == [24305]
