"""Figures in prose from data: roles for facts, derived figures and results, and directives for
tables and charts.

`{fact}`ID``, `{number}`ID`` and `{result}`PHASE.gpu_hours`` render a figure with its unit and kind,
linked to its row; `{source}`ID`` names a source, `{price}`scenario`` the edition's rent,
`{claim}`ID`` a claim's verdict `{said}`ID`` its date and `{rung}`ID`` what a line of the bill adds;
`{report}` inserts a table or a chart by name. A wrong name is a warning, and a warning stops the
build.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any

import pandas as pd
from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from analysis.check import tables as checked
from analysis.compare import models as comparison
from analysis.compare.sheet_tables import fields
from analysis.data.facts import Row
from analysis.data.mistakes import InputError, UnknownName
from analysis.data.parameters import parameters_frame
from analysis.data.scenario import load_scenario
from analysis.data.tables import Evidence
from analysis.publish import try_page
from analysis.publish.changes import changes_html
from analysis.publish.citation import citation_html, read_citation, report_html, software_html
from analysis.publish.first import default_account
from analysis.publish.glossary import find_term, glossary_table, read_glossary
from analysis.publish.plan import checkout
from analysis.publish.results import difference, scenario_results
from analysis.reconstruction import bill_tables
from analysis.reconstruction.account import account_of
from analysis.reconstruction.arithmetic import arithmetic_table
from analysis.reconstruction.ladder import rungs_of
from analysis.show import charts, ledger, links
from analysis.show.charts.figure import figure_html
from analysis.show.links import Html
from analysis.show.numbers import quantity_text, significant
from analysis.show.tables import table

LOGGER = logging.getLogger(__name__)
TRY = ("settings", "bill", "hours", "command")  # parts of the page of a reader's own numbers
RESULTS = {"gpu_hours": "gpu_hours", "usd": "usd", "mfu": "ratio", "flop": "flop"}


class Edition:
    """The evidence and the account that the pages speak of."""

    def __init__(
        self, data: str, given: dict[str, Any], model: str, book: Path, base_url: str
    ) -> None:
        self.terms, self.base_url = read_glossary(book), base_url
        self.cited = read_citation(checkout())
        self.evidence = Evidence.load(Path(data))
        overrides = {key: value for key, value in given.items() if key not in {"scenario", "data"}}
        self.scenario = load_scenario(given["scenario"], self.evidence.directory, **overrides)
        self.account = account_of(model, self.scenario, self.evidence)

    def figure(self, role: str, name: str) -> Html:
        """A figure in prose, linked to where it comes from."""
        roles: dict[str, Callable[[str], Html]] = {
            "fact": lambda fact: links.fact(self.evidence.facts[fact], self.evidence),
            "number": self._number,
            "result": self._result,
            "rung": self._added,
            "claim": lambda claim: checked.claim(claim, self.account),
            "said": lambda claim: checked.said(claim, self.account),
            "word": self._word,
            "source": lambda source: links.source(source, self.evidence),
            "price": lambda _: self._price(),
        }
        return Html(links.in_book(roles[role](name)))

    def report(self, name: str, lines: list[str]) -> Html:
        """A table or a chart by name; `lines` say what it is of, where the page chooses."""
        account, evidence = self.account, self.evidence
        reports: dict[str, Callable[[], str]] = {
            "bill_table": lambda: bill_tables.disclosed_lines(account),
            "changes": lambda: changes_html(self.changes(), self.evidence.is_own),
            "citation": self._citation,
            "wrong_number": lambda: report_html(self.cited),
            "corrections": lambda: checked.corrected(account),
            "card_standard": fields,
            "hours_of_models": lambda: figure_html(
                charts.hours_of_models(self.labelled_hours(lines))
            ),
            "arithmetic": lambda: arithmetic_table(account.names),
            "parameters": lambda: table(
                parameters_frame(), caption="What an edition may set", name="parameters"
            ),
            **{f"try_{name}": partial(getattr(try_page, name), account) for name in TRY},
            "glossary": lambda: glossary_table(self.terms),
            **{table: partial(getattr(ledger, table), evidence) for table in ledger.TABLES},
        }
        if name not in reports:
            raise UnknownName(name, "a report", reports)
        return Html(links.in_book(reports[name]()))

    def _number(self, name: str) -> Html:
        numbers = self.account.numbers
        if name not in numbers:
            raise UnknownName(name, "a row of arithmetic.csv", numbers)
        return links.number(numbers[name])

    def _result(self, path: str) -> Html:
        """A reconstructed figure, `PHASE.gpu_hours` (or `usd`, `mfu`, `flop`), with its page."""
        phase, _, field = path.partition(".")
        phases = {found["id"]: found for found in self.account.to_dict()["phases"]}
        if phase not in phases or field not in RESULTS:
            known = [f"{found}.{name}" for found in phases for name in RESULTS]
            raise UnknownName(path, "a result", known)
        interval = phases[phase][field].get("reconstructed", phases[phase][field])
        return links.reconstructed(interval["p50"], RESULTS[field], path)

    def _added(self, line_id: str) -> Html:
        """What a line of the bill adds to the one below, to two figures where it is assumed."""
        lines = {line["id"]: line for line in rungs_of(self.account.bill).to_dict("records")}
        if line_id not in lines:
            raise UnknownName(line_id, "a line of the bill", lines)
        line = lines[line_id]
        ends = [
            quantity_text(significant(line[name], 2), "usd")
            for name in ("added_usd_p05", "added_usd_p95")
        ]
        kind = "assumption" if line["assumed"] else "derived"
        row = Row("bill", f"{line_id}.added_usd")
        return links.figure(" to ".join(dict.fromkeys(ends)), kind, row)

    def _word(self, text: str) -> Html:
        """A word that the glossary explains: its id, or `words as they stand <ID>`."""
        shown, _, name = text.rpartition("<") if text.endswith(">") else ("", "", text)
        term = find_term(name.removesuffix(">"), self.terms)
        return links.term(term.id, shown.strip() or term.name)

    def _price(self) -> Html:
        """The rent of a GPU-hour in this edition."""
        price = quantity_text(self.account.price_usd_per_gpu_hour, "usd_per_gpu_hour")
        return links.figure(price, "assumption", Row("edition", "price_usd_per_gpu_hour"))

    def _citation(self) -> Html:
        sha256 = self.evidence.sha256
        if not self.evidence.is_own:
            return software_html(self.cited, sha256)
        return citation_html(self.cited, sha256, self.scenario.setting, self.base_url)

    def changes(self) -> pd.DataFrame:
        """What differs from the default edition: the default scenario on the project's own
        evidence.
        """
        evidence = Evidence.load()
        own = scenario_results(self.account)
        if self.scenario.is_default and evidence.sha256 == self.evidence.sha256:
            return difference(own, own)
        found = [scenario_results(default_account(self.account)), own]
        if evidence.sha256 != self.evidence.sha256:  # ranks depend on the evidence alone
            date = str(self.account.model.release_date)
            ranked = [
                comparison.to_list(comparison.at_one_date(comparison.compare(data), date, data))
                for data in (evidence, self.evidence)
            ]
            found = [one | {"comparison": rows} for one, rows in zip(found, ranked, strict=True)]
        return difference(*found)

    def labelled_hours(self, lines: list[str]) -> pd.DataFrame:
        """Hours of facts under labels, from lines `label = fact`."""
        pairs = [line.split(" = ") for line in lines]
        hours = [self.evidence.facts.with_unit(fact, "gpu_hours").value for _, fact in pairs]
        labels, facts = ([pair[place] for pair in pairs] for place in (0, 1))
        return pd.DataFrame({"label": labels, "fact": facts, "gpu_hours": hours})


def edition(app: Sphinx) -> Edition:
    """The edition of this build, read once."""
    if not hasattr(app, "traincost_edition"):
        app.traincost_edition = Edition(
            app.config.traincost_data,
            app.config.traincost_given,
            app.config.traincost_model,
            Path(app.srcdir),
            app.config.traincost_base_url,
        )
    return app.traincost_edition


class FigureNode(nodes.inline):
    """A figure in prose: its text for search and print, its `html` on a page."""


class FigureRole(SphinxRole):
    """A figure in prose."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        try:
            html = self.html(edition(self.env.app))
        except InputError as error:
            LOGGER.warning("%s: %s", self.name, error, location=self.get_location())
            html = Html("")
        text = unescape(re.sub("<[^>]*>", "", html)).replace("\N{NO-BREAK SPACE}", " ")
        return [FigureNode("", text, html=str(html))], []

    def html(self, edition: Edition) -> Html:
        """The figure that the role's text names."""
        return edition.figure(self.name, self.text)


def visit_figure(translator: Any, node: FigureNode) -> None:
    """The figure as it stands on a page."""
    translator.body.append(node["html"])
    raise nodes.SkipNode


class ReportDirective(SphinxDirective):
    """A table or a chart."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        try:
            html = edition(self.env.app).report(self.arguments[0], list(self.content))
        except InputError as error:
            LOGGER.warning("report: %s", error, location=self.get_location())
            html = Html("")
        return [nodes.raw("", html, format="html")]


def visit_math(translator: Any, node: nodes.math) -> None:
    """An inline formula as MathML."""
    translator.body.append(convert(node.astext()))
    raise nodes.SkipNode


def visit_math_block(translator: Any, node: nodes.math_block) -> None:
    """A displayed formula as MathML."""
    translator.body.append(
        f'<div class="formula" tabindex="0">{convert(node.astext(), display="block")}</div>\n'
    )
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_config_value("traincost_data", "", "env", [str])
    app.add_config_value("traincost_model", "", "env", [str])
    app.add_config_value("traincost_base_url", "", "env", [str])
    app.add_config_value("traincost_given", {"scenario": "paper"}, "env", [dict])
    for name in (
        "comments_config",
        "thebe_config",
    ):  # Jupyter Book sets them for extensions that we leave out
        app.add_config_value(name, {}, "", [dict])
    for role in ("fact", "number", "result", "source", "price", "claim", "said", "rung", "word"):
        app.add_role(role, FigureRole())
    app.add_node(FigureNode, html=(visit_figure, None))  # elsewhere it is its text
    app.add_directive("report", ReportDirective)
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math_block, None))
    return {"parallel_read_safe": False}
