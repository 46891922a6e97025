"""Efficiency (MFU) of a pre-training run that nobody disclosed, from those that somebody did.

Fitted on the log MFU of disclosed runs, attention and vocabulary counted. Every comparison leaves
out a whole developer, and intervals are as wide as errors that no fit has seen.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from analysis.data.tables import Evidence
from analysis.data.uncertainty import Distribution
from analysis.runs.basis import basis
from analysis.runs.candidates import CANDIDATES, fitted
from analysis.runs.features import design, sample_of
from analysis.runs.intervals import FORMS
from analysis.show.numbers import ARCHITECTURE_WORDS

CHOSEN, FORM = "by type", "normal"  # by `choice`, once; a test holds them to that
BEYOND = ["log_active", "log_flop"]


class Estimator:
    """A candidate fitted on the runs of all developers but some.

    Parameters
    ----------
    evidence
        The tables.
    exclude
        Developers whose runs are in neither fit nor width.
    name
        One of `CANDIDATES`.

    Attributes
    ----------
    runs
        The reference runs of the fit, as :func:`reference_runs` gives them.
    model
        The fitted candidate: features (see `design`) to log MFU.
    """

    def __init__(
        self, evidence: Evidence, exclude: Collection[str] = (), name: str = CHOSEN
    ) -> None:
        self.evidence, self.facts = evidence, evidence.facts
        self.runs, self.sample = sample_of(evidence, tuple(sorted(exclude)))
        self.model = fitted(CANDIDATES[name], self.sample)

    @cached_property
    def errors(self) -> np.ndarray:
        """Log MFU of each run less its prediction with its developer left out."""
        return self.sample.log_mfu - self.model.left_out(self.sample.developers)

    def predict(self, runs: pd.DataFrame, form: str = FORM) -> list[Distribution]:
        """MFU of runs whose hours are not known.

        Parameters
        ----------
        runs
            Rows as `design` takes them.
        form
            One of `FORMS` of the interval.

        Returns
        -------
        list of Distribution
            MFU [1] of each run, calibrated; wider where less like it was seen.
        """
        return self.by_form(design(runs, self.evidence), [form])[form]

    def by_form(
        self, features: pd.DataFrame, forms: Collection[str]
    ) -> dict[str, list[Distribution]]:
        """The same for some forms, by their names, and for features as `design` gives them."""
        bases = features.architecture.map(
            {kind: self._basis(kind) for kind in features.architecture.unique()}
        )
        columns = (bases, self.model.predict(features), self.spreads(features))
        each = list(zip(*columns, strict=True))
        around = {form: FORMS[form].around(self.errors, self.sample.developers) for form in forms}
        return {form: [self._moved(found, *run) for run in each] for form, found in around.items()}

    def _moved(self, around: Distribution, basis: str, centre: float, wider: float) -> Distribution:
        """A distribution of errors, moved to the prediction of a run."""
        return replace(
            around,
            high=self._ratio("highest_mfu"),
            basis=basis,
            centre=around.centre + float(centre),
            spread=around.spread * float(wider),
        )

    def _basis(self, kind: str) -> str:
        alike = self.runs.developer[self.runs.architecture == kind]
        return (
            f"estimator on {len(self.runs)} runs, {len(alike)} of them of this kind "
            f"({ARCHITECTURE_WORDS[kind]}), of {alike.nunique()} developers"
        )

    def spreads(self, features: pd.DataFrame) -> np.ndarray:
        """How much wider than usual an interval is [1]: by how far a run lies beyond the ranges
        that were seen.

        Size and work beyond the largest run seen, in natural logs, add to the width, and so does a
        chip on which no run was seen; within, it is one.
        """
        seen = self.sample.features
        reached, largest = features[BEYOND].to_numpy(), seen[BEYOND].to_numpy()
        above = np.maximum(reached - largest.max(axis=0), 0.0)
        below = np.maximum(largest.min(axis=0) - reached, 0.0)
        unseen_chip = ~np.isin(features.chip.to_numpy(dtype=str), seen.chip.to_numpy(dtype=str))
        beyond = self._ratio("width_per_log_unit_beyond") * (above + below).sum(axis=1)
        return 1.0 + beyond + self._ratio("width_of_an_unseen_chip") * unseen_chip

    def _ratio(self, fact: str) -> float:
        return self.facts.constant(fact, "ratio").value


def estimator_for(evidence: Evidence, exclude: Collection[str] = ()) -> Estimator:
    """The chosen estimator without some developers; fitted once for the same evidence."""
    return _estimator(basis(evidence), tuple(sorted(exclude)))


@lru_cache(maxsize=128)
def _estimator(evidence: Evidence, exclude: tuple[str, ...]) -> Estimator:
    return Estimator(evidence, exclude)
