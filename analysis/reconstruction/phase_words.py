"""What a page says of a phase: what is found, how sure that is, and what no source says."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.data.expressions import parse
from analysis.data.facts import Row
from analysis.reconstruction.by_steps import side_of_steps
from analysis.reconstruction.detail import widths_of
from analysis.reconstruction.input_rows import ENDS
from analysis.reconstruction.phase_samples import ALONE, PhaseSamples
from analysis.reconstruction.pretraining import COMBINED, OVERHEAD
from analysis.runs.references import flop_per_token_of
from analysis.show import links
from analysis.show.links import Html
from analysis.show.numbers import quantity_text, ratio_text, significant

FEWER = "The run was more efficient than {}, or its hours are not all counted."
MORE = "The run was less efficient than {}, or its hours hold other work."
NOTHING_OPEN = "Its account names nothing that the sources leave open."
SAME = 5e-4  # a median nearer than this to the middle is the same
BASIS = "The basis is the dense peak for 16-bit numbers, with attention counted causally."
AS_EXPECTED = "So this estimate gives no reason to doubt them."
BY_STEPS = "A second model, of other developers' steps, does not: they lie {} its range."
WIDE = 10.0  # ends further apart hold nearly anything that could be disclosed
SHARES = "Each share is a mean over all draws."
OF_TRAINING = (
    " Arithmetic is the time that training would take at the chips' peak. Overhead is the rest of "
    "it: the chips wait for memory or for one another, run below their peak, or do "
    "work twice. The mean share of "
    "arithmetic may differ from the efficiency in the table of inputs, which is a median."
)


@dataclass(frozen=True)
class PhaseWords:
    """Sentences on one phase."""

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
                f"<strong>{_capital(self.result.grounds)} give {middle}.</strong> "
                "Its source discloses no hours to compare with."
            )
        by = self._counted(ratio_text(self.result.interval["p50"] / disclosed), "over")
        return (
            f"<strong>The source discloses {self.disclosed_figure()}; {self._without_them()} "
            f"give {middle}.</strong> Our estimate is {by} the disclosed figure."
        )

    def _without_them(self) -> str:
        grounds = self.result.grounds
        return f"{'public facts' if grounds == ALONE else grounds} without them"

    def _counted(self, shown: str, place: str, kind: str = "reconstructed") -> Html:
        phase = self.result.phase
        return links.counted(shown, f"phase.{place}", phase.label, phase.id, kind)

    def _range(self) -> str:
        """The interval, where the disclosed hours lie in it, and what follows."""
        disclosed, interval = self.result.disclosed_gpu_hours, self.result.interval
        low, high = (self._rounded(name) for name in ("p05", "p95"))
        said = f"Our 90 % interval is {low} to {high}"
        if np.isclose(interval["p05"], interval["p95"], rtol=SAME):
            said = "Every input is fixed, so our estimate has no range"
        if disclosed is None:
            return f"{said}."
        others = "is set here" if self._is_set else "runs like it"
        if disclosed < interval["p05"]:
            return f"{said}; the disclosed hours lie below it. {FEWER.format(others)}"
        if disclosed > interval["p95"]:
            return f"{said}; the disclosed hours lie above it. {MORE.format(others)}"
        return f"{said}, and holds the disclosed hours. {self._means()}"

    def _means(self) -> str:
        """What follows of disclosed hours that lie in the range."""
        side, interval = side_of_steps(self.result), self.result.interval
        apart = interval["p95"] / interval["p05"]
        if side in ("above", "below"):
            return BY_STEPS.format(side)
        if apart > WIDE:
            times = self._counted(f"{significant(apart, 2):g}", "apart")
            return f"Its ends are {times} times apart, so it hardly tests them."
        return AS_EXPECTED

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
        return Html(
            f"<p>{self._usual()}The disclosed hours need {self._needed()}{self._in_range()}.</p>"
            f'<p class="note">{BASIS} {self._with_modules()}{self._among_all_runs()}</p>'
        )

    @property
    def _efficiency_input(self) -> str:
        """The input that the phase's efficiency is; the empty string where it is none of them."""
        return next((name for name in (COMBINED, "mfu") if name in self.result.inputs), "")

    @property
    def _is_set(self) -> bool:
        """Whether the phase's efficiency is a parameter of this edition, and no finding of ours."""
        name = self._efficiency_input
        return bool(name and self.result.inputs[name].distribution.parameter)

    def _usual(self) -> str:
        """What such runs usually reach, where the phase takes its efficiency from them."""
        name = self._efficiency_input
        if not name:
            return ""
        low, middle, high = (
            links.figure(_two(end), "reconstructed", Row("input", f"{self.result.phase.id}.{name}"))
            for end in self.result.inputs[name].distribution.quantile(ENDS)
        )
        if self._is_set:
            return f"The efficiency is set to {middle} here. "
        if name == COMBINED:
            return (
                "We look at what such runs usually reach, and at the time of a step. By both "
                f"together, we expect the chips to spend {middle} of their peak on it. "
                f"The range is {low} to {high}. "
            )
        return (
            f"Chips usually spend {middle} of their peak on training of this type; 90&nbsp;% of "
            f"runs lie between {low} and {high}. "
        )

    def _needed(self, of: Literal["", ".all_work"] = "") -> Html:
        """The efficiency that the disclosed hours need, on the printed basis or for all work."""
        result = self.result
        needed = result.needed_mfu_of_all_work if of else result.needed_mfu
        return links.figure(_two(needed), "derived", Row("needed", f"{result.phase.id}{of}"))

    def _in_range(self) -> str:
        """Where the needed efficiency lies in the range, where that is on another basis than it."""
        result = self.result
        name = self._efficiency_input
        if not name or not self._with_modules():
            return ""
        if self._is_set:
            return " as figures are printed"
        low, _, high = result.inputs[name].distribution.quantile(ENDS)
        needed = result.needed_mfu_of_all_work
        where = "more" if needed > high else "less" if needed < low else "neither more nor less"
        if not low <= needed <= high and _two(needed) in (_two(low), _two(high)):  # printed alike
            where = f"just {where}"
        return f" as figures are printed; on the basis of the range that is {where} than it holds"

    def _with_modules(self) -> str:
        """The other figure where the model has modules that a printed MFU leaves out."""
        needed, all_work = self.result.needed_mfu, self.result.needed_mfu_of_all_work
        if _two(needed) == _two(all_work):
            return ""
        return (
            f"It is {self._needed('.all_work')} if modules for multi-token prediction, which "
            "printed figures leave out, count as work, as they do in our estimate. "
        )

    def _among_all_runs(self) -> str:
        """The other error of the same run, where the estimator is judged on it."""
        result, hours = self.result, self.result.disclosed_gpu_hours
        runs = result.evidence["training_runs"]
        own = runs[(runs.developer == result.phase.developer) & (runs.gpu_hours == hours)]
        if len(own) != 1 or hours is None:
            return ""
        work = own.tokens * flop_per_token_of(runs, result.evidence)
        share = float(work.loc[own.index[0]]) / float(np.median(result.flop))
        here = result.interval["p50"] / hours
        by_kind = result.hours_by_view.get("by_kind", result.interval)["p50"] / hours * share
        there, over = f"{by_kind:.2g}", f"{here:.2g}"
        beside = "as here" if there == over else f"not {self._counted(over, 'over')}"
        fewer = self._counted(ratio_text(share), "fewer_flop", "derived")
        return (
            "The page on the estimator predicts each run by its type alone. It counts work as "
            f"figures are printed, {fewer} this. Its "
            f"estimate is {self._counted(f'{there} times', 'over_alone')} the disclosed hours, "
            f"{beside}."
        )

    def apart(self, *kinds: str) -> Html:
        """How far the median over all draws lies from the package's hours at the middle."""
        middle = self.result.at_middle(*kinds)
        away = self.result.median(*kinds) / middle - 1.0 if middle else 0.0
        row = Row("results", f"{self.result.phase.id}.gpu_hours")
        hours = links.figure(f"{middle:,.0f} GPU-hours", "reconstructed", row)
        same = f"<p>The package finds the same: {hours}."
        if abs(away) < SAME:
            return Html(f"{same} The median over all draws is no other.</p>")
        more = self._counted(ratio_text(1.0 + away), "draws")
        return Html(
            f"{same} The median over all draws is {more} that, because hours do "
            "not grow in proportion to every input.</p>"
        )

    def parts(self) -> Html:
        """What the shares of the hours are, and what is called overhead where there is any."""
        there = {part for work in self.result.stages.values() for part in work.parts}
        return Html(f"<p>{SHARES}{OF_TRAINING if OVERHEAD in there else ''}</p>")

    def not_known(self) -> Html:
        """What no source says of the phase."""
        lines = "".join(f"<li>{html.escape(line)}</li>" for line in self.result.phase.not_known)
        return Html(f'<ul class="not-known">{lines}</ul>' if lines else f"<p>{NOTHING_OPEN}</p>")

    def disclosed_figure(self, field: Literal["gpu_hours", "usd"] = "gpu_hours") -> Html:
        """What is disclosed of its hours or dollars as a figure that leads to its source."""
        expression = self.result.phase.disclosed_as(field)
        if expression is None:
            return Html("not disclosed")
        value = self.result.evidence.facts.calculate(expression)
        return self._disclosed(expression, field, quantity_text(value, field))

    def _disclosed(self, expression: str, field: str, shown: str) -> Html:
        """A disclosed figure, as it is shown, that leads to its source."""
        evidence = self.result.evidence
        if parse(expression).is_name:
            return links.fact(evidence.facts[expression], evidence, shown)
        return links.summed(shown, field, expression)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _two(ratio: float) -> str:
    """A share in two figures, as prose has it."""
    return quantity_text(significant(float(ratio), 2), "ratio")
