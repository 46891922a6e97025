"""A published study of ownership cost comes out when its inputs go in, and ends at ours."""

import math

import pytest

from analysis.check.studies import from_theirs_to_ours, study_usd
from analysis.data.chips import find_chip
from analysis.data.scenario import Parameters
from analysis.physics.cost import owned_usd_per_gpu_hour
from analysis.reconstruction.ownership import OwnershipInputs


def test_a_published_study_comes_out_when_its_inputs_go_in(evidence):
    """Epoch AI prints 51.04M for Llama 3.1 405B in dollars of another index month, which is 0.9957
    of nominal ones.
    """
    study = evidence["ownership_studies"].set_index("id", drop=False).loc["llama-3.1-405b"]
    assert study_usd(study) == pytest.approx(study.published_usd, rel=0.005)


def test_v3s_run_with_the_studys_inputs_is_the_studys_formula(evidence):
    """Written out by hand: value lost in the hours, network on top, energy of the servers."""
    study = evidence["ownership_studies"].set_index("id", drop=False).loc["deepseek-v3"]
    machines = (
        study.system_price_usd * study.oom_per_year * math.log(10) / (365.25 * 24) * study.gpu_hours
    )
    network = machines * study.network_share / (1 - study.network_share)
    kwh = (
        study.tdp_w
        / 1000
        * study.server_rating_per_tdp
        * study.power_per_rating
        * study.pue
        * study.gpu_hours
    )
    assert study_usd(study) == pytest.approx(
        machines + network + kwh * study.electricity_usd_per_kwh, rel=1e-9
    )


def test_steps_from_theirs_to_ours_end_at_ours(evidence):
    for study in evidence["ownership_studies"].itertuples():
        steps = from_theirs_to_ours(study, evidence)
        inputs = OwnershipInputs.of(
            find_chip(study.chip, evidence["hardware"]), Parameters(), evidence
        )
        ours = owned_usd_per_gpu_hour(
            {name: found.quantile(0.5) for name, found in inputs.distributions.items()},
            inputs.tdp_w,
        )
        assert steps.usd.iloc[0] == pytest.approx(study_usd(study))
        assert steps.usd.iloc[-1] == pytest.approx(
            evidence.facts[study.disclosed_gpu_hours].value * float(ours)
        )
        assert steps.factor.prod() == pytest.approx(steps.usd.iloc[-1] / steps.usd.iloc[0])
