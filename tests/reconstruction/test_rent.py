"""What a GPU-hour is rented for: as set, as chosen, as the sources assume, as quoted."""

import dataclasses

import pytest

from analysis.data.mistakes import InputError
from analysis.data.prices import market_price, newest_quote, quarter_middle
from analysis.data.scenario import load_scenario
from analysis.reconstruction.model_file import load_model
from analysis.reconstruction.rent import rent_of


@pytest.fixture
def model(evidence):
    return load_model("deepseek-v3", evidence)


def chosen(rent=None, **parameters):
    return dataclasses.replace(load_scenario(**parameters), rent=rent)


def test_what_is_set_goes_before_a_choice_and_a_choice_before_the_sources_own(evidence, model):
    own = rent_of(model, chosen(), evidence)
    assert own.usd_per_gpu_hour == evidence.facts[own.fact].value == 2.0
    market = rent_of(model, chosen("today"), evidence)
    assert market.fact is None and market.usd_per_gpu_hour != own.usd_per_gpu_hour
    both = rent_of(model, chosen("today", price_usd_per_gpu_hour=3.0), evidence)
    assert (both.usd_per_gpu_hour, both.says) == (3.0, "That price is set for this edition.")


def test_a_choice_of_the_scenario_goes_before_one_of_the_model(evidence, model):
    unnamed = model.model_copy(update={"price_usd_per_gpu_hour": None, "rent": "owned"})
    owned = rent_of(unnamed, chosen(), evidence)
    assert "owned" in owned.says
    released = rent_of(unnamed, chosen("release"), evidence)
    price = market_price("H800 SXM", str(model.release_date), evidence)
    assert released.usd_per_gpu_hour == price
    plain = model.model_copy(update={"price_usd_per_gpu_hour": None})
    assert rent_of(plain, chosen(), evidence) == released


@pytest.mark.parametrize(("quarter", "day"), [("2024q1", "2024-02-15"), ("2025q4", "2025-11-15")])
def test_a_quarter_is_its_middle(evidence, model, quarter, day):
    assert quarter_middle(quarter) == day
    other = chosen(quarter, chip="A100 80GB SXM")
    rent = rent_of(model, other, evidence)
    assert rent.usd_per_gpu_hour == market_price("A100 80GB SXM", day, evidence)
    assert quarter in rent.says


def test_the_newest_quotes_are_of_the_newest_day(evidence, model):
    prices = evidence["prices"]
    day = newest_quote("H100 SXM", evidence)
    assert day == prices.date[prices.chip == "H100 SXM"].max()
    rent = rent_of(model, chosen("today", chip="H100 SXM"), evidence)
    assert rent.usd_per_gpu_hour == market_price("H100 SXM", day, evidence)


def test_owned_hours_are_cheaper_the_more_they_are_used(evidence, model):
    rents = [
        rent_of(model, chosen("owned", utilisation=share), evidence).usd_per_gpu_hour
        for share in (0.4, 0.8)
    ]
    assert 0 < rents[1] < rents[0] < 2.0 * rents[1]


def test_an_owned_hour_of_an_h800_by_hand(evidence, model):
    """$40,379 and its network over five years at 80 %; 700 W and what is beside it, at 8.7 cents,
    and a place for it at $179.06 a month.
    """
    used_hours = 5 * 8_766 * 0.8
    kw = 0.7 * 1.225
    by_hand = 40_379.1 / (1 - 0.154784) / used_hours + kw * 1.29 * 0.087
    by_hand += kw * 179.06 * 12 * 5 / used_hours
    assert rent_of(model, chosen("owned"), evidence).usd_per_gpu_hour == pytest.approx(by_hand)
    other = rent_of(model, chosen("owned", chip="H100 SXM"), evidence).usd_per_gpu_hour
    assert other != pytest.approx(by_hand, rel=1e-3)


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        (None, "That price is what its own sources assume."),
        ("release", "That price is the middle of the quotes for its chip near its release."),
        ("2024q3", "That price is the quote for its chip nearest to the quarter 2024q3."),
        ("today", "That price is the newest quote for its chip."),
        ("owned", "That price is what an hour of an owned chip costs, each input at its middle."),
    ],
)
def test_each_choice_says_why(evidence, model, choice, says):
    found = rent_of(model, chosen(choice), evidence)
    assert found.says == says
    assert found.fact == (model.price_usd_per_gpu_hour if choice is None else None)


@pytest.mark.parametrize("choice", ["release", "2024q3", "today", "owned", None])
def test_a_rent_names_the_quotes_that_it_is_the_middle_of(evidence, model, choice):
    found = rent_of(model, chosen(choice), evidence)
    assert bool(found.quotes) == (choice not in ("owned", None))
    if found.quotes:
        rows = evidence["prices"].set_index("id").loc[[*found.quotes]]
        assert found.usd_per_gpu_hour == rows.usd_per_gpu_hour.median()
        assert {*rows.chip} == {"H800 SXM"} and rows.date.is_monotonic_increasing


def test_a_price_in_another_unit_is_refused(evidence, model):
    wrong = model.model_copy(update={"price_usd_per_gpu_hour": "r1_zero_gpus"})
    with pytest.raises(InputError, match="r1_zero_gpus: unit is chips, expected usd_per_gpu_hour"):
        rent_of(wrong, chosen(), evidence)


def test_a_chip_without_quotes_or_without_a_price_is_one_line(evidence, model):
    with pytest.raises(InputError, match="no quote for CS-3 is known"):
        rent_of(model, chosen("today", chip="CS-3"), evidence)
    with pytest.raises(InputError, match="no price of TPU v2 is known, so none to own it"):
        rent_of(model, chosen("owned", chip="TPU v2"), evidence)


def test_the_scenarios_at_hand_change_dollars_and_say_so(evidence):
    found = {name: load_scenario(name) for name in ("market-2025q1", "today", "owned")}
    assert {scenario.rent for scenario in found.values()} == {"2025q1", "today", "owned"}
    assert all(
        "rent" in scenario.summary and "no hour" in scenario.meaning for scenario in found.values()
    )


def test_a_rent_that_is_no_choice_is_one_line(tmp_path):
    path = tmp_path / "mine.toml"
    for given, near in (("2025", ""), ("realease", "; did you mean release?")):
        path.write_text(f'title = "Mine"\nmeaning = "Mine."\nrent = "{given}"\n')
        with pytest.raises(InputError) as caught:
            load_scenario(str(path))
        assert str(caught.value) == (
            "mine.toml, rent: allowed are release, today, owned, and a quarter such as 2025q1"
            f"{near}, found '{given}'"
        )
