"""What a sheet fills of the forms of others, and the EU's form of it in words."""

import datetime

import pandas as pd
import pytest

from analysis.cli import main
from analysis.compare.card import Card
from analysis.compare.disclosure import list_cards, load_card
from analysis.compare.estimate import estimate
from analysis.compare.forms import agreement, eu_form, filled, run_of
from tests.by_hand import with_tables
from tests.compare.test_plausible import SHEET, sheet

METHOD = "hours times the rated power of the chip, a server's share beside it, and the building's"


def test_forms_name_fields_of_the_sheet(evidence):
    known = {*Card.model_fields, *(f"phase.{name}" for name in sheet().phase[0].model_dump())}
    for row in evidence["disclosure_forms"].itertuples():
        assert set(filter(None, row.card_field.split("|"))) <= known, row.id


def test_what_a_sheet_fills_of_a_form_moves_to_the_other_list_when_it_is_filled(evidence):
    before, after = (filled(card, "fmti", evidence) for card in (sheet(), sheet(flop=1e24)))
    assert len(before["filled"]) + len(before["missing"]) == 10
    method = sheet(flop=1e24).model_copy(update={"flop_method": "6ND"})
    assert set(before["missing"]) >= set(after["missing"])
    assert len(filled(method, "fmti", evidence)["filled"]) == len(before["filled"]) + 1


def test_our_sheets_and_the_index_agree_but_for_what_is_listed(evidence):
    found = agreement(list_cards(evidence), evidence)
    assert set(found.company) == {"Alibaba", "DeepSeek", "Meta", "Writer"}
    assert found.groupby("model").size().eq(10).all()
    writer = found[found.company == "Writer"]
    assert writer.ours.all() and writer.theirs.all()


def test_an_estimate_in_the_form_is_marked_as_one(evidence):
    """42e22 FLOP; a thousand hours at 700 W, times server and building."""
    form = eu_form(sheet(gpu_hours=1e6), evidence)
    assert "ESTIMATE 4.2e+23: six FLOP for each active parameter" in form
    facts = evidence.facts
    mwh = 1e3 * 0.7 * facts["node_power_per_tdp"].value * facts["datacentre_pue"].value
    assert f"ESTIMATE {mwh:.2g}: hours times the rated power" in form
    told = eu_form(load_card("palmyra-x5", evidence), evidence)
    assert "1.2e+24; 6 x active" in told and "ESTIMATE" not in told
    assert "to estimate it from" in eu_form(sheet(chip=None, tokens=None), evidence)
    guessed = eu_form(sheet(), evidence)
    assert "the hours themselves are estimated" in guessed


def test_the_command_writes_the_form(capsys):
    assert main(["card", "deepseek-v3", "--eu-form"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("# DeepSeek-V3") and "**Energy of training (MWh)**" in out


# --- by hand


def lines_of(card, evidence) -> dict[str, str]:
    """The lines of the form by their names."""
    told = [line.removeprefix("- **").split("**: ") for line in eu_form(card, evidence).split("\n")]
    return dict(line for line in told if len(line) == 2)


def of_phases(*phases, **keys) -> Card:
    return Card.model_validate(SHEET | {"phase": list(phases)} | keys)


READING = {"kind": "pretraining", "chip": "H100", "tokens": 1e12}
TUNING = {"kind": "fine_tuning", "chip": "A100 80GB SXM", "tokens": 5e11}


def made_forms(evidence):
    """Two forms of a field or two, and what an index scored of three models."""
    rows = [
        ("f.both", "f", "Work", "flop|flop_method"),
        ("f.days", "f", "Days", "phase.days"),
        ("f.none", "f", "Inference", ""),
        ("fmti.both", "fmti", "Work of a run", "flop|flop_method"),
        ("fmti.size", "fmti", "Size", "params_total"),
    ]
    scores = [
        ("A model 2", "S", "both", 1),
        ("A model 2", "S", "size", 1),
        ("model", "T", "size", 0),
        ("Another", "U", "size", 0),
    ]
    return with_tables(
        evidence,
        disclosure_forms=pd.DataFrame(rows, columns=["id", "form", "field", "card_field"]),
        fmti_scores=pd.DataFrame(scores, columns=["model", "company", "indicator", "score"]),
    )


@pytest.mark.parametrize(
    ("keys", "days", "held"),
    [
        ({}, None, []),
        ({"flop": 1e24}, None, []),
        ({"flop": 1e24, "flop_method": "6ND"}, None, ["Work"]),
        ({}, 3, ["Days"]),
    ],
)
def test_a_field_is_filled_when_all_that_it_asks_is_there_in_the_first_phase(
    evidence, keys, days, held
):
    card = of_phases(READING | {"days": days}, TUNING | {"days": 9}, **keys)
    found = filled(card, "f", made_forms(evidence))
    assert found == {
        "filled": held,
        "missing": [name for name in ("Work", "Days") if name not in held],
    }


def test_our_reading_beside_the_indexs_own_by_hand(evidence):
    """It scored A model 2, which is our A model, and a model, which our name holds; not another.
    The sheet says its work and no method.
    """
    found = agreement([sheet(flop=1e24)], made_forms(evidence))
    assert list(found.itertuples(index=False, name=None)) == [
        ("A model", "S", "Work of a run", 0, 1, False),
        ("A model", "S", "Size", 1, 1, True),
        ("A model", "T", "Size", 1, 0, False),
    ]


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ((10, 20.5), "30.5"),
        ((1_000, 234), "1,234"),
        ((10, None), "10, of the phases that say so"),
        ((None, 20), "20, of the phases that say so"),
        ((None, None), "not disclosed"),
    ],
)
def test_days_and_hours_of_the_phases_that_say_them_are_added_up(evidence, days, said):
    for name, line in (("days", "Days of training"), ("gpu_hours", "Hours of hardware")):
        card = of_phases(*(one | {name: n} for one, n in zip((READING, TUNING), days, strict=True)))
        assert lines_of(card, evidence)[line] == said


@pytest.mark.parametrize(
    ("keys", "tokens", "said"),
    [
        ({"flop": 1.23e24, "flop_method": "6ND"}, (1e12, None), "1.2e+24; 6ND"),
        ({"flop": 1.23e24}, (1e12, None), "1.2e+24; method not disclosed"),
        # six times 70 billion, of 1e12 tokens and of 1.5e12
        ({}, (1e12, None), "ESTIMATE 4.2e+23: six FLOP for each active parameter"),
        ({}, (1e12, 5e11), "ESTIMATE 6.3e+23: six FLOP for each active parameter"),
        ({}, (None, None), "not disclosed, and no tokens to estimate it from"),
        ({"params_active": None}, (1e12, None), "not disclosed, and no tokens to estimate it from"),
    ],
)
def test_work_is_as_disclosed_or_six_flop_a_parameter_and_token(evidence, keys, tokens, said):
    phases = (one | {"tokens": n} for one, n in zip((READING, TUNING), tokens, strict=True))
    assert lines_of(of_phases(*phases, **keys), evidence)["Computation (FLOP)"].startswith(said)


def test_energy_is_as_disclosed_or_of_all_hours_at_the_power_of_their_chips(evidence):
    """700 W of an H100 and 400 W of an A100; servers draw 1.24 of it, buildings 1.2 of that."""
    told = of_phases(READING, energy_mwh=1_234.0, energy_method="metered")
    assert lines_of(told, evidence)["Energy of training (MWh)"] == "1.23e+03; metered"
    facts = evidence.facts
    assert (facts["node_power_per_tdp"].value, facts["datacentre_pue"].value) == (1.24, 1.2)
    hours = 1_050.5 / (0.7 * 1.24 * 1.2) * 1_000  # 1,050.5 MWh: by two figures 1,100
    one = of_phases(READING | {"gpu_hours": hours}, TUNING)
    both = of_phases(READING | {"gpu_hours": hours}, TUNING | {"gpu_hours": hours})
    energy = [lines_of(card, evidence)["Energy of training (MWh)"] for card in (one, both)]
    assert energy == [f"ESTIMATE 1.1e+03: {METHOD}", f"ESTIMATE 1.7e+03: {METHOD}"]


def test_energy_without_hours_is_that_of_the_run_estimated_from_what_is_public(evidence):
    card = of_phases(TUNING, READING)
    found = estimate(run_of(card, card.phase[1], evidence), evidence)["energy_kwh"]
    low, middle, high = (f"{found[end] / 1_000:.2g}" for end in ("p05", "p50", "p95"))
    said = lines_of(card, evidence)["Energy of training (MWh)"]
    assert said.startswith(f"ESTIMATE {middle} ({low} to {high}): {METHOD}; the hours themselves")
    nothing = "not disclosed, and neither hours nor tokens and chip to estimate it from"
    for other in (of_phases(TUNING), of_phases(READING | {"chip": None})):
        assert lines_of(other, evidence)["Energy of training (MWh)"] == nothing


def test_a_phase_is_a_run_where_its_tokens_its_chip_and_its_size_are_known(evidence):
    card = of_phases(READING | {"seq_len_tokens": 4096}, params_active=7e9, architecture="moe")
    run = run_of(card, card.phase[0], evidence)
    assert (run.params_total, run.params_active, run.tokens, run.seq_len) == (
        70e9, 7e9, 1e12, 4096
    )  # fmt: skip
    assert (run.hardware, run.architecture) == ("H100 SXM", "moe")
    assert (run.name, run.developer) == ("sheet", "Somebody")
    assert run.release_date == datetime.date(2025, 1, 1)
    dense = of_phases(READING, params_active=None)
    assert run_of(dense, dense.phase[0], evidence).params_active == 70e9
    for card in (
        of_phases(READING | {"tokens": None}),
        of_phases(READING | {"chip": None}),
        of_phases(READING, params_total=None),
    ):
        assert run_of(card, card.phase[0], evidence) is None


def test_the_form_has_a_line_for_each_thing_asked(evidence):
    card = of_phases(READING, TUNING | {"tokens": None}, base_model="none", architecture="moe")
    assert eu_form(card, evidence).startswith(
        "# A model: compute, energy and size, by the EU's model documentation form\n\n- **Prov"
    )
    told = list(lines_of(card, evidence).items())
    assert told[:9] == [
        ("Provider of the model", "Somebody"),
        ("Model", "A model"),
        ("Date of release", "2025-01-01"),
        ("Date on the Union's market", "not disclosed"),
        ("Modified from another model", "none"),
        ("Architecture", "moe"),
        ("Parameters in all", "7e+10"),
        ("Tokens of pretraining", "1e+12"),
        ("Tokens of fine tuning", "not disclosed"),
    ]
    assert [name for name, _ in told[9:]] == [
        "Days of training",
        "Hours of hardware",
        "Computation (FLOP)",
        "Energy of training (MWh)",
    ]
