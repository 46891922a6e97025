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
from analysis.runs.candidates import (
    Sample,
    candidates,
    design,
    fitted,
    predictions_left_out,
)
from analysis.runs.intervals import FORMS
from analysis.runs.references import reference_runs
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
        One of `candidates`.

    Attributes
    ----------
    runs
        The reference runs of the fit, as :func:`reference_runs` gives them.
    model
        The fitted model: features (see `design`) to log MFU.
    """

    def __init__(
        self, evidence: Evidence, exclude: Collection[str] = (), name: str = CHOSEN
    ) -> None:
        self.hardware, self.facts = evidence["hardware"], evidence.facts
        self.runs = reference_runs(evidence, exclude=exclude)
        self.sample = Sample.of(self.runs, self.hardware)
        self.model = fitted(candidates()[name], self.sample)

    @cached_property
    def errors(self) -> np.ndarray:
        """Log MFU of each run less its prediction with its developer left out."""
        left = predictions_left_out(self.model, self.sample, self.sample.developers)
        return self.sample.log_mfu - left

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
        return self.by_form(runs, [form])[form]

    def by_form(self, runs: pd.DataFrame, forms: Collection[str]) -> dict[str, list[Distribution]]:
        """The same for some forms, by their names."""
        features = design(runs, self.hardware)
        columns = (features.architecture, self.model.predict(features), self.spreads(features))
        each = list(zip(*columns, strict=True))
        around = {form: FORMS[form].around(self.errors, self.sample.developers) for form in forms}
        return {form: [self._moved(found, *run) for run in each] for form, found in around.items()}

    def _moved(self, around: Distribution, kind: str, centre: float, wider: float) -> Distribution:
        """A distribution of errors, moved to the prediction of a run."""
        return replace(
            around,
            high=self._ratio("highest_mfu"),
            basis=self._basis(kind),
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
        above = (features[BEYOND] - seen[BEYOND].max()).clip(lower=0.0)
        below = (seen[BEYOND].min() - features[BEYOND]).clip(lower=0.0)
        unseen_chip = ~features.chip.isin(seen.chip)
        beyond = self._ratio("width_per_log_unit_beyond") * (above + below).sum(axis=1)
        strange = self._ratio("width_of_an_unseen_chip") * unseen_chip
        return (1.0 + beyond + strange).to_numpy(dtype=float)

    def _ratio(self, fact: str) -> float:
        return self.facts.with_unit(fact, "ratio").value


def estimator_for(evidence: Evidence, exclude: Collection[str] = ()) -> Estimator:
    """The chosen estimator without some developers; fitted once for the same evidence."""
    return _estimator(basis(evidence), tuple(sorted(exclude)))


@lru_cache(maxsize=128)
def _estimator(evidence: Evidence, exclude: tuple[str, ...]) -> Estimator:
    return Estimator(evidence, exclude)
