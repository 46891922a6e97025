"""What the estimator is told of a model, and what each phase may know."""

from types import SimpleNamespace

import pandas as pd
import pytest

from analysis.data.chips import find_chip
from analysis.data.scenario import load_scenario
from analysis.data.tables import Evidence
from analysis.data.uncertainty import constant
from analysis.physics.flop import flop_per_token
from analysis.reconstruction.ground import (
    given_by,
    ground_of,
    setting_of,
    training_mfu,
)
from analysis.reconstruction.model import configuration
from analysis.reconstruction.model_file import load_model

RUNS = pd.DataFrame({"tokens": [1e12, 2e12, 9e12], "seq_len_tokens": [2_048.0, 4_096.0, 32_768.0]})


def asked(name, evidence):
    """The run that the estimator is asked for, and the input that it gives."""
    seen = []

    def predict(run):
        seen.append(run.iloc[0])
        return [constant(0.3, "estimated"), None]

    model = load_model(name, evidence)
    chip = find_chip(model.chip, evidence["hardware"])
    estimator = SimpleNamespace(runs=RUNS, predict=predict)
    found = training_mfu(model, chip, evidence.facts, estimator)
    assert found.distribution.low == 0.3 and (found.name, found.unit) == ("mfu", "ratio")
    return model, seen[0]


def test_a_model_is_seen_as_its_first_reading_of_its_corpus(evidence):
    model, run = asked("deepseek-r1", evidence)
    assert (run.tokens, run.seq_len_tokens) == (14.8e12, 4_096)
    architecture = configuration(model, evidence.facts)
    assert run.flop_per_token == pytest.approx(float(flop_per_token(architecture, 4_096)))
    assert (run.architecture, run.chip, run.precision) == ("moe", "H800 SXM", "")
    assert (run.developer, run.release_date) == ("DeepSeek", str(model.release_date))
    assert run.params_active < run.params_total


def test_a_model_that_reads_no_corpus_is_seen_at_the_middle_of_the_runs(small_models):
    evidence = Evidence.load(small_models)
    model, run = asked("learner", evidence)
    assert (run.tokens, run.seq_len_tokens) == (2e12, 4_096)
    architecture = configuration(model, evidence.facts)
    assert run.flop_per_token == pytest.approx(float(flop_per_token(architecture, 4_096)))


def test_what_is_read_first_is_told_whatever_stands_before(small_models):
    """The model tunes before it reads, as its file has it."""
    _, run = asked("quiet", Evidence.load(small_models))
    assert (run.tokens, run.seq_len_tokens) == (14.8e12, 4_096)


def test_a_phase_sees_every_table_but_the_facts_and_no_run_of_its_own_developer(evidence):
    model = load_model("deepseek-r1", evidence)
    setting = setting_of(model.name, model.phases[0].developer, load_scenario(), evidence)
    assert set(setting.tables) == set(evidence.tables) - {"facts"}
    for name in ("training_runs", "rl_runs"):
        others = evidence[name].developer != "DeepSeek"
        assert setting.tables[name].equals(evidence[name][others]) and others.any()
    assert setting.tables["prices"].equals(evidence["prices"])


def test_what_a_phase_may_know_is_found_once_and_changed_by_nobody(evidence):
    """Of the same chip; what a scenario sets beside it is each setting's own."""

    def known(**given):
        return setting_of("deepseek-r1", "DeepSeek", load_scenario(**given), evidence)

    first, other = known(mfu=0.3), known(mfu=0.4, samples=64)
    assert first.tables is other.tables and first.mfu is other.mfu
    assert (first.parameters.mfu, other.parameters.mfu) == (0.3, 0.4)
    first.tables["prices"].drop(columns="usd_per_gpu_hour", inplace=True)
    assert other.tables["prices"].equals(evidence["prices"])
    assert known(chip="H100 SXM").chip != first.chip


def test_the_scenarios_chip_goes_before_the_models(evidence):
    for chip, name in ((None, "H800 SXM"), ("A100 80GB", "A100 80GB SXM")):
        ground = ground_of("deepseek-r1", load_scenario(chip=chip, samples=64), evidence)
        assert ground.chip.name == name
        assert {setting.chip.name for setting in ground.settings.values()} == {name}


def test_an_input_of_a_stage_alone_is_named_after_it_and_a_shared_one_is_not(evidence):
    ground = ground_of("deepseek-r1", load_scenario(samples=64), evidence)
    first = ground.inputs["r1_training"]["rl_first"]
    assert first["steps"].name == "r1_training.rl_first.rl_steps"
    assert first["steps"].label == "training steps, first reinforcement learning"
    assert first["update_mfu"].name == "rl_update_mfu"
    assert given_by(first["steps"].distribution, load_scenario().parameters) is None


def test_a_stage_at_other_parameters_is_its_work_with_these_values(evidence):
    """What a parameter set is what it gives; all else keeps its draws."""
    ground = ground_of("deepseek-r1", load_scenario(mfu=0.4, samples=64), evidence)
    stage = ground.model.phase("v3_pretraining").stages[0]
    assert ground.parameters_of("v3_pretraining", stage) == ("mfu",)
    same, half = (
        ground.stage_gpu_hours(
            "v3_pretraining", stage, load_scenario(mfu=mfu, samples=64).parameters
        )
        for mfu in (0.4, 0.2)
    )
    assert half == pytest.approx(2 * same) and same.shape == (64,)
