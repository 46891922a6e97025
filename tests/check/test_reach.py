"""A notebook declares the parameters that reach what it shows, and no others."""

import pandas as pd
import pytest

import analysis
from analysis.check import claims
from analysis.check.beliefs import beliefs
from analysis.check.contradictions import contradictions
from analysis.check.others import others_estimates
from analysis.data.scenario import PARAMETER_NAMES
from analysis.publish.declared import declared_parameters
from analysis.reconstruction.bill_tables import carbon_of
from analysis.reconstruction.ownership import owned_hour_at_middle
from tests.conftest import ROOT

FEW = 256
ANOTHER = {
    "price_usd_per_gpu_hour": 3.0,
    "chip": "H100 SXM",
    "mfu": 0.3,
    "time_per_output_token_ms": 30.0,
    "longest_answer_tokens": 9000.0,
    "failed_run_share": 0.5,
    "utilisation": 0.5,
    "depreciation_years": 3.0,
    "pue": 1.6,
    "electricity_usd_per_kwh": 0.2,
    "samples": 2 * FEW,
    "seed": 7,
}


def owned_hour(account):
    return owned_hour_at_middle(account.chip, account.scenario.parameters, account.evidence).frame()


# what each notebook shows, as the frames behind its tables and charts
SHOWN = {
    "bill": (lambda account: account.bill, owned_hour, carbon_of),
    "claims": (claims.frame, claims.on_bill, lambda account: bill_drawn(account.bill)),
    "contradictions": (contradictions, others_estimates, beliefs),
}


def bill_drawn(bill):
    """What the chart of the bill shows: rents, not what owned machines cost."""
    return bill[["id", "usd", "usd_p05", "usd_p95"]]


def shown(name, **parameters):
    account = analysis.reconstruct(**({"samples": FEW} | parameters))
    return [frame(account) for frame in SHOWN[name]]


def same(first, second):
    try:
        for one, other in zip(first, second, strict=True):
            pd.testing.assert_frame_equal(one, other, rtol=1e-9)
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize("name", SHOWN)
def test_a_notebook_declares_what_reaches_it(name):
    default = shown(name)
    reaching = {
        parameter
        for parameter in PARAMETER_NAMES
        if not same(default, shown(name, **{parameter: ANOTHER[parameter]}))
    }
    declared = declared_parameters(ROOT / "notebooks" / f"{name}.ipynb")
    assert {parameter for parameter in PARAMETER_NAMES if parameter in declared} == reaching
