"""The four marks of knowledge, explained on each page before their first use, in one line."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from analysis.show.links import MARKS, SECOND_HAND, SECOND_HAND_WORDS, Html, known

LINE = '<p class="marks">'


def explanation(body: str) -> Html:
    """What the marks mean that a page uses; empty if it uses none."""
    used = [mark for mark in MARKS if re.search(f'class="(figure|known) {mark}"', body)]
    words = ", ".join(known(mark, MARKS[mark]) for mark in used)
    second = f" {SECOND_HAND} marks what was {SECOND_HAND_WORDS}." if SECOND_HAND in body else ""
    if not used:
        return Html("")
    return Html(f"{LINE}Each number opens, and its mark says how it is known: {words}.{second}</p>")


def descriptions() -> str:
    """What a number says of itself to those who do not see its mark."""
    spans = "".join(f'<span id="known-{mark}">{words}</span>' for mark, words in MARKS.items())
    return f"<div hidden>{spans}</div>"


def explain(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Explain the marks under the title, unless the page does so itself."""
    body = context.get("body", "")
    line = explanation(body)
    if line:
        explained = body if LINE in body else body.replace("</h1>", f"</h1>\n{line}", 1)
        context["body"] = explained + descriptions()


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", explain)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
