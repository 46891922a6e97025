"""What stands on the page of a reader's own numbers without its script: where the settings go, the
results of this edition, and the command.

The script writes its results in the place of these: `data-try` says which, `data-size` and
`data-figures` how a number is written.
"""

from __future__ import annotations

import html
import math
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from analysis.data.facts import Row
from analysis.reconstruction.account import Account
from analysis.reconstruction.bill_tables import NO_BILL, disclosed_hours
from analysis.reconstruction.tabulated import TOTAL
from analysis.show import links
from analysis.show.columns import Measure, number_text
from analysis.show.links import Html
from analysis.show.numbers import hours_text
from analysis.show.tables import COMPUTED, ROUGH, table

SCRIPTS = ("try-data.js", "try-chart.js", "try.js")
MILLION, THOUSAND = 1e6, 1e3
ENDS = ("p05", "p95")
Span = Mapping[str, float]


@dataclass(frozen=True)
class _Place:
    """A number that the script may write anew: what it is (`LIST ID PART`), and the row whose card
    it opens.
    """

    name: str
    row: Row
    kind: str
    size: float
    figures: int

    def html(self, shown: str, end: str) -> Html:
        """The number, `middle` or `interval`, as it stands without the script."""
        data = f'data-try="{html.escape(self.name)} {end}" data-size="{self.size:g}"'
        figure = links.figure(shown, self.kind, self.row)
        return Html(figure.replace(" data-row", f' {data} data-figures="{self.figures}" data-row'))


def settings(account: Account) -> Html:
    """Where the script puts the settings, the sum and the drawing; without it, what to do."""
    scripts = "".join(f'<script src="_static/{name}" defer></script>' for name in SCRIPTS)
    return Html(
        f'<div class="try"><noscript><p>{NO_SCRIPTS}</p></noscript>'
        '<form class="try-settings" aria-label="Your numbers" hidden>'
        '<button type="button" class="try-reset">Back to the numbers of this edition</button>'
        '</form><p class="try-said" role="status"></p><div class="try-sum" hidden></div>'
        '<p class="try-spoken visually-hidden" role="status"></p>'
        f'<div class="try-chart" hidden></div>{_held()}{scripts}</div>'
    )


def _held() -> Html:
    """How far the page is from the package: the script has the numbers."""
    settings, middles, ends = (
        links.counted("", f"try.{name}").replace(" data-row", f' data-held="{name}" data-row')
        for name in ("settings", "middles", "ends")
    )
    return Html(
        '<p class="try-held" hidden>This page reads tables between whose knots it draws straight '
        f"lines. Measured when this edition was built, at {settings} random settings: its middles "
        f"differ from the package's by {middles} at most, its ends by {ends}.</p>"
    )


NO_SCRIPTS = (
    "This page computes in the browser, and scripts are off. The tables below hold the numbers of "
    "this edition; the command at the end of the page computes others."
)


def bill(account: Account) -> Html:
    """The bill line by line, rented and on owned machines."""
    lines = account.bill.dropna(subset="usd").to_dict("records")
    if not lines:
        return Html(f"<p>{NO_BILL}</p>")
    head = {
        "line": "what is counted",
        "hours": "disclosed GPU-hours",
        "rent": "rented, US$ million",
        "rent_span": "nine times in ten between",
        "owned": "on owned machines, US$ million",
        "owned_span": "nine times in ten between",
    }
    caption = "Every line of the bill at your numbers"
    return table(
        pd.DataFrame([_line(line, account) for line in lines]),
        head=head,
        caption=caption,
        name="try-bill",
        classes="try-table",
    )


def _line(line: Mapping[str, Any], account: Account) -> dict[str, Any]:
    kind, figures = ("assumption", ROUGH) if line["assumed"] else ("derived", COMPUTED)
    rent, owned = _span_of(line, "usd"), _span_of(line, "own_usd")
    name = f"lines {line['id']}"
    rented = _Place(f"{name} rent", Row("bill", f"{line['id']}.usd"), kind, MILLION, figures)
    machines = _Place(
        f"{name} owned", Row("bill", f"{line['id']}.own_usd"), "assumption", MILLION, ROUGH
    )
    return {
        "line": line["label"] + (" (beside the bill)" if line["marker"] else ""),
        "hours": _disclosed(line["includes"], line["gpu_hours"], account),
        "rent": _middle(rent, rented),
        "rent_span": _ends(rent, rented),
        "owned": _middle(owned, machines),
        "owned_span": _ends(owned, machines),
    }


def hours(account: Account) -> Html:
    """Hours and dollars of each phase and of all, disclosed and reconstructed."""
    found = account.to_dict()
    phases = [*found["phases"], {"id": TOTAL, "label": "All phases", **found["total"]}]
    head = {
        "disclosed": "disclosed GPU-hours",
        "hours": "reconstructed, thousand GPU-hours",
        "hours_span": "nine times in ten between",
        "usd": "reconstructed, US$ million",
        "usd_span": "nine times in ten between",
    }
    return table(
        pd.DataFrame([_phase(phase, account) for phase in phases]),
        head=head,
        caption="Each phase from public facts alone, at your numbers",
        name="try-hours",
        classes="try-table",
    )


def _phase(phase: Mapping[str, Any], account: Account) -> dict[str, Any]:
    hours, usd = (phase[key]["reconstructed"] for key in ("gpu_hours", "usd"))
    counted = [found.phase.id for found in account.phases if phase["id"] in (found.phase.id, TOTAL)]
    in_hours = _place_of(phase["id"], "hours", "gpu_hours", THOUSAND)
    in_usd = _place_of(phase["id"], "usd", "usd", MILLION)
    return {
        "phase": phase["label"],
        "disclosed": _disclosed(counted, phase["gpu_hours"]["disclosed"], account),
        "hours": _middle(hours, in_hours),
        "hours_span": _ends(hours, in_hours),
        "usd": _middle(usd, in_usd),
        "usd_span": _ends(usd, in_usd),
    }


def command(account: Account) -> Html:
    """The command that builds the edition of these numbers, with the book's copy button."""
    pairs = [f"{name}={value}" for name, value in account.scenario.changed.items()]
    given = [f"-p {shlex.quote(pair)}" for pair in pairs]
    text = html.escape(" ".join(["traincost build", *given, "--out my-edition"]))
    return Html(
        '<div class="try-command highlight-console notranslate"><div class="highlight">'
        f"<pre>{text}</pre></div></div>"
    )


def _disclosed(includes: Iterable[str], hours: float | None, account: Account) -> Html:
    """The disclosed hours of some phases, as one figure; assumed lines have none of their own."""
    phases = [found.phase for found in account.phases if found.phase.id in includes]
    if hours is None or math.isnan(hours) or not phases:
        return Html("")
    if len(phases) == 1:
        return disclosed_hours(phases[0].id, account)
    expression = " + ".join(str(phase.disclosed_as("gpu_hours")) for phase in phases)
    return links.summed(hours_text(hours), "gpu_hours", expression)


def _span_of(line: Mapping[str, Any], name: str) -> Span:
    return {"p05": line[f"{name}_p05"], "p50": line[name], "p95": line[f"{name}_p95"]}


def _place_of(phase: str, what: str, field: str, size: float) -> _Place:
    """Where the hours or dollars of a phase, or of all, are written."""
    row = Row("total", field) if phase == TOTAL else Row("results", f"{phase}.{field}")
    return _Place(f"phases {phase} {what}", row, "reconstructed", size, ROUGH)


def _middle(span: Span, place: _Place) -> Html:
    shown = _number(span["p50"], place.size, place.figures)
    return Html("") if "nan" in shown else place.html(shown, "middle")


def _ends(span: Span, place: _Place) -> Html:
    exact = span["p95"] - span["p05"] < 1e-6 * span["p50"]
    shown = "" if exact else " and ".join(_number(span[end], place.size, ROUGH) for end in ENDS)
    return Html("") if "nan" in shown else replace(place, figures=ROUGH).html(shown, "interval")


def _number(value: float, size: float, figures: int) -> str:
    return number_text(value, Measure("scaled", size), figures) or "nan"
