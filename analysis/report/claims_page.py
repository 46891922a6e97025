"""What the pages say of claims, contradictions, estimates of others, and corrections."""

from __future__ import annotations

import html
import math

import pandas as pd

from analysis.check.claims import counts_of, find_claim, inexpressible, judge_all, on_bill
from analysis.check.contradictions import contradictions
from analysis.check.corrections import corrections
from analysis.check.others import others_estimates
from analysis.data.expressions import facts_in
from analysis.data.tables import Evidence
from analysis.reconstruction.account import Account
from analysis.report.ledger import table_html
from analysis.report.wording import Html, fact_html, source_html
from analysis.show.numbers import VERDICT_WORDS, quantity_text, significant, usd_text


def claims_table(account: Account, verdict: str | None = None) -> Html:
    """Every claim with its verdict, reason and facts; with a verdict, those alone."""
    judged = [one for one in judge_all(account) if verdict in (None, one.verdict)]
    rows = [
        {
            "claim": f'<span id="{one.id}">{html.escape(one.claim)}</span>',
            "who, when": f"{html.escape(one.who)}, {one.date}<br>{source_html(one.source_id, account.evidence)}",
            "verdict": verdict_html(one.verdict),
            "because": html.escape(one.reason),
            "facts": _folded(
                ", ".join(_fact_link(name, account.evidence) for name in one.facts),
                len(one.facts),
            ),
        }
        for one in judged
    ]
    return table_html(pd.DataFrame(rows), "ledger claims")


def claims_finding(account: Account) -> Html:
    """The paragraph that opens the page of claims."""
    counts = counts_of(judge_all(account))
    parts = ", ".join(f"{row.claims} {VERDICT_WORDS[row.verdict]}" for row in counts.itertuples())
    return Html(
        f'<div class="finding"><p><strong>Of {counts.claims.sum()} public claims: {parts}.</strong> Verdicts are on claims, not on people. '
        "They follow by one rule from what a reader can check in the claim's source: the figure, what it is said to be a "
        "figure of, what it does count, and whether the claim names the difference.</p></div>"
    )


def story_table(account: Account) -> Html:
    """The claims of the news story, each with its verdict, linked to the reason."""
    rows = [
        {
            "claim of the story": html.escape(one.claim),
            "verdict": f'<a href="claims.html#{one.id}">{verdict_html(one.verdict)}</a>',
        }
        for one in judge_all(account)
        if one.story
    ]
    return table_html(pd.DataFrame(rows), "verdicts")


def inexpressible_table(account: Account) -> Html:
    """The claims that give no figure, and why the rule cannot express them."""
    rows = [
        {
            "claim": html.escape(row.claim),
            "who, when": f"{html.escape(row.who)}, {row.date}",
            "why": html.escape(row.note),
        }
        for row in inexpressible(account).itertuples()
    ]
    return table_html(pd.DataFrame(rows))


def verdict_html(verdict: str) -> str:
    """A verdict as a word with its own mark."""
    return f'<span class="verdict {verdict}">{VERDICT_WORDS[verdict]}</span>'


def claim_html(claim_id: str, account: Account) -> str:
    """A claim's verdict, linked to its reason."""
    return f'<a href="claims.html#{claim_id}">{verdict_html(find_claim(claim_id, account).verdict)}</a>'


def said_html(claim_id: str, account: Account) -> str:
    """The day or month of a claim in words, linked to it."""
    found = find_claim(claim_id, account)
    day = pd.Timestamp(found.date)
    text = f"{day.day} {day:%B %Y}" if len(found.date) > 7 else f"{day:%B %Y}"
    return f'<a href="claims.html#{claim_id}">{text}</a>'


def contradictions_table(account: Account) -> Html:
    """Where sources disagree, the largest effect on the bill first."""
    rows = [
        {
            "in question": f'<span id="{row.id}">{html.escape(row.what)}</span>',
            "effect on the bill": _effect(row.effect_usd),
            "one side": _side(
                row.says_a,
                row.a,
                row.unit,
                row.source_a,
                row.locator_a,
                row.bill_a,
                account.evidence,
            ),
            "other side": _side(
                row.says_b,
                row.b,
                row.unit,
                row.source_b,
                row.locator_b,
                row.bill_b,
                account.evidence,
            ),
            "apart": _apart(row.apart),
            "likely reason": html.escape(row.likely_reason),
        }
        for row in contradictions(account).itertuples()
    ]
    return table_html(pd.DataFrame(rows), "ledger")


def contradictions_finding(account: Account) -> Html:
    """The paragraph that opens the page of contradictions."""
    frame = contradictions(account)
    touching = frame[frame.effect_usd.abs() > 0]
    publisher = _publisher(account.evidence)
    same = touching.source_a.map(publisher) == touching.source_b.map(publisher)
    own, others = touching[same].effect_usd.abs(), touching[~same].effect_usd.abs()
    return Html(
        f'<div class="finding"><p><strong>{len(frame)} places where sources disagree; {len(touching)} of them would move the bill, '
        f"{int((frame.effect_usd.abs() >= 1e5).sum())} by $100K or more.</strong> Where one publisher disagrees with itself "
        f"({len(own)} of those that move it), by {usd_text(significant(own.max(), 4))} at most; where two do ({len(others)}), "
        f"by {usd_text(significant(others.max(), 4))} at most.</p></div>"
    )


def others_finding(account: Account) -> Html:
    """The paragraph that opens the page of others' estimates."""
    frame = others_estimates(account)
    parting = frame[frame.parts_here].sort_values(
        "ratio", key=lambda ratio: ratio.map(math.log).abs(), ascending=False
    )
    agreeing = sorted(set(frame.title) - set(parting.title))
    steps = "".join(
        f"<li>{html.escape(row.title)}: {html.escape(row.label)}, {row.ratio:.2g} times ours</li>"
        for row in parting.itertuples()
    )
    return Html(
        f'<div class="finding"><p><strong>{len(parting)} of {frame.estimate.nunique()} estimates part from ours, each at one step:'
        f"</strong></p><ul>{steps}</ul><p>{len(agreeing)} {'agrees' if len(agreeing) == 1 else 'agree'} throughout: "
        f"{html.escape(', '.join(agreeing) or 'none')}.</p></div>"
    )


def others_table(account: Account) -> Html:
    """Others' estimates step by step, the step marked where they part from ours."""
    rows = []
    frame = others_estimates(account)
    for estimate, steps in frame.groupby("estimate", sort=False):
        title = html.escape(steps.title.iloc[0])
        source = f"{source_html(steps.source_id.iloc[0], account.evidence)}, {html.escape(steps.locator.iloc[0])}"
        agrees = "" if steps.parts_here.any() else " It agrees with ours at every step."
        rows.append(
            {
                "step": f'<strong id="{estimate}">{title}</strong><br>{source}{agrees}',
                "theirs": "",
                "ours": "",
                "ratio": "",
                "note": "",
            }
        )
        rows += [
            {
                "step": f"{row.step}. {html.escape(row.label)}",
                "theirs": quantity_text(significant(row.theirs, 4), row.unit),
                "ours": quantity_text(significant(row.ours, 4), row.unit),
                "ratio": f"{row.ratio:.3g}"
                + (" <strong>← here they part</strong>" if row.parts_here else ""),
                "note": html.escape(row.note),
            }
            for row in steps.itertuples()
        ]
    return table_html(pd.DataFrame(rows))


def corrections_table(account: Account) -> Html:
    """Corrections of others' figures and of ours, dated."""
    rows = [
        {
            "what": f'<span id="{row.id}">{html.escape(row.target)}</span>',
            "whose": row.whose,
            "seen": "" if math.isnan(row.seen_value) else quantity_text(row.seen_value, row.unit),
            "we use": ""
            if math.isnan(row.use_value)
            else quantity_text(significant(row.use_value, 4), row.unit),
            "why": html.escape(row.why),
            "recorded": row.date,
            "status": html.escape(row.status),
        }
        for row in corrections(account).itertuples()
    ]
    return table_html(pd.DataFrame(rows), "ledger")


def claims_on_ladder(account: Account) -> pd.DataFrame:
    """The claims of dollars that stand on the bill, as `on_bill` returns them."""
    return on_bill(account)


def _apart(factor: float) -> str:
    """How far apart two sides are, in times or, where that says nothing, in per cent."""
    if math.isnan(factor):
        return ""
    return f"{factor:.3g} times" if factor >= 1.1 else f"{100 * (factor - 1):.2g} %"


def _side(
    says: str, value: float, unit: str, source: str, locator: str, bill: float, evidence: Evidence
) -> str:
    figure = (
        ""
        if math.isnan(value)
        else f"<strong>{quantity_text(significant(value, 4), unit)}</strong><br>"
    )
    bill_if_so = "" if math.isnan(bill) else f"bill if so: {usd_text(significant(bill, 4), 3)}<br>"
    return f"{figure}{html.escape(says)}<br>{bill_if_so}<small>{source_html(source, evidence)}, {html.escape(locator)}</small>"


def _effect(usd: float) -> str:
    if math.isnan(usd):
        return "cannot be computed"
    return (
        "none" if abs(usd) < 0.5 else ("+" if usd > 0 else "−") + usd_text(abs(significant(usd, 4)))
    )


def _publisher(evidence: Evidence) -> pd.Series:
    return evidence["sources"].set_index("source_id").publisher


def _folded(links: str, count: int) -> str:
    """A list that a reader opens, so that long ones do not stretch the row."""
    return f"<details><summary>{count} facts</summary>{links}</details>" if count > 2 else links


def _fact_link(name: str, evidence: Evidence) -> str:
    fact = evidence.facts[facts_in(name)[0]]
    return fact_html(fact, evidence, text=name)
