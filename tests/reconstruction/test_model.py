"""Model files: what a forker may write, and what each mistake says."""

import re
import shutil

import pytest

from analysis.data.mistakes import InputError
from analysis.data.scenario import load_scenario
from analysis.data.tables import Evidence
from analysis.reconstruction.model import configuration
from analysis.reconstruction.model_file import list_models, load_model
from analysis.reconstruction.names import Names
from analysis.reconstruction.reconstruction import reconstruct

FORK = """
title = "Fork"
developer = "Nobody"
release_date = 2026-01-01
architecture_kind = "dense"
chip = "H100"
price_usd_per_gpu_hour = "v3_rental_price_assumed"

[architecture]
params_active = "v3_params_active_stated"
n_layers = "v3_cfg_n_layers"
dim = "v3_cfg_dim"
vocab_size = "v3_cfg_vocab_size"

[[phase]]
id = "reading"
label = "Reading"
summary = "Reads."
explanation = "Reads on."

[[phase.stage]]
id = "corpus"
label = "Corpus"
kind = "pretraining"
tokens = "v3_pretraining_tokens"
seq_len_tokens = "v3_sequence_length_pretraining"
"""


@pytest.fixture
def fork(folder):
    def write(*replacements):
        text = FORK
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        (folder / "models" / "fork.toml").write_text(text)
        return Evidence.load(folder)

    return write


def test_every_model_file_loads(evidence):
    assert {"deepseek-v2", "deepseek-v3", "deepseek-r1"} <= set(list_models(evidence))
    for name in list_models(evidence):
        assert load_model(name, evidence).name == name


def test_r1_stands_on_v3_and_takes_over_its_architecture_and_checks(evidence):
    v3, r1 = load_model("deepseek-v3", evidence), load_model("deepseek-r1", evidence)
    assert [phase.id for phase in r1.phases][: len(v3.phases)] == [phase.id for phase in v3.phases]
    assert set(v3.checks) < set(r1.checks)
    assert configuration(r1, evidence.facts) == configuration(v3, evidence.facts)


def test_a_dense_model_with_nothing_disclosed_is_reconstructed(fork):
    content = reconstruct("fork", load_scenario(), fork()).to_dict()
    hours = content["phases"][0]["gpu_hours"]
    assert hours["disclosed"] is None and content["phases"][0]["error_factor"] is None
    assert content["total"]["gpu_hours"]["disclosed"] is None
    assert 0 < hours["reconstructed"]["p05"] < hours["reconstructed"]["p95"]


def test_a_chip_that_nobody_disclosed_is_assumed_with_a_reason(fork, evidence):
    assumed = 'chip = "H100"\nchip_assumed = "The chip of its other models."'
    found = load_model("fork", fork(('chip = "H100"', assumed)))
    assert found.chip_assumed == "The chip of its other models."
    assert load_model("deepseek-r1", evidence).chip_assumed == ""


def test_a_size_may_be_arithmetic_on_facts_and_a_window_is_in_tokens(fork):
    counted = ('"v3_cfg_n_layers"', '"v3_cfg_n_layers - v3_cfg_n_dense_layers"')
    evidence = fork(counted)
    model = load_model("fork", evidence)
    assert configuration(model, evidence.facts).n_layers == 61 - 3
    behind = Names(model, evidence).named("own_params_active").behind
    assert behind[1:3] == ("v3_cfg_n_layers", "v3_cfg_n_dense_layers")
    window = ("[[phase]]", 'window_tokens = "v3_cfg_dim"\n\n[[phase]]')
    with pytest.raises(InputError, match=r"window_tokens: .* unit is count, expected tokens"):
        load_model("fork", fork(window))


def test_its_efficiency_comes_from_dense_runs_and_deepseek_is_one_of_the_others(fork, evidence):
    found = reconstruct("fork", load_scenario(), fork())
    assert "dense" in found.phases[0].inputs["mfu"].distribution.basis


@pytest.mark.parametrize(
    ("replacements", "expected"),
    [
        (
            [('tokens = "v3_pretraining_tokens"\n', "")],
            "needs tokens, or steps and sequences_per_step",
        ),
        (
            [('"v3_pretraining_tokens"', '"14800000000000"')],
            "names no fact; a number is a row of facts.csv",
        ),
        (
            [('"v3_pretraining_tokens"', '{ low = "v3_pretraining_tokens", high = "2" }')],
            "models/fork.toml, reading.corpus: tokens.why is missing",
        ),
        (
            [('"v3_pretraining_tokens"', '{ take = "v3_pretraining_tokens" }')],
            "models/fork.toml, reading.corpus: tokens.why is missing",
        ),
        (
            [
                (
                    '"v3_pretraining_tokens"',
                    '{ take = "v3_pretraining_tokens", wy = "x", why = "x" }',
                )
            ],
            "models/fork.toml, reading.corpus, tokens: wy is not known; did you mean why?",
        ),
        (
            [('"v3_pretraining_tokens"', "14.8e12")],
            "reading.corpus, tokens: expected a fact's id, arithmetic on facts, { low, high, why }",
        ),
        (
            [("\ntokens = ", "\ntoken = ")],
            "fork.toml, reading.corpus: token is not known; did you mean",
        ),
        (
            [('kind = "pretraining"', 'kind = "pretrainin"')],
            "reading.corpus.kind: pretrainin is not a kind of stage; did you mean pretraining?",
        ),
        ([('kind = "pretraining"', "")], "reading.corpus: kind is missing: pretraining,"),
        ([('"v3_pretraining_tokens"', '"v3_pretraining_tokens *"')], "is not arithmetic on facts"),
        ([('"v3_pretraining_tokens"', '"v3_cluster_gpus"')], "unit is chips, expected tokens"),
        ([('dim = "v3_cfg_dim"\n', "")], "models/fork.toml, architecture: dim is missing"),
        (
            [("\nn_layers = ", "\nn_layer = ")],
            "models/fork.toml, architecture: n_layer is not known; did you mean n_layers?",
        ),
        ([('"v3_cfg_dim"', '"v3_cfg_dimm"')], "did you mean v3_cfg_dim?"),
        ([("title =", "titel =")], "models/fork.toml"),
        (
            [('architecture_kind = "dense"', 'architecture_kind = "moe"')],
            "models/fork.toml, architecture: params_total is missing",
        ),
        (
            [("[architecture]", 'stands_on = "fork"\n[architecture]')],
            "a model cannot stand on itself",
        ),
        ([("release_date = 2026-01-01", "release_date = 2026-13-01")], "fork.toml: not valid TOML"),
    ],
)
def test_a_mistake_in_a_model_file_is_one_line(fork, replacements, expected):
    with pytest.raises(InputError, match=re.escape(expected)) as caught:
        reconstruct("fork", load_scenario(), fork(*replacements))
    assert "\n" not in str(caught.value)


BILL = """
[[boundary]]
id = "whole"
label = "Whole"
short = "whole"
counts = "All."
leaves_out = "Nothing."
adds = ["reading"]
"""
MORE = """
[[phase]]
id = "whole_more"
label = "More"
summary = "Reads."
explanation = "Reads on."

[[phase.stage]]
id = "corpus"
label = "Corpus"
kind = "pretraining"
tokens = "v3_pretraining_tokens"
seq_len_tokens = "v3_sequence_length_pretraining"
"""


def test_a_phase_that_no_line_of_the_bill_adds_is_refused(fork):
    """Where there is a bill; a model without one has none to be left out of."""
    end = 'seq_len_tokens = "v3_sequence_length_pretraining"\n'
    load_model("fork", fork((end, f"{end}{BILL}")))
    load_model("fork", fork((end, f"{end}{MORE}")))
    with pytest.raises(InputError) as caught:
        load_model("fork", fork((end, f"{end}{MORE}{BILL}")))
    assert str(caught.value) == (
        "models/fork.toml, phase whole_more: no [[boundary]] adds it, so it is in no bill; "
        "the lines are whole; did you mean whole?"
    )


def test_a_disclosed_figure_is_a_check_without_being_listed(fork):
    disclosed = (
        'explanation = "Reads on."\n'
        'disclosed = { gpu_hours = "v3_pretraining_gpu_hours", usd = "v3_pretraining_cost_usd" }'
    )
    evidence = fork(
        ('explanation = "Reads on."', disclosed),
        ('"v3_pretraining_tokens"', '"v3_pretraining_gpu_hours * 1"'),
    )
    with pytest.raises(InputError, match="v3_pretraining_gpu_hours is a check of the run"):
        load_model("fork", evidence)


def test_an_unknown_curve_and_a_missing_decoding_are_named(edited, folder):
    directory = edited(
        "models/deepseek-r1.toml",
        'length_curve = "r1_zero_answer_length"',
        'length_curve = "r1_zero_answer_lengths"',
    )
    with pytest.raises(
        InputError,
        match="r1_zero_answer_lengths is not a table; did you mean r1_zero_answer_length",
    ):
        load_model("deepseek-r1", Evidence.load(directory))
    shutil.copy(directory / "models" / "deepseek-v3.toml", directory / "models" / "x.toml")
    text = (directory / "models" / "x.toml").read_text()
    (directory / "models" / "x.toml").write_text(
        re.sub(r"\[decoding\].*?\n\n", "", text, flags=re.S)
    )
    with pytest.raises(InputError, match=r"needs the model's \[decoding\]"):
        load_model("x", Evidence.load(directory))


def test_the_line_that_holds_every_phase_is_the_first_that_does(evidence):
    """A marker does not, nor a line with a part of them; a model without lines has none."""
    found = {name: load_model(name, evidence).whole for name in ("kimi-k2", "deepseek-r1")}
    assert {name: line.id for name, line in found.items()} == {
        "kimi-k2": "base_model",
        "deepseek-r1": "with_v3_post_training",
    }
    assert load_model("deepseek-v3", evidence).whole is None
