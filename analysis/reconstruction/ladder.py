"""What each number counts: lines of the bill that contain each other, at one price, and sums that
stand beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from analysis.data.chips import Chip
from analysis.data.expressions import facts_in
from analysis.data.scenario import Parameters
from analysis.data.tables import Evidence
from analysis.data.uncertainty import Distribution, draw, percentiles, set_by
from analysis.physics.cost import owned_usd_per_gpu_hour, rental_usd
from analysis.reconstruction.ground import given_by
from analysis.reconstruction.model import Boundary, Model
from analysis.reconstruction.ownership import OwnershipInputs
from analysis.reconstruction.reconstruction import Reconstruction
from analysis.reconstruction.stages import distribution, expressions_of

WORDS = ("id", "label", "short", "counts", "leaves_out", "adds", "headline", "marker")
MONEY = tuple(
    f"{name}{end}" for name in ("usd", "added_usd", "own_usd") for end in ("", "_p05", "_p95")
)
COLUMNS = (*WORDS, "gpu_hours", *MONEY, "includes", "facts", "assumed")
LISTS = ("adds", "includes", "facts")
TYPES = dict.fromkeys(("headline", "marker", "assumed"), bool) | dict.fromkeys(
    ("gpu_hours", *MONEY), float
)


@dataclass(frozen=True)
class Assumptions:
    """One draw of all that the bill assumes: shares of lines, and what an owned GPU-hour costs."""

    distributions: Mapping[str, Distribution]
    draws: Mapping[str, np.ndarray]
    ownership: OwnershipInputs | None

    @classmethod
    def of(cls, model: Model, chip: Chip, parameters: Parameters, evidence: Evidence) -> Self:
        """The draws under a scenario's parameters."""
        ownership = OwnershipInputs.of(chip, parameters, evidence)
        shares = {
            line.id: _share(line, parameters, evidence)
            for line in model.boundaries
            if line.share is not None
        }
        owned = dict(ownership.distributions) if ownership else {}
        # two draws, so that setting an input of the one leaves the other as it is
        draws = draw(shares, parameters.samples, parameters.seed) | draw(
            owned, parameters.samples, parameters.seed + 1
        )
        return cls({**shares, **owned}, draws, ownership)

    def share(self, boundary: Boundary, parameters: Parameters) -> np.ndarray:
        """What a line adds as a share of the whole that it makes [1]."""
        return self._values(boundary.id, parameters)

    def own_usd_per_gpu_hour(self, parameters: Parameters) -> np.ndarray:
        """What an owned GPU-hour costs [US$]; NaN where no price of the chip is known."""
        if self.ownership is None:
            return np.full(parameters.samples, np.nan)
        values = {name: self._values(name, parameters) for name in self.ownership.distributions}
        return owned_usd_per_gpu_hour(values, self.ownership.tdp_w)

    def _values(self, name: str, parameters: Parameters) -> np.ndarray:
        """The draw of an input, or the value that these parameters set where a parameter was set
        when it was drawn.
        """
        given = given_by(self.distributions[name], parameters)
        return self.draws[name] if given is None else np.full(parameters.samples, given)


@dataclass(frozen=True)
class _Content:
    """What a line counts: phases and assumed shares by id, the facts behind them, and what the
    shares make of a dollar in every sample.
    """

    includes: tuple[str, ...]
    facts: tuple[str, ...]
    factor: np.ndarray

    def with_more(self, other: _Content) -> _Content:
        """All that both count."""
        facts = tuple(dict.fromkeys(self.facts + other.facts))
        return _Content(self.includes + other.includes, facts, self.factor * other.factor)


@dataclass(frozen=True)
class _Priced:
    """What the lines are priced with: disclosed hours by phase, and an hour rented or owned."""

    gpu_hours: Mapping[str, float]
    price_usd_per_gpu_hour: float
    own_usd_per_gpu_hour: np.ndarray

    def hours(self, content: _Content) -> float:
        """Disclosed hours of all its phases; NaN where one of them discloses none."""
        return float(sum(self.gpu_hours.get(name, 0.0) for name in content.includes))

    def rent(self, content: _Content) -> np.ndarray:
        """Rent of these hours with what is assumed beside them [US$]."""
        return rental_usd(self.hours(content), self.price_usd_per_gpu_hour) * content.factor

    def owned(self, content: _Content) -> np.ndarray:
        """The same on owned machines [US$]."""
        return rental_usd(self.hours(content), self.own_usd_per_gpu_hour) * content.factor


def ladder(reconstruction: Reconstruction, evidence: Evidence) -> pd.DataFrame:
    """The bill line by line, each holding the one below, and the sums that stand beside it.

    Returns
    -------
    DataFrame
        Lines in rising order, then those beside them; none for a model without a `[[boundary]]`.
        `id`, `label` and `short`, `counts` and `leaves_out` (sentences), `gpu_hours` (disclosed
        hours of its phases; NaN where one of them discloses none), `usd` with `usd_p05` and
        `usd_p95` (these hours at the scenario's price, divided by what assumed shares leave of the
        whole), `added_usd` likewise (over the line below), `own_usd` likewise (the same hours on
        owned machines; NaN for a stock, and for a chip without a purchase price), `adds` and
        `includes` (phase ids, and the ids of assumed lines), `facts`, `assumed`, `headline`,
        `marker`.
    """
    parameters = reconstruction.scenario.parameters
    assumed = Assumptions.of(reconstruction.model, reconstruction.chip, parameters, evidence)
    priced = _priced(reconstruction, assumed)
    held = _Content((), (), np.ones(parameters.samples))
    below, rows = np.zeros(parameters.samples), []
    for boundary in reconstruction.model.boundaries:
        own = _content(boundary, reconstruction, assumed)
        if boundary.usd is not None:
            rows.append(_stock(boundary, own.facts, evidence))
        elif boundary.marker:
            rows.append(_row(boundary, own, priced, 0.0))
        else:
            held = held.with_more(own)
            rows.append(_row(boundary, held, priced, below))
            below = priced.rent(held)
    return pd.DataFrame(rows, columns=COLUMNS).astype(TYPES)


def _priced(reconstruction: Reconstruction, assumed: Assumptions) -> _Priced:
    hours = {
        result.phase.id: np.nan
        if result.disclosed_gpu_hours is None
        else result.disclosed_gpu_hours
        for result in reconstruction.phases
    }
    own = assumed.own_usd_per_gpu_hour(reconstruction.scenario.parameters)
    return _Priced(hours, reconstruction.price_usd_per_gpu_hour, own)


def _content(boundary: Boundary, found: Reconstruction, assumed: Assumptions) -> _Content:
    """What a line adds."""
    parameters = found.scenario.parameters
    facts = tuple(facts_of(boundary, found))
    if boundary.share is None:
        return _Content(tuple(boundary.adds), facts, np.ones(parameters.samples))
    return _Content((boundary.id,), facts, 1.0 / (1.0 - assumed.share(boundary, parameters)))


def rungs_of(boundaries: pd.DataFrame) -> pd.DataFrame:
    """The lines that contain each other, without those beside them."""
    return boundaries[~boundaries.marker].reset_index(drop=True)


def disclosed_rungs(boundaries: pd.DataFrame) -> pd.DataFrame:
    """The lines that rest on disclosed hours alone."""
    return boundaries[~boundaries.marker & ~boundaries.assumed].reset_index(drop=True)


def to_list(boundaries: pd.DataFrame) -> list[dict[str, Any]]:
    """The bill as the contract of `results.json` has it; disclosed hours have no width, and what
    rests on hours that nobody disclosed is null.
    """
    return [
        {
            "id": row["id"],
            "label": row["label"],
            "usd": {
                name: None if np.isnan(row[column]) else row[column]
                for name, column in (("p05", "usd_p05"), ("p50", "usd"), ("p95", "usd_p95"))
            },
            "includes": row["includes"],
            "marker": row["marker"],
        }
        for row in boundaries.to_dict("records")
    ]


def facts_of(boundary: Boundary, reconstruction: Reconstruction) -> list[str]:
    """The facts that a line of the bill adds: disclosed hours and their price, or its share's."""
    quantity = boundary.share if boundary.share is not None else boundary.usd
    if quantity is not None:
        return [fact for expression in expressions_of(quantity) for fact in facts_in(expression)]
    phases = [reconstruction[phase].phase for phase in boundary.adds]
    disclosed = [found for phase in phases if (found := phase.disclosed_as("gpu_hours"))]
    hours = [fact for expression in disclosed for fact in facts_in(expression)]
    price = reconstruction.rent.fact
    return [*hours, price] if price else hours


def _share(boundary: Boundary, parameters: Parameters, evidence: Evidence) -> Distribution:
    assert boundary.share is not None
    assumed = distribution(boundary.share, "ratio", evidence.facts)
    given = getattr(parameters, boundary.parameter) if boundary.parameter else None
    return assumed if given is None else set_by(str(boundary.parameter), given, assumed)


def _row(
    boundary: Boundary, content: _Content, priced: _Priced, below: np.ndarray | float
) -> dict[str, Any]:
    """A line as a row; `below` is the rent of the line below in every sample."""
    usd, factor = priced.rent(content), content.factor
    return _described(boundary) | {
        "gpu_hours": priced.hours(content),
        **_interval("usd", usd),
        **_interval("added_usd", usd - below),
        **_interval("own_usd", priced.owned(content)),
        "includes": list(content.includes),
        "facts": list(content.facts),
        "assumed": bool(np.ptp(factor)) or factor[0] != 1.0,
    }


def _stock(boundary: Boundary, facts: tuple[str, ...], evidence: Evidence) -> dict[str, Any]:
    """A sum that is no run's: its own range, no hours."""
    assert boundary.usd is not None
    low, middle, high = distribution(boundary.usd, "usd", evidence.facts).quantile(
        [0.05, 0.5, 0.95]
    )
    nothing = dict.fromkeys(("gpu_hours", *MONEY), float("nan"))
    money = {"usd": middle, "usd_p05": low, "usd_p95": high}
    kept = {"includes": [], "facts": list(facts), "assumed": True}
    return _described(boundary) | nothing | money | kept


def _described(boundary: Boundary) -> dict[str, Any]:
    return {name: getattr(boundary, name) for name in WORDS}


def _interval(name: str, samples: np.ndarray) -> dict[str, float]:
    found = percentiles(samples)
    return {name: found["p50"], f"{name}_p05": found["p05"], f"{name}_p95": found["p95"]}
