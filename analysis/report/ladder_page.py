"""What the pages say of boundaries: the ladder, machines owned instead of rented, carbon, and what
one would have to believe.
"""

from __future__ import annotations

import html
import math

import numpy as np
import pandas as pd

from analysis.check.beliefs import beliefs
from analysis.check.studies import from_theirs_to_ours, study_usd
from analysis.data.chips import find_chip, rated_power_w
from analysis.data.scenario import Parameters
from analysis.data.tables import Evidence
from analysis.physics.cost import energy_kwh, owned_parts
from analysis.reconstruction.account import Account
from analysis.reconstruction.ownership import OwnershipInputs
from analysis.report.ledger import table_html
from analysis.report.wording import Html, fact_html, source_html
from analysis.show.numbers import hours_text, quantity_text, significant, usd_text

GRIDS = (
    "grid_china_kg_co2_per_kwh",
    "grid_united_states_kg_co2_per_kwh",
    "grid_france_kg_co2_per_kwh",
    "grid_world_kg_co2_per_kwh",
)


def ladder_table(account: Account) -> Html:
    """Every rung and marker: rent with interval, the same hours on owned machines, what it counts
    and leaves out, its facts.
    """
    rows = []
    for row in account.bill.itertuples():
        facts = ", ".join(
            fact_html(account.evidence.facts[name], account.evidence, text=name)
            for name in row.facts
        )
        kind = "assumption" if row.assumed else "derived"
        mark = " <small>(beside the ladder)</small>" if row.marker else ""
        rows.append(
            {
                "boundary": f'<span id="{row.id}">{html.escape(row.label)}</span>{mark}',
                "rented": f'<span class="figure {kind}">{_interval(row.usd_p05, row.usd, row.usd_p95)}</span>',
                "on owned machines": ""
                if math.isnan(row.own_usd)
                else f'<span class="figure assumption">{_interval(row.own_usd_p05, row.own_usd, row.own_usd_p95)}</span>',
                "counts": html.escape(row.counts),
                "leaves out": html.escape(row.leaves_out),
                "rests on": facts,
            }
        )
    return table_html(pd.DataFrame(rows), "ledger")


def ladder_finding(account: Account) -> Html:
    """The paragraph that opens the page of the ladder."""
    boundaries = account.bill
    rungs, disclosed = (
        boundaries[~boundaries.marker],
        boundaries[~boundaries.marker & ~boundaries.assumed],
    )
    first, last, top = disclosed.iloc[0], disclosed.iloc[-1], rungs.iloc[-1]
    price = quantity_text(account.reconstruction.price_usd_per_gpu_hour, "usd_per_gpu_hour")
    ends = [usd_text(significant(end, 2)) for end in (top.usd_p05, top.usd_p95)]
    return Html(
        f'<div class="finding"><p><strong>From {usd_text(first.usd)} to {usd_text(last.usd)} on disclosed hours, and to '
        f"{ends[0]} to {ends[1]} if failed runs and people cost what they cost others.</strong> "
        f"Each rung holds the one below, all at {price}. The upper two are assumptions: DeepSeek discloses neither. "
        f"{_owned_sentence(last)}</p></div>"
    )


def _owned_sentence(rung: pd.Series) -> str:
    if math.isnan(rung.own_usd):
        return "No purchase price of the chip is among our data, so owned machines are not priced."
    low, high = rung.own_usd_p05 / rung.usd, rung.own_usd_p95 / rung.usd
    return f"On owned machines that are kept busy the same hours cost {low:.1f} to {high:.1f} times the rent."


def ownership_table(account: Account) -> Html:
    """What an owned GPU-hour costs: each input with its range, and where it comes from."""
    inputs = OwnershipInputs.of(
        account.reconstruction.chip,
        account.reconstruction.scenario.parameters,
        account.evidence,
    )
    if inputs is None:
        return Html(
            f"<p>No purchase price of {html.escape(account.reconstruction.chip.name)} is among our data.</p>"
        )
    rows = []
    for name, found in inputs.distributions.items():
        low, middle, high = (float(value) for value in found.quantile([0.05, 0.5, 0.95]))
        known = found.basis in account.evidence.facts
        basis = (
            fact_html(account.evidence.facts[found.basis], account.evidence, text=found.basis)
            if known
            else html.escape(found.basis)
        )
        rows.append(
            {
                "input": name.removeprefix("own_").replace("_", " "),
                "middle": _plain(middle),
                "90 % range": "" if low == high else f"{_plain(low)} to {_plain(high)}",
                "from": basis,
            }
        )
    return table_html(pd.DataFrame(rows))


def owned_hour_table(evidence: Evidence) -> Html:
    """An owned GPU-hour by part for every chip with a purchase price, each input at its middle,
    beside the highest and lowest quote.
    """
    rows = []
    prices = evidence["prices"].groupby("chip").usd_per_gpu_hour
    for chip in sorted(set(evidence["purchase_prices"].chip)):
        inputs = OwnershipInputs.of(find_chip(chip, evidence["hardware"]), Parameters(), evidence)
        if inputs is None:
            continue
        values = {name: found.quantile(0.5) for name, found in inputs.distributions.items()}
        parts = {name: float(part) for name, part in owned_parts(values, inputs.tdp_w).items()}
        if math.isnan(sum(parts.values())):  # no rated power of the chip is known
            continue
        quotes = prices.get_group(chip) if chip in prices.groups else pd.Series(dtype=float)
        rows.append(
            {
                "chip": html.escape(chip),
                **{f"{name}, US$/h": f"{value:.2f}" for name, value in parts.items()},
                "all, US$/h": f"<strong>{sum(parts.values()):.2f}</strong>",
                "rent, US$/h": " to ".join(
                    dict.fromkeys(f"{end:.2f}" for end in (quotes.min(), quotes.max()))
                )
                if len(quotes)
                else "",
            }
        )
    return table_html(pd.DataFrame(rows))


def study_table(account: Account) -> Html:
    """A published study's ownership cost beside ours, and the steps from the one to the other."""
    rows = []
    for study in account.evidence["ownership_studies"].itertuples():
        published = (
            "publishes none"
            if math.isnan(study.published_usd)
            else usd_text(significant(study.published_usd, 4))
        )
        source = f"{source_html(study.source_id, account.evidence)}, {html.escape(study.locator)}"
        rows.append(
            {
                "step": f"<strong>{html.escape(study.label)}</strong><br>the study: {published}; ours with its inputs: "
                f"{usd_text(significant(study_usd(study), 4))}<br><small>{source}. {html.escape(study.note)}</small>",
                "after it": "",
                "factor": "",
            }
        )
        rows += [
            {
                "step": html.escape(step.step),
                "after it": usd_text(significant(step.usd, 4)),
                "factor": "" if math.isnan(step.factor) else f"{step.factor:.2f}",
            }
            for step in from_theirs_to_ours(study, account.evidence).itertuples()
        ]
    return table_html(pd.DataFrame(rows))


def carbon_table(account: Account) -> Html:
    """Electricity and carbon of each disclosed rung, by grid, each input at its middle."""
    facts, parameters = account.evidence.facts, account.reconstruction.scenario.parameters
    chip = account.reconstruction.chip.name
    tdp_w = rated_power_w(chip, account.evidence["hardware"])
    pue = parameters.pue or facts.with_unit("datacentre_pue", "ratio").value
    power = facts.with_unit("node_power_per_tdp", "ratio").value
    grids = {name: facts.with_unit(name, "kg_co2_per_kwh") for name in GRIDS}
    rows = []
    for row in account.bill[~account.bill.assumed].itertuples():
        energy = float(energy_kwh(row.gpu_hours, tdp_w, power, pue))
        carbon = {
            _grid(name): f"{energy * fact.value / 1000.0:,.0f}" for name, fact in grids.items()
        }
        rows.append(
            {
                "boundary": html.escape(row.label),
                "GPU-hours": hours_text(row.gpu_hours),
                "MWh": f"{energy / 1000.0:,.0f}",
                **carbon,
            }
        )
    return table_html(
        pd.DataFrame(rows).rename(columns={_grid(name): f"t CO₂, {_grid(name)}" for name in GRIDS})
    )


def beliefs_table(account: Account) -> Html:
    """For each claimed total, what would have to be true, and whether physics or the data allow it."""
    rows = []
    for row in beliefs(account).itertuples():
        boundary = row.lever == "what it counts"
        needed = html.escape(row.why) if boundary else _needed(row.needed, row.unit)
        allowed = (
            '<span class="verdict supported">possible</span>'
            if row.allowed
            else '<span class="verdict contradicted">outside</span>'
        )
        rows.append(
            {
                "for this to be true": f"{quantity_text(row.usd, 'usd')}, {html.escape(row.total)}",
                "one would have to believe": html.escape(row.lever),
                "of": needed,
                "which is": allowed,
                "allowed": "inside the rung's interval, or within 1 % of it"
                if boundary
                else f"{_needed(row.low, row.unit)} to {_needed(row.high, row.unit)}: {html.escape(row.why)}",
            }
        )
    return table_html(pd.DataFrame(rows))


def _needed(value: float, unit: str) -> str:
    if math.isinf(value):
        return "no value: less would be left than nothing"
    if value < 0:
        return "less than none"
    return quantity_text(significant(value, 2) if unit == "ratio" else float(f"{value:.3g}"), unit)


def _interval(low: float, middle: float, high: float) -> str:
    """One figure, or a middle with its interval; an assumption to two figures."""
    if np.isclose(low, high):
        return usd_text(significant(middle, 4))
    return f"{usd_text(significant(middle, 2))} ({usd_text(significant(low, 2))} to {usd_text(significant(high, 2))})"


def _grid(name: str) -> str:
    return name.removeprefix("grid_").removesuffix("_kg_co2_per_kwh").replace("_", " ").title()


def _plain(value: float) -> str:
    """A number to three figures without an exponent."""
    return f"{float(f'{value:.3g}'):,.10g}"
