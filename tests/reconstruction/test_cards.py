"""What opens at a computed number: its figures give the result, and lead to rows that are there."""

import re

import numpy as np
import pytest

import analysis
from analysis.data.expressions import parse
from analysis.data.facts import Row
from analysis.data.mistakes import InputError
from analysis.reconstruction import cards
from analysis.reconstruction.bill_cards import (
    LINE_FIELDS,
    edition_card,
    line_card,
    owned_card,
)
from analysis.reconstruction.ownership import LABELS, OwnershipInputs
from analysis.show import links
from analysis.show.links import MARK_OF

FIGURE = re.compile(r"\$?([\d,.]+(?:e[+-]?\d+)?)([KMBT]?)( %)?((?: [A-Za-z][\w/-]*)*)")
SIZES = {"": 1.0, "K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}
SIGNS = str.maketrans({"−": "-", "×": "*", "÷": "/"})
POWER = re.compile(r" × 10\^(\d+)")


def value_of(shown: str) -> float:
    """The number that a figure shows: `39.1 %` is 0.391."""
    power = POWER.search(shown)
    found = FIGURE.match(POWER.sub("", shown))
    size = SIZES[found[2]] * (0.01 if found[3] else 1.0) * (10.0 ** int(power[1]) if power else 1.0)
    return float(found[1].replace(",", "")) * size


def reckoned(text: str) -> float:
    """What a sum in figures comes to."""
    plain = FIGURE.sub(lambda found: repr(value_of(found[0])), text)
    return parse(plain.translate(SIGNS).replace("^", "**")).value({}.__getitem__)


def ends_of(card) -> tuple[float, float]:
    said, _, rest = card.range.partition(", nine")
    assert rest == " times in ten"
    low, high = said.split(" to ")
    return value_of(low), value_of(high)


def two(value: float) -> float:
    return float(f"{value:.2g}")


@pytest.fixture(scope="module")
def plain(small_models):
    """A dense model that names no rent, and discloses hours without dollars."""
    return analysis.reconstruct("plain", data=small_models, samples=64)


@pytest.fixture(scope="module")
def quiet(small_models):
    """A model that discloses nothing."""
    return analysis.reconstruct("quiet", data=small_models, samples=64)


# --- derived figures


def test_the_sum_of_a_derived_figure_gives_the_figure(account):
    for number in account.numbers.values():
        card = cards.number_card(number, account)
        near = {"abs": 5e-3} if "−" in card.sum else {"rel": 5e-3}  # a small rest of large figures
        assert reckoned(card.sum) == pytest.approx(value_of(card.value), **near), card.sum
        assert value_of(card.value) == pytest.approx(number.value, rel=5e-3, abs=5e-4)


def test_a_derived_figure_leads_to_its_row_and_each_figure_in_it_stands_in_its_sum(account):
    for number in account.numbers.values():
        card = cards.number_card(number, account)
        assert (card.name, card.kind) == (number.label, number.kind)
        assert card.row == Row("arithmetic", number.id)
        assert len(card.parts) == len(set(parse(number.expression).names))
        for part in card.parts:
            assert part.value in card.sum and part.row.id and part.kind in MARK_OF


def test_a_sum_without_a_row_of_its_own_by_hand(account):
    text = "gpu_hours = r1_zero_gpus * r1_zero_hours = facts:r1_zero_gpus"
    card = cards.sum_card(text, account)
    assert (card.value, card.sum) == ("101K GPU-hours", "512 GPUs × 198 hours")
    assert reckoned(card.sum) == pytest.approx(value_of(card.value), rel=5e-3)
    assert [part.value for part in card.parts] == ["512 GPUs", "198 hours"]
    assert (card.kind, card.row, card.second_hand) == ("derived", Row("sum", text), False)
    told = cards.sum_card("usd = minimax_final_run_share = facts:minimax_final_run_share", account)
    assert told.second_hand


def test_a_name_of_many_rows_has_its_figure_and_says_how_many_rows_are_not_shown(account):
    rows = account.names.named("dense_reference_runs").rows
    text = f"dense_reference_runs = training_runs:{rows[0].id}"
    card = cards.named_card(text, account)
    words = f"dense runs of other developers, from {len(rows)} rows"
    assert (card.name, card.value) == (words, "78")
    assert (len(rows), card.rest) == (78, "and 70 rows more")
    assert [(part.name, part.value, part.row) for part in card.parts] == [
        (row.id, "", row) for row in rows[:8]
    ]
    assert (card.kind, card.row) == ("derived", Row("named", text))
    assumed = cards.named_card("rung_with_staff_usd_low = facts:minimax_final_run_share", account)
    assert assumed.kind == "assumption"


@pytest.mark.parametrize(("most", "rest"), [(10, ""), (9, "and 1 rows more"), (11, "")])
def test_rows_that_all_have_a_place_leave_no_rest(most, rest, account, monkeypatch):
    monkeypatch.setattr(cards, "MOST_PARTS", most)
    rows = account.names.named("moe_reference_runs").rows
    assert len(rows) == 10
    card = cards.named_card(f"moe_reference_runs = training_runs:{rows[0].id}", account)
    assert card.rest == rest and len(card.parts) == min(most, 10)


# --- results


def test_a_result_shows_its_percentiles_over_the_samples(account):
    for result in account.phases:
        hours, flop = result.gpu_hours, result.flop
        samples = {
            "gpu_hours": hours,
            "usd": hours * account.price_usd_per_gpu_hour,
            "flop": flop,
            "mfu": flop / (hours * 3600 * account.chip.peak_flop_s),
        }
        for field, found in samples.items():
            path = f"{result.phase.id}.{field}"
            card = cards.result_card(path, account)
            low, middle, high = np.percentile(found, [5, 50, 95])
            assert value_of(card.value) == pytest.approx(middle, rel=3e-2)
            assert ends_of(card) == pytest.approx((low, high), rel=3e-2)
            assert (card.row, card.kind) == (Row("results", path), "reconstructed")
            assert card.name == f"{result.phase.label}: {cards.RESULT_WORDS[field]}"
            assert card.says == " ".join(cards.METHODS[kind] for kind in result.phase.kinds)


def test_a_result_stands_beside_what_is_disclosed_of_it(account, quiet):
    def note(field, of=account, phase="v3_pretraining"):
        return cards.result_card(f"{phase}.{field}", of).note

    assert note("gpu_hours") == "Disclosed: 2,664K GPU-hours."
    assert note("usd") == "Disclosed: $5.328M."
    assert note("mfu") == note("flop") == ""
    assert note("gpu_hours", quiet, "reading") == note("usd", quiet, "reading") == ""


def test_a_result_shows_eight_inputs_and_counts_the_others(account):
    for result in account.phases:
        card = cards.result_card(f"{result.phase.id}.gpu_hours", account)
        others = len(result.inputs) - 8
        assert len(card.parts) == min(8, len(result.inputs))
        assert card.rest == (f"and {others} inputs more, on its page" if others > 0 else "")
    assert cards.result_card("r1_zero_rl.usd", account).rest == "and 6 inputs more, on its page"


@pytest.mark.parametrize(("most", "rest"), [(3, ""), (2, "and 1 inputs more, on its page")])
def test_inputs_that_all_have_a_place_leave_no_rest(most, rest, account, monkeypatch):
    monkeypatch.setattr(cards, "MOST_PARTS", most)
    assert cards.result_card("v3_pretraining.gpu_hours", account).rest == rest


@pytest.mark.parametrize("path", ["v3_pretraining.days", "v3.gpu_hours", "v3.days"])
def test_a_result_that_is_not_there_names_the_nearest(path, account):
    with pytest.raises(InputError, match=f"{path} is not a result"):
        cards.result_card(path, account)


# --- all phases


def test_the_total_is_of_the_sum_of_all_phases_in_every_sample(account):
    hours = np.sum([result.gpu_hours for result in account.phases], axis=0)
    for field, found in (("gpu_hours", hours), ("usd", hours * 2.0)):
        card = cards.total_card(field, account)
        low, middle, high = np.percentile(found, [5, 50, 95])
        assert value_of(card.value) == pytest.approx(middle, rel=1e-3)
        assert ends_of(card) == pytest.approx((low, high), rel=1e-3)
        assert (card.row, card.kind) == (Row("total", field), "reconstructed")
        assert card.name == f"All phases: {cards.RESULT_WORDS[field]}"


def test_the_parts_of_the_total_are_what_each_phase_says(account):
    for field in ("gpu_hours", "usd"):
        parts = cards.total_card(field, account).parts
        for part, result in zip(parts, account.phases, strict=True):
            path = f"{result.phase.id}.{field}"
            assert part.name == result.phase.label
            assert part.value == cards.result_card(path, account).value
            assert (part.row, part.kind) == (Row("results", path), "reconstructed")


def test_disclosed_hours_of_all_phases_add_up_and_the_rent_of_them_is_their_product(account):
    hours = cards.total_card("disclosed_gpu_hours", account)
    assert sum(value_of(part.value) for part in hours.parts) == value_of(hours.value) == 2_935_000
    assert hours.row == Row("total", "disclosed_gpu_hours")
    usd = cards.total_card("disclosed_usd", account)
    *same, rent = usd.parts
    assert same == hours.parts and value_of(rent.value) == 2.0
    assert value_of(usd.value) == value_of(hours.value) * 2.0 == 5.87e6
    assert (rent.row, rent.kind) == (Row("edition", "price_usd_per_gpu_hour"), "assumption")
    assert usd.row == Row("total", "disclosed_usd")
    assert {part.kind for part in same} == {"disclosed"}


def test_there_is_no_total_of_other_things(account):
    for field in ("mfu", "flop", "disclosed_mfu", "days"):
        with pytest.raises(InputError, match=f"{field} is not a total"):
            cards.total_card(field, account)


# --- what belongs to one phase


def test_hours_by_the_disclosed_throughput_by_hand(account):
    card = cards.check_card("v3_pretraining.isca_throughput", account)
    shown = {part.row.id: value_of(part.value) for part in card.parts}
    tokens, chips, per_day = (
        shown[name] for name in ("v3_pretraining_tokens", "v3_cluster_gpus", "v3_tokens_per_day")
    )
    assert value_of(card.value) == pytest.approx(tokens / per_day * 24 * chips, rel=1e-3)
    assert card.note == "Rented: $5.333M." and value_of(card.value) * 2 == pytest.approx(
        5.333e6, 1e-3
    )
    assert (card.kind, card.row) == ("derived", Row("check", "v3_pretraining.isca_throughput"))
    with pytest.raises(InputError, match=r"did you mean v3_pretraining\.isca_mfu"):
        cards.check_card("v3_pretraining.isca_mfuu", account)


def test_an_input_shows_its_middle_and_its_ends_and_the_rows_it_was_taken_from(account):
    for result in account.phases:
        for name, item in result.inputs.items():
            path = f"{result.phase.id}.{name}"
            card = cards.input_card(path, account)
            low, middle, high = item.distribution.quantile([0.05, 0.5, 0.95])
            assert card.name == f"{result.phase.label}: {item.label}"
            assert card.row == Row("input", path) and card.kind in MARK_OF
            assert [part.row for part in card.parts] == list(item.distribution.rows)
            if low == high:
                assert card.range == ""
                assert value_of(card.value) == pytest.approx(middle, rel=2e-3)
            else:
                assert value_of(card.value) == pytest.approx(two(middle), rel=1e-6)
                assert ends_of(card) == pytest.approx((two(low), two(high)), rel=1e-6)
    with pytest.raises(InputError, match=r"did you mean v3_pretraining\.views_mfu"):
        cards.input_card("v3_pretraining.view_mfu", account)


def test_the_efficiency_that_hours_need_by_hand(account):
    """14.8T tokens of 250.4B FLOP; with modules for multi-token prediction 260.6B."""
    for path, flop_per_token in (("", 250.4e9), (".all_work", 260.6e9)):
        card = cards.needed_card(f"v3_pretraining{path}", account)
        hours, peak = card.parts
        by_hand = 14.8e12 * flop_per_token / (value_of(hours.value) * 3600 * value_of(peak.value))
        assert value_of(card.value) == pytest.approx(by_hand, rel=2e-3)
        assert hours.row == Row("facts", "v3_pretraining_gpu_hours")
        assert (peak.name, peak.row) == ("peak of a chip", Row("hardware", "H800 SXM"))
        assert (card.kind, card.row) == ("derived", Row("needed", f"v3_pretraining{path}"))


# --- the bill


def test_a_line_of_the_bill_shows_its_row_a_disclosed_one_whole_an_assumed_one_in_two(account):
    for line in account.bill.to_dict("records"):
        for field, (words, _) in LINE_FIELDS.items():
            path = f"{line['id']}.{field}"
            card, value = line_card(path, account), line[field]
            assert card.row == Row("bill", path) and card.name == f"{line['label']}: {words}"
            ends = [line.get(f"{field}_{end}", value) for end in ("p05", "p95")]
            if value != value:
                assert (card.value, card.range) == ("not disclosed", "")
            elif ends[0] == pytest.approx(ends[1]):
                assert value_of(card.value) == pytest.approx(value, rel=5e-4) and not card.range
            else:
                assert value_of(card.value) == pytest.approx(two(value))
                assert ends_of(card) == pytest.approx([two(end) for end in ends])


def test_only_what_is_assumed_in_a_line_is_called_so(account):
    kinds = {
        field: {line: line_card(f"{line}.{field}", account).kind for line in account.bill.id}
        for field in LINE_FIELDS
    }
    assumed = set(account.bill.id[account.bill.assumed])
    assert assumed == {"with_failed_runs", "with_staff", "fleet_capital"}
    for field, of in kinds.items():
        expected = set(of) if field == "own_usd" else assumed
        assert {line for line, kind in of.items() if kind == "assumption"} == expected
        assert set(of.values()) <= {"assumption", "derived"}


def test_the_parts_of_a_line_are_its_facts_and_of_owned_machines_their_inputs_too(account):
    for line in account.bill.to_dict("records"):
        facts = [Row("facts", name) for name in line["facts"]]
        rented = line_card(f"{line['id']}.usd", account)
        assert [part.row for part in rented.parts] == facts
        owned = line_card(f"{line['id']}.own_usd", account).parts
        assert owned[: len(facts)] == rented.parts and len(owned) == len(facts) + 8
        assert owned[len(facts)].name == "price of a GPU with its share of the server"


def test_hours_of_the_first_line_times_the_rent_are_its_dollars(account):
    hours, rent = line_card("r1_zero.usd", account).parts
    shown = value_of(line_card("r1_zero.usd", account).value)
    assert value_of(hours.value) * value_of(rent.value) == shown == 202_000
    assert value_of(line_card("r1_zero.gpu_hours", account).value) == value_of(hours.value)


def test_a_chip_without_a_purchase_price_has_no_parts_of_an_owned_hour(evidence):
    known = set(evidence["purchase_prices"].chip)
    chip = next(chip for chip in evidence["hardware"].chip if chip not in known)
    found = analysis.reconstruct(samples=64, chip=chip)
    card = line_card("r1_zero.own_usd", found)
    assert (card.value, card.range) == ("not disclosed", "")
    assert card.parts == line_card("r1_zero.usd", found).parts


@pytest.mark.parametrize("path", ["r1_zero.days", "r1_zer.usd", "r1.days"])
def test_a_line_that_is_not_there_names_the_nearest(path, account):
    with pytest.raises(InputError, match=f"{path} is not a line of the bill"):
        line_card(path, account)


# --- the rent


def test_a_rent_is_of_its_own_sources_of_the_edition_or_of_the_quotes(account, plain):
    own, set_here, quoted = (
        edition_card("price_usd_per_gpu_hour", found)
        for found in (account, analysis.reconstruct(samples=64, price_usd_per_gpu_hour=3.5), plain)
    )
    assert (own.value, own.says) == (
        "$2.00 a GPU-hour",
        "That price is what its own sources assume.",
    )
    assert [part.row for part in own.parts] == [Row("facts", "v3_rental_price_assumed")]
    assert (set_here.value, set_here.says) == (
        "$3.50 a GPU-hour",
        "That price is set for this edition.",
    )
    assert set_here.parts == quoted.parts == []
    assert quoted.says == "That price is the middle of the quotes for its chip near its release."
    assert value_of(quoted.value) == pytest.approx(plain.price_usd_per_gpu_hour, abs=5e-3)
    for card in (own, set_here, quoted):
        assert card.row == Row("edition", "price_usd_per_gpu_hour") and card.kind == "assumption"


# --- every card


def test_every_row_that_a_card_names_is_in_its_table(account):
    found = [cards.number_card(number, account) for number in account.numbers.values()]
    for result in account.phases:
        phase = result.phase.id
        found += [cards.result_card(f"{phase}.{field}", account) for field in cards.RESULTS]
        found += [cards.input_card(f"{phase}.{name}", account) for name in result.inputs]
        found += [cards.needed_card(phase, account)]
    found += [line_card(f"{line}.own_usd", account) for line in account.bill.id]
    rows = {row for card in found for row in (card.row, *(part.row for part in card.parts)) if row}
    tables = {name: set(account.evidence.by_id(name)) for name in links.PAGES if name != "facts"}
    tables |= {"facts": set(account.evidence.facts), "arithmetic": set(account.numbers)}
    stored = {row for row in rows if row.table in tables}
    assert [row for row in stored if row.id not in tables[row.table]] == []
    computed = {"results", "input", "needed", "bill"}
    assert {row.table for row in rows - stored} == computed and len(stored) > 50


def test_an_input_of_an_owned_hour_shows_its_middle_and_its_ends(account, evidence):
    inputs = OwnershipInputs.of(account.chip, account.scenario.parameters, evidence).distributions
    for name, found in inputs.items():
        card = owned_card(name, account)
        low, middle, high = found.quantile([0.05, 0.5, 0.95])
        assert card.name == f"An owned hour: {LABELS[name]}" and card.row == Row("owned", name)
        assert [part.row for part in card.parts] == list(found.rows)
        if low == high:
            assert card.range == "" and value_of(card.value) == pytest.approx(middle, rel=2e-3)
        else:
            assert value_of(card.value) == pytest.approx(two(middle), abs=5e-3)
            assert ends_of(card) == pytest.approx((two(low), two(high)), abs=5e-3)
    with pytest.raises(InputError, match="own_pui is not an input of an owned hour"):
        owned_card("own_pui", account)
    known = set(evidence["purchase_prices"].chip)
    chip = next(chip for chip in evidence["hardware"].chip if chip not in known)
    with pytest.raises(InputError, match="own_pue is not an input of an owned hour"):
        owned_card("own_pue", analysis.reconstruct(samples=64, chip=chip))
