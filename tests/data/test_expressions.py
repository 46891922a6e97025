"""The closed grammar: what it reads, what it refuses, and that nothing else can run through it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.data.expressions import DEEPEST, LONGEST, fact_of, facts_in, parse
from analysis.data.mistakes import InputError
from analysis.data.tables import Evidence
from analysis.reconstruction.model_file import load_model
from analysis.reconstruction.names import Names

NAMES = {"a": 6.0, "b": 3.0, "a__low": 5.0}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a + b * 2", 12.0),
        ("(a + b) * 2", 18.0),
        ("a / b / 2", 1.0),
        ("a - b - 1", 2.0),
        ("-a + 1e3", 994.0),
        ("b ** 2", 9.0),
        ("b ** -1", 1 / 3),
        ("a__low * .5", 2.5),
        ("  24  ", 24.0),
    ],
)
def test_arithmetic_by_hand(text, value):
    assert parse(text).value(NAMES.__getitem__) == pytest.approx(value)


@pytest.mark.parametrize(
    "text",
    [
        "a.real",
        "a.__class__",
        "f(a)",
        "a[0]",
        "[a][0]",
        "a > b",
        "a and b",
        "not a",
        "'1' * 3",
        '"x"',
        "@a",
        "a if b else 1",
        "lambda: a",
        "(a, b)",
        "{a}",
        "a // b",
        "a % b",
        "a << b",
        "a := 1",
        "1_0",
        "1j",
        "0x10",
        "1e999",
        "__import__('os')",
        "a ** b",
        "2 ** 1e9",
        "2 ** 2 ** 2",
        "9 ** 9 ** 9",
        "(",
        "",
        "a b",
        "a\x1b",
        "a\n+ b",
        "ａ",
        "True",
        "None",
        "a" * (LONGEST + 1),
        "(" * 150 + "a" + ")" * 150,
        "-" * (DEEPEST + 1) + "a",
    ],
)
def test_all_else_is_refused_in_one_line(text):
    with pytest.raises(InputError) as caught:
        parse(text).value(NAMES.__getitem__)
    said = str(caught.value)
    assert "\n" not in said and "\x1b" not in said and len(said) < 300


@given(st.text(max_size=60))
def test_whatever_is_written_is_a_number_or_refused(text):
    try:
        found = parse(text).value(lambda name: 2.0)
    except InputError:
        return
    assert isinstance(found, float) and np.isfinite(found)


def test_a_division_by_nothing_is_refused():
    with pytest.raises(InputError, match="division by zero"):
        parse("a / (b - 3)").value(NAMES.__getitem__)


def test_names_and_the_facts_they_stand_on():
    assert parse("a__low + b * a").names == ("a__low", "b", "a")
    assert facts_in("a__low + b * a") == ["a", "b", "a"]
    assert fact_of("a_low") == "a_low"
    assert [fact_of(name) for name in ("a__high", "a__middle", "low")] == ["a", "a__middle", "low"]


def test_what_can_be_added_and_multiplied_keeps_its_kind():
    found = parse("(a + 1) * b").value({"a": np.array([1.0, 2.0]), "b": 3.0}.__getitem__)
    assert found.tolist() == [6.0, 9.0]


def test_the_end_of_a_range_that_is_not_there_is_refused(evidence):
    with pytest.raises(InputError, match="v3_cluster_gpus has no low end"):
        evidence.facts.calculate("v3_cluster_gpus__low * 2")


HARM = "__builtins__.__getitem__('eval')"


@pytest.mark.parametrize(
    ("file", "old", "place"),
    [
        ("identities.csv", "v3_total_gpu_hours,0.001", "identities.csv, v3_hours_add_up"),
        ("corrections.csv", "epoch_v2_gpu_hours,others", "corrections.csv, epoch_v2_gpu_hours"),
        ("arithmetic.csv", "v3_total_cost_usd + r1_total_cost_usd", "arithmetic.csv, line 2"),
    ],
)
def test_a_strangers_folder_runs_no_code(edited, evidence, file, old, place):
    """A cell with an attribute is one line with file, row and field; it was code once."""
    if file == "corrections.csv":
        folder = edited(file, "v2_gpu_hours_per_T,172800", f"{HARM},172800")
    else:
        folder = edited(file, old, f"{HARM},0.001" if "identities" in file else HARM)
    changed = Evidence.load(folder)
    with pytest.raises(InputError, match=place):
        changed.broken_identities()
        _ = Names(load_model("deepseek-r1", changed), changed).numbers


def test_an_expression_may_be_as_long_as_the_bound_and_no_longer():
    longest = "a" * (LONGEST - 4) + " + 1"
    assert parse(longest).names == ("a" * (LONGEST - 4),)
    with pytest.raises(InputError, match=f"{LONGEST + 1} characters are more than {LONGEST}"):
        parse(longest + "0")


def test_the_bounds_of_the_grammar_are_those_that_were_set():
    """400 characters, 24 levels and parentheses, exponents up to ten."""
    for fits, too_much in (
        ("a" * 400, "a" * 401),
        ("(" * 24 + "a" + ")" * 24, "(" * 25 + "a" + ")" * 25),
        ("-" * 23 + "a", "-" * 24 + "a"),
        ("+".join("a" * 24), "+".join("a" * 25)),
        ("a-(" * 22 + "a-a" + ")" * 22, "a-(" * 23 + "a-a" + ")" * 23),
        ("b ** 10", "b ** 10.1"),
        ("b ** -10", "b ** -11"),
    ):
        assert parse(fits).names
        with pytest.raises(InputError):
            parse(too_much)


def test_a_long_text_is_shown_by_its_beginning():
    for length, shown in ((60, "@" + "a" * 59), (61, "@" + "a" * 56 + "...")):
        with pytest.raises(InputError) as caught:
            parse("@" + "a" * (length - 1))
        assert str(caught.value).startswith(f"{shown!r} is not arithmetic on facts: '@' is not")
