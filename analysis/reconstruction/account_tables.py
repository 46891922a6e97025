"""What the page of one model's account shows: its hours beside what is disclosed, its rent by
source and time, and what its maker says and does not say.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import pandas as pd

from analysis.data.facts import Fact, Row
from analysis.data.mistakes import InputError
from analysis.reconstruction.account import Account
from analysis.reconstruction.phase_samples import GROUNDS
from analysis.reconstruction.phase_words import NOTHING_OPEN
from analysis.reconstruction.rent import Rent, rent_of
from analysis.show import links
from analysis.show.links import Html
from analysis.show.numbers import date_text, hours_text, quantity_text, significant, usd_text
from analysis.show.tables import ROUGH, table

# where the rent of an hour may be taken from, in words
RENTS = {
    None: "as the account has it",
    "release": "the market near the release",
    "today": "the newest quotes",
    "owned": "on machines of one's own",
}
QUANTITIES = {"gpus": "GPUs", "gpu_hours": "GPU-hours", "post_training": "post-training"}
INTERVAL = ("p05", "p50", "p95")
NOTHING = "not disclosed"
FEW = 2  # phases that are named each
NINE = (
    "Nine quantities would make the bill of a training run. The table says which of them are "
    "disclosed."
)


def finding(account: Account) -> Html:
    """What is disclosed of a model's hours, what public facts give, and what that would cost."""
    low, middle, high = (_hours(account, end) for end in INTERVAL)
    disclosed = account.frame().disclosed
    grounds = GROUNDS[frozenset().union(*(result.assumes for result in account.phases))]
    found = f"{grounds} give {middle} GPU-hours, {low} to {high} nine times in ten"
    if disclosed.isna().all():
        said = f"<strong>Its maker discloses no hours; {found}.</strong>"
    else:
        said = f"<strong>Its maker discloses {_disclosed(account)}; {found}.</strong>"
    rent = account.reconstruction.rent
    money = account.to_dict()["total"]["usd"]["reconstructed"]
    price = _figure(
        account, quantity_text(rent.usd_per_gpu_hour, "usd_per_gpu_hour"), "rent", "assumption"
    )
    ends = [
        _figure(account, usd_text(significant(money[end], 2)), "usd", "reconstructed")
        for end in INTERVAL
    ]
    return Html(
        f"<p>{said} {_scope(account)} At {price} that is {ends[1]}, "
        f"between {ends[0]} and {ends[2]}. That range is of the hours: price and chip are held. "
        f"{links.text(rent.says)}"
        f"{_quotes(account)}{_chip(account)}</p>"
    )


def _disclosed(account: Account) -> str:
    frame = account.frame()
    hours = quantity_text(significant(frame.disclosed.sum(), 4), "gpu_hours")
    shown = _figure(account, hours, "disclosed", "disclosed")
    known, all_of_them = int(frame.disclosed.notna().sum()), len(frame)
    if known == all_of_them:
        return shown
    some = _figure(account, f"{known} of {all_of_them}", "phases", "derived")
    return f"{shown} for {some} phases"


def _scope(account: Account) -> str:
    """Which phases the sum counts, whether training after the corpus is among them, and what the
    line of the bill that holds them all leaves out.
    """
    phases, whole = [result.phase for result in account.phases], account.model.whole
    labels = [phase.label for phase in phases]
    counted: str = links.text(" and ".join(labels))
    if len(labels) > FEW:
        number = _figure(account, str(len(labels)), "phases", "derived")
        counted = f"{number} phases, from {links.text(labels[0])} to {links.text(labels[-1])}"
    after = {kind for phase in phases for kind in phase.kinds} - {"pretraining"}
    left_out = whole.leaves_out if whole else ""
    said = after or "post-training" in left_out.casefold()
    told = f"This counts {counted}{'' if said else ', and no post-training'}."
    return f"{told} It leaves out: {links.text(left_out)}" if left_out else told


def _quotes(account: Account) -> str:
    """How many quotes the price rests on, of when, and whose one alone is."""
    quotes = _rows_of(account.reconstruction.rent, account)
    if quotes.empty:
        return ""
    days = links.text(_days(quotes, "%B"))
    if len(quotes) == 1:
        return f" It is one quote, of {links.text(quotes.provider.iloc[0])}, of {days}."
    count = _figure(account, str(len(quotes)), "quotes", "derived")
    ours = ", all of one provider" if quotes.provider.nunique() == 1 else ""
    return f" There are {count} such quotes{ours}, of {days}."


def _rows_of(rent: Rent, account: Account) -> pd.DataFrame:
    """The quotes that a rent is the middle of, the oldest first."""
    if not rent.quotes:
        return pd.DataFrame()
    return account.evidence["prices"].set_index("id").loc[[*rent.quotes]]


def _days(quotes: pd.DataFrame, month: str = "%b") -> str:
    """The first and the last day of quotes."""
    days = [date_text(quotes.date.iloc[end], month) for end in (0, -1)]
    return " to ".join(dict.fromkeys(days))


def _chip(account: Account) -> str:
    """Which chip it is, and how that is known."""
    named, why = links.text(account.chip.name), account.model.chip_assumed
    if account.scenario.parameters.chip is not None:
        return f" The chip, {named}, is set for this edition."
    if why:
        return f" The chip, {named}, is {links.known('assumption')}. {links.text(why)}"
    return f" The chip, {named}, is {links.known('disclosed')}."


def phases(account: Account) -> Html:
    """Each phase: hours disclosed, the interval of our estimate, and its rent at the middle."""
    frame = account.frame()
    if frame.disclosed.notna().any():
        cells = [account[phase].tables.disclosed_cell("gpu_hours") for phase in frame.id]
        frame = frame.assign(disclosed=cells)
    shown = frame[["label", "disclosed", *INTERVAL, "usd_p50"]]
    return table(
        shown.dropna(axis="columns", how="all"),
        units=dict.fromkeys(["disclosed", *INTERVAL], "gpu_hours") | {"usd_p50": "usd"},
        head={"label": "phase", "p05": "5 %", "p50": "middle", "p95": "95 %", "usd_p50": "rent"},
        figures=dict.fromkeys((*INTERVAL, "usd_p50"), ROUGH),
        caption=f"{account.model.title}: hours disclosed and estimated, phase by phase",
        name="phases-of-account",
        kind="reconstructed",
    )


def rents(account: Account) -> Html:
    """The same hours at other rents: near the release, by the newest quotes, owned; those that
    rest on the same stand in one row.
    """
    words: dict[Rent, list[str]] = {}
    for choice, of_choice in RENTS.items():
        if rent := _rent_by(account, choice):
            words.setdefault(dataclasses.replace(rent, says=""), []).append(of_choice)
    rows = [{"from": "; ".join(of), **_at_rent(account, rent)} for rent, of in words.items()]
    return table(
        pd.DataFrame(rows).dropna(axis="columns", how="all"),
        units={"rent": "usd_per_gpu_hour", "disclosed": "usd", "middle": "usd"},
        head={
            "from": "the price of an hour",
            "days": "of",
            "disclosed": "disclosed hours",
            "middle": "our middle",
        },
        figures={"middle": ROUGH},
        caption=f"{account.model.title}: the same hours at other prices",
        rests={
            "rent": ("of_rent", ""),
            "disclosed": ("of_rent", ""),
            "middle": ("of_middle", ""),
            "quotes": ("derived", ""),
        },
        name="rents",
        kind="assumption",
    )


def _rent_by(account: Account, choice: str | None) -> Rent | None:
    scenario = dataclasses.replace(account.scenario, rent=choice or account.scenario.rent)
    try:
        return rent_of(account.model, scenario, account.evidence)
    except InputError:  # of this chip nobody quotes such a price
        return None


def _at_rent(account: Account, rent: Rent) -> dict[str, Any]:
    quotes = _rows_of(rent, account)
    total = account.to_dict()["total"]["gpu_hours"]
    disclosed = account.frame().disclosed.sum(min_count=1)
    return {
        "of_rent": "derived" if rent.quotes else "assumption",
        "of_middle": "reconstructed" if rent.quotes else "assumption",
        "rent": rent.usd_per_gpu_hour,
        "quotes": len(quotes) or None,
        "days": _days(quotes) if len(quotes) else None,
        "disclosed": disclosed * rent.usd_per_gpu_hour,
        "middle": total["reconstructed"]["p50"] * rent.usd_per_gpu_hour,
    }


def not_known(account: Account) -> Html:
    """What no source says, phase by phase."""
    items = [
        f"<li><strong>{links.text(result.phase.label)}.</strong> "
        f"{links.text(' '.join(result.phase.not_known))}</li>"
        for result in account.phases
        if result.phase.not_known
    ]
    return Html(f"<ul>{''.join(items)}</ul>" if items else f"<p>{NOTHING_OPEN}</p>")


def said(account: Account) -> Html:
    """What the model's maker discloses of nine quantities, with its facts, or that it does not."""
    rows = account.evidence["disclosed"]
    rows = rows[rows.model == account.model.name]
    shown = [
        {
            "quantity": QUANTITIES.get(row.quantity, row.quantity),
            "its maker says": _told(row, account),
        }
        for row in rows.itertuples()
    ]
    found = table(
        pd.DataFrame(shown),
        head={"quantity": "of"},
        caption=f"{account.model.title}: what its maker discloses",
        name="said",
    )
    return Html(f"<p>{NINE}</p>{found}")


def _told(row: Any, account: Account) -> Html:
    """The facts of a quantity, a sentence on it, or that there is none."""
    names = [name for name in row.facts.split("|") if name]
    facts = account.evidence.facts
    told = [
        Html(f"{links.fact(facts[name], account.evidence)}{_of_what(facts[name])}")
        for name in names
    ]
    words = [links.text(row.says)] if row.says else []
    place = [links.source(row.source_id, account.evidence)] if row.source_id else []
    return Html("; ".join([*told, *words, *place]) or NOTHING)


def _of_what(fact: Fact) -> str:
    """What a fact is of, in brackets, where its unit does not say as much: no `384 GPUs (GPUs)`."""
    said = fact.quantity in quantity_text(fact.value, fact.unit)
    return "" if said else f" ({links.text(fact.quantity)})"


def _hours(account: Account, end: str) -> Html:
    total = account.to_dict()["total"]["gpu_hours"]["reconstructed"][end]
    shown = hours_text(significant(total, 2))
    return _figure(account, shown, "hours", "reconstructed")


def _figure(account: Account, shown: str, what: str, kind: str) -> Html:
    """A figure of an account; `book/computed.toml` says how it comes about."""
    page = f"{account.model.name}.html"
    row: Row = links.counted_row(f"account.{what}", account.model.title, page)
    return links.figure(shown, kind, row)
