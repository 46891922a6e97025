"""What is held against the account, and how it is judged, worked out by hand."""

from types import SimpleNamespace

import pandas as pd
import pytest

from analysis.check.beliefs import beliefs
from analysis.check.counted import Counted, value_text
from analysis.check.others import others_estimates, partings
from analysis.check.rule import figure_text, fits, printed_range, reason
from analysis.compare.card import Card
from analysis.compare.disclosure import answer
from analysis.compare.specification import PretrainingSpec, unit_slips
from analysis.data.tables import Evidence
from tests.by_hand import with_facts, with_tables

NONE = float("nan")


def claim(value, relation="is", digits=2, value_to=NONE):
    return {"value": value, "relation": relation, "digits": digits, "value_to": value_to}


def counted(low, high=None, label="the whole"):
    return Counted(label, low, low if high is None else high, "usd", ())


# --- what one would have to believe


@pytest.fixture(scope="module")
def needed(account):
    """Of V3's printed total, $5.576M, against R1's base: 2.93 million hours, $5.86M at $2."""
    table = beliefs(account)
    return table[table.total == "the V3 report's total"].set_index("lever")


def test_the_rent_that_makes_a_total_true(needed):
    rent = needed.loc["rent of a GPU-hour"]
    assert rent.needed == pytest.approx(5.576 / 2.93)
    assert rent.low < 2 < rent.high


def test_failed_runs_that_a_total_leaves_room_for(needed):
    failed = needed.loc["failed and smaller runs, over the final ones"]
    assert failed.needed == pytest.approx(5.576 / 5.86 - 1)
    # none, to the most that is told of a company: final runs 9.6 % of all
    assert (failed.low, failed.high) == (0.0, pytest.approx(1 / 0.096 - 1))
    assert not failed.allowed


def test_the_line_that_a_total_counts_is_the_nearest_within_a_hundredth(needed):
    line = needed.loc["what it counts"]
    # V3 alone, all its phases: exactly this total
    assert (line.low, line.high) == (pytest.approx(5.576e6 * 0.99), pytest.approx(5.576e6 * 1.01))
    assert line.allowed


# --- others' estimates


def account_with(*steps, **facts):
    """An account whose others' steps are these; names are numbers."""
    names = ["estimate", "step", "theirs", "ours"]
    rows = [{**dict(zip(names, step, strict=True)), "where": "here"} for step in steps]
    return SimpleNamespace(
        rows=lambda table: rows,
        names=SimpleNamespace(value=lambda expression, where: float(expression)),
        evidence=with_facts(
            with_tables(Evidence.load(), others=pd.DataFrame(columns=names)), **facts
        ),
    )


def test_estimates_part_where_they_are_first_further_apart_than_rounding():
    steps = others_estimates(
        account_with(
            ("b", 1, "3", "6"),
            ("a", 2, "110", "100"),
            ("a", 1, "101.9", "100"),
            ("a", 3, "300", "100"),
            ("c", 1, "180", "100"),
            ("d", 1, "60", "100"),
            ("e", 1, "103", "100"),
        )
    )
    assert steps.ratio.tolist() == pytest.approx([1.019, 1.1, 3.0, 0.5, 1.8, 0.6, 1.03])
    assert steps.parts_here.tolist() == [False, True, False, True, True, True, True]
    # half, 1.8, six tenths (1 / 1.67), a tenth more, three hundredths more
    assert partings(steps).estimate.tolist() == ["b", "c", "d", "a", "e"]
    assert steps.index.tolist() == list(range(7))
    wider = others_estimates(account_with(("e", 1, "103", "100"), same_step_ratio=0.05))
    assert not wider.parts_here.any()


# --- the rule of claims


def test_what_a_printed_figure_may_stand_for():
    assert printed_range(5.87e6, NONE, 3) == pytest.approx((5.865e6, 5.875e6))
    assert printed_range(5e6, 6e6, 1) == pytest.approx((4.5e6, 6.5e6))
    assert printed_range(0.0, NONE, 1) == (0.0, 0.0)
    low, high = printed_range(0.95, NONE, 2)
    assert low < 0.945 and low > 0.9449 and high == 0.955  # binary fractions are forgiven


def test_a_figure_fits_what_its_digits_reach():
    assert fits(claim(5.9e6), counted(5.86e6))
    assert fits(claim(5.9e6), counted(5.95e6)) and fits(claim(5.9e6), counted(5.85e6))
    assert not fits(claim(5.9e6), counted(5.96e6))
    assert fits(claim(5.9e6), counted(1e6, 5.86e6)) and fits(claim(5.9e6), counted(5.94e6, 9e6))
    assert not fits(claim(5.9e6), counted(NONE)) and not fits(claim(NONE), counted(1.0))


def test_more_than_and_less_than_are_of_the_whole_interval():
    assert fits(claim(5e6, "above"), counted(6e6, 9e6))
    assert not fits(claim(5e6, "above"), counted(4e6, 9e6))
    assert not fits(claim(5e6, "above"), counted(5e6, 9e6))
    assert fits(claim(5e6, "below"), counted(1e6, 4e6))
    assert not fits(claim(5e6, "below"), counted(1e6, 5e6))


def test_a_figure_is_written_as_it_is_meant():
    assert figure_text(claim(5e6), "usd") == "$5M"
    assert figure_text(claim(5e6, value_to=6e6), "usd") == "$5M to $6M"
    assert figure_text(claim(5e6, "above"), "usd") == "More than $5M"
    assert figure_text(claim(5e6, "below"), "usd") == "Less than $5M"
    assert value_text(1.5, "ratio") == "1.5 times"
    assert "times" not in value_text(0.5, "ratio")


def test_an_interval_has_two_figures_where_it_is_wide_and_else_four():
    assert counted(1.234e6, 5.678e6).text == "$1.2M to $5.7M"
    assert counted(1.234e6, 1.4e6).text == "$1.2M to $1.4M"
    assert counted(1.2344e6, 1.2452e6).text == "$1.234M to $1.245M"
    assert counted(1.23e6, 1.1 * 1.23e6).text == "$1.23M to $1.353M"  # wide from above a tenth on
    assert Counted("", 86_193.3, 86_193.3, "count", ()).text == "86,190"
    assert counted(1.234e6).text == "$1.234M" and counted(NONE).text == "no figure is public"


def test_a_reason_names_what_fits():
    said_of, part = counted(9e6, label="the whole"), counted(5e6, label="a part")
    say = {
        verdict: reason(claim(5e6), verdict, said_of, part)
        for verdict in ("supported", "misleading", "contradicted", "not_checkable")
    }
    assert say["supported"] == "$5M is right for the whole ($9M)."
    assert "$5M is right for a part." in say["misleading"]
    assert "applies it to the whole ($9M)" in say["misleading"]
    assert say["contradicted"] == "$5M is wrong for the whole ($9M), and for a part."
    assert "no independent figure of the whole" in say["not_checkable"]
    within = reason(claim(5e6), "supported_within_boundary", said_of, part)
    assert within.endswith("For the whole it is more: $9M.")
    touching = reason(claim(5e6), "supported_within_boundary", counted(2e6, 6e6), counted(5e6, 7e6))
    assert "For the whole it is more: " in touching  # the two overlap: not less for sure
    assert reason(claim(9e6), "contradicted", part, part) == "$9M is wrong for a part ($5M)."
    less = reason(claim(9e6), "supported_within_boundary", part, said_of)
    assert less.endswith("For a part it is less: $5M.")


def test_a_whole_that_ends_where_its_part_begins_is_less():
    low, high = counted(1e6, 5e6, "the one"), counted(5e6, 9e6, "the other")
    assert "the one it is less" in reason(claim(7e6), "supported_within_boundary", low, high)
    assert "the other it is more" in reason(claim(2e6), "supported_within_boundary", high, low)


def test_an_interval_in_words():
    assert counted(1e6, 2e6).text == "$1M to $2M"
    assert counted(1e6).text == "$1M"
    assert counted(NONE).text == "no figure is public"


# --- sheets and specifications


def sheet(**phase):
    own = {"name": "x", "model": "X", "developer": "A lab", "release_date": "2025-01-01"}
    return Card(**own, phase=[{"kind": "pretraining", **phase}])


def spec(**changes):
    given = {"name": "x", "developer": "A", "release_date": "2024-01-01", "hardware": "H100"}
    return PretrainingSpec(**given | {"params_total": 1e10, "params_active": 1e10} | changes)


def test_numbers_are_read_as_papers_write_them():
    read = [spec(tokens=text).tokens for text in ("10K", "20 M", "1.5b", "15T", 3e9)]
    assert read == [1e4, 2e7, 1.5e9, 1.5e13, 3e9]


def test_a_slip_is_twenty_times_beyond_all_runs_in_size_and_five_in_ratio():
    runs = pd.DataFrame(
        {
            "params_total": [1e9, 1e11],
            "params_active": [1e9, 1e11],
            "tokens": [1e10, 1e13],
        }
    )  # 10 to 100 tokens a parameter
    assert unit_slips(spec(tokens=1e12), runs) == []
    assert unit_slips(spec(tokens=499e10), runs) == []  # 499 a parameter
    (ratio,) = unit_slips(spec(tokens=501e10), runs)
    assert ratio.startswith("tokens per active parameter = 501")
    assert unit_slips(spec(tokens=2.1e10), runs) == []
    assert len(unit_slips(spec(tokens=1.9e10), runs)) == 1
    size = {"params_total": 2.1e12, "params_active": 1e10}
    assert len(unit_slips(spec(tokens=1e12, **size), runs)) == 1
    assert unit_slips(spec(tokens=1e12, **size | {"params_total": 1.9e12}), runs) == []


def test_hours_of_a_sheet_are_its_own_or_chips_times_days(evidence):
    days_alone = answer(sheet(chips=100, days=10), evidence)["estimate"][0]
    assert days_alone["how"] == "chips x days"
    assert set(days_alone["gpu_hours"].values()) == {100 * 10 * 24}
    own = answer(sheet(gpu_hours=25_000, chips=100, days=10), evidence)["estimate"][0]
    assert own["how"] == "disclosed" and set(own["gpu_hours"].values()) == {25_000}
