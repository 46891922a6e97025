"""The dimension of every expression in the tables: hours come of hours, dollars of dollars.

Each word of the unit enumeration is a unit of pint. A number in an expression is a pure number,
unless it converts between units (`CONVERSIONS`), or is a figure that a source prints (`PRINTED`,
and whatever stands alone in a cell of its row, in the row's unit).
"""

import ast
import json
import re
from functools import cache

import pint
import pytest

from analysis.data.expressions import OPERATORS, fact_of, parse
from analysis.data.folder import default_directory
from analysis.data.mistakes import InputError
from analysis.reconstruction.measured import balance
from analysis.reconstruction.model_checks import quantities
from analysis.reconstruction.model_file import list_models, load_model
from analysis.reconstruction.names import Named
from analysis.reconstruction.stages import expressions_of
from analysis.show.numbers import quantity_text

REGISTRY = pint.UnitRegistry(None)
for line in (
    "second = [time]",
    "minute = 60 second",
    "hour = 60 minute",
    "day = 24 hour",
    "year = 365.25 day",
    "month = year / 12",
    "token = [text]",
    "flop = [work]",
    "chip = [machine]",
    "usd = [money]",
    "cny = [money_of_china]",
    "eur = [money_of_europe]",
    "byte = [memory]",
    "joule = [energy]",
    "kwh = 3.6e6 joule",
    "kw = kwh / hour",
    "kg_co2 = [carbon]",
    "one = 1",
    "hundredth = 0.01",
    "thousandth = 0.001",
    "millionth = 1e-6",
    "giga = 1e9",
    "million = 1e6",
    "tera = 1e12",
    "peta = 1e15",
):
    REGISTRY.define(line)

# What is counted has no dimension of its own: 16 answers for each of 32 questions are 512.
COUNTED = """
    count draws_per_kept_sample epochs models nodes pages pairs params prompts
    prompts_per_step samples samples_per_prompt samples_per_rollout samples_per_step sequences
    steps ways
"""
UNITS = dict.fromkeys(COUNTED.split(), "one") | {
    "bytes": "byte",
    "chips": "chip",
    "cny": "cny",
    "cny_per_pflops_year": "cny * second / (peta * flop * year)",
    "cny_per_server": "cny",
    "cny_per_server_month": "cny / month",
    "cny_per_usd": "cny / usd",
    "eur": "eur",
    "kg_co2": "kg_co2",
    "kwh": "kwh",
    "days": "day",
    "days_per_trillion_tokens": "day / (tera * token)",
    "flop": "flop",
    "flop_per_s": "flop / second / chip",
    "flop_per_token": "flop / token",
    "gb_per_s": "giga * byte / second",
    "gpu_hours": "chip * hour",
    "gpu_hours_per_trillion_tokens": "chip * hour / (tera * token)",
    "hours": "hour",
    "kg_co2_per_kwh": "kg_co2 / kwh",
    "log_sd": "one",
    "months": "month",
    "ms_per_token": "thousandth * second / token",
    "oom_per_year": "one / year",
    "percent": "hundredth",
    "pflops": "peta * flop / second",
    "ratio": "one",
    "samples_per_day": "one / day",
    "seconds": "second",
    "tflop_per_s": "tera * flop / second / chip",
    "times": "one",
    "tokens": "token",
    "tokens_per_day": "token / day",
    "tokens_per_s": "token / second",
    "tokens_per_s_per_gpu": "token / second / chip",
    "tokens_per_s_per_node": "token / second",
    "us": "millionth * second",
    "usd": "usd",
    "usd_per_day": "usd / day",
    "usd_per_gpu": "usd / chip",
    "usd_per_gpu_hour": "usd / (chip * hour)",
    "usd_per_kw_month": "usd / (kw * month)",
    "usd_per_kwh": "usd / kwh",
    "usd_per_million_tokens": "usd / (million * token)",
    "watts": "kw / 1000",
    "years": "year",
}
CONVERSIONS = {
    6.0: "flop / token",  # forward and backward, for each parameter
    12.0: "month / year",
    24.0: "hour / day",
    365.25: "day / year",
    1000.0: "thousandth",
    3600.0: "second / hour",
    86400.0: "second / day",
    1e12: "1 / tera",
}
PRINTED = {8192.0: "tokens"}  # longest sample of the reward models
PACKAGE = json.loads((default_directory() / "datapackage.json").read_text(encoding="utf-8"))
# `arithmetic_in` of a field: the unit of its expression, or the column with it, or the expression
# beside it that has the same
EXPRESSIONS = {
    (table["name"], field["name"]): field["arithmetic_in"]
    for table in PACKAGE["resources"]
    for field in table["schema"]["fields"]
    if "arithmetic_in" in field
}
SUMS = {key: other for key, other in EXPRESSIONS.items() if (key[0], other) in EXPRESSIONS}
OTHER_UNIT = {  # what was wrong with the figure is its unit: hours per trillion tokens as hours
    ("corrections", "guard", "epoch_v2_gpu_hours")
}
FIGURES = {key: unit for key, unit in EXPRESSIONS.items() if key not in SUMS}


def quantity(expression, named, of_number):
    """The expression's value with units: each name and each number as a quantity of pint."""

    def walk(node):
        match node:
            case ast.Name():
                found = named(node.id)
                return REGISTRY.Quantity(found.value, UNITS[found.unit])
            case ast.UnaryOp(op=ast.USub()):
                return -walk(node.operand)
            case ast.BinOp(op=ast.Pow()):
                return walk(node.left) ** ast.literal_eval(node.right)
            case ast.BinOp():
                return OPERATORS[type(node.op)](walk(node.left), walk(node.right))
            case ast.Constant():
                return REGISTRY.Quantity(node.value, of_number.get(float(node.value), "one"))

    return walk(parse(expression).tree)


def mistake(expression, unit, named, of_number=CONVERSIONS):
    """What is wrong with an expression's unit, in words; nothing where it is right."""
    try:
        found = quantity(expression, named, of_number).to(UNITS[unit]).magnitude
    except pint.DimensionalityError as error:
        return f"{expression}: {error}"
    plain = parse(expression).value(lambda name: named(name).value)
    right = found == pytest.approx(plain)
    return "" if right else f"{expression}: {found:g} with units, {plain:g} without"


def unit_of(row, unit):
    """A unit by its word, or by the column that has it."""
    return unit if unit in UNITS else row[unit]


def numbers_of(row, table):
    """The units of the numbers in a row: a figure that stands alone in a cell has the cell's."""
    figures = dict(PRINTED)
    for (other, field), unit in FIGURES.items():
        if other == table and row[field]:
            tree = parse(row[field]).tree
            if isinstance(tree, ast.Constant):
                figures[float(tree.value)] = unit_of(row, unit)
    return CONVERSIONS | {value: UNITS[unit] for value, unit in figures.items()}


def mistakes(table, field, rows, named):
    unit = FIGURES[table, field]
    found = [
        mistake(row[field], unit_of(row, unit), named, numbers_of(row, table))
        for row in rows
        if row[field] and (table, field, row["id"]) not in OTHER_UNIT
    ]
    assert found
    return [line for line in found if line]


@pytest.fixture(scope="module")
def named(account):
    """What an expression may name; the figures of the page on hours are of the dimension one."""

    @cache
    def of_page():
        return balance(account)

    def of_name(name):
        try:
            return account.names.named(name)
        except InputError:
            return Named(of_page()[name], "ratio")

    return of_name


def test_every_word_of_the_enumeration_has_a_unit():
    words = {
        word
        for table in PACKAGE["resources"]
        for field in table["schema"]["fields"]
        if field["name"] == "unit"
        for word in field["constraints"]["enum"]
    }
    assert words <= set(UNITS) and len(words) > 50
    shown = [quantity_text(2.0, word) for word in words]
    assert [text for text in shown if re.search(r" per |kw|co2|\bus\b", text)] == []


def reads_as_arithmetic(cells, facts):
    """Whether each filled cell is an expression, and some name a fact."""
    try:
        read = [parse(cell) for cell in cells if cell]
    except InputError:
        return False
    return any(fact_of(name) in facts for each in read for name in each.names)


def test_a_column_of_expressions_says_what_unit_they_have(evidence):
    """So that no table's are forgotten here."""
    found = {
        (table["name"], field["name"])
        for table in PACKAGE["resources"]
        for field in table["schema"]["fields"]
        if field["type"] == "string" and field["name"] not in table["schema"]["primaryKey"]
        if reads_as_arithmetic(evidence[table["name"]][field["name"]], evidence.facts)
    }
    assert len(found) > 15 and found <= set(EXPRESSIONS), found - set(EXPRESSIONS)


@pytest.mark.parametrize("number", sorted(set(CONVERSIONS) - {6.0}))
def test_a_conversion_is_one_in_another_unit(number):
    found = REGISTRY.Quantity(number, CONVERSIONS[number]).to("one").magnitude
    assert found == pytest.approx(1.0)


@pytest.mark.parametrize(("table", "field"), FIGURES)
def test_an_expression_has_the_unit_of_its_row(table, field, evidence, named):
    assert mistakes(table, field, evidence[table].to_dict("records"), named) == []


@pytest.mark.parametrize(("table", "field"), SUMS)
def test_both_sides_of_an_identity_are_of_one_unit(table, field, evidence, named):
    for row in evidence[table].to_dict("records"):
        side, other = row[field], row[SUMS[table, field]]
        one, right = (quantity(each, named, CONVERSIONS) for each in (side, other))
        assert one.to(right.units).magnitude == pytest.approx(
            right.magnitude, rel=row["relative_tolerance"] + 1e-9
        ), row["id"]


def test_an_expression_of_a_model_file_has_the_unit_of_its_field(evidence):
    found = [
        mistake(expression, unit, lambda name: of_fact(name, evidence))
        for model in list_models(evidence)
        for _, given, unit in quantities(load_model(model, evidence))
        for expression in expressions_of(given)
    ]
    assert len(found) > 60 and not any(found), [line for line in found if line]


def of_fact(name, evidence):
    return Named(evidence.facts.named(name), evidence.facts[fact_of(name)].unit)


@pytest.mark.parametrize(
    ("expression", "unit", "says"),
    [
        ("v3_pretraining_tokens + v3_cluster_gpus", "tokens", "Cannot convert"),
        ("v3_pretraining_tokens / v3_cluster_gpus", "tokens", "Cannot convert"),
        ("r1_zero_gpus * m1_rl_days", "gpu_hours", "with units"),
        ("v3_total_gpu_hours / v3_cluster_gpus", "days", "with units"),
        ("v3_total_gpu_hours * own_peak_flop_s", "flop", "with units"),
    ],
)
def test_a_sum_of_unlike_things_and_a_forgotten_conversion_are_noticed(
    expression, unit, says, named
):
    assert says in mistake(expression, unit, named)
