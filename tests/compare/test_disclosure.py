"""Cards: their scores in a sensible order, their contradictions refused, their numbers those of the
run tables.
"""

import json
import math

import pytest

from analysis.compare.card import Card, card_schema, standard
from analysis.compare.disclosure import (
    _field_words,
    answer,
    fields_by_model,
    list_cards,
    load_card,
    most_missing,
    scores,
)
from analysis.data.folder import read_toml
from analysis.data.mistakes import InputError

CARD = """
name = "mine"
model = "Mine"
developer = "A lab"
release_date = 2026-01-31
architecture = "moe"
params_total = 671e9
params_active = 37e9

[[phase]]
kind = "pretraining"
chip = "H800"
chips = 2048
gpu_hours = 2664000
days = 54.2
tokens = 14.8e12
"""


@pytest.fixture
def write(tmp_path, evidence):
    def load(text: str) -> Card:
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return load_card(str(path), evidence)

    return load


@pytest.fixture(scope="module")
def cards(evidence):
    return list_cards(evidence)


def test_twenty_five_models_or_more_from_nothing_to_nearly_all(cards):
    table = scores(cards)
    assert len(table) >= 25 and table.score.min() < 0.1 and table.score.max() > 0.8
    assert table.score.is_monotonic_decreasing


def test_the_order_that_anyone_would_expect(evidence):
    found = [
        load_card(name, evidence).score
        for name in ("olmo", "deepseek-v3", "llama-3.1-405b", "gpt-4")
    ]
    assert found == sorted(found, reverse=True) and len(set(found)) == 4


def test_a_card_is_named_as_its_file_and_from_known_sources(cards, evidence):
    known = set(evidence["sources"].source_id)
    files = {path.stem for path in (evidence.directory / "cards").glob("*.toml")}
    assert {card.name for card in cards} == files
    assert all(set(card.sources) <= known for card in cards)


def test_cards_repeat_the_run_table(cards, evidence):
    """A number stands in one place: where a card has one of the run's row, it is the row's."""
    runs = evidence["training_runs"].set_index("id")
    for card in (card for card in cards if card.training_run):
        row, phase = runs.loc[card.training_run], card.phase[0]
        pairs = [
            (card.params_total, row.params_total),
            (card.params_active, row.params_active),
            (phase.tokens, row.tokens),
        ]
        pairs += [(phase.chips, row.chips), (phase.seq_len_tokens, row.seq_len_tokens)]
        pairs += [(phase.gpu_hours, row.gpu_hours)] if row.gpu_hours_kind == "disclosed" else []
        for stated, table in pairs:
            assert (
                stated is None or math.isnan(table) or stated == pytest.approx(table, rel=1e-9)
            ), (card.name, stated, table)


def test_disclosing_one_more_field_raises_the_score(write):
    assert write(CARD + "mfu = 0.39\n").score > write(CARD).score


def test_what_is_missing_is_named(write, evidence):
    found = answer(write(CARD), evidence)
    told = {"name", "score", "disclosed", "missing", "estimate"}
    assert set(found) == told | {"eu_form", "fmti", "possible", "arithmetic", "warnings"}
    assert "boundary" in found["missing"] and "phase 1 (pretraining).efficiency" in found["missing"]
    assert "phase 1 (pretraining).tokens" in found["disclosed"]


def test_hours_that_are_not_disclosed_are_estimated_or_the_reason_is_said(write, evidence):
    without = (
        CARD.replace("gpu_hours = 2664000\n", "").replace("days = 54.2\n", "")
        + "\n[[phase]]\nkind = 'reinforcement'\n"
    )
    pretraining, reinforcement = answer(write(without), evidence)["estimate"]
    assert (
        pretraining["how"] == "estimated"
        and pretraining["gpu_hours"]["p05"] < pretraining["gpu_hours"]["p95"]
    )
    assert reinforcement["gpu_hours"] is None and "needs gpu_hours" in reinforcement["how"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "params_active = 37e9",
            "params_active = 37e11",
            "params_active = 3.7e+12 is more than params_total",
        ),
        ("gpu_hours =", "gpu_hour =", "gpu_hour is not known; did you mean gpu_hours?"),
        (
            'chip = "H800"',
            'chip = "H8000"',
            "phase 1 (pretraining), chip: H8000 is not in hardware.csv",
        ),
        ('kind = "pretraining"', 'kind = "pretrain"', "phase.0.kind: input should be"),
        (
            "tokens = 14.8e12",
            "tokens = -1",
            "phase.0.tokens: input should be greater than or equal to 1",
        ),
    ],
)
def test_a_card_that_contradicts_itself_is_refused_in_one_line(old, new, says, write):
    with pytest.raises(InputError) as error:
        write(CARD.replace(old, new))
    assert (
        says in str(error.value)
        and "\n" not in str(error.value)
        and str(error.value).startswith("mine.toml")
    )


def test_an_unknown_card_names_the_nearest(evidence):
    with pytest.raises(InputError, match="did you mean deepseek-v3"):
        load_card("deepsek-v3", evidence)


def test_the_schema_has_every_field_of_the_cards(cards, evidence):
    schema = card_schema()
    assert json.dumps(schema)
    for card in cards:
        content = read_toml(evidence.directory / "cards" / f"{card.name}.toml")
        assert set(content) <= set(schema["properties"])


def test_a_sheet_names_what_is_there_and_what_is_missing_and_nothing_twice(cards, evidence):
    card = cards[len(cards) // 2]
    found = answer(card, evidence)
    assert found["disclosed"] and found["missing"]
    assert not set(found["disclosed"]) & set(found["missing"])
    assert len(found["disclosed"]) + len(found["missing"]) == len(card.fields)


# --- counted by hand, on three sheets


def sheet(name, *phases, **more):
    own = {"name": name, "model": name.upper(), "developer": "A", "release_date": "2025-01-01"}
    return Card(**own, **more, phase=list(phases))


READING = {"kind": "pretraining"}
SHEETS = [
    sheet("a", READING | {"tokens": 1e12, "chips": 8}, READING | {"tokens": 1e11}),
    sheet("b", READING | {"chips": 16}, {"kind": "reinforcement", "steps": 10}),
    sheet("c", READING, architecture="moe"),
]


def test_fields_are_counted_over_all_phases_that_they_are_asked_of_the_rarest_first():
    found = most_missing(SHEETS).set_index("field")
    assert found.loc["tokens", ["disclosed", "asked"]].tolist() == [2, 4]
    assert found.loc["how many chips", ["disclosed", "asked"]].tolist() == [2, 5]
    assert found.loc["steps", ["disclosed", "asked"]].tolist() == [1, 1]
    assert found.loc["architecture", ["disclosed", "asked"]].tolist() == [1, 3]
    assert (found.share == found.disclosed / found.asked).all()
    assert found.share.is_monotonic_increasing and found.share.iloc[0] == 0
    assert most_missing(SHEETS).index.tolist() == list(range(len(found)))


def test_the_share_of_a_field_is_over_the_phases_of_its_model():
    found = fields_by_model(SHEETS).set_index(["model", "field"]).share
    assert (found["A", "tokens"], found["A", "how many chips"]) == (1.0, 0.5)
    assert (found["B", "how many chips"], found["B", "steps"]) == (0.5, 1.0)
    assert (found["C", "architecture"], found["A", "architecture"]) == (1.0, 0.0)
    assert fields_by_model(SHEETS).model.drop_duplicates().tolist() == ["A", "B", "C"]


def test_a_phase_is_asked_for_what_its_kind_has():
    reading, learning = (
        sheet("x", {"kind": kind}).phase[0].fields for kind in ("pretraining", "reinforcement")
    )
    assert set(reading) - set(learning) == {"tokens", "seq_len_tokens"}
    assert set(learning) - set(reading) == {"steps", "mean_len_tokens"}


@pytest.mark.parametrize("given", ["mfu", "throughput_tokens_per_day", "step_seconds"])
def test_one_of_three_tells_the_efficiency(given):
    phase = sheet("x", READING | {given: 0.5}).phase[0]
    assert phase.fields["efficiency"] and sum(phase.fields.values()) == 1


def test_a_length_of_reinforcement_is_that_of_an_answer_or_of_a_sequence():
    for given in ("mean_len_tokens", "seq_len_tokens"):
        phase = sheet("x", {"kind": "reinforcement", given: 4_096}).phase[0]
        assert phase.fields["mean_len_tokens"] and sum(phase.fields.values()) == 1


def test_a_sheet_is_scored_by_its_fields_and_each_phase_is_numbered():
    card = SHEETS[0]
    assert card.score == 3 / len(card.fields) == 3 / (6 + 7 + 7)
    assert card.fields["phase 2 (pretraining).tokens"]
    assert not card.fields["phase 2 (pretraining).chips"]


def test_active_parameters_may_be_rounded_to_more_than_all_by_a_thousandth():
    assert sheet("x", READING, params_total=1e9, params_active=1e9 * 1.001)
    with pytest.raises(ValueError, match="is more than"):
        sheet("x", READING, params_total=1e9, params_active=1.0011e9)
    assert sheet("x", READING, params_active=1e9) and sheet("x", READING, params_total=1e9)


def test_the_standard_has_every_field_with_its_unit_and_meaning_and_no_list_of_phases():
    found = standard().set_index(["of", "field"])
    assert found.unit["each phase", "gpu_hours"] == "GPU-hours"
    assert found.meaning["sheet", "params_total"] == "Parameters in all."
    assert ("sheet", "phase") not in found.index
    assert set(found.index.get_level_values("of")) == {"sheet", "each phase"}
    assert found.unit["sheet", "model"] == "" and (found.meaning != "").all()


def test_hours_need_both_chips_and_days_and_else_what_an_estimate_needs(evidence):
    def how(**phase):
        return answer(sheet("x", READING | phase), evidence)["estimate"][0]

    assert how(chips=8)["how"] == how(days=8)["how"]
    assert how(chips=8)["how"] == "not possible: needs params_total, params_active, tokens, chip"
    assert how(chips=8, tokens=1e12)["how"].endswith("needs params_total, params_active, chip")
    assert how(chips=8)["gpu_hours"] is None


def test_a_field_is_called_by_its_words_or_by_its_name_with_blanks():
    assert _field_words("params_total") == "parameters in all"
    assert _field_words("mean_len_tokens") == "mean length of an answer"
    assert _field_words("release_date") == "release date"
