"""The shift from predicted to measured rates, and what may not move it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.data.folder import PROTOCOL, default_directory, read_toml
from analysis.data.mistakes import InputError
from analysis.data.protocol import protocol
from analysis.data.tables import Evidence
from analysis.runs.configurations import configuration_of
from analysis.runs.measured_rates import (
    benchmarks_beside_runs,
    layout_of,
    measured_rates,
    predicted_rates,
)
from analysis.runs.rate_record import (
    by_developer,
    figures,
    gain,
    mixture_record,
    rate_record,
    scored,
)
from analysis.runs.step_constants import PREFIX, draw_constants, middles, processor
from analysis.runs.step_view import Shift, borrowed_spread, constants_of, misses_of, shift_without

ROW = {"who": "A", "mixture": 0.0, "group": "A | m | c", "like": ""}


def changed(
    evidence: Evidence, table: str = "", frame: pd.DataFrame | None = None, **more
) -> Evidence:
    given = {table: frame} if table else {}
    tables = {name: evidence[name] for name in evidence.tables} | given | more
    return Evidence.of(evidence.directory, tables)


def shift_of(rows: list[dict[str, object]], misses: list[float], bound: float = 0.2) -> Shift:
    frame = pd.DataFrame([ROW | row for row in rows])
    return Shift(frame, np.array(misses)[:, None], bound)


def test_rows_of_a_group_count_once():
    """Ten rows of one group and one of another: the mean of the two groups."""
    rows = [{"group": "A | m | c"}] * 10 + [{"who": "B", "group": "B | m | c"}]
    shift = shift_of(rows, [0.0] * 10 + [1.0])
    mean, _ = shift.of(pd.DataFrame([ROW]))
    assert mean[0, 0] == pytest.approx(0.5, abs=0.01)


def test_the_spread_of_rows_about_their_group_by_hand():
    rows = [{"group": "1"}, {"group": "1"}, {"group": "1"}, {"group": "2", "who": "B"}]
    shift = shift_of(rows, [0.0, 0.1, 0.2, 0.5])
    assert shift.spread_within[0] == pytest.approx(np.sqrt(0.02 / 2))
    alone = shift_of([{"group": "1"}, {"group": "2", "who": "B"}], [0.0, 0.5])
    assert alone.spread_within[0] == 0


def test_a_group_is_the_mean_of_its_rows_and_one_more_row_scatters_as_they_do():
    """About their means rows lie 0.1 to either side: four times 0.01, of two free."""
    groups = [{"group": "2", "who": "B"}, {"group": "1"}]
    apart = shift_of([row for row in groups for _ in range(3)], [0.0, 0.1, 0.5, 0.3, 0.3, 0.3])
    assert apart.group_means.tolist() == [[pytest.approx(0.2), pytest.approx(0.3)]]
    alone = shift_of(groups, [0.4, 0.2])
    pairs = shift_of([row for row in groups for _ in "ab"], [0.3, 0.5, 0.1, 0.3])
    asked = pd.DataFrame([ROW])
    (mean, none), (same, wider) = alone.of(asked), pairs.of(asked)
    assert same == pytest.approx(mean)
    assert wider**2 - none**2 == pytest.approx(0.04 / 2)


@pytest.mark.parametrize(("names", "borrowed"), [("ABCD", True), ("ABCDE", False)])
def test_five_developers_are_not_few(names, borrowed):
    assert protocol().shift.fewest_developers == 5
    rows = [{"who": name, "group": name} for name in names]
    shift = shift_of(rows, [0.1, 0.2, 0.4, 0.3, 0.9][: len(rows)], bound=0.7)
    asked = pd.DataFrame([ROW])
    assert (shift.of(asked)[1] == shift.of(asked, "bound")[1]).all() == borrowed


def test_a_kind_is_told_by_mixture_whatever_the_effects_are():
    """Six developers of dense models, half of them in fp8: none borrows its spread."""
    rows = [{"who": name, "group": name, "fp8": float(name > "C")} for name in "ABCDEF"]
    frame = pd.DataFrame([ROW | row for row in rows])
    misses = np.array([0.0, 0.2, 0.4, 1.0, 1.2, 1.4])[:, None]
    shift = Shift(frame, misses, 0.7, ("mixture", "fp8"))
    assert shift.effects == ["fp8"]
    asked = frame.iloc[[0, 3]]
    mean, deviation = shift.of(asked)
    assert mean[:, 0] == pytest.approx([0.2, 1.2])
    assert (deviation < shift.of(asked, "bound")[1]).all()


def test_the_first_version_has_the_developers_own_figures_unless_told(evidence):
    assert shift_without(evidence) is shift_without(evidence, developers_figures=True)
    assert constants_of(evidence).developers_figures
    own, told, others = (misses_of(evidence, *figures)[1] for figures in ((), (True,), (False,)))
    assert np.array_equal(own, told) and not np.array_equal(own, others)


def test_a_kind_of_few_developers_borrows_its_spread():
    rows = [
        {"who": name, "group": f"{name}{mixture}", "mixture": mixture}
        for name in "ABCDEF"
        for mixture in ((0.0, 1.0) if name < "C" else (0.0,))
    ]
    misses = [0.1 * number for number in range(len(rows))]
    shift = shift_of(rows, misses, bound=0.5)
    assert (shift.developers(True), shift.developers(False)) == (2, 6)
    asked = pd.DataFrame([ROW, ROW | {"mixture": 1.0}])
    _, published = shift.of(asked)
    _, borrowed = shift.of(asked, "bound")
    _, none = shift.of(asked, 0.0)
    assert published[1] == borrowed[1] > none[1]
    assert published[0] != borrowed[0]


def test_a_fixed_effect_that_no_row_shows_is_left_out():
    rows = [{"who": name, "group": name} for name in "ABC"]
    assert shift_of(rows, [0.1, 0.2, 0.3]).effects == []


def test_a_fixed_effect_that_rows_show_moves_one_kind_alone():
    """Dense models as predicted, mixtures twice as slow, with no scatter beside."""
    rows = [
        {"who": name, "group": f"{mixture}{name}", "mixture": mixture}
        for name in "ABCDEF"
        for mixture in (0.0, 1.0)
    ]
    shift = shift_of(rows, [0.0, np.log(0.5)] * 6)
    assert shift.effects == ["mixture"]
    mean, _ = shift.of(pd.DataFrame([ROW, ROW | {"mixture": 1.0}]))
    assert mean[:, 0] == pytest.approx([0.0, np.log(0.5)])


def test_one_constant_on_every_predicted_rate_moves_no_shifted_result(evidence):
    """All predictions doubled: the shift takes it back, draw by draw."""
    rows, misses = misses_of(evidence)
    slow, fast = (Shift(rows, misses - np.log(by), 0.2) for by in (1.0, 2.0))
    for kind in (0.0, 1.0):
        asked = pd.DataFrame([ROW | {"mixture": kind}])
        (mean, spread), (moved, same) = slow.of(asked), fast.of(asked)
        assert moved + np.log(2.0) == pytest.approx(mean)
        assert same == pytest.approx(spread)


def test_the_shift_is_found_anew_in_each_draw(evidence):
    shift = shift_without(evidence)
    mean, _ = shift.of(pd.DataFrame([ROW]))
    predicted = misses_of(evidence)[1].mean(axis=0)
    assert np.corrcoef(mean[0], predicted)[0, 1] > 0.8
    assert mean.std() > 0.01


@pytest.mark.parametrize("by", [0.5, 2.0])
def test_rates_shown_beside_are_in_no_fit_and_no_record(evidence, by):
    table = evidence["training_throughput"]
    rules = protocol().rows
    beside = table.who.isin(rules.shown_beside_developers) | table.like.isin(
        rules.shown_beside_architectures
    )
    assert beside.sum() > 10
    doubled = table.assign(
        tokens_per_s_per_gpu=table.tokens_per_s_per_gpu.where(
            ~beside, by * table.tokens_per_s_per_gpu
        )
    )
    without = table[~beside]
    expected = figures(rate_record(evidence))
    for frame in (doubled, without):
        assert figures(rate_record(changed(evidence, "training_throughput", frame))) == expected


def test_rates_of_a_developer_left_out_move_nothing(evidence):
    table = evidence["training_throughput"]
    own = table.who == "MosaicML"
    doubled = table.assign(
        tokens_per_s_per_gpu=table.tokens_per_s_per_gpu.where(~own, 2 * table.tokens_per_s_per_gpu)
    )
    asked = pd.DataFrame([ROW, ROW | {"mixture": 1.0}])
    before = shift_without(evidence, ["MosaicML"]).of(asked)
    after = shift_without(changed(evidence, "training_throughput", doubled), ["MosaicML"]).of(asked)
    assert np.array_equal(before, after)
    assert not np.array_equal(before, shift_without(evidence).of(asked))


def test_scores_by_hand():
    """A prediction 0.1 wide: 1.645 of it on each side; an error of 0.2 lies 0.0355 beyond."""
    found = scored(pd.DataFrame({"id": ["a", "b"]}), np.array([0.2, -0.1]), np.array([0.1, 0.1]))
    assert found.inside.tolist() == [False, True]
    beyond = 0.2 - 0.1 * 1.6448536
    assert found.interval_score[0] == pytest.approx(2 * 0.16448536 + 20 * beyond)
    assert found.interval_score[1] == pytest.approx(2 * 0.16448536)
    assert found.log_score[0] == pytest.approx(-0.5 * 4 - np.log(0.1 * np.sqrt(2 * np.pi)))


def test_a_developer_counts_by_its_groups():
    frame = pd.DataFrame(
        {
            "who": ["A", "A", "A", "B"],
            "group": ["A1", "A1", "A2", "B1"],
            "score": [0.0, 1.0, 2.0, 5.0],
        }
    )
    assert by_developer(frame, "score").to_dict() == {"A": 1.25, "B": 5.0}


def test_the_record_holds_every_rate_once_a_view(evidence):
    record = rate_record(evidence)
    rows = measured_rates(evidence)
    rows = rows[~rows.beside]
    for _, own in record.groupby("view"):
        assert sorted(own.id) == sorted(rows.id)
    assert record.index.tolist() == list(range(2 * len(rows)))
    assert record[["log_error", "deviation", "log_score"]].notna().all().all()
    mixtures = mixture_record(evidence)
    assert set(mixtures.id) == set(rows.id[rows.mixture == 1])
    assert mixtures.columns.tolist() == record.columns.tolist() and "index" not in record
    assert mixtures.index.tolist() == list(range(2 * int((rows.mixture == 1).sum())))


def test_the_time_of_a_step_is_a_better_view_of_rates_than_an_mfu(evidence):
    """What the protocol calls to pass, for all groups: by more than one standard error."""
    better, error = gain(rate_record(evidence))
    assert better > error > 0


def test_predictions_are_a_limit_that_software_approaches(evidence):
    """No group of rates lies above its prediction by more than the constants' own width."""
    rows, misses = misses_of(evidence)
    means = pd.Series(misses.mean(axis=1)).groupby(rows.group).mean()
    assert means.max() < 0.15


def test_middles_are_the_facts_and_the_choices(evidence):
    found = middles(evidence.facts, {"step_memory": np.array([0.1, 0.2])}, 2)
    assert found["step_memory"].tolist() == [0.1, 0.2]
    assert found["step_link"].tolist() == [evidence.facts["step_link"].value] * 2


def test_constants_are_drawn_within_their_ranges_and_pairs_as_one(evidence):
    constants = draw_constants(evidence.facts)
    for name, values in constants.values.items():
        fact = evidence.facts[name]
        low, high = (fact.low, fact.high) if fact.has_range else (fact.value, fact.value)
        assert low <= values.min() <= values.max() <= high, name
    ceiling, half = (
        constants.values[f"step_product_{name}_bf16_hopper"] for name in ("ceiling", "half_length")
    )
    assert np.array_equal(np.argsort(ceiling), np.argsort(half))
    other = constants.values["step_memory"]
    assert abs(np.corrcoef(ceiling, other)[0, 1]) < 0.1


def test_the_second_version_has_no_figure_of_the_developer(evidence):
    found = [
        replace(draw_constants(evidence.facts), developers_figures=own).efficiencies(
            "hopper", "2024-12-01"
        )
        for own in (True, False)
    ]
    assert not np.array_equal(found[0].product_ceiling, found[1].product_ceiling)
    assert np.array_equal(found[0].product_ceiling_bf16, found[1].product_ceiling_bf16)
    other = evidence.facts["step_product_ceiling_fp8_hopper_other"]
    assert found[1].product_ceiling.max() <= other.high


@pytest.mark.parametrize(
    ("date", "kernels", "generation"),
    [
        ("2021-04-01", "ampere", "no_fused"),
        ("2022-12-01", "ampere", "first"),
        ("2024-12-01", "ampere", "second"),
        ("2023-01-01", "hopper", "second"),
        ("2024-01-01", "hopper", "second"),
        ("2024-12-01", "hopper", "third"),
    ],
)
def test_kernels_of_attention_are_those_of_the_date(evidence, date, kernels, generation):
    """In most draws; how long kernels take until they are in use is drawn."""
    assert draw_constants(evidence.facts).generations(kernels, date)[generation].mean() > 0.5


def test_every_assumption_has_the_least_range_of_the_rules(evidence):
    least = read_toml(default_directory() / PROTOCOL)["constants"]["assumption_range"]
    constants = [fact for name, fact in evidence.facts.items() if name.startswith(PREFIX)]
    assumed = [fact for fact in constants if fact.kind == "assumption"]
    assert len(assumed) >= 4
    for fact in assumed:
        assert fact.has_range, fact.id
        assert fact.high >= least * fact.low, fact.id
        assert fact.low <= fact.value <= fact.high, fact.id


def test_a_chip_without_bandwidths_is_named(evidence):
    with pytest.raises(InputError, match=r"hardware\.csv, B200 SXM: no measured kernels"):
        processor("B200 SXM", evidence)
    frame = evidence["hardware"]
    frame.loc[frame.chip == "H800 SXM", "hbm_tb_s"] = np.nan
    with pytest.raises(InputError, match=r"hardware\.csv, H800 SXM: hbm_tb_s is missing"):
        processor("H800 SXM", changed(evidence, "hardware", frame))


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("tensor_parallel", 7, "no multiple of tensor x pipeline x context"),
        ("chips", np.nan, "chips"),
        ("precision", "int3", "precision"),
        ("configuration", "nothing", "nothing is not an id of architectures.csv"),
    ],
)
def test_a_row_that_makes_no_layout_is_named(evidence, field, value, message):
    row = measured_rates(evidence).iloc[[0]].copy()
    row[field] = value
    with pytest.raises(InputError, match=message):
        predicted_rates(row, draw_constants(evidence.facts), evidence)


def test_a_row_that_does_not_fit_its_chip_is_named(evidence):
    rows = measured_rates(evidence)
    row = (
        rows[rows.configuration == "llama-3.1-405b"]
        .iloc[[0]]
        .assign(
            chips=8,
            tensor_parallel=8,
            pipeline_parallel=1,
            context_parallel=1,
            sequences_per_step=8,
            virtual_stages=1,
        )
    )
    with pytest.raises(InputError, match=f"{row.id.iloc[0]}: parameters, gradients and optimiser"):
        predicted_rates(row, draw_constants(evidence.facts), evidence)


def test_every_row_of_the_tables_makes_a_model_and_a_layout(evidence):
    rows = measured_rates(evidence)
    for row in rows.itertuples():
        assert layout_of(row).chips == row.chips
    for name in evidence["architectures"].id:
        assert configuration_of(name, evidence).n_layers > 0


def test_the_borrowed_spread_is_that_of_other_developers(evidence):
    assert 0.05 < borrowed_spread(evidence) < 0.4
    runs = evidence["training_runs"]
    wild = runs.assign(gpu_hours=runs.gpu_hours.where(runs.developer != "Meta", 5 * runs.gpu_hours))
    excluded = changed(evidence, "training_runs", wild)
    assert borrowed_spread(excluded, ["Meta"]) == borrowed_spread(evidence, ["Meta"])


def test_a_benchmark_is_held_against_a_run_of_the_same_model_chip_and_precision(evidence):
    table = evidence["training_throughput"].iloc[[0] * 6].copy()
    table["kind"] = ["run", "run", "benchmark", "benchmark", "benchmark", "benchmark"]
    table["who"] = ["A", "A", "B", "B", "C", "DeepSeek"]
    table["configuration"] = ["m", "m", "m", "m", "other", "m"]
    table["chip"] = ["H100 SXM"] * 6
    table["precision"] = ["bf16", "bf16", "bf16", "fp8", "bf16", "bf16"]
    table["tokens_per_s_per_gpu"] = [100.0, 80.0, 150.0, 900.0, 900.0, 900.0]
    table["like"] = ""
    found = benchmarks_beside_runs(changed(evidence, training_throughput=table))
    assert found[["run_by", "run", "benchmark_by", "benchmark"]].values.tolist() == [
        ["A", 100.0, "B", 150.0]
    ]
    assert found.apart.tolist() == [1.5]


def test_no_benchmark_of_another_model_stands_beside_a_run(evidence):
    found = benchmarks_beside_runs(evidence)
    assert len(found) >= 2 and (found.apart > 1).all()
