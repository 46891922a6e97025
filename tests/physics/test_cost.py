"""Rent, ownership and energy: the reports' own tables, a published study, how cost must move."""

import pytest

from analysis.data.chips import find_chip
from analysis.data.prices import system_price
from analysis.data.scenario import Parameters
from analysis.physics.cost import (
    capital_usd_per_gpu,
    declined_value_usd,
    energy_kwh,
    owned_parts,
    owned_usd_per_gpu_hour,
    rental_usd,
    written_off_usd_per_gpu_hour,
)
from analysis.reconstruction.ownership import OwnershipInputs


def test_the_reports_own_table(evidence):
    facts = evidence.facts
    price = facts["v3_rental_price_assumed"].value
    for hours, usd in [
        ("v3_pretraining_gpu_hours", "v3_pretraining_cost_usd"),
        ("v3_total_gpu_hours", "v3_total_cost_usd"),
        ("r1_total_gpu_hours", "r1_total_cost_usd"),
    ]:
        assert rental_usd(facts[hours].value, price) == pytest.approx(facts[usd].value, rel=1e-3)


@pytest.mark.parametrize("chip", ["H800 SXM", "H100 SXM", "A100 80GB SXM"])
def test_common_chips_have_a_price_with_their_server(chip, evidence):
    found = system_price(chip, evidence)
    assert 5e3 < found.low < found.high < 1e5


@pytest.fixture
def values(evidence):
    inputs = OwnershipInputs.of(find_chip("H800", evidence["hardware"]), Parameters(), evidence)
    return {name: float(found.quantile(0.5)) for name, found in inputs.distributions.items()}


def test_parts_add_up(values):
    assert owned_usd_per_gpu_hour(values, 700.0) == pytest.approx(
        sum(owned_parts(values, 700.0).values())
    )


@pytest.mark.parametrize(
    ("name", "cheaper"),
    [
        ("life_years", 2.0),
        ("utilisation", 1.1),
        ("system_price_usd", 0.5),
        ("pue", 0.9),
        ("electricity_usd_per_kwh", 0.5),
    ],
)
def test_what_makes_an_owned_hour_cheaper(name, cheaper, values):
    changed = {f"own_{name}": values[f"own_{name}"] * cheaper}
    assert owned_usd_per_gpu_hour(values | changed, 700.0) < owned_usd_per_gpu_hour(values, 700.0)


def test_idle_machines_cost_in_proportion(values):
    half = owned_parts(values | {"own_utilisation": values["own_utilisation"] / 2}, 700.0)
    whole = owned_parts(values, 700.0)
    assert half["machines"] == pytest.approx(2 * whole["machines"]) and half[
        "hosting"
    ] == pytest.approx(2 * whole["hosting"])
    assert half["energy"] == whole["energy"]


def test_a_machine_written_off_over_its_used_hours_costs_its_price():
    assert written_off_usd_per_gpu_hour(
        1000.0, 2.0, 0.5
    ) * 2.0 * 365.25 * 24 * 0.5 == pytest.approx(1000.0)


def test_the_network_takes_its_share_of_the_whole():
    whole = capital_usd_per_gpu(8000.0, 0.2)
    assert whole * 0.2 + 8000.0 == pytest.approx(whole)


def test_value_falls_tenfold_in_one_over_the_rate():
    assert declined_value_usd(1000.0, 0.5, 2.0) == pytest.approx(100.0)


def test_a_kilowatt_for_an_hour():
    assert energy_kwh(1.0, 1000.0, 1.0, 1.0) == 1.0
