"""Arithmetic in figures reads as it is computed; an input says how it is known and how sure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.data.facts import Row
from analysis.data.mistakes import InputError
from analysis.data.uncertainty import Distribution, between, constant
from analysis.reconstruction.detail import widths_of
from analysis.reconstruction.input_rows import kind_of_input
from analysis.reconstruction.operands import (
    in_figures,
    input_part,
    inputs_of,
    operand,
    operands,
    words_of,
)
from tests.reconstruction.test_cards import reckoned

# --- arithmetic

NUMBERS = st.integers(1, 9).map(str)
SIGNED = NUMBERS | NUMBERS.map(lambda text: f"-{text}")
TREES = st.recursive(
    SIGNED,
    lambda inner: (
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(
            lambda of: f"({of[0]} {of[1]} {of[2]})"
        )
        | st.tuples(inner, st.sampled_from("+-*/"), inner).map(" ".join)
        | inner.map(lambda text: f"-({text})")
        | st.tuples(inner, st.sampled_from("23")).map(lambda of: f"({of[0]}) ** {of[1]}")
    ),
    max_leaves=6,
)


@given(TREES)
def test_an_expression_in_figures_comes_to_the_same(account, text):
    try:
        value = account.names.value(text, "here")
    except InputError:  # divided by nothing
        return
    assert reckoned(in_figures(text, account)) == pytest.approx(value)


@pytest.mark.parametrize(
    ("expression", "written"),
    [
        ("r1_zero_gpus * r1_zero_hours", "512 GPUs × 198 hours"),
        ("2 - (3 - 1)", "2 − (3 − 1)"),
        ("2 - 3 - 1", "2 − 3 − 1"),
        ("(2 - 3) - 1", "2 − 3 − 1"),
        ("2 / (3 * 4)", "2 ÷ (3 × 4)"),
        ("2 / 3 * 4", "2 ÷ 3 × 4"),
        ("(2 + 3) * 4", "(2 + 3) × 4"),
        ("2 + 3 * 4", "2 + 3 × 4"),
        ("2 * 3 + 4", "2 × 3 + 4"),
        ("r1_zero_gpus ** 2", "512 GPUs ^ 2"),
        ("(2 * 3) ** 2", "(2 × 3) ^ 2"),
        ("(2 ** 3) ** 2", "(2 ^ 3) ^ 2"),
        ("2 * 3 ** 2", "2 × 3 ^ 2"),
        ("(-2) ** 2", "(−2) ^ 2"),
        ("-2 ** 2", "−2 ^ 2"),
        ("2 ** -2", "2 ^ (−2)"),
        ("-(2 * 3)", "−(2 × 3)"),
        ("-(2 / 3)", "−(2 ÷ 3)"),
        ("2 * (3 / 4)", "2 × (3 ÷ 4)"),
        ("(2 / 3) ** 2", "(2 ÷ 3) ^ 2"),
        ("-2 * 3", "−2 × 3"),
        ("2 * -3", "2 × −3"),
        ("+2 * 3", "2 × 3"),
        ("1e12 * 2.50", "1e+12 × 2.5"),
    ],
)
def test_an_expression_is_written_with_the_fewest_parentheses(expression, written, account):
    assert in_figures(expression, account) == written


# --- names


def test_each_name_of_an_expression_is_an_operand_once_in_order(account):
    found = operands("r1_zero_hours * r1_zero_gpus + r1_zero_hours", account)
    assert [part.value for part in found] == ["198 hours", "512 GPUs"]
    assert operands("2 * 3", account) == []


@pytest.mark.parametrize(
    ("name", "words", "value", "kind", "row"),
    [
        ("r1_zero_gpus", "GPUs (R1 zero)", "512 GPUs", "disclosed", Row("facts", "r1_zero_gpus")),
        (
            "r1_sft_epochs__low",
            "SFT epochs (R1 sft), low end",
            "2 epochs",
            "disclosed",
            Row("facts", "r1_sft_epochs"),
        ),
        (
            "r1_sft_epochs__high",
            "SFT epochs (R1 sft), high end",
            "3 epochs",
            "disclosed",
            Row("facts", "r1_sft_epochs"),
        ),
        (
            "headline_share",
            "the headline as a share of R1 with its base",
            "5.02 %",
            "derived",
            Row("arithmetic", "headline_share"),
        ),
        (
            "own_peak_flop_s",
            "peak of one H800 SXM",
            "989.4T FLOP/s",
            "derived",
            Row("hardware", "H800 SXM"),
        ),
        (
            "llama4_scout_reference_mfu",
            "efficiency (MFU) of llama4-scout",
            "23.1 %",
            "derived",
            Row("training_runs", "llama4-scout"),
        ),
    ],
)
def test_an_operand_says_what_it_is_and_leads_to_its_row(name, words, value, kind, row, account):
    part = operand(name, account)
    assert (part.name, part.value, part.kind, part.row) == (words, value, kind, row)


def test_every_name_that_is_computed_has_words(account):
    names = account.names
    computed = {**names._computed, **names._more_names, **names._counts_at_needed_mfu()}
    words = [figure.words for figure in computed.values()]
    assert len(words) > 400 and all(words) and not any("_" in said for said in words)
    assert len(set(words)) > 0.8 * len(words)  # runs of one day share the rent of a chip
    assert words_of("rung_with_staff_added_usd_low", account).startswith(
        "low end of what is added, with people, from"
    )


def test_a_name_of_several_rows_says_how_many(account):
    said = words_of("moe_reference_runs", account)
    assert said == "runs of mixtures of experts of other developers, from 10 rows"
    assert len(account.names.named("system_price_low_h800_sxm").rows) == 2
    assert words_of("system_price_low_h800_sxm", account).endswith(", from 2 rows")


# --- inputs

ROW = Row("facts", "r1_zero_gpus")
RUN = Row("training_runs", "llama4-scout")
ASSUMED = Row("facts", "answer_length_log_sd")


def test_an_input_without_a_range_is_one_figure_and_with_one_has_its_middle_and_ninety_per_cent(
    evidence,
):
    alone = input_part("GPUs", "chips", constant(2_048, "b", rows=(ROW,)), evidence.facts)
    assert (alone.name, alone.value, alone.row) == ("GPUs", "2,048 GPUs", ROW)
    # of 1,000 to 2,000 nine in ten lie between 1,050 and 1,950; in two figures 1,100 and 2,000
    wide = between(1_000.0, 2_000.0, "b", rows=(ROW, RUN))
    part = input_part("speed", "tokens_per_s", wide, evidence.facts)
    assert part.value == "1,500 tokens/s (1,000 tokens/s to 2,000 tokens/s)"
    assert part.row is None
    narrow = between(1_234.0, 1_434.0, "b")
    part = input_part("speed", "tokens_per_s", narrow, evidence.facts)
    assert part.value == "1,300 tokens/s (1,200 tokens/s to 1,400 tokens/s)"
    assert part.row is None


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (constant(1.0, "b", rows=(ROW,)), "disclosed"),
        (constant(1.0, "b", rows=(ASSUMED,)), "assumption"),
        (constant(1.0, "b", assumed=True, rows=(ROW,)), "assumption"),
        (Distribution("constant", 1.0, 1.0, "b", parameter="mfu"), "assumption"),
        (constant(1.0, "b", rows=(RUN,)), "derived"),
        (constant(1.0, "b", rows=(ROW, RUN)), "derived"),
        (constant(1.0, "b", rows=(ROW, ROW)), "derived"),
        (constant(1.0, "b"), "derived"),
        (between(1.0, 2.0, "b"), "reconstructed"),
        (between(1.0, 2.0, "b", rows=(ROW, RUN)), "reconstructed"),
        (between(1.0, 2.0, "b", rows=(RUN,)), "reconstructed"),
    ],
)
def test_an_input_is_known_as_its_one_fact_is_or_by_how_it_was_made(found, kind, evidence):
    assert kind_of_input(found, evidence.facts) == kind
    assert input_part("x", "count", found, evidence.facts).kind == kind


def test_the_inputs_of_a_phase_begin_with_those_that_leave_it_most_uncertain(account):
    for result in account.phases:
        widest = list(widths_of(result).input)
        labels = [part.name for part in inputs_of(result)]
        assert sorted(labels) == sorted(item.label for item in result.inputs.values())
        assert [label for label in labels if label in widest][: len(widest)] == widest
        assert labels[: len(widest)] == widest
