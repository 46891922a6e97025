from dataclasses import replace

import numpy as np
import pytest

import analysis
from analysis.data.scenario import load_scenario
from analysis.physics.rollout import generation_gpu_hours
from analysis.reconstruction import reinforcement
from analysis.reconstruction.fine_tuning import decode_throughput_input, generation_work
from analysis.reconstruction.ground import setting_of
from analysis.reconstruction.model_file import load_model
from tests.by_hand import with_facts


@pytest.fixture(scope="module")
def setting(evidence):
    model = load_model("deepseek-r1", evidence)
    return setting_of(model.name, model.developer, load_scenario(), evidence)


def test_a_day_of_the_serving_fleet_comes_out_of_its_rate(evidence):
    """The nodes that write a day's output at the printed rate, within the printed mean of nodes."""
    facts = evidence.facts
    hours = generation_gpu_hours(
        facts["serving_output_tokens_day"].value,
        facts.calculate("serving_decode_tok_s_node / gpus_per_server"),
    )
    assert 0 < hours / 24 / facts["gpus_per_server"].value < facts["serving_nodes_mean"].value


def test_hours_follow_draws_and_parts_add_up(setting):
    def work(draws):
        return generation_work(
            None,
            {
                "samples": np.array([1e5]),
                "mean_tokens": np.array([5e3]),
                "tokens_per_s_per_gpu": np.array([1e3]),
                "draws_per_kept_sample": np.array([draws]),
            },
            setting,
        )

    assert work(3.0).gpu_hours == pytest.approx(3 * work(1.0).gpu_hours)
    assert work(1.0).parts["answers thrown away"] == 0
    assert sum(work(3.0).parts.values()) == pytest.approx(work(3.0).gpu_hours)


def test_throughput_prior_holds_the_own_fleet_once(setting, evidence):
    found = decode_throughput_input(setting).distribution
    own = evidence.facts.calculate("serving_decode_tok_s_node / gpus_per_server")
    assert found.quantile(0.05) < own < found.quantile(0.95)


@pytest.mark.parametrize(("fewest", "shape"), [(2.0, "log_t"), (1e3, "log_uniform")])
def test_from_how_many_developers_students_t_is_drawn_is_a_fact(evidence, setting, fewest, shape):
    """Of writing speeds, and of all that other developers' steps say."""
    facts = with_facts(evidence, fewest_developers_for_t=fewest).facts
    stage = load_model("deepseek-r1", evidence).phase("r1_zero_rl").stages[0].work
    stage = stage.model_copy(update={"steps": None})
    found = reinforcement.inputs(stage, replace(setting, facts=facts))
    for field in ("tokens_per_s_per_gpu", "update_mfu", "fixed_seconds", "steps"):
        assert found[field].distribution.shape == shape, field


def test_a_family_without_rates_takes_those_of_all_and_says_that_it_assumes(small_models):
    account = analysis.reconstruct("learner", data=small_models, samples=64)
    found = account["learning"].inputs["decode_tokens_per_s_per_gpu"].distribution
    assert found.assumed and found.basis.startswith("decode throughput of other models")


def test_only_rates_of_the_models_own_family_count(setting):
    found = decode_throughput_input(setting).distribution
    rows = setting.tables["decoding"]
    rows = rows[(rows.unfit_as_throughput == "") & rows.tokens_per_s_per_gpu.notna()]
    own = rows[rows.model_family == setting.decoding.family]
    assert len(own) < len(rows) and f"{len(own) + 1} rows" in found.basis and not found.assumed
