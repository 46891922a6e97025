"""The published numbers by a second path, which shares no function with the package: it reads the
tables itself and computes from the definitions (`tests/second_path`). Each bound is as tight as the
method allows; where it is wider than rounding, the test says why.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from math import exp, log, sqrt
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.physics.architecture import Configuration
from analysis.physics.flop import flop_per_token
from analysis.physics.parameters import count_parameters, multiplying_parameters
from analysis.reconstruction.ladder import Assumptions
from analysis.reconstruction.model import configuration
from analysis.reconstruction.model_file import load_model
from analysis.reconstruction.ownership import owned_hour_at_middle
from analysis.runs.backtest import backtest
from analysis.runs.configurations import configuration_of
from analysis.runs.views import predicted_runs
from tests.physics.made import configurations
from tests.second_path import efficiency, phases, work
from tests.second_path.evidence import DATA, PUBLISHED, ends, model, rows, stage, value

EXACT = 1e-12  # two orders of the same sums
SIX_DIGITS = 5e-6  # as figures are published
SAMPLES = 4096  # of the default edition
PROTOCOL = tomllib.loads((DATA / "protocol.toml").read_text(encoding="utf-8"))
WITHOUT_OWN = frozenset({phases.DEVELOPER})
V3 = "v3_pretraining"


def published(phase: str) -> dict:
    """What is published of a phase."""
    return next(one for one in PUBLISHED["models"]["deepseek-r1"]["phases"] if one["id"] == phase)


def published_view(name: str) -> dict:
    """The hours that are published of the first run by one view."""
    return next(one["gpu_hours"] for one in published(V3)["views"] if one["id"] == name)


def published_line(name: str) -> dict:
    """What is published of a line of the bill [US$]."""
    return next(one["usd"] for one in PUBLISHED["boundaries"] if one["id"] == name)


# --- the work of a token


@pytest.mark.parametrize(
    ("length", "attention", "modules", "gflop"),
    [
        (4_096, "causal", False, 250.4),
        (4_096, "full", False, 281.2),
        (32_768, "causal", False, 465.4),
        (131_072, "causal", False, 1_202.2),
        (4_096, "causal", True, 260.6),
    ],
)
def test_flop_of_a_token_of_v3(length, attention, modules, gflop, evidence):
    """Matrix by matrix and token by token, from the keys of its configuration."""
    own = work.flop_per_token(work.sizes_of_v3(), length, attention == "full", modules)
    assert own / 1e9 == pytest.approx(gflop, abs=0.05)
    package = configuration(load_model("deepseek-v3", evidence), evidence.facts)
    assert flop_per_token(package, length, attention, modules) == pytest.approx(own, rel=EXACT)


def test_parameters_of_v3(evidence):
    own = work.sizes_of_v3()
    counted = count_parameters(configuration(load_model("deepseek-v3", evidence), evidence.facts))
    assert (counted.total, counted.active_with_head) == (work.in_all(own), work.passed(own))
    assert work.in_all(own) / 1e9 == pytest.approx(671.03, abs=0.005)
    assert work.passed(own) / 1e9 == pytest.approx(36.62, abs=0.005)


def assert_counted_alike(c: Configuration, own: work.Sizes, lengths=(4_096, 32_768)) -> None:
    """Whole numbers to the last digit, FLOP to that of a float."""
    assert count_parameters(c).total == work.in_all(own)
    for modules in (False, True):
        assert multiplying_parameters(c, modules) == work.passed(own, modules)
        for length in lengths:
            for attention in ("causal", "full"):
                counted = work.flop_per_token(own, length, attention == "full", modules)
                assert flop_per_token(c, length, attention, modules) == pytest.approx(
                    counted, rel=EXACT
                )


@pytest.mark.parametrize(
    "name", sorted(path.stem for path in DATA.glob("models/*.toml") if path.stem != "deepseek-r1")
)
def test_work_of_every_model_of_the_book(name, evidence):
    assert_counted_alike(
        configuration(load_model(name, evidence), evidence.facts), work.sizes_of(name)
    )


def test_work_of_every_model_that_was_measured(evidence):
    for name, own in work.sizes_by_name().items():
        assert_counted_alike(configuration_of(name, evidence), own)


@given(c=configurations(), length=st.integers(1, 9_000))
def test_work_of_any_model(c, length):
    """Where attention is in pieces, of a text of whole ones: so the package counts any."""
    if c.chunked and length > c.window_tokens:
        length -= length % c.window_tokens
    assert_counted_alike(c, work.Sizes(c.model_dump()), [length])


# --- what chips reach


def test_every_reference_run_beside_those_of_other_developers(evidence):
    """FLOP, MFU, the expected MFU and both ends of its range: a ridge by least squares on rows that
    weigh by their roots, refitted for each fold and each developer that is left out.
    """
    package = backtest(evidence).set_index("id")
    assert set(package.index) == {run.id for run in efficiency.runs()}
    for run in efficiency.runs():
        row, own = package.loc[run.id], efficiency.tested(run)
        assert row.tokens * row.flop_per_token == pytest.approx(run.flop, rel=EXACT)
        assert log(row.mfu) == pytest.approx(run.log_mfu, abs=EXACT)
        assert row.log_error == pytest.approx(-own.error, abs=1e-10)
        ratios = np.log(run.gpu_hours / np.array([row.p05, row.p95]))
        assert ratios == pytest.approx([own.above_low, own.above_high], abs=1e-8)


def test_the_record_of_the_estimator():
    """All five published figures of it, each developer left out."""
    record = [efficiency.tested(run) for run in efficiency.runs()]
    factors = np.exp([abs(one.error) for one in record])
    own = {
        "n": len(record),
        "median_error_factor": np.median(factors),
        "p90_error_factor": np.quantile(factors, 0.9),
        "coverage_90": np.mean([one.above_low >= 0 >= one.above_high for one in record]),
        "median_width_factor": np.median([exp(one.above_low - one.above_high) for one in record]),
    }
    assert PUBLISHED["estimator"] == pytest.approx(own, rel=SIX_DIGITS)


def test_weight_of_step_time_in_the_pool(r1, evidence):
    """By the protocol's formula. The time of a step of each run comes from the package: its
    constants and layouts are a book of their own. The view by kind, each run's own MFU and the
    scores are reckoned here.
    """
    who = {row["run"]: row["who"] for row in rows("training_throughput") if row["run"]}
    scores = defaultdict(list)
    weights = np.arange(101) / 100
    for step in predicted_runs(evidence, tuple(WITHOUT_OWN)).itertuples():
        run = next(one for one in efficiency.runs() if one.id == step.id)
        own = efficiency.tested(run, {who[run.id], *WITHOUT_OWN})
        deviation = (own.above_low - own.above_high) / (2 * NormalDist().inv_cdf(0.95))
        by_kind = NormalDist(0.0, deviation).pdf(own.error)
        by_step = NormalDist(step.step_time, step.step_time_deviation).pdf(run.log_mfu)
        scores[run.developer].append(np.log(weights * by_step + (1 - weights) * by_kind))
    best = weights[np.argmax(np.mean([np.mean(own, axis=0) for own in scores.values()], axis=0))]
    prior, strength = (PROTOCOL["combined"][f"prior_{name}"] for name in ("weight", "developers"))
    weight = (len(scores) * best + strength * prior) / (len(scores) + strength)
    assert r1[V3].setting.views.weight == pytest.approx(weight, rel=EXACT)
    assert published(V3)["step_time_weight"] == pytest.approx(weight, rel=SIX_DIGITS)


# --- GPU-hours of each phase, every input at its middle


def test_pretraining_by_kind(r1):
    """Weighted ridge of the log MFU on the type of model, the developer left out."""
    mfu = phases.mfu_by_kind()
    assert r1[V3].setting.views.by_kind.quantile(0.5) == pytest.approx(mfu, rel=EXACT)
    hours = phases.training_gpu_hours(V3, "corpus", mfu)
    assert published_view("by_kind")["p50"] == pytest.approx(hours, rel=SIX_DIGITS)


def test_pretraining_by_both_views(r1):
    """The view by kind and the pool are reckoned here. The time of a step and its distribution come
    from the package, which holds each view at a thousand points: at the middle they lie 9e-4 apart,
    so half of that is the bound. What is published is of samples, each within its own 4,096th of
    the probability.
    """
    views = r1[V3].setting.views
    mfu = phases.pooled_middle(lambda share: float(views.step_time.quantile(share)), views.weight)
    hours = phases.training_gpu_hours(V3, "corpus", mfu)
    assert r1[V3].at_middle() == pytest.approx(hours, rel=4.5e-4)
    assert published_view("combined")["p50"] == pytest.approx(hours, rel=4.5e-4)
    assert published(V3)["gpu_hours"]["reconstructed"]["p50"] == pytest.approx(hours, rel=6.5e-4)


def test_context_extension(r1):
    name, mfu = "v3_context_extension", phases.mfu_by_kind()
    hours = sum(phases.training_gpu_hours(name, one, mfu) for one in ("to_32k", "to_128k"))
    assert r1[name].at_middle() == pytest.approx(hours, rel=EXACT)
    # the efficiency alone is uncertain, so the middle of its samples is that of the hours
    of_a_sample = efficiency.estimate(WITHOUT_OWN).spread * sqrt(2 * np.pi) / SAMPLES
    found = published(name)["gpu_hours"]["reconstructed"]["p50"]
    assert found == pytest.approx(hours, rel=of_a_sample)


def test_v3_post_training(r1):
    """The median of a cut t is integrated from its density, hence 1e-9."""
    name = "v3_post_training"
    hours = phases.fine_tuning_gpu_hours(stage(name, "sft"))
    hours += phases.reinforcement_gpu_hours(stage(name, "rl"))
    assert r1[name].at_middle() == pytest.approx(hours, rel=1e-9)


def test_reinforcement_of_r1_zero(r1):
    """By pieces of a hundred steps as the package has it, and rollout by rollout: the pieces are
    coarser by less than a thousandth.
    """
    given = stage("r1_zero_rl", "rl")
    package = r1["r1_zero_rl"].at_middle()
    by_pieces = phases.reinforcement_gpu_hours(given, phases.SEGMENTS)
    assert package == pytest.approx(by_pieces, rel=EXACT)
    assert package == pytest.approx(phases.reinforcement_gpu_hours(given), rel=1e-3)


def test_data_of_r1(r1):
    name = "r1_sft_data"
    kinds = ("math", "code", "stem", "logic", "general")
    hours = sum(phases.writing_gpu_hours(stage(name, kind)) for kind in kinds)
    assert r1[name].at_middle() == pytest.approx(hours, rel=EXACT)


def test_training_of_r1(r1):
    """The median of a cut t is integrated from its density, hence 1e-9."""
    name = "r1_training"
    hours = phases.fine_tuning_gpu_hours(stage(name, "sft"))
    hours += sum(
        phases.reinforcement_gpu_hours(stage(name, one)) for one in ("rl_first", "rl_second")
    )
    assert r1[name].at_middle() == pytest.approx(hours, rel=1e-9)


def test_every_phase_has_its_test(r1):
    """No stage is left out above."""
    named = {
        "v3_pretraining": ["corpus"],
        "v3_context_extension": ["to_32k", "to_128k"],
        "v3_post_training": ["sft", "rl"],
        "r1_zero_rl": ["rl"],
        "r1_sft_data": ["math", "code", "stem", "logic", "general"],
        "r1_training": ["sft", "rl_first", "rl_second"],
    }
    assert {one.phase.id: [part.id for part in one.phase.stages] for one in r1.phases} == named


# --- money


def test_an_owned_hour(r1, evidence):
    chip = model("deepseek-v3")["chip"]
    own = phases.owned_usd_per_gpu_hour(chip)
    hour = owned_hour_at_middle(r1.chip, r1.scenario.parameters, evidence)
    assert hour.usd_per_gpu_hour == pytest.approx(own, rel=EXACT)


def disclosed_usd() -> float:
    """Disclosed hours of all phases at the assumed rent."""
    expressions = [
        phase["disclosed"]["gpu_hours"]
        for name in ("deepseek-v3", "deepseek-r1")
        for phase in model(name)["phase"]
    ]
    rent = value(model("deepseek-r1")["price_usd_per_gpu_hour"])
    return rent * sum(value(expression) for expression in expressions)


def test_the_step_of_failed_runs_on_the_bill(r1, evidence):
    """A share of the whole that is uniform between its ends. Sorted samples lie each in its own
    4,096th of the probability, so a percentile is no more than two of these away.
    """
    line = next(one for one in model("deepseek-r1")["boundary"] if one["id"] == "with_failed_runs")
    low, high = ends(line["share"])
    assert high < 2 * low
    found = published_line("with_failed_runs")
    for name, probability in (("p05", 0.05), ("p50", 0.5), ("p95", 0.95)):
        least, most = (
            disclosed_usd() / (1 - (low + (high - low) * (probability + off / SAMPLES)))
            for off in (-2, 2)
        )
        assert least < found[name] < most
    assumed = Assumptions.of(r1.model, r1.chip, r1.scenario.parameters, evidence)
    middle = float(assumed.distributions["with_failed_runs"].quantile(0.5))
    assert middle == pytest.approx((low + high) / 2, rel=EXACT)


def test_the_bill_below_failed_runs_is_hours_times_rent():
    assert published_line("with_v3_post_training")["p50"] == pytest.approx(
        disclosed_usd(), rel=EXACT
    )
