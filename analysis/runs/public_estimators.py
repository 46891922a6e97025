"""The estimator beside what is public: other estimators and rules of thumb, on the same runs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.data.tables import Evidence
from analysis.runs.backtest import RULES_OF_THUMB, errors_of_thumb, rule_at
from analysis.runs.references import reference_runs

OURS = "this estimator, the developer left out"


def beside_public_estimators(tested: pd.DataFrame, evidence: Evidence) -> pd.DataFrame:
    """Well-known runs by public estimators as they come, and by ours as if never seen.

    Returns
    -------
    DataFrame
        A row an estimator, the best first: `estimator`, `runs`, `median_factor`, `p90_factor` and
        `worst_factor` by which it is off.
    """
    peers = evidence["peer_estimates"].merge(
        tested[["id", "gpu_hours", "error_factor"]], left_on="run", right_on="id"
    )
    factors = np.exp(np.abs(np.log(peers.estimated_gpu_hours / peers.gpu_hours)))
    groups = {OURS: peers.drop_duplicates("run").error_factor}
    groups |= {str(name): theirs.dropna() for name, theirs in factors.groupby(peers.estimator)}
    rows = [
        {
            "estimator": name,
            "runs": len(errors),
            "median_factor": errors.median(),
            "p90_factor": errors.quantile(0.9),
            "worst_factor": errors.max(),
        }
        for name, errors in groups.items()
    ]
    return pd.DataFrame(rows).sort_values("median_factor", ignore_index=True)


def beside_the_rule(tested: pd.DataFrame, evidence: Evidence) -> pd.DataFrame:
    """Median error factors of ours and of the lowest rule of thumb, on all runs and on the
    well-known ones that public estimators were tried on.

    Returns
    -------
    DataFrame
        Two rows: `n` runs, `ours`, and `rule`, six FLOP per active parameter and token at the MFU
        of `RULES_OF_THUMB[0]`.
    """
    runs = reference_runs(evidence)
    rule = pd.Series(errors_of_thumb(runs)[rule_at(RULES_OF_THUMB[0])], runs.id)
    ours = tested.set_index("id").error_factor
    well_known = [name for name in rule.index if name in set(evidence["peer_estimates"].run)]
    return pd.DataFrame(
        [
            {
                "n": len(names),
                "ours": float(ours[names].median()),
                "rule": float(np.exp(rule[names].median())),
            }
            for names in (list(rule.index), well_known)
        ]
    )
