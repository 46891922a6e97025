"""The brief: the answer in two pages to print or to send, set from the results of an edition.

What is said comes from the account and from the first page; the template only sets it, and reads
nothing as markup.
"""

from __future__ import annotations

import datetime
import json
import math
from pathlib import Path
from typing import Any

import pandas as pd
import typst

from analysis.check.claims import Judged, judge_all
from analysis.publish.citation import Citation
from analysis.publish.first import hero_of
from analysis.publish.pages import PageText
from analysis.reconstruction.account import Account
from analysis.reconstruction.ladder import rungs_of
from analysis.reconstruction.whole import parts_of_bill
from analysis.show.charts.picture import with_title
from analysis.show.numbers import VERDICT_WORDS, hours_text, quantity_text, usd_text
from analysis.show.rounded import short_usd

NAME, TEMPLATE = "traincost-brief.pdf", Path(__file__).with_name("brief.typ")
SIZES_PT = (11.0, 10.5, 10.0, 9.5, 9.0, 8.5, 8.0, 7.5, 7.0)  # of its text: the largest that fits
PAGES, CLAIMS, UNKNOWN, STANDFIRST = 2, 5, 6, 3
CHART_PX = 720
KNOWN = {
    "disclosed": "disclosed hours at an assumed rent",
    "derived": "disclosed hours added up, at an assumed rent",
    "assumption": "assumed, from the shares of other companies",
}


def write_brief(
    account: Account, cited: Citation, first: PageText, base_url: str, edition: Path
) -> None:
    """Set the brief into an edition; `first` is the page that the book opens with."""
    told = json.dumps(content(account, cited, first, base_url), ensure_ascii=False)
    brief = typeset({"data": told, "chart": _chart(account)}, cited.date)
    (edition / NAME).write_bytes(brief)


def typeset(inputs: dict[str, str], day: datetime.date) -> bytes:
    """The brief as a PDF in the largest text in which it has two pages: the same bytes on any
    machine.
    """
    size = next((size for size in SIZES_PT if _pages(inputs, size) <= PAGES), SIZES_PT[-1])
    made = datetime.datetime(day.year, day.month, day.day, tzinfo=datetime.UTC)
    return _compiled(inputs, size, format="pdf", timestamp=int(made.timestamp()))


def _pages(inputs: dict[str, str], size_pt: float) -> int:
    """How many pages the brief has in a size of text."""
    drawn = _compiled(inputs, size_pt, format="svg")
    return len(drawn) if isinstance(drawn, list) else 1


def _compiled(inputs: dict[str, str], size_pt: float, **options: Any) -> Any:
    given = inputs | {"size": str(size_pt)}
    return typst.compile(str(TEMPLATE), ignore_system_fonts=True, sys_inputs=given, **options)


def content(account: Account, cited: Citation, first: PageText, base_url: str) -> dict[str, Any]:
    """All that the brief says."""
    model, setting = account.model, account.scenario.setting
    over = [model.title, f"evidence as of {cited.day}", f"version {cited.version}", setting]
    price = quantity_text(account.price_usd_per_gpu_hour, "usd_per_gpu_hour")
    return {
        "title": f"What {model.title} cost to train",
        "authors": cited.authors,
        "over": " · ".join(filter(None, over)),
        "headline": first.title,
        "standfirst": " ".join(line.text for line in first.sections[0].lines[:STANDFIRST]),
        "is_default": account.scenario.is_default,
        "numbers": numbers(parts_of_bill(account)),
        "described": hero_of(account).description,
        "bill": [_line(line) for line in rungs_of(account.bill).itertuples()],
        "rent": f"at {price}",
        "phases": [_phase(phase) for phase in account.to_dict()["phases"]],
        "unknown": _unknown(account),
        "claims": [_claim(one) for one in _claims(account)],
        "cite": _cite(account, cited),
        "address": base_url or cited.repository,
    }


def numbers(parts: pd.DataFrame) -> list[dict[str, str]]:
    """The sums that matter most, of `parts_of_bill`: what was reported, the whole, and all with
    what is assumed.
    """
    reported, whole, assumed = (
        parts[(parts.part == part) & (parts.usd > 0)] for part in ("reported", "whole", "assumed")
    )
    found = []
    if len(reported):
        found.append(_number(usd_text(reported.usd.sum()), "what was reported", "disclosed"))
    for line in whole.itertuples():
        found.append(_number(short_usd(line.usd_p05, line.usd_p95), line.label, "derived"))
    for line in assumed.tail(1).itertuples():
        words = "with " + " and ".join(label.removeprefix("+ ") for label in assumed.label)
        found.append(_number(short_usd(line.usd_p05, line.usd_p95), words, "assumption"))
    return found


def _number(value: str, words: str, kind: str) -> dict[str, str]:
    return {"value": value, "words": words, "kind": kind, "known": KNOWN[kind]}


def _line(line: Any) -> dict[str, Any]:
    """A line of the bill; what is assumed to two figures, and without hours of its own."""
    known = "not disclosed" if math.isnan(line.usd) else usd_text(line.usd, 3)
    hours = "" if line.assumed or math.isnan(line.gpu_hours) else hours_text(line.gpu_hours)
    return {
        "label": line.label,
        "counts": line.counts,
        "gpu_hours": hours,
        "usd": short_usd(line.usd_p05, line.usd_p95) if line.assumed else known,
        "kind": "assumption" if line.assumed else "derived",
        "reported": bool(line.headline),
    }


def _phase(phase: dict[str, Any]) -> dict[str, str]:
    """A phase: its hours as disclosed, and from outside."""
    disclosed, found = phase["gpu_hours"]["disclosed"], phase["gpu_hours"]["reconstructed"]
    low, middle, high = (hours_text(found[end]) for end in ("p05", "p50", "p95"))
    return {
        "label": phase["label"],
        "disclosed": "not disclosed" if disclosed is None else hours_text(disclosed),
        "found": middle,
        "range": f"{low} to {high}",
    }


def _unknown(account: Account) -> list[str]:
    """Of each phase what weighs most."""
    phases = [phase.phase for phase in account.phases if phase.phase.not_known]
    return [f"{phase.label}: {phase.not_known[0]}" for phase in phases][:UNKNOWN]


def _claims(account: Account) -> list[Judged]:
    """Those that the first page shows, then others."""
    return sorted(judge_all(account), key=lambda one: not one.story)[:CLAIMS]


def _claim(one: Judged) -> dict[str, str]:
    verdict = VERDICT_WORDS[one.verdict].capitalize()
    who = f"{one.who}, {one.date}"
    return {"claim": one.claim, "who": who, "verdict": verdict, "reason": one.reason}


def _cite(account: Account, cited: Citation) -> str:
    return (
        f"{cited.authors}, “{cited.title}”, version {cited.version}, evidence as of {cited.day}, "
        f"data {account.evidence.sha256[:12]}."
    )


def _chart(account: Account) -> str:
    """The picture of the bill as SVG; empty where there is none to draw."""
    drawn = hero_of(account)
    return with_title(drawn.svg(CHART_PX), drawn.to_dict()) if drawn.subtitle else ""
