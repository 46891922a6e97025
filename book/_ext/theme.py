"""What the book changes of its theme: a bar with the parts of the book in the place of a row of
buttons, no icon font, and tables under numbers.
"""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.nodes import clean_astext

from analysis.publish.book import OWN_TAG
from analysis.publish.contents import Part, contents
from analysis.show import links
from analysis.show.tables import numbered

NOTEBOOK_STYLES = Path(links.__file__).with_name("notebook.css")
NOT_LOADED = (
    "vendor",
    "scripts/fontawesome.js",
    "scripts/bootstrap.js",
    "searchtools.js",
    "language_data.js",
)
HOME = "The answer"  # how the menu calls the first page


def without_rows_of_buttons(_: Sphinx, config: Any) -> None:
    """What the theme puts above a page and below its menu stands in the bar, or nowhere."""
    rows = ("article_header_start", "article_header_end", "primary_sidebar_end")
    config.html_theme_options = {**config.html_theme_options, **{row: [] for row in rows}}


def read_parts(app: Sphinx) -> None:
    """The parts of the book and the titles of its pages, for the bar and the menu of each."""
    parts = contents(Path(app.srcdir)).parts
    title_of = cache(lambda page: clean_astext(app.env.titles[page]))
    # after the theme, which sets some of it
    app.connect("html-page-context", partial(with_parts, parts, title_of), priority=900)


def with_parts(
    parts: list[Part],
    title_of: Callable[[str], str],
    app: Sphinx,
    _page: str,
    _template: str,
    context: dict[str, Any],
    _: Any,
) -> None:
    """What the bar and the menu name; and a page says once how wide it is."""
    context["parts"] = parts
    context["title_of"] = title_of
    context["root_title"] = HOME
    if "pagetitle" in context:  # a text, which the theme writes as it is
        context["pagetitle"] = html.escape(context["pagetitle"])
    context["is_own"] = app.tags.has(OWN_TAG)
    context["metatags"] = re.sub(r'<meta name="viewport"[^>]*>', "", context.get("metatags", ""))


def without_index_entries(_: Sphinx, doctree: nodes.document) -> None:
    """There is no index of names; Sphinx forgets those of a page that it does not write again."""
    for node in list(doctree.findall(addnodes.index)):
        node.parent.remove(node)


def with_notebook_styles(_: Sphinx, config: Any) -> None:
    """Tables and figures look on a page as they do in a notebook: by the same rules."""
    config.html_static_path = [str(NOTEBOOK_STYLES), *config.html_static_path]
    config.html_css_files = [NOTEBOOK_STYLES.name, *config.html_css_files]


def without_index_of_words(app: Sphinx) -> None:
    """The page of search reads an index of ours: Sphinx's own fetches pages, which no browser does
    in a folder.
    """
    app.builder.search = False
    app.config.html_additional_pages["search"] = "search.html"


def with_numbered_tables(
    _: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Each table of a page has its number, in the order in which they stand."""
    if doctree is not None:
        context["body"] = numbered(context["body"])


def drop_what_no_page_loads(app: Sphinx, failure: Exception | None) -> None:
    """The theme's icon font and scripts, which weigh more than the rest of the edition's frame."""
    for name in NOT_LOADED:
        path = Path(app.outdir, "_static", name)
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", without_rows_of_buttons)
    app.connect("builder-inited", read_parts)
    app.connect("config-inited", with_notebook_styles)
    app.connect("doctree-read", without_index_entries)
    app.connect("html-page-context", with_numbered_tables)
    app.connect("builder-inited", without_index_of_words)
    app.connect("build-finished", drop_what_no_page_loads)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
