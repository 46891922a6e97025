import pytest

from analysis.data.mistakes import InputError
from analysis.data.parameters import parameters_frame
from analysis.data.scenario import (
    PARAMETER_NAMES,
    list_scenarios,
    load_scenario,
    parse_overrides,
)
from analysis.runs.references import reference_runs


def test_the_default_changes_nothing():
    scenario = load_scenario()
    assert scenario.is_default
    assert scenario.changed == {}


def test_an_override_beats_the_scenario_and_says_so():
    scenario = load_scenario("dense-efficiency", mfu=0.3)
    assert scenario.parameters.mfu == 0.3
    assert "mfu=0.3 (-p)" in scenario.summary
    assert "fact < scenario < -p" in scenario.summary


def test_none_leaves_the_scenario_alone():
    assert (
        load_scenario("dense-efficiency", mfu=None).parameters.mfu
        == load_scenario("dense-efficiency").parameters.mfu
    )


def test_dense_efficiency_is_that_of_the_run(evidence):
    runs = reference_runs(evidence).set_index("id")
    assert load_scenario("dense-efficiency").parameters.mfu == pytest.approx(
        runs.mfu["llama3.1-405b"], abs=5e-4
    )


def test_texts_and_whole_numbers_become_what_is_meant():
    parameters = load_scenario(price_usd_per_gpu_hour=3, samples="128", chip="H100").parameters
    assert isinstance(parameters.price_usd_per_gpu_hour, float)
    assert parameters.samples == 128


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"gpu_price": "3"}, "gpu_price is not a parameter; did you mean price_usd_per_gpu_hour?"),
        ({"mfu": "40"}, "mfu: input should be less than or equal to 1, found '40'"),
        ({"mfu": "0"}, "mfu: input should be greater than or equal to 0.0001"),
        ({"mfu": "nan"}, "mfu: input should be a finite number"),
        ({"mfu": "forty"}, "mfu: input should be a valid number"),
        (
            {"price_usd_per_gpu_hour": "-1"},
            "price_usd_per_gpu_hour: input should be greater than 0",
        ),
        ({"samples": "100"}, "samples: must be a power of two, found '100'"),
        ({"samples": "1e3"}, "samples: input should be a valid integer"),
        ({"seed": "-1"}, "seed: input should be greater than or equal to 0"),
    ],
)
def test_a_wrong_parameter_is_one_line(overrides, expected):
    with pytest.raises(InputError) as caught:
        load_scenario(**overrides)
    assert str(caught.value).startswith(expected)
    assert "\n" not in str(caught.value)


def test_an_unknown_scenario_names_the_nearest():
    with pytest.raises(
        InputError,
        match=r"papers is not among scenarios: .*paper, today; did you mean paper",
    ):
        load_scenario("papers")


def test_a_scenario_file_of_ones_own(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        'title = "Mine"\nmeaning = "A dearer hour."\n[parameters]\nprice_usd_per_gpu_hour = 3\n'
    )
    scenario = load_scenario(str(path))
    assert (scenario.name, scenario.parameters.price_usd_per_gpu_hour) == ("mine", 3.0)
    assert not scenario.is_default
    path.write_text('title = "Mine"\nmeaning = "?"\n[parameters]\nprise = 3\n')
    with pytest.raises(InputError, match=r"mine\.toml: prise is not a parameter"):
        load_scenario(str(path))
    path.write_text("title = ")
    with pytest.raises(InputError, match=r"mine\.toml: not valid TOML"):
        load_scenario(str(path))


@pytest.mark.parametrize("text", ["mfu", "mfu=", "=3"])
def test_an_override_without_key_or_value_is_refused(text):
    with pytest.raises(InputError, match="expected key=value"):
        parse_overrides([text])


def test_every_parameter_has_unit_bounds_and_meaning():
    frame = parameters_frame().set_index("parameter")
    assert list(frame.index) == list(PARAMETER_NAMES)
    assert (frame.unit != "").all() and frame.meaning.str.endswith(".").all()
    assert (frame.bounds[frame.index != "chip"] != "").all()


def test_scenarios_are_listed_with_what_they_set():
    assert {"paper", "dense-efficiency"} <= {scenario.name for scenario in list_scenarios()}


def test_a_parameter_is_set_once():
    with pytest.raises(InputError, match=r"^-p mfu=0\.3: mfu stands twice$"):
        parse_overrides(["mfu=0.2", "price_usd_per_gpu_hour=3", "mfu=0.3"])
