"""Products that were timed: their sizes, what is predicted of them, and their sums, by hand."""

import numpy as np
import pandas as pd
import pytest

from analysis.reconstruction import measured
from analysis.runs.timed_products import (
    RECIPE_OF,
    RECIPES,
    SIZES,
    TABLE,
    of_recipe,
    predicted_us,
    products_of_micro_batch,
)
from benchmarks.products import Size, name_of, sizes
from tests.by_hand import with_tables

DATE = "2024-12-27"


@pytest.fixture(scope="module")
def rows(evidence):
    return evidence[TABLE]


def test_the_sizes_are_those_of_the_layout(rows):
    of_layout = pd.DataFrame(sizes("deepseek-v3-report"))
    for _, of_chip in rows.groupby("chip"):
        timed = of_chip[of_layout.columns].drop_duplicates()
        both = timed.merge(of_layout)
        assert len(both) == len(timed) == len(of_layout)


def test_a_row_is_named_by_chip_sizes_precision_and_scales(rows):
    for row in rows.itertuples():
        size = Size(int(row.height), int(row.width), int(row.summed), int(row.groups))
        assert row.id == name_of(row.chip, size, row.precision, row.scales)


def test_least_median_and_most_are_in_order_and_below_the_peak(rows, evidence):
    assert (rows.least_us <= rows.median_us).all()
    assert (rows.median_us <= rows.most_us).all()
    flop = 2 * rows.height * rows.width * rows.summed * rows.groups
    hardware = evidence["hardware"].set_index("chip").loc[rows.chip]
    peaks = [hardware.peak_fp8_dense_tflops, hardware.peak_bf16_dense_tflops]
    peak = np.where(rows.precision == "fp8", *(found.to_numpy() for found in peaks)) * 1e6
    assert (flop.to_numpy() < peak * rows.least_us.to_numpy()).all()


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_way_to_multiply_has_each_product_once(rows, recipe):
    for _, of_chip in rows.groupby("chip"):
        chosen = of_recipe(of_chip, RECIPES[recipe])
        assert not chosen.duplicated(SIZES).any()
        assert len(chosen) == len(of_chip.drop_duplicates(SIZES))
        heads = chosen[chosen.part == "output head"]
        assert (heads.precision == "bf16").all()
        rest = chosen[chosen.part != "output head"]
        assert set(rest.precision) == {"bf16" if recipe == "sixteen bits" else "fp8"}


def test_a_product_is_predicted_by_hand(rows, evidence):
    row = rows[(rows.chip == "H100 SXM") & (rows.height == 4096) & (rows.width == 4096)]
    row = row[(row.precision == "fp8") & (row.way == "forward")].iloc[:1]
    found = np.median(predicted_us(row, DATE, evidence))
    # 32 x 32 tiles on 132 multiprocessors are eight waves; at the middle of the constants a length
    # of 7,168 reaches 0.73 x 7168 / (7168 + 570) of the peak of 1,979 TFLOP/s
    reached = 0.73 * 7168 / (7168 + 570) * 1979e12 / 132
    assert found == pytest.approx(8 * 2 * 7168 * 128**2 / reached * 1e6, rel=0.02)


def test_seconds_are_the_sum_of_times_how_often(evidence, rows):
    two = rows[(rows.chip == "H100 SXM") & (rows.part == "dense layer")].head(4)
    two = two[two.precision == "bf16"]
    made = two.assign(median_us=[1000.0] * len(two), times=[3] * len(two))
    found = products_of_micro_batch(made, DATE, evidence).set_index("recipe")
    assert found.seconds["sixteen bits"] == pytest.approx(3e-3 * len(two))
    assert (found.over == found.seconds / found.p50).all()


def test_slower_products_take_more_of_the_hours_and_move_no_reconstruction(r1, account, evidence):
    rows = evidence[TABLE]
    twice = with_tables(evidence, **{TABLE: rows.assign(median_us=2 * rows.median_us)})
    slower = type(account)(r1, twice)
    own, other = (measured.products_as_timed(one) for one in (account, slower))
    assert other["products_over_disclosed"] == pytest.approx(2 * own["products_over_disclosed"])
    limit = measured.balance(account)["limit_over_disclosed"]
    shown = own["limit_as_timed_over_disclosed"], other["limit_as_timed_over_disclosed"]
    assert shown[1] < shown[0] < limit
    assert measured.balance(slower)["limit_over_disclosed"] == limit


def test_products_as_fast_as_the_constants_say_leave_the_limit(account, monkeypatch):
    timed = measured.timed_products(account).assign(over=1.0)
    monkeypatch.setattr(measured, "timed_products", lambda _: timed)
    found = measured.products_as_timed(account)["limit_as_timed_over_disclosed"]
    assert found == pytest.approx(measured.balance(account)["limit_over_disclosed"])


def test_without_times_nothing_is_said_of_them(r1, account, evidence):
    without = type(account)(r1, with_tables(evidence, **{TABLE: evidence[TABLE].head(0)}))
    assert all(np.isnan(value) for value in measured.products_as_timed(without).values())


def test_each_precision_of_a_layout_has_a_way_to_multiply():
    assert set(RECIPE_OF.values()) <= set(RECIPES)


def test_a_way_to_multiply_that_nobody_timed_has_no_row(rows, evidence):
    """And a chip of which only products in sixteen bits are known says nothing of eight."""
    alike = rows[(rows.precision == "bf16") & (rows.groups == 1)]
    one = products_of_micro_batch(alike, DATE, evidence)
    assert set(one.recipe) == set(RECIPES)  # what has no row in eight bits runs in sixteen
    none = products_of_micro_batch(rows[rows.scales == "one"].head(1), DATE, evidence)
    assert set(none.recipe) == {name for name, scales in RECIPES.items() if "one" in scales}
