"""Tables in a real browser: sorted, filtered, linked, on a screen, a phone and without scripts."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.book.conftest import PHONE, WIDE

pytestmark = pytest.mark.browser
VERDICTS = "supported", "supported_within_boundary", "misleading", "contradicted", "not_checkable"
ENOUGH_CONTRAST = 4.5  # WCAG AA, for text of this size


def table(page: Page, name: str) -> Locator:
    return page.locator(f"#tab-{name}")


def values(found: Locator, head: str) -> list[str]:
    """What the rows in sight are sorted by in the column of a head, in their order."""
    return found.evaluate(
        """(room, head) => {
            const heads = [...room.querySelectorAll('thead th')];
            const column = heads.findIndex(th => th.innerText.startsWith(head));
            return [...room.querySelectorAll('tbody tr')].filter(row => row.checkVisibility())
                .map(row => row.cells[column])
                .map(cell => cell.dataset.value ?? cell.textContent.trim());
        }""",
        head,
    )


def ids(found: Locator) -> list[str]:
    return found.locator("tbody tr").evaluate_all(
        "rows => rows.filter(row => row.checkVisibility()).map(row => row.id)"
    )


def numbers(found: list[str]) -> list[float]:
    return [float(value) for value in found if value]


def test_no_table_is_cut_on_a_screen_and_none_moves_a_phone_sideways(shown):
    opened, trouble = shown
    cut = """boxes => boxes.filter(box => box.scrollWidth > box.clientWidth)
        .map(box => box.querySelector('caption').textContent)"""
    assert opened.locator(".table-box").evaluate_all(cut) == []
    opened.set_viewport_size(PHONE)
    for scheme in ("light", "dark"):
        opened.emulate_media(color_scheme=scheme)
        assert opened.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert opened.locator(".table-box").evaluate_all(cut) == []
    assert trouble == []


def test_every_table_has_a_number_in_its_order_and_says_what_it_holds(shown):
    opened, _ = shown
    captions = opened.locator("table.report caption").all_text_contents()
    for place, caption in enumerate(captions, start=1):
        assert re.fullmatch(rf"Table {place}\s+\S.{{8,}}", caption.strip())
    names = opened.locator(".table-room[id]").evaluate_all("rooms => rooms.map(it => it.id)")
    assert len(names) == len(set(names))


def test_a_head_sorts_by_mouse_and_by_key_the_largest_first_and_then_the_smallest(visit):
    with visit("claims") as (opened, _):
        claims = table(opened, "claims")
        head = claims.locator("th", has_text="when")
        head.get_by_role("button").click()
        expect(head).to_have_attribute("aria-sort", "ascending")  # words and days from the first on
        assert values(claims, "when") == sorted(values(claims, "when"))
        head.get_by_role("button").press("Enter")
        expect(head).to_have_attribute("aria-sort", "descending")
        assert values(claims, "when") == sorted(values(claims, "when"), reverse=True)
        off = claims.locator("th", has_text="how far off")
        off.get_by_role("button").press("Space")
        expect(off).to_have_attribute("aria-sort", "descending")
        expect(head).not_to_have_attribute("aria-sort", re.compile(""))
        found = values(claims, "how far off")
        assert numbers(found) == sorted(numbers(found), reverse=True)
        assert found[len(numbers(found)) :] == [""] * (len(found) - len(numbers(found)))


def test_rows_of_the_same_value_stay_in_their_order(visit):
    with visit("claims") as (opened, _):
        claims = table(opened, "claims")
        before = ids(claims)
        claims.locator("th", has_text="verdict").get_by_role("button").click()
        words, after = values(claims, "verdict"), ids(claims)
        assert words == sorted(words) and len(set(words)) == len(VERDICTS)
        for word in set(words):
            same = [name for name, said in zip(after, words, strict=True) if said == word]
            assert same == [name for name in before if name in same]


def test_claims_are_filtered_by_word_outlet_month_and_verdict_and_the_count_is_told(visit):
    with visit("claims") as (opened, _):
        claims = table(opened, "claims")
        told = claims.locator("output")
        total = claims.locator("tbody tr").count()
        expect(told).to_have_attribute("aria-live", "polite")
        expect(told).to_have_text(f"{total} rows")
        claims.get_by_label("Filter").fill("reuters 512")
        shown = claims.locator("tbody tr:visible")
        assert 0 < shown.count() < total
        assert all("512" in text for text in shown.all_inner_texts())
        expect(told).to_have_text(f"{shown.count()} of {total} rows")
        claims.get_by_role("button", name="Show all").click()
        expect(shown).to_have_count(total)
        for label, value in {"who": "Reuters", "when": "2025-09", "verdict": "misleading"}.items():
            choice = claims.get_by_label(label, exact=True)
            option = choice.locator(f"option[value='{value}']").inner_text()
            choice.select_option(value)
            expect(shown).to_have_count(int(re.search(r"\((\d+)\)", option)[1]))
            choice.select_option("")
        claims.get_by_label("verdict", exact=True).select_option("misleading")
        claims.get_by_label("who", exact=True).select_option("Reuters")
        assert {"misleading"} == set(values(claims, "verdict")) and shown.count() < 5


def test_of_a_very_long_table_the_first_rows_stand_and_the_others_come_on_request(visit, evidence):
    with visit("evidence") as (opened, _):
        facts = table(opened, "facts")
        shown = facts.locator("tbody tr:visible")
        total = len(evidence.facts)
        expect(shown).to_have_count(25)
        facts.get_by_label("Filter").fill("carbon kWh")
        assert "grid_china_kg_co2_per_kwh" in ids(facts)  # far below the first rows
        facts.get_by_label("Filter").fill("")
        more = facts.get_by_role("button", name=f"Show all {total} rows")
        more.press("Enter")
        expect(shown).to_have_count(total)
        expect(more).to_be_hidden()
        expect(facts.locator("tbody tr").nth(25)).to_be_focused()


def test_a_link_to_a_row_shows_it_whatever_is_filtered(visit, evidence):
    last = list(evidence.facts)[-1]
    with visit("evidence") as (opened, _):
        row = opened.locator(f"tr[id='{last}']")
        table(opened, "facts").get_by_label("Filter").fill("no row has this")
        expect(row).to_be_hidden()
        for _ in range(2):  # also where the address is that already
            opened.evaluate(
                """name => {
                    const link = document.createElement('a');
                    link.href = '#' + name;
                    document.body.append(link);
                    link.click();
                }""",
                last,
            )
            expect(row).to_be_in_viewport()
            table(opened, "facts").get_by_label("Filter").fill("no row has this")
            expect(row).to_be_hidden()
    with visit("claims") as (opened, _):
        opened.goto(opened.url.replace("claims.html", f"evidence.html#{last}"))
        expect(opened.locator(f"tr[id='{last}']")).to_be_in_viewport()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_a_row_is_a_card_with_a_label_before_each_cell(visit, scheme):
    with visit("claims", viewport=PHONE, color_scheme=scheme) as (opened, _):
        claims = table(opened, "claims")
        expect(claims.locator("thead")).to_be_hidden()
        cells = claims.locator("tbody tr").first.locator("td:visible")
        lefts = cells.evaluate_all("cells => cells.map(cell => cell.getBoundingClientRect().left)")
        assert len(lefts) > 4 and max(lefts) - min(lefts) < 1
        labels = cells.evaluate_all(
            "cells => cells.map(cell => getComputedStyle(cell, '::before').content)"
        )
        assert labels[0] == "none" and labels[3] == '"verdict: "'
        assert (
            claims.locator("td:visible").evaluate_all(
                "cells => cells.filter(cell => !cell.textContent.trim()).length"
            )
            == 0
        )
        claims.get_by_label("Sort by").select_option(label="when")
        assert values(claims, "when") == sorted(values(claims, "when"))


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["screen", "phone"])
def test_without_scripts_a_table_stands_whole(visit, evidence, viewport):
    with visit("evidence", java_script_enabled=False, viewport=viewport) as (opened, _):
        facts = table(opened, "facts")
        expect(facts.locator("tbody tr:visible")).to_have_count(len(evidence.facts))
        expect(opened.locator(".table-tools, th button")).to_have_count(0)
        if viewport is WIDE:
            expect(facts.locator("thead")).to_be_visible()


def test_a_head_stays_in_sight_below_the_bar(visit):
    with visit("claims") as (opened, _):
        claims = table(opened, "claims")
        claims.locator("tbody tr").nth(20).scroll_into_view_if_needed()
        opened.mouse.wheel(0, 300)
        expect(claims.locator("thead th").first).to_be_in_viewport()
        seen = opened.evaluate(
            """() => {
                const box = document.querySelector('#tab-claims thead th').getBoundingClientRect();
                const there = document.elementFromPoint(box.left + 5, box.top + box.height / 2);
                return there.closest('thead') !== null;
            }"""
        )
        assert seen


def test_a_short_table_has_no_tools(visit):
    with visit("hours") as (opened, _):
        for room in opened.locator(".table-room").all():
            rows = room.locator("tbody tr").count()
            expect(room.locator(".table-tools")).to_have_count(int(rows > 15))


def luminance(color: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return sum(w * x for w, x in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_verdicts_are_readable_and_have_colours_that_no_kind_of_knowledge_has(visit, scheme):
    with visit("claims", color_scheme=scheme) as (opened, _):
        colour = "element => getComputedStyle(element).color"
        page = luminance(opened.evaluate("getComputedStyle(document.body).backgroundColor"))
        found = {}
        for verdict in VERDICTS:
            found[verdict] = opened.locator(f"td .verdict.{verdict}").first.evaluate(colour)
            low, high = sorted((page, luminance(found[verdict])))
            assert (high + 0.05) / (low + 0.05) >= ENOUGH_CONTRAST, verdict
        kinds = opened.evaluate(
            """() => ['disclosed', 'reconstructed', 'assumed', 'accent'].map(kind => {
                const probe = document.createElement('i');
                probe.style.color = `var(--${kind})`;
                document.body.append(probe);
                return getComputedStyle(probe).color;
            })"""
        )
        assert len(set(found.values()) | set(kinds)) == len(VERDICTS) + len(kinds)


BASES = ".table-basis"
RENTS = {"of ": "rent at prices of", "near": "rent at prices near its release"}


def rents_in_sight(found: Locator) -> list[str]:
    return found.locator("thead th:visible", has_text="rent at prices").all_inner_texts()


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_reader_chooses_the_price_basis_of_all_tables_at_once(visit, viewport):
    with visit("comparison", viewport=viewport) as (opened, trouble):
        names = ("side-by-side", "all-models")
        assert opened.locator(BASES).count() == len(names)
        for basis, other in (("near", "of "), ("of ", "near")):
            radio = table(opened, names[0]).get_by_label(re.compile(f"^{basis}"))
            radio.focus()
            opened.keyboard.press(" ")
            for name in names:
                found = table(opened, name)
                expect(found.get_by_label(re.compile(f"^{basis}"))).to_be_checked()
                labels = found.locator("tbody tr").first.locator("td:visible")
                shown = labels.evaluate_all("cells => cells.map(cell => cell.dataset.label)")
                assert any(label.startswith(RENTS[basis]) for label in shown)
                assert not any(label.startswith(RENTS[other]) for label in shown)
                if viewport == WIDE:
                    rents = numbers(values(found, RENTS[basis]))
                    assert rents == sorted(rents, reverse=True) and len(rents) >= 8
        width = opened.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"] and trouble == []


def test_without_scripts_both_price_bases_stand(visit):
    with visit("comparison", java_script_enabled=False) as (opened, _):
        assert opened.locator(BASES).count() == 0
        for name in ("side-by-side", "all-models"):
            assert len(rents_in_sight(table(opened, name))) == 2
