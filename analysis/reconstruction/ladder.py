"""What each number counts: rungs that contain each other, at one price, and markers that are no
rung.
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


@dataclass(frozen=True)
class Assumptions:
    """One draw of all that the ladder assumes: shares of rungs, and what an owned GPU-hour costs."""

    distributions: Mapping[str, Distribution]
    draws: Mapping[str, np.ndarray]
    ownership: OwnershipInputs | None

    @classmethod
    def of(cls, model: Model, chip: Chip, parameters: Parameters, evidence: Evidence) -> Self:
        """The draws under a scenario's parameters."""
        ownership = OwnershipInputs.of(chip, parameters, evidence)
        shares = {
            rung.id: _share(rung, parameters, evidence)
            for rung in model.boundaries
            if rung.share is not None
        }
        owned = dict(ownership.distributions) if ownership else {}
        # two draws, so that setting an input of the one leaves the other as it is
        draws = draw(shares, parameters.samples, parameters.seed) | draw(
            owned, parameters.samples, parameters.seed + 1
        )
        return cls({**shares, **owned}, draws, ownership)

    def share(self, boundary: Boundary, parameters: Parameters) -> np.ndarray:
        """What a rung adds as a share of the whole that it makes [1]."""
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


def ladder(reconstruction: Reconstruction, evidence: Evidence) -> pd.DataFrame:
    """The bill as a ladder of boundaries, and the markers beside it.

    Returns
    -------
    DataFrame
        Rungs in rising order, then markers. `id`, `label` and `short`, `counts` and `leaves_out`
        (sentences), `gpu_hours` (of the disclosed phases in it), `usd` with `usd_p05` and `usd_p95`
        (disclosed hours at the scenario's price, divided by what assumed shares leave of the
        whole), `added_usd` likewise (over the rung below), `own_usd` likewise (the same hours on
        owned machines; NaN for a stock, and for a chip without a purchase price), `adds` and
        `includes` (phase ids, and the ids of assumed rungs), `facts`, `assumed`, `headline`,
        `marker`.
    """
    parameters = reconstruction.scenario.parameters
    assumed = Assumptions.of(reconstruction.model, reconstruction.chip, parameters, evidence)
    own_price, samples = assumed.own_usd_per_gpu_hour(parameters), parameters.samples
    rows: list[dict[str, Any]] = []
    includes: list[str] = []
    facts: list[str] = []
    factor, below = np.ones(samples), np.zeros(samples)
    for boundary in reconstruction.model.boundaries:
        if boundary.share is not None:
            factor = factor / (1.0 - assumed.share(boundary, parameters))
            includes, facts = [*includes, boundary.id], facts + facts_of(boundary, reconstruction)
            rows.append(_row(boundary, reconstruction, includes, facts, factor, own_price, below))
            below = below + rows[-1].pop("added")
        elif boundary.marker:
            own = facts_of(boundary, reconstruction)
            rows.append(
                _stock(boundary, own, evidence)
                if boundary.usd is not None
                else _row(
                    boundary,
                    reconstruction,
                    boundary.adds,
                    own,
                    np.ones(samples),
                    own_price,
                    np.zeros(samples),
                )
            )
            rows[-1].pop("added", None)
        else:
            includes, facts = includes + boundary.adds, facts + facts_of(boundary, reconstruction)
            rows.append(_row(boundary, reconstruction, includes, facts, factor, own_price, below))
            below = below + rows[-1].pop("added")
    return pd.DataFrame(rows)


def rungs_of(boundaries: pd.DataFrame) -> pd.DataFrame:
    """The rungs alone, without the markers."""
    return boundaries[~boundaries.marker].reset_index(drop=True)


def disclosed_rungs(boundaries: pd.DataFrame) -> pd.DataFrame:
    """The rungs that rest on disclosed hours alone."""
    return boundaries[~boundaries.marker & ~boundaries.assumed].reset_index(drop=True)


def to_list(boundaries: pd.DataFrame) -> list[dict[str, Any]]:
    """The ladder as the contract of `results.json` has it; disclosed hours have no width."""
    return [
        {
            "id": row["id"],
            "label": row["label"],
            "usd": {"p05": row["usd_p05"], "p50": row["usd"], "p95": row["usd_p95"]},
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
    price = reconstruction.model.price_usd_per_gpu_hour
    return [*hours, price] if price else hours


def _share(boundary: Boundary, parameters: Parameters, evidence: Evidence) -> Distribution:
    given = getattr(parameters, boundary.parameter) if boundary.parameter else None
    if given is not None:
        return set_by(str(boundary.parameter), given)
    assert boundary.share is not None
    return distribution(boundary.share, "ratio", evidence.facts)


def _row(
    boundary: Boundary,
    found: Reconstruction,
    includes: list[str],
    facts: list[str],
    factor: np.ndarray,
    own_price: np.ndarray,
    below: np.ndarray,
) -> dict[str, Any]:
    """A boundary as a row; `added` are the samples of what it adds to the one `below`."""
    phases = [phase.phase.id for phase in found.phases]
    gpu_hours = sum(
        found[phase].disclosed_gpu_hours or 0.0 for phase in includes if phase in phases
    )
    usd = rental_usd(gpu_hours, found.price_usd_per_gpu_hour) * factor
    return _described(boundary) | {
        "gpu_hours": gpu_hours,
        **_interval("usd", usd),
        **_interval("added_usd", usd - below),
        **_interval("own_usd", rental_usd(gpu_hours, own_price) * factor),
        "includes": includes,
        "facts": list(dict.fromkeys(facts)),
        "assumed": bool(np.ptp(factor)) or factor[0] != 1.0,
        "added": usd - below,
    }


def _stock(boundary: Boundary, facts: list[str], evidence: Evidence) -> dict[str, Any]:
    """A sum that is no run's: its own range, no hours."""
    assert boundary.usd is not None
    low, middle, high = distribution(boundary.usd, "usd", evidence.facts).quantile(
        [0.05, 0.5, 0.95]
    )
    missing = (
        "gpu_hours",
        *(f"{name}{end}" for name in ("added_usd", "own_usd") for end in ("", "_p05", "_p95")),
    )
    nothing = dict.fromkeys(missing, float("nan"))
    money = {"usd": middle, "usd_p05": low, "usd_p95": high}
    return (
        _described(boundary) | nothing | money | {"includes": [], "facts": facts, "assumed": True}
    )


def _described(boundary: Boundary) -> dict[str, Any]:
    return {
        name: getattr(boundary, name)
        for name in ("id", "label", "short", "counts", "leaves_out", "adds", "headline", "marker")
    }


def _interval(name: str, samples: np.ndarray) -> dict[str, float]:
    found = percentiles(samples)
    return {name: found["p50"], f"{name}_p05": found["p05"], f"{name}_p95": found["p95"]}
