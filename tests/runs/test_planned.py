"""A planned run by each view, its choices, and the records, by hand."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

from analysis.data.mistakes import InputError
from analysis.data.protocol import protocol
from analysis.data.uncertainty import between, constant
from analysis.runs import planned, specifications, views
from analysis.runs.measured_rates import layout_of, measured_rates
from analysis.runs.planned import (
    billed_over_running,
    by_step_time,
    pooled,
    ratios_of_runs,
    tabulated,
)
from analysis.runs.rate_record import by_developer, figures, gain, scored
from analysis.runs.specifications import (
    _constants,
    _grouped,
    _shift_of,
    near_and_below,
    shares_of_choices,
)
from analysis.runs.step_constants import (
    GIB,
    GIGA,
    MICRO,
    TERA,
    UNIT,
    UNUSED,
    Constants,
    draw_constants,
    middles,
    processor,
)
from analysis.runs.views import _beside, _mean_scores, normal_of, stacking_weight
from tests.by_hand import with_tables

# --- views


def test_samples_are_kept_as_a_thousand_of_their_quantiles():
    found = tabulated(np.linspace(2.0, 4.0, 100_001), "why")
    assert (found.shape, found.basis, len(found.coverage)) == ("tabulated", "why", 1000)
    assert (found.coverage[0], found.coverage[-1]) == pytest.approx((0.0005, 0.9995))
    assert (found.low, found.high) == pytest.approx((2.001, 3.999))
    assert found.quantile([0.05, 0.5, 0.95]) == pytest.approx([2.1, 3.0, 3.9])


def test_a_pool_draws_a_share_from_the_one_and_the_rest_from_the_other():
    step, kind = between(0.0, 1.0, "step"), between(10.0, 11.0, "kind")
    found = pooled(step, kind, 0.25)
    # of a hundred draws 25 are of the first: its middle is at an eighth
    assert found.quantile([0.125, 0.2]) == pytest.approx([0.5, 0.8], abs=2e-3)
    assert found.quantile([0.625, 0.85]) == pytest.approx([10.5, 10.8], abs=2e-3)
    assert found.basis == "25% step; 75% kind"
    for weight, alone in ((1.0, step), (0.0, kind)):
        same = pooled(step, kind, weight).quantile([0.05, 0.5, 0.95])
        assert same == pytest.approx(alone.quantile([0.05, 0.5, 0.95]), abs=2e-3)


def runs_and_rates(evidence):
    """A run of 1,000 hours running at 1,000 tokens a second, billed at 1,200; one of two rates."""
    runs = pd.DataFrame(
        [("a", "A", 3.6e9, 1_200.0), ("b", "B", 3.6e9, 1_200.0), ("c", "C", 3.6e9, np.nan)],
        columns=["id", "developer", "tokens", "gpu_hours"],
    )
    rates = pd.DataFrame(
        [
            ("a", "A", "run", 1_000.0),
            ("b", "X", "run", 1_000.0),
            ("b", "X", "run", 4_000.0),
            ("c", "C", "run", 1_000.0),
            ("a", "A", "benchmark", 9_000.0),
            ("", "D", "run", 1_000.0),
            ("a", "A", "run", np.nan),
        ],
        columns=["run", "who", "kind", "tokens_per_s_per_gpu"],
    )
    beside = [("a", "DeepSeek", "run", 9_000.0, "")]  # shown beside, in nothing
    rates = pd.concat([rates.assign(like=""), pd.DataFrame(beside, columns=[*rates, "like"])])
    runs = runs.assign(hours_are="run")
    computed = runs.iloc[[0]].assign(id="d", hours_are="computed")
    rates = pd.concat([rates, rates.iloc[[0]].assign(run="d")], ignore_index=True)
    runs = pd.concat([runs, computed], ignore_index=True)
    return with_tables(evidence, training_runs=runs, training_throughput=rates)


def test_hours_billed_over_hours_running_by_hand(evidence):
    found = ratios_of_runs(runs_and_rates(evidence))
    assert found[["run", "who", "developer"]].to_numpy().tolist() == [
        ["a", "A", "A"],
        ["b", "X", "B"],
    ]
    assert found.ratio.tolist() == pytest.approx([1.2, (1.2 * 4.8) ** 0.5])


def test_a_ratio_is_that_of_runs_by_others_whoever_ran_or_measured_them(evidence):
    made = runs_and_rates(evidence)
    both = billed_over_running(made)
    assert both.quantile([0.0, 1.0]) == pytest.approx([1.2, 2.4])
    for name, left in (("A", 2.4), ("B", 1.2), ("X", 1.2), ("Z", None)):
        found = billed_over_running(made, [name]).quantile([0.0, 1.0])
        assert found == pytest.approx([1.2, 2.4] if left is None else [left, left])


def test_efficiency_is_the_shifted_rate_over_the_peak_and_the_hours_billed(evidence, monkeypatch):
    draws = protocol().constants.draws
    rates = np.full(draws, 500.0)
    monkeypatch.setattr(planned, "step_of", lambda *_: SimpleNamespace(tokens_per_s_per_gpu=rates))
    monkeypatch.setattr(planned, "billed_over_running", lambda *_: constant(1.25, "ratio"))

    def found(mean, deviation):
        rows = pd.DataFrame({"who": ["A", "A", "B"]})
        of = lambda row, spread: (np.full((1, draws), mean), np.full((1, draws), deviation))  # noqa: E731
        monkeypatch.setattr(planned, "shift_without", lambda *_: SimpleNamespace(of=of, rows=rows))
        run = planned.Planned(
            SimpleNamespace(n_routed_experts=0), None, "H800 SXM", "2024-12-01", 2e11, ("X",)
        )
        return by_step_time(run, evidence)

    middle = 2e11 * 500 / 989.4e12 / 1.25
    assert found(0.0, 0.0).quantile(0.5) == pytest.approx(middle)
    assert found(np.log(2.0), 0.0).quantile(0.5) == pytest.approx(2 * middle)
    wide = found(0.0, 0.1)
    assert wide.quantile([0.05, 0.5, 0.95]) == pytest.approx(
        middle * np.exp(np.array([-0.16449, 0.0, 0.16449])), rel=3e-3
    )
    assert wide.basis == "time of a step; 3 rates of 2 developers"


def test_a_planned_run_is_a_mixture_if_it_has_experts():
    for experts, mixture in ((0, 0.0), (8, 1.0)):
        shape = SimpleNamespace(n_routed_experts=experts)
        run = planned.Planned(shape, None, "", "", 1.0, ())
        assert run.row.mixture.tolist() == [mixture]


# --- choices


def test_hours_of_every_combination_of_choices(evidence, monkeypatch):
    """At 1,000 tokens a second, shifted by ln 2 or not, billed at 1.1 to 1.3 hours an hour."""
    shifts = {("all", "bound"): 0.0, ("none", 0.0): np.log(2.0)}
    count = len(specifications._combinations(*specifications.PHYSICAL, "version"))
    monkeypatch.setattr(specifications, "_own_rates", lambda *_: np.full(count, 1_000.0))
    monkeypatch.setattr(
        specifications,
        "_shifts",
        lambda *_: {name: np.full(count, shift) for name, shift in shifts.items()},
    )
    monkeypatch.setattr(
        specifications, "billed_over_running", lambda *_: between(1.0, 1.4, "ratio")
    )
    run = SimpleNamespace(developers=("X",))
    found = specifications.specifications(run, 3.6e9, evidence)
    levels = protocol().specifications.levels()
    assert count == 2 * 2 * 3 * 3 * 2 and len(found) == count * 2 * 3
    assert all(set(found[name]) == set(levels[name]) for name in ("imbalance", "version", "ratio"))
    hours = found.groupby(["rows", "ratio"]).gpu_hours.agg(["min", "max"])
    for rows, by in (("all", 1.0), ("none", 0.5)):
        for name, ratio in (("low", 1.1), ("middle", 1.2), ("high", 1.3)):
            assert hours.loc[rows, name].tolist() == pytest.approx([1_000 * ratio * by] * 2)
    published = found[found.published]
    assert len(published) == 1 and published.gpu_hours.item() == pytest.approx(1_200)
    assert published[list(specifications.PUBLISHED)].iloc[0].to_dict() == specifications.PUBLISHED


def test_each_combination_has_the_end_of_the_fact_that_it_chose(evidence):
    physical = pd.DataFrame(
        {
            "fp8_ceiling": ["middle", "low", "low", "middle"],
            "exchange_on_processors": ["low", "middle", "middle", "middle"],
            "exposed_exchange": ["high", "low", "middle", "middle"],
            "imbalance": ["middle", "high", "low", "middle"],
            "version": ["with", "with", "without", "without"],
        }
    )
    facts, found = evidence.facts, _constants(physical, evidence)
    ceiling, other = (facts[f"step_product_ceiling_fp8_hopper{end}"] for end in ("", "_other"))
    assert found.values[ceiling.id].tolist() == [ceiling.value, ceiling.low, other.low, other.value]
    half, rest = (facts[f"step_product_half_length_fp8_hopper{end}"] for end in ("", "_other"))
    assert found.values[half.id].tolist() == [half.value, half.value, rest.value, rest.value]
    for choice, name in specifications.PHYSICAL.items():
        fact = facts[f"step_{name}"]
        if choice != "fp8_ceiling":
            ends = {"low": fact.low, "middle": fact.value, "high": fact.high}
            assert found.values[fact.id].tolist() == [ends[level] for level in physical[choice]]
    assert found.values["step_memory"].tolist() == [facts["step_memory"].value] * 4


ROWS = pd.DataFrame(
    {
        "who": ["A", "A", "B", "B", "C"],
        "group": ["a", "a", "b", "c", "d"],
        "configuration": ["m", "m", "m", "n", "n"],
        "mixture": [0.0, 0.0, 0.0, 1.0, 1.0],
        "fp8": [0.0, 0.0, 0.0, 1.0, 0.0],
        "mfu": [0.3, 0.5, 0.4, 0.2, 0.6],
    }
)
MISSES = np.array([[0.1, 1.0], [0.3, 2.0], [0.6, 3.0], [-0.4, 4.0], [-0.8, 5.0]])


def test_a_group_is_the_mean_of_its_rows_or_its_fastest():
    means, first = _grouped(ROWS, MISSES, ROWS.group, False)
    assert means.tolist() == [pytest.approx([0.2, 1.5]), [0.6, 3.0], [-0.4, 4.0], [-0.8, 5.0]]
    best, same = _grouped(ROWS, MISSES, ROWS.group, True)
    assert best.tolist() == [[0.3, 2.0], [0.6, 3.0], [-0.4, 4.0], [-0.8, 5.0]]
    assert first.who.tolist() == same.who.tolist() == ["A", "B", "B", "C"]


@pytest.mark.parametrize(
    ("name", "mixture", "shift"),
    [
        ("none", 1.0, [0.0, 0.0]),
        ("all", 0.0, [0.4, 2.25]),  # of groups at 0.2 and 0.6
        ("all", 1.0, [-0.6, 4.5]),
        ("mixtures", 1.0, [-0.6, 4.5]),
        ("fp8 mixtures", 1.0, [-0.4, 4.0]),
        ("one value a model", 0.0, [1 / 3, 2.0]),  # the mean of three rows
        ("best release", 0.0, [0.45, 2.5]),
    ],
)
def test_the_shift_is_the_mean_of_the_chosen_rows_by_kind(name, mixture, shift):
    """Without a spread between developers every group weighs the same."""
    run = SimpleNamespace(row=pd.DataFrame({"mixture": [mixture]}))
    assert _shift_of(run, ROWS, MISSES, name, 0.0) == pytest.approx(shift)


def test_a_choice_explains_what_differs_by_it():
    """Hours double by the one, grow by a tenth by the other, and hang on nothing else."""
    frame = pd.DataFrame(
        [
            (a, b, 100.0 * (2.0 if a == "x" else 1.0) * (1.1 if b == "x" else 1.0))
            for a in "xy"
            for b in "xy"
        ],
        columns=["rows", "version", "gpu_hours"],
    ).assign(**dict.fromkeys(set(specifications.CHOICES) - {"rows", "version"}, "same"))
    found = shares_of_choices(frame)
    one, two = np.log(2.0) ** 2, np.log(1.1) ** 2
    assert found.index.tolist()[:2] == ["rows", "version"]
    assert found.iloc[:3].tolist() == pytest.approx([one / (one + two), two / (one + two), 0.0])


def test_what_lies_near_and_below_the_disclosed_hours():
    frame = pd.DataFrame({"gpu_hours": [80.0, 84.0, 100.0, 119.0, 121.0]})
    found = near_and_below(frame, 100.0)
    assert (found["count"], found["below"], found["near"]) == (5, 0.4, 0.6)
    assert (found["p05"], found["p50"], found["p95"]) == pytest.approx((80.8, 100.0, 120.6))


# --- the pool and the records


def test_a_view_is_taken_as_normal_in_the_log_by_its_width():
    middle, deviation = normal_of(tabulated(np.exp(np.linspace(-1.0, 3.0, 100_001)), ""))
    assert (middle, deviation) == pytest.approx((1.0, 3.6 / 2 / 1.6448536), abs=1e-4)


def predicted(*rows) -> pd.DataFrame:
    names = ["developer", "mfu", "step_time", "by_kind"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.assign(step_time_deviation=0.1, by_kind_deviation=0.2)


def test_the_weight_of_step_time_is_drawn_to_a_half_by_five_developers(evidence, monkeypatch):
    exact, off = ("A", 1.0, 0.0, 1.0), ("B", 1.0, 1.0, 0.0)
    for rows, best, count in (((exact,), 1.0, 1), ((off,), 0.0, 1), ((exact, exact), 1.0, 1)):
        monkeypatch.setattr(views, "predicted_runs", lambda *_, rows=rows: predicted(*rows))
        found = stacking_weight(evidence)
        assert (found["stacking"], found["developers"]) == (best, count)
        assert found["weight"] == pytest.approx((count * best + 5 * 0.5) / (count + 5))
    monkeypatch.setattr(views, "predicted_runs", lambda *_: predicted())
    assert stacking_weight(evidence, {"A", "B"}) == {
        "stacking": 0.5,
        "developers": 0,
        "weight": 0.5,
    }


def test_the_score_of_a_pool_counts_each_developer_once():
    """Densities at the middle are 1 / (0.1 sqrt(2 pi)) and half of it."""
    frame = predicted(("A", 1.0, 0.0, 0.0), ("A", 1.0, 0.0, 0.0), ("B", np.exp(0.1), 0.0, 0.0))
    found, top = _mean_scores(frame), 1 / (0.1 * np.sqrt(2 * np.pi))
    for weight in (0.0, 0.3, 1.0):
        at = np.log(weight * top + (1 - weight) * top / 2)
        away = weight * top * np.exp(-0.5) + (1 - weight) * top / 2 * np.exp(-0.125)
        assert found[round(100 * weight)] == pytest.approx((at + np.log(away)) / 2)


def test_a_view_beside_the_hours_of_a_run():
    """An efficiency of 0.4 took 100 hours; a view of 0.2 to 0.8 says 50 to 200."""
    run = SimpleNamespace(id="x", model="X", developer="A", mfu=0.4, gpu_hours=100.0)
    view = tabulated(np.exp(np.linspace(np.log(0.1), np.log(1.6), 100_001)), "")
    found = _beside(run, "by_kind", view)
    low, high = (0.1 * 16**share for share in (0.05, 0.95))
    assert (found["p05"], found["predicted"], found["p95"]) == pytest.approx(
        (40 / high, 100.0, 40 / low), rel=1e-4
    )
    assert found["log_error"] == pytest.approx(0.0, abs=1e-4) and found["view"] == "by_kind"
    assert found["deviation"] == pytest.approx(0.9 * np.log(16) / (2 * 1.6448536), rel=1e-4)


def record() -> pd.DataFrame:
    rows = [
        ("step_time", "A", "A1", 0.1, True, -1.0),
        ("step_time", "A", "A1", -0.3, True, -3.0),
        ("step_time", "A", "A2", 0.2, False, -1.0),
        ("step_time", "B", "B1", 0.4, True, -2.0),
        ("baseline", "A", "A1", 0.1, True, -2.0),
        ("baseline", "A", "A1", -0.3, True, -2.0),
        ("baseline", "A", "A2", 0.2, False, -2.0),
        ("baseline", "B", "B1", 0.4, True, -5.0),
    ]
    names = ["view", "who", "group", "log_error", "inside", "log_score"]
    return pd.DataFrame(rows, columns=names).assign(deviation=0.1, interval_score=1.0)


def test_what_is_published_of_a_record_by_hand():
    found = figures(record()[lambda rows: rows["view"] == "step_time"])
    assert (found["n"], found["groups"], found["developers"]) == (4, 3, 2)
    groups = [(np.exp(0.1) + np.exp(0.3)) / 2, np.exp(0.2), np.exp(0.4)]
    assert found["median_error_factor"] == pytest.approx(sorted(groups)[1])
    assert found["p90_error_factor"] == pytest.approx(np.quantile(groups, 0.9))
    assert found["coverage_90"] == 0.75 and found["coverage_90_developers"] == 0.75
    assert found["median_width_factor"] == pytest.approx(np.exp(2 * 0.16448536))
    assert found["log_score"] == pytest.approx(((-2.0 - 1.0) / 2 - 2.0) / 2)


def test_the_gain_and_its_error_are_over_developers():
    """A gains -1.5 + 2 = 0.5, B -2 + 5 = 3."""
    better, error = gain(record())
    assert (better, error) == pytest.approx((1.75, 2.5 / 2**0.5 / 2**0.5))


# --- what is measured, and what a chip reaches


def test_a_row_of_rates_counts_by_its_sizes_and_what_it_says_of_itself():
    sizes = {"chips": 64.0, "sequences_per_step": 128.0, "seq_len_tokens": 4096.0}
    sizes |= {"tensor_parallel": 2.0, "pipeline_parallel": np.nan, "virtual_stages": np.nan}
    sizes |= {"context_parallel": np.nan, "expert_parallel": 8.0}
    words = {
        "precision": "mxfp8",
        "sharding": "",
        "recomputation": "",
        "overlap": "no",
        "routing": "",
    }
    row = {"id": "x", "sequences_per_micro_batch": 2.0} | sizes | words
    found = layout_of(SimpleNamespace(**row))
    assert (found.chips, found.tensor_parallel, found.expert_parallel) == (64, 2, 8)
    assert (found.pipeline_parallel, found.sequences_per_micro_batch) == (1, 2)
    said = (found.precision, found.sharding, found.recomputation, found.exchange, found.routing)
    assert said == ("fp8", "optimizer", "none", "exposed", "real")
    told = {"precision": "bf16", "sharding": "full", "recomputation": "selective", "overlap": "yes"}
    found = layout_of(SimpleNamespace(**row | told | {"routing": "balanced"}))
    said = (found.precision, found.sharding, found.recomputation, found.exchange, found.routing)
    assert said == ("bf16", "full", "selective", "overlapped", "balanced")


def test_rates_that_count_by_hand(evidence):
    rows, table = measured_rates(evidence), evidence["training_throughput"].set_index("id")
    peaks = evidence["hardware"].set_index("chip").peak_bf16_dense_tflops * 1e12
    assert rows.index.tolist() == list(range(len(rows)))
    assert (table.left_out[rows.id] == "").all() and set(rows.chip) <= set(protocol().rows.chips)
    assert set(rows.hopper) == set(rows.fp8) == set(rows.mixture) == {0.0, 1.0}
    assert (rows.hopper == rows.chip.str.startswith("H")).all()
    assert (rows.fp8 == rows.precision.str.endswith(("fp8", "fp4"))).all()
    by_hand = rows.tokens_per_s_per_gpu * rows.flop_per_token / rows.chip.map(peaks)
    assert rows.mfu.to_numpy() == pytest.approx(by_hand.to_numpy())
    assert (rows.group == rows.who + " | " + rows.configuration + " | " + rows.chip).all()
    assert (rows.beside == ((rows.who == "DeepSeek") | (rows.like == "deepseek-v3"))).all()
    known = rows[rows.configuration == "llama-3.1-405b"].iloc[0]
    # 12 x layers x width x half the sequence of attention, six a parameter less the first table
    attention = 12 * 126 * 16_384 * known.seq_len_tokens / 2
    assert known.flop_per_token == pytest.approx(
        6 * (405.85e9 - 128_256 * 16_384) + attention, rel=1e-3
    )


def test_a_chip_has_its_rows_figures_in_bytes_and_flop(evidence):
    hardware, facts = evidence["hardware"].set_index("chip"), evidence.facts
    for name, kernels in (("H800 SXM", "hopper"), ("A100 80GB SXM", "ampere")):
        row, chip = hardware.loc[name], processor(name, evidence)
        assert chip.peak_bf16_flop_s == row.peak_bf16_dense_tflops * 1e12
        eight = row.peak_fp8_dense_tflops * 1e12 if kernels == "hopper" else chip.peak_bf16_flop_s
        assert chip.peak_fp8_flop_s == eight
        assert chip.memory_bytes == row.hbm_gib * 2**30
        assert chip.memory_bytes_per_s == row.hbm_tb_s * 1e12
        assert chip.link_bytes_per_s == row.interconnect_gb_s / 2 * 1e9
        network = facts[f"step_network_gb_per_s_{kernels}"].value
        assert chip.network_bytes_per_s == network * 1e9 and chip.chips_per_node == 8
        assert chip.multiprocessors == facts[f"step_multiprocessors_{kernels}"].value


def test_what_kernels_reach_is_the_fact_of_their_generation_and_time(evidence):
    facts = evidence.facts
    constants = Constants(facts, middles(facts, {}, 1))
    hopper = constants.efficiencies("hopper", "2024-12-01")
    ampere = constants.efficiencies("ampere", "2024-12-01")
    for field, fact in (
        ("product_ceiling", "product_ceiling_fp8_hopper"),
        ("product_half_length_bf16", "product_half_length_bf16_hopper"),
        ("attention_forward", "attention_forward_third_hopper"),
        ("exposed_tensor_exchange", "exposed_tensor_exchange_hopper"),
        ("memory", "memory"),
        ("routing_imbalance", "routing_imbalance"),
        ("tile", "tile"),
        ("attention_backward_work", "attention_backward_work"),
        ("logit_bytes", "logit_bytes"),
        ("cast_bytes", "cast_bytes"),
        ("gradient_bytes", "gradient_bytes"),
        ("optimizer_bytes", "optimizer_bytes"),
    ):
        assert getattr(hopper, field).tolist() == [facts[f"step_{fact}"].value], field
    assert ampere.product_ceiling == facts["step_product_ceiling_bf16_ampere"].value
    assert ampere.attention_backward == facts["step_attention_backward_second_ampere"].value
    gap = facts["step_kernel_gap_us"].value
    assert hopper.kernel_gap_s.tolist() == pytest.approx([gap * 1e-6])
    other = facts["step_product_ceiling_fp8_hopper_other"].value
    without = replace(constants, developers_figures=False)
    assert without.efficiencies("hopper", "2024-12-01").product_ceiling == other
    changed = constants.scaled({"step_memory": np.array([0.123])})
    assert changed.value("memory") == 0.123 and constants.value("memory") != 0.123


def test_kernels_of_attention_run_in_a_draw_once_its_delay_is_over(evidence):
    facts, delays = evidence.facts, np.array([0.0, 0.5])
    drawn = Constants(facts, middles(facts, {"step_attention_delay_years": delays}, 2))
    year = facts["step_attention_third_from"].value
    assert _third(drawn, year - 0.01) == [False, False]
    assert _third(drawn, year + 0.01) == [True, False]
    assert _third(drawn, year + 0.49) == [True, False]
    assert _third(drawn, year + 0.51) == [True, True]


def _third(constants, year):
    """Whether the third kernels run at a calendar year with a fraction, and what attention reaches
    with them alone.
    """
    day = pd.Timestamp(int(year), 1, 1) + pd.Timedelta(days=round(year % 1 * 365.25) - 1)
    date = day.date().isoformat()
    third = constants.generations("hopper", date)["third"]
    reached = constants.efficiencies("hopper", date).attention_backward
    named = [f"attention_backward_{name}_hopper" for name in ("second", "third")]
    expected = np.where(third, constants.value(named[1]), constants.value(named[0]))
    assert (reached == expected).all()
    return third.tolist()


def with_chip(evidence, **figures):
    hardware = evidence["hardware"]
    for name, value in figures.items():
        hardware.loc[hardware.chip == "H800 SXM", name] = value
    return with_tables(evidence, hardware=hardware)


@pytest.mark.parametrize(
    "field", ["hbm_gib", "hbm_tb_s", "interconnect_gb_s", "peak_bf16_dense_tflops"]
)
def test_a_chip_needs_each_figure_to_be_more_than_nothing(evidence, field):
    processor("H800 SXM", with_chip(evidence, **{field: 0.5}))
    for value in (0.0, np.nan):
        with pytest.raises(InputError, match=f"{field} is missing"):
            processor("H800 SXM", with_chip(evidence, **{field: value}))


def test_each_draw_of_the_constants_meets_makers_from_end_to_end(evidence, monkeypatch):
    rules = protocol().constants
    rates = np.arange(1.0, rules.draws + 1.0)
    monkeypatch.setattr(planned, "step_of", lambda *_: SimpleNamespace(tokens_per_s_per_gpu=rates))
    flat = np.zeros((1, rules.draws)), np.ones((1, rules.draws))
    shift = SimpleNamespace(of=lambda *_: flat)
    monkeypatch.setattr(planned, "shift_without", lambda *_: shift)
    run = planned.Planned(
        SimpleNamespace(n_routed_experts=0), None, "H800 SXM", "2024-12-01", 2e11, ("X",)
    )
    parts = planned.log_rate_by_part(run, evidence)
    by_draw = {name: part.reshape(rules.draws, -1) for name, part in parts.items()}
    assert by_draw["constants"] == pytest.approx(np.log(rates)[:, None].repeat(16, axis=1))
    makers = ndtr(by_draw["makers"])  # one in each sixteenth of the makers
    assert (np.sort((makers * 16).astype(int)) == np.arange(16)).all()


def test_units_of_a_chip_are_exact():
    assert (GIB, GIGA, TERA, MICRO) == (1024**3, 1e9, 1e12, 1e-6)
    assert (UNIT.low, UNIT.high, UNUSED.tolist()) == (0.0, 1.0, [0.0])
    assert (planned.UNIT.low, planned.UNIT.high) == (0.0, 1.0)


def test_constants_are_drawn_by_their_facts_and_a_products_two_figures_as_one(evidence):
    facts, found = evidence.facts, draw_constants(evidence.facts)
    names = {name for name in facts if name.startswith("step_")}
    assert set(found.values) == names == set(middles(facts, {}, 1))
    draws = protocol().constants.draws
    for name in names:
        fact, values = facts[name], found.values[name]
        assert values.shape == (draws,), name
        if fact.has_range:
            assert fact.low <= values.min() < values.max() <= fact.high, name
        else:
            assert (values == fact.value).all(), name
    orders = [
        found.values[f"step_product_{what}_fp8_hopper"].argsort()
        for what in ("ceiling", "half_length")
    ]
    assert (orders[0] == orders[1]).all()
    other = found.values["step_memory"].argsort()
    assert (orders[0] != other).any()
    assert found.developers_figures and not draw_constants(facts, False).developers_figures


def test_a_constant_without_the_developers_figures_is_its_second_row_if_it_has_one(evidence):
    known = {"step_a": np.ones(1), "step_a_other": np.zeros(1), "step_b": np.ones(1)}
    own = Constants(evidence.facts, known)
    without = Constants(evidence.facts, known, developers_figures=False)
    assert (own.value("a"), own.value("b")) == (1, 1)
    assert (without.value("a"), without.value("b")) == (0, 1)
    with pytest.raises(InputError, match="step_c"):
        own.value("c")


def test_before_all_kernels_of_attention_the_oldest_that_has_figures_is_meant(evidence):
    constants = draw_constants(evidence.facts)
    names = ("no_fused", "first", "second", "third")
    for kernels in ("hopper", "ampere"):
        known = [n for n in names if f"step_attention_forward_{n}_{kernels}" in evidence.facts]
        for date, only in (("1990-01-01", known[0]), ("2030-01-01", known[-1])):
            found = constants.generations(kernels, date)
            assert list(found) == known
            assert {name for name, ran in found.items() if ran.all()} == {only}
            assert {name for name, ran in found.items() if ran.any()} == {only}


UNEVEN = pd.DataFrame(
    [  # means of A's groups are 1, 4 and 10; of developers 5, 2 and 8
        ("A", "A1", 0.0),
        ("A", "A1", 0.0),
        ("A", "A1", 3.0),
        ("A", "A2", 4.0),
        ("A", "A3", 10.0),
        ("B", "B1", 2.0),
        ("C", "C1", 11.0),
    ],
    columns=["who", "group", "log_score"],
).assign(configuration=list("xxxxyyz"))


def test_a_score_is_the_mean_of_rows_of_groups_and_of_developers():
    assert by_developer(UNEVEN, "log_score").to_dict() == {"A": 5.0, "B": 2.0, "C": 11.0}
    by_model = by_developer(UNEVEN, "log_score", "configuration").to_dict()
    assert by_model == {"x": 2.5, "y": 6.0, "z": 11.0}
    inside = UNEVEN.log_score < 5.0
    found = figures(
        UNEVEN.assign(
            inside=inside,
            interval_score=2.0 * UNEVEN.log_score,
            log_error=np.log([1.0, 1.0, 4.0, 0.2, 1.0, 0.25, 1.5]),
            deviation=[0.1, 0.1, 0.1, 0.1, 0.2, 0.9, 0.9],
        )
    )
    assert (found["log_score"], found["interval_score"]) == (6.0, 12.0)
    assert found["coverage_90"] == pytest.approx(5 / 7)
    assert found["coverage_90_developers"] == pytest.approx((2 / 3 + 1 + 0) / 3)
    # of groups: 2 (the mean of 1, 1 and 4), 5, 1, 4 and 1.5
    assert found["median_error_factor"] == pytest.approx(2.0)
    assert found["p90_error_factor"] == pytest.approx(4.0 + 0.6)
    assert found["median_width_factor"] == pytest.approx(np.exp(2 * 0.16448536))


def test_a_gain_is_the_mean_over_developers_or_other_units():
    """Better by 1, 1 and 4: 2, give or take sqrt(3) over sqrt(3)."""
    of_a_step = UNEVEN.drop_duplicates("who").assign(log_score=[2.0, 3.0, 9.0], view="step_time")
    both = pd.concat([of_a_step, of_a_step.assign(log_score=[1.0, 2.0, 5.0], view="baseline")])
    assert gain(both) == pytest.approx((2.0, 1.0))
    assert gain(both.assign(other=list("PPQ") * 2), "other") == pytest.approx((2.5, 1.5))


def test_a_normal_prediction_of_a_log_is_scored_by_hand():
    deviation = np.array([0.1, 0.2, 0.3])
    half = 1.6448536269514722 * deviation
    errors = np.array([0.0, -0.5, half[2]])
    found = scored(pd.DataFrame({"id": list("abc")}), errors, deviation)
    assert found.inside.tolist() == [True, False, True]
    beyond = [0.0, 0.5 - half[1], 0.0]
    assert found.interval_score.tolist() == pytest.approx(
        (2 * half + 20 * np.array(beyond)).tolist()
    )
    density = np.exp(-0.5 * (errors / deviation) ** 2) / (deviation * np.sqrt(2 * np.pi))
    assert found.log_score.tolist() == pytest.approx(np.log(density).tolist())
    assert found.log_error.tolist() == errors.tolist()
