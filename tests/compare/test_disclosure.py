"""Cards: their scores in a sensible order, their contradictions refused, their numbers those of the
run tables.
"""

import json
import math

import pytest

from analysis.compare.card import Card, card_schema
from analysis.compare.disclosure import answer, list_cards, load_card, scores
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
    assert set(found) == {"name", "score", "disclosed", "missing", "estimate"}
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
            "days = 54.2",
            "days = 30",
            "phase 1: gpu_hours = 2,664,000, but 2,048 chips x 30 days x 24 h = 1,474,560; "
            "allowed: 10% apart",
        ),
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
        ("tokens = 14.8e12", "tokens = -1", "phase.0.tokens: input should be greater than 0"),
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
