"""Accounts of Llama 3.1 and 4, Kimi K2 and GLM-4.5: their sizes meet what their makers print, and
nothing that their hours follow from is within reach.
"""

import pytest

import analysis
from analysis.data.expressions import parse
from analysis.data.mistakes import InputError
from analysis.data.prices import market_price
from analysis.data.scenario import load_scenario
from analysis.physics.flop import flop_per_token
from analysis.physics.parameters import count_parameters
from analysis.reconstruction.account import account_of
from analysis.reconstruction.ground import setting_of
from analysis.reconstruction.model import configuration
from analysis.reconstruction.model_file import load_model
from analysis.reconstruction.views import layout_of_stage
from analysis.runs.configurations import configuration_of

SAMPLES = 256
# The part that reads images is printed with Scout and not counted here. Kimi K2's maker prints
# 1.04T; its own configuration counts to 1.03T, and to what is printed with one more layer of
# experts.
PRINTED = {
    "llama-3.1-405b": ("llama31_params_total", 0.01),
    "llama-4-scout": ("l4s_params_total", 0.02),
    "llama-4-maverick": ("l4m_params_total", 0.01),
    "kimi-k2": ("k2_params_total", 0.02),
    "glm-4.5": ("glm45_params_total", 0.01),
}
DISCLOSED = {
    "llama-3.1-405b": 30.84e6,
    "llama-4-scout": 5.0e6,
    "llama-4-maverick": 2.38e6,
    "kimi-k2": None,
    "glm-4.5": None,
}
RUNS = {
    "llama-3.1-405b": "llama3.1-405b",
    "llama-4-scout": "llama4-scout",
    "llama-4-maverick": "llama4-maverick",
}


def sizes_of(name, evidence):
    return configuration(load_model(name, evidence), evidence.facts)


@pytest.mark.parametrize("name", PRINTED)
def test_the_configuration_counts_to_what_the_maker_prints(name, evidence):
    fact, tolerance = PRINTED[name]
    counted = count_parameters(sizes_of(name, evidence)).total
    assert counted == pytest.approx(evidence.facts[fact].value, rel=tolerance)


def test_glm_counts_with_its_layer_of_prediction_and_without_its_tables(evidence):
    sizes = sizes_of("glm-4.5", evidence)
    counted = count_parameters(sizes)
    printed_as = counted.total + counted.mtp - 2 * sizes.vocab_size * sizes.dim
    assert printed_as == pytest.approx(evidence.facts["glm45_params_total"].value, rel=0.001)


@pytest.mark.parametrize("name", [name for name in PRINTED if name != "glm-4.5"])
def test_the_same_sizes_stand_among_the_architectures(name, evidence):
    own, listed = sizes_of(name, evidence), configuration_of(name, evidence)
    assert count_parameters(own) == count_parameters(listed)
    assert flop_per_token(own, 8192) == flop_per_token(listed, 8192)
    assert (own.dim, own.n_layers, own.n_heads) == (listed.dim, listed.n_layers, listed.n_heads)


@pytest.mark.parametrize("name", DISCLOSED)
def test_the_account_shows_what_is_disclosed_and_estimates_every_phase(name, evidence):
    found = analysis.reconstruct(name, samples=SAMPLES)
    hours = found.to_dict()["total"]["gpu_hours"]
    assert hours["disclosed"] == DISCLOSED[name]
    assert 0 < hours["reconstructed"]["p05"] < hours["reconstructed"]["p95"]
    quotes = market_price(found.chip.name, str(found.model.release_date), evidence)
    assert found.model.rent == "release" and found.price_usd_per_gpu_hour == quotes
    first = found.bill.iloc[0]
    assert first.headline == (DISCLOSED[name] is not None)
    assert set(first.adds) <= {phase.id for phase in found.model.phases}


@pytest.mark.parametrize("name", RUNS)
def test_the_run_table_repeats_the_account(name, evidence):
    run = evidence["training_runs"].set_index("id").loc[RUNS[name]]
    model = load_model(name, evidence)
    stage = model.phases[0].stages[0].work
    printed = getattr(stage.tokens, "high", stage.tokens)
    assert run.gpu_hours == DISCLOSED[name]
    assert run.tokens == evidence.facts.calculate(printed)
    assert (run.chip, run.developer) == (model.chip, model.developer)
    assert str(model.release_date) == run.release_date


@pytest.mark.parametrize("name", RUNS)
def test_no_check_is_within_reach(name, evidence):
    model, scenario = load_model(name, evidence), load_scenario(samples=SAMPLES)
    assert model.phases[0].disclosed_as("gpu_hours") in model.checks and len(model.checks) >= 4
    for phase in model.phases:
        setting = setting_of(model.name, phase.developer, scenario, evidence)
        assert not set(model.checks) & set(setting.facts)
        with pytest.raises(InputError, match="is not a fact"):
            setting.facts[model.checks[0]]
        assert "Meta" not in set(setting.tables["training_runs"].developer)


@pytest.mark.parametrize("name", RUNS)
def test_doubled_checks_move_no_hour_and_doubled_tokens_do(name, evidence, scaled):
    model = load_model(name, evidence)
    tokens = model.phases[0].stages[0].work.tokens
    read = parse(getattr(tokens, "high", tokens)).names
    before = hours_of(name, evidence)
    assert hours_of(name, scaled(*model.checks)) == before
    assert hours_of(name, scaled(*read))["p50"] > 1.5 * before["p50"]


def hours_of(name, evidence):
    account = account_of(name, load_scenario(samples=SAMPLES), evidence)
    return account.to_dict()["total"]["gpu_hours"]["reconstructed"]


def test_the_printed_layout_of_llama_has_a_layer_in_each_turn(evidence):
    stage = load_model("llama-3.1-405b", evidence).phases[0].stages[0].work
    layout = layout_of_stage(stage, evidence.facts, "here")
    assert (layout.replicas, layout.micro_batches, layout.virtual_stages) == (128, 16, 8)
    step_tokens = layout.sequences_per_step * layout.seq_len_tokens
    assert step_tokens == pytest.approx(evidence.facts["llama31_batch_final"].value, rel=0.05)


@pytest.mark.parametrize(
    ("sum_of_parts", "printed"),
    [
        ("6 * llama31_params_total * llama31_pretraining_tokens", "llama31_flop"),
        ("l4s_co2_location + l4m_co2_location", "l4_family_co2_location"),
        ("llama4_scout_gpu_hours + llama4_maverick_gpu_hours", "llama4_total_gpu_hours"),
        (
            "glm45_general_tokens + glm45_code_tokens + glm45_repo_tokens"
            " + glm45_reasoning_tokens + glm45_long_tokens",
            "glm45_total_tokens",
        ),
    ],
)
def test_printed_parts_make_the_printed_whole(sum_of_parts, printed, evidence):
    whole = evidence.facts[printed].value
    assert evidence.facts.calculate(sum_of_parts) == pytest.approx(whole, rel=0.005)


def test_most_layers_of_llama_4_see_a_piece_and_the_others_all(evidence):
    for name, dense in (("llama-4-scout", 0), ("llama-4-maverick", 24)):
        sizes = sizes_of(name, evidence)
        assert (sizes.n_window_layers, sizes.chunked, sizes.n_dense_layers) == (36, True, dense)
        longer, short = flop_per_token(sizes, 2 * 8192), flop_per_token(sizes, 8192)
        # twelve layers of 40 heads of 128, score and value, 4,096 tokens more in the mean
        assert longer - short == pytest.approx(6 * 12 * 2 * 40 * 128 * 4096)


def test_a_chip_that_is_not_disclosed_is_assumed_and_says_so(evidence):
    said = {name: load_model(name, evidence).chip_assumed for name in PRINTED}
    assert [name for name, reason in said.items() if reason] == ["glm-4.5"]
