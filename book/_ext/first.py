"""The first page: figures as one says them, in roles, and what its top shows, in directives.

`{bill}`LINE`` says what a line of the bill comes to, `{short}`LINE`` the same in little room,
`{about}`ID`` a fact or a derived figure to two figures, `{exact}`ID`` to its last digit,
`{rent}`scenario`` the rent of an hour. `{known}` marks how something is known, `{plain}`ROLE ID``
is a figure as text alone. What stands in a `standfirst` gives way to what was set and moved in an
edition of other parameters; `first` inserts a part by name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from docutils import nodes
from ledger import Edition, FigureNode, FigureRole, edition
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from analysis.check.famous import claim_cards
from analysis.data.facts import Row
from analysis.data.mistakes import UnknownName
from analysis.publish import first
from analysis.publish.plan import checkout
from analysis.show import links
from analysis.show.charts.hero import hero_html
from analysis.show.links import Html
from analysis.show.numbers import exact_text
from analysis.show.rounded import about, about_usd, short_usd

MARKS = {"disclosed": "disclosed", "added up": "derived", "assumed": "assumption"}


def _line(edition: Edition, name: str, words: Callable[[float, float], str]) -> Html:
    """What a line of the bill comes to."""
    lines = edition.account.bill.set_index("id")
    if name not in lines.index:
        raise UnknownName(name, "a line of the bill", lines.index)
    line = lines.loc[name]
    kind = "assumption" if line.assumed else "derived"
    return links.figure(words(line.usd_p05, line.usd_p95), kind, Row("bill", f"{name}.usd"))


def _figure(edition: Edition, name: str, words: Callable[[float, str], str]) -> Html:
    """A fact or a derived figure in these words."""
    if name in edition.account.numbers:
        found = edition.account.numbers[name]
        return links.number(found, words(found.value, found.unit))
    fact = edition.evidence.facts[name]
    return links.fact(fact, edition.evidence, words(fact.value, fact.unit))


def _about(edition: Edition, name: str) -> Html:
    return _figure(edition, name, about)


def _exact(edition: Edition, name: str) -> Html:
    return _figure(edition, name, exact_text)


def _known(_: Edition, word: str) -> Html:
    """How something is known, in a word with its mark."""
    if word not in MARKS:
        raise UnknownName(word, "a word for how something is known", MARKS)
    return links.known(MARKS[word], word)


def _rent(edition: Edition, _: str) -> Html:
    """The rent of a GPU-hour in this edition, in short."""
    price = about(edition.account.price_usd_per_gpu_hour, "usd_per_gpu_hour")
    return links.figure(price, "assumption", Row("edition", "price_usd_per_gpu_hour"))


ROLES: dict[str, Callable[[Edition, str], Html]] = {
    "bill": lambda edition, name: _line(edition, name, about_usd),
    "short": lambda edition, name: _line(edition, name, short_usd),
    "about": _about,
    "exact": _exact,
    "known": _known,
    "rent": _rent,
}
PARTS: dict[str, Callable[[Edition], str]] = {
    "hero": lambda edition: hero_html(first.hero_of(edition.account)),
    "line": lambda edition: first.small_line(edition.account, checkout()),
    "claims": lambda edition: claim_cards(edition.account),
    "hours": lambda edition: f"<p>{edition.account.all_hours()}</p>",
}


class FirstRole(FigureRole):
    """A figure of the first page in prose."""

    def html(self, edition: Edition) -> Html:
        return Html(links.in_book(ROLES[self.name](edition, self.text)))


class PlainRole(FigureRole):
    """A figure as text alone, for a sentence to be quoted: `{plain}`ROLE NAME``."""

    def html(self, edition: Edition) -> Html:
        role, _, name = self.text.partition(" ")
        return ROLES[role](edition, name) if role in ROLES else edition.figure(role, name)

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        (node, *_), messages = super().run()
        return [nodes.Text(node.astext())], messages


class FirstDirective(SphinxDirective):
    """A part of the first page by its name."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        html = PARTS[self.arguments[0]](edition(self.env.app))
        return [nodes.raw("", links.in_book(html), format="html")]


class StandfirstDirective(SphinxDirective):
    """What the default edition opens with; another says what was set, and what that moved."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        shown = edition(self.env.app)
        if first.is_default(shown.account):
            box = nodes.container(classes=["standfirst"])
            self.state.nested_parse(self.content, self.content_offset, box)
            return [box]
        html = first.moved(shown.account, shown.changes())
        return [nodes.raw("", html, format="html")]


def titles_without_links(app: Sphinx, _: nodes.document) -> None:
    """A title in a list of pages is a link itself: its figures are text there."""
    env, name = app.env, app.env.docname
    for tree in (env.titles[name], env.longtitles[name], env.tocs[name]):
        for figure in list(tree.findall(FigureNode)):
            figure.replace_self(nodes.Text(figure.astext()))


def setup(app: Sphinx) -> dict[str, Any]:
    for name in ROLES:
        app.add_role(name, FirstRole())
    app.add_role("plain", PlainRole())
    app.connect("doctree-read", titles_without_links, priority=900)  # after they are collected
    app.add_directive("first", FirstDirective)
    app.add_directive("standfirst", StandfirstDirective)
    return {"parallel_read_safe": False}
