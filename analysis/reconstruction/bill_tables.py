"""What a page shows of the bill: its lines, rented or owned, an owned hour, energy and carbon."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.data.chips import find_chip, rated_power_w
from analysis.data.facts import Row
from analysis.data.scenario import Parameters
from analysis.data.tables import Evidence
from analysis.physics.cost import energy_kwh
from analysis.reconstruction.account import Account
from analysis.reconstruction.input_rows import input_row
from analysis.reconstruction.ladder import disclosed_rungs
from analysis.reconstruction.ownership import LABELS, UNITS, OwnershipInputs, owned_hour_at_middle
from analysis.show import links
from analysis.show.ledger import rests_on
from analysis.show.links import Html
from analysis.show.numbers import hours_text, quantity_text, significant, usd_text
from analysis.show.tables import PRINTED, table

NO_BILL = "The model's file names no line of a bill."
GRID = ("grid_", "_kg_co2_per_kwh")  # how the facts on a grid's electricity are called
KG_PER_TONNE = KWH_PER_MWH = 1000.0
NO_ENERGY = "None of its hours are disclosed, so no energy stands here."


def disclosed_lines(account: Account) -> Html:
    """The lines that rest on disclosed hours: the hours each adds, all hours, and dollars."""
    rows = [
        {
            "what is counted": line.label,
            "adds": Html(", ".join(disclosed_hours(phase, account) for phase in line.adds)),
            "hours": line.gpu_hours,
            "rent": "not disclosed" if np.isnan(line.usd) else line.usd,
            "hours_row": f"{line.id}.gpu_hours",
            "rent_row": f"{line.id}.usd",
        }
        for line in disclosed_rungs(account.bill).itertuples()
    ]
    if not rows:
        return Html(f"<p>{NO_BILL}</p>")
    printed = dict.fromkeys(("hours", "rent"), PRINTED)
    caption = f"Disclosed hours, at {_price(account)}"
    units = {"hours": "gpu_hours", "rent": "usd"}
    return table(
        pd.DataFrame(rows),
        units=units,
        figures=printed,
        caption=caption,
        name="disclosed-bill",
        rests={name: ("derived", f"bill:{name}_row") for name in units},
    )


def lines(account: Account) -> Html:
    """Every line: what it counts and leaves out, its rent with interval, the same hours on owned
    machines; its facts on request.
    """
    rows = [
        {
            "anchor": line.id,
            "what is counted": line.label + (" (beside the bill)" if line.marker else ""),
            "rented": _interval(line, "usd", "assumption" if line.assumed else "derived"),
            "on owned machines": _interval(line, "own_usd", "assumption"),
            "it counts": Html(
                f"{links.text(line.counts)} {rests_on(line.facts, account.evidence)}"
            ),
            "it leaves out": line.leaves_out,
        }
        for line in account.bill.itertuples()
    ]
    if not rows:
        return Html(f"<p>{NO_BILL}</p>")
    caption = "What each line counts, and what it comes to; of ranges, nine draws in ten lie within"
    return table(
        pd.DataFrame(rows), caption=caption, name="lines", classes="ledger", anchors="anchor"
    )


def finding(account: Account) -> Html:
    """What the bill comes to on disclosed hours, and with what is assumed beyond them."""
    disclosed = disclosed_rungs(account.bill).dropna(subset="usd")
    if disclosed.empty:
        said = "No line of the bill rests on disclosed hours alone."
        return Html(f"<p><strong>{said}</strong></p>")
    first, last = disclosed.iloc[0], disclosed.iloc[-1]
    least, most = (
        links.figure(usd_text(line.usd), "derived", Row("bill", f"{line.id}.usd"))
        for line in (first, last)
    )
    rent = links.figure(_price(account), "assumption", Row("edition", "price_usd_per_gpu_hour"))
    said = f"runs from {least} to {most}, by how much is counted"
    said = said if first.usd < last.usd else f"comes to {most}"
    return Html(
        f"<p><strong>On disclosed hours the bill {said}.</strong> "
        f"Every line is hours times an assumed rent, {rent}; no payment of it is on record. "
        f"{_assumed(account)}{_owned(last)}</p>"
    )


def owned_inputs(account: Account) -> Html:
    """What an owned GPU-hour costs: each input with its range, and where it comes from."""
    inputs = OwnershipInputs.of(account.chip, account.scenario.parameters, account.evidence)
    if inputs is None:
        return Html(f"<p>No purchase price of {links.text(account.chip.name)} is on record.</p>")
    rows = [
        input_row(LABELS[name], found, UNITS[name], account.evidence, Row("owned", name))
        for name, found in inputs.distributions.items()
    ]
    caption = f"What an owned hour of {account.chip.name} is made from"
    return table(pd.DataFrame(rows), caption=caption, name="owned-inputs")


def owned_hours(evidence: Evidence) -> Html:
    """An owned GPU-hour by part for every chip with a purchase price, each input at its middle,
    beside the lowest and highest quote of its rent [US$].
    """
    quotes = evidence["prices"].groupby("chip").usd_per_gpu_hour.agg(["min", "max"])
    rows = []
    for chip in sorted(set(evidence["purchase_prices"].chip)):
        hour = owned_hour_at_middle(find_chip(chip, evidence["hardware"]), Parameters(), evidence)
        if not np.isnan(hour.usd_per_gpu_hour):
            low, high = quotes.loc[chip] if chip in quotes.index else (np.nan, np.nan)
            rents = {"lowest rent": low, "highest rent": high}
            rows.append({"chip": chip, **hour.parts, "all parts": hour.usd_per_gpu_hour, **rents})
    found = pd.DataFrame(rows)
    return table(
        found,
        units=dict.fromkeys(found.columns[1:], "usd"),
        caption="An hour of an owned GPU by part, beside its rent",
        name="owned-hours",
        kind="assumption",
    )


def carbon(account: Account) -> Html:
    """Electricity and carbon of what has disclosed hours, by grid."""
    found = carbon_of(account)
    caption = "Electricity and carbon of disclosed hours, by the grid that feeds them"
    units, head = {"GPU-hours": "gpu_hours"}, {"GPU-hours": "hours"}
    shown = table(
        found,
        units=units,
        head=head,
        caption=caption,
        rests={"GPU-hours": ("derived", "")},
        name="carbon",
        kind="assumption",  # what a server draws beside its chips, and the building beside it
    )
    return shown if len(found) else Html(f"<p>{NO_ENERGY}</p>")


def carbon_of(account: Account) -> pd.DataFrame:
    """Energy [MWh] and carbon [t CO₂ by grid] of each line on disclosed hours, or of each phase
    with such hours where the model's bill has no lines; each input at the value of its fact.

    Returns
    -------
    DataFrame
        `what is counted`, `GPU-hours`, `MWh`, and `t CO₂, GRID` for each grid among the
        facts.
    """
    facts, parameters = account.evidence.facts, account.scenario.parameters
    tdp_w = rated_power_w(account.chip.name, account.evidence["hardware"])
    pue = parameters.pue or facts.constant("datacentre_pue", "ratio").value
    power = facts.constant("node_power_per_tdp", "ratio").value
    lines = account.bill[~account.bill.assumed]
    if lines.empty:
        lines = account.frame().rename(columns={"disclosed": "gpu_hours"})
    lines = lines.dropna(subset="gpu_hours")
    energy = energy_kwh(lines.gpu_hours.to_numpy(), tdp_w, power, pue)
    grids = {
        f"t CO₂, {name}": energy * kg_per_kwh / KG_PER_TONNE
        for name, kg_per_kwh in _grids(account.evidence).items()
    }
    shown = {"what is counted": lines.label, "GPU-hours": lines.gpu_hours}
    return pd.DataFrame(shown | {"MWh": energy / KWH_PER_MWH} | grids)


def _grids(evidence: Evidence) -> dict[str, float]:
    """Carbon of a kilowatt-hour [kg] by the name of a grid."""
    before, after = GRID
    return {
        name.removeprefix(before).removesuffix(after).replace("_", " ").title(): fact.value
        for name, fact in evidence.facts.items()
        if name.startswith(before) and name.endswith(after) and len(name) > len(before + after)
    }


def disclosed_hours(phase: str, account: Account) -> Html:
    """The hours that a source discloses of a phase, as a figure."""
    hours = account[phase].disclosed_gpu_hours
    expression = account[phase].phase.disclosed_as("gpu_hours")
    if hours is None or expression is None:
        return Html("not disclosed")
    facts = account.evidence.facts
    if expression in facts:
        return links.fact(facts[expression], account.evidence, hours_text(hours))
    return links.summed(hours_text(hours), "gpu_hours", expression)


def _price(account: Account) -> str:
    return quantity_text(account.price_usd_per_gpu_hour, "usd_per_gpu_hour")


def _interval(line: Any, name: str, kind: str) -> Html | str:
    """One figure, or a middle with its interval; an assumption to two figures."""
    low, middle, high = (getattr(line, f"{name}{end}") for end in ("_p05", "", "_p95"))
    row = Row("bill", f"{line.id}.{name}")
    if np.isnan(middle):
        return "not disclosed" if name == "usd" else ""
    if np.isclose(low, high):
        return links.figure(usd_text(significant(middle, 4)), kind, row)
    low, middle, high = (usd_text(significant(end, 2)) for end in (low, middle, high))
    return links.figure(f"{middle} ({low} to {high})", kind, row)


def _assumed(account: Account) -> str:
    """What the shares that the model's file assumes make of the bill."""
    beyond = account.bill[~account.bill.marker & account.bill.assumed].dropna(subset="usd")
    if beyond.empty:
        return ""
    most = beyond.iloc[-1]
    low, high = (
        links.figure(usd_text(significant(end, 2)), "assumption", Row("bill", f"{most.id}.usd"))
        for end in (most.usd_p05, most.usd_p95)
    )
    added = " and ".join(beyond.label)
    return (
        f"{links.text(added[:1].upper() + added[1:])} it is {low} to {high}, if these weigh as "
        "much as at other companies. No source discloses them. "
    )


def _owned(line: pd.Series) -> str:
    if np.isnan(line.own_usd):
        return "No purchase price of the chip is on record, so owned machines are not priced."
    low, high = line.own_usd_p05 / line.usd, line.own_usd_p95 / line.usd
    times = links.counted(f"{low:.1f} to {high:.1f} times", "bill.owning")
    return f"The same hours on owned machines that are kept busy cost {times} the rent."
