"""The account of a model: its phases, its bill, and every name that tables may use of both."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import Any

import pandas as pd

from analysis.data.chips import Chip
from analysis.data.facts import Number, Row
from analysis.data.mistakes import InputError
from analysis.data.scenario import Scenario
from analysis.data.tables import Evidence
from analysis.reconstruction.kinds import known_kinds
from analysis.reconstruction.ladder import LISTS, ladder
from analysis.reconstruction.model import Model
from analysis.reconstruction.names import Named, Names
from analysis.reconstruction.ownership import OwnershipInputs
from analysis.reconstruction.reconstruction import PhaseResult, Reconstruction, reconstruct
from analysis.reconstruction.sensitivity import sobol_indices
from analysis.show import links
from analysis.show.links import Html
from analysis.show.numbers import hours_text, quantity_text, significant
from analysis.show.tables import table

# what the figures of all phases together are called
ALL_HOURS, ALL_DISCLOSED = (Row("total", name) for name in ("gpu_hours", "disclosed_gpu_hours"))


@dataclass(frozen=True, eq=False, repr=False)
class Account:
    """A model's phases reconstructed under one scenario, beside what is disclosed of them.

    `account["r1_zero_rl"]` is a phase by its id; `account.frame()` all of them as a frame;
    `account.bill` the disclosed bill line by line, with what is assumed beyond it.
    """

    reconstruction: Reconstruction
    evidence: Evidence

    def __getitem__(self, phase: str) -> PhaseResult:
        return self.reconstruction[phase]

    def __repr__(self) -> str:
        total = self._figures["total"]["gpu_hours"]
        disclosed, found = total["disclosed"], total["reconstructed"]
        said = "not all disclosed" if disclosed is None else f"disclosed {hours_text(disclosed)}"
        interval = f"{hours_text(found['p05'])} to {hours_text(found['p95'])}"
        return (
            f"<{self.model.title}: {len(self.phases)} phases, {said}, "
            f"reconstructed {hours_text(found['p50'])} ({interval}) GPU-hours>"
        )

    def _repr_html_(self) -> str:
        words = {"p05": "5 %", "p50": "middle", "p95": "95 %", "off_by": "off by a factor of"}
        hours = self.frame()[["label", "disclosed", "p05", "p50", "p95", "off_by"]]
        written = {name: hours[name].map(_hours) for name in ("disclosed", "p05", "p50", "p95")}
        caption = f"{self.model.title}: GPU-hours by phase, disclosed and reconstructed"
        return table(hours.assign(**written), head=words, caption=caption)._repr_html_()

    @property
    def model(self) -> Model:
        """The model, as its file describes it."""
        return self.reconstruction.model

    @property
    def scenario(self) -> Scenario:
        """The scenario with what was set."""
        return self.reconstruction.scenario

    @property
    def phases(self) -> tuple[PhaseResult, ...]:
        """The phases in the order of training."""
        return self.reconstruction.phases

    @property
    def chip(self) -> Chip:
        """The chip that every phase is reconstructed on."""
        return self.reconstruction.chip

    @property
    def price_usd_per_gpu_hour(self) -> float:
        """The rent of a GPU-hour [US$]."""
        return self.reconstruction.price_usd_per_gpu_hour

    def frame(self, phase: str | None = None) -> pd.DataFrame:
        """A row a phase, or the row of one.

        Returns
        -------
        DataFrame
            `id`, `label`, `kinds` (what its stages do), `disclosed`, `p05`, `p50`, `p95`
            [GPU-hour], `off_by` (the middle over the disclosed hours, or the inverse),
            `disclosed_usd`, `usd_p05`, `usd_p50`, `usd_p95`, and `share` of the disclosed hours.
        """
        frame = self._frame
        return (frame if phase is None else frame[frame.id == self[phase].phase.id]).copy()

    @cached_property
    def _frame(self) -> pd.DataFrame:
        rows = [self._row(row) for row in self._figures["phases"]]
        frame = pd.DataFrame(rows).astype({"disclosed": float, "disclosed_usd": float})
        return frame.assign(share=frame.disclosed / frame.disclosed.sum())

    def _row(self, phase: dict[str, Any]) -> dict[str, Any]:
        hours, usd = phase["gpu_hours"], phase["usd"]
        return {
            "id": phase["id"],
            "label": phase["label"],
            "kinds": ", ".join(self[phase["id"]].phase.kinds),
            "disclosed": hours["disclosed"],
            **hours["reconstructed"],
            "off_by": phase["error_factor"],
            "disclosed_usd": usd["disclosed"],
            **{f"usd_{name}": value for name, value in usd["reconstructed"].items()},
        }

    def to_dict(self) -> dict[str, Any]:
        """The contract of `traincost reconstruct --json`; a copy."""
        return copy.deepcopy(self._figures)

    @cached_property
    def _figures(self) -> dict[str, Any]:
        return self.reconstruction.to_dict()

    def phase_of(self, *kinds: str, phase: str | None = None) -> PhaseResult:
        """A phase by its id, or the first with stages of some kinds, if possible of them alone.

        Raises
        ------
        InputError
            If the model has no such phase.
        """
        if phase is not None:
            return self[phase]
        asked = " or ".join(kind.replace("_", "-") for kind in known_kinds(kinds))
        alone = [found for found in self.phases if {*found.phase.kinds} <= {*kinds}]
        among = [found for found in self.phases if {*found.phase.kinds} & {*kinds}]
        if among:
            return [*alone, *among][0]
        of_model = "; ".join(f"{item.phase.id} ({item.phase.label})" for item in self.phases)
        raise InputError(f"{self.model.name} has no phase of {asked}; its phases are {of_model}")

    def finding(self) -> Html:
        """Whether the disclosed hours can be true: in how many phases, and all phases together."""
        return Html(
            f"<p><strong>{self._possible_phases()}</strong> {self.all_hours()} Each phase was "
            "estimated without its disclosed hours, and without anything that they follow from. "
            "Whether such hours can be true hangs on the efficiency that they need, further down."
            "</p>"
        )

    def all_hours(self) -> Html:
        """What we estimate for all phases together, and on which side of it the disclosed lie."""
        total = self._figures["total"]["gpu_hours"]
        low, middle, high = (
            links.figure(_two_figures(total["reconstructed"][name]), "reconstructed", ALL_HOURS)
            for name in ("p05", "p50", "p95")
        )
        together = f"For all phases together we estimate {middle}"
        if total["disclosed"] is not None:
            hours = quantity_text(total["disclosed"], "gpu_hours")
            together += f"; {links.figure(hours, 'derived', ALL_DISCLOSED)} are disclosed"
        return Html(f"{together}. Our 90 % interval is {low} to {high}{_outside(total)}.")

    def _possible_phases(self) -> str:
        """In how many phases the disclosed hours lie in the range of our estimate."""
        known = self.frame().dropna(subset="disclosed")
        if known.empty:
            return "None of its hours are disclosed."
        few, many = known[known.disclosed < known.p05], known[known.disclosed > known.p95]
        as_expected = len(known) - len(few) - len(many)
        inside = links.counted(str(as_expected), "hours.fit")
        of_all = links.counted(str(len(known)), "hours.known")
        said = f"In {inside} of {of_all} phases the disclosed hours lie in our estimate's range"
        apart = [
            f"in {links.text(' and '.join(rows.label))} they lie {word} it"
            for rows, word in ((few, "below"), (many, "above"))
            if len(rows)
        ]
        outside = known.index.isin([*few.index, *many.index])
        share = float(known.disclosed[outside].sum() / known.disclosed.sum())
        held = links.counted(f"{share * 100:.2g} %", "hours.outside")
        more = f" What lies outside is {held} of the disclosed hours."
        return f"{'; '.join([said, *apart])}.{more if apart and as_expected else ''}"

    @property
    def bill(self) -> pd.DataFrame:
        """The bill line by line, as `ladder` returns it; a copy, with the lists in its cells."""
        return self._bill.assign(**{name: self._bill[name].map(list) for name in LISTS})

    @cached_property
    def _bill(self) -> pd.DataFrame:
        return ladder(self.reconstruction, self.evidence)

    @cached_property
    def names(self) -> Names:
        """Every name with its value, unit and rows."""
        return Names(self.model, self.evidence, self._of_edition)

    @property
    def numbers(self) -> dict[str, Number]:
        """The model's rows of arithmetic.csv, evaluated; a copy."""
        return dict(self.names.numbers)

    @property
    def indices(self) -> pd.DataFrame:
        """Which input the total's uncertainty hangs on most, as `sobol_indices` returns it; a
        copy.
        """
        return self._indices.copy()

    @cached_property
    def _indices(self) -> pd.DataFrame:
        return sobol_indices(self.reconstruction)

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The rows of a table that are of this model, each with its place (`where`)."""
        return self.evidence.for_model(name, self.model.name).to_dict("records")

    def _of_edition(self) -> dict[str, Named]:
        fact = self.reconstruction.rent.fact
        rent = (Row("facts", fact) if fact else Row("edition", "price_usd_per_gpu_hour"),)
        words = "rent in this edition"
        price = Named(self.price_usd_per_gpu_hour, "usd_per_gpu_hour", rows=rent, words=words)
        owned = OwnershipInputs.of(self.chip, self.scenario.parameters, self.evidence)
        inputs = owned.distributions.values() if owned else ()
        own_rows = tuple(row for item in inputs for row in item.rows)
        found = {"edition_price_usd_per_gpu_hour": price}
        for line in self.bill.to_dict("records"):
            found |= self._of_line(line, own_rows)
        return found

    def _of_line(self, line: dict[str, Any], own_rows: tuple[Row, ...]) -> dict[str, Named]:
        facts = tuple(Row("facts", name) for name in line["facts"])
        hours = tuple(row for row in facts if self.evidence.facts[row.id].unit == "gpu_hours")
        usd = partial(Named, unit="usd", rows=facts)
        if line["assumed"]:
            usd = partial(usd, kind="assumption")
        owned = partial(usd, rows=(*facts, *own_rows), kind="assumption")
        name, label = f"rung_{line['id']}", line["label"]
        found = {
            f"{name}_gpu_hours": Named(
                line["gpu_hours"], "gpu_hours", rows=hours, words=f"hours of the bill, {label}"
            ),
            f"{name}_usd": usd(line["usd"], words=f"bill, {label}"),
            f"{name}_own_usd": owned(line["own_usd"], words=f"bill on owned machines, {label}"),
        }
        for end, column in (("low", "p05"), ("high", "p95")):
            found |= {
                f"{name}_usd_{end}": usd(
                    line[f"usd_{column}"], words=f"{end} end of the bill, {label}"
                ),
                f"{name}_added_usd_{end}": usd(
                    line[f"added_usd_{column}"], words=f"{end} end of what is added, {label}"
                ),
            }
        return found


@lru_cache(maxsize=16)  # those of a book's pages are made once, before the pages fork
def account_of(model: str, scenario: Scenario, evidence: Evidence) -> Account:
    """The account of a model under a scenario: one object for all who ask for the same.

    Raises
    ------
    InputError
        As `reconstruct` does.
    """
    return Account(reconstruct(model, scenario, evidence), evidence)


def _hours(value: float) -> Html | str:
    return "" if value != value else hours_text(value)


def _two_figures(hours: float) -> str:
    return quantity_text(significant(hours, 2), "gpu_hours")


def _outside(total: Mapping[str, Any]) -> str:
    """On which side of the interval of all hours the disclosed ones lie, unless they are in it."""
    disclosed, ours = total["disclosed"], total["reconstructed"]
    if disclosed is None or ours["p05"] <= disclosed <= ours["p95"]:
        return ""
    return f": what is disclosed lies {'below' if disclosed < ours['p05'] else 'above'} it"
