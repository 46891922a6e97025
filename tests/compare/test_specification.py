"""Bounds of a specification, each with what lies on it and what lies beyond."""

import datetime

import pandas as pd
import pytest

from analysis.compare.specification import (
    UNITS,
    PretrainingSpec,
    ReinforcementSpec,
    check_spec,
    in_units,
    read_texts,
    unit_slips,
)
from analysis.data.mistakes import InputError

KNOWN = {
    "name": "x",
    "developer": "A lab",
    "release_date": "2025-06-01",
    "params_total": 1e9,
    "params_active": 1e9,
    "tokens": 1e12,
    "hardware": "H100",
}
STEPS = {
    "kind": "reinforcement",
    "chips": 8,
    "steps": 10,
    "prompts_per_step": 4,
    "samples_per_prompt": 2,
    "mean_len": 1_000,
    "max_len": 8_000,
}


def spec(**changed):
    return PretrainingSpec(**KNOWN | changed)


def test_an_amount_may_have_a_letter_for_its_thousands():
    assert UNITS == {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}
    said = {"1.5K": 1.5e3, " 2 m ": 2e6, ".5b": 5e8, "3T": 3e12}
    assert {text: in_units(text) for text in said} == said
    assert (in_units(7.0), in_units("7"), in_units("7X"), in_units(None)) == (7.0, "7", "7X", None)


def test_active_parameters_are_not_more_than_all_but_for_rounding():
    assert spec(params_active=1e9 * 1.001)
    with pytest.raises(ValueError, match="params_active is larger than params_total"):
        spec(params_active=1.0011e9)


def test_a_chip_is_named_or_its_peak_given():
    assert spec(hardware="", peak_bf16_tflops=989.0) and spec(peak_bf16_tflops=989.0)
    with pytest.raises(ValueError, match="hardware is missing"):
        spec(hardware="")


def test_a_run_may_be_of_today_and_not_of_tomorrow():
    today = datetime.date.today()
    assert spec(release_date=today).release_date == today
    with pytest.raises(ValueError, match="is in the future"):
        spec(release_date=today + datetime.timedelta(days=1))


def test_something_multiplies_beside_the_table_that_is_looked_up():
    """A table of 1,000 words times 1,000 wide is all of a million parameters."""
    sizes = {"params_total": 1e6, "layers": 2, "d_model": 1_000, "vocab": 1_000}
    assert spec(**sizes, params_active=1e6 + 1, tied_embeddings=False)
    for counted in ("both", None):
        with pytest.raises(ValueError, match="no larger than vocab times d_model, 1e\\+06"):
            spec(**sizes, params_active=1e6, active_counts=counted)
    assert spec(**sizes, params_active=1e6, tied_embeddings=True)  # the one table multiplies
    assert spec(**sizes, params_active=1e6, active_counts="head")
    assert spec(**sizes, params_active=1e6, active_counts="neither")
    assert spec(**sizes | {"layers": None}, params_active=1e6)  # then vocab changes nothing
    assert spec(**sizes | {"d_model": None}, params_active=1e6)


def test_a_window_needs_its_global_layers_of_which_there_are_no_more_than_layers():
    assert spec(window_tokens=1_024, global_layers=10, layers=10)
    assert spec(window_tokens=1_024, global_layers=0, layers=1)
    assert spec(window_tokens=1_024, global_layers=1e4)
    assert spec(layers=1)
    with pytest.raises(ValueError, match="global_layers is larger than layers, 10"):
        spec(window_tokens=1_024, global_layers=11, layers=10)
    for one in ({"window_tokens": 1_024}, {"global_layers": 3}):
        with pytest.raises(ValueError, match="give both, or neither"):
            spec(layers=10, **one)


def test_a_run_of_reinforcement_is_synchronous_unless_told(evidence):
    rest = {name: value for name, value in KNOWN.items() if name != "tokens"}
    found = check_spec(rest | STEPS, "here", evidence)
    assert isinstance(found, ReinforcementSpec) and not found.asynchronous
    assert isinstance(check_spec(KNOWN, "here", evidence), PretrainingSpec)


def test_a_config_gives_the_parameters_unless_they_are_given(evidence):
    sizes = {"params_total", "params_active"}
    rest = {name: value for name, value in KNOWN.items() if name not in sizes}
    found = check_spec(rest | {"config": "deepseek-v3"}, "here", evidence)
    assert found.params_total == pytest.approx(671e9, rel=0.01) and found.shape is not None
    given = check_spec(KNOWN | {"config": "deepseek-v3"}, "here", evidence)
    assert (given.params_total, given.shape) == (1e9, found.shape)
    assert spec().shape is None
    with pytest.raises(InputError, match="shape is not known"):
        check_spec(KNOWN | {"shape": 1}, "here", evidence)


def test_texts_are_of_a_file_or_of_every_file_of_a_folder(tmp_path):
    for name in ("b.toml", "a.toml", "c.txt"):
        (tmp_path / name).write_text(name)
    assert list(read_texts(tmp_path).items()) == [("a.toml", "a.toml"), ("b.toml", "b.toml")]
    assert read_texts(tmp_path / "c.txt") == {"c.txt": "c.txt"}
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"holds no \.toml file"):
        read_texts(tmp_path / "empty")


def test_a_slip_of_units_is_beyond_twenty_times_a_size_and_five_times_a_ratio():
    """Sizes from 1e9 to 4e9, tokens from 1e12 to 8e12, 500 to 2,000 tokens a parameter."""
    runs = pd.DataFrame(
        {
            "params_total": [1e9, 2e9, 4e9],
            "params_active": [1e9, 2e9, 4e9],
            "tokens": [1e12, 1e12, 8e12],
        }
    )

    def slips(size, tokens):
        found = unit_slips(spec(params_total=size, params_active=size, tokens=tokens), runs)
        return [text.partition(" = ")[0] for text in found]

    ratio = "tokens per active parameter"
    assert slips(1e9, 1e12) == slips(4e9, 8e12) == []
    assert slips(80e9, 16e12) == [] and slips(80.1e9, 16e12) == ["params_total"]
    assert slips(5e7, 5e10) == [] and slips(4.9e7, 4.95e10) == ["params_total", "tokens"]
    assert slips(40e9, 160e12) == [] and slips(40e9, 162e12) == ["tokens"]
    assert slips(1e9, 10e12) == [] and slips(1e9, 10.1e12) == [ratio]
    assert slips(10e9, 1e12) == [] and slips(10e9, 0.99e12) == [ratio]


def test_a_chip_that_is_missing_is_asked_for_by_example(evidence):
    given = {"name": "A", "developer": "B", "release_date": "2025-01-01", "tokens": 1e12}
    with pytest.raises(InputError, match='such as "H100"'):
        check_spec(given | {"params_total": 1e9, "params_active": 1e9}, "run.toml", evidence)
