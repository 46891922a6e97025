"""The plan of a book of any model, and where its links lead."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from analysis.compare.models import _runs, around
from analysis.data.mistakes import InputError
from analysis.data.scenario import load_scenario
from analysis.data.tables import Evidence
from analysis.publish.any_model import book_of
from analysis.publish.plan import Plan, plan
from analysis.publish.sources import with_options
from analysis.publish.ways import Ways, without_lost_links
from analysis.reconstruction.model_file import load_model
from tests.conftest import ROOT


def planned(directory, model: str | None) -> Plan:
    scenario = load_scenario("paper", directory)
    return plan(scenario, "paper", {}, directory, model=model)


def pages_of(found: Plan) -> list[str]:
    parts = found.other.toc["parts"]
    return [found.other.toc["root"], *(one["file"] for part in parts for one in part["chapters"])]


def test_a_page_for_each_phase_by_the_notebook_of_its_kind(evidence):
    found = planned(evidence.directory, "olmo-3-32b")
    notebooks = {page.page: page.notebook for page in found.pages}
    assert notebooks["index"] == "account" and notebooks["olmo3_pretraining"] == "pretraining"
    assert notebooks["olmo3_sft"] == "fine_tuning" and notebooks["olmo3_rl"] == "reinforcement"
    assert {*notebooks} < {*pages_of(found)} and {"hours", "bill", "about"} < {*pages_of(found)}
    for page in found.pages:
        assert {*page.parameters} <= {*page.declares}
        assert page.parameters.get("model", "olmo-3-32b") == "olmo-3-32b"


def test_a_model_without_hours_has_no_page_on_them(evidence):
    assert not {"hours", "bill"} & {*pages_of(planned(evidence.directory, "kimi-k2"))}


def test_what_is_not_known_of_a_model_is_no_parameter(small_models):
    found = {page.page: page for page in planned(small_models, "quiet").pages}
    assert "card" not in found["disclosure"].parameters
    assert found["comparison"].parameters["developer"] == "Nobody"  # by its own account
    learner = {page.page: page for page in planned(small_models, "learner").pages}
    assert "developer" not in learner["comparison"].parameters


def test_each_book_has_its_key_and_its_folder(evidence):
    own, same, kimi, glm = (
        planned(evidence.directory, name) for name in (None, "deepseek-r1", "kimi-k2", "glm-4.5")
    )
    assert own.edition_key == same.edition_key and same.other is None
    keys = [found.edition_key for found in (own, kimi, glm)]
    assert len(set(keys)) == len({found.book_key for found in (own, kimi, glm)}) == 3
    built = ROOT / "book" / "_build"
    assert [own.place, kimi.place] == [built / "html", built / "kimi-k2"]


@pytest.mark.parametrize("phase", ["evidence", "index", "search", "../up", "a b", "", "a" * 101])
def test_a_phase_has_an_address_of_its_own(edited, phase):
    folder = edited("models/kimi-k2.toml", 'id = "k2_pretraining"', f'id = "{phase}"')
    path = folder / "models" / "kimi-k2.toml"
    path.write_text(path.read_text().replace('"k2_pretraining"', f'"{phase}"'))
    with pytest.raises(InputError, match=re.escape("models/kimi-k2.toml")) as stopped:
        book_of("kimi-k2", ROOT, Evidence.load(folder))
    assert "\n" not in str(stopped.value)


def test_a_page_of_a_phase_names_its_model(small_models, evidence):
    """In the words of its label, or before them."""
    quiet = {page.page: page.title for page in planned(small_models, "quiet").pages}
    assert (quiet["reading"], quiet["tuning"]) == ("Quiet: Reading", "Quiet: Tuning")
    kimi = {page.page: page.title for page in planned(evidence.directory, "kimi-k2").pages}
    assert kimi["k2_pretraining"] == "Kimi K2 pre-training"


def test_a_title_is_text_whatever_stands_in_it(edited):
    folder = edited("models/kimi-k2.toml", 'title = "Kimi K2"', 'title = "<b>K</b> *2* {model}"')
    pages, other = book_of("kimi-k2", ROOT, Evidence.load(folder))
    first = next(page for page in pages if page.page == "index")
    assert r"\<b\>K\</b\> \*2\* \{model\}" in first.title
    assert "<" not in other.title and "{model}" in other.title


def test_models_near_in_work_stand_beside_one_itself_and_its_developers_own_first(evidence):
    found = around(load_model("llama-3.1-405b", evidence), evidence)
    runs = evidence["training_runs"].set_index("id")
    assert found[0] == "llama3.1-405b" and len(found) == 11
    assert (runs.developer[found] == "Meta").tolist()[:4] == [True] * 4
    flop = _runs(evidence).set_index("id").flop
    apart = np.log(flop[found[4:]] / flop["llama3.1-405b"]).abs()
    assert apart.is_monotonic_increasing and apart.max() < np.log(20)


def test_a_model_that_is_no_row_of_the_runs_stands_there_by_its_account(small_models):
    evidence = Evidence.load(small_models)
    found = around(load_model("quiet", evidence), evidence)
    assert found[0] == "quiet" and "quiet" not in set(evidence["training_runs"].id)
    page = next(one for one in planned(small_models, "quiet").pages if one.page == "comparison")
    assert page.parameters["account"] == "quiet"
    assert page.parameters["models"].startswith("quiet, ")


def test_a_model_that_reads_no_corpus_has_neighbours_in_time(small_models):
    evidence = Evidence.load(small_models)
    model = load_model("learner", evidence)
    found = around(model, evidence)
    runs = evidence["training_runs"].set_index("id")
    apart = (pd.to_datetime(runs.release_date[found]) - pd.Timestamp(model.release_date)).abs()
    assert len(found) == 10 and apart.is_monotonic_increasing


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("[a *b*](bill.ipynb#x) and [c](rerun.md)", "a *b* and [c](rerun.md)"),
        ("![a](bill.ipynb) [b](https://x.org/bill.md) [c](#here)", None),
        ("`[a](bill.md)`", "`a`"),
    ],
)
def test_a_link_to_a_page_that_is_not_there_is_words(text, left):
    assert without_lost_links(text, ["rerun"]) == (text if left is None else left)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("build -p mfu=1 --out e", "build --model m --data f -p mfu=1 --out e"),
        ("rerun a.ipynb", "rerun -p model=m --data f a.ipynb"),
        ("sweep --grid x=1", "sweep --model m --data f --grid x=1"),
        ("reconstruct m -p mfu=1", "reconstruct --data f m -p mfu=1"),
        ("build --model my-model", "build --data f --model my-model"),
        ("estimate runs.csv > a.csv", "estimate --data f runs.csv > a.csv"),
    ],
)
def test_commands_of_a_text_name_the_model_and_the_folder_once(line, told):
    text = f"Words.\n$ .venv/bin/traincost {line}\n$ cat x\ntraincost build\n"
    found = with_options(text, "f", "m")
    assert found == text.replace(line, told) == with_options(found, "f", "m")
    assert with_options(text) == text


PAGE = """<a href="one.html#a">1</a> <a href="one.html#z">2</a> <a class="x" href="lost.html">3
</a> <a class="figure" data-row="t:i" href="lost.html#a" id="b">4</a> <a href="https://x.org">5</a>
<a data-row="t:j" href="other.html#a">6</a> <a href="#b">7</a> <a href="data/f.csv" download>8</a>
"""
MENDED = """<a href="one.html#a">1</a> 2 3
 <a class="figure" data-row="t:i" href="one.html#a" id="b">4</a> <a href="https://x.org">5</a>
<a data-row="t:j" href="two.html">6</a> <a href="#b">7</a> <a href="data/f.csv" download>8</a>
"""


@pytest.fixture
def ways(tmp_path) -> Ways:
    """The addresses of a folder with two pages and a file; `lost` is told of on the first."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "f.csv").touch()
    (tmp_path / "one.html").write_text('<p id="a"></p>')
    (tmp_path / "two.html").write_text(PAGE)
    return Ways.of(tmp_path, "two", {"lost": "one"})


def test_links_lead_somewhere_or_are_words_and_numbers_keep_theirs(ways, tmp_path):
    ways.mend(tmp_path)
    assert (tmp_path / "two.html").read_text() == MENDED
    assert (tmp_path / "one.html").read_text() == '<p id="a"></p>'


def test_words_that_read_like_an_address_are_none(tmp_path):
    (tmp_path / "one.html").write_text('<p class="b" id="a">id="c" &lt;p id="d"&gt;</p>')
    assert Ways.of(tmp_path, "one", {}).ids == {"one.html": {"a"}}


def test_a_card_leads_to_what_stands_in_and_its_parts_nowhere_else(ways):
    parts = [{"name": "x", "href": "one.html#a"}, {"name": "y", "href": "lost.html#a"}]
    found = ways.card({"href": "lost.html#a", "parts": parts})
    assert found == {"href": "one.html#a", "parts": [parts[0], {"name": "y"}]}
    assert ways.card({"href": "other.html"}) == {"href": "two.html"}
