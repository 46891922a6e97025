"""Energy that was metered beside ours: sums by hand, and what no meter stands behind."""

import ast
import re
from statistics import median

import pytest

from analysis.check.metered import metered, metered_energy
from analysis.data.mistakes import InputError
from analysis.data.scenario import load_scenario
from analysis.data.tables import Evidence
from analysis.reconstruction.account import account_of
from tests.conftest import ROOT

JOULE_PER_KWH = 3.6e6


def in_words(page):
    """A page without its tags."""
    return re.sub("<[^>]*>", "", page).replace("\xa0", " ").replace("&nbsp;", " ")


@pytest.fixture(scope="module")
def found(account):
    return metered_energy(account).set_index("id")


def test_a_run_metered_at_its_chips_by_hand(found):
    # 1,050,000 hours at a rating of 700 W are 735 MWh, of which the chips drew 681
    assert found.ours_kwh["olmo3-32b"] == pytest.approx(735_000)
    assert found.ratio["olmo3-32b"] == pytest.approx(0.9265, abs=1e-4)


def test_a_run_metered_at_its_building_by_hand(found):
    # 10,000 V100 of 300 W for 14.8 days, 1.24 of it at the servers, 1.2 of that at the building
    ours = 10_000 * 14.8 * 24 * 0.3 * 1.24 * 1.2
    assert found.ours_kwh["gpt-3"] == pytest.approx(ours)
    assert found.ratio["gpt-3"] == pytest.approx(1_287_000 / ours)
    assert found.machines_per_rating["gpt-3"] == pytest.approx(330 / 300, rel=0.01)


def test_a_benchmark_is_counted_in_joules_and_minutes(found):
    assert found.energy_kwh["smc-lora-8"] == pytest.approx(12_127_904 / JOULE_PER_KWH, rel=1e-6)
    assert found.gpu_hours["smc-lora-8"] == pytest.approx(8 * 29.10069 / 60, rel=1e-6)
    assert found.gpu_hours["smc-lora-512"] == pytest.approx(512 * 2.10304 / 60, rel=1e-6)


def test_hours_are_chips_times_time_and_energy_power_times_hours(found):
    google = {"t5-11b": (20, 310), "meena-2.6b": (30, 289), "gshard-600b": (3.1, 288)}
    for name, (days, watts) in google.items():
        run = found.loc[name]
        assert run.gpu_hours == pytest.approx(run.chips * days * 24, rel=1e-5), name
        assert run.energy_kwh == pytest.approx(run.gpu_hours * watts * run.pue / 1000, rel=0.01)


def test_energy_that_is_the_rating_times_hours_is_left_out(found):
    """One row a fault: what equals the rating to a thousandth was not metered."""
    building = found.pue.fillna(1.0) * found.machines_per_rating
    computed = abs(building / found.pue.fillna(1.0) - 1.0) < 1e-3
    assert set(found.index[computed]) == {"bloom-176b", "granite3.0-8b", "glm-130b"}
    assert (found.left_out[computed] == "rating times hours").all()


def test_three_developers_or_more_metered_a_run(found):
    runs = found[(found.left_out == "") & (found.kind == "run")]
    assert runs.developer.nunique() >= 3


def test_the_power_of_a_server_is_the_middle_and_the_ends_of_its_meterings(found, evidence):
    power = evidence.facts["node_power_per_tdp"]
    ids = ["gpt-3", "smc-lora-8", "smc-lora-64", "smc-lora-512"]
    node = evidence.facts["h100_node_power_w"].value / (8 * 700)
    readings = [*found.machines_per_rating[ids], node]
    ends = (min(readings), median(readings), max(readings))
    assert (power.low, power.value, power.high) == pytest.approx(ends, abs=0.005)


def test_the_sentence_counts_runs_and_no_benchmark(account):
    said = in_words(metered(account))
    assert said.startswith("The meters of 8 runs by 3 developers read 0.40 to 0.93 times what our")
    assert "On GPUs they read 0.81 to 0.93 times as much" in said
    assert re.search("BLOOM 176B *BigScience *rating times hours", said)


def test_the_datacentre_is_the_accounts(account, evidence):
    wide = account_of("deepseek-r1", load_scenario(pue=1.5), evidence)
    after, before = (metered_energy(one).set_index("id").ours_kwh for one in (wide, account))
    assert after["gpt-3"] == pytest.approx(before["gpt-3"] * 1.5 / 1.2)
    assert after["olmo3-7b"] == before["olmo3-7b"]


def test_without_a_metered_run_the_page_says_so(evidence):
    rows = evidence["metered_energy"]
    tables = {name: evidence[name] for name in evidence.tables}
    tables["metered_energy"] = rows[rows.left_out != ""].reset_index(drop=True)
    few = Evidence.of(evidence.directory, tables)
    said = metered(account_of("deepseek-r1", load_scenario(), few))
    assert "No run whose energy was metered" in said


def test_a_meter_of_another_kind_is_refused(edited):
    old, new = "H100 SXM,,234000,chips,", "H100 SXM,,234000,racks,"
    with pytest.raises(InputError) as caught:
        Evidence.load(edited("metered_energy.csv", old, new))
    assert str(caught.value).startswith("metered_energy.csv, line 2") and "racks" in str(
        caught.value
    )


def test_what_a_gpu_is_stands_in_the_data_and_no_maker_in_the_code(evidence):
    chips = evidence["hardware"]
    tables = {name: evidence[name] for name in evidence.tables}

    def said(**changed):
        other = Evidence.of(evidence.directory, tables | {"hardware": chips.assign(**changed)})
        return in_words(metered(account_of("deepseek-r1", load_scenario(), other)))

    assert "0.81 to 0.93 times" in said(vendor="Somebody")
    as_gpu = chips.kind.astype(str).mask(chips.chip == "TPU v3", "GPU")
    assert "0.81 to 0.93 times" not in said(kind=as_gpu)


def test_no_code_names_a_maker_of_chips(evidence):
    written = [
        (path.name, node.value)
        for path in ROOT.glob("analysis/**/*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
    ]
    makers = set(evidence["hardware"].vendor)
    assert len(makers) > 5 and [one for one in written if one[1] in makers] == []
