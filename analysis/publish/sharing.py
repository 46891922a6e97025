"""What an edition has for those who find, share, cite or print it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import yaml

from analysis.publish.brief import write_brief
from analysis.publish.citation import OTHERS, Citation, read_citation
from analysis.publish.linked_data import CLAIMS, RESULTS, data_set, script, write_claims
from analysis.publish.pages import PageText
from analysis.publish.plan import Plan
from analysis.publish.previews import add_to_head, preview_tags, write_pictures
from analysis.publish.search import write_index
from analysis.reconstruction.account import Account
from analysis.show.links import PAGES as PAGES_OF_TABLES

SEARCH = "search-index.js"
ALTERNATE = f'<link rel="alternate" type="application/ld+json" href="{CLAIMS}">'


def share(pages: list[PageText], account: Account, plan: Plan, edition: Path) -> None:
    """Write what stands beside the pages of an edition, and in their heads; the book opens with the
    first of them.
    """
    cited = read_citation(plan.root)
    if not account.evidence.is_own:
        cited = replace(cited, authors=OTHERS)
    book = plan.other.title if plan.other else book_title(plan.root / "book")
    write_index(pages, edition / "_static" / SEARCH)
    for page in pages:
        elements = preview_tags(page, book, plan.base_url)
        linked = _linked_data(page, pages[0], account, cited, plan)
        add_to_head(edition / f"{page.name}.html", f"{elements}\n{linked}".rstrip())
    if not plan.other:  # the claims and the first page are those of the edition's model
        write_claims(account, cited, plan.base_url, edition)
        write_brief(account, cited, pages[0], plan.base_url, edition)
    if plan.base_url:  # nobody finds a picture without the address
        write_pictures(pages, book, cited, edition)


def book_title(book: Path) -> str:
    """What the book is called."""
    config = yaml.safe_load((book / "_config.yml").read_text(encoding="utf-8"))
    return str(config["title"])


def _linked_data(
    page: PageText, first: PageText, account: Account, cited: Citation, plan: Plan
) -> str:
    """What the head of a page says to machines besides: of the data, and of the claims."""
    if page.name == PAGES_OF_TABLES["claims"]:
        return ALTERNATE
    if page is first or page.name == PAGES_OF_TABLES["facts"]:
        results = [RESULTS] if plan.other else [RESULTS, CLAIMS]
        return script(data_set(account, cited, plan.base_url, first.description, results))
    return ""
