"""What figures tell that are computed: from facts, from a reconstruction, from the bill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.data.facts import Facts, Number, Row
from analysis.data.mistakes import UnknownName
from analysis.data.uncertainty import Distribution
from analysis.physics.cost import rental_usd
from analysis.reconstruction.account import Account
from analysis.reconstruction.input_rows import kind_of_input
from analysis.reconstruction.operands import (
    in_figures,
    inputs_of,
    middle_and_ends,
    operand,
    operands,
    words_of,
)
from analysis.show.cards import Card, Part, range_text
from analysis.show.numbers import quantity_text

MOST_PARTS = 8
NINE_IN_TEN = "nine times in ten"
RESULTS = {"gpu_hours": "gpu_hours", "usd": "usd", "mfu": "ratio", "flop": "flop"}
RESULT_WORDS = {"gpu_hours": "GPU-hours", "usd": "rent", "mfu": "efficiency (MFU)", "flop": "work"}
# kind of a stage -> how its hours are estimated
METHODS = {
    "pretraining": "The work of all tokens, over what the chips do at the efficiency that other "
    "developers' runs reached.",
    "fine_tuning": "The work of all samples at their mean length, over what the chips do at the "
    "efficiency of training.",
    "generation": "The tokens to be written, over the speed at which the chips write them.",
    "reinforcement": "Rounds of writing answers, scoring them and updating the model. Writing "
    "takes as long as the longest answer needs, or as the chips' throughput allows.",
}


def number_card(number: Number, account: Account) -> Card:
    """A derived figure: its arithmetic, and each figure in it."""
    return Card(
        number.label,
        quantity_text(number.value, number.unit),
        number.kind,
        Row("arithmetic", number.id),
        sum=in_figures(number.expression, account),
        parts=operands(number.expression, account),
        note=number.note,
        second_hand=number.second_hand,
    )


def sum_card(text: str, account: Account) -> Card:
    """Arithmetic on facts that has no row of its own, such as chips times hours: `UNIT = SUM`."""
    unit, expression, _ = text.split(" = ")
    value = account.names.value(expression, expression)
    return Card(
        "Computed from what the source prints",
        quantity_text(value, unit),
        "derived",
        Row("sum", text),
        sum=in_figures(expression, account),
        parts=operands(expression, account),
        second_hand=account.names.is_second_hand(expression),
    )


def named_card(text: str, account: Account) -> Card:
    """A name that stands for many rows: its figure, and the first of them: `NAME = TABLE:ID`."""
    name = text.partition(" = ")[0]
    figure, rows = account.names.named(name), account.names.rows_behind([name])
    return Card(
        words_of(name, account),
        quantity_text(figure.value, figure.unit),
        figure.kind,
        Row("named", text),
        **_rows_behind(rows),
    )


def result_card(path: str, account: Account) -> Card:
    """A reconstructed figure of a phase, `PHASE.gpu_hours`: how, from what, and between what."""
    phase, field, found = _result(path, account)
    result, disclosed = account[phase], found.get("disclosed")
    interval, unit = found.get("reconstructed", found), RESULTS[field]
    inputs = inputs_of(result)
    rest = len(inputs) - MOST_PARTS
    return Card(
        f"{result.phase.label}: {RESULT_WORDS[field]}",
        quantity_text(interval["p50"], unit),
        "reconstructed",
        Row("results", path),
        range=nine_in_ten(interval, unit),
        says=" ".join(METHODS[kind] for kind in result.phase.kinds),
        parts=inputs[:MOST_PARTS],
        rest=f"and {rest} inputs more, on its page" if rest > 0 else "",
        note=f"Disclosed: {quantity_text(disclosed, unit)}." if disclosed else "",
    )


def total_card(field: str, account: Account) -> Card:
    """The hours or dollars of all phases together: `gpu_hours`, or `disclosed_gpu_hours`."""
    name = field.removeprefix("disclosed_")
    if name not in ("gpu_hours", "usd"):
        raise UnknownName(field, "a total", ["gpu_hours", "usd"])
    unit, found = RESULTS[name], account.to_dict()
    if name != field:
        return _disclosed_total(name, account)
    interval = found["total"][name]["reconstructed"]
    middles = {phase["id"]: phase[name]["reconstructed"]["p50"] for phase in found["phases"]}
    return Card(
        f"All phases: {RESULT_WORDS[name]}",
        quantity_text(interval["p50"], unit),
        "reconstructed",
        Row("total", field),
        range=nine_in_ten(interval, unit),
        says="The phases added up in each of many draws; their middles need not add up to it.",
        parts=[
            Part(
                account[phase].phase.label,
                quantity_text(middle, unit),
                "reconstructed",
                Row("results", f"{phase}.{name}"),
            )
            for phase, middle in middles.items()
        ],
    )


def check_card(path: str, account: Account) -> Card:
    """Hours that follow from a speed which the developer discloses: `PHASE.CHECK`."""
    phase, _, check_id = path.partition(".")
    result = account[phase]
    checks = {check.id: check for check in result.phase.cross_checks}
    if check_id not in checks:
        raise UnknownName(path, "a cross-check", [f"{phase}.{name}" for name in checks])
    hours, check = result.cross_checks[check_id], checks[check_id]
    rent = float(rental_usd(hours, account.price_usd_per_gpu_hour))
    return Card(
        f"{result.phase.label}, {check.label}",
        quantity_text(hours, "gpu_hours"),
        "derived",
        Row("check", path),
        says="Hours that follow from the speed which the developer discloses. The reconstruction "
        "does not read them.",
        parts=[operand(name, account) for name in check.facts],
        note=f"Rented: {quantity_text(rent, 'usd')}.",
    )


def input_card(path: str, account: Account) -> Card:
    """An input of a phase, `PHASE.INPUT`: its range, and what it was taken from."""
    phase, _, name = path.partition(".")
    inputs, facts = account[phase].inputs, account.evidence.facts
    if name not in inputs:
        raise UnknownName(path, "an input", [f"{phase}.{known}" for known in inputs])
    item = inputs[name]
    label = f"{account[phase].phase.label}: {item.label}"
    return range_card(label, item.unit, item.distribution, Row("input", path), facts)


def range_card(label: str, unit: str, found: Distribution, row: Row, facts: Facts) -> Card:
    """An uncertain input with its range, and the rows that it was taken from."""
    middle, ends = middle_and_ends(unit, found)
    return Card(
        label,
        middle,
        kind_of_input(found, facts),
        row,
        range=f"{ends}, {NINE_IN_TEN}" if ends else "",
        says=f"From {found.basis}.",
        **_rows_behind(found.rows),
    )


def needed_card(path: str, account: Account) -> Card:
    """The efficiency at which the disclosed hours of a phase do its work: `PHASE`, or
    `PHASE.all_work`, with work that printed figures leave out.
    """
    phase, _, of = path.partition(".")
    result = account[phase]
    needed = result.needed_mfu_of_all_work if of else result.needed_mfu
    peak = Row("hardware", account.chip.name)
    return Card(
        f"{result.phase.label}: efficiency (MFU) that the disclosed hours need",
        quantity_text(needed, "ratio"),
        "derived",
        Row("needed", path),
        says="The work of all tokens, over what the chips can do at their peak in these hours.",
        parts=[
            *operands(result.phase.disclosed_as("gpu_hours") or "", account),
            Part("peak of a chip", quantity_text(result.chip.peak_flop_s, "flop_per_s"), row=peak),
        ],
    )


def _result(path: str, account: Account) -> tuple[str, str, dict[str, Any]]:
    phase, _, field = path.partition(".")
    phases = {found["id"]: found for found in account.to_dict()["phases"]}
    if phase not in phases or field not in RESULTS:
        raise UnknownName(path, "a result", [f"{one}.{name}" for one in phases for name in RESULTS])
    return phase, field, phases[phase][field]


def _disclosed_total(name: str, account: Account) -> Card:
    unit, found = RESULTS[name], account.to_dict()
    hours, price = found["total"]["gpu_hours"]["disclosed"], account.price_usd_per_gpu_hour
    value = hours if name == "gpu_hours" else float(rental_usd(hours, price))
    rent = Part(
        "rent of a GPU-hour",
        quantity_text(price, "usd_per_gpu_hour"),
        "assumption",
        Row("edition", "price_usd_per_gpu_hour"),
    )
    return Card(
        f"All phases, disclosed hours: {RESULT_WORDS[name]}",
        quantity_text(value, unit),
        "derived",
        Row("total", f"disclosed_{name}"),
        parts=[
            part
            for phase in account.phases
            for part in operands(phase.phase.disclosed_as("gpu_hours") or "", account)
        ]
        + ([rent] if name == "usd" else []),
    )


def _rows_behind(rows: Sequence[Row]) -> dict[str, Any]:
    """The first of the rows that a figure was taken from, and how many there are more."""
    more = len(rows) - MOST_PARTS
    rest = f"and {more} rows more" if more > 0 else ""
    return {"parts": [Part(row.id, "", row=row) for row in rows[:MOST_PARTS]], "rest": rest}


def nine_in_ten(interval: Mapping[str, float], unit: str) -> str:
    """An interval in words."""
    return f"{range_text(interval['p05'], interval['p95'], unit)}, {NINE_IN_TEN}"
