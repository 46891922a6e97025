"""What a page shows of a phase: what is disclosed, the inputs, the comparison, the unknown."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from analysis.data.expressions import facts_in, parse
from analysis.data.facts import Row
from analysis.data.uncertainty import Distribution
from analysis.physics.cost import rental_usd
from analysis.physics.durations import SECONDS_PER_HOUR
from analysis.reconstruction.detail import rollout_run, widths_of
from analysis.reconstruction.phase_samples import PhaseSamples
from analysis.reconstruction.stages import ReinforcementStage
from analysis.runs.references import flop_per_token_of
from analysis.runs.rl_steps import step_estimator_for
from analysis.show import links
from analysis.show.links import KIND_WORDS, Html
from analysis.show.numbers import quantity_text, ratio_text, significant, usd_text
from analysis.show.tables import table

ENDS = (0.05, 0.5, 0.95)
FEWER = "The run was more efficient than runs like it, or its hours are not all counted."
MORE = "The run was less efficient than runs like it, or its hours hold other work."
BASIS = "The basis is the dense peak for 16-bit numbers, with attention counted causally."
AS_EXPECTED = "So public facts give no reason to doubt them."


@dataclass(frozen=True)
class PhaseTables:
    """Tables of one phase."""

    result: PhaseSamples

    def finding(self) -> Html:
        """What we find of the phase, how sure it is and what that means, then what the phase is."""
        phase = self.result.phase
        return Html(
            f"<p>{self._found()} {self._range()}</p>"
            f"<p>{html.escape(phase.summary)} {self._widest()} {html.escape(phase.explanation)}</p>"
        )

    def _found(self) -> str:
        """Our estimate beside what is disclosed."""
        middle, disclosed = self._rounded("p50"), self.result.disclosed_gpu_hours
        if disclosed is None:
            return (
                f"<strong>Public facts alone give {middle}.</strong> "
                "Its source discloses no hours to compare with."
            )
        by = ratio_text(self.result.interval["p50"] / disclosed)
        return (
            f"<strong>The source discloses {self.disclosed_figure()}; public facts without them "
            f"give {middle}.</strong> Our estimate is {by} the disclosed figure."
        )

    def _range(self) -> str:
        """The interval, where the disclosed hours lie in it, and what follows."""
        disclosed, interval = self.result.disclosed_gpu_hours, self.result.interval
        low, high = (self._rounded(name) for name in ("p05", "p95"))
        said = f"Nine times in ten the hours of such a run lie between {low} and {high}"
        if disclosed is None:
            return f"{said}."
        if disclosed < interval["p05"]:
            return f"{said}; the disclosed ones are fewer. {FEWER}"
        if disclosed > interval["p95"]:
            return f"{said}; the disclosed ones are more. {MORE}"
        return f"{said}, and the disclosed ones do. {AS_EXPECTED}"

    def _rounded(self, end: str) -> Html:
        """A percentile of the hours in two figures, as prose has it."""
        value, phase = significant(self.result.interval[end], 2), self.result.phase.id
        return links.reconstructed(value, "gpu_hours", f"{phase}.gpu_hours")

    def _widest(self) -> str:
        widths = widths_of(self.result)
        if widths.empty:
            return "No input is uncertain."
        unknown = html.escape(widths.input[0])
        return f"Most of the uncertainty comes from one unknown: {unknown}."

    def efficiency(self) -> Html:
        """What the disclosed hours need beside what such runs usually reach, and the bases of the
        other figures that are found of the same run.
        """
        needed = self.result.needed_mfu
        if np.isnan(needed):
            return Html("<p>Its hours are not disclosed, so no efficiency follows from them.</p>")
        low, middle, high = (
            links.figure(_two(end), "reconstructed", Row("input", f"{self.result.phase.id}.mfu"))
            for end in self.result.inputs["mfu"].distribution.quantile(ENDS)
        )
        return Html(
            f"<p>Chips usually spend {middle} of their peak on training of this type; 90&nbsp;% of "
            f"runs lie between {low} and {high}. The disclosed hours need {self._needed()}.</p>"
            f"<p class='note'>{BASIS} {self._with_modules()}{self._among_all_runs()}</p>"
        )

    def _needed(self, of: Literal["", ".all_work"] = "") -> Html:
        """The efficiency that the disclosed hours need, on the printed basis or for all work."""
        result = self.result
        needed = result.needed_mfu_of_all_work if of else result.needed_mfu
        return links.figure(_two(needed), "derived", Row("needed", f"{result.phase.id}{of}"))

    def _with_modules(self) -> str:
        """The other figure where the model has modules that a printed MFU leaves out."""
        needed, all_work = self.result.needed_mfu, self.result.needed_mfu_of_all_work
        if _two(needed) == _two(all_work):
            return ""
        return (
            f"It is {self._needed('.all_work')} if modules for multi-token prediction, which "
            "printed figures leave out, count as work. "
        )

    def _among_all_runs(self) -> str:
        """The other error of the same run, where the estimator is judged on it."""
        result, hours = self.result, self.result.disclosed_gpu_hours
        runs = result.evidence["training_runs"]
        own = runs[(runs.developer == result.phase.developer) & (runs.gpu_hours == hours)]
        if len(own) != 1 or hours is None:
            return ""
        less = float((own.tokens * flop_per_token_of(runs)).loc[own.index[0]])
        share = less / float(np.median(result.flop))
        here = result.interval["p50"] / hours
        return (
            "Where the estimator is judged, each run is counted by its outer dimensions alone. "
            f"There the work is {ratio_text(share)} this, so the estimate is "
            f"{here * share:.2g} times the disclosed hours, not {here:.2g}."
        )

    def apart(self, *kinds: str) -> Html:
        """How far the median over all draws lies from the package's hours at the middle."""
        middle = self.result.at_middle(*kinds)
        away = self.result.median(*kinds) / middle - 1.0 if middle else 0.0
        return Html(
            f"<p>The package finds the same: {middle:,.0f} GPU-hours. The median over all draws is "
            f"{abs(away):.1%} {'higher' if away > 0 else 'lower'}, because hours do not grow in "
            "proportion to every input.</p>"
        )

    def disclosed(self) -> Html:
        """What the source discloses of the phase's hours and dollars."""
        facts = [self.result.evidence.facts[name] for name in self._disclosed_facts()]
        rows = [
            {
                "disclosed": fact.quantity,
                "figure": links.fact(fact, self.result.evidence),
                "known how": KIND_WORDS[fact.kind],
                "source": links.source(fact.source_id, self.result.evidence),
                "place": fact.locator,
                "note": fact.note,
            }
            for fact in facts
        ]
        return (
            table(pd.DataFrame(rows))
            if rows
            else Html("<p>The source discloses nothing of its cost.</p>")
        )

    def inputs(self) -> Html:
        """What the reconstruction is made from: each input, its middle and range, its source."""
        rows = []
        for item in self.result.inputs.values():
            low, middle, high = (float(end) for end in item.distribution.quantile(ENDS))
            ends = [quantity_text(significant(end, 3), item.unit) for end in (low, high)]
            rows.append(
                {
                    "input": item.label,
                    "middle": quantity_text(middle, item.unit),
                    "90 % range": "" if low == high else " to ".join(ends),
                    "from": self._basis(item.distribution),
                    "known how": self._known_how(item.distribution),
                }
            )
        return table(pd.DataFrame(rows))

    def comparison(self) -> Html:
        """Disclosed, reconstructed and cross-checked hours and dollars, side by side."""
        result = self.result
        rows = [self._disclosed_row()] if result.disclosed_gpu_hours is not None else []
        for words, name in (("middle", "p50"), ("5 %", "p05"), ("95 %", "p95")):
            rows.append(self._reconstructed_row(f"reconstructed, {words}", result.interval[name]))
        for check in result.phase.cross_checks:
            facts = [
                links.fact(result.evidence.facts[name], result.evidence) for name in check.facts
            ]
            used = f"cross-check {html.escape(check.label)}: {', '.join(facts)}"
            rows.append(self._check_row(Html(used), check.id))
        return table(pd.DataFrame(rows), caption=f"{result.phase.label}: hours and rent")

    def by_step_model(self) -> Html:
        """What a model fitted on other developers' steps says of each reinforcement stage."""
        result = self.result
        estimator = step_estimator_for(result.evidence, (result.phase.developer,))
        rows = []
        for stage in result.phase.stages:
            if isinstance(stage.work, ReinforcementStage):
                run, rollouts = rollout_run(result, stage.id)
                predicted = estimator.predict(run).step_seconds
                hours = predicted.quantile(ENDS) * rollouts * run.chips.iloc[0] / SECONDS_PER_HOUR
                low, middle, high = (quantity_text(float(end), "gpu_hours") for end in hours)
                own = float(np.median(result.stages[stage.id].gpu_hours))
                rows.append(
                    {
                        "stage": stage.label,
                        "by the parts of a rollout": quantity_text(own, "gpu_hours"),
                        "by the step model": f"{middle} ({low} to {high})",
                        "fitted on": predicted.basis,
                    }
                )
        return table(pd.DataFrame(rows))

    def not_known(self) -> Html:
        """What no source says of the phase."""
        lines = "".join(f"<li>{html.escape(line)}</li>" for line in self.result.phase.not_known)
        return Html(f'<ul class="not-known">{lines}</ul>')

    def disclosed_figure(self, field: Literal["gpu_hours", "usd"] = "gpu_hours") -> Html:
        """What is disclosed of its hours or dollars as a figure that leads to its source."""
        result = self.result
        expression = result.phase.disclosed_as(field)
        if expression is None:
            return Html("not disclosed")
        if parse(expression).is_name:
            return links.fact(result.evidence.facts[expression], result.evidence)
        value = result.evidence.facts.calculate(expression)
        return links.summed(quantity_text(value, field), field, expression)

    def _disclosed_facts(self) -> list[str]:
        fields: tuple[Literal["gpu_hours", "usd"], ...] = ("gpu_hours", "usd")
        expressions = [self.result.phase.disclosed_as(field) for field in fields]
        named = [name for text in expressions if text for name in facts_in(text)]
        return list(dict.fromkeys(named))

    def _disclosed_row(self) -> dict[str, object]:
        hours, usd = (self.disclosed_figure(field) for field in ("gpu_hours", "usd"))
        return {"figure": "disclosed", "GPU-hours": hours, "rent": usd, "against disclosed": ""}

    def _reconstructed_row(self, words: str, hours: float) -> dict[str, object]:
        phase, usd = self.result.phase.id, self._rent(hours)
        shown = (
            links.reconstructed(hours, "gpu_hours", f"{phase}.gpu_hours"),
            links.reconstructed(usd, "usd", f"{phase}.usd"),
        )
        return self._row(words, shown, hours)

    def _check_row(self, words: Html, check: str) -> dict[str, object]:
        hours = self.result.cross_checks[check]
        row = Row("check", f"{self.result.phase.id}.{check}")
        texts = (quantity_text(hours, "gpu_hours"), usd_text(self._rent(hours)))
        shown = (links.figure(texts[0], "derived", row), links.figure(texts[1], "derived", row))
        return self._row(words, shown, hours)

    def _row(self, words: str, shown: tuple[Html, Html], hours: float) -> dict[str, object]:
        disclosed = self.result.disclosed_gpu_hours
        return {
            "figure": words,
            "GPU-hours": shown[0],
            "rent": shown[1],
            "against disclosed": ratio_text(hours / disclosed) if disclosed else "",
        }

    def _rent(self, hours: float) -> float:
        return float(rental_usd(hours, self.result.price_usd_per_gpu_hour))

    def _basis(self, found: Distribution) -> Html | str:
        facts = [row.id for row in found.rows if row.table == "facts"]
        if not facts or len(facts) < len(found.rows):
            return found.basis
        evidence = self.result.evidence
        return Html(", ".join(links.fact(evidence.facts[name], evidence, name) for name in facts))

    def _known_how(self, found: Distribution) -> Html | str:
        if found.assumed:
            return links.known("assumption", "assumed range")
        if found.parameter:
            return "chosen by you"
        rows = [row for row in found.rows if row == Row("facts", row.id)]
        if len(rows) == 1 == len(found.rows):
            return KIND_WORDS[self.result.evidence.facts[rows[0].id].kind]
        return "from data"


def _two(ratio: float) -> str:
    """A share in two figures, as prose has it."""
    return quantity_text(significant(float(ratio), 2), "ratio")
