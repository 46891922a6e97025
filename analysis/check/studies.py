"""A published study of ownership cost beside ours, input by input."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.data.chips import find_chip
from analysis.data.mistakes import InputError
from analysis.data.scenario import Parameters
from analysis.data.tables import Evidence
from analysis.physics.cost import declined_value_usd, life_of_decline_years, owned_usd_per_gpu_hour
from analysis.physics.durations import DAYS_PER_YEAR
from analysis.reconstruction.ownership import OwnershipInputs

# From a study's inputs to ours, in this order; the first step takes the disclosed hours alone.
OWNERSHIP_STEPS = {
    "the disclosed hours": (),
    "the range of system prices, at its middle, and no fall before the start": (
        "system_price_usd",
    ),
    "written off in equal parts over a life": ("life_years",),
    "idle hours carried by the used ones": ("utilisation",),
    "our share of the network": ("network_share",),
    "our power and its price": ("node_power_per_tdp", "pue", "electricity_usd_per_kwh"),
    "a place in a datacentre": ("hosting_usd_per_kw_month",),
}


def study_values(study: Any) -> dict[str, float]:
    """A row of ownership_studies.csv as the inputs of an owned GPU-hour.

    The study charges an hour what the value falls by at the start of training, counts no idle hours
    and no hosting.
    """
    years = (
        pd.Timestamp(study.training_start) - pd.Timestamp(study.value_from)
    ).days / DAYS_PER_YEAR
    return {
        "own_system_price_usd": float(
            declined_value_usd(study.system_price_usd, study.oom_per_year, years)
        ),
        "own_network_share": study.network_share,
        "own_life_years": float(life_of_decline_years(study.oom_per_year)),
        "own_utilisation": 1.0,
        "own_node_power_per_tdp": study.server_rating_per_tdp * study.power_per_rating,
        "own_pue": study.pue,
        "own_electricity_usd_per_kwh": study.electricity_usd_per_kwh,
        "own_hosting_usd_per_kw_month": 0.0,
    }


def study_usd(study: Any) -> float:
    """What our ownership cost gives for a run when fed a study's inputs [US$]."""
    return float(study.gpu_hours * owned_usd_per_gpu_hour(study_values(study), study.tdp_w))


def from_theirs_to_ours(study: Any, evidence: Evidence) -> pd.DataFrame:
    """A study's cost of a run turned into ours, one input after the other, each at its middle.

    Returns
    -------
    DataFrame
        `step`, `usd` (after it), `factor` (of the step); the first row is the study's inputs as
        they are.
    """
    inputs = OwnershipInputs.of(find_chip(study.chip, evidence["hardware"]), Parameters(), evidence)
    if inputs is None:
        raise InputError(
            f"ownership_studies.csv, {study.id}: purchase_prices.csv has no price of {study.chip}"
        )
    ours = {name: float(found.quantile(0.5)) for name, found in inputs.distributions.items()}
    values, hours = study_values(study), study.gpu_hours
    rows = [{"step": "the study's inputs", "usd": study_usd(study)}]
    for label, names in OWNERSHIP_STEPS.items():
        hours = evidence.facts.with_unit(study.disclosed_gpu_hours, "gpu_hours").value
        values = values | {f"own_{name}": ours[f"own_{name}"] for name in names}
        rows.append(
            {"step": label, "usd": float(hours * owned_usd_per_gpu_hour(values, inputs.tdp_w))}
        )
    frame = pd.DataFrame(rows)
    return frame.assign(factor=frame.usd / frame.usd.shift(1))
