"""What a phase's page says: the finding, what is disclosed, what we make of it and from what, and
what is not known.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from analysis.data.facts import Fact
from analysis.data.scenario import load_scenario
from analysis.data.tables import Evidence
from analysis.data.uncertainty import Distribution, percentiles
from analysis.physics.training import mfu
from analysis.reconstruction.account import Account, account_of
from analysis.reconstruction.detail import (
    answer_lengths,
    parts_of,
    rollout_run,
    rollout_seconds,
    widths_of,
)
from analysis.reconstruction.ladder import disclosed_rungs
from analysis.reconstruction.reconstruction import (
    PhaseResult,
    Reconstruction,
    error_factor,
)
from analysis.reconstruction.sensitivity import sobol_indices
from analysis.reconstruction.stages import ReinforcementStage
from analysis.report.ledger import facts_list, table_html
from analysis.report.wording import KIND_LABELS, Html, fact_html, number_html
from analysis.runs.references import reference_runs
from analysis.runs.rl_steps import step_estimator_for
from analysis.show.numbers import quantity_text


@dataclass(frozen=True)
class BillPage:
    """A reconstructed model with the evidence behind it."""

    account: Account

    @property
    def reconstruction(self) -> Reconstruction:
        """The model's phases under this scenario."""
        return self.account.reconstruction

    @property
    def evidence(self) -> Evidence:
        """What it stands on."""
        return self.account.evidence

    @cached_property
    def indices(self) -> pd.DataFrame:
        """Which input the total's uncertainty hangs on most, computed once for all who show it."""
        return sobol_indices(self.reconstruction)

    @property
    def rungs(self) -> pd.DataFrame:
        """The rungs of the ladder that rest on disclosed hours."""
        return disclosed_rungs(self.account.bill)

    @property
    def phases(self) -> pd.DataFrame:
        """A row a phase: `id, label, disclosed, p05, p50, p95` in GPU-hours, `gpu_hours`
        (disclosed) and its `share`.
        """
        phases = self.reconstruction.phases
        frame = pd.DataFrame([percentiles(result.gpu_hours) for result in phases])
        frame = frame.assign(
            id=[result.phase.id for result in phases],
            label=[result.phase.label for result in phases],
            disclosed=[result.disclosed_gpu_hours for result in phases],
        ).astype({"disclosed": float})
        return frame.assign(
            share=frame.disclosed / frame.disclosed.sum(), gpu_hours=frame.disclosed
        )


@dataclass(frozen=True)
class PhasePage(BillPage):
    """One phase of it."""

    result: PhaseResult

    @property
    def label(self) -> str:
        """The phase's name for people."""
        return self.result.phase.label

    @property
    def disclosed(self) -> list[Fact]:
        """The facts that disclose the phase's hours and dollars; empty where nothing is disclosed."""
        found = [self.result.phase.disclosed_as(field) for field in ("gpu_hours", "usd")]
        known = [name for name in found if name is not None]
        return [self.evidence.facts[name] for name in known if name in self.evidence.facts]

    @property
    def comparison(self) -> pd.DataFrame:
        """The phase's own row of `phases`."""
        return self.phases[lambda frame: frame.id == self.result.phase.id]

    @property
    def parts(self) -> pd.DataFrame:
        """Median hours by stage and part."""
        return parts_of(self.result)

    @property
    def widths(self) -> pd.DataFrame:
        """How far each uncertain input alone moves the hours."""
        return widths_of(self.result)

    @property
    def rollouts(self) -> pd.DataFrame:
        """Seconds of a rollout by bound, stage by stage."""
        return rollout_seconds(self.result)

    @property
    def answer_lengths(self) -> pd.DataFrame:
        """Mean answer lengths of the stages of reinforcement learning, published or taken."""
        return answer_lengths(self.result)

    @property
    def references(self) -> pd.DataFrame:
        """Runs of other developers that may serve as references: `model, developer, kind, mfu`."""
        own = {self.reconstruction.model.developer, self.result.phase.developer}
        runs = reference_runs(self.evidence, exclude=own)
        return runs.rename(columns={"architecture": "kind"})[["model", "developer", "kind", "mfu"]]

    @property
    def kind(self) -> Literal["dense", "moe"]:
        """Whether the model is dense or a mixture of experts."""
        return self.reconstruction.model.architecture_kind

    @property
    def needed_mfu(self) -> float:
        """The MFU at which the disclosed hours do the work that we count, multi-token prediction
        included.
        """
        result = self.result
        hours = result.disclosed_gpu_hours or float("nan")
        return float(mfu(np.median(result.flop), hours, result.chip.peak_flop_s))


def open_bill(
    model: str, scenario: str = "paper", data: str | None = None, **parameters: Any
) -> BillPage:
    """Reconstruct a model for its page; `parameters` are a scenario's, None where the scenario
    decides.
    """
    evidence = Evidence.load(Path(data) if data else None)
    return BillPage(
        account_of(model, load_scenario(scenario, evidence.directory, **parameters), evidence)
    )


def open_phase(
    model: str, phase: str, scenario: str = "paper", data: str | None = None, **parameters: Any
) -> PhasePage:
    """Reconstruct a model for the page of one of its phases."""
    bill = open_bill(model, scenario, data, **parameters)
    return PhasePage(bill.account, bill.reconstruction[phase])


def finding(page: PhasePage) -> Html:
    """The paragraphs that open a page: what we find, how far it is off, and why it is as wide as it
    is.
    """
    phase, interval, widths = page.result.phase, percentiles(page.result.gpu_hours), page.widths
    lead = (
        f"The interval is as wide as it is most of all for the {widths.input[0]}."
        if len(widths)
        else "No input is uncertain."
    )
    return Html(
        f'<div class="finding"><p><strong>{html.escape(phase.summary)}</strong> '
        f"From public facts, and without reading the hours, we reconstruct {_hours(interval['p50'])} "
        f"({_hours(interval['p05'])} to {_hours(interval['p95'])}, 90 % interval). {_miss(page)}</p>"
        f"<p>{html.escape(lead)} {html.escape(phase.explanation)}</p></div>"
    )


def _miss(page: PhasePage) -> str:
    """How far the middle is from what is disclosed, and where that lies in the interval."""
    if not page.disclosed:
        return "Nothing is disclosed to compare it with."
    interval, disclosed = percentiles(page.result.gpu_hours), page.disclosed[0]
    factor = error_factor(interval["p50"], disclosed.value)
    side = "too high" if interval["p50"] > disclosed.value else "too low"
    place = "inside the interval"
    if not interval["p05"] <= disclosed.value <= interval["p95"]:
        place = f"{'below' if disclosed.value < interval['p05'] else 'above'} the whole interval"
    return (
        f"Disclosed are {fact_html(disclosed, page.evidence)}: our middle is {factor:.2f} times {side}, "
        f"and the disclosed figure lies {place}."
    )


def bill_finding(page: BillPage) -> Html:
    """The paragraph that opens the bill."""
    figures = page.reconstruction.to_dict()["total"]["gpu_hours"]
    interval = figures["reconstructed"]
    names = page.account.names
    numbers = names.numbers
    return Html(
        f'<div class="finding"><p><strong>The disclosed hours add up to {number_html(numbers["sum_gpu_hours"], names)}, '
        f"{number_html(numbers['sum_usd'], names)} at the sources' rent.</strong> "
        f"Reconstructed from outside and summed in every sample, blind to those hours, the phases come to {_hours(interval['p50'])} "
        f"({_hours(interval['p05'])} to {_hours(interval['p95'])}, 90 % interval). Nearly all of both is the base model's pre-training, "
        f"and nearly all of the difference is its efficiency, which {number_html(numbers['moe_runs_as_efficient'], names)} of "
        f"{number_html(numbers['moe_runs_compared'], names)} mixture-of-experts runs of other developers reach.</p></div>"
    )


def disclosed_table(page: PhasePage) -> Html:
    """What the source discloses of the phase itself."""
    return (
        facts_list(page.disclosed, page.evidence)
        if page.disclosed
        else Html("<p>Nothing of its cost.</p>")
    )


def inputs_table(page: PhasePage) -> Html:
    """What the reconstruction is made from: each input with its middle, its range and where it
    comes from.
    """
    rows = []
    for item in page.result.inputs.values():
        low, middle, high = (
            float(value) for value in item.distribution.quantile([0.05, 0.5, 0.95])
        )
        rows.append(
            {
                "input": html.escape(item.label),
                "middle": quantity_text(middle, item.unit),
                "90 % range": ""
                if item.distribution.shape == "constant"
                else f"{_figures(low, item.unit)} to {_figures(high, item.unit)}",
                "from": _basis_html(item.distribution, page.evidence),
                "known how": _known_how(item.distribution, page.evidence),
            }
        )
    return table_html(pd.DataFrame(rows))


def comparison_table(page: PhasePage) -> Html:
    """Disclosed, reconstructed and cross-checked hours and dollars side by side, with the miss of
    each.
    """
    result, facts = page.result, page.evidence.facts
    interval = percentiles(result.gpu_hours)

    def row(figure: str, hours: float) -> dict[str, str]:
        usd = quantity_text(hours * result.price_usd_per_gpu_hour, "usd")
        against = (
            f"{hours / result.disclosed_gpu_hours:.3f} times" if result.disclosed_gpu_hours else ""
        )
        return {
            "figure": figure,
            "GPU-hours": _hours(hours),
            "rent": usd,
            "against disclosed": against,
        }

    rows = []
    if page.disclosed:
        hours_fact, usd_fact = (fact_html(fact, page.evidence) for fact in page.disclosed)
        rows.append(
            {
                "figure": "disclosed",
                "GPU-hours": hours_fact,
                "rent": usd_fact,
                "against disclosed": "",
            }
        )
    rows += [
        row("reconstructed from outside, median", interval["p50"]),
        row("… 5th percentile", interval["p05"]),
        row("… 95th percentile", interval["p95"]),
    ]
    for check in result.phase.cross_checks:
        used = ", ".join(fact_html(facts[fact], page.evidence) for fact in check.facts)
        rows.append(
            row(
                f"cross-check from inside, {html.escape(check.label)}: {used}",
                result.cross_checks[check.id],
            )
        )
    return table_html(pd.DataFrame(rows))


def step_model_table(page: PhasePage) -> Html:
    """What a model of step time, fitted on other developers' steps alone, says of each stage of
    reinforcement learning.
    """
    evidence, result = page.evidence, page.result
    estimator = step_estimator_for(evidence, (page.reconstruction.model.developer,))
    rows = []
    for stage in (
        stage for stage in result.phase.stages if isinstance(stage.work, ReinforcementStage)
    ):
        run, rollouts = rollout_run(result, stage.id)
        seconds = estimator.predict(run).step_seconds.quantile([0.05, 0.5, 0.95])
        hours = [_hours(float(value * rollouts * run.chips.iloc[0] / 3600.0)) for value in seconds]
        own = _hours(float(np.median(result.stages[stage.id].gpu_hours)))
        rows.append(
            {
                "stage": html.escape(stage.label),
                "by the parts of a rollout, as above": own,
                "by the step model": f"{hours[1]} ({hours[0]} to {hours[2]})",
                "fitted on": estimator.predict(run).step_seconds.basis,
            }
        )
    return table_html(pd.DataFrame(rows))


def not_known(page: PhasePage) -> Html:
    """What no source says of the phase."""
    items = "".join(f"<li>{html.escape(line)}</li>" for line in page.result.phase.not_known)
    return Html(f'<ul class="not-known">{items}</ul>')


def _figures(value: float, unit: str) -> str:
    return quantity_text(float(f"{value:.3g}"), unit)


def _hours(value: float) -> str:
    return f'<span class="figure reconstructed">{quantity_text(value, "gpu_hours")}</span>'


def _basis_html(found: Distribution, evidence: Evidence) -> str:
    facts = [row.id for row in found.rows if row.table == "facts"]
    if facts and len(facts) == len(found.rows):
        return ", ".join(fact_html(evidence.facts[name], evidence, text=name) for name in facts)
    return html.escape(found.basis)


def _known_how(found: Distribution, evidence: Evidence) -> str:
    if found.assumed:
        return '<span class="figure assumption">assumed range</span>'
    if len(found.rows) == 1 and found.rows[0].table == "facts":
        return KIND_LABELS[evidence.facts[found.rows[0].id].kind]
    return "chosen by the reader" if found.parameter else "from data"
