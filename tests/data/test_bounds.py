"""What a number of the tables may be: each has a floor and a ceiling, and ends in order."""

import math

import pytest

from analysis.data.folder import default_directory, resources
from analysis.data.mistakes import InputError
from analysis.data.schema import table_of

TABLES = {resource["name"]: resource for resource in resources(default_directory())}
LARGEST = 1e40  # a dozen of them multiply, or divide, before a figure has no place


def judged(evidence, table: str, **cells: object) -> str:
    """What is said of a table of one row, the first of ours that has these cells, changed."""
    row = evidence[table].dropna(subset=[*cells]).iloc[:1].assign(**cells)
    with pytest.raises(InputError) as refused:
        table_of(TABLES[table], row.to_csv(index=False).encode())
    return str(refused.value)


def test_every_number_of_a_table_has_a_floor_and_a_ceiling():
    for resource in TABLES.values():
        for field in resource["schema"]["fields"]:
            if field["type"] in ("number", "integer"):
                limits = field["constraints"]
                floor, ceiling = limits["minimum"], limits["maximum"]
                assert 0 <= floor < ceiling <= LARGEST, (resource["name"], field["name"])
                assert floor == 0 or floor >= 1 / LARGEST


@pytest.mark.parametrize(
    ("table", "field"),
    [
        ("hardware", "peak_bf16_dense_tflops"),
        ("training_runs", "gpu_hours"),
        ("training_throughput", "tokens_per_s_per_gpu"),
        ("rl_runs", "steps"),
        ("decoding", "time_per_output_token_ms"),
        ("prices", "usd_per_gpu_hour"),
    ],
)
@pytest.mark.parametrize("value", [0.0, 1e-300, 1e300])
def test_what_divides_or_is_logged_is_neither_nothing_nor_endless(evidence, table, field, value):
    said = judged(evidence, table, **{field: value})
    assert f", {field}: found {value}, allowed is a number" in said and "minimum" in said


@pytest.mark.parametrize("value", [0.0, 1e-300])
def test_a_fact_in_a_unit_of_which_there_is_some(evidence, value):
    said = judged(evidence, "facts", value=value, low=math.nan, high=math.nan, unit="tokens")
    assert "above zero, at least 1e-06, in tokens" in said


@pytest.mark.parametrize(
    ("table", "cells", "named"),
    [
        ("facts", {"low": 3.0, "value": 2.0, "high": 4.0}, "value: found 2.0, allowed is at least"),
        ("facts", {"low": 1.0, "value": 5.0, "high": 4.0}, "high: found 4.0, allowed is at least"),
        ("hardware", {"price_usd_low": 9.0, "price_usd_high": 8.0}, "price_usd_high: found 8.0"),
        ("rl_runs", {"mean_len_tokens": 9.0, "max_len_tokens": 8.0}, "max_len_tokens: found 8.0"),
        ("timed_products", {"median_us": 9.0, "most_us": 8.0, "least_us": 1.0}, "most_us: found"),
        ("architectures", {"n_dense_layers": 9, "n_layers": 8}, "n_layers: found 8, allowed is"),
    ],
)
def test_ends_stand_in_order(evidence, table, cells, named):
    assert f", {named}" in judged(evidence, table, **cells)


def test_ends_that_are_equal_or_missing_are_in_order(evidence):
    facts = evidence["facts"]
    ranged = facts[facts.low.notna()].iloc[:3].reset_index(drop=True)
    ranged.loc[0, ["low", "high"]] = math.nan
    ranged.loc[1, ["low", "high"]] = ranged.value[1]
    ranged.loc[2, "high"] = math.nan
    table_of(TABLES["facts"], ranged.to_csv(index=False).encode())
