"""What a page shows of the bill: figures by hand, and what is not known is said."""

import re

import pytest

import analysis
from analysis.data.chips import find_chip
from analysis.data.scenario import Parameters
from analysis.reconstruction.bill_tables import (
    carbon_of,
    disclosed_lines,
    finding,
    lines,
    owned_hours,
)
from analysis.reconstruction.cards import sum_card
from analysis.reconstruction.ownership import owned_hour_at_middle


def words(shown):
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", shown)).replace("&nbsp;", " ")


def test_carbon_of_r1_zero_by_hand(account):
    row = carbon_of(account).iloc[0]
    # 101,000 hours of a chip of 700 W; servers draw 1.24 of it, the building 1.2 of that
    mwh = 101_000 * 0.7 * 1.24 * 1.2 / 1000
    assert row["MWh"] == pytest.approx(mwh, rel=1e-3)
    assert row["t CO₂, China"] == pytest.approx(mwh * 0.582, rel=1e-3)
    assert row["t CO₂, France"] == pytest.approx(mwh * 0.056, rel=1e-3)


def test_carbon_is_of_lines_on_disclosed_hours_alone(account):
    shown = carbon_of(account)
    assert len(shown) == 6 and shown["GPU-hours"].max() == 2_935_000


def test_an_owned_hour_at_the_middle_by_hand(evidence):
    chip = find_chip("H800 SXM", evidence["hardware"])
    hour = owned_hour_at_middle(chip, Parameters(), evidence)
    used_hours = 5 * 8766 * 0.8
    machines = hour.system_price_usd / (1 - hour.network_share) / used_hours
    energy = 0.7 * 1.225 * 1.29 * hour.electricity_usd_per_kwh
    hosting = 0.7 * 1.225 * hour.hosting_usd_per_kw_month * 12 / (8766 * 0.8)
    assert hour.parts == pytest.approx(
        {"machines": machines, "energy": energy, "hosting": hosting}, rel=1e-3
    )
    assert hour.usd_per_gpu_hour == pytest.approx(machines + energy + hosting, rel=1e-3)


def test_an_owned_hour_takes_what_a_parameter_sets_and_names_what_it_has_not(evidence):
    chip = find_chip("H800 SXM", evidence["hardware"])
    assert owned_hour_at_middle(chip, Parameters(utilisation=0.4), evidence).utilisation == 0.4
    with pytest.raises(AttributeError, match="no input life; there are own_system_price_usd"):
        _ = owned_hour_at_middle(chip, Parameters(), evidence).life


def test_a_chip_without_a_price_has_an_unknown_hour_and_no_row(evidence):
    known = set(evidence["purchase_prices"].chip)
    name = next(name for name in evidence["hardware"].chip if name not in known)
    hour = owned_hour_at_middle(find_chip(name, evidence["hardware"]), Parameters(), evidence)
    assert hour.usd_per_gpu_hour != hour.usd_per_gpu_hour and hour.parts == {}
    assert f">{name}</td>" not in owned_hours(evidence)


def test_the_finding_names_both_ends_of_the_bill_and_what_is_assumed(account):
    said = words(finding(account))
    assert "runs from $202K to $5.87M" in said.replace(" ,", ",")
    assert "Every line is hours times an assumed rent, $2.00 a GPU-hour" in said
    assert "No source discloses them." in said and "times the rent" in said


def test_the_finding_of_another_model_is_of_its_own_hours(evidence):
    """Llama 3.1 405B: 30.84 million hours at its rent; Kimi K2 discloses none."""
    llama = analysis.reconstruct("llama-3.1-405b", samples=256)
    usd = evidence.facts["llama31_405b_gpu_hours"].value * llama.price_usd_per_gpu_hour
    assert f"comes to ${usd / 1e6:.2f}M" in words(finding(llama))
    quiet = words(finding(analysis.reconstruct("kimi-k2", samples=256)))
    assert "No line of the bill rests on disclosed hours alone" in quiet and "5.87" not in quiet


def test_a_label_in_the_finding_is_text(edited):
    folder = edited("models/deepseek-r1.toml", 'label = "with people"', 'label = "with <b>people"')
    found = finding(analysis.reconstruct("deepseek-r1", data=folder, samples=256))
    assert "with &lt;b&gt;people" in found and "<b>" not in found


def test_a_line_has_its_address_its_interval_and_its_facts(account):
    shown = lines(account)
    assert set(re.findall(r'<tr id="(\w+)"', shown)) == set(account.bill.id)
    assert "$294K" in shown and "(beside the bill)" in shown and "<summary>" in shown


def test_the_disclosed_bill_links_the_hours_that_each_line_adds(account):
    shown = disclosed_lines(account)
    assert 'data-row="facts:r1_sft_data_gpu_hours"' in shown and "41K" in shown
    assert shown.count("<tr>") == 6


def test_hours_that_are_arithmetic_are_shown_with_it(edited):
    told = 'gpu_hours = "r1_gpu_hours"'
    folder = edited("models/deepseek-r1.toml", told, 'gpu_hours = "r1_zero_gpus * r1_hours"')
    account = analysis.reconstruct("deepseek-r1", data=folder, samples=256)
    key = "gpu_hours = r1_zero_gpus * r1_hours = facts:r1_zero_gpus"
    assert f'data-row="sum:{key}"' in disclosed_lines(account)
    card = sum_card(key, account)
    assert (card.value, card.sum) == ("41K GPU-hours", "512 GPUs × 80 hours")
    assert [part.kind for part in card.parts] == ["disclosed", "disclosed"]
