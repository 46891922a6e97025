"""What the page of a reader's own numbers is given, for any model and edition."""

import json
import re
from types import SimpleNamespace

import pytest

from analysis.data.scenario import load_scenario
from analysis.data.tables import Evidence
from analysis.publish import book, try_page
from analysis.publish.try_numbers import page_data, page_range, write_script
from analysis.reconstruction.account import account_of
from analysis.reconstruction.tabulated import PRICE, SHARE


@pytest.fixture(scope="module")
def given(evidence):
    scenario = load_scenario(samples=64, price_usd_per_gpu_hour=4, mfu=0.4, pue=1.3)
    return page_data(account_of("deepseek-r1", scenario, evidence))


def test_an_edition_with_parameters_begins_with_them_and_keeps_the_others_in_its_command(given):
    by_name = {one["name"]: one for one in given["parameters"]}
    assert (by_name[PRICE]["given"], by_name[PRICE]["unset"]) == (4.0, 2.0)
    assert (by_name["mfu"]["given"], by_name["mfu"]["unset"]) == (0.4, None)
    assert by_name[SHARE]["given"] is None and by_name[SHARE]["open"]["p50"] > 0
    assert given["also"] == {"pue": 1.3, "samples": 64}


def test_the_headlines_phases_and_the_whole_are_marked(given):
    assert [one["id"] for one in given["phases"] if one["headline"]] == [
        "r1_zero_rl",
        "r1_sft_data",
        "r1_training",
    ]
    whole = next(line for line in given["lines"] if line["id"] == given["whole"])
    assert whole["includes"] and not whole["assumed"]
    stocks = [line["id"] for line in given["lines"] if line["stock"]]
    assert stocks == ["fleet_capital"]


def test_the_script_puts_plain_json_on_the_window(given, tmp_path):
    write_script(given, tmp_path / "data.js")
    text = (tmp_path / "data.js").read_text(encoding="utf-8")
    content = re.fullmatch(r"window\.traincostTry = (.*);\n", text, re.S)[1]
    assert json.loads(content)["model"]["id"] == "deepseek-r1" and "NaN" not in content


def test_a_price_may_be_any_that_is_declared_and_all_else_what_was_tabulated():
    assert page_range(PRICE) == (0.01, 1000.0)
    assert page_range(SHARE) == (0.0, 0.95) and page_range("mfu") == (0.1, 0.6)


@pytest.mark.parametrize("model", ["plain", "quiet", "learner"])
def test_any_model_has_a_page(small_models, model):
    account = account_of(model, load_scenario(samples=64), Evidence.load(small_models))
    data = page_data(account)
    assert data["phases"][-1]["id"] == "total"
    assert (data["whole"] is None) == (model == "learner")
    parts = [try_page.settings, try_page.bill, try_page.hours, try_page.command]
    page = "".join(part(account) for part in parts)
    assert "nan" not in re.sub("<[^>]*>", "", page)
    assert ('data-try="lines run rent middle"' in page) == (model == "plain")


def test_a_build_that_finds_them_kept_gives_the_same_as_the_one_that_made_them(
    monkeypatch, tmp_path
):
    """To the last digit: an edition is the same bytes, whoever built before."""
    monkeypatch.setattr(book, "kept_folder", lambda _: tmp_path)
    monkeypatch.setattr(book, "page_data", lambda _: {"ends": (0.011965224309999023,), "n": 7})
    plan = SimpleNamespace(account_key="k")
    account = SimpleNamespace(model=SimpleNamespace(name="m"))
    first, second = (book._try_numbers(plan, account, use_cache) for use_cache in (False, True))
    assert first == second == {"ends": [0.0119652], "n": 7}
