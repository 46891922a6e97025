"""What the book changes of its theme: a bar with the parts of the book in the place of a row of
buttons, no icon font, and a page of a notebook that begins with where to get it and how to run it.
"""

from __future__ import annotations

import html
import re
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

from analysis.publish.book import OWN_TAG
from analysis.publish.carried import BESIDE_PAGES
from analysis.publish.contents import contents
from analysis.publish.plan import Page
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
UNFOLDS = re.compile(r"(<a [^>]*>([^<]*)</a><details[^>]*>)<summary>")


def without_rows_of_buttons(_: Sphinx, config: Any) -> None:
    """What the theme puts above a page and below its menu stands in the bar, or nowhere."""
    rows = ("article_header_start", "article_header_end", "primary_sidebar_end")
    config.html_theme_options = {**config.html_theme_options, **{row: [] for row in rows}}


def with_parts(app: Sphinx, _page: str, _template: str, context: dict[str, Any], _: Any) -> None:
    """What the bar and the menu name, what unfolds in the menu by name too; and a page says once
    how wide it is.
    """
    menu = context["generate_toctree_html"]

    def named_menu(**options: Any) -> str:
        return UNFOLDS.sub(r'\1<summary aria-label="Pages under: \2">', str(menu(**options)))

    context["generate_toctree_html"] = named_menu
    context["parts"] = contents(Path(app.srcdir)).parts
    context["root_title"] = HOME
    if "pagetitle" in context:  # a text, which the theme writes as it is
        context["pagetitle"] = html.escape(context["pagetitle"])
    context["is_own"] = app.tags.has(OWN_TAG)
    context["metatags"] = re.sub(r'<meta name="viewport"[^>]*>', "", context.get("metatags", ""))


def read_notebook(app: Sphinx, name: str, source: list[str]) -> None:
    """Leave no bar where code is hidden, and say under the title where the notebook is."""
    page = next((page for page in app.config.traincost_pages if page["page"] == name), None)
    if page is None:
        return
    notebook = nbformat.reads(source[0], as_version=4)
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        cell.metadata["tags"] = ["remove-input" if tag == "hide-input" else tag for tag in tags]
    title, _, rest = notebook.cells[0].source.partition("\n")
    line = where_from(Page(**page), app.config.traincost_given)
    notebook.cells[0].source = f"{title}\n\n{line}\n\n{rest}"
    source[0] = nbformat.writes(notebook)


def where_from(page: Page, given: Mapping[str, str]) -> str:
    """The notebook to download and the command that runs it as this page did."""
    scenario = {
        key: value for key, value in given.items() if key in page.declares and key != "data"
    }
    if scenario.get("scenario") == "paper":
        del scenario["scenario"]
    notebook = f"notebooks/{page.notebook}.ipynb"
    command = ["traincost", "rerun", notebook]
    for key, value in {**page.parameters, **scenario}.items():
        command += ["-p", f"{key}={Path(value).name if key == 'scenario' else value}"]
    place = ""
    if "data" in given:  # where it lies on a machine is nobody's matter: a copy is beside the pages
        command += ["--data", BESIDE_PAGES]
        place = "in the folder of this book "
    # a blank line in a name would end the element, and what follows would be read as Markdown
    in_one_line = html.escape(shlex.join(command)).replace("\r", "&#13;").replace("\n", "&#10;")
    return (
        f'<p class="where-from">This page is '
        f'<a href="{notebook}" download>{page.notebook}.ipynb</a>, '
        f"run {place}by <code>{in_one_line}</code></p>"
    )


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
    app.add_config_value("traincost_pages", [], "env", [list])
    app.connect("config-inited", without_rows_of_buttons)
    app.connect("html-page-context", with_parts, priority=900)  # after the theme's own
    app.connect("config-inited", with_notebook_styles)
    app.connect("source-read", read_notebook)
    app.connect("doctree-read", without_index_entries)
    app.connect("html-page-context", with_numbered_tables)
    app.connect("builder-inited", without_index_of_words)
    app.connect("build-finished", drop_what_no_page_loads)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
