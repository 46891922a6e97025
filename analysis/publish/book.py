"""Assemble the book's sources and executed pages, run Sphinx through Jupyter Book, and check what
came out.
"""

from __future__ import annotations

import contextlib
import html as markup
import importlib
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
import vl_convert
import yaml
from jupyter_book.sphinx import build_sphinx
from sphinx.application import builtin_extensions

from analysis.show.charts.drawing import VEGA_LITE_VERSION

# Puts Vega on the window, and stops Altair's HTML from asking a CDN for it; wrapped, for its names
# collide with Sphinx's.
VEGA_SNIPPET = """
window.vegaEmbed = vegaEmbed; window.vega = vega; window.vegaLite = vegaLite;
window.VEGA_DEBUG = {vega_version: "6", vegalite_version: "%s", vegaembed_version: "7"};
"""
NOT_SOURCES = ("_build", "__pycache__")


class BookFailed(RuntimeError):
    """The book could not be built whole."""


def page_names(book: Path) -> list[str]:
    """Every page that the table of contents names, in order."""
    contents = yaml.safe_load((book / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [chapter["file"] for part in contents["parts"] for chapter in part["chapters"]]
    return [contents["root"], *chapters]


def assemble(
    book: Path, executed: Mapping[str, Path], titles: Mapping[str, str], target: Path
) -> None:
    """Copy the book's sources and the executed notebooks, each under its page's title, into one
    folder.

    Where the sources are there already, only notebooks that differ are written.
    """
    if not target.exists():
        shutil.copytree(book, target, ignore=shutil.ignore_patterns(*NOT_SOURCES))
    for page, path in executed.items():
        notebook = nbformat.read(path, as_version=4)
        errors = [
            output
            for cell in notebook.cells
            for output in cell.get("outputs", [])
            if output.output_type == "error"
        ]
        if errors:
            raise BookFailed(f"{page}: the executed notebook holds an error: {errors[0].ename}")
        heading, _, rest = notebook.cells[0].source.partition("\n")
        if not heading.startswith("# "):
            raise BookFailed(f"{page}: the first cell of its notebook has no title")
        notebook.cells[0].source = f"# {titles[page]}\n{rest}"
        _write_if_new(target / f"{page}.ipynb", nbformat.writes(notebook))
    missing = [
        page
        for page in page_names(book)
        if not any((target / f"{page}{suffix}").is_file() for suffix in (".md", ".ipynb"))
    ]
    if missing:
        raise BookFailed(f"_toc.yml names pages that are not there: {', '.join(missing)}")


def _write_if_new(path: Path, text: str) -> None:
    """Sphinx goes by the time of a file: one that stays the same keeps it."""
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def announce(sources: Path, text: str) -> None:
    """Put a banner at the top of every page."""
    path = sources / "_config.yml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    config["html"]["announcement"] = markup.escape(text)
    path.write_text(yaml.safe_dump(config), encoding="utf-8")


def write_vega(target: Path) -> None:
    """One script with Vega, Vega-Lite and Vega-Embed, so that charts work with no network."""
    bundle = vl_convert.javascript_bundle(
        VEGA_SNIPPET % VEGA_LITE_VERSION, vl_version=VEGA_LITE_VERSION
    )
    target.write_text(f"(function () {{\n{bundle}\n}})();\n", encoding="utf-8")


def import_extensions(book: Path) -> None:
    """Import what Sphinx would import when it starts, so that it need not then."""
    settings = yaml.safe_load((book / "_config.yml").read_text(encoding="utf-8"))["sphinx"]
    for name in [*builtin_extensions, *settings["config"]["extensions"]]:
        if name not in settings["local_extensions"]:
            importlib.import_module(name)


def run_sphinx(
    sources: Path, html: Path, doctrees: Path, settings: Mapping[str, Any], log: Path
) -> None:
    """Build the pages, every warning an error; what Sphinx prints goes to `log`."""
    for sheet in (html / "_static").glob(
        "mystnb.*.css"
    ):  # where it stands already, its address on the pages is another
        sheet.unlink()
    with (
        log.open("w", encoding="utf-8") as stream,
        contextlib.redirect_stdout(stream),
        contextlib.redirect_stderr(stream),
    ):
        status = build_sphinx(
            str(sources),
            str(html),
            path_config=sources / "_config.yml",
            noconfig=True,
            confoverrides={"nitpicky": True, "latex_individualpages": False, **settings},
            doctreedir=str(doctrees),
            warningiserror=True,
            keep_going=True,
        )
    if status != 0:
        lines = [
            line
            for line in log.read_text(encoding="utf-8").splitlines()
            if re.search("WARNING|ERROR|[a-z]Error|Exception", line)
        ]
        raise BookFailed("Sphinx: " + "\n  ".join(lines[:8] or [repr(status)]))


def check(html: Path, book: Path, known_text: str) -> None:
    """Every page of the contents is there and holds no failure, and the first page holds a figure
    we know.
    """
    for page in page_names(book):
        path = html / f"{page}.html"
        if not path.is_file():
            raise BookFailed(f"{page}.html was not built")
        if "Traceback (most recent call last)" in path.read_text(encoding="utf-8"):
            raise BookFailed(f"{page}.html shows a traceback")
    first = (html / f"{page_names(book)[0]}.html").read_text(encoding="utf-8")
    if known_text not in first:
        raise BookFailed(f"the first page does not show {known_text}")
