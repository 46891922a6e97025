"""What a number says that a page counts or computes: what was counted, and from which tables."""

import json
import re

import pytest

from analysis.data.mistakes import InputError
from analysis.publish.cards import GLOBAL, SCRIPT
from analysis.publish.computed import counted_card, read_computed
from tests.conftest import ROOT

WITHOUT_TABLES = (
    "disclosure.",
    "table.scores",
    "table.missing",
    "table.changes",
    "table.worked",
    "backtest.verdict_",
    "others_measured.spec_factor",
    "others_measured.prior_",
    "try.",
    "chart.disclosure",
)
# in editions with parameters, and where a line of such a table rests on no row of its own
# of other editions, and of the books of other models
ELSEWHERE = {"table.changes", "table.hours-for", "table.hours-against"}
ELSEWHERE |= {"account.sheet", "comparison.account"}
ELSEWHERE |= {
    "backtest.new_error",
    "backtest.new_gain",
    "backtest.new_gain_error",
}  # too few runs are new
MOST_WORDS = 25


@pytest.fixture(scope="module")
def places():
    return read_computed(ROOT / "book")


@pytest.fixture(scope="module")
def shown(edition) -> dict[str, dict]:
    """The cards of the edition."""
    script = (edition / "_static" / SCRIPT).read_text(encoding="utf-8")
    return json.loads(script.removeprefix(f"window.{GLOBAL}=").rstrip(";\n"))["cards"]


def test_every_card_says_whence_its_number_comes(shown):
    """From a document, by a sum, from rows, or in a sentence."""
    told = ("source", "sum", "parts", "says", "printed")
    assert [name for name, card in shown.items() if not any(card.get(key) for key in told)] == []


def test_a_counted_number_has_the_sentence_of_its_place_and_leads_to_the_tables(shown, places):
    counted = {name: card for name, card in shown.items() if name.startswith("counted:")}
    assert len(counted) > 80
    for name, card in counted.items():
        said_of = name.removeprefix("counted:").rpartition(" = ")[0]
        place = places[said_of.partition(" = ")[0]]
        of = said_of.partition(" = ")[2]
        assert of or "{of}" not in place.name + place.says
        assert card["says"] == place.says.replace("{of}", of) and card["says"]
        assert card["name"] == place.name.replace("{of}", of) and card["name"]
        tables = [part["href"] for part in card.get("parts", ())]
        assert tables == [f"data/{table}.csv" for table in place.data]
        assert tables or place.id.startswith(WITHOUT_TABLES), place.id


def test_the_tables_that_a_card_leads_to_are_files_of_the_edition(edition, places):
    tables = {table for place in places.values() for table in place.data}
    assert [name for name in tables if not (edition / "data" / f"{name}.csv").is_file()] == []


def test_no_place_is_left_that_no_number_is_of(shown, places):
    used = {name.removeprefix("counted:").partition(" = ")[0] for name in shown}
    assert set(places) - used == ELSEWHERE


def test_each_sentence_is_short(places):
    for place in places.values():
        for sentence in re.split(r"(?<=\.) ", place.says):
            assert sentence.endswith(".") and len(sentence.split()) <= MOST_WORDS, sentence


def test_a_place_that_is_not_there_and_a_table_that_is_none_are_said(evidence, places):
    with pytest.raises(InputError, match=r"claims.al is not a place.*did you mean claims.all"):
        counted_card("claims.al =  = claims.html", places, evidence)
    wrong = {"claims.all": places["claims.all"].model_copy(update={"data": ("claim",)})}
    with pytest.raises(InputError, match=r"computed.toml: claim is not a table of the evidence"):
        counted_card("claims.all =  = claims.html", wrong, evidence)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[place]]\nid = "a.b"\nname = "a"\nsays = "b"', "computed.toml: place.0.data is missing"),
        ('[[place]]\nid = "ab"\nname = "a"\nsays = "b"\ndata = []', "computed.toml, place.0.id: "),
        (
            '[[place]]\nid = "a.b"\nname = "a"\nsays = "b"\ndata = []\n' * 2,
            "computed.toml: the place a.b stands there twice",
        ),
    ],
)
def test_a_mistake_in_the_file_is_one_line(tmp_path, text, says):
    (tmp_path / "computed.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_computed(tmp_path)
    assert str(refused.value).startswith(says) and "\n" not in str(refused.value)
