"""Whether a sheet's work fits its hours, by hand."""

from math import nan

import pytest

from analysis.cli import main
from analysis.compare.card import Card
from analysis.compare.disclosure import list_cards
from analysis.compare.plausible import best_efficiency, plausible
from tests.by_hand import with_runs, with_tables

SHEET = {
    "name": "sheet",
    "model": "A model",
    "developer": "Somebody",
    "release_date": "2025-01-01",
    "params_total": 70e9,
    "params_active": 70e9,
}
PEAK = 989.4e12  # of an H100, dense BF16


def sheet(flop: float | None = None, **phase) -> Card:
    reading = {"kind": "pretraining", "chip": "H100", "tokens": 1e12, **phase}
    return Card.model_validate(SHEET | {"phase": [reading], "flop": flop})


def hours_at(share: float, work: float = 6 * 70e9 * 1e12) -> float:
    """Hours in which an H100 does the work at a share of its peak."""
    return work / (share * PEAK * 3600)


@pytest.mark.parametrize(("share", "possible"), [(0.4, True), (0.99, True), (1.01, False)])
def test_work_over_the_peak_of_the_chip_is_impossible(evidence, share, possible):
    found = plausible(sheet(gpu_hours=hours_at(share)), evidence)
    assert found.possible is possible
    assert bool(found.warnings) is (possible and share > best_efficiency(evidence))
    lines = [*found.impossible, *found.warnings]
    assert all(f"{share:.0%} of its peak of 989.4 TFLOP/s" in line for line in lines)


def test_work_at_the_very_peak_is_possible_and_at_the_very_best_is_usual(evidence, monkeypatch):
    """A thousand hours of 3,600 seconds at 989.4 TFLOP/s, whole and half."""
    monkeypatch.setattr("analysis.compare.plausible.best_efficiency", lambda evidence: 0.5)
    work = 1_000 * 3_600 * PEAK
    whole, half, more = (
        plausible(sheet(flop=share * work, gpu_hours=1_000, tokens=None), evidence)
        for share in (1.0, 0.5, 0.51)
    )
    assert whole.possible and len(whole.warnings) == 1
    assert half.possible and half.warnings == []
    assert more.possible and "are 51% of its peak of 989.4" in more.warnings[0]
    assert "above the 50% of the best run here" in more.warnings[0]


def test_hours_follow_from_chips_and_days_where_none_are_printed(evidence):
    days = hours_at(2.0) / 100 / 24
    assert not plausible(sheet(chips=100, days=days), evidence).possible
    assert plausible(sheet(chips=100, days=4 * days), evidence).possible


def test_work_that_the_sheet_states_is_held_against_all_its_hours(evidence):
    hours = hours_at(0.4)
    found = plausible(sheet(flop=2 * hours * 3600 * PEAK, gpu_hours=hours), evidence)
    assert [line.partition(":")[0] for line in found.impossible] == ["flop"]


def test_work_on_several_chips_is_held_against_the_fastest(evidence):
    """A thousand hours of each at the H100's 989.4 TFLOP/s, seven times those of an H20."""
    hours = [{"kind": "pretraining", "chip": chip, "gpu_hours": 1_000} for chip in ("H20", "H100")]
    most = 2_000 * 3_600 * PEAK
    for share, possible in ((0.99, True), (1.01, False)):
        card = Card.model_validate(SHEET | {"phase": hours, "flop": share * most})
        found = plausible(card, evidence)
        assert found.possible is possible
        said = f"in 2,000 hours of H100 SXM are {share:.0%} of its peak"
        assert said in [*found.impossible, *found.warnings][0]


@pytest.mark.parametrize(("told", "best"), [([nan, 0.4], 0.5), ([0.45, 0.6], 0.6)])
def test_the_best_run_is_that_of_the_highest_share_counted_or_told(evidence, told, best):
    made = with_runs(evidence, ("A", 0.3), ("B", 0.5))
    runs = made["training_runs"].assign(mfu_disclosed=told)
    assert best_efficiency(with_tables(made, training_runs=runs)) == pytest.approx(best)


def test_without_a_chip_or_hours_nothing_can_be_said(evidence):
    assert plausible(sheet(chip=None, gpu_hours=1.0), evidence).possible
    assert plausible(sheet(), evidence).possible
    assert plausible(sheet(tokens=None, gpu_hours=1.0), evidence).possible


@pytest.mark.parametrize(("days", "odd"), [(10, False), (10.9, False), (11.2, True), (8.9, True)])
def test_hours_off_chips_times_days_by_more_than_a_tenth_are_odd(evidence, days, odd):
    """A hundred chips for ten days are 24,000 hours."""
    card = sheet(chips=100, days=days, gpu_hours=24_000, tokens=1e9)
    found = plausible(card, evidence).warnings
    assert bool(found) is odd
    assert all("gpu_hours = 24,000, but 100 chips x" in line for line in found)


def test_an_impossible_sheet_ends_in_exit_code_two_with_its_arithmetic(tmp_path, capsys):
    path = tmp_path / "sheet.toml"
    keys = [f'{key} = "{word}"' for key, word in SHEET.items() if isinstance(word, str)]
    keys[-1] = "release_date = 2025-01-01"
    phase = '[[phase]]\nkind = "pretraining"\nchip = "H100"\ngpu_hours = 1000\ntokens = 1e12\n'
    path.write_text("\n".join([*keys, "params_total = 70e9", "params_active = 70e9", phase]))
    assert main(["card", str(path), "--json"]) == 2
    out, err = capsys.readouterr()
    assert '"possible": false' in out
    errors = [line for line in err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1 and "impossible: phase 1 (pretraining): 4.2e+23 FLOP" in errors[0]


def test_published_sheets_are_possible_but_for_those_that_are_told_apart(evidence):
    odd = {card.name for card in list_cards(evidence) if plausible(card, evidence).warnings}
    assert "palmyra-x5" in odd and "deepseek-v3" not in odd
    assert all(plausible(card, evidence).possible for card in list_cards(evidence))
