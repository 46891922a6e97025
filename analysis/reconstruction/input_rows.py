"""An input of a reconstruction as a row of a table: middle, range and unit, and how it is known."""

from __future__ import annotations

from analysis.data.facts import Facts, Row
from analysis.data.tables import Evidence
from analysis.data.uncertainty import Distribution
from analysis.show import links
from analysis.show.columns import measure, number_text
from analysis.show.ledger import rests_on
from analysis.show.links import KIND_WORDS, Html
from analysis.show.tables import PRINTED, ROUGH, Cell

ENDS = (0.05, 0.5, 0.95)


def input_row(
    label: str, found: Distribution, unit: str, evidence: Evidence, row: Row | None = None
) -> dict[str, object]:
    """The cells of an input; one without a range stands as its source prints it, and the figures of
    one with a `row` open its card.
    """
    low, middle, high = (float(end) for end in found.quantile(ENDS))
    scale = measure(unit, [middle])
    figures = PRINTED if low == high else ROUGH
    shown, kind = number_text(middle, scale, figures), kind_of_input(found, evidence.facts)
    ends = " to ".join(number_text(end, scale, figures) for end in (low, high))
    ends = "" if low == high else ends
    if row:
        shown, ends = (links.figure(text, kind, row) if text else "" for text in (shown, ends))
    return {
        "input": label,
        "middle": Cell(shown, middle),
        "nine times in ten": ends,
        "unit": scale.words,
        "known how": _known_how(found, evidence),
        "from": _with_reason(_basis(found, evidence), found.why),
    }


def kind_of_input(found: Distribution, facts: Facts) -> str:
    """How an input is known."""
    if found.assumed or found.parameter:
        return "assumption"
    if len(found.rows) == 1 and found.rows[0].table == "facts":
        return facts[found.rows[0].id].kind
    return "derived" if found.shape == "constant" else "reconstructed"


def _known_how(found: Distribution, evidence: Evidence) -> Html | str:
    if found.assumed:
        return links.known(
            "assumption", "assumed" if found.shape == "constant" else "assumed range"
        )
    if found.parameter:
        return "chosen by you"
    rows = [row for row in found.rows if row == Row("facts", row.id)]
    if len(rows) == 1 == len(found.rows):
        return KIND_WORDS[evidence.facts[rows[0].id].kind]
    return "from data"


def _with_reason(basis: Html | str, why: str) -> Html | str:
    """What an input is from, and why it was assumed where it was."""
    return Html(f"{links.text(why)} {_text(basis)}") if why else basis


def _text(words: Html | str) -> Html:
    return words if isinstance(words, Html) else links.text(words)


def _basis(found: Distribution, evidence: Evidence) -> Html | str:
    """The document of the one fact that an input is, the facts that it rests on, or words."""
    facts = [row.id for row in found.rows if row.table == "facts"]
    if not facts or len(facts) < len(found.rows):
        return found.basis
    if len(facts) > 1:
        return rests_on(facts, evidence)
    fact = evidence.facts[facts[0]]
    source = evidence.by_id("sources")[fact.source_id]
    linked = links.fact(fact, evidence, f"{source['publisher']}, {source['year']}")
    return Html(linked.replace("&nbsp;", " "))  # a name may break, where a number may not
