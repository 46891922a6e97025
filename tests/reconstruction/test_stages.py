"""What the inputs of a stage are made of, and how each is distributed, by hand."""

from math import nan

import pytest

from analysis.data.facts import Fact, Facts, Row
from analysis.data.mistakes import InputError
from analysis.reconstruction.stages import (
    Borrowed,
    PretrainingStage,
    ReinforcementStage,
    Span,
    StageLayout,
    distribution,
    expressions_of,
    layout_quantities,
    stage_quantities,
    unit_of,
)


def fact(name: str, value: float, low: float = nan, high: float = nan, kind: str = "disclosed"):
    return Fact(name, "m", name, value, low, high, "tokens", kind, "read", "s", "p. 1", "")


FACTS = Facts(
    {
        "few": fact("few", 25.0, 20.0, 30.0),
        "many": fact("many", 500.0, 400.0, 600.0),
        "one": fact("one", 7.0),
        "guess": fact("guess", 9.0, kind="assumption"),
    }
)


def test_a_quantity_is_made_of_its_own_text_of_both_ends_or_of_what_it_borrows():
    assert expressions_of("one * 2") == ["one * 2"]
    assert expressions_of(Span(low="few", high="many", why="w")) == ["few", "many"]
    assert expressions_of(Borrowed(take="one", why="w")) == ["one"]


def test_a_span_reaches_from_the_low_end_of_one_fact_to_the_high_end_of_another():
    found = distribution(Span(low="few", high="many", why="w"), "tokens", FACTS)
    assert (found.low, found.high, found.shape) == (20.0, 600.0, "log_uniform")
    assert (found.basis, found.assumed) == ("few, many", True)
    assert found.rows == (Row("facts", "few"), Row("facts", "many"))


def test_an_end_of_a_span_is_a_value_where_there_is_no_range_or_arithmetic():
    found = distribution(Span(low="one", high="one + few / 5", why="w"), "tokens", FACTS)
    assert (found.low, found.high, found.shape) == (7.0, 12.0, "uniform")


def test_a_fact_is_its_range_a_borrowed_one_too_but_assumed():
    own = distribution("few", "tokens", FACTS)
    borrowed = distribution(Borrowed(take="few", why="w"), "tokens", FACTS)
    assert (own.low, own.high, own.assumed) == (20.0, 30.0, False)
    assert (borrowed.low, borrowed.high, borrowed.assumed) == (20.0, 30.0, True)
    assert distribution("guess", "tokens", FACTS).assumed


def test_arithmetic_is_one_value_that_rests_on_its_facts():
    found = distribution("few * one", "tokens", FACTS)
    assert (found.low, found.high, found.shape) == (175.0, 175.0, "constant")
    assert (found.basis, found.assumed) == ("few, one", False)
    assert found.rows == (Row("facts", "few"), Row("facts", "one"))


@pytest.mark.parametrize(
    "quantity", ["few", Borrowed(take="few", why="w"), Span(low="few", high="many", why="w")]
)
def test_a_fact_of_another_unit_is_refused(quantity):
    with pytest.raises(InputError, match="fact few: unit is tokens, expected steps"):
        distribution(quantity, "steps", FACTS)


def test_the_quantities_of_a_stage_are_those_that_are_given_limits_by_their_place():
    reading = PretrainingStage(kind="pretraining", tokens="one", seq_len_tokens="few")
    assert stage_quantities(reading) == {"tokens": "one", "seq_len_tokens": "few"}
    learning = ReinforcementStage(
        kind="reinforcement",
        gpus="g",
        prompts_per_step="p",
        samples_per_prompt="s",
        answers_per_rollout="a",
        mean_answer_tokens="m",
        limits=[{"tokens": "one"}, {"tokens": "many", "from_step": "one"}],
    )
    assert stage_quantities(learning) == {
        "gpus": "g",
        "prompts_per_step": "p",
        "samples_per_prompt": "s",
        "answers_per_rollout": "a",
        "limit_0_tokens": "one",
        "limit_1_tokens": "many",
        "mean_answer_tokens": "m",
    }
    assert [unit_of(name) for name in ("limit_1_tokens", "gpus")] == ["tokens", "chips"]


def test_the_sizes_of_a_layout_are_those_that_are_given():
    layout = StageLayout(chips="c", sequences_per_step="s", tensor_parallel="t", precision="fp8")
    assert layout_quantities(layout) == {
        "chips": "c",
        "sequences_per_step": "s",
        "tensor_parallel": "t",
    }


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, "needs tokens, or steps and sequences_per_step"),
        ({"steps": "one"}, "needs tokens, or steps and sequences_per_step"),
        ({"sequences_per_step": "one"}, "needs tokens, or steps and sequences_per_step"),
        ({"steps": "one", "sequences_per_step": "few"}, ""),
        ({"tokens": "one"}, ""),
    ],
)
def test_a_corpus_is_tokens_or_steps_of_sequences(given, missing):
    if not missing:
        PretrainingStage(kind="pretraining", seq_len_tokens="few", **given)
        return
    with pytest.raises(ValueError, match=missing):
        PretrainingStage(kind="pretraining", seq_len_tokens="few", **given)


@pytest.mark.parametrize("given", [{"mean_answer_tokens": "m"}, {"length_curve": "c"}, {}])
def test_answers_have_a_mean_length_or_a_curve(given):
    work = dict.fromkeys(
        ("gpus", "prompts_per_step", "samples_per_prompt", "answers_per_rollout"), "x"
    )
    record = {"kind": "reinforcement", "limits": [{"tokens": "l"}], **work, **given}
    if given:
        assert ReinforcementStage.model_validate(record).limits[0].tokens == "l"
        return
    with pytest.raises(ValueError, match="needs mean_answer_tokens, or a length_curve"):
        ReinforcementStage.model_validate(record)
