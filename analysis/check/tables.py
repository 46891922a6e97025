"""What a page shows of claims, contradictions, estimates of others, and corrections."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.check.beliefs import beliefs
from analysis.check.claims import find_claim, frame, inexpressible
from analysis.check.contradictions import contradictions
from analysis.check.corrections import corrections
from analysis.check.others import others_estimates
from analysis.check.studies import from_theirs_to_ours, study_usd
from analysis.data.tables import Evidence
from analysis.reconstruction.account import Account
from analysis.show import links
from analysis.show.links import Html
from analysis.show.numbers import VERDICT_WORDS, quantity_text, significant, usd_text
from analysis.show.tables import table

FEWEST_TIMES = 1.1  # two figures nearer than this are apart by per cent, not by times
LEAST_USD = 0.5


def claims(account: Account, verdict: str | None = None) -> Html:
    """Every claim with its verdict, reason and facts; with a verdict, those alone."""
    rows = [
        {
            "anchor": one.id,
            "claim": one.claim,
            "who, when": _said_by(one.who, one.date, one.source_id, account.evidence),
            "verdict": verdict_word(one.verdict),
            "because": one.reason,
            "facts": links.facts(one.facts, account.evidence),
        }
        for one in frame(account, verdict).itertuples()
    ]
    return _table(rows, "No public claim on it is on record.", "ledger claims")


def without_figure(account: Account) -> Html:
    """The claims that give no figure, and why the rule cannot express them."""
    rows = [
        {"claim": one.claim, "who, when": f"{one.who}, {one.date}", "why": one.note}
        for one in inexpressible(account).itertuples()
    ]
    return _table(rows, "Every claim on record gives a figure.")


def verdict_word(verdict: str, claim_id: str = "") -> Html:
    """A verdict as a word with its own mark, linked to the claim's reason."""
    row = f' data-row="claims:{links.text(claim_id)}"' if claim_id else ""
    return Html(f'<span class="verdict {verdict}"{row}>{VERDICT_WORDS[verdict]}</span>')


def claim(claim_id: str, account: Account) -> Html:
    """A claim's verdict, linked to its reason."""
    return verdict_word(find_claim(claim_id, account).verdict, claim_id)


def said(claim_id: str, account: Account) -> Html:
    """The day or month of a claim in words, linked to it."""
    date = find_claim(claim_id, account).date
    day = pd.Timestamp(date)
    month = f"{day:%B %Y}"
    text = f"{day.day} {month}" if len(date) > len("2025-01") else month
    return Html(f'<span data-row="claims:{links.text(claim_id)}">{text}</span>')


def disagreements(account: Account) -> Html:
    """Where sources disagree, the largest effect on the bill first."""
    rows = [
        {
            "anchor": row["id"],
            "in question": row["what"],
            "effect on the bill": _effect(row["effect_usd"]),
            "one side": _side(row, "a", account.evidence),
            "other side": _side(row, "b", account.evidence),
            "apart": _apart(row["apart"]),
            "likely reason": row["likely_reason"],
        }
        for row in contradictions(account).to_dict("records")
    ]
    return _table(rows, "No disagreement between sources on it is on record.", "ledger")


def estimates(account: Account) -> Html:
    """Others' estimates step by step, the step marked where they part from ours."""
    rows: list[dict[str, Any]] = []
    for name, steps in others_estimates(account).groupby("estimate", sort=False):
        first = steps.iloc[0]
        agrees = "" if steps.parts_here.any() else " It agrees with ours at every step."
        source = links.source(first.source_id, account.evidence)
        title = (
            f"<strong>{links.text(first.title)}</strong><br>{source}, {links.text(first.locator)}"
        )
        rows.append({"anchor": str(name), "step": Html(title + agrees)})
        rows += [_step(row._asdict()) for row in steps.itertuples()]
    return _table(rows, "No estimate of it by others is on record.")


def to_believe(account: Account) -> Html:
    """For each claimed total, what would have to be true, and whether the data allow it."""
    rows = [
        {
            "for this to be true": f"{quantity_text(row.usd, 'usd')}, {row.total}",
            "one would have to believe": row.lever,
            "of": row.why if row.unit == "usd" else _needed(row.needed, row.unit),
            "which is": _allowed(row.allowed),
            "possible": _possible(row),
        }
        for row in beliefs(account).itertuples()
    ]
    return _table(rows, "The model's file names no total to hold against the bill.")


def corrected(account: Account) -> Html:
    """Corrections of others' figures and of ours, dated."""
    rows = [
        {
            "anchor": row.id,
            "what": row.target,
            "whose": row.whose,
            "seen": _figure(row.seen_value, row.unit, 8),
            "we use": _figure(row.use_value, row.unit, 4),
            "why": row.why,
            "recorded": row.date,
            "status": row.status,
        }
        for row in corrections(account).itertuples()
    ]
    return _table(rows, "No correction on it is on record.", "ledger")


def studies(evidence: Evidence) -> Html:
    """Published studies' ownership cost beside ours, and the steps from the one to the other."""
    rows: list[dict[str, Any]] = []
    for study in evidence["ownership_studies"].itertuples():
        published = _figure(study.published_usd, "usd", 4) or "publishes none"
        source = links.source(study.source_id, evidence)
        head = (
            f"<strong>{links.text(study.label)}</strong><br>the study: {published}; ours with its "
            f"inputs: {usd_text(significant(study_usd(study), 4))}<br><small>{source}, "
            f"{links.text(study.locator)}. {links.text(study.note)}</small>"
        )
        rows.append({"step": Html(head)})
        rows += [
            {
                "step": step.step,
                "after it": usd_text(significant(step.usd, 4)),
                "factor": "" if math.isnan(step.factor) else f"{step.factor:.2f}",
            }
            for step in from_theirs_to_ours(study, evidence).itertuples()
        ]
    return _table(rows, "No study of what owned machines cost is on record.")


def _table(rows: Sequence[Mapping[str, Any]], nothing: str, classes: str = "") -> Html:
    """The rows as a table under their addresses, or a sentence where there are none."""
    if not rows:
        return Html(f"<p>{links.text(nothing)}</p>")
    filled = pd.DataFrame(rows).fillna("")
    return table(filled, classes=classes, anchors="anchor" if "anchor" in filled else "")


def _said_by(who: str, date: str, source_id: str, evidence: Evidence) -> Html:
    return Html(f"{links.text(who)}, {date}<br>{links.source(source_id, evidence)}")


def _figure(value: float, unit: str, figures: int) -> str:
    return "" if math.isnan(value) else quantity_text(significant(value, figures), unit)


def _side(row: dict[str, Any], side: str, evidence: Evidence) -> Html:
    """One side of a disagreement: its figure, what it says, the bill if so, and where."""
    value, bill = row[side], row[f"bill_{side}"]
    figure = _figure(value, row["unit"], 4)
    head = f"<strong>{figure}</strong><br>" if figure else ""
    usd = "" if math.isnan(bill) else f"bill if so: {usd_text(significant(bill, 4), 3)}<br>"
    source = links.source(row[f"source_{side}"], evidence)
    place = links.text(row[f"locator_{side}"])
    says = links.text(row[f"says_{side}"])
    return Html(f"{head}{says}<br>{usd}<small>{source}, {place}</small>")


def _effect(usd: float) -> str:
    if math.isnan(usd):
        return "cannot be computed"
    if abs(usd) < LEAST_USD:
        return "none"
    return ("+" if usd > 0 else "−") + usd_text(abs(significant(usd, 4)))


def _apart(factor: float) -> str:
    """How far apart two sides are, in times or, where that says nothing, in per cent."""
    if math.isnan(factor):
        return ""
    return f"{factor:.3g} times" if factor >= FEWEST_TIMES else f"{100 * (factor - 1):.2g} %"


def _step(row: dict[str, Any]) -> dict[str, Any]:
    """One step of an estimate, with a mark where it parts from ours."""
    theirs, ours = (_figure(row[side], row["unit"], 4) for side in ("theirs", "ours"))
    mark = " <strong>← here they part</strong>" if row["parts_here"] else ""
    return {
        "step": f"{row['step']}. {row['label']}",
        "theirs": theirs,
        "ours": ours,
        "ratio": Html(f"{row['ratio']:.3g}{mark}"),
        "note": row["note"],
    }


def _allowed(allowed: bool | None) -> Html | str:
    if allowed is None:
        return "not known"
    word, verdict = ("possible", "supported") if allowed else ("outside", "contradicted")
    return Html(f'<span class="verdict {verdict}">{word}</span>')


def _possible(row: Any) -> str:
    """The range that is possible, in words."""
    unit, low, high, why = (getattr(row, name) for name in ("unit", "low", "high", "why"))
    if unit == "usd":
        return "inside the interval of that line, or within 1 % of it"
    return f"{_needed(low, unit)} to {_needed(high, unit)}: {why}"


def _needed(value: float, unit: str) -> str:
    if math.isinf(value):
        return "no value: less would be left than nothing"
    if value < 0:
        return "less than none"
    return quantity_text(significant(value, 2 if unit == "ratio" else 3), unit)
