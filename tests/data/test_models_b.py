"""Four accounts by other developers: they load, their sizes add up, and no check is read.

Each figure that a table of runs holds too is the same in both places.
"""

import pytest

from analysis.data.scenario import load_scenario
from analysis.data.tables import Evidence
from analysis.physics.parameters import count_parameters
from analysis.reconstruction.model import configuration
from analysis.reconstruction.model_file import load_model
from analysis.reconstruction.reconstruction import reconstruct

# the printed total, and how far the sizes may lie from it: a name of one figure, "3B", says no more
# than to 3 %
PRINTED = {
    "olmo-3-32b": ("olmo3_params_total", 0.01),
    "smollm3-3b": ("smollm3_params_total", 0.03),
    "minimax-m1": ("m1_params_total", 0.01),
}
MODELS = ["bloom-176b", *PRINTED]
PHASES = {
    "olmo-3-32b": [
        "olmo3_pretraining",
        "olmo3_midtraining",
        "olmo3_context_extension",
        "olmo3_sft",
        "olmo3_dpo",
        "olmo3_rl",
        "olmo3_rl_extension",
    ],
    "smollm3-3b": [
        "smollm3_pretraining",
        "smollm3_context_extension",
        "smollm3_midtraining",
        "smollm3_sft",
    ],
    "bloom-176b": ["bloom_pretraining"],
    "minimax-m1": [
        "m1_base_pretraining",
        "m1_base_context_extension",
        "m1_continued_pretraining",
        "m1_rl",
    ],
}
SAME_AS = {
    ("training_runs", "bloom-176b"): {
        "tokens": "bloom_tokens",
        "seq_len_tokens": "bloom_seq_len",
        "chips": "bloom_gpus",
        "gpu_hours": "bloom_gpu_hours",
        "days": "bloom_days",
    },
    ("training_runs", "smollm3-3b"): {
        "tokens": "smollm3_pretraining_tokens",
        "seq_len_tokens": "smollm3_seq_len",
        "chips": "smollm3_gpus",
        "days": "smollm3_days",
    },
    ("training_runs", "olmo3-32b"): {
        "tokens": "olmo3_pretraining_tokens",
        "seq_len_tokens": "olmo3_pretraining_seq_len",
        "gpu_hours": "olmo3_32b_pretrain_hours",
        "mfu_disclosed": "olmo3_mfu",
    },
    ("training_runs", "minimax-m1-rl"): {
        "params_total": "m1_params_total",
        "params_active": "m1_params_active",
        "chips": "m1_rl_gpus",
        "days": "m1_rl_days",
    },
    ("rl_runs", "olmo3_32b_first"): {
        "chips": "olmo3_rl_gpus",
        "days": "olmo3_rl_days",
        "steps": "olmo3_rl_steps",
        "prompts_per_step": "olmo3_rl_prompts_per_step",
        "samples_per_prompt": "olmo3_rl_samples_per_prompt",
        "max_len_tokens": "olmo3_rl_max_len",
        "mean_len_tokens": "olmo3_rl_mean_len",
    },
    ("rl_runs", "olmo31_32b_ext"): {"days": "olmo3_rl31_days"},
    ("metered_energy", "olmo3-32b"): {"energy_kwh": "olmo3_energy_base"},
    ("metered_energy", "bloom-176b"): {"energy_kwh": "bloom_energy_dynamic"},
    ("training_throughput", "bloom-176b-384"): {
        "sequences_per_step": "bloom_batch_final",
        "sequences_per_micro_batch": "bloom_micro_batch",
        "tensor_parallel": "bloom_tensor_parallel",
        "pipeline_parallel": "bloom_pipeline_parallel",
    },
}


def reconstructed(model, evidence):
    """Every percentile of every phase, and the hours that are disclosed."""
    scenario = load_scenario("paper", evidence.directory, samples=1024, price_usd_per_gpu_hour=2.0)
    phases = reconstruct(model, scenario, evidence).to_dict()["phases"]
    keys = ("flop", "mfu")
    ours = [
        [row["gpu_hours"]["reconstructed"], row["usd"]["reconstructed"], *(row[k] for k in keys)]
        for row in phases
    ]
    return ours, [row["gpu_hours"]["disclosed"] for row in phases]


@pytest.mark.parametrize("model", MODELS)
def test_it_loads_with_its_phases_in_order(model, evidence):
    loaded = load_model(model, evidence)
    assert [phase.id for phase in loaded.phases] == PHASES[model]
    added = [phase for boundary in loaded.boundaries for phase in boundary.adds]
    assert sorted(added) == sorted(PHASES[model])
    assert loaded.boundaries[0].headline


@pytest.mark.parametrize("model", PRINTED)
def test_its_sizes_add_up_to_the_printed_total(model, evidence):
    fact, tolerance = PRINTED[model]
    counted = count_parameters(configuration(load_model(model, evidence), evidence.facts))
    assert counted.total == pytest.approx(evidence.facts[fact].value, rel=tolerance)


def test_bloom_adds_up_to_its_layers_and_its_embedding(evidence):
    counted = count_parameters(configuration(load_model("bloom-176b", evidence), evidence.facts))
    printed = evidence.facts.calculate(
        "bloom_cfg_layers * bloom_layer_params + bloom_embedding_params"
    )
    assert counted.total == pytest.approx(printed, rel=1e-4)
    runs = evidence["training_runs"].set_index("id")
    assert counted.total == pytest.approx(runs.params_total["bloom-176b"], rel=1e-4)


def test_the_active_parameters_of_m1_are_printed_without_either_table(evidence):
    counted = count_parameters(configuration(load_model("minimax-m1", evidence), evidence.facts))
    table = evidence.facts.calculate("m1_cfg_vocab * m1_cfg_hidden_size")
    printed = evidence.facts["m1_params_active"].value
    assert counted.active_with_head - table == pytest.approx(printed, rel=1e-2)
    layers = "m1_cfg_softmax_layers + m1_cfg_linear_layers"
    assert evidence.facts.calculate(layers) == evidence.facts["m1_cfg_layers"].value


@pytest.mark.parametrize("model", MODELS)
def test_doubling_every_check_moves_what_is_disclosed_and_nothing_reconstructed(
    model, evidence, scaled
):
    before, disclosed = reconstructed(model, evidence)
    after, doubled = reconstructed(model, scaled(*load_model(model, evidence).checks))
    assert after == before
    assert doubled == [hours and pytest.approx(2 * hours) for hours in disclosed]
    assert any(disclosed)


@pytest.mark.parametrize(
    ("model", "fact"),
    [
        ("olmo-3-32b", "olmo3_rl_steps"),
        ("smollm3-3b", "smollm3_sft_tokens_dataset"),
        ("bloom-176b", "bloom_tokens"),
        ("minimax-m1", "m1_continual_tokens"),
    ],
)
def test_doubling_an_input_moves_what_is_reconstructed_and_nothing_disclosed(
    model, fact, evidence, scaled
):
    before, disclosed = reconstructed(model, evidence)
    after, unmoved = reconstructed(model, scaled(fact))
    assert after != before and unmoved == disclosed


@pytest.mark.parametrize("row", SAME_AS, ids=" ".join)
def test_a_table_that_holds_the_same_figure_agrees(row, evidence):
    table, name = row
    found = evidence[table].set_index("id").loc[name]
    for column, fact in SAME_AS[row].items():
        assert found[column] == evidence.facts[fact].value, (column, fact)


OWN_ROWS = {
    "training_runs": ("developer", ["gpu_hours", "days", "mfu_disclosed"]),
    "rl_runs": ("developer", ["days", "gpu_hours", "step_seconds", "steps"]),
    "training_throughput": ("who", ["tokens_per_s_per_gpu", "tflops_per_gpu", "step_seconds"]),
}


def by_each_view(model, evidence):
    """Hours of every phase, of one with a layout by kind and by step time apart.

    The weight that pools the two is of other developers' runs, but those are predicted with the
    rows of all developers but their own.
    """
    scenario = load_scenario("paper", evidence.directory, samples=1024, price_usd_per_gpu_hour=2.0)
    phases = reconstruct(model, scenario, evidence).to_dict()["phases"]
    return [
        [view["gpu_hours"] for view in row["views"] if view["id"] != "combined"]
        if row["views"]
        else row["gpu_hours"]["reconstructed"]
        for row in phases
    ]


@pytest.mark.parametrize("model", MODELS)
def test_no_view_reads_what_its_developer_measured(model, evidence):
    developer = load_model(model, evidence).developer
    tables, doubled = {name: evidence[name] for name in evidence.tables}, 0
    for name, (column, measured) in OWN_ROWS.items():
        own = tables[name][column] == developer
        tables[name].loc[own, measured] *= 2.0
        doubled += own.sum()
    assert doubled
    changed = Evidence.of(evidence.directory, tables)
    assert by_each_view(model, changed) == by_each_view(model, evidence)


TELLING = {"gpu_hours", "hours", "days", "months", "usd", "kwh", "kg_co2", "seconds", "watts"}
TELLING |= {"tokens_per_s_per_gpu"}
OF_OTHER_WORK = {"bloom_cost_usd", "bloom_project_a100_allocation"}


@pytest.mark.parametrize("model", MODELS)
def test_every_fact_from_which_hours_follow_is_a_check(model, evidence):
    checks = load_model(model, evidence).checks
    for fact in evidence.facts.values():
        if fact.subject == model and (fact.unit in TELLING or "mfu" in fact.id.split("_")):
            assert fact.id in checks or fact.id in OF_OTHER_WORK, fact.id
