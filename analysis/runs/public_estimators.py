"""The estimator beside what is public: other estimators and rules of thumb, on the same runs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.data.tables import Evidence
from analysis.runs.backtest import summary
from analysis.runs.choice import errors_of_thumb, facts_of_thumb, rule_at
from analysis.runs.efficiency import CHOSEN
from analysis.runs.floor import limits, spreads
from analysis.runs.references import reference_runs
from analysis.show import links
from analysis.show.links import Html
from analysis.show.numbers import quantity_text, significant

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
        Two rows: `n` runs, `ours`, and `rule`, six FLOP per active parameter and token at the
        lowest MFU of the rules.
    """
    runs = reference_runs(evidence)
    lowest = rule_at(facts_of_thumb(evidence)[0].value)
    rule = pd.Series(errors_of_thumb(runs, evidence)[lowest], runs.id)
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


def finding(tested: pd.DataFrame, evidence: Evidence) -> Html:
    """How far the estimator is off, how its intervals do, and what else was tried."""
    figures, found = summary(tested), spreads(evidence)
    runs, median = count(figures["n"], "runs"), figures["median_error_factor"]
    nine_in_ten = _factor(figures["p90_error_factor"], "p90_error")
    held = share(figures["coverage_90"], "coverage")
    return Html(
        f"<p><strong>Half of {runs} disclosed runs are predicted within a factor "
        f"of {_factor(median, 'median_error')}, as if never seen.</strong> Nine in ten "
        f"come out within a factor of {nine_in_ten}. "
        f"The 90&nbsp;% intervals held {held} of the disclosed figures. {_printed(tested)} "
        f"Runs of one developer scatter by a factor of {_factor(np.exp(found.within), 'within')}. "
        f"So a fair 90&nbsp;% interval is about {_factor(found.width, 'fair_width')} wide, and "
        f"ours is {_factor(figures['median_width_factor'], 'width')}.</p>"
        f"<p>{_rule_of_thumb(tested, evidence)} "
        "Richer methods do no better on a developer that they have "
        "not seen. So the simplest good one is in use: "
        f"<em>{links.text(CHOSEN)}</em>, with one spread for all runs.</p>"
    )


def _printed(tested: pd.DataFrame) -> str:
    """The intervals on runs whose hours themselves are printed."""
    printed = tested[tested.gpu_hours_kind == "disclosed"]
    if len(printed) in (0, len(tested)):
        return ""
    held = share(float(printed.inside.mean()), "coverage_printed")
    return (
        f"{count(len(printed), 'printed')} of the runs print their hours, and of these figures it "
        f"was {held}. The hours of the others follow from what is printed, such as chips and days."
    )


def why_no_more_helps(evidence: Evidence) -> Html:
    """Why neither features nor the developer make an estimate better, and what simulators do."""
    found = spreads(evidence)
    unknown, known = limits(evidence).median_factor.iloc[:2]
    one, many = (
        links.fact(evidence.facts[name], evidence)
        for name in ("simulator_error_one_node", "simulator_error_many_nodes")
    )
    return Html(
        f"<p>Developers differ by little: a factor of {_factor(np.exp(found.between), 'between')}, "
        f"and at most {_factor(np.exp(found.bound), 'between_bound')} in nine of ten cases. "
        "Their means lie further apart, but most are means of one run or two, and hold its "
        "scatter. So to know the developer hardly helps: the median error goes from "
        f"{_factor(unknown, 'developer_unknown')} to {_factor(known, 'developer_known')}.</p>"
        "<p>Size, length, year and chip do not help either. What sets equal runs apart is in no "
        "table: layout, software, restarts, and other work in the same bill.</p>"
        f"<p>Simulators are told the layout and time each operation. One claims {one} on a node "
        f"and {many} on many. That is of a step, not of a bill with its restarts.</p>"
    )


def _rule_of_thumb(tested: pd.DataFrame, evidence: Evidence) -> str:
    """The rule beside ours, on all runs and on those that public estimators were tried on."""
    everywhere, well_known = beside_the_rule(tested, evidence).itertuples()
    known = count(well_known.n, "known_runs")
    mfu = links.fact(facts_of_thumb(evidence)[0], evidence)
    return (
        f"A rule of thumb counts six FLOP for each parameter and token, at "
        f"{mfu} of the peak. On all {count(everywhere.n, 'runs')} "
        f"runs it is at the median off by {_factor(everywhere.rule, 'rule_error')}, ours by "
        f"{_factor(everywhere.ours, 'median_error')}. On the {known} well-known ones it is off by "
        f"{_factor(well_known.rule, 'rule_on_known')}, ours by "
        f"{_factor(well_known.ours, 'ours_on_known')}."
    )


def _factor(value: float, place: str) -> Html:
    return links.counted(f"{value:.3g}", f"backtest.{place}")


def share(value: float, place: str) -> Html:
    """A share [1] in two figures, which opens to its place on the page of the estimator."""
    return links.counted(quantity_text(significant(value, 2), "ratio"), f"backtest.{place}")


def count(number: float, place: str) -> Html:
    """A whole number, which opens to its place on the page of the estimator."""
    return links.counted(f"{int(number)}", f"backtest.{place}")
