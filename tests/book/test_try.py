"""The page of a reader's own numbers: its answers are the package's, at any setting."""

import shlex
import shutil
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page, expect

import analysis
from analysis.data.scenario import declared, load_scenario
from analysis.data.tables import Evidence
from analysis.publish import try_page as try_page_parts
from analysis.publish.try_numbers import page_data, write_script
from analysis.reconstruction.account import account_of
from analysis.reconstruction.agreement import random_settings
from analysis.reconstruction.sweep import HOURS_FIRST, evaluate
from analysis.reconstruction.tabulated import PRICE, SHARE, TOTAL, USE, bill_at, opened
from tests.book.conftest import PHONE, WIDE, wait_until, watched
from tests.book.test_numbers import CARD, open_and_close
from tests.conftest import ROOT

pytestmark = pytest.mark.browser

MIDDLES, ENDS = 0.01, 0.02
LARGEST_BYTES = 150_000
SEED = 20
QUIET_MS = 600  # a little more than the page waits before it speaks and writes its address


@pytest.fixture(scope="module")
def try_page(visit) -> Iterator[Page]:
    """The page as it opens; each test goes to an address of its own."""
    with visit("try") as (page, trouble):
        yield page
        assert trouble == []


def at(page: Page, fragment: str = "") -> Page:
    """The page opened anew at an address."""
    address = page.url.partition("#")[0]
    page.goto("about:blank")
    page.goto(f"{address}{fragment}", wait_until="load")
    return page


def answers(page: Page, settings: list[dict[str, float]]) -> list[dict[str, Any]]:
    return page.evaluate("list => list.map(one => window.traincostTry.answers(one))", settings)


def gap(found: dict[str, float], row: dict[str, float], column: str) -> dict[str, float]:
    return {name: abs(found[name] / row[f"{column}_{name}"] - 1) for name in found}


def held(gaps: list[dict[str, float]]) -> None:
    """Middles and ends as near to the package as the page says at most."""
    assert gaps and max(one["p50"] for one in gaps) <= MIDDLES
    assert max(max(one["p05"], one["p95"]) for one in gaps) <= ENDS


def test_hours_dollars_and_lines_are_the_packages_at_a_thousand_random_settings(
    try_page, evidence, r1
):
    """Every choice of the parameters that reach the hours, with prices and shares at random."""
    gaps, count, random, stages = [], 0, np.random.default_rng(SEED), {}
    model, scenario = r1.model.name, load_scenario()
    names = [name for n in range(4) for name in combinations(HOURS_FIRST, n)]
    for place, chosen in enumerate(names):
        sets = random_settings(chosen, SEED)
        sets[PRICE] = random.uniform(0.5, 12, len(sets))
        if place % 2:
            sets[SHARE] = random.uniform(0, 0.95)
        rows = evaluate(model, scenario, evidence, sets, stages).to_dict("records")
        settings = sets.to_dict("records")
        for row, found in zip(rows, answers(try_page, settings), strict=True):
            for phase, result in found["phases"].items():
                prefix = "" if phase == TOTAL else f"{phase}_"
                gaps.append(gap(result["hours"], row, f"{prefix}gpu_hours"))
                if phase == TOTAL:
                    gaps.append(gap(result["usd"], row, "usd"))
            gaps += [gap(found["lines"][line]["rent"], row, f"{line}_usd") for line in lines(row)]
        count += len(rows)
    assert count >= 1000
    held(gaps)


def lines(row: dict[str, float]) -> list[str]:
    """The lines of the bill whose ends a row of a sweep has."""
    return [name[: -len("_usd_p05")] for name in row if name.endswith("_usd_p05")]


def test_owned_machines_cost_what_the_package_says(try_page, evidence, r1):
    sets = random_settings((SHARE, USE), SEED)
    rows = bill_at(sets, opened(r1), evidence).to_dict("records")
    settings = [{**one, PRICE: 2.0} for one in sets.to_dict("records")]
    gaps = []
    for row, found in zip(rows, answers(try_page, settings), strict=True):
        for line, result in found["lines"].items():
            if result["owned"]:
                hours = result["rent"]["p50"] / 2 / row[f"{line}_usd_p50"]
                owned = {name: value / hours for name, value in result["owned"].items()}
                gaps.append(gap(owned, row, f"{line}_own_usd"))
    held(gaps)


def test_the_command_gives_the_numbers_of_the_page(try_page):
    at(try_page, "#price=3.5&mfu=0.27&time=20&failed=0.7&utilisation=0.6")
    words = shlex.split(try_page.inner_text(".try-command pre"))
    assert words[:2] == ["traincost", "build"] and words[-2:] == ["--out", "my-edition"]
    given = dict(pair.split("=") for pair in words[3:-2:2])
    assert given == {
        PRICE: "3.5",
        "mfu": "0.27",
        "time_per_output_token_ms": "20",
        SHARE: "0.7",
        USE: "0.6",
    }
    account = analysis.reconstruct(**given)
    found = answers(try_page, [{name: float(value) for name, value in given.items()}])[0]
    total = account.to_dict()["total"]
    gaps = [
        gap(
            found["phases"][TOTAL][part], pd.Series(total[key]["reconstructed"]).add_prefix("_"), ""
        )
        for part, key in (("hours", "gpu_hours"), ("usd", "usd"))
    ]
    for line in account.bill.dropna(subset="usd").to_dict("records"):
        for part, name in (("rent", "usd"), ("owned", "own_usd")):
            row = {"_p05": line[f"{name}_p05"], "_p50": line[name], "_p95": line[f"{name}_p95"]}
            if found["lines"][line["id"]][part]:
                gaps.append(gap(found["lines"][line["id"]][part], row, ""))
    assert len(gaps) > 12
    held(gaps)


def test_the_page_opens_with_the_numbers_that_stand_there_without_scripts(
    try_page, edition, chromium
):
    numbers = "[...document.querySelectorAll('table [data-try]')].map(one => one.textContent)"
    without = chromium.new_context(java_script_enabled=False).new_page()
    without.goto(f"file://{edition}/try.html")
    plain = [one.text_content() for one in without.query_selector_all("[data-try]")]
    assert "scripts are off" in without.inner_text(".try noscript") and len(plain) > 40
    assert not without.is_visible(".try-settings") and without.is_visible("#tab-try-bill table")
    assert "traincost build" in without.inner_text(".try-command")
    without.context.close()
    assert at(try_page).evaluate(numbers) == plain


def test_a_change_moves_the_results_the_address_and_the_command_and_is_read_aloud(try_page):
    at(try_page)
    before = try_page.inner_text(".try-sum")
    try_page.fill("#try-price", "4")
    assert "$11.7M" in try_page.inner_text(".try-sum") != before
    assert "price_usd_per_gpu_hour=4" in try_page.inner_text(".try-command")
    try_page.wait_for_timeout(QUIET_MS)
    assert try_page.url.endswith("#price=4")
    assert "$11.7M" in try_page.inner_text(".try-spoken")
    try_page.click(".try-reset")
    assert try_page.inner_text(".try-sum") == before and try_page.is_disabled(".try-reset")
    try_page.wait_for_timeout(QUIET_MS)
    assert "#" not in try_page.url


def test_every_number_that_a_setting_may_move_opens_in_place(visit):
    with visit("try", viewport=PHONE) as (page, trouble):
        numbers = page.locator("[data-try]:visible").all()
        assert len(numbers) > 40
        summed = page.locator(".try-sum a.figure").all()
        assert len(summed) == 3
        drawn = page.locator(".try-chart a.figure").all()
        assert (
            len(drawn) == 5
        )  # the disclosed bill on both scales, all phases, two that are assumed
        for number in [*summed, drawn[0], drawn[-1], numbers[5], numbers[-1]]:
            open_and_close(page, number)
        assert trouble == []


def test_a_card_follows_the_settings_and_says_what_the_edition_has(visit):
    with visit("try") as (page, trouble):
        number = page.locator("[data-try='phases total usd middle']").last
        for price, value in (("2", "$10.38M"), ("4", "$21M")):
            page.fill("#try-price", price)
            number.click()
            card = page.locator(CARD)
            expect(card.locator(".card-value strong")).to_have_text(value)
            said = "At your settings: price $4. In this edition it is $10.38M, "
            assert (said in card.inner_text()) == (price == "4")
            page.keyboard.press("Escape")
        assert trouble == []


def test_an_address_restores_its_settings_also_when_it_changes_under_the_page(try_page):
    at(try_page, "#price=3&mfu=0.3")
    assert [try_page.input_value(f"#try-{name}") for name in ("price", "mfu")] == ["3", "30"]
    three = try_page.inner_text(".try-sum")
    try_page.evaluate("location.hash = '#price=2'")
    wait_until(try_page, "document.querySelector('#try-price').value === '2'")
    assert try_page.input_value("#try-mfu") == "" and try_page.inner_text(".try-sum") != three
    assert try_page.inner_text(".try-said") == ""


@pytest.mark.parametrize(
    ("fragment", "said", "price"),
    [
        ("#price=abc", "“abc” in the address is no number: $2 is shown.", "2"),
        ("#price=", "“” in the address is no number", "2"),
        ("#prise=3", "“prise” in the address is no setting", "2"),
        ("#nonsense", "“nonsense” in the address is no setting", "2"),
        ("#price=5000", "$5,000 is outside $0.01 to $1,000. The page shows $1,000.", "1000"),
        ("#mfu=0.9&price=3", "90 % is outside 10 to 60 %, the range that was computed.", "3"),
        ("#price=<img src=x onerror=alert(1)>", "is no number", "2"),
        ("#price=1e999", "is no number", "2"),
    ],
)
def test_nonsense_in_an_address_is_said_and_the_default_or_the_nearest_shown(
    try_page, fragment, said, price
):
    at(try_page, fragment)
    assert said in try_page.inner_text(".try-said")
    assert try_page.input_value("#try-price") == price
    assert try_page.query_selector(".try img") is None


def test_a_place_on_the_page_is_no_setting(try_page):
    at(try_page, "#tab-try-bill")
    try_page.wait_for_timeout(QUIET_MS)
    assert try_page.inner_text(".try-said") == "" and try_page.url.endswith("#tab-try-bill")


def test_a_number_outside_its_range_is_refused_and_gives_way_when_the_reader_leaves_it(try_page):
    at(try_page)
    before = try_page.inner_text(".try-sum")
    try_page.fill("#try-mfu", "90")
    assert try_page.get_attribute("#try-mfu", "aria-invalid") == "true"
    assert "outside 10 to 60 %" in try_page.inner_text(".try-said")
    assert try_page.inner_text(".try-sum") == before
    try_page.press("#try-mfu", "Tab")
    assert try_page.input_value("#try-mfu") == "60"
    assert try_page.get_attribute("#try-mfu", "aria-invalid") is None


def test_the_keyboard_reaches_every_setting_and_moves_it(try_page):
    at(try_page)
    try_page.focus("#try-price")
    reached = []
    for _ in range(16):
        reached.append(
            try_page.evaluate(
                "document.activeElement.getAttribute('aria-label') || document.activeElement.id"
            )
        )
        try_page.keyboard.press("Tab")
    assert {"Efficiency of training, slider", "Use of owned machines, slider", "try-mfu"} <= set(
        reached
    )
    slider = try_page.get_by_label("Failed and smaller runs, slider")
    slider.focus()
    try_page.keyboard.press("End")
    assert try_page.input_value("#try-failed") == "95"
    assert slider.get_attribute("aria-valuetext") == "95 %"
    # a slider reaches both ends of what its box takes; the price's box takes more
    for setting in try_page.locator(".try-setting:not(:has(#try-price))").all():
        box = setting.get_by_role("spinbutton")
        for key, end in (("Home", "min"), ("End", "max")):
            setting.get_by_role("slider").press(key)
            assert float(box.input_value()) == float(box.get_attribute(end))
    try_page.get_by_label("Failed and smaller runs: leave open").press("Enter")
    assert try_page.input_value("#try-failed") == ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, PHONE])
def test_the_drawing_keeps_its_words_in_its_frame_and_nothing_scrolls_sideways(
    visit, viewport, scheme
):
    with visit("try", viewport=viewport, color_scheme=scheme) as (page, trouble):
        page.evaluate("location.hash = '#price=3&failed=0.9&mfu=0.2'")
        wait_until(page, "document.querySelector('#try-price').value === '3'")
        wait_until(page, "document.querySelector('.try-outline')")  # drawn a little later
        outside = page.evaluate(
            """() => {
              const frame = document.querySelector(".try-chart").getBoundingClientRect();
              return [...document.querySelectorAll(".try-chart text")].filter((text) => {
                const box = text.getBoundingClientRect();
                return box.left < frame.left - 1 || box.right > frame.right + 1;
              }).map((text) => text.textContent);
            }"""
        )
        assert outside == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.locator(".try-outline").count() > 0
        assert page.locator(".try-chart [fill='url(#try-hatch)']").count() > 0
        assert trouble == []


def test_the_data_are_small_and_no_other_page_loads_them(edition):
    assert (edition / "_static" / "try-data.js").stat().st_size <= LARGEST_BYTES
    loading = [page.name for page in edition.glob("*.html") if "try-data.js" in page.read_text()]
    assert loading == ["try.html"]


def test_the_page_says_how_far_it_is_from_the_package_as_measured(try_page):
    held_at = at(try_page).evaluate("window.traincostTry.agreement")
    assert held_at["settings"] >= 1000
    assert 0 < held_at["middles"] <= MIDDLES and 0 < held_at["ends"] <= ENDS
    said = try_page.inner_text(".try-held")
    assert f"{held_at['settings']:,}" in said and f"{100 * held_at['middles']:.2g} %" in said


def test_the_settings_are_declared_once(try_page):
    for one in try_page.evaluate("window.traincostTry.parameters"):
        said = declared(one["name"])
        assert (one["label"], one["unit"]) == (said["label"], said["unit"])
        assert isinstance(one["label"], str) and one["label"]


def test_the_command_is_copied_as_it_stands(visit, served):
    with visit("try", served, permissions=["clipboard-read", "clipboard-write"]) as (page, trouble):
        page.fill("#try-price", "3")
        page.click(".try-command button.copybtn")
        page.wait_for_selector("button.copybtn.success")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == "traincost build -p price_usd_per_gpu_hour=3 --out my-edition"
        assert trouble == []


def test_a_slider_is_dragged(try_page):
    at(try_page)
    slider = try_page.get_by_label("Price, slider")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    middle = box["y"] + box["height"] / 2
    try_page.mouse.move(box["x"] + 5, middle)
    try_page.mouse.down()
    try_page.mouse.move(box["x"] + box["width"] / 2, middle, steps=4)
    try_page.mouse.up()
    assert float(try_page.input_value("#try-price")) == pytest.approx(5.5, abs=0.3)
    assert try_page.input_value("#try-price") in try_page.inner_text(".try-command")


@pytest.mark.parametrize("model", ["plain", "quiet", "learner"])
def test_the_script_answers_for_any_model(chromium, small_models, tmp_path, model):
    """A page of the model's own parts and data: settings, sum and drawing, and no error."""
    account = account_of(model, load_scenario(samples=64), Evidence.load(small_models))
    shutil.copytree(ROOT / "book" / "_scripts", tmp_path / "_static")
    write_script(page_data(account), tmp_path / "_static" / "try-data.js")
    parts = [try_page_parts.settings, try_page_parts.bill, try_page_parts.hours]
    body = "".join(part(account) for part in [*parts, try_page_parts.command])
    (tmp_path / "try.html").write_text(f"<!doctype html><meta charset=utf-8>{body}")
    page = chromium.new_page()
    trouble = watched(page, tmp_path.as_uri())
    page.goto(f"{(tmp_path / 'try.html').as_uri()}#price=3")
    page.wait_for_selector(".try-chart svg")
    assert page.input_value("#try-price") == "3"
    assert page.locator("#try-time").count() == (model == "learner")
    found = page.evaluate("window.traincostTry.answers({price_usd_per_gpu_hour: 3})")
    middle = account.to_dict()["total"]["gpu_hours"]["reconstructed"]["p50"]
    assert found["phases"][TOTAL]["usd"]["p50"] == pytest.approx(3 * middle, rel=1e-4)
    assert trouble == []
    page.close()
